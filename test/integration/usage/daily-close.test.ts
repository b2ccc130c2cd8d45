import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDailyCloseActivities, type DailyCloseActivities } from '../../../activities/daily-close.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { aCall, aUsageBench, type UsageBench } from '../../support/usage.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let bench: UsageBench;
let close: DailyCloseActivities;
beforeAll(async () => {
  bench = await aUsageBench();
});
afterAll(() => bench?.close());
beforeEach(() => {
  close = createDailyCloseActivities(bench);
});
afterEach(async () => {
  for (const table of ['usage_periods', 'usage_closings', 'usage_closed_days', 'usage_pending'])
    await bench.db(table).delete();
  await bench.beginGeneration({ flush: true });
});

const noon = (day: string): number => Date.parse(day) + DAY_MS / 2;

/** Settles calls of a product on a day. */
async function use(productId: string, day: string, calls: number): Promise<void> {
  await bench.append({ calls: Array.from({ length: calls }, () => aCall({ productId, atMs: noon(day) })) });
  await bench.settleAll();
}

/** What the workflow does, without its waiting. */
async function closeAll(before: string): Promise<string[]> {
  const days = await close.listUnclosedDays({ before });
  for (const day of days) {
    for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      after = (await close.closeProductsOfDay({ day, after })).next;
    }
    await close.finishClosedDay({ day });
  }
  return days;
}

const closings = () =>
  bench
    .db('usage_closings')
    .orderBy(['day', 'product_id'])
    .select('product_id', 'used', 'late', bench.db.raw(`to_char(day, 'YYYY-MM-DD') as day`));

describe("the day's close", () => {
  test('closes a day with what each product used, and drops its counters', async () => {
    const [a, b] = [randomUUID(), randomUUID()].sort() as [string, string];
    await use(a, '2026-03-01', 3);
    await use(b, '2026-03-01', 2);
    await bench.redis.mset({ [`{p0}:quota:${a}:2026-03-01`]: 3, [`{p0}:quota:${a}:2026-03-02`]: 1 });

    expect(await closeAll('2026-03-02T00:00:00Z')).toEqual(['2026-03-01']);
    expect(await closings()).toEqual([
      { product_id: a, used: 3, late: 0, day: '2026-03-01' },
      { product_id: b, used: 2, late: 0, day: '2026-03-01' },
    ]);
    expect(await bench.db('usage_closed_days').first('products', 'used')).toEqual({ products: 2, used: 5 });
    expect(await bench.redis.keys('{p0}:quota:*')).toEqual([`{p0}:quota:${a}:2026-03-02`]);
  });

  test('closes each of seven days after an outage of a week, those without calls too', async () => {
    const productId = randomUUID();
    for (const day of ['2026-03-01', '2026-03-02', '2026-03-05', '2026-03-07']) await use(productId, day, 1);

    const days = await closeAll('2026-03-08T00:00:00Z');
    expect(days).toHaveLength(7);
    expect((await closings()).map(({ day }) => day)).toEqual(['2026-03-01', '2026-03-02', '2026-03-05', '2026-03-07']);
    expect(await close.listUnclosedDays({ before: '2026-03-08T23:59:59.999Z' })).toEqual([]);
    expect(await close.listUnclosedDays({ before: '2026-03-09T00:00:00Z' })).toEqual(['2026-03-08']);
  });

  test('closes days that were settled only while the first close of all waited for the drain', async () => {
    const productId = randomUUID();
    // Nothing is settled yet: the close knows of yesterday alone, and waits for it.
    expect(await close.listUnclosedDays({ before: '2026-03-08T00:00:00Z' })).toEqual(['2026-03-07']);
    for (const day of ['2026-03-05', '2026-03-07']) await use(productId, day, 2);
    await close.closeProductsOfDay({ day: '2026-03-07', after: null });
    await close.finishClosedDay({ day: '2026-03-07' });

    expect(await closeAll('2026-03-08T00:00:00Z')).toEqual(['2026-03-05']);
    expect((await closings()).map(({ day, used, late }) => [day, used, late])).toEqual([
      ['2026-03-05', 2, 0],
      ['2026-03-07', 2, 0],
    ]);
    // What comes for a day before all of them is late, and opens none.
    await use(productId, '2026-02-20', 1);
    expect(await close.listUnclosedDays({ before: '2026-03-08T00:00:00Z' })).toEqual([]);
  });

  test('closes a day once, however often and by however many at once it is closed', async () => {
    const products = Array.from({ length: 5 }, () => randomUUID());
    for (const productId of products) await use(productId, '2026-03-01', 2);
    await Promise.all(Array.from({ length: 4 }, () => closeAll('2026-03-02T00:00:00Z')));
    const before = await bench.db('usage_closings').orderBy('product_id');
    expect(before).toHaveLength(5);
    await close.closeProductsOfDay({ day: '2026-03-01', after: null });
    await close.finishClosedDay({ day: '2026-03-01' });
    expect(await bench.db('usage_closings').orderBy('product_id')).toEqual(before);
    expect(await bench.db('usage_closed_days').first('products', 'used')).toEqual({ products: 5, used: 10 });
  });

  test('tells apart what comes for a day that is closed', async () => {
    const [known, unheard] = [randomUUID(), randomUUID()];
    await use(known, '2026-03-01', 4);
    await closeAll('2026-03-02T00:00:00Z');
    await use(known, '2026-03-01', 1);
    await use(unheard, '2026-03-01', 2);

    expect(await bench.db('usage_closings').where({ product_id: known }).first('used', 'late')).toEqual({
      used: 4,
      late: 1,
    });
    expect(await bench.db('usage_closings').where({ product_id: unheard }).first('used', 'late')).toEqual({
      used: 0,
      late: 2,
    });
    const periods = await bench.db('usage_periods').where({ period_key: '2026-03-01' }).sum({ used: 'used' });
    const closed = await bench.db('usage_closings').sum({ used: 'used', late: 'late' });
    expect(Number(periods[0]!['used'])).toBe(Number(closed[0]!['used']) + Number(closed[0]!['late']));
  });

  test('closes a product whose first call of the day settles while the day is being closed', async () => {
    const [early, between] = [randomUUID(), randomUUID()];
    await use(early, '2026-03-01', 1);
    await close.closeProductsOfDay({ day: '2026-03-01', after: null });
    await use(between, '2026-03-01', 3);
    await use(early, '2026-03-01', 2);
    expect(await close.finishClosedDay({ day: '2026-03-01' })).toEqual({ products: 2, used: 4 });
    expect(await bench.db('usage_closings').where({ product_id: early }).first('used', 'late')).toEqual({
      used: 1,
      late: 2,
    });
  });

  test("waits until Redis' clock is a minute past the end of the day", async () => {
    const today = utcDay(Date.now()).key;
    expect(await close.checkDaySettled({ day: today })).toMatchObject({ settled: false });
    expect(await close.checkDaySettled({ day: utcDay(Date.now() - DAY_MS - MINUTE_MS).key })).toEqual({
      settled: true,
    });
  });

  test('waits while an entry of the day, or of the minute after it, is not settled', async () => {
    const day = '2026-03-01';
    const endMs = Date.parse(day) + DAY_MS;
    const id = await bench.append({ calls: [aCall({ atMs: noon(day) })], id: `${endMs + MINUTE_MS - 1}-0` });
    expect(await close.checkDaySettled({ day })).toMatchObject({ settled: false });
    await bench.append({ calls: [aCall()] });
    expect(await close.checkDaySettled({ day })).toMatchObject({ settled: false });

    // Settled, though nobody has forgotten it yet.
    await bench.settleAll();
    await bench.redis.del('{p0}:usage');
    await bench.append({ calls: [aCall({ atMs: noon(day) })], id });
    await bench.append({ calls: [aCall()], id: `${endMs + MINUTE_MS}-0`, generation: 'next' });
    expect(await close.checkDaySettled({ day })).toEqual({ settled: true });
  });

  test('waits while calls of the day that were served without Redis are not counted', async () => {
    const day = '2026-03-01';
    await bench.db('usage_metered').insert({
      id: randomUUID(),
      items: '[]',
      verdicts: '[]',
      metered_at: new Date(noon(day)),
    });
    expect(await close.checkDaySettled({ day })).toMatchObject({ settled: false });
    expect(await close.checkDaySettled({ day: '2026-02-27' })).toEqual({ settled: true });
    await bench.db('usage_metered').delete();
    expect(await close.checkDaySettled({ day })).toEqual({ settled: true });
  });
});
