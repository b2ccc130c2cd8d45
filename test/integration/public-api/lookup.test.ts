import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { blockNetwork } from '../../../store/blacklists.ts';
import { changeLicense, revokeLicense } from '../../../store/licenses.ts';
import { changeBillingState, changeSuspension } from '../../../store/organizations.ts';
import { changeProduct, deleteProduct } from '../../../store/products.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { fieldsOf, LOOKUP_FIELDS } from './answers.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterEach(() => {
  platform.clock.nowMs = undefined;
});
afterAll(() => platform.close());

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function aProductWithALicense(options: Parameters<TestPlatform['aLicense']>[1] = {}, plan = 'pro') {
  const made = await platform.aProduct({ plan });
  const license = await platform.aLicense(made.product.id, options);
  const id = made.product.id;
  return {
    ...made,
    id,
    organizationId: made.product.organizationId,
    license,
    look: () => made.lookup(license.licenseKey),
  };
}

describe('a look-up', () => {
  test('tells the 22 fields in their order', async () => {
    const expiresAtMs = Date.now() + 86_400_000;
    const customer = { email: `${randomUUID()}@example.com`, discordId: randomUUID(), name: 'Zoë' };
    const product = await aProductWithALicense({
      expiresAtMs,
      customer,
      maxIps: 4,
      notes: 'Bought at the fair: 日本',
      pin: { mode: 'range', min: '2.1', max: '2.4' },
    });
    await platform.write((trx) => changeProduct(trx, product.id, { versionsEnabled: true }));
    await platform.register(product.license.id, '192.0.2.1', '192.0.2.2');

    const answer = await product.look();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(fieldsOf(answer.text)).toEqual(LOOKUP_FIELDS);
    expect(answer.body).toEqual({
      id: product.license.id,
      organization_id: product.organizationId,
      product_id: product.id,
      global_customer_id: product.license.customerId,
      license_key: product.license.licenseKey,
      status: 'active',
      expires_at: new Date(expiresAtMs).toISOString(),
      is_lifetime: false,
      ip_system_enabled: true,
      max_ips: 4,
      current_unique_ip_count: 2,
      notes: 'Bought at the fair: 日本',
      version_pin_mode: 'range',
      version_pinned: null,
      version_range_min: '2.1',
      version_range_max: '2.4',
      revoked_at: null,
      created_at: expect.stringMatching(TIME),
      updated_at: expect.stringMatching(TIME),
      customer_email: customer.email,
      customer_name: 'Zoë',
      customer_discord_id: customer.discordId,
    });
  });

  test('of a lifetime licence without anything else has nulls, and a count of 0', async () => {
    const product = await aProductWithALicense({ maxIps: null });
    const { body, text } = await product.look();
    expect(fieldsOf(text)).toEqual(LOOKUP_FIELDS);
    expect(body).toMatchObject({ expires_at: null, is_lifetime: true, max_ips: null, current_unique_ip_count: 0 });
    expect(body).toMatchObject({ notes: null, version_pin_mode: null, version_pinned: null, revoked_at: null });
    expect(body).toMatchObject({ customer_name: null, customer_discord_id: null });
  });

  test('tells no cap while the IP system is off, and counts what was registered', async () => {
    const product = await aProductWithALicense({ maxIps: 3 });
    await platform.register(product.license.id, '192.0.2.1');
    await platform.write((trx) => changeProduct(trx, product.id, { ipSystemEnabled: false }));
    expect((await product.look()).body).toMatchObject({
      ip_system_enabled: false,
      max_ips: null,
      current_unique_ip_count: 1,
    });
  });

  test('tells a pin only while the version module is on', async () => {
    const product = await aProductWithALicense({ pin: { mode: 'exact', version: '1.0' } });
    expect((await product.look()).body).toMatchObject({ version_pin_mode: null, version_pinned: null });
    await platform.write((trx) => changeProduct(trx, product.id, { versionsEnabled: true }));
    expect((await product.look()).body).toMatchObject({ version_pin_mode: 'exact', version_pinned: '1.0' });
  });

  test('says expired by date, clock and enforcement, and revoked before that', async () => {
    const expiresAtMs = Date.now() + 86_400_000;
    const product = await aProductWithALicense({ expiresAtMs });
    const status = async () => (await product.look()).body.status;
    platform.clock.nowMs = expiresAtMs - 1;
    expect(await status()).toBe('active');
    platform.clock.nowMs = expiresAtMs;
    expect(await status()).toBe('expired');
    await platform.write((trx) => changeProduct(trx, product.id, { expiryEnforced: false }));
    expect(await status()).toBe('active');
    await platform.write((trx) => revokeLicense(trx, product.license.id));
    expect((await product.look()).body).toMatchObject({ status: 'revoked', revoked_at: expect.stringMatching(TIME) });
  });

  test('registers no address and changes nothing', async () => {
    const product = await aProductWithALicense();
    const [first, second] = [await product.look(), await product.look()];
    expect(second.text).toBe(first.text);
    expect(first.body.current_unique_ip_count).toBe(0);
    expect(await platform.addressesOf(product.license.id)).toEqual([]);
    // Nor does it take the first place: a validation still can.
    expect((await product.validate({ license_key: product.license.licenseKey })).body.ip_count).toBe(1);
  });

  test('costs one call, whether it finds or not', async () => {
    const product = await aProductWithALicense();
    const left = async (key: string) => Number((await product.lookup(key)).headers.get('ratelimit-remaining'));
    const key = product.license.licenseKey;
    expect([await left(key), await left('none'), await left(key)]).toEqual([99_999, 99_998, 99_997]);
  });

  test('runs no rule of validation: archived, disabled, suspended, unpaid and blocked, it answers', async () => {
    const product = await aProductWithALicense();
    const { organizationId, license } = product;
    const changes: Parameters<TestPlatform['write']>[0][] = [
      (trx) => changeProduct(trx, product.id, { state: 'archived' }),
      (trx) => changeProduct(trx, product.id, { state: 'disabled' }),
      (trx) => changeSuspension(trx, organizationId, 'abuse'),
      (trx) => changeBillingState(trx, organizationId, 'billing_suspended'),
      (trx) => blockNetwork(trx, { list: 'organization', organizationId }, '127.0.0.1', null),
    ];
    for (const change of changes) {
      await platform.write(change);
      const { status, body } = await product.look();
      expect([status, body.status, body.id]).toEqual([200, 'active', license.id]);
    }
  });

  test('shows a customer as this organisation knows them, and nothing that another one typed', async () => {
    const email = `${randomUUID()}@example.com`;
    const mine = await aProductWithALicense({ customer: { email, discordId: null, name: 'Mine' } });
    const theirs = await aProductWithALicense({ customer: { email, discordId: randomUUID(), name: 'Theirs' } });
    const { body } = await mine.look();
    expect(body.global_customer_id).toBe(theirs.license.customerId);
    expect(body).toMatchObject({ customer_email: email, customer_name: 'Mine', customer_discord_id: null });
  });

  test('sees a change at once', async () => {
    const product = await aProductWithALicense();
    await platform.write((trx) => changeLicense(trx, product.license.id, { notes: 'new', maxIps: 9 }));
    expect((await product.look()).body).toMatchObject({ notes: 'new', max_ips: 9 });
  });
});

describe('a look-up that finds nothing is a 404 in JSON', () => {
  const missing = { valid: false, status: 'license_not_found', message: expect.any(String) };

  test.each([
    'AAAA-BBBB-CCCC-DDDD',
    'a/b/c',
    'with space',
    'ключ-日本-😀',
    '100%',
    '%2F',
    '..',
    '.',
    'a?b=c#d',
    '\u0000',
    'a\\b',
    "';--",
    'A'.repeat(5_000),
  ])('for %j', async (key) => {
    const product = await aProductWithALicense();
    // Percent-encoded with no safe characters; `fetch` would resolve dots in a path by itself.
    const encoded = [...Buffer.from(key)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`)
      .join('');
    const path = /^\.+$/.test(key) ? `${encoded}%20` : encoded;
    const response = await fetch(`${platform.url}/api/v1/license/${path}`, {
      headers: { authorization: `Bearer ${product.apiKey}` },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(await response.json()).toEqual(missing);
  });

  test("for another product's licence, and for a deleted product's", async () => {
    const [mine, other] = [await aProductWithALicense(), await aProductWithALicense()];
    const foreign = await mine.lookup(other.license.licenseKey);
    expect([foreign.status, foreign.body]).toEqual([404, missing]);
    await platform.write((trx) => deleteProduct(trx, other.id));
    const gone = await other.look();
    expect([gone.status, gone.body]).toEqual([404, missing]);
  });

  test('while a key that is not UTF-8 is a 400', async () => {
    const product = await aProductWithALicense();
    const headers = { authorization: `Bearer ${product.apiKey}` };
    for (const path of ['%', '%zz', '%ff', '%C3']) {
      const response = await fetch(`${platform.url}/api/v1/license/${path}`, { headers });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ valid: false, status: 'invalid_request' });
    }
  });
});

describe('the path of a look-up', () => {
  test('takes a key in any encoding of it, with white space around it, and decodes it once', async () => {
    const product = await aProductWithALicense();
    const key = product.license.licenseKey;
    const status = async (path: string) => {
      const headers = { authorization: `Bearer ${product.apiKey}` };
      return (await fetch(`${platform.url}/api/v1/license/${path}`, { headers })).status;
    };
    expect(await status(key)).toBe(200);
    expect(await status(key.replaceAll('-', '%2D'))).toBe(200);
    expect(await status(key.replaceAll('-', '%2d'))).toBe(200);
    expect(await status(`%20${key}%0A`)).toBe(200);
    expect(await status(`${key}?version=1`)).toBe(200);
    expect(await status(key.replaceAll('-', '%252D'))).toBe(404);
    expect(await status(`${key}/`)).toBe(404);
    expect(await status(`x/${key}`)).toBe(404);
  });

  test('comes with a Content-Type and no body, as the official client sends it', async () => {
    const product = await aProductWithALicense();
    const answer = await fetch(`${platform.url}/api/v1/license/${product.license.licenseKey}`, {
      headers: { authorization: `Bearer ${product.apiKey}`, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
  });
});
