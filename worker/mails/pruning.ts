import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Logger } from '../../runtime/log.ts';
import { pruneMails } from '../../store/mails.ts';

const EVERY_MS = 10 * 60_000;
const AT_ONCE = 500;

/** Forgets kept mails that are older than `retentionMs`, every ten minutes, for as long as the process lives. Never throws. */
export function startMailPruning({
  db,
  retentionMs,
  log,
  everyMs = EVERY_MS,
}: {
  db: Knex;
  retentionMs: number;
  log: Logger;
  everyMs?: number;
}): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loop = run();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };

  async function run(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      let pruned = 0;
      try {
        pruned = await pruneMails(db, { beforeMs: Date.now() - retentionMs, limit: AT_ONCE });
      } catch (error) {
        log.warn({ err: error }, 'old mails could not be pruned; trying again');
      }
      if (pruned === AT_ONCE) continue;
      await pause(everyMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}
