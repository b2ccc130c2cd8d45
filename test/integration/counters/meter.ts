import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LostOutcome } from '../../../counters/ask.ts';
import type { MeteredRow, MeterStore, TakenRow } from '../../../counters/meter.ts';
import { partitionOf, quotaKey } from '../../../counters/partitions.ts';
import { createQuotaCounter, type QuotaCall } from '../../../counters/quota.ts';
import { mastersOf } from '../../../counters/redis.ts';
import type { Limit } from '../../../domain/plans/catalogue.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { aWay, type Reached } from '../../support/redis-way.ts';
import { waitUntil } from '../../support/wait.ts';
import { aConnection, direct, flushAll, keysLike, partitions, server } from './a-counter.ts';

/** What is served through an outage of Redis is counted once, whatever answer got lost on which side. */

const PERIOD = utcDay(Date.UTC(2099, 10, 21));
const TIMEOUT_MS = 600;

function aCall(productId: string, allowed: Limit): QuotaCall {
  const facts = { licenseId: null, ip: null, version: null, deviceId: null, status: 'license_not_found' as const };
  const call = { ...facts, callId: null, atMs: PERIOD.startsAtMs, productId, periodKey: PERIOD.key, cost: 1 };
  return { organizationId: productId, period: PERIOD, allowed, call };
}

/** Rows in memory, as Postgres would keep them. `loseAnswers`: that many saves are done and then answered with an error. */
function aStore(loseAnswers = 0): MeterStore & { rows: Map<string, MeteredRow>; saves: string[] } {
  const rows = new Map<string, MeteredRow>();
  const saves: string[] = [];
  return {
    rows,
    saves,
    async save(row) {
      saves.push(row.id);
      rows.set(row.id, row);
      if (saves.length <= loseAnswers) throw new Error('The answer was lost');
    },
    waiting: async (key) => [...rows.values()].reduce((sum, { costs }) => sum + (costs[key] ?? 0), 0),
    waitingPartitions: async () => [...new Set([...rows.values()].map(({ partition }) => partition))],
    settled: async (counters) => counters.map(() => 0),
    async take({ most, generations }, handOver) {
      const waiting = [...rows.values()].filter(({ partition }) => generations.has(partition)).slice(0, most);
      const taken = waiting.map((row): TakenRow => {
        const sentUnder = row.sentUnder ?? generations.get(row.partition)!;
        rows.set(row.id, { ...row, sentUnder });
        return { ...row, sentUnder, mayHaveRun: row.sentUnder !== null, meteredAtMs: Date.now() };
      });
      if (taken.length === 0) return 0;
      const { done, left } = await handOver(taken);
      for (const id of done) rows.delete(id);
      for (const row of left) rows.set(row.id, row);
      return taken.length;
    },
  };
}

async function aMeteredCounter(to: Reached, store: MeterStore, told: unknown[] = []) {
  const redis = await aConnection(to, TIMEOUT_MS);
  const counter = createQuotaCounter(redis, {
    timeoutMs: TIMEOUT_MS,
    partitions,
    settledUse: async () => 0,
    meter: store,
    onError: (error) => void told.push(error),
  });
  onTestFinished(async () => {
    await counter.close();
    redis.disconnect();
  });
  return counter;
}

const savedItems = ({ rows }: ReturnType<typeof aStore>): number =>
  [...rows.values()].reduce((sum, { items }) => sum + items.length, 0);

/** A product is an organisation of its own. */
const placeOf = (productId: string): number => partitionOf(productId, partitions);
const keyOf = (productId: string): string => quotaKey(placeOf(productId), productId, PERIOD.key);
const usedOf = async (productId: string): Promise<number> => Number((await direct.get(keyOf(productId))) ?? 0);

/** Beyond those that it has, Redis answers and writes nothing. */
const needReplicas = (count: number) =>
  Promise.all(mastersOf(direct).map((each) => each.config('SET', 'min-replicas-to-write', count)));

/** All of it. */
export function meter(): void {
  acrossOutages();

  describe('a call that is served without an answer from Redis', () => {
    test('is counted once although the answer that was lost was a refusal', async () => {
      const way = await aWay(server.url);
      const store = aStore();
      const counter = await aMeteredCounter(way, store);
      const product = randomUUID();
      expect(await counter.count(aCall(product, 1))).toMatchObject({ counted: true, used: 1 });

      way.loseAllAnswers(true);
      expect(await counter.count(aCall(product, 1))).toEqual({ counted: true, used: null });
      way.loseAllAnswers(false);
      expect(way.lost()).toBeGreaterThan(0);
      await waitUntil('it is counted', async () => (await usedOf(product)) === 2);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await usedOf(product)).toBe(2);
      expect(store.rows.size).toBe(0);
    });

    test('is counted once although the answer that was lost was a yes', async () => {
      const way = await aWay(server.url);
      const counter = await aMeteredCounter(way, aStore());
      const product = randomUUID();
      await counter.count(aCall(product, 'unlimited'));

      way.loseAllAnswers(true);
      expect(await counter.count(aCall(product, 'unlimited'))).toEqual({ counted: true, used: null });
      way.loseAllAnswers(false);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(await usedOf(product)).toBe(2);
    });
  });

  describe('what was served and has no answer', () => {
    test('is counted nowhere when Redis has lost its data meanwhile, and that is told', async () => {
      const way = await aWay(server.url);
      const told: unknown[] = [];
      const counter = await aMeteredCounter(way, aStore(), told);
      const product = randomUUID();
      await counter.count(aCall(product, 'unlimited'));
      way.loseAllAnswers(true);
      expect(await counter.count(aCall(product, 'unlimited'))).toEqual({ counted: true, used: null });
      await flushAll();
      way.loseAllAnswers(false);
      await waitUntil('it is told', () => told.some((error) => error instanceof LostOutcome));
      expect(await usedOf(product)).toBe(0);
    });

    test('keeps its number beyond the end of the process, and whoever asks for it then counts nothing twice', async () => {
      const way = await aWay(server.url);
      const store = aStore();
      const counter = await aMeteredCounter(way, store);
      const [product, refused] = [randomUUID(), randomUUID()];
      for (const each of [product, refused]) await counter.count(aCall(each, 1));
      way.loseAllAnswers(true);
      const answers = [counter.count(aCall(product, 'unlimited')), counter.count(aCall(refused, 1))];
      expect(await Promise.all(answers)).toEqual([
        { counted: true, used: null },
        { counted: true, used: null },
      ]);
      const beganMs = performance.now();
      await counter.close();
      expect(performance.now() - beganMs).toBeLessThan(TIMEOUT_MS);
      const [row] = store.rows.values();
      expect(row).toMatchObject({ items: [{ cost: 1 }, { cost: 1 }], askedAs: { number: expect.any(Number) } });
      expect([await usedOf(product), await usedOf(refused)]).toEqual([2, 1]);

      await aMeteredCounter(server, store);
      // One was counted then; the other was refused by the answer that was lost, though it was served.
      await waitUntil('nothing waits', () => store.rows.size === 0);
      expect([await usedOf(product), await usedOf(refused)]).toEqual([2, 2]);
    });

    test('is asked for again ever more seldom', async () => {
      const way = await aWay(server.url);
      const counter = await aMeteredCounter(way, aStore());
      const product = randomUUID();
      await counter.count(aCall(product, 'unlimited'));
      way.loseAllAnswers(true);
      await counter.count(aCall(product, 'unlimited'));
      const before = way.lost();
      await pause(3_000);
      expect(way.lost() - before).toBeLessThanOrEqual(8);
      way.loseAllAnswers(false);
    });
  });

  describe('rows of metered calls', () => {
    test('are put back many at a time, and Redis forgets them then', async () => {
      const store = aStore();
      const product = randomUUID();
      for (let i = 0; i < 60; i += 1) await store.save(aRow(product));
      let rounds = 0;
      const take = store.take.bind(store);
      store.take = (options, handOver) => {
        rounds += 1;
        return take(options, handOver);
      };
      await aMeteredCounter(server, store);
      await waitUntil('all are put back', () => store.rows.size === 0);
      expect(await usedOf(product)).toBe(60);
      await waitUntil('none is remembered', async () => (await keysLike('*:metered-*')).length === 0);
      // 32 and 28, and a look that finds none.
      expect(rounds).toBeLessThanOrEqual(3);
    });

    test('that may have been counted in data that are lost are counted nowhere; those that were never sent are', async () => {
      const store = aStore();
      const [sent, fresh] = [randomUUID(), randomUUID()];
      await store.save(aRow(sent, { sentUnder: 'a generation that is gone' }));
      await store.save(aRow(fresh));
      const told: unknown[] = [];
      await aMeteredCounter(server, store, told);
      await waitUntil('none waits', () => store.rows.size === 0);
      expect([await usedOf(sent), await usedOf(fresh)]).toEqual([0, 1]);
      expect(told).toEqual([expect.any(LostOutcome)]);
    });
  });

  describe('a row of metered calls', () => {
    test('keeps its id until it is known to be saved, so that a lost answer makes no second one', async () => {
      const way = await aWay(server.url);
      const store = aStore(2);
      const counter = await aMeteredCounter(way, store);
      const product = randomUUID();
      await counter.count(aCall(product, 'unlimited'));

      way.close();
      // What is on its way in that moment has no answer, and is asked for; the others are metered.
      let served = 1;
      await waitUntil('Redis is away', async () => {
        served += 1;
        return (await counter.count(aCall(product, 'unlimited'))).used === null;
      });
      const metered = await Promise.all(Array.from({ length: 20 }, () => counter.count(aCall(product, 'unlimited'))));
      expect(metered.every(({ counted }) => counted)).toBe(true);
      served += metered.length;
      await waitUntil('all is saved', () => savedItems(store) >= metered.length && store.saves.length >= 3);
      expect(new Set(store.saves.slice(0, 3)).size).toBe(1);

      await way.open();
      await waitUntil('all are counted', async () => store.rows.size === 0 && (await usedOf(product)) >= served);
      expect(await usedOf(product)).toBe(served);
    });
  });
}

/** The part that stands for all where there isn't time. */
export function acrossOutages(): void {
  describe('an outage that follows another', () => {
    test('hands out nothing that was handed out before: what waits in Postgres is used', async () => {
      const way = await aWay(server.url);
      const store = aStore();
      const counter = await aMeteredCounter(way, store);
      const product = randomUUID();
      const admitted = async (): Promise<number> => {
        const answers = await Promise.all(Array.from({ length: 40 }, () => counter.count(aCall(product, 20))));
        return answers.filter(({ counted }) => counted).length;
      };
      await counter.count(aCall(randomUUID(), 1));
      way.close();
      await waitUntil('Redis is away', async () => (await counter.count(aCall(randomUUID(), 5))).used === null);
      expect(await admitted()).toBe(20);
      await waitUntil('they are saved', () => store.rows.size > 0);

      // It is back for a moment that is too short to put anything back.
      const take = store.take.bind(store);
      store.take = async () => 0;
      await way.open();
      await waitUntil('Redis is back', async () => (await counter.count(aCall(randomUUID(), 5))).used !== null);
      way.close();
      await waitUntil('Redis is away', async () => (await counter.count(aCall(randomUUID(), 5))).used === null);
      expect(await admitted()).toBe(0);

      store.take = take;
      await way.open();
      await waitUntil('all are put back', () => store.rows.size === 0);
      expect(await usedOf(product)).toBe(20);
    });

    test('ends also where no answer was lost and no connection, so that nothing is being asked for', async () => {
      const counter = await aMeteredCounter(server, aStore());
      const product = randomUUID();
      let served = 0;
      const asked = async (): Promise<number | null> => {
        served += 1;
        return (await counter.count(aCall(product, 'unlimited'))).used;
      };
      expect(await asked()).toBe(1);
      await needReplicas(9);
      onTestFinished(async () => void (await needReplicas(0)));
      await waitUntil('it is metered', async () => (await asked()) === null);
      await pause(1_500);
      expect(await asked()).toBeNull();
      await needReplicas(0);
      await waitUntil('it is counted again', async () => (await asked()) !== null);
      await waitUntil('all is counted', async () => (await usedOf(product)) >= served);
      expect(await usedOf(product)).toBe(served);
    });
  });
}

/** As a process that has died left it. */
function aRow(productId: string, more: Partial<MeteredRow> = {}): MeteredRow {
  const key = keyOf(productId);
  const item = { key, cost: 1, keptSeconds: 1_000, startsAtMs: PERIOD.startsAtMs, entry: '[]' };
  const row = { id: randomUUID(), partition: placeOf(productId), items: [item], verdicts: [], costs: { [key]: 1 } };
  return { ...row, askedAs: null, sentUnder: null, ...more };
}
