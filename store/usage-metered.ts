import type { Knex } from 'knex';

/** Calls that wait until Redis is back, as `counters/meter.ts` makes them: this room keeps them, and looks at nothing in them. */
export interface WaitingCalls<Item> {
  id: string;
  partition: number;
  items: Item[];
  verdicts: string[];
  /** What they cost together, by counter. */
  costs: Record<string, number>;
  /** Under which name and number they were asked for by a process that has ended; `null` for the row's own. */
  askedAs: { memory: string; number: number } | null;
  /** The generation of Redis' data that lived when they were sent first; `null` before that. */
  sentUnder: string | null;
}

/** Waiting calls that may be sent now. */
export type TakenCalls<Item> = WaitingCalls<Item> & {
  sentUnder: string;
  /** Whether somebody may have sent them before. */
  mayHaveRun: boolean;
  /** Epoch milliseconds. */
  meteredAtMs: number;
};

/** Keeps a row; the same row again changes nothing, so that one whose answer was lost can be saved once more. */
export async function saveMetered<Item>(db: Knex, row: WaitingCalls<Item>): Promise<void> {
  await db('usage_metered').insert(columnsOf(row)).onConflict('id').ignore();
}

/** What waits of a counter, by its key. */
export async function waitingUse(db: Knex, key: string): Promise<number> {
  const { rows } = await db.raw<{ rows: { used: number }[] }>(
    'select coalesce(sum((costs ->> ?)::bigint), 0)::bigint as used from usage_metered where costs \\? ?',
    [key, key],
  );
  return rows[0]?.used ?? 0;
}

/** The partitions that rows wait for. */
export async function waitingPartitions(db: Knex): Promise<number[]> {
  return db('usage_metered').distinct().pluck<number[]>('partition');
}

/**
 * Takes the oldest rows of those partitions that nobody else has, hands them over, deletes those that are `done` and keeps what is `left` of
 * them in the same transaction: a failure of either leaves them. Which generation lived when a row was sent first is committed before
 * it is handed over, so that whoever takes it after a crash knows. Says how many rows it took.
 * @param generations the living generation of each partition
 */
export async function takeMetered<Item>(
  db: Knex,
  { most, generations }: { most: number; generations: ReadonlyMap<number, string> },
  handOver: (rows: TakenCalls<Item>[]) => Promise<{ done: string[]; left: WaitingCalls<Item>[] }>,
): Promise<number> {
  const partitions = [...generations.keys()];
  const fresh = await markSent(db, most, generations);
  return db.transaction(async (trx) => {
    const rows = await trx('usage_metered')
      .whereIn('partition', partitions)
      .whereNotNull('sent_under')
      .orderBy('metered_at')
      .limit(most)
      .forUpdate()
      .skipLocked()
      .select<StoredRow<Item>[]>();
    if (rows.length === 0) return 0;
    const { done, left } = await handOver(rows.map((row) => toTaken(row, fresh)));
    if (left.length > 0) await trx('usage_metered').insert(left.map(columnsOf));
    await trx('usage_metered').whereIn('id', done).delete();
    return rows.length;
  });
}

/** When the oldest calls that still wait were metered, epoch milliseconds; `undefined` when none wait. */
export async function oldestMeteredAtMs(db: Knex): Promise<number | undefined> {
  const row = await db('usage_metered').orderBy('metered_at').first<{ metered_at: number } | undefined>('metered_at');
  return row?.metered_at;
}

interface StoredRow<Item> {
  id: string;
  partition: number;
  items: Item[];
  verdicts: string[];
  costs: Record<string, number>;
  memory: string | null;
  number: number | null;
  sent_under: string;
  metered_at: number;
}

/** Marks rows that were never sent, the oldest first; gives their ids. */
async function markSent(db: Knex, most: number, generations: ReadonlyMap<number, string>): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `with living as (
       select * from unnest(?::int[], ?::text[]) as each (partition, generation)
     ), oldest as (
       select m.id, living.generation from usage_metered m join living using (partition)
        where m.sent_under is null order by m.metered_at limit ? for update of m skip locked
     )
     update usage_metered m set sent_under = oldest.generation from oldest where m.id = oldest.id returning m.id`,
    [[...generations.keys()], [...generations.values()], most],
  );
  return new Set(rows.map(({ id }) => id));
}

function columnsOf<Item>({ askedAs, sentUnder, items, verdicts, costs, ...row }: WaitingCalls<Item>) {
  return {
    ...row,
    items: JSON.stringify(items),
    verdicts: JSON.stringify(verdicts),
    costs: JSON.stringify(costs),
    memory: askedAs?.memory ?? null,
    number: askedAs?.number ?? null,
    sent_under: sentUnder,
  };
}

function toTaken<Item>(row: StoredRow<Item>, fresh: ReadonlySet<string>): TakenCalls<Item> {
  const { id, partition, items, verdicts, costs, memory, number } = row;
  return {
    id,
    partition,
    items,
    verdicts,
    costs,
    askedAs: memory === null || number === null ? null : { memory, number },
    sentUnder: row.sent_under,
    mayHaveRun: !fresh.has(id),
    meteredAtMs: row.metered_at,
  };
}
