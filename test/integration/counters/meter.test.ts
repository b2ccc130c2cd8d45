import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { MeteredRow, MeterStore, TakenRow } from '../../../counters/meter.ts';
import { quotaKey } from '../../../counters/partitions.ts';
import { createQuotaCounter, type QuotaCall } from '../../../counters/quota.ts';
import { connectRedis, openRedis, type RedisClient } from '../../../counters/redis.ts';
import type { Limit } from '../../../domain/plans/catalogue.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { startRedis, type TestRedis } from '../../support/redis-process.ts';
import { aWay } from '../../support/redis-way.ts';
import { waitUntil } from '../../support/wait.ts';

/** What is served through an outage of Redis is counted once, whatever answer got lost on which side. */

let server: TestRedis;
let direct: RedisClient;
beforeAll(async () => {
  server = await startRedis();
  direct = await aConnection(server.url);
});
afterAll(async () => {
  direct.disconnect();
  await server.stop();
});

const PERIOD = utcDay(Date.UTC(2099, 10, 21));
const TIMEOUT_MS = 600;

async function aConnection(url: string): Promise<RedisClient> {
  const redis = connectRedis({ redisUrl: url, redisTimeoutMs: TIMEOUT_MS }, () => undefined);
  await openRedis(redis);
  return redis;
}

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

async function aMeteredCounter(url: string, store: MeterStore) {
  const redis = await aConnection(url);
  const counter = createQuotaCounter(redis, {
    timeoutMs: TIMEOUT_MS,
    partitions: 1,
    settledUse: async () => 0,
    meter: store,
    onError: () => undefined,
  });
  onTestFinished(async () => {
    await counter.close();
    redis.disconnect();
  });
  return counter;
}

const usedOf = async (productId: string): Promise<number> =>
  Number((await direct.get(quotaKey(0, productId, PERIOD.key))) ?? 0);

describe('a call that is served without an answer from Redis', () => {
  test('is counted once although the answer that was lost was a refusal', async () => {
    const way = await aWay(server.url);
    const store = aStore();
    const counter = await aMeteredCounter(way.url, store);
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
    const counter = await aMeteredCounter(way.url, aStore());
    const product = randomUUID();
    await counter.count(aCall(product, 'unlimited'));

    way.loseAllAnswers(true);
    expect(await counter.count(aCall(product, 'unlimited'))).toEqual({ counted: true, used: null });
    way.loseAllAnswers(false);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await usedOf(product)).toBe(2);
  });
});

describe('a row of metered calls', () => {
  test('keeps its id until it is known to be saved, so that a lost answer makes no second one', async () => {
    const way = await aWay(server.url);
    const store = aStore(2);
    const counter = await aMeteredCounter(way.url, store);
    const product = randomUUID();
    await counter.count(aCall(product, 'unlimited'));

    way.close();
    await waitUntil('Redis is away', async () => (await counter.count(aCall(product, 'unlimited'))).used === null);
    const metered = await Promise.all(Array.from({ length: 20 }, () => counter.count(aCall(product, 'unlimited'))));
    expect(metered.every(({ counted }) => counted)).toBe(true);
    await waitUntil('the row is saved', () => store.saves.length >= 3);
    expect(new Set(store.saves.slice(0, 3)).size).toBe(1);

    await way.open();
    const served = [...store.rows.values()].reduce((sum, { items }) => sum + items.length, 0);
    expect(served).toBeGreaterThanOrEqual(20);
    await waitUntil('all are put back', () => store.rows.size === 0);
    expect(await usedOf(product)).toBeGreaterThanOrEqual(21);
    expect(await usedOf(product)).toBeLessThanOrEqual(1 + served + 1);
  });
});
