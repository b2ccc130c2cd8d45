import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PARTS, type Part, type PartName } from '../../cli/doctor/part.ts';
import type { Diagnosis } from '../../cli/doctor.ts';
import { doctor } from '../../cli/doctor.ts';
import { aNamespace } from '../support/namespace.ts';
import { startRedis, type TestRedis } from '../support/redis-process.ts';
import { testStack } from '../support/stack.ts';
import { waitUntil } from '../support/wait.ts';
import { startWorker } from '../support/worker-process.ts';

const { home, env, config } = testStack();
/** Nobody listens there: it is no port that programs are given. */
const NOWHERE = '127.0.0.1:1';
const PASSWORDS = [config.databaseUrl, config.redisUrl]
  .map((url) => new URL(url).password)
  .filter((each) => each !== '');

/** Asks for a diagnosis of the test's stack with some settings changed. */
async function diagnosed(
  changed: Record<string, string> = {},
): Promise<{ code: number; text: string; well: boolean; part: (name: PartName) => Part; failing: PartName[] }> {
  let json = '';
  const code = await doctor({
    json: true,
    env: { PLIMSOLL_HOME: home, ...changed },
    out: (text) => void (json += text),
  });
  const { well, parts } = JSON.parse(json) as Diagnosis;
  return {
    code,
    text: json,
    well,
    part: (name) => parts.find(({ part }) => part === name) ?? expect.fail(`${name} is missing`),
    failing: parts.filter(({ state }) => state === 'fail').map(({ part }) => part),
  };
}

describe('doctor on a stack that is well', () => {
  test('exits with 0 and tells of every part in words', async () => {
    let text = '';
    const code = await doctor({ json: false, env: { PLIMSOLL_HOME: home }, out: (more) => void (text += more) });

    expect(text).not.toMatch(/^FAIL/m);
    expect(code).toBe(0);
    for (const part of PARTS) expect(text).toContain(`  ${part} `);
    expect(text).toContain('All is well');
    for (const password of PASSWORDS) expect(text).not.toContain(password);
  });

  test('gives version, address and latency of each server as JSON, and no password', async () => {
    const { code, text, well, part } = await diagnosed();
    expect({ code, well }).toEqual({ code: 0, well: true });

    expect(part('postgres')).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/) as string, state: 'ok' });
    for (const name of ['postgres', 'redis', 'temporal', 'temporal-worker round trip', 'api', 'worker'] as const) {
      expect(part(name).address, name).toMatch(/^127\.0\.0\.1:\d+/);
      expect(part(name).latencyMs, name).toBeGreaterThan(0);
    }
    expect(part('schema').version).toMatch(/^\d{14}_/);
    for (const password of PASSWORDS) expect(text).not.toContain(password);
  });
});

describe('doctor where one part is not well', () => {
  test.each<[string, Record<string, string>, PartName[]]>([
    ['Postgres is not there', { DATABASE_URL: `postgres://me:hunter2@${NOWHERE}/x` }, ['postgres']],
    [
      'Postgres lets nobody in to that database',
      { DATABASE_URL: config.databaseUrl.replace(/\/[^/]*$/, '/nothing-of-this-name') },
      ['postgres'],
    ],
    ['Redis is not there', { REDIS_URL: `redis://:hunter2@${NOWHERE}/0` }, ['redis']],
    ['Temporal is not there', { TEMPORAL_ADDRESS: NOWHERE }, ['temporal', 'temporal-worker round trip']],
    [
      'the namespace does not exist',
      { TEMPORAL_NAMESPACE: 'nobody-made-this' },
      ['temporal', 'temporal-worker round trip'],
    ],
    ['the worker is not there', { PLIMSOLL_WORKER_PORT: '1' }, ['worker']],
    ['a setting is not accepted', { PLIMSOLL_LOG_LEVEL: 'loud' }, ['configuration']],
  ])('exits with 1 and names the part and what helps, and hides no other: %s', async (_what, changed, expected) => {
    const { code, well, text, part, failing } = await diagnosed(changed);

    expect(failing).toEqual(expected);
    expect({ code, well }).toEqual({ code: 1, well: false });
    for (const name of expected) expect(part(name).advice, name).toMatch(/\w/);
    for (const password of [...PASSWORDS, 'hunter2']) expect(text).not.toContain(password);
  });

  test('names a Redis that refuses its password, without the password', async () => {
    const url = new URL(config.redisUrl);
    url.password = 'hunter2-wrong';
    const { part, text, code } = await diagnosed({ REDIS_URL: url.href });
    expect(code).toBe(1);
    expect(part('redis')).toMatchObject({ state: 'fail', advice: 'Correct user and password in REDIS_URL.' });
    expect(text).not.toContain('hunter2');
  });

  test('takes no longer than the deadline of one part for a server that never answers', async () => {
    const startedAt = performance.now();
    // An address that is kept for documentation: packets to it are lost.
    const { failing } = await diagnosed({ TEMPORAL_ADDRESS: '192.0.2.1:7233' });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(failing).toEqual(['temporal', 'temporal-worker round trip']);
  });
});

describe('doctor without any configuration', () => {
  test('looks at what it can, and says which setting is missing', async () => {
    const { code, part } = await diagnosed({ PLIMSOLL_HOME: `${home}-that-nobody-made` });
    expect(code).toBe(1);
    expect(part('configuration').detail).toMatch(/DATABASE_URL .*REDIS_URL .*TEMPORAL_ADDRESS /);
    expect(part('redis').advice).toContain('REDIS_URL');
    expect(part('node').state).toBe('ok');
    expect(part('disk').state).not.toBe('fail');
  });
});

describe('doctor on the settings of Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  test.each([
    ['a policy that forgets counters is a failure', { 'maxmemory-policy': 'allkeys-lru' }, 'fail', 'allkeys-lru'],
    ['a disk that is written each second is a warning', { appendfsync: 'everysec' }, 'warn', 'about the last second'],
    ['no disk at all is a warning', { appendonly: 'no' }, 'warn', 'may lose all usage'],
    ['all as it must be is well', {}, 'ok', 'keeps what it is told'],
  ])('%s', async (_what, settings, state, words) => {
    await redis.configure({ 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'always', ...settings });
    const { part, code } = await diagnosed({ REDIS_URL: redis.url });
    expect(part('redis')).toMatchObject({ state, detail: expect.stringContaining(words) as string });
    expect(code).toBe(state === 'fail' ? 1 : 0);
  });
});

describe('doctor on usage that nobody settles', () => {
  test('warns once it has waited for longer than a worker may be behind', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    try {
      await client.xadd('{p0}:usage', `${Date.now() - 30_000}-0`, 'g', 'x');
      expect((await diagnosed({ REDIS_URL: redis.url })).part('redis').state).toBe('ok');
      await client.del('{p0}:usage');
      await client.xadd('{p0}:usage', `${Date.now() - 90_000}-0`, 'g', 'x');
      expect((await diagnosed({ REDIS_URL: redis.url })).part('redis')).toMatchObject({
        state: 'warn',
        detail: expect.stringMatching(/^Usage waits in it for 9\d s/) as string,
      });
    } finally {
      client.disconnect();
      await redis.stop();
    }
  });
});

describe('doctor on a namespace with a worker of its own', () => {
  test('is well while the worker runs, and names the round trip once it is stopped', { timeout: 90_000 }, async () => {
    const namespace = await aNamespace(config);
    const worker = await startWorker({ ...env, TEMPORAL_NAMESPACE: namespace });
    const settings = { TEMPORAL_NAMESPACE: namespace, PLIMSOLL_WORKER_PORT: new URL(worker.url).port };
    try {
      await waitUntil('the worker is ready', async () => (await fetch(`${worker.url}/health/ready`)).ok, 40_000);
      expect(await diagnosed(settings)).toMatchObject({ failing: [], code: 0 });
    } finally {
      expect(await worker.stop()).toBe(0);
    }
    const { failing, part } = await diagnosed(settings);
    expect(failing).toEqual(['temporal-worker round trip', 'worker']);
    expect(part('temporal-worker round trip').advice).toContain('a worker runs');
  });
});
