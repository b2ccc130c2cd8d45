import { pingRedis, redisFacts } from '../../counters/health.ts';
import type { RedisClient } from '../../counters/redis.ts';
import { createUsageStream } from '../../counters/usage.ts';
import type { Config } from '../../runtime/config.ts';
import { type Finding, fail, ok, reason, timed, warn, worst } from './part.ts';

const OLDEST = 7;

/** A connection that is ready to be asked. @throws the reason why there is none, as the server or the system put it */
export async function untilReady(redis: RedisClient): Promise<RedisClient> {
  if (redis.status === 'ready') return redis;
  const outcome = Promise.withResolvers<RedisClient>();
  redis.once('ready', () => outcome.resolve(redis));
  // The connection tries again and again; the first failure is what a person has to read.
  redis.on('error', outcome.reject);
  if (redis.status === 'wait') redis.connect().catch(outcome.reject);
  return outcome.promise;
}

export async function checkRedis(
  ready: Promise<RedisClient>,
  address: string,
  { partitions, usageLagMs }: Pick<Config, 'partitions' | 'usageLagMs'>,
): Promise<Finding> {
  try {
    const redis = await ready;
    const { latencyMs } = await timed(() => pingRedis(redis));
    const { version, settings } = await redisFacts(redis);
    const found = { address, version, latencyMs };
    return worst([
      ok('It answers, and keeps what it is told.', found),
      checkVersion(version),
      checkEviction(settings['maxmemory-policy']),
      checkDurability(settings),
      await checkUsage(redis, { partitions, usageLagMs }),
    ]);
  } catch (error) {
    return fail(reason(error), adviceFor(error), { address });
  }
}

function checkVersion(version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST) return ok('');
  return fail(
    `It is Redis ${version}, and Plimsoll needs ${OLDEST} or newer.`,
    'Upgrade it, or name another one by REDIS_URL.',
  );
}

/** A counter that Redis throws away to make room is a limit that begins again at zero. */
function checkEviction(policy: string | undefined): Finding {
  if (policy === 'noeviction') return ok('');
  if (policy === undefined) {
    return warn(
      'It does not tell its maxmemory-policy.',
      'See to it that the policy is noeviction, where this server is administered.',
    );
  }
  return fail(
    `Its maxmemory-policy is ${policy}: short of memory, it would forget counters, and limits would begin again at zero.`,
    'Set `maxmemory-policy noeviction` in its configuration.',
  );
}

/** What a crash of Redis may cost. Usage that has reached Postgres is never lost. */
function checkDurability({ appendonly, appendfsync }: { appendonly?: string; appendfsync?: string }): Finding {
  if (appendonly === undefined || appendfsync === undefined) {
    return warn(
      'It does not tell whether it writes to disk.',
      'See to it that appendonly is yes and appendfsync always, where this server is administered.',
    );
  }
  const advice = 'Set `appendonly yes` and `appendfsync always` in its configuration.';
  if (appendonly !== 'yes') {
    return warn('Its appendonly is off: a restart may lose all usage that has not reached Postgres yet.', advice);
  }
  if (appendfsync === 'always') return ok('');
  const lost = appendfsync === 'everysec' ? 'about the last second of usage' : 'the last half minute of usage or more';
  return warn(`Its appendfsync is ${appendfsync}: a power cut may lose ${lost}.`, advice);
}

/** Usage that waits in Redis is lost with it, and its memory isn't endless. */
async function checkUsage(
  redis: RedisClient,
  { partitions, usageLagMs }: Pick<Config, 'partitions' | 'usageLagMs'>,
): Promise<Finding> {
  const stream = createUsageStream(redis, { partitions });
  const lags = await Promise.all(stream.partitions.map((partition) => stream.lag(partition)));
  const seconds = Math.round(Math.max(...lags.map((lag) => lag.seconds)));
  if (seconds * 1000 <= usageLagMs) return ok('');
  return warn(
    `Usage waits in it for ${seconds} s to be settled in Postgres.`,
    "See that a worker runs, and what its log says of the drain; the worker's metrics plimsoll_usage_lag_* tell more.",
  );
}

function adviceFor(error: unknown): string {
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(String(error))) return 'Correct user and password in REDIS_URL.';
  return 'Start Redis (`bin/up` does it here), or correct host and port in REDIS_URL.';
}
