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
      await lapseAll(signal);
      await pause(everyMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** Once through all organisations: one that fails keeps none of the others waiting, and has its turn again the next time. */
  async function lapseAll(signal: AbortSignal): Promise<void> {
    const nowMs = Date.now();
    let after: string | null = null;
    try {
      do {
        const found: string[] = await organizationsWithLapsedInvites(db, { nowMs, limit: AT_ONCE, after });
        for (const id of found) await lapseOne(id, nowMs);
        after = found.length === AT_ONCE ? found.at(-1)! : null;
      } while (after !== null && !signal.aborted);
    } catch (error) {
      log.warn({ err: error }, 'invites that are over could not be looked up; trying again');
    }
  }

  /** One organisation a transaction, so that a lock is held shortly. */
  async function lapseOne(organizationId: string, nowMs: number): Promise<void> {
    try {
      await acting(db, { kind: 'system', process: 'invites' }, (trx) => lapseInvites(trx, organizationId, nowMs));
    } catch (error) {
      log.warn({ err: error, organizationId }, 'invites that are over could not be settled; trying again');
    }
  }
}
