import type { Knex } from 'knex';
import { redisClock } from '../../counters/health.ts';
import type { RedisClient } from '../../counters/redis.ts';
import { databaseClock } from '../../store/health.ts';
import { type Finding, ok, warn } from './part.ts';

/** Days end and licences expire by three clocks; a second apart is what nobody notices. */
const TOLERATED_MS = 1_000;

/**
 * How far a clock is ahead of ours, in milliseconds: its time against the middle of the round trip, so that the way
 * there and back doesn't count as a difference. The second answer counts: the first may have had to connect.
 */
export async function clockSkew(theirs: () => Promise<number>, ours: () => number = Date.now): Promise<number> {
  await theirs();
  const askedAt = ours();
  const theirTime = await theirs();
  return Math.round(theirTime - (askedAt + ours()) / 2);
}

/** Compares our clock with those of Postgres and Redis, as far as they can be asked. */
export async function checkClocks(clocks: {
  db: Knex | undefined;
  redis: Promise<RedisClient> | undefined;
}): Promise<Finding> {
  const { db, redis } = clocks;
  const measured = await Promise.all([
    measure('Postgres', db && (() => clockSkew(() => databaseClock(db)))),
    measure(
      'Redis',
      redis &&
        (async () =>
          clockSkew(
            (
              (ready) => () =>
                redisClock(ready)
            )(await redis),
          )),
    ),
  ]);
  const unknown = measured.filter(({ skewMs }) => skewMs === undefined).map(({ name }) => name);
  const known = measured.flatMap(({ name, skewMs }) => (skewMs === undefined ? [] : [{ name, skewMs }]));
  const detail = known.map(({ name, skewMs }) => `${name} is ${inWords(skewMs)}.`).join(' ');

  if (known.some(({ skewMs }) => Math.abs(skewMs) > TOLERATED_MS)) {
    return warn(
      detail,
      'Let time synchronisation (NTP) run on every machine: expiries and daily limits go by these clocks.',
    );
  }
  if (unknown.length > 0) {
    const they = unknown.map((name) => name.toLowerCase()).join(' and ');
    return warn(
      `${detail} ${unknown.join(' and ')} could not be asked.`.trim(),
      `Mend ${they} first, then look again.`,
    );
  }
  return ok(detail);
}

async function measure(
  name: string,
  skew: (() => Promise<number>) | undefined,
): Promise<{ name: string; skewMs: number | undefined }> {
  try {
    return { name, skewMs: await skew?.() };
  } catch {
    // Why it can't be asked is said where that part itself is looked at.
    return { name, skewMs: undefined };
  }
}

function inWords(skewMs: number): string {
  if (skewMs === 0) return 'in step with this machine';
  return `${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} this machine`;
}
