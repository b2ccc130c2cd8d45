import type { Knex } from 'knex';
import { utcDay } from '../domain/plans/periods.ts';

/**
 * Closed days. Days are closed in their order; what comes for the last closed one and those before it is `late` (`usage.ts`). Whoever closes keeps the drain away for the time of its transaction, so that `used + late` of a closing is always
 * what its period used.
 */

/** A day of one product as it was closed. */
export interface Closing {
  productId: string;
  used: number;
}

/**
 * UTC days that are over at `beforeMs` and not closed, oldest first, up to `limit` of them. Where no day was ever closed they begin
 * with the first that anything is settled of. That may be known late: a drain that had never run until then settles older days
 * while the newest waits for it. So days of the last month before a closed one are asked for again, if they have use that no
 * closing tells.
 */
export async function unclosedDays(db: Knex, beforeMs: number, limit: number): Promise<string[]> {
  const lastDay = utcDay(utcDay(beforeMs).startsAtMs - 1).key;
  const { rows } = await db.raw<{ rows: { day: string }[] }>(
    `select to_char(each.day, 'YYYY-MM-DD') as day
       from (select generate_series(unclosed.first, ?::date, interval '1 day') as day
               from (select coalesce(
                       (select max(day) + 1 from usage_closed_days),
                       (select min(period_key)::date from usage_periods where period_key similar to '[0-9]{4}-[0-9]{2}-[0-9]{2}'),
                       ?::date) as first) as unclosed
             union
             select u.period_key::date
               from (select max(day) as day from usage_closed_days) as closed
               join usage_periods u on u.period_key between to_char(closed.day - 31, 'YYYY-MM-DD') and to_char(closed.day, 'YYYY-MM-DD')
                and u.period_key similar to '[0-9]{4}-[0-9]{2}-[0-9]{2}'
              where not exists (select from usage_closings c where c.product_id = u.product_id and c.day = u.period_key::date)
            ) as each
      order by each.day limit ?`,
    [lastDay, lastDay, limit],
  );
  return rows.map(({ day }) => day);
}

/** Closes the day for the next `limit` products after one of them, in the order of their ids. Closed already is fine. */
export async function closeProducts(
  trx: Knex.Transaction,
  { day, after, limit }: { day: string; after: string | null; limit: number },
): Promise<Closing[]> {
  await keepDrainAway(trx);
  const rest = trx('usage_periods').where({ period_key: day }).orderBy('product_id').limit(limit);
  if (after !== null) rest.andWhere('product_id', '>', after);
  const page = await rest.select<{ product_id: string; used: number }[]>('product_id', 'used');
  await insertClosings(
    trx,
    day,
    page.map(({ product_id }) => product_id),
  );
  return page.map(({ product_id, used }) => ({ productId: product_id, used }));
}

/** Marks the day as closed, once all its products are; those that were first settled meanwhile are closed here. */
export async function finishDay(trx: Knex.Transaction, day: string): Promise<{ products: number; used: number }> {
  await keepDrainAway(trx);
  const left = await trx('usage_periods as p')
    .where('p.period_key', day)
    .whereRaw('not exists (select from usage_closings c where c.product_id = p.product_id and c.day = ?::date)', [day])
    .select<{ product_id: string }[]>('p.product_id');
  await insertClosings(
    trx,
    day,
    left.map(({ product_id }) => product_id),
  );
  await trx.raw(
    `insert into usage_closed_days (day, products, used)
     select ?::date, count(*), coalesce(sum(used), 0) from usage_closings where day = ?::date
     on conflict (day) do nothing`,
    [day, day],
  );
  const row = await trx('usage_closed_days')
    .where({ day })
    .first<{ products: number; used: number }>('products', 'used');
  return { products: row.products, used: row.used };
}

async function insertClosings(trx: Knex.Transaction, day: string, productIds: string[]): Promise<void> {
  if (productIds.length === 0) return;
  await trx.raw(
    `insert into usage_closings (product_id, day, organization_id, used)
     select u.product_id, ?::date, p.organization_id, u.used
       from usage_periods u left join products p on p.id = u.product_id
      where u.period_key = ? and u.product_id = any(?::uuid[])
     on conflict (product_id, day) do nothing`,
    [day, day, productIds],
  );
}

/** Whoever settles locks these rows too, and passes by while they are locked. */
async function keepDrainAway(trx: Knex.Transaction): Promise<void> {
  await trx('usage_positions').orderBy('partition').forUpdate().select('partition');
}
