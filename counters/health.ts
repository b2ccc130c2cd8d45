import type { Redis } from 'ioredis';
import { allPartitions, generationKey } from './partitions.ts';
import { addressOf, mastersOf, type RedisClient } from './redis.ts';

/** What `doctor` and readiness ask of Redis itself. */
export interface RedisFacts {
  version: string;
  /** Settings by name; one is absent where the server hides it (as hosted ones do). */
  settings: Partial<Record<(typeof SETTINGS)[number], string>>;
}

const SETTINGS = ['maxmemory-policy', 'appendonly', 'appendfsync'] as const;

/** What is true of it; of a cluster, what is true of its worst master: each of them holds some tenants. */
export async function redisFacts(redis: RedisClient): Promise<RedisFacts> {
  const facts = await Promise.all(mastersOf(redis).map(factsOf));
  const versions = facts.map(({ version }) => version).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const settings: RedisFacts['settings'] = {};
  for (const name of SETTINGS) {
    const values = facts.map((each) => each.settings[name]);
    const worst = values.find((value) => value !== BEST[name]) ?? values[0];
    // One that is hidden somewhere is unknown, unless it is known to be wrong elsewhere.
    if (worst !== undefined) settings[name] = worst;
  }
  return { version: versions[0] ?? 'unknown', settings };
}

const BEST = { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'always' } as const;

async function factsOf(redis: Redis): Promise<RedisFacts> {
  const info = await redis.info('server');
  return { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown', settings: await readSettings(redis) };
}

/** Asks for a sign of life, of a cluster one node. @throws what went wrong when there is none */
export async function pingRedis(redis: RedisClient): Promise<void> {
  await redis.ping();
}

/** One partition of each node that is written to, so that asking them all asks every node; of a single Redis the first. */
export function partitionsByNode(redis: RedisClient, partitions: number): number[] {
  const byNode = new Map<string, number>();
  for (const partition of allPartitions(partitions)) {
    const node = addressOf(redis, generationKey(partition)) ?? '';
    if (!byNode.has(node)) byNode.set(node, partition);
  }
  return [...byNode.values()];
}

/** Asks the node of a partition for a sign of life. @throws what went wrong when there is none */
export async function pingPartition(redis: RedisClient, partition: number): Promise<void> {
  await redis.exists(generationKey(partition));
}

/** Redis' clock in epoch milliseconds; of a cluster, that of one node. */
export async function redisClock(redis: RedisClient): Promise<number> {
  return milliseconds(await redis.time());
}

/** What `TIME` answers, in epoch milliseconds. */
export function milliseconds([seconds, microseconds]: readonly (string | number)[]): number {
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

async function readSettings(redis: Redis): Promise<RedisFacts['settings']> {
  try {
    const pairs = await redis.config('GET', ...SETTINGS);
    const found: RedisFacts['settings'] = {};
    for (const name of SETTINGS) {
      const at = pairs.indexOf(name);
      const value = at < 0 ? undefined : pairs[at + 1];
      if (value !== undefined) found[name] = value;
    }
    return found;
  } catch (error) {
    // CONFIG is closed to us there: absent settings say so. An outage is none of this and goes on.
    if (/unknown command|NOPERM/i.test((error as Error).message)) return {};
    throw error;
  }
}
