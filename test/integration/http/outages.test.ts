import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quotaKey } from '../../../counters/partitions.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { type ApiProcess, startApiProcess } from '../../support/api-process.ts';
import { exchange, type RawAnswer, requestText } from '../../support/raw-http.ts';
import { startRedis, type TestRedis } from '../../support/redis-process.ts';
import { testStack } from '../../support/stack.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { waitUntil } from '../../support/wait.ts';
import { expectError, startTarget, type Target, VALIDATE } from './support.ts';

const TIMEOUTS = {
  PLIMSOLL_DATABASE_TIMEOUT: 'PT1S',
  PLIMSOLL_REDIS_TIMEOUT: 'PT0.5S',
  PLIMSOLL_TEMPORAL_TIMEOUT: 'PT1S',
};
/** The time-outs of both, one after the other, and what a busy machine takes on top. */
const ANSWERED_WITHIN_MS = 4_000;

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.platform.close());

/** A way to a server of the stack that can be closed, and the address that leads there. */
async function aWayTo(url: string): Promise<{ way: TcpProxy; url: string }> {
  const at = new URL(url);
  const way = await startTcpProxy(`${at.hostname}:${at.port}`);
  at.host = way.address;
  return { way, url: at.href };
}

async function readiness(api: ApiProcess) {
  const response = await fetch(`${api.url}/health/ready`);
  const report = (await response.json()) as {
    status: string;
    failing: { part: string; reason: string }[];
    degraded: string[];
  };
  return { http: response.status, parts: report.failing.map(({ part }) => part).sort(), ...report };
}

const isReady = (api: ApiProcess) => waitUntil('it is ready', async () => (await readiness(api)).http === 200);

async function call(api: ApiProcess, text: string): Promise<RawAnswer> {
  const began = Date.now();
  const [answer] = await exchange(api.url, text);
  expect(Date.now() - began).toBeLessThan(ANSWERED_WITHIN_MS);
  return answer!;
}
const valid = () =>
  requestText('POST', VALIDATE, target.authorization, JSON.stringify({ license_key: target.licenseKey }));
const withKey = (key: string) => requestText('POST', VALIDATE, { Authorization: `Bearer ${key}` }, '{}');

function expectOutage(answer: RawAnswer) {
  expectError(answer, { status: 503, code: 'unavailable' });
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  // Nothing of where our servers are or what they said.
  expect(answer.body).not.toMatch(/ECONN|127\.0\.0\.1|redis|postgres/i);
}

describe('an API process without its servers', () => {
  test('starts, says what is missing, answers 503 in time, and serves by itself once they are there', async () => {
    const { config } = testStack();
    const [postgres, redis] = await Promise.all([aWayTo(config.databaseUrl), aWayTo(config.redisUrl)]);
    await Promise.all([postgres.way.close(), redis.way.close()]);
    const env = { ...TIMEOUTS, DATABASE_URL: postgres.url, REDIS_URL: redis.url, PLIMSOLL_REDIS_OUTAGE: 'closed' };
    const api = await startApiProcess(env);
    try {
      expect(await readiness(api)).toMatchObject({ http: 503, status: 'not_ready', parts: ['postgres', 'redis'] });
      expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
      expect(api.log().some(({ level }) => level === 'warn')).toBe(true);
      expectOutage(await call(api, valid()));
      // What can be known without Postgres is still said.
      expectError(await call(api, withKey('')), { status: 401, code: 'invalid_api_key' });

      await redis.way.open();
      await waitUntil('Redis is there', async () => (await readiness(api)).parts.join() === 'postgres');
      expectOutage(await call(api, valid()));

      await postgres.way.open();
      await isReady(api);
      await waitUntil('it serves', async () => (await call(api, valid())).status === 200);
      expect(JSON.parse((await call(api, valid())).body)).toMatchObject({ valid: true });
    } finally {
      expect(await api.stop()).toBe(0);
      await Promise.all([postgres.way.close(), redis.way.close()]);
    }
  });

  test('that loses Postgres serves what is at hand, and calls no key unknown that it can not look up', async () => {
    // By another process, before this one starts: registering the address is a change, and what it changes is at hand no more.
    expect(
      (
        await target.send('POST', VALIDATE, {
          headers: target.authorization,
          body: JSON.stringify({ license_key: target.licenseKey }),
        })
      ).status,
    ).toBe(200);
    const { way, url } = await aWayTo(testStack().config.databaseUrl);
    const api = await startApiProcess({ ...TIMEOUTS, DATABASE_URL: url });
    try {
      await isReady(api);
      expect((await call(api, valid())).status).toBe(200);
      await way.close();
      // A client takes 401 as final.
      expectOutage(await call(api, withKey('kp_live_never_seen')));
      // What is at hand is served for a while, and says what it stands on.
      const known = await call(api, valid());
      expect({ status: known.status, degraded: known.headers['plimsoll-degraded'] }).toEqual({
        status: 200,
        degraded: 'postgres',
      });
      expect(JSON.parse(known.body)).toMatchObject({ valid: true });

      await way.open();
      await waitUntil('unknown is unknown again', async () => (await call(api, withKey('kp_live_x'))).status === 401);
      await waitUntil('it serves as before', async () => {
        const answer = await call(api, valid());
        return answer.status === 200 && answer.headers['plimsoll-degraded'] === undefined;
      });
    } finally {
      expect(await api.stop()).toBe(0);
      await way.close();
    }
  });

  test('that loses Redis and is told to be closed then answers 503 until it is back, and counts on', async () => {
    const { way, url } = await aWayTo(testStack().config.redisUrl);
    const api = await startApiProcess({ ...TIMEOUTS, REDIS_URL: url, PLIMSOLL_REDIS_OUTAGE: 'closed' });
    try {
      await isReady(api);
      const left = async () => Number((await call(api, valid())).headers['ratelimit-remaining']);
      const before = await left();
      await way.close();
      for (let i = 0; i < 3; i += 1) expectOutage(await call(api, valid()));
      await waitUntil('it is not ready', async () => (await readiness(api)).parts.join() === 'redis');
      await way.open();
      await isReady(api);
      // Those that were refused are not counted.
      expect(await left()).toBe(before - 1);
    } finally {
      expect(await api.stop()).toBe(0);
      await way.close();
    }
  });

  test('that loses Redis and then Postgres, told to be open, goes on for about six seconds with what it meters, and counts that once', async () => {
    const { config } = testStack();
    const [postgres, redis] = await Promise.all([aWayTo(config.databaseUrl), aWayTo(config.redisUrl)]);
    const env = { ...TIMEOUTS, DATABASE_URL: postgres.url, REDIS_URL: redis.url, PLIMSOLL_REDIS_OUTAGE: 'open' };
    const api = await startApiProcess(env);
    try {
      await isReady(api);
      await waitUntil('it serves', async () => (await call(api, valid())).status === 200);
      const before = Number((await call(api, valid())).headers['ratelimit-remaining']);
      let served = 0;
      const isServed = async (): Promise<boolean> => {
        const { status } = await call(api, valid());
        if (status === 200) served += 1;
        return status === 200;
      };
      await redis.way.close();
      await waitUntil('it is metered', async () => (await isServed()) && served > 2);
      await postgres.way.close();
      const cutAtMs = performance.now();
      await waitUntil('it serves no more', async () => !(await isServed()), 15_000);
      const servedMs = performance.now() - cutAtMs;
      process.stdout.write(`Redis and Postgres away: served for ${servedMs.toFixed(0)} ms more\n`);
      // Five seconds without being able to save, which begin with the next try: once a second there is one.
      expect(servedMs).toBeGreaterThan(4_500);
      expect(servedMs).toBeLessThan(6_000 + ANSWERED_WITHIN_MS / 2);
      for (let i = 0; i < 3; i += 1) expectOutage(await call(api, valid()));

      await Promise.all([postgres.way.open(), redis.way.open()]);
      await isReady(api);
      let looks = 0;
      /** How many of the calls before the looks are counted; `NaN` while a look gets no number. */
      const counted = async (): Promise<number> => {
        const { status, headers } = await call(api, valid());
        // Until the process has saved again it refuses, and counts nothing.
        if (status === 200) looks += 1;
        return before - Number(headers['ratelimit-remaining']) - looks;
      };
      await waitUntil('all are counted', async () => (await counted()) >= served);
      // As long as another round of putting back would take.
      await pause(1_500);
      expect(await counted()).toBe(served);
    } finally {
      expect(await api.stop()).toBe(0);
      await Promise.all([postgres.way.close(), redis.way.close()]);
    }
  }, 60_000);

  test('of Temporal alone is ready, and says so', async () => {
    const api = await startApiProcess({ ...TIMEOUTS, TEMPORAL_ADDRESS: '127.0.0.1:9' });
    try {
      await waitUntil('it is seen', async () => (await readiness(api)).degraded.includes('temporal'));
      expect(await readiness(api)).toMatchObject({ http: 200, status: 'ready', degraded: ['temporal'] });
      expect((await call(api, valid())).status).toBe(200);
    } finally {
      expect(await api.stop()).toBe(0);
    }
  });
});

describe('a Redis that forgets', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('is no Redis to count in: not ready, with the reason, until it is told otherwise', async () => {
    const api = await startApiProcess({ ...TIMEOUTS, REDIS_URL: redis.url });
    try {
      await isReady(api);
      await redis.configure({ 'maxmemory-policy': 'allkeys-lru' });
      await waitUntil('it is not ready', async () => (await readiness(api)).http === 503);
      const { failing } = await readiness(api);
      expect(failing).toEqual([{ part: 'redis', reason: expect.stringMatching(/allkeys-lru.*noeviction/s) }]);
      await redis.configure({ 'maxmemory-policy': 'noeviction' });
      await isReady(api);
    } finally {
      expect(await api.stop()).toBe(0);
    }
  });
});

describe('a Redis that is full', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** What is counted of the target's product today, in one partition. */
  async function counted(): Promise<number> {
    const client = new Redis(redis.url);
    try {
      return Number(await client.get(quotaKey(0, target.product.product.id, utcDay(Date.now()).key)));
    } finally {
      client.disconnect();
    }
  }

  test('refuses to count, which is an outage like any other: what was counted is safe, and counting goes on when there is room', async () => {
    const api = await startApiProcess({ ...TIMEOUTS, REDIS_URL: redis.url, PLIMSOLL_REDIS_OUTAGE: 'closed' });
    try {
      await isReady(api);
      expect((await call(api, valid())).status).toBe(200);
      const before = await counted();
      expect(before).toBeGreaterThan(0);
      await redis.configure({ maxmemory: '1' });
      for (let i = 0; i < 3; i += 1) expectOutage(await call(api, valid()));
      expect(await counted()).toBe(before);
      await redis.configure({ maxmemory: '0' });
      await waitUntil('it counts again', async () => (await call(api, valid())).status === 200);
      expect(await counted()).toBe(before + 1);
    } finally {
      expect(await api.stop()).toBe(0);
    }
  });
});
