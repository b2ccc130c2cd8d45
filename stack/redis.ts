import { join } from 'node:path';
import { Redis } from 'ioredis';
import { dockerProgram } from './docker.ts';
import { StackFault } from './fault.ts';
import { writePrivate } from './home.ts';
import { getPackage, hasDocker, systemName } from './packages.ts';
import { answerOf, findExecutables, type Setting } from './run.ts';
import type { Program } from './service.ts';

const AT_LEAST = 7;

interface RedisServer {
  program: Program;
  url: string;
}

/** Finds or gets Redis 7 or newer and says how to run it for this home. @throws {StackFault} when there is none */
export async function prepareRedis(
  setting: Setting,
  { home, port, password }: { home: string; port: number; password: string },
): Promise<RedisServer> {
  const url = `redis://:${password}@127.0.0.1:${port}/0`;
  const folder = join(home, 'redis');
  const common = {
    kind: 'redis',
    title: 'Redis',
    cwd: folder,
    logFile: join(home, 'logs', 'redis.log'),
    ready: () => answersRedis(url),
    readyWithinMs: 60_000,
    endsWithinMs: 15_000,
  } as const;
  // A file, because a password on a command line is seen by every user of the machine.
  const config = join(folder, 'redis.conf');

  const found = await findRedis(setting);
  if (found) {
    writePrivate(config, redisConfig({ folder, port, password, bind: '127.0.0.1' }));
    return { url, program: { ...common, command: found.path, args: [config], env: { ...setting.env, ...found.env } } };
  }
  if (await hasDocker(setting)) {
    const docker = await dockerProgram(setting, {
      home,
      kind: 'redis',
      image: 'redis:7',
      publish: [[port, 6379]],
      volume: '/data',
      env: { REDIS_CONFIG: redisConfig({ folder: '/data', port: 6379, password, bind: '*' }) },
      args: [
        'sh',
        '-c',
        'umask 077 && printf %s "$REDIS_CONFIG" >/tmp/redis.conf && exec redis-server /tmp/redis.conf',
      ],
    });
    return { url, program: { ...common, ...docker } };
  }
  throw new StackFault(
    `Redis ${AT_LEAST} or newer is not installed on this ${systemName()} and could not be fetched: install redis-server, or name a running one by REDIS_URL.`,
  );
}

function redisConfig({
  folder,
  port,
  password,
  bind,
}: {
  folder: string;
  port: number;
  password: string;
  bind: string;
}) {
  return [
    `bind ${bind}`,
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    `requirepass ${password}`,
    'daemonize no',
    // Every write is on disk before it is answered, and nothing is ever thrown away: counters are facts.
    'appendonly yes',
    'appendfsync always',
    'save ""',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

async function findRedis(setting: Setting): Promise<{ path: string; env: Record<string, string> } | undefined> {
  const installed = await firstNewEnough(setting, findExecutables(setting.env, 'redis-server'), {});
  if (installed) return installed;
  const got = await getPackage(setting, { part: 'Redis', apt: 'redis-server', atLeast: AT_LEAST, brew: 'redis' });
  if (!got) return undefined;
  const folders = [join('/', got.root, 'usr/bin'), join('/', got.root, 'bin')];
  return firstNewEnough(setting, findExecutables({ PATH: '' }, 'redis-server', folders), got.env);
}

async function firstNewEnough(setting: Setting, paths: string[], env: Record<string, string>) {
  for (const path of paths) {
    const answer = await answerOf({ ...setting, env: { ...setting.env, ...env } }, path, ['--version']);
    const major = Number(/v=(\d+)/.exec(answer ?? '')?.[1] ?? 0);
    if (major >= AT_LEAST) return { path, env };
  }
  return undefined;
}

/** Whether a Redis answers and has read its data. */
export async function answersRedis(url: string): Promise<boolean> {
  const redis = connection(url);
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    // Not there, or still loading: whoever asks, asks again until a deadline of its own.
    return false;
  } finally {
    redis.disconnect();
  }
}

/** Checks a Redis that the environment names; of a cluster, the first of its nodes. @throws {StackFault} when it doesn't answer or is too old */
export async function checkNamedRedis(url: string): Promise<void> {
  const [first = ''] = url.split(',');
  const redis = connection(first);
  let version: string;
  try {
    await redis.connect();
    version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '0';
  } catch (error) {
    throw new StackFault(
      `The Redis that REDIS_URL names does not answer (${(error as Error).message}): start it, or unset REDIS_URL.`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
  if (Number.parseInt(version, 10) < AT_LEAST) {
    throw new StackFault(`REDIS_URL names a Redis ${version}; it must be ${AT_LEAST} or newer.`);
  }
}

function connection(url: string): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The promises tell; without a listener the same error would also be printed.
  redis.on('error', () => undefined);
  return redis;
}
