import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { redisFacts } from '../counters/health.ts';
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
 * Asks Postgres and Redis (which must not evict: a forgotten counter would admit over the limit, design of the hot path), and
 * names Temporal when it is away: validation never touches it. `hasEnded` says that the process is on its way out.
 */
export function createReadiness(parts: {
  db: Knex;
  redis: Redis;
  temporal: Temporal;
  hasEnded: () => boolean;
}): Readiness {
  const { db, redis, temporal, hasEnded } = parts;
  let kept: { report: Promise<ReadinessReport>; untilMs: number } | undefined;
  const temporalReason = inTheBackground(() =>
    temporal.call(() => temporal.connection.workflowService.getSystemInfo({}), DEADLINE_MS / 2),
  );

  const look = async (): Promise<ReadinessReport> => {
    const [postgres, redisReason] = await Promise.all([
      reasonAgainst(() => db.raw('select 1')),
      reasonAgainst(() => mustKeepCounters(redis)),
    ]);
    const failing = [
      { part: 'postgres', reason: postgres },
      { part: 'redis', reason: redisReason },
    ].filter((each): each is { part: string; reason: string } => each.reason !== undefined);
    return {
      status: failing.length === 0 ? 'ready' : 'not_ready',
      failing,
      degraded: temporalReason() === undefined ? [] : ['temporal'],
    };
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

async function mustKeepCounters(redis: Redis): Promise<void> {
  const { settings } = await redisFacts(redis);
  const policy = settings['maxmemory-policy'];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Error(`maxmemory-policy is ${policy}: counters would be evicted. Set it to noeviction.`);
  }
}

/** Why something doesn't work, without addresses or secrets; `undefined` when it does. */
async function reasonAgainst(ask: () => Promise<unknown>): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`No answer within ${DEADLINE_MS} ms.`), DEADLINE_MS);
  try {
    const answer = Promise.resolve(ask()).then(
      () => undefined,
      (error: Error) => (/maxmemory-policy/.test(error.message) ? error.message : 'It does not answer.'),
    );
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
