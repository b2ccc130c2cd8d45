import { Command } from 'ioredis';
import { partitionOf, streamKey } from '../../../counters/partitions.ts';
import { connectRedis, mastersOf, openRedis } from '../../../counters/redis.ts';
import type { Config } from '../../../runtime/config.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedis } from '../../support/redis-process.ts';
import { aPlatformDatabase } from '../../support/scratch.ts';

/** What calls are counted in: settings for an API in this process, the same as environment variables, and the end of it. */
export interface Counting {
  settings: Partial<Config>;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** What calls are counted in, of a test's own, to break. */
export interface Breakable extends Counting {
  settings: Pick<Config, 'redisUrl' | 'databaseUrl' | 'partitions' | 'redisTimeoutMs'>;
  /** Makes all of it forget everything. */
  flush(): Promise<void>;
  /** Ends whatever an organisation is counted in, at once, its replica too; without one, all of it. */
  kill(organizationId?: string): Promise<void>;
  /** Starts that again, with its data or without. */
  restart(options: { empty: boolean }): Promise<void>;
}

const PARTITIONS = 64;
/** Shorter than people have it: a test waits for it. Not so short that a busy machine takes Redis for away. */
const REDIS_TIMEOUT_MS = 1_600;

/** Exactness is promised while Redis is there: a machine that is too busy to answer in time must not be taken for an outage. */
const PATIENT = {
  settings: { redisOutage: 'closed', redisTimeoutMs: 10_000 },
  env: { PLIMSOLL_REDIS_OUTAGE: 'closed', PLIMSOLL_REDIS_TIMEOUT: 'PT10S' },
} as const;

async function theStacksRedis(): Promise<Counting> {
  return { ...PATIENT, stop: async () => undefined };
}

/** Its own database too: how many partitions there are is one number for all that share one. */
async function aCluster(): Promise<Counting> {
  const cluster = await aBreakableCluster();
  return {
    settings: { ...cluster.settings, ...PATIENT.settings },
    env: { ...cluster.env, ...PATIENT.env },
    stop: () => cluster.stop(),
  };
}

async function aBreakableRedis(): Promise<Breakable> {
  const server = await startRedis();
  const rest = await aroundRedis({ redisUrl: server.url, partitions: 1 });
  return {
    ...rest,
    kill: () => server.kill(),
    restart: (options) => server.restart(options),
    async stop() {
      await rest.stop();
      await server.stop();
    },
  };
}

async function aBreakableCluster(): Promise<Breakable> {
  const cluster = await startRedisCluster();
  const rest = await aroundRedis({ redisUrl: cluster.url, partitions: PARTITIONS });
  let killed: readonly number[] = [];
  return {
    ...rest,
    async kill(organizationId) {
      if (organizationId === undefined) {
        killed = cluster.ports;
        await Promise.all(killed.map((port) => cluster.kill(port)));
        return;
      }
      const slot = new Command('get', [streamKey(partitionOf(organizationId, PARTITIONS))]).getSlot() ?? -1;
      const masters = await cluster.masters();
      const master = masters.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))!.port;
      // The replica first: it must not take over.
      killed = [await cluster.replicaOf(master), master];
      for (const port of killed) await cluster.kill(port);
    },
    restart: async (options) => void (await Promise.all(killed.map((port) => cluster.restart(port, options)))),
    async stop() {
      await rest.stop();
      await cluster.stop();
    },
  };
}

/** A database of its own, and what both are named by. */
async function aroundRedis({ redisUrl, partitions }: { redisUrl: string; partitions: number }) {
  const database = await aPlatformDatabase();
  const redis = connectRedis({ redisUrl, redisTimeoutMs: 2_000 }, () => undefined);
  await openRedis(redis);
  return {
    settings: { redisUrl, databaseUrl: database.url, partitions, redisTimeoutMs: REDIS_TIMEOUT_MS },
    env: {
      REDIS_URL: redisUrl,
      DATABASE_URL: database.url,
      PLIMSOLL_PARTITIONS: String(partitions),
      PLIMSOLL_REDIS_TIMEOUT: `PT${REDIS_TIMEOUT_MS / 1_000}S`,
    },
    flush: async () => void (await Promise.all(mastersOf(redis).map((each) => each.flushall()))),
    async stop() {
      redis.disconnect();
      await database.drop();
    },
  };
}

/** On each of these the same holds. */
export const COUNTING = [
  ['one Redis', theStacksRedis],
  ['a cluster', aCluster],
] as const;

/** Through how many API processes: on a cluster four alone, where there isn't time for all. */
export function processesOn(name: (typeof COUNTING)[number][0]): number[] {
  return name === 'a cluster' && !process.env.PLIMSOLL_DEEP ? [4] : [2, 4];
}

export const BREAKABLE = [
  ['one Redis', aBreakableRedis],
  ['a cluster', aBreakableCluster],
] as const;
