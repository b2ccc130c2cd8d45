import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { changeBillingState, changePlan } from '../../../store/organizations.ts';
import { changeProduct, deleteProduct, rotateApiKey } from '../../../store/products.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
/** A second process of the API, as far as counting goes: it shares nothing with the first but the servers. */
let sibling: TestPlatform;
beforeAll(async () => {
  [platform, sibling] = await Promise.all([startPlatform(), startPlatform()]);
});
afterEach(() => {
  platform.clock.nowMs = undefined;
  sibling.clock.nowMs = undefined;
});
afterAll(() => Promise.all([platform.close(), sibling.close()]));

const DAY_MS = 86_400_000;
/** A midnight that is still to come: counters of days that are long over are not kept. */
const MIDNIGHT_MS = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;

/** A product whose organisation may make so many calls a day. */
async function aProductWith(dailyCalls: number) {
  const { id: organizationId } = await platform.anOrganization({ plan: 'enterprise' });
  const made = await platform.aProduct({ organizationId });
  await platform.allow(organizationId, 'api_calls', dailyCalls);
  const { licenseKey } = await platform.aLicense(made.product.id);
  return {
    ...made,
    organizationId,
    productId: made.product.id,
    licenseKey,
    call: () => made.validate({ license_key: licenseKey }),
    /** How many calls are left, told by a look-up, which costs one. */
    remaining: async () => Number((await made.lookup(licenseKey)).headers.get('ratelimit-remaining')),
  };
}
type Metered = Awaited<ReturnType<typeof aProductWith>>;

async function costOf(product: Metered, act: () => Promise<unknown>): Promise<number> {
  const before = await product.remaining();
  await act();
  return before - (await product.remaining()) - 1;
}
const raw = (product: Metered, authorization: string | undefined) =>
  fetch(`${platform.url}/api/v1/validate`, {
    method: 'POST',
    body: JSON.stringify({ license_key: product.licenseKey }),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });

describe('what is counted', () => {
  test.each<[call: string, cost: number, status: number | string, act: (p: Metered) => ReturnType<Metered['call']>]>([
    ['a validation that is active', 1, 'active', (p) => p.call()],
    ['a licence that is not found', 1, 'license_not_found', (p) => p.validate({ license_key: 'nope' })],
    [
      'an archived product',
      1,
      'product_archived',
      async (p) => {
        await platform.write((trx) => changeProduct(trx, p.productId, { state: 'archived' }));
        return p.call();
      },
    ],
    [
      'suspended billing',
      1,
      'billing_suspended',
      async (p) => {
        await platform.write((trx) => changeBillingState(trx, p.organizationId, 'billing_suspended'));
        return p.call();
      },
    ],
    [
      'a deleted product',
      1,
      'product_not_found',
      async (p) => {
        await platform.write((trx) => deleteProduct(trx, p.productId));
        return p.call();
      },
    ],
    ['a look-up that finds', 1, 200, (p) => p.lookup(p.licenseKey)],
    ['a look-up that finds nothing', 1, 404, (p) => p.lookup('AAAA-BBBB-CCCC-DDDD')],
    ['a look-up of what can be no key', 1, 404, (p) => p.lookup('\u0000')],
    ['a body that is no JSON', 1, 400, (p) => p.validate('{')],
    ['a body without license_key', 1, 400, (p) => p.validate({})],
    ['a body that is too large', 0, 413, (p) => p.validate(' '.repeat(100_000))],
  ])('%s costs %i', async (_call, cost, status, act) => {
    const product = await aProductWith(20);
    let answer: Awaited<ReturnType<Metered['call']>> | undefined;
    expect(
      await costOf(product, async () => {
        answer = await act(product);
      }),
    ).toBe(cost);
    expect(typeof status === 'number' ? answer!.status : answer!.body.status).toBe(status);
  });

  test('401 costs nothing: no token, a malformed one, an unknown one, one that was rotated away', async () => {
    const product = await aProductWith(20);
    const { apiKey } = await platform.write((trx) => rotateApiKey(trx, product.productId));
    const authorization = `Bearer ${apiKey}`;
    const left = async () =>
      Number((await product.validate({ license_key: 'x' }, { authorization })).headers.get('ratelimit-remaining'));
    const before = await left();
    for (const wrong of [undefined, 'Bearer', `Basic ${apiKey}`, 'Bearer kp_live_0', `Bearer ${product.apiKey}`]) {
      expect((await raw(product, wrong)).status).toBe(401);
    }
    expect(before - (await left()) - 1).toBe(0);
  });

  test('a wrong path or method costs nothing', async () => {
    const product = await aProductWith(20);
    const headers = { authorization: `Bearer ${product.apiKey}` };
    const cost = await costOf(product, async () => {
      expect((await fetch(`${platform.url}/api/v1/validate`, { headers })).status).toBe(405);
      expect((await fetch(`${platform.url}/api/v1/license/`, { headers })).status).toBe(404);
    });
    expect(cost).toBe(0);
  });

  test('a refused call is not counted: raising the limit by one admits exactly one more', async () => {
    const product = await aProductWith(2);
    for (const expected of [200, 200, 429, 429, 429]) expect((await product.call()).status).toBe(expected);
    await platform.allow(product.organizationId, 'api_calls', 3, 1);
    for (const expected of [200, 429]) expect((await product.call()).status).toBe(expected);
  });
});

describe('the limit', () => {
  test('admits exactly as many calls as it says, over both routes together', async () => {
    const product = await aProductWith(5);
    const seen: [number, string | null][] = [];
    for (let i = 0; i < 7; i += 1) {
      const answer = i % 2 === 0 ? await product.call() : await product.lookup(product.licenseKey);
      seen.push([answer.status, answer.headers.get('ratelimit-remaining')]);
    }
    const admitted = ['4', '3', '2', '1', '0'].map((left) => [200, left]);
    expect(seen).toEqual([...admitted, [429, '0'], [429, '0']]);
  });

  test('admits exactly as many of a hundred parallel calls to two processes', async () => {
    const product = await aProductWith(10);
    const body = JSON.stringify({ license_key: product.licenseKey });
    const headers = { authorization: `Bearer ${product.apiKey}` };
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { url } = i % 2 === 0 ? platform : sibling;
        const response = await fetch(`${url}/api/v1/validate`, { method: 'POST', headers, body });
        const { status } = (await response.json()) as { status: string };
        return `${response.status} ${status}`;
      }),
    );
    expect(statuses.filter((each) => each === '200 active')).toHaveLength(10);
    expect(statuses.filter((each) => each === '429 rate_limit_exceeded')).toHaveLength(90);
  });

  test('of a product says nothing about its sibling in the organisation', async () => {
    const product = await aProductWith(1);
    const other = await platform.aProduct({ organizationId: product.organizationId });
    for (const expected of [200, 429]) expect((await product.call()).status).toBe(expected);
    expect((await other.validate({ license_key: 'x' })).status).toBe(200);
  });

  test("is the plan's: 10,000 on Free, 100,000 on Pro, none on Enterprise", async () => {
    const product = await platform.aProduct({ plan: 'free' });
    const limit = async () => (await product.validate({ license_key: 'x' })).headers.get('ratelimit-limit');
    expect(await limit()).toBe('10000');
    await platform.write((trx) => changePlan(trx, product.product.organizationId, 'pro'));
    expect(await limit()).toBe('100000');
    await platform.write((trx) => changePlan(trx, product.product.organizationId, 'enterprise'));
    expect(await limit()).toBeNull();
  });

  test('unlimited sends no RateLimit headers at all', async () => {
    const product = await platform.aProduct({ plan: 'enterprise' });
    const { headers } = await product.validate({ license_key: 'x' });
    expect([...headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  });

  test('survives the rotation of the key', async () => {
    const product = await aProductWith(2);
    for (const expected of [200, 200, 429]) expect((await product.call()).status).toBe(expected);
    const { apiKey } = await platform.write((trx) => rotateApiKey(trx, product.productId));
    const answer = await product.validate({ license_key: product.licenseKey }, { authorization: `Bearer ${apiKey}` });
    expect(answer.status).toBe(429);
  });

  test('that is lowered holds against what was used today, and one that is raised serves again at once', async () => {
    const product = await aProductWith(10);
    for (let i = 0; i < 5; i += 1) expect((await product.call()).status).toBe(200);
    await platform.allow(product.organizationId, 'api_calls', 3, 1);
    const refused = await product.call();
    expect([refused.status, refused.headers.get('ratelimit-limit')]).toEqual([429, '3']);
    // Never below zero, though more is used than is allowed.
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    await platform.allow(product.organizationId, 'api_calls', 6, 2);
    for (const expected of [200, 429]) expect((await product.call()).status).toBe(expected);
  });

  test('of an override rests on a plan that has no overrides', async () => {
    const product = await aProductWith(1);
    for (const expected of [200, 429]) expect((await product.call()).status).toBe(expected);
    await platform.write((trx) => changePlan(trx, product.organizationId, 'pro'));
    const answer = await product.call();
    expect([answer.status, answer.headers.get('ratelimit-limit')]).toEqual([200, '100000']);
  });

  test('of zero admits nothing, and says when to come back', async () => {
    const product = await aProductWith(0);
    const answer = await product.call();
    expect([answer.status, answer.body.status]).toEqual([429, 'rate_limit_exceeded']);
    expect(answer.body.retry_after).toBeGreaterThanOrEqual(1);
    expect((await product.lookup(product.licenseKey)).status).toBe(429);
  });
});

describe('midnight UTC', () => {
  test.each([
    ['at the last millisecond', -1, 1],
    ['a second before', -1_000, 1],
    ['a second and a millisecond before', -1_001, 2],
    ['at noon', -DAY_MS / 2, 43_200],
    ['at the first millisecond of the day', -DAY_MS, 86_400],
  ])('%s is whole seconds away, rounded up', async (_when, offsetMs, seconds) => {
    const product = await aProductWith(1);
    platform.clock.nowMs = MIDNIGHT_MS + offsetMs;
    const admitted = await product.call();
    expect([admitted.status, admitted.headers.get('ratelimit-reset')]).toEqual([200, String(seconds)]);
    const refused = await product.call();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe(String(seconds));
    expect(refused.headers.get('ratelimit-reset')).toBe(String(seconds));
    expect(refused.body.retry_after).toBe(seconds);
    expect(refused.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(refused.body.message).toEqual(expect.any(String));
  });

  test('gives a new day its calls, with no job in between', async () => {
    const product = await aProductWith(2);
    platform.clock.nowMs = MIDNIGHT_MS - 1;
    for (const expected of [200, 200, 429]) expect((await product.call()).status).toBe(expected);
    platform.clock.nowMs = MIDNIGHT_MS;
    for (const expected of [200, 200, 429]) expect((await product.call()).status).toBe(expected);
  });

  test('is each process’s own: a call before it takes from the day before', async () => {
    const product = await aProductWith(1);
    platform.clock.nowMs = MIDNIGHT_MS;
    sibling.clock.nowMs = MIDNIGHT_MS - 1;
    const body = JSON.stringify({ license_key: product.licenseKey });
    const headers = { authorization: `Bearer ${product.apiKey}` };
    const late = () => fetch(`${sibling.url}/api/v1/validate`, { method: 'POST', headers, body });
    expect((await product.call()).status).toBe(200);
    expect((await late()).status).toBe(200);
    expect((await product.call()).status).toBe(429);
    expect((await late()).status).toBe(429);
  });
});
