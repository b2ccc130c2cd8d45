import type { Knex } from 'knex';

/** What is settled of a product's period: where its counter begins again after Redis has lost its data. */
export async function settledUse(db: Knex, productId: string, periodKey: string): Promise<number> {
  const row = await db('usage_periods')
    .where({ product_id: productId, period_key: periodKey })
    .first<{ used: number } | undefined>('used');
  return row?.used ?? 0;
}
