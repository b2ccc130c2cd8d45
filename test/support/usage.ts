import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { addressOf, connectRedis, openRedis, type RedisClient } from '../../counters/redis.ts';
import { createUsageStream, type UsageStream } from '../../counters/usage.ts';
import type { SettledCall, SettledVerdict } from '../../domain/usage/tally.ts';
import { ensurePosition } from '../../store/usage-positions.ts';
import { type Settlement, type SettleOptions, settleBatch } from '../../worker/settle.ts';
import { startRedisCluster, type TestCluster } from './redis-cluster.ts';
import { startRedis, type TestRedis } from './redis-process.ts';
import { aPlatformDatabase, type ScratchDatabase } from './scratch.ts';

/** A stream and a database of a test's own, on one Redis. */
export interface UsageBench extends StreamBench {
  server: TestRedis;
}

/** The same, wherever its stream is. */
export interface StreamBench {
  db: Knex;
  redis: Redis;
  stream: UsageStream;
  database: ScratchDatabase;
  /** Appends one entry, as a batch of an API process would, and gives its id. */
  append(entry: {
    calls?: SettledCall[];
    verdicts?: SettledVerdict[];
    generation?: string;
    id?: string;
    partition?: number;
  }): Promise<string>;
  /** Makes Redis forget everything, or begins its first generation; gives the new one's name. */
  beginGeneration(options?: { flush?: boolean }): Promise<string>;
  /** Keeps all that Redis holds now, as a backup or a replica that lags; calling what it gives brings Redis back to that. */
  backup(): Promise<() => Promise<void>>;
  /** The living generation. */
  generation(): string;
  settle(options?: Partial<SettleOptions>): Promise<Settlement>;
  /** Settles until there is nothing left. */
  settleAll(options?: Partial<SettleOptions>): Promise<void>;
  close(): Promise<void>;
}

export async function aUsageBench(): Promise<UsageBench> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const bench = await aBenchOn({ redis, client: redis });
  return {
    ...bench,
    server,
    async close() {
      redis.disconnect();
      await bench.close();
      await server.stop();
    },
  };
}

/** The same on a cluster: `redis` is the master of the first partition, which a stream of 64 reaches through all nodes. */
export async function aUsageBenchOnACluster(): Promise<StreamBench & { cluster: TestCluster }> {
  const cluster = await startRedisCluster();
  const client = connectRedis({ redisUrl: cluster.url, redisTimeoutMs: 2_000 }, () => undefined);
  await openRedis(client);
  const port = Number(addressOf(client, '{p0}:usage')?.split(':')[1]);
  const bench = await aBenchOn({ redis: cluster.node(port), client, partitions: 64 });
  return {
    ...bench,
    cluster,
    async close() {
      client.disconnect();
      await bench.close();
      await cluster.stop();
    },
  };
}

async function aBenchOn({
  redis,
  client,
  partitions = 1,
}: {
  redis: Redis;
  client: RedisClient;
  partitions?: number;
}): Promise<StreamBench> {
  const database = await aPlatformDatabase();
  const db = database.connect();
  await ensurePosition(db, 0);
  const stream = createUsageStream(client, { partitions });
  const logDays = new Set<string>();
  let generation = '';

  const bench: StreamBench = {
    db,
    redis,
    stream,
    database,
    async append({ calls = [], verdicts = [], generation: given = generation, id = '*', partition = 0 }) {
      const fields = [
        ...calls.flatMap((call) => ['c', countedJson(call)]),
        ...verdicts.flatMap((verdict) => ['v', verdictJson(verdict)]),
      ];
      return (await redis.xadd(`{p${partition}}:usage`, id, 'g', given, ...fields))!;
    },
    async beginGeneration({ flush = false } = {}) {
      if (flush) await redis.flushall();
      generation = randomUUID();
      await redis.hset('{p0}:generation', { id: generation, bornAtMs: Date.now() });
      return generation;
    },
    async backup() {
      const keys = await redis.keys('*');
      const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
      return async () => {
        await redis.flushall();
        for (const [i, key] of keys.entries()) await redis.restore(key, 0, dumps[i]!, 'REPLACE');
      };
    },
    generation: () => generation,
    settle: (options = {}) => settleBatch({ db, stream, partition: 0, sampling: false, logDays, ...options }),
    async settleAll(options = {}) {
      while ((await bench.settle(options)).outcome === 'settled');
    },
    close: () => database.drop(),
  };
  await bench.beginGeneration();
  return bench;
}

/** A call with everything at hand, as most are. */
export function aCall(options: Partial<SettledCall> = {}): SettledCall {
  const atMs = options.atMs ?? Date.now();
  return {
    callId: null,
    atMs,
    productId: randomUUID(),
    periodKey: new Date(atMs).toISOString().slice(0, 10),
    cost: 1,
    licenseId: null,
    ip: null,
    version: null,
    deviceId: null,
    status: 'active',
    ...options,
  };
}

/** The verdict of a call that was counted without one. */
export function verdictOf(call: SettledCall, options: Partial<SettledVerdict> = {}): SettledVerdict {
  const { callId, atMs, productId, licenseId, ip, version, deviceId } = call;
  return { callId: callId ?? '', atMs, productId, licenseId, ip, version, deviceId, status: 'active', ...options };
}

function countedJson(call: SettledCall): string {
  const { callId, atMs, productId, periodKey, cost, licenseId, ip, version, deviceId, status } = call;
  return JSON.stringify([callId, atMs, productId, periodKey, cost, licenseId, ip, version, deviceId, status]);
}

function verdictJson(verdict: SettledVerdict): string {
  const { callId, atMs, productId, licenseId, ip, version, deviceId, status } = verdict;
  return JSON.stringify([callId, atMs, productId, licenseId, ip, version, deviceId, status]);
}
