import { Cluster, Command, Redis, type RedisOptions } from 'ioredis';
import type { Config } from '../runtime/config.ts';

/** One Redis, or a cluster. */
export type RedisClient = Redis | Cluster;

/** The settings that name a Redis; one that is no cluster needs no more than its address. */
export type RedisSettings = Pick<Config, 'redisUrl' | 'redisTimeoutMs'> & Partial<Pick<Config, 'redisCluster'>>;

/**
 * Connections to Redis, or to the nodes of a cluster. A command settles in time, whatever happens to the connection: nothing is
 * queued while it is away, and nothing is sent again by the client, since a command whose answer was lost may have run. What a
 * node of a cluster has refused to run (it has moved, or is asked for elsewhere) is sent where it belongs.
 */
export function connectRedis(config: RedisSettings, onError: (error: Error) => void): RedisClient {
  const urls = config.redisUrl.split(',');
  const options = {
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: config.redisTimeoutMs,
    connectTimeout: config.redisTimeoutMs,
    keepAlive: 10_000,
    noDelay: true,
  } satisfies RedisOptions;
  const redis =
    config.redisCluster === 'on' || urls.length > 1
      ? connectCluster(urls, options)
      : new Redis(config.redisUrl, {
          ...options,
          lazyConnect: true,
          enableOfflineQueue: false,
          retryStrategy: pauseMs,
        });
  // Without a listener a lost connection would end the process; it comes back by itself.
  redis.on('error', onError);
  return redis;
}

type ConnectionOptions = Pick<
  RedisOptions,
  'autoResendUnfulfilledCommands' | 'maxRetriesPerRequest' | 'connectTimeout' | 'keepAlive' | 'noDelay'
> & { commandTimeout: number };

function connectCluster(urls: readonly string[], options: ConnectionOptions): Cluster {
  const [first] = urls.map((url) => new URL(url));
  return new Cluster([...urls], {
    lazyConnect: true,
    enableOfflineQueue: false,
    // Both would send again what may have run, or is asked for again by whoever asked.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: TRY_AGAIN_MS,
    maxRedirections: 4,
    slotsRefreshTimeout: Math.min(1_000, options.commandTimeout),
    clusterRetryStrategy: pauseMs,
    redisOptions: {
      ...options,
      // The cluster names its nodes by addresses alone.
      ...(first?.username && { username: decodeURIComponent(first.username) }),
      ...(first?.password && { password: decodeURIComponent(first.password) }),
      ...(first?.protocol === 'rediss:' && { tls: {} }),
    },
  });
}

const TRY_AGAIN_MS = 50;

function pauseMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 1_000);
}

/** Drops the connection that a key's commands go through: it gave no answer, and the next command needs one that works. */
export function dropConnection(redis: RedisClient, key: string): void {
  if (!(redis instanceof Cluster)) return redis.disconnect(true);
  if (redis.status !== 'ready') return;
  const address = addressOf(redis, key);
  redis
    .nodes()
    .find(({ options: { host, port } }) => `${host}:${port}` === address)
    ?.disconnect();
  // Another node may have taken its place meanwhile.
  redis.refreshSlotsCache();
}

/** The node of a cluster that a key is written to, as far as this client knows; `undefined` where nobody has it. */
export function addressOf(redis: RedisClient, key: string): string | undefined {
  if (!(redis instanceof Cluster)) return undefined;
  return redis.slots[new Command('get', [key]).getSlot() ?? -1]?.[0];
}

/** What is sent in `send`, at once, leaves in one write for each node: ioredis would make one for each command. */
export function writeTogether(redis: RedisClient, send: () => void): void {
  const streams = mastersOf(redis).flatMap(({ stream }) => (stream as Redis['stream'] | undefined) ?? []);
  for (const stream of streams) stream.cork();
  try {
    send();
  } finally {
    for (const stream of streams) stream.uncork();
  }
}

/** The nodes that are written to: the one Redis, or the masters of a cluster. */
export function mastersOf(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis];
}

/** Opens the connection; while Redis is away the client goes on trying in the background. */
export async function openRedis(redis: RedisClient): Promise<void> {
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
    error.name === 'ClusterAllFailedError' ||
    /^(LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|OOM|MISCONF|BUSY|TRYAGAIN|NOREPLICAS)/.test(error.message) ||
    /Connection is closed|Command timed out|isn't writeable|connect ETIMEDOUT|Socket closed/i.test(error.message) ||
    /Cluster isn't ready|None of startup nodes|Cluster is (ended|disconnect)|Too many Cluster redir/.test(
      error.message,
    ) ||
    /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)$/.test((error as NodeJS.ErrnoException).code ?? '')
  );
}
