import type { Redis } from 'ioredis';

/** What `doctor` and readiness ask of Redis itself. */
export interface RedisFacts {
  version: string;
  /** Settings by name; one is absent where the server hides it (as hosted ones do). */
  settings: Partial<Record<(typeof SETTINGS)[number], string>>;
}

const SETTINGS = ['maxmemory-policy', 'appendonly', 'appendfsync'] as const;

export async function redisFacts(redis: Redis): Promise<RedisFacts> {
  const info = await redis.info('server');
  return { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown', settings: await readSettings(redis) };
}

/** Redis' clock in epoch milliseconds. */
export async function redisClock(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
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
