import { describe, expect, test } from 'vitest';
import { isRedisOutage } from '../../../counters/redis.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedis } from '../../support/redis-process.ts';
import { aCounter, call, on } from './a-counter.ts';
import { counting } from './counting.ts';
import { lostAnswers } from './lost-answers.ts';
import { acrossOutages, meter } from './meter.ts';
import { olderData } from './older-data.ts';

/** What counters do, on one Redis and on a cluster. Each part has a file; all share the servers. */

describe.each([
  ['one Redis', startRedis, 1],
  ['a cluster', startRedisCluster, 64],
] as const)('on %s', (name, start, count) => {
  on(start, count);

  counting();
  describe('a batch whose answer was lost', lostAnswers);
  describe('data that came back older', olderData);
  // An outage takes seconds each time.
  describe('a meter', name === 'a cluster' && !process.env.PLIMSOLL_DEEP ? acrossOutages : meter);
});

test('a Redis that is away rejects in time, as an outage', async () => {
  const { redis, count } = await aCounter({ url: 'redis://127.0.0.1:1' }, 300);
  const begin = Date.now();
  const error = await count(call()).catch((caught: unknown) => caught);
  expect(isRedisOutage(error)).toBe(true);
  expect(Date.now() - begin).toBeLessThan(2_000);
  redis.disconnect();
});
