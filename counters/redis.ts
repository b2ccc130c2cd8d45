import { Redis } from 'ioredis';
import type { Config } from '../runtime/config.ts';

/**
 * One connection to Redis. A command settles in time, whatever happens to the connection: nothing is queued while it is away,
 * and nothing is sent again by the client, since a command whose answer was lost may have run.
 */
export function connectRedis(
  config: Pick<Config, 'redisUrl' | 'redisTimeoutMs'>,
  onError: (error: Error) => void,
): Redis {
  const redis = new Redis(config.redisUrl, {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: config.redisTimeoutMs,
    connectTimeout: config.redisTimeoutMs,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), 1_000),
    keepAlive: 10_000,
    noDelay: true,
  });
  // Without a listener a lost connection would end the process; it comes back by itself.
  redis.on('error', onError);
  return redis;
}

/** Opens the connection; while Redis is away the client goes on trying in the background. */
export async function openRedis(redis: Redis): Promise<void> {
  await redis.connect().catch((error: unknown) => {
    if (!isRedisOutage(error)) throw error;
  });
}

/** Whether an error means that Redis is away, starting or read-only rather than that we asked something wrong. */
export function isRedisOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'UnknownOutcome' ||
    /^(LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|OOM|MISCONF|BUSY|TRYAGAIN|NOREPLICAS)/.test(error.message) ||
    /Connection is closed|Command timed out|isn't writeable|connect ETIMEDOUT|Socket closed/i.test(error.message) ||
    /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)$/.test((error as NodeJS.ErrnoException).code ?? '')
  );
}
