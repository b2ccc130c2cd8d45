import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAttempts } from '../../../counters/attempts.ts';
import { connectRedis, openRedis } from '../../../counters/redis.ts';
import { anAddress, aSignedInPerson, PASSWORD, signIn } from '../../support/account-people.ts';
import { startApiProcess } from '../../support/api-process.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { randomAddress, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'], signInLimit: 5 });
});
afterAll(() => platform?.close());

const wrong = (browser: Visitor, email = anAddress()) => signIn(browser, email, 'not my password');

describe('attempts to sign in', () => {
  test('are limited for each address, exactly, and the answer says when to come back', async () => {
    const browser = new Visitor(platform.url);
    const answers = await Promise.all(Array.from({ length: 20 }, () => wrong(browser)));
    const counts = Object.groupBy(answers, ({ status }) => status);
    expect(counts[401]).toHaveLength(5);
    expect(counts[429]).toHaveLength(15);
    const refused = counts[429]![0]!;
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    expect(refused.headers.get('ratelimit-limit')).toBe('5');
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(refused.headers.get('retry-after')).toBe(refused.headers.get('ratelimit-reset'));
    expect(refused.headers.get('x-retry-after')).toBeNull();
    expect(
      counts[401]!
        .map(({ headers }) => headers.get('ratelimit-remaining') ?? '')
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['0', '1', '2', '3', '4']);

    // The same network is the same caller, another one is not; nor is what a caller writes itself.
    expect((await wrong(new Visitor(platform.url, browser.ip.replace(/::1$/, '::2')))).status).toBe(429);
    expect((await wrong(new Visitor(platform.url))).status).toBe(401);
    expect(
      (
        await browser.post(
          '/auth/sign-in/email',
          { email: anAddress(), password: PASSWORD },
          { 'x-plimsoll-caller': '192.0.2.9' },
        )
      ).status,
    ).toBe(429);
    expect((await browser.get('/auth/get-session')).status).toBe(200);
  });

  test('are limited for each account, wherever they come from', async () => {
    const email = anAddress();
    const redis = connectRedis(platform.config, () => {});
    await openRedis(redis);
    const attempts = createAttempts(redis, {
      onOutage: (error) => {
        throw error;
      },
    });
    for (let i = 0; i < 98; i += 1)
      await attempts(`dashboard password ${email}`, { allowed: 100, windowMs: 3_600_000 });
    redis.disconnect();
    const answers = await Promise.all(Array.from({ length: 5 }, () => wrong(new Visitor(platform.url), email)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([401, 401, 429, 429, 429]);
    expect((await wrong(new Visitor(platform.url), email.toUpperCase())).status).toBe(429);
  });

  test('that ask for a mail are limited for each address that would get it, known or not', async () => {
    const email = anAddress();
    const ask = () => new Visitor(platform.url).post('/auth/request-password-reset', { email });
    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(8);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
  });
});

describe('while Redis is away', () => {
  test('people sign in, each process counts for itself, and nothing is a fault', async () => {
    const { email } = await aSignedInPerson(platform);
    const api = await startApiProcess({
      REDIS_URL: 'redis://127.0.0.1:1',
      PLIMSOLL_REDIS_TIMEOUT: 'PT0.2S',
      PLIMSOLL_SIGN_IN_LIMIT: '3',
      PLIMSOLL_TRUSTED_PROXIES: '127.0.0.1',
    });
    try {
      expect((await signIn(new Visitor(api.url), email)).status).toBe(200);
      const browser = new Visitor(api.url, randomAddress());
      const statuses = [];
      for (let i = 0; i < 4; i += 1) statuses.push((await wrong(browser)).status);
      expect(statuses).toEqual([401, 401, 401, 429]);
      expect(api.log().filter(({ msg }) => msg.startsWith('Redis is away: attempts'))).toHaveLength(1);
      expect(api.output()).not.toContain(email);
    } finally {
      await api.stop();
    }
  });
});
