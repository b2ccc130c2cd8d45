import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { partitionOf, quotaKey } from '../../../counters/partitions.ts';
import { createQuotaCounter, type QuotaCall } from '../../../counters/quota.ts';
import { connectRedis, mastersOf, openRedis, type RedisClient } from '../../../counters/redis.ts';
import type { Limit } from '../../../domain/plans/catalogue.ts';
import { type PeriodSpan, utcDay } from '../../../domain/plans/periods.ts';
import type { TestRedis } from '../../support/redis-process.ts';
import { goBy, type Reached } from '../../support/redis-way.ts';

/** Counters of processes of their own, as far as Redis can tell, on a Redis of a test's own. */

export let server: Pick<TestRedis, 'url' | 'stop'>;
export let direct: RedisClient;
export let partitions = 1;

/** What the tests of one `describe` run on. */
export function on(start: () => Promise<typeof server>, count: number): void {
  beforeAll(async () => {
    server = await start();
    partitions = count;
    direct = await aConnection();
  }, 60_000);
  afterAll(async () => {
    direct.disconnect();
    await server.stop();
  });
}

export interface Asked {
  organizationId: string;
  productId: string;
  period: PeriodSpan;
  cost: number;
  allowed: Limit;
}

/** In a period that begins after every generation, so that its counter is not cold. */
export const call = (more: Partial<Asked> = {}): Asked => ({
  organizationId: randomUUID(),
  productId: randomUUID(),
  period: utcDay(Date.UTC(2099, 10, 21)),
  cost: 1,
  allowed: 10,
  ...more,
});

const toCall = ({ organizationId, productId, period, cost, allowed }: Asked, atMs = period.startsAtMs): QuotaCall => ({
  organizationId,
  period,
  allowed,
  call: {
    callId: null,
    atMs,
    productId,
    periodKey: period.key,
    cost,
    licenseId: null,
    ip: '192.0.2.1',
    version: null,
    deviceId: null,
    status: 'license_not_found',
  },
});

export const placeOf = ({ organizationId }: Asked): number => partitionOf(organizationId, partitions);
export const keyOf = (of: Asked): string => quotaKey(placeOf(of), of.productId, of.period.key);
export const usedOf = async (of: Asked): Promise<number> => Number((await direct.get(keyOf(of))) ?? 0);

export async function aConnection(to: Reached = server, timeoutMs = 2_000): Promise<RedisClient> {
  const redis = connectRedis({ redisUrl: to.url, redisTimeoutMs: timeoutMs }, () => undefined);
  goBy(redis, to);
  await openRedis(redis);
  return redis;
}

/** The names of keys on any node. */
export async function keysLike(pattern: string): Promise<string[]> {
  return (await Promise.all(mastersOf(direct).map((each) => each.keys(pattern)))).flat();
}

export async function flushAll(): Promise<void> {
  await Promise.all(mastersOf(direct).map((each) => each.flushall()));
}

/** A counter of its own process, as far as Redis can tell. */
export async function aCounter(to: Reached = server, timeoutMs = 2_000) {
  const redis = await aConnection(to, timeoutMs);
  onTestFinished(() => redis.disconnect());
  const settled = new Map<string, number>();
  const asked: string[] = [];
  const counter = createQuotaCounter(redis, {
    timeoutMs,
    partitions,
    onError: (error) => {
      throw error;
    },
    settledUse: async (productId) => {
      asked.push(productId);
      return settled.get(productId) ?? 0;
    },
  });
  return { redis, counter, settled, asked, count: (one: Asked) => counter.count(toCall(one)) };
}

export const today = (): PeriodSpan => utcDay(Date.now());
