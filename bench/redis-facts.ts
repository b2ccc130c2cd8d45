import type { Redis } from 'ioredis';

/** What Redis has counted of itself so far; the difference of two says what lies between them. */
export interface RedisCounters {
  /** CPU time of its main thread and background threads, microseconds. */
  cpuMicroseconds: number;
  /** Script calls that were sent to it; commands inside scripts are none. */
  scriptCalls: number;
}

export async function redisCounters(redis: Redis): Promise<RedisCounters> {
  const info = `${await redis.info('cpu')}\n${await redis.info('commandstats')}`;
  const figure = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  const calls = (name: string): number => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    cpuMicroseconds: (figure('used_cpu_user') + figure('used_cpu_sys')) * 1e6,
    scriptCalls: calls('evalsha') + calls('eval') + calls('fcall'),
  };
}
