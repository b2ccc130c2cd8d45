import type { Config } from '../../../runtime/config.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';

/** What calls are counted in: settings for an API in this process, the same as environment variables, and the end of it. */
export interface Counting {
  settings: Partial<Config>;
  env: Record<string, string>;
  stop(): Promise<void>;
}

const PARTITIONS = 64;

async function theStacksRedis(): Promise<Counting> {
  return { settings: {}, env: {}, stop: async () => undefined };
}

async function aCluster(): Promise<Counting> {
  const cluster = await startRedisCluster();
  const { url } = cluster;
  return {
    settings: { redisUrl: url, partitions: PARTITIONS },
    env: { REDIS_URL: url, PLIMSOLL_PARTITIONS: String(PARTITIONS) },
    stop: () => cluster.stop(),
  };
}

/** On each of these the same holds. */
export const COUNTING = [
  ['one Redis', theStacksRedis],
  ['a cluster', aCluster],
] as const;
