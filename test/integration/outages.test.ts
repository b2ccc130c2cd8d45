import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectRedis, openRedis, type RedisClient } from '../../counters/redis.ts';
import { utcDay } from '../../domain/plans/periods.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../support/platform.ts';
import { startRedis, type TestRedis } from '../support/redis-process.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../support/scratch.ts';
import { waitUntil } from '../support/wait.ts';

/** Redis killed for real, under load, and brought back: what is served, what is counted, what is promised. */

let server: TestRedis;
let database: ScratchDatabase;
let direct: RedisClient;
let open: TestPlatform;
let sibling: TestPlatform;
let closed: TestPlatform;

beforeAll(async () => {
  server = await startRedis();
  direct = connectRedis({ redisUrl: server.url, redisTimeoutMs: 2_000 }, () => undefined);
  await openRedis(direct);
  // Of their own: what waits in Postgres is taken by any process that shares it, and puts it into its own Redis.
  database = await aPlatformDatabase();
  const settings = { databaseUrl: database.url, redisUrl: server.url, redisTimeoutMs: 800 };
  [open, sibling, closed] = await Promise.all([
    startPlatform(settings),
    startPlatform(settings),
    startPlatform({ ...settings, redisOutage: 'closed' }),
  ]);
});
beforeEach(async () => {
  if (!server.isAlive()) await server.restart();
  await waitUntil('the test is connected', () => direct.status === 'ready');
  await waitUntil('all are connected to Redis', async () => {
    const [a, b] = await Promise.all([readiness(open), readiness(closed)]);
    return a.status === 'ready' && a.degraded.every((part) => part !== 'redis') && b.status === 'ready';
  });
});
afterAll(async () => {
  await Promise.all([open.close(), sibling.close(), closed.close()]);
  direct.disconnect();
  await Promise.all([server.stop(), database.drop()]);
});

const readiness = async ({ url }: TestPlatform) =>
  (await (await fetch(`${url}/health/ready`)).json()) as {
    status: string;
    degraded: string[];
    failing: { part: string }[];
  };

const counterOf = async ({ product }: TestProduct): Promise<number> =>
  Number((await direct.get(`{p0}:quota:${product.id}:${utcDay(Date.now()).key}`)) ?? 0);

/** How many calls of a product the usage stream holds: each that counted is there once. */
async function streamedOf({ product }: TestProduct): Promise<number> {
  const entries = await direct.xrange('{p0}:usage', '-', '+');
  const calls = entries.flatMap(([, fields]) => fields.filter((_text, i) => fields[i - 1] === 'c'));
  return calls.filter((text) => JSON.parse(text)[2] === product.id).length;
}

/** A product with a licence that every platform has at hand and whose address is registered. */
async function aWarmProduct(settings: { dailyCalls?: number } = {}) {
  const product = await open.aProduct({ plan: 'enterprise' });
  if (settings.dailyCalls !== undefined)
    await open.allow(product.product.organizationId, 'api_calls', settings.dailyCalls);
  const license = await open.aLicense(product.product.id);
  await Promise.all([open.obeyed(), sibling.obeyed(), closed.obeyed()]);
  const body = { license_key: license.licenseKey };
  const at = (platform: TestPlatform) => () =>
    fetch(`${platform.url}/api/v1/validate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${product.apiKey}` },
      body: JSON.stringify(body),
    });
  for (const platform of [open, open, sibling, closed]) expect((await at(platform)()).status).toBe(200);
  return { product, at, warm: 4 };
}

describe('Redis killed in mid-load, where calls are served through an outage', () => {
  test('every call is served, said to be degraded, and counted once when Redis is back', async () => {
    const { product, at, warm } = await aWarmProduct();
    const answers: Promise<Response>[] = [];
    const load = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i += 1) {
        for (const platform of [open, sibling]) for (let n = 0; n < 5; n += 1) answers.push(at(platform)());
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await load(10);
    await server.kill();
    await load(60);
    await server.restart();
    await load(10);
    await waitUntil('the test is connected', () => direct.status === 'ready');

    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const all = warm + statuses.length;
    await waitUntil('all are counted', async () => (await counterOf(product)) >= all);
    await waitUntil('nothing waits', async () => (await open.db('usage_metered').first('id')) === undefined);
    expect(await counterOf(product)).toBe(all);
    expect(await streamedOf(product)).toBe(all);
  });

  test('the answer says so, has no RateLimit headers, and readiness names Redis', async () => {
    const { at } = await aWarmProduct();
    await server.kill();
    await waitUntil('the process knows', async () => (await at(open)()).headers.get('plimsoll-degraded') === 'redis');
    const answer = await at(open)();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('plimsoll-degraded')).toBe('redis');
    expect(answer.headers.get('ratelimit-limit')).toBeNull();
    expect(
      await waitUntil('readiness looks again', async () =>
        ((r) => r.degraded.includes('redis') && r)(await readiness(open)),
      ),
    ).toMatchObject({
      status: 'ready',
      failing: [],
    });
    await server.restart();
  });

  test('401 stays 401', async () => {
    await server.kill();
    const answer = await fetch(`${open.url}/api/v1/validate`, {
      method: 'POST',
      headers: { authorization: 'Bearer kp_live_no' },
      body: '{}',
    });
    expect(answer.status).toBe(401);
    await server.restart();
  });

  test('each process admits at most what was left when Redis went away', async () => {
    const { product, at, warm } = await aWarmProduct({ dailyCalls: 20 });
    await settle(product, warm);
    await server.kill();
    await waitUntil('both know', async () => {
      const seen = await Promise.all([at(open)(), at(sibling)()]);
      return seen.every(({ headers, status }) => status === 429 || headers.get('plimsoll-degraded') === 'redis');
    });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => at(i % 2 ? open : sibling)()));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    await server.restart();
    await waitUntil('the test is connected', () => direct.status === 'ready');
    const served = warm + answers.filter(({ status }) => status === 200).length;
    await waitUntil('what was served is put back', async () => (await counterOf(product)) >= served);
    await waitUntil(
      'nothing waits',
      async () => Number((await open.db('usage_metered').count({ rows: '*' }).first())?.rows) === 0,
    );
    expect(await counterOf(product)).toBeLessThanOrEqual(warm + 2 * (20 - warm));
    expect(await at(open)().then(({ status }) => status)).toBe(429);
  });
});

describe('Redis killed where calls are refused in an outage', () => {
  test('calls get 503 with a time to come back, nothing is counted, and it serves again by itself', async () => {
    const { product, at, warm } = await aWarmProduct();
    await server.kill();
    const answers = await Promise.all(Array.from({ length: 20 }, at(closed)));
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await answer.json()).toMatchObject({ valid: false, status: 'unavailable' });
    }
    expect(
      await waitUntil('readiness looks again', async () =>
        ((r) => r.status === 'not_ready' && r)(await readiness(closed)),
      ),
    ).toMatchObject({
      failing: [{ part: 'redis' }],
    });
    await server.restart();
    await waitUntil('it serves again', async () => (await at(closed)()).status === 200);
    await waitUntil('the test is connected', () => direct.status === 'ready');
    expect(await counterOf(product)).toBe(warm + 1);
  });
});

/** What the drain would have written by now. */
async function settle({ product }: TestProduct, used: number): Promise<void> {
  await open
    .db('usage_periods')
    .insert({ product_id: product.id, period_key: utcDay(Date.now()).key, used })
    .onConflict(['product_id', 'period_key'])
    .merge();
}
