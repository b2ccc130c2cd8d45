import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Knex } from 'knex';
import { Counter, type Registry } from 'prom-client';
import type { CountedThings } from '../store/counted-things.ts';
import { isPatienceOver, recountPage, repairCount, type UsageKey } from '../store/recounts.ts';

export type RecountActivities = ReturnType<typeof createRecountActivities>;

/** What one call came to; `next`: where to go on, or `null`. */
export interface RecountPart {
  compared: number;
  passedOver: number;
  differing: number;
  unconfirmed: number;
  next: UsageKey | null;
}

const ROWS_AT_A_TIME = 200;
const PAGES_A_CALL = 50;
/** How long creates under one limit may have to wait for it to be looked at under its lock. */
const PATIENCE_MS = 1_000;

/** What the recount does to the world: it keeps differences and tells of them, and repairs nothing. */
export function createRecountActivities({
  db,
  metrics,
  things,
  rowsAtATime = ROWS_AT_A_TIME,
}: {
  db: Knex;
  metrics: Registry;
  things?: CountedThings;
  rowsAtATime?: number;
}) {
  const told = createRecountMetrics(metrics);
  return {
    /**
     * Compares the next fifty pages of rows. May run again: a difference is kept once for each recount (`recountedFor`, RFC
     * 3339), and an attempt that was cut off goes on after its last heartbeat.
     */
    async recountLimits({
      recountedFor,
      after,
    }: {
      recountedFor: string;
      after: UsageKey | null;
    }): Promise<RecountPart> {
      let part = (activityInfo().heartbeatDetails as RecountPart | undefined) ?? {
        compared: 0,
        passedOver: 0,
        differing: 0,
        unconfirmed: 0,
        next: after,
      };
      for (let page = 0; page < PAGES_A_CALL; page += 1) {
        cancellationSignal().throwIfAborted();
        const found = await recountPage(db, { after: part.next, limit: rowsAtATime, ...(things && { things }) });
        let [differing, unconfirmed] = [0, found.tooSlow.length];
        for (const key of found.tooSlow) log.warn('what a limit counts takes too long to count', { ...key });
        for (const key of found.differing) {
          const outcome = await confirm(key, Date.parse(recountedFor));
          if (outcome === 'differs') differing += 1;
          if (outcome === 'unconfirmed') unconfirmed += 1;
        }
        told.compared(found.compared);
        part = {
          compared: part.compared + found.compared,
          passedOver: part.passedOver + found.passedOver,
          differing: part.differing + differing,
          unconfirmed: part.unconfirmed + unconfirmed,
          next: found.next,
        };
        if (part.next === null) break;
        heartbeat(part);
      }
      return part;
    },
  };

  async function confirm(key: UsageKey, recountedForMs: number): Promise<'same' | 'differs' | 'unconfirmed'> {
    const { scopeId, limitName } = key;
    try {
      const difference = await db.transaction((trx) =>
        repairCount(trx, {
          scopeId,
          limitName,
          recountedForMs,
          repair: false,
          patienceMs: PATIENCE_MS,
          ...(things && { things }),
        }),
      );
      if (!difference) return 'same';
      told.differs(limitName);
      log.error('a limit says something else is in use than there is', { ...difference });
      return 'differs';
    } catch (error) {
      if (!isPatienceOver(error)) throw error;
      log.warn('a limit that seems to be wrong could not be looked at without keeping creates waiting', { ...key });
      return 'unconfirmed';
    }
  }
}

function createRecountMetrics(registry: Registry) {
  const compared = new Counter({
    registers: [registry],
    name: 'plimsoll_limit_recounted_total',
    help: 'Limits whose count this process has compared with what there is.',
  });
  const differing = new Counter({
    registers: [registry],
    labelNames: ['limit'],
    name: 'plimsoll_limit_differences_total',
    help: 'Limits found to say something else is in use than there is. Any is a bug: table limit_recounts has them.',
  });
  return {
    compared: (count: number): void => compared.inc(count),
    differs: (limit: string): void => differing.inc({ limit }),
  };
}
