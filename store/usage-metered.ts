import type { Knex } from 'knex';

/** Calls that wait until Redis is back, as `counters/meter.ts` makes them: this room keeps them, and looks at nothing in them. */
export interface WaitingCalls<Item> {
  id: string;
  partition: number;
  items: Item[];
  verdicts: string[];
}

/** Keeps a row; the same row again changes nothing, so that one whose answer was lost can be saved once more. */
export async function saveMetered<Item>(
  db: Knex,
  { id, partition, items, verdicts }: WaitingCalls<Item>,
): Promise<void> {
  await db('usage_metered')
    .insert({ id, partition, items: JSON.stringify(items), verdicts: JSON.stringify(verdicts) })
    .onConflict('id')
    .ignore();
}

/**
 * Takes the oldest row that nobody else has, hands it over, and deletes it in the same transaction: a failure of either leaves it.
 * Says whether there was one. Rows of `away` partitions are left.
 */
export async function takeMetered<Item>(
  db: Knex,
  handOver: (row: WaitingCalls<Item>) => Promise<void>,
  away: readonly number[] = [],
): Promise<boolean> {
  return db.transaction(async (trx) => {
    const row = await trx('usage_metered')
      .whereNotIn('partition', [...away])
      .orderBy('metered_at')
      .forUpdate()
      .skipLocked()
      .first<WaitingCalls<Item> | undefined>('id', 'partition', 'items', 'verdicts');
    if (!row) return false;
    await handOver(row);
    await trx('usage_metered').where({ id: row.id }).delete();
    return true;
  });
}

/** When the oldest calls that still wait were metered, epoch milliseconds; `undefined` when none wait. */
export async function oldestMeteredAtMs(db: Knex): Promise<number | undefined> {
  const row = await db('usage_metered').orderBy('metered_at').first<{ metered_at: number } | undefined>('metered_at');
  return row?.metered_at;
}
