import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { readUnsettled, type StreamPlace } from '../counters/unsettled.ts';
import type { UsageEntry, UsageStream } from '../counters/usage.ts';
import { crashPoint } from '../runtime/crash-points.ts';
import { ensureLogDays } from '../store/usage-log.ts';
import {
  keepUnreadable,
  movePosition,
  settledIds,
  takePosition,
  type UsagePosition,
} from '../store/usage-positions.ts';
import { calls } from './calls.ts';
import type { EntryKind, Held, Told } from './entry-kind.ts';
import { programs } from './programs.ts';

/** What entries carry; a batch settles kind by kind, in this order. */
const KINDS: readonly EntryKind[] = [calls, programs];

/** What one batch came to. */
export type Settlement =
  /** Another worker has the partition. */
  | { outcome: 'taken' }
  | { outcome: 'nothing' }
  | ({
      outcome: 'settled';
      entries: number;
      unreadable: UsageEntry[];
      /** Whether the batch was full: there is probably more. */
      isFull: boolean;
    } & Told);

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

const ENOUGH_CALLS = 8_192;
/** An id that no entry gets. */
const NEVER_REACHED = '18446744073709551615-18446744073709551615';

/** Every statement of a batch, in order; tests let the process die after each. */
export const CRASH_POINTS: readonly string[] = [
  'position-taken',
  'read',
  ...KINDS.flatMap(({ points }) => points),
  'unreadable',
  'position-moved',
  'committed',
  'mended',
  'trimmed',
];

const passed = (point: string): void => crashPoint(`settle.${point}`);

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
    const { held } = attempt;
    if (held) await stream.mend(partition, held);
    passed('mended');
    await stream.trim(partition, attempt.last, held?.counters);
    passed('trimmed');
  }
  return attempt.settlement;
}

async function settleIn(
  trx: Knex.Transaction,
  options: SettleOptions,
): Promise<{ settlement: Settlement; last?: StreamPlace; held?: Held } | { missingDays: string[] }> {
  const { stream, partition, logDays } = options;
  const position = await takePosition(trx, partition);
  if (!position) return { settlement: { outcome: 'taken' } };
  passed('position-taken');

  // Before anything is read: while the same generation lives, it is the same stream, and what was read of it may be forgotten by its
  // ids, whichever generations its entries carry.
  const living = await livingGeneration(trx, options, position);
  const forgetting = (id: string): { last?: StreamPlace } =>
    living === undefined ? {} : { last: { generation: living, id } };

  const { entries, isFull, lastSettled } = await readUnsettled(stream, partition, {
    enoughCalls: options.enoughCalls ?? ENOUGH_CALLS,
    settledIds: (generations) => settledIds(trx, partition, generations),
  });
  passed('read');
  if (entries.length === 0) {
    // Who settled these died before it could forget them.
    return { settlement: { outcome: 'nothing' }, ...(lastSettled && forgetting(lastSettled.id)) };
  }

  const missingDays = KINDS.flatMap((kind) => [...kind.logDays(entries)]).filter((day) => !logDays.has(day));
  if (missingDays.length > 0) return { missingDays: [...new Set(missingDays)].sort() };

  const told: Told = { calls: 0, leftOut: 0, orphans: 0 };
  const all: Held[] = [];
  for (const kind of KINDS) {
    const each = await kind.settle(trx, entries, options, passed);
    for (const figure of Object.keys(told) as (keyof Told)[]) told[figure] += each.told[figure];
    all.push(each.held);
  }
  const unreadable = entries.filter((entry) => entry.unreadable !== undefined);
  if (unreadable.length > 0) await keepUnreadable(trx, partition, unreadable);
  passed('unreadable');

  const lasts = [...new Map(entries.map(({ generation, id }) => [generation, { generation, id }])).values()];
  // Generations follow each other in a stream, so the last entry's is also the last one in the map.
  await movePosition(trx, partition, lasts);
  passed('position-moved');
  const settlement: Settlement = { outcome: 'settled', entries: entries.length, unreadable, isFull, ...told };
  const held: Held = {
    counters: all.flatMap(({ counters }) => counters),
    balances: all.flatMap(({ balances }) => balances),
    budgets: all.flatMap(({ budgets }) => budgets),
  };
  return { settlement, ...forgetting(entries.at(-1)!.id), held };
}

/**
 * The generation that lives. A new one begins first where Redis doesn't have what was settled from it, or where one lives again that
 * another has followed: it came back with older data, so its counters must be compared with what is settled.
 */
async function livingGeneration(
  trx: Knex.Transaction,
  { stream, partition }: SettleOptions,
  { generation, streamId }: UsagePosition,
): Promise<string | undefined> {
  if (generation === null) return stream.generation(partition);
  const living = await stream.renew(partition, { generation, id: streamId }, randomUUID());
  if (living === undefined || living === generation) return living;
  if ((await settledIds(trx, partition, [living])).size === 0) return living;
  return stream.renew(partition, { generation: living, id: NEVER_REACHED }, randomUUID());
}
