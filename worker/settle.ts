import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { readUnsettled, type StreamPlace } from '../counters/unsettled.ts';
import type { UsageEntry, UsageStream } from '../counters/usage.ts';
import { daysOf, joinVerdicts, tally } from '../domain/usage/tally.ts';
import { crashPoint } from '../runtime/crash-points.ts';
import {
  addPending,
  addToLicenses,
  addToPeriods,
  addToVerdicts,
  clearUnknown,
  mergeSketches,
  moveLastSeen,
  takePending,
} from '../store/usage.ts';
import { appendLog, completeLog, ensureLogDays } from '../store/usage-log.ts';
import { keepUnreadable, movePosition, settledIds, takePosition } from '../store/usage-positions.ts';

/** What one batch came to. */
export type Settlement =
  /** Another worker has the partition. */
  | { outcome: 'taken' }
  | { outcome: 'nothing' }
  | {
      outcome: 'settled';
      entries: number;
      calls: number;
      /** Rows that the log was spared. */
      leftOut: number;
      unreadable: UsageEntry[];
      orphans: number;
      /** Whether the batch was full: there is probably more. */
      isFull: boolean;
    };

export interface SettleOptions {
  db: Knex;
  stream: UsageStream;
  partition: number;
  /** Whether the log gets samples only, and last seen is moved in coarse steps: the drain is too far behind for details. */
  sampling: boolean;
  /** Days whose log tables are known to be there; those of a batch are added. */
  logDays: Set<string>;
  /** How many calls are enough for one transaction. Default: 8192. */
  enoughCalls?: number;
}

/** One call in so many is logged while sampling. */
const SAMPLE = 10;
const COARSE_MS = 60_000;
const ENOUGH_CALLS = 8_192;

/** Every statement of a batch, in order; tests let the process die after each. */
export const CRASH_POINTS = [
  'position-taken',
  'read',
  'pending-taken',
  'periods',
  'verdicts',
  'cleared',
  'licenses',
  'sketches',
  'pending-added',
  'log',
  'log-completed',
  'unreadable',
  'last-seen',
  'position-moved',
  'committed',
  'trimmed',
] as const;

const passed = (point: (typeof CRASH_POINTS)[number]): void => crashPoint(`settle.${point}`);

/**
 * Settles the next batch of a partition's stream: reads what is not settled, and writes all that it adds together with the new position
 * in one transaction, then forgets it in Redis. Killed anywhere, the next call goes on from the position: nothing twice,
 * nothing lost. An outage rejects, and changed nothing or all.
 */
export async function settleBatch(options: SettleOptions): Promise<Settlement> {
  const { db, stream, partition, logDays } = options;
  const attempt = await db.transaction((trx) => settleIn(trx, options));
  if ('missingDays' in attempt) {
    // Outside, for a table is made under locks that a whole batch must not hold.
    await ensureLogDays(db, attempt.missingDays);
    for (const day of attempt.missingDays) logDays.add(day);
    return settleBatch(options);
  }
  passed('committed');
  if (attempt.last) {
    await stream.trim(partition, attempt.last);
    passed('trimmed');
  }
  return attempt.settlement;
}

async function settleIn(
  trx: Knex.Transaction,
  options: SettleOptions,
): Promise<{ settlement: Settlement; last?: StreamPlace } | { missingDays: string[] }> {
  const { stream, partition, logDays } = options;
  const position = await takePosition(trx, partition);
  if (!position) return { settlement: { outcome: 'taken' } };
  passed('position-taken');

  const { entries, isFull, lastSettled } = await readUnsettled(stream, partition, {
    enoughCalls: options.enoughCalls ?? ENOUGH_CALLS,
    settledIds: (generations) => settledIds(trx, partition, generations),
  });
  passed('read');
  if (entries.length === 0) {
    if (position.generation !== null) {
      // Nothing new may mean that Redis lost its newest entries and is about to give their ids away again.
      await stream.renew(partition, { generation: position.generation, id: position.streamId }, randomUUID());
    }
    // Who settled these died before it could forget them.
    return { settlement: { outcome: 'nothing' }, ...(lastSettled && { last: lastSettled }) };
  }

  const days = daysOf(entries.flatMap(({ calls }) => calls));
  const missingDays = [...days].filter((day) => !logDays.has(day)).sort();
  if (missingDays.length > 0) return { missingDays };

  const settlement = await write(trx, options, entries);
  const lasts = [...new Map(entries.map(({ generation, id }) => [generation, { generation, id }])).values()];
  const last = entries.at(-1)!;
  // Generations follow each other in a stream, so the last entry's is also the last one in the map.
  await movePosition(trx, partition, lasts);
  passed('position-moved');
  return { settlement: { ...settlement, isFull }, last: { generation: last.generation, id: last.id } };
}

/** Writes what the entries add. Every statement is a step after which the process may die. */
async function write(
  trx: Knex.Transaction,
  { partition, sampling }: SettleOptions,
  entries: readonly UsageEntry[],
): Promise<Omit<Extract<Settlement, { outcome: 'settled' }>, 'isFull'>> {
  const joined = joinVerdicts(
    entries.flatMap(({ calls }) => calls),
    entries.flatMap(({ verdicts }) => verdicts),
  );
  const waiting =
    joined.rest.length === 0
      ? new Map<string, never>()
      : await takePending(
          trx,
          joined.rest.map(({ callId }) => callId),
        );
  passed('pending-taken');
  const sums = tally(joined, waiting);
  const unreadable = entries.filter((entry) => entry.unreadable !== undefined);
  const log = sampling ? sums.log.filter((_call, i) => i % SAMPLE === 0) : sums.log;

  const step = async <Row>(
    point: (typeof CRASH_POINTS)[number],
    rows: Row[],
    run: (trx: Knex.Transaction, rows: Row[]) => Promise<unknown>,
  ): Promise<void> => {
    if (rows.length > 0) await run(trx, rows);
    passed(point);
  };
  await step('periods', sums.periods, addToPeriods);
  await step('verdicts', sums.verdicts, addToVerdicts);
  await step('cleared', sums.cleared, clearUnknown);
  await step('licenses', sums.licenses, addToLicenses);
  await step('sketches', sums.sketches, mergeSketches);
  await step('pending-added', sums.pending, addPending);
  await step('log', log, (_trx, rows) => appendLog(trx, rows, sampling ? SAMPLE : 1));
  await step('log-completed', sums.late, completeLog);
  await step('unreadable', unreadable, (_trx, rows) => keepUnreadable(trx, partition, rows));
  await step('last-seen', sums.seen, (_trx, rows) => moveLastSeen(trx, rows, { coarseMs: sampling ? COARSE_MS : 0 }));

  return {
    outcome: 'settled',
    entries: entries.length,
    calls: sums.calls,
    leftOut: sums.log.length - log.length,
    unreadable,
    orphans: sums.orphans,
  };
}
