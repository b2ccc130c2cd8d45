import type { Knex } from 'knex';

/** What is settled of a product's period: where its counter begins again after Redis has lost its data. */
export async function settledUse(db: Knex, productId: string, periodKey: string): Promise<number> {
  const row = await db('usage_periods')
    .where({ product_id: productId, period_key: periodKey })
    .first<{ used: number } | undefined>('used');
  return row?.used ?? 0;
}

/** What is settled of several products' periods, in their order; 0 where nothing is. */
export async function settledUses(
  db: Knex,
  counters: readonly (readonly [productId: string, periodKey: string])[],
): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { used: number }[] }>(
    `select coalesce(p.used, 0) as used
       from unnest(?::uuid[], ?::text[]) with ordinality as each (product_id, period_key, n)
       left join usage_periods p using (product_id, period_key)
      order by each.n`,
    [counters.map(([productId]) => productId), counters.map(([, periodKey]) => periodKey)],
  );
  return rows.map(({ used }) => used);
}
