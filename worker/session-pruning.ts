import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Logger } from '../runtime/log.ts';
import { pruneEnded } from '../store/ended-sessions.ts';

const EVERY_MS = 10 * 60_000;
const AT_ONCE = 500;

/**
 * Forgets sessions and proofs that have ended, every ten minutes, for as long as the process lives. They open nothing before that either:
 * this is for the space that they take. Never throws.
 */
export function startSessionPruning({ db, log }: { db: Knex; log: Logger }): { stop(): Promise<void> } {
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
        pruned = await pruneEnded(db, { beforeMs: Date.now(), limit: AT_ONCE });
      } catch (error) {
        log.warn({ err: error }, 'ended sessions could not be pruned; trying again');
      }
      if (pruned === AT_ONCE) continue;
      await pause(EVERY_MS, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}
