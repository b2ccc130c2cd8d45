import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Logger } from '../runtime/log.ts';
import { acting } from '../store/acting.ts';
import { lapseInvites, organizationsWithLapsedInvites } from '../store/invites.ts';

const EVERY_MS = 60_000;
const AT_ONCE = 100;

/**
 * Gives back the seats of invites whose time is over, each minute, for as long as the process lives. Whoever asks for a seat or lists
 * invites does the same for one organisation at once; any number of processes may. Never throws.
 */
export function startInviteLapse({ db, log, everyMs = EVERY_MS }: { db: Knex; log: Logger; everyMs?: number }): {
  stop(): Promise<void>;
} {
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
      const found = await lapseSome(db, log);
      if (found === AT_ONCE) continue;
      await pause(everyMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}

/** One organisation a transaction, so that a lock is held shortly. Gives in how many it was done. */
async function lapseSome(db: Knex, log: Logger): Promise<number> {
  let done = 0;
  try {
    const nowMs = Date.now();
    for (const id of await organizationsWithLapsedInvites(db, { nowMs, limit: AT_ONCE })) {
      await acting(db, { kind: 'system', process: 'invites' }, (trx) => lapseInvites(trx, id, nowMs));
      done += 1;
    }
  } catch (error) {
    log.warn({ err: error }, 'invites that are over could not be settled; trying again');
  }
  return done;
}
