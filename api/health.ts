import type { Knex } from 'knex';
import { partitionsByNode, pingPartition, redisFacts } from '../counters/health.ts';
import { isRedisOutage, type RedisClient } from '../counters/redis.ts';
import { pingDatabase } from '../store/health.ts';
import type { Temporal } from '../temporal/client.ts';

/** Whether validation can be served, and which parts that it can do without are away. */
export interface ReadinessReport {
  status: 'ready' | 'not_ready';
  /** Parts without which nothing can be answered, with the reason. Empty when ready. */
  failing: { part: string; reason: string }[];
  /** Parts that are away while validation goes on without them. */
  degraded: string[];
}

export type Readiness = () => Promise<ReadinessReport>;

/** A report is kept this long, so that a crowd of probes asks the servers once. */
const KEPT_MS = 500;
const DEADLINE_MS = 2_000;

/**
 * Ready means that validation can be served. Redis or Postgres alone may be away for that (one is metered around, the other is
 * bridged by snapshots for a while), both may not; a Redis that evicts is never ready, since a forgotten counter would admit over
 * the limit. Of a cluster one node may be away, which counts as Redis being degraded. Temporal is never touched by validation. `hasEnded` says that the process is on its way out.
 */
export function createReadiness(parts: {
  db: Knex;
  redis: RedisClient;
  /** How many partitions there are. */
  partitions: number;
  temporal: Temporal;
  /** Whether calls are served, and metered into Postgres, while Redis is away. */
  servesWithoutRedis: boolean;
  /** Whether there are snapshots that may be served while Postgres is away. */
  hasUsableSnapshots: () => boolean;
  hasEnded: () => boolean;
}): Readiness {
  const { db, redis, partitions, temporal, servesWithoutRedis, hasUsableSnapshots, hasEnded } = parts;
  let kept: { report: Promise<ReadinessReport>; untilMs: number } | undefined;
  const temporalReason = inTheBackground(() =>
    temporal.call(() => temporal.connection.workflowService.getSystemInfo({}), DEADLINE_MS / 2),
  );

  const look = async (): Promise<ReadinessReport> => {
    const [postgres, nodes, eviction] = await Promise.all([
      reasonAgainst(() => pingDatabase(db)),
      Promise.all(partitionsByNode(redis, partitions).map((each) => reasonAgainst(() => pingPartition(redis, each)))),
      evictionReason(redis),
    ]);
    const oneOfRedis = nodes.find((reason) => reason !== undefined);
    // One node of several serves some tenants: the others must not lose this process for its sake.
    const redisReason = nodes.includes(undefined) ? undefined : oneOfRedis;
    const away = [
      { part: 'postgres', reason: postgres, isNeeded: !hasUsableSnapshots() || redisReason !== undefined },
      {
        part: 'redis',
        reason: oneOfRedis ?? eviction,
        isNeeded:
          eviction !== undefined || (redisReason !== undefined && (!servesWithoutRedis || postgres !== undefined)),
      },
      { part: 'temporal', reason: temporalReason(), isNeeded: false },
    ].filter((each): each is { part: string; reason: string; isNeeded: boolean } => each.reason !== undefined);
    const failing = away.filter(({ isNeeded }) => isNeeded).map(({ part, reason }) => ({ part, reason }));
    const degraded = away.filter(({ isNeeded }) => !isNeeded).map(({ part }) => part);
    return { status: failing.length === 0 ? 'ready' : 'not_ready', failing, degraded };
  };

  return async () => {
    if (hasEnded())
      return { status: 'not_ready', failing: [{ part: 'api', reason: 'This process is ending.' }], degraded: [] };
    if (!kept || kept.untilMs < Date.now()) kept = { report: look(), untilMs: Date.now() + KEPT_MS };
    return kept.report;
  };
}

/**
 * Asks again and again while somebody looks, and answers at once with what came last: a part that is away for good must not
 * make every look take its deadline. Until the first answer the part counts as well.
 */
function inTheBackground(ask: () => Promise<unknown>): () => string | undefined {
  let last: string | undefined;
  let isAsking = false;
  const look = async (): Promise<void> => {
    isAsking = true;
    last = await reasonAgainst(ask); // never rejects
    isAsking = false;
  };
  return () => {
    if (!isAsking) void look();
    return last;
  };
}

/** Why Redis' counters are not safe; `undefined` when they are, or can't be asked about. */
async function evictionReason(redis: RedisClient): Promise<string | undefined> {
  try {
    const policy = (await redisFacts(redis)).settings['maxmemory-policy'];
    if (policy === undefined || policy === 'noeviction') return undefined;
    return `maxmemory-policy is ${policy}: counters would be evicted. Set it to noeviction.`;
  } catch (error) {
    // That Redis is away is told by the other question.
    if (isRedisOutage(error)) return undefined;
    throw error;
  }
}

/** Why something doesn't work, without addresses or secrets; `undefined` when it does. */
async function reasonAgainst(ask: () => Promise<unknown>): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`No answer within ${DEADLINE_MS} ms.`), DEADLINE_MS);
  try {
    const answer = Promise.resolve(ask()).then(
      () => undefined,
      () => 'It does not answer.',
    );
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
