import { ApplicationFailure } from '@temporalio/common';
import type { Knex } from 'knex';
import { pingRedis } from '../counters/health.ts';
import type { RedisClient } from '../counters/redis.ts';
import { databaseClock, schemaVersion } from '../store/health.ts';

/** What a worker found when it looked at itself. */
export interface SelfReading {
  /** Milliseconds of one round trip to Postgres. */
  databaseMs: number;
  /** Milliseconds of one round trip to Redis. */
  redisMs: number;
  /** Postgres' clock, RFC 3339. */
  databaseTime: string;
  /** The newest migration that was applied. */
  schemaVersion: string;
  /** The identity of the worker, as Temporal's UI shows it. */
  worker: string;
}

export type SelfCheckActivities = ReturnType<typeof createSelfCheckActivities>;

/** What the self check reads, through the connections that the worker's other activities use too. Changes nothing. */
export function createSelfCheckActivities({ db, redis, identity }: { db: Knex; redis: RedisClient; identity: string }) {
  return {
    /**
     * Reads Postgres' clock and schema, and asks Redis for a sign of life.
     * @throws {ApplicationFailure} `SchemaMissing`, not retried: no waiting makes a schema, a person has to
     */
    async readSelf(): Promise<SelfReading> {
      const [database, ping] = await Promise.all([timed(() => databaseClock(db)), timed(() => pingRedis(redis))]);
      const version = await schemaVersion(db);
      if (version === undefined) {
        throw ApplicationFailure.nonRetryable(
          'The database has no schema: run `bin/plimsoll migrate`',
          'SchemaMissing',
        );
      }
      return {
        databaseMs: database.ms,
        redisMs: ping.ms,
        databaseTime: new Date(database.value).toISOString(),
        schemaVersion: version,
        worker: identity,
      };
    },
  };
}

/** The answer, and the milliseconds it took, to a tenth. */
async function timed<T>(ask: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now();
  const value = await ask();
  return { value, ms: Math.round((performance.now() - startedAt) * 10) / 10 };
}
