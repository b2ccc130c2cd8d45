import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { blockNetwork, unblockNetwork } from '../../../store/blacklists.ts';
import { changeLicense, revokeLicense } from '../../../store/licenses.ts';
import { notifyChange, tagOf } from '../../../store/notices.ts';
import { changeBillingState, changeSuspension } from '../../../store/organizations.ts';
import { changeProduct, deleteProduct, rotateApiKey } from '../../../store/products.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../../support/platform.ts';
import { fieldsOf, VALIDATE_FIELDS } from './answers.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterEach(() => {
  platform.clock.nowMs = undefined;
});
afterAll(() => platform.close());

const DAY_MS = 86_400_000;
/** What every answer about something else than a licence says of the licence. */
const NOTHING_TOLD = {
  valid: false,
  expires: null,
  ip_registered: null,
  ip_count: null,
  max_ips: null,
  version: null,
  version_valid: null,
  custom: null,
  signature: null,
};

/** A product with everything turned on that its plan allows to be turned on, and one licence with something to say. */
async function aTalkativeProduct(plan = 'pro') {
  const product = await platform.aProduct({
    plan,
    settings: {
      customResponseEnabled: plan !== 'free',
      customResponseTemplate: { tier: 'gold' },
      versionsEnabled: plan !== 'free',
      defaultMaxIps: 1,
    },
  });
  const expiresAtMs = Date.now() + DAY_MS;
  const license = await platform.aLicense(product.product.id, { expiresAtMs });
  const expires = new Date(expiresAtMs).toISOString();
  const ask = (licenseKey = license.licenseKey) => product.validate({ license_key: licenseKey, version: '1.0' });
  return { ...product, id: product.product.id, organizationId: product.product.organizationId, license, expires, ask };
}

type Talkative = Awaited<ReturnType<typeof aTalkativeProduct>>;

describe('a validation that fails before the licence is looked at tells nothing of it', () => {
  test.each<[status: string, arrange: (p: Talkative) => Promise<unknown>]>([
    ['product_not_found', (p) => platform.write((trx) => deleteProduct(trx, p.id))],
    ['product_archived', (p) => platform.write((trx) => changeProduct(trx, p.id, { state: 'archived' }))],
    ['product_disabled', (p) => platform.write((trx) => changeProduct(trx, p.id, { state: 'disabled' }))],
    ['org_suspended', (p) => platform.write((trx) => changeSuspension(trx, p.organizationId, 'abuse'))],
    [
      'billing_suspended',
      (p) => platform.write((trx) => changeBillingState(trx, p.organizationId, 'billing_suspended')),
    ],
  ])('%s', async (status, arrange) => {
    const product = await aTalkativeProduct();
    await arrange(product);

    const answer = await product.ask();
    expect(answer.status).toBe(200);
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({ ...NOTHING_TOLD, status });
  });

  test('license_not_found, for a key that nobody has', async () => {
    const product = await aTalkativeProduct();
    const answer = await product.ask('AAAA-BBBB-CCCC-DDDD');
    expect(answer.status).toBe(200);
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({ ...NOTHING_TOLD, status: 'license_not_found' });
  });

  test("license_not_found, for a key of the same organisation's other product", async () => {
    const mine = await aTalkativeProduct();
    const other = await platform.aProduct({ organizationId: mine.organizationId });
    const license = await platform.aLicense(other.product.id);
    expect((await mine.ask(license.licenseKey)).body).toEqual({ ...NOTHING_TOLD, status: 'license_not_found' });
    expect((await other.validate({ license_key: license.licenseKey })).body.status).toBe('active');
  });
});

describe('a validation that fails at the licence tells its expiry and its addresses', () => {
  test('revoked', async () => {
    const product = await aTalkativeProduct();
    await platform.write((trx) => revokeLicense(trx, product.license.id));
    const answer = await product.ask();
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({
      ...NOTHING_TOLD,
      status: 'revoked',
      expires: product.expires,
      ip_count: 0,
      max_ips: 1,
    });
  });

  test('expired, from the very instant of its end', async () => {
    const product = await aTalkativeProduct();
    const endsAtMs = product.license.expiresAtMs!;

    platform.clock.nowMs = endsAtMs - 1;
    expect((await product.ask()).body).toMatchObject({ status: 'active', ip_registered: true, ip_count: 1 });
    platform.clock.nowMs = endsAtMs;
    const answer = await product.ask();
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({
      ...NOTHING_TOLD,
      status: 'expired',
      expires: product.expires,
      ip_count: 1,
      max_ips: 1,
    });
  });

  test('an end that is not enforced is told and stops nothing', async () => {
    const product = await aTalkativeProduct();
    await platform.write((trx) => changeProduct(trx, product.id, { expiryEnforced: false }));
    platform.clock.nowMs = product.license.expiresAtMs! + 1;
    expect((await product.ask()).body).toMatchObject({ valid: true, status: 'active', expires: product.expires });
  });

  test.each<[status: string, arrange: (p: Talkative) => Promise<unknown>, told: Record<string, unknown>]>([
    [
      'ip_blocked',
      ({ license: { id, organizationId } }) =>
        platform.write((trx) =>
          blockNetwork(trx, { list: 'license', organizationId, licenseId: id }, '127.0.0.1', null),
        ),
      { ip_registered: false, ip_count: 0, max_ips: 1 },
    ],
    [
      'ip_limit_reached',
      ({ license }) => platform.register(license.id, '192.0.2.1'),
      { ip_registered: false, ip_count: 1, max_ips: 1 },
    ],
    [
      'ip_not_registered',
      async ({ license }) => {
        await platform.register(license.id, '192.0.2.1');
        await platform.write((trx) => changeLicense(trx, license.id, { maxIps: 2 }));
      },
      { ip_registered: false, ip_count: 1, max_ips: 2 },
    ],
  ])('%s', async (status, arrange, told) => {
    const product = await aTalkativeProduct();
    await arrange(product);
    const answer = await product.ask();
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({ ...NOTHING_TOLD, status, expires: product.expires, ...told });
  });
});

describe('active', () => {
  test('says all that the product says, of a licence with an end', async () => {
    const product = await aTalkativeProduct();
    const answer = await product.ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({
      valid: true,
      status: 'active',
      expires: product.expires,
      ip_registered: true,
      ip_count: 1,
      max_ips: 1,
      version: '1.0',
      version_valid: false,
      custom: { tier: 'gold' },
      signature: null,
    });
  });

  test('of a lifetime licence without a cap, with the IP system off, leaves everything null', async () => {
    const product = await platform.aProduct({ settings: { ipSystemEnabled: false } });
    const license = await platform.aLicense(product.product.id, { maxIps: null });
    const answer = await product.validate({ license_key: license.licenseKey, version: '1.0' });
    expect(fieldsOf(answer.text)).toEqual(VALIDATE_FIELDS);
    expect(answer.body).toEqual({ ...NOTHING_TOLD, valid: true, status: 'active' });
  });

  test('has no cap to tell where there is none, and counts all the same', async () => {
    const product = await platform.aProduct();
    const license = await platform.aLicense(product.product.id, { maxIps: 0 });
    expect((await product.validate({ license_key: license.licenseKey })).body).toMatchObject({
      ip_registered: true,
      ip_count: 1,
      max_ips: null,
    });
  });
});

describe('invalid_api_key', () => {
  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', 'Basic a3A6'],
    ['no token', 'Bearer '],
    ['two tokens', `Bearer kp_live_${'0'.repeat(64)} x`],
    ['an unknown key', `Bearer kp_live_${'0'.repeat(64)}`],
  ])('is answered with 401 to %s', async (_case, authorization) => {
    const response = await fetch(`${platform.url}/api/v1/validate`, {
      method: 'POST',
      body: '{"license_key":"AAAA-BBBB-CCCC-DDDD"}',
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    const message = expect.any(String);
    expect(await response.json()).toEqual({ valid: false, status: 'invalid_api_key', message });
  });

  test('is the answer to the old key from the moment of its rotation, and the new one works', async () => {
    const product = await platform.aProduct();
    const { licenseKey } = await platform.aLicense(product.product.id);
    expect((await product.validate({ license_key: licenseKey })).body.status).toBe('active');

    const { apiKey } = await platform.write((trx) => rotateApiKey(trx, product.product.id));
    const old = await product.validate({ license_key: licenseKey });
    expect([old.status, old.body.status]).toEqual([401, 'invalid_api_key']);
    expect((await product.lookup(licenseKey)).status).toBe(401);
    const fresh = await product.validate({ license_key: licenseKey }, { authorization: `Bearer ${apiKey}` });
    expect([fresh.status, fresh.body.status]).toEqual([200, 'active']);
  });
});

test('rate_limit_exceeded is the fourteenth status, with a message and the seconds to wait', async () => {
  const { id: organizationId } = await platform.anOrganization({ plan: 'enterprise' });
  const product = await platform.aProduct({ organizationId });
  await platform.allow(organizationId, 'api_calls', 1);
  await product.validate({ license_key: 'x' });
  const answer = await product.validate({ license_key: 'x' });
  expect(answer.status).toBe(429);
  expect(answer.body).toEqual({
    valid: false,
    status: 'rate_limit_exceeded',
    message: expect.any(String),
    retry_after: Number(answer.headers.get('retry-after')),
  });
});

test('the first failing check decides, in the order of the specification', async () => {
  const product = await aTalkativeProduct();
  const { organizationId, license } = product;
  const list = { list: 'license', organizationId, licenseId: license.id } as const;
  await platform.write(async (trx) => {
    await changeProduct(trx, product.id, { state: 'disabled' });
    await changeSuspension(trx, organizationId, 'abuse');
    await changeBillingState(trx, organizationId, 'billing_suspended');
    await blockNetwork(trx, list, '127.0.0.1', null);
    await revokeLicense(trx, license.id);
  });
  platform.clock.nowMs = license.expiresAtMs! + 1;

  const seen: unknown[] = [];
  const mend = async (work: Parameters<TestPlatform['write']>[0]) => {
    seen.push((await product.ask()).body.status);
    await platform.write(work);
  };
  await mend((trx) => changeProduct(trx, product.id, { state: 'active' }));
  await mend((trx) => changeSuspension(trx, organizationId, null));
  await mend((trx) => changeBillingState(trx, organizationId, 'active'));
  // Nothing brings a revoked licence back but the database's own hand.
  await mend(async (trx) => {
    await trx('licenses').where({ id: license.id }).update({ status: 'active', revoked_at: null });
    await notifyChange(trx, tagOf.license(license.id));
  });
  await mend((trx) => changeProduct(trx, product.id, { expiryEnforced: false }));
  await mend((trx) => unblockNetwork(trx, list, '127.0.0.1'));
  seen.push((await product.ask()).body.status);
  expect(seen).toEqual([
    'product_disabled',
    'org_suspended',
    'billing_suspended',
    'revoked',
    'expired',
    'ip_blocked',
    'active',
  ]);
});

describe('billing', () => {
  test('billing_grace is served as usual', async () => {
    const product = await aTalkativeProduct();
    await platform.write((trx) => changeBillingState(trx, product.organizationId, 'billing_grace'));
    expect((await product.ask()).body).toMatchObject({ status: 'active', custom: { tier: 'gold' } });
  });

  test('cancelled is served as Free: its licences stay valid, what is paid for is gone', async () => {
    const product = await aTalkativeProduct();
    await platform.write((trx) => changeBillingState(trx, product.organizationId, 'cancelled'));
    const answer = await product.ask();
    expect(answer.body).toMatchObject({ valid: true, status: 'active', custom: null, version: null });
    expect(answer.headers.get('ratelimit-limit')).toBe('10000');
  });
});

describe('the request', () => {
  let product: TestProduct;
  let licenseKey: string;
  beforeAll(async () => {
    product = await platform.aProduct({ plan: 'pro', settings: { versionsEnabled: true } });
    ({ licenseKey } = await platform.aLicense(product.product.id));
  });
  const statusOf = async (body: unknown) => (await product.validate(body)).body.status;

  test('device_id never changes the answer', async () => {
    const { text } = await product.validate({ license_key: licenseKey });
    for (const device_id of ['', 'device', 'é\u0000\n', 'x'.repeat(5_000), null]) {
      expect((await product.validate({ license_key: licenseKey, device_id })).text).toBe(text);
    }
  });

  test('a key is found with white space around it', async () => {
    expect(await statusOf({ license_key: `\t ${licenseKey}\n` })).toBe('active');
  });

  test.each([
    ['in lower case', () => licenseKey.toLowerCase()],
    ['cut short', () => licenseKey.slice(0, -1)],
    ['with more behind it', () => `${licenseKey}A`],
    ['with a space within', () => licenseKey.replace('-', ' ')],
    ['with a NUL byte', () => `${licenseKey}\u0000`],
    ['that is empty', () => ''],
    ['of 10,000 characters', () => 'A'.repeat(10_000)],
    ['of other letters', () => 'ключ-ключ-ключ-ключ'],
  ])('a key %s is not found', async (_case, key) => {
    expect(await statusOf({ license_key: key() })).toBe('license_not_found');
  });

  test('unknown fields are ignored', async () => {
    expect(await statusOf({ license_key: licenseKey, ip: '192.0.2.1', hwid: {}, license: 3 })).toBe('active');
  });

  test.each([
    ['null', null],
    ['empty', ''],
  ])('a version that is %s is as good as none', async (_case, version) => {
    const answer = await product.validate({ license_key: licenseKey, version });
    expect(answer.body).toMatchObject({ status: 'active', version: null, version_valid: null });
  });

  test.each([
    ['no license_key', {}],
    ['a license_key that is a number', { license_key: 5 }],
    ['a license_key that is null', { license_key: null }],
    ['a version that is a number', { license_key: 'x', version: 1.2 }],
    ['a device_id that is an object', { license_key: 'x', device_id: {} }],
    ['an array', []],
    ['a string', '"x"'],
    ['no JSON', '{"license_key":'],
    ['nothing', ''],
  ])('%s is answered with 400 and a message', async (_case, body) => {
    const answer = await product.validate(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ valid: false, status: 'invalid_request', message: expect.any(String) });
  });

  test('the body is JSON whatever its Content-Type says', async () => {
    const body = JSON.stringify({ license_key: licenseKey });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense', '']) {
      expect((await product.validate(body, { 'content-type': type })).body.status).toBe('active');
    }
  });
});
