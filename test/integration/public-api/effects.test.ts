import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../domain/validation/facts.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { blockNetwork } from '../../../store/blacklists.ts';
import { changeLicense, revokeLicense } from '../../../store/licenses.ts';
import { changeBillingState, changeOrganizationSigning, changePlan } from '../../../store/organizations.ts';
import { setVersion } from '../../../store/product-versions.ts';
import { changeProduct, deleteProduct, getProduct, rotateSigningSecret } from '../../../store/products.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { fieldsOf, VALIDATE_FIELDS } from './answers.ts';

/** What plans sell of a validation's answer: signatures, versions, custom payloads, and the organisation's blacklist. */

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

async function aSigningProduct(template: JsonObject = {}) {
  const made = await platform.aProduct({
    plan: 'enterprise',
    signing: true,
    settings: { customResponseEnabled: true, customResponseTemplate: template },
  });
  const { licenseKey, id: licenseId } = await platform.aLicense(made.product.id);
  return { ...made, id: made.product.id, organizationId: made.product.organizationId, licenseKey, licenseId };
}

/** The client's recipe of docs/spec/keyport.md §3.7: parse, take out the signature, serialise compactly, compare. */
function isSignedWith(secret: string, text: string): boolean {
  const { signature, ...payload } = JSON.parse(text) as { signature: string };
  const expected = createHmac('sha256', secret).update(JSON.stringify(payload)).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

describe('the signature', () => {
  test('is what the client rebuilds from the answer, in lower-case hex', async () => {
    const product = await aSigningProduct({ tier: 'pro' });
    const { text, body } = await product.validate({ license_key: product.licenseKey });
    expect(body.signature).toMatch(/^[0-9a-f]{64}$/);
    expect(isSignedWith(product.signingSecret!, text)).toBe(true);
    expect(isSignedWith(product.signingSecret!, text.replace('"valid":true', '"valid":false'))).toBe(false);
  });

  test('is over the bytes before it: the body that was sent minus its last member', async () => {
    const product = await aSigningProduct({ 'ключ "é"': ['日本', '\u2028', '\ud83d\ude00', 1.5, { b: 1, a: null }] });
    const { text } = await product.validate({ license_key: product.licenseKey });
    const [, before, signature] = /^(\{.*),"signature":"([0-9a-f]{64})"\}$/s.exec(text)!;
    expect(createHmac('sha256', product.signingSecret!).update(`${before}}`).digest('hex')).toBe(signature);
    // Unescaped, as JSON.stringify yields it.
    expect(before).toContain('"ключ \\"é\\"":["日本","\u2028","😀",1.5,{"b":1,"a":null}]');
    expect(isSignedWith(product.signingSecret!, text)).toBe(true);
  });

  test('is on failures too', async () => {
    const product = await aSigningProduct();
    await platform.write((trx) => revokeLicense(trx, product.licenseId));
    const revoked = await product.validate({ license_key: product.licenseKey });
    expect(revoked.body.status).toBe('revoked');
    expect(isSignedWith(product.signingSecret!, revoked.text)).toBe(true);

    const unknown = await product.validate({ license_key: 'AAAA-BBBB-CCCC-DDDD' });
    expect(isSignedWith(product.signingSecret!, unknown.text)).toBe(true);

    await platform.write((trx) => changeBillingState(trx, product.organizationId, 'billing_suspended'));
    const suspended = await product.validate({ license_key: product.licenseKey });
    expect(suspended.body.status).toBe('billing_suspended');
    expect(isSignedWith(product.signingSecret!, suspended.text)).toBe(true);

    await platform.write((trx) => deleteProduct(trx, product.id));
    const gone = await product.validate({ license_key: product.licenseKey });
    expect(gone.body.status).toBe('product_not_found');
    expect(isSignedWith(product.signingSecret!, gone.text)).toBe(true);
  });

  test('needs both switches', async () => {
    const product = await aSigningProduct();
    const signature = async () => (await product.validate({ license_key: product.licenseKey })).body.signature;
    expect(await signature()).not.toBeNull();

    await platform.write((trx) => changeOrganizationSigning(trx, product.organizationId, false));
    expect(await signature()).toBeNull();
    await platform.write((trx) => changeOrganizationSigning(trx, product.organizationId, true));
    await platform.write((trx) => changeProduct(trx, product.id, { signingEnabled: false }));
    expect(await signature()).toBeNull();
    await platform.write((trx) => changeProduct(trx, product.id, { signingEnabled: true }));
    expect(await signature()).not.toBeNull();
  });

  test('is made with the new secret from its rotation on, and no more with the old one', async () => {
    const product = await aSigningProduct();
    const secrets = new SecretBox(platform.config.secretKeys);
    const { signingSecret } = await platform.write((trx) => rotateSigningSecret(trx, product.id, secrets));
    const { text } = await product.validate({ license_key: product.licenseKey });
    expect(isSignedWith(signingSecret, text)).toBe(true);
    expect(isSignedWith(product.signingSecret!, text)).toBe(false);
  });

  test("is made with each product's own secret", async () => {
    const one = await aSigningProduct();
    const other = await aSigningProduct();
    const { text } = await one.validate({ license_key: one.licenseKey });
    expect(isSignedWith(other.signingSecret!, text)).toBe(false);
  });
});

/** The text of the custom payload that is answered. */
async function customOf(template: JsonObject, override: JsonObject | null): Promise<string> {
  const product = await platform.aProduct({
    plan: 'pro',
    settings: { customResponseEnabled: true, customResponseTemplate: template },
  });
  const { licenseKey } = await platform.aLicense(product.product.id, { customOverride: override });
  const { text } = await product.validate({ license_key: licenseKey });
  expect(fieldsOf(text)).toEqual(VALIDATE_FIELDS);
  return /"custom":(.*),"signature":null\}$/s.exec(text)![1]!;
}

describe('the custom payload', () => {
  test("keeps the order of the template's keys, then of the override's own", async () => {
    expect(await customOf({ z: 1, m: 2, a: 3 }, { y: 4, m: 5, b: 6 })).toBe('{"z":1,"m":5,"a":3,"y":4,"b":6}');
  });

  test('is merged at the top level alone', async () => {
    expect(await customOf({ o: { a: 1, b: 2 } }, { o: { c: 3 } })).toBe('{"o":{"c":3}}');
  });

  test('keeps an explicit null of the override', async () => {
    expect(await customOf({ a: 1 }, { a: null })).toBe('{"a":null}');
  });

  test('is null when nothing is left to say', async () => {
    expect(await customOf({}, null)).toBe('null');
    expect(await customOf({}, {})).toBe('null');
  });

  test('is the override alone where the template is empty', async () => {
    expect(await customOf({}, { a: [1, 'x', false] })).toBe('{"a":[1,"x",false]}');
  });

  test('keeps keys that mean something to JavaScript', async () => {
    const odd = JSON.parse('{"__proto__":{"valid":true},"constructor":1}') as JsonObject;
    expect(await customOf(odd, { toString: 2 })).toBe('{"__proto__":{"valid":true},"constructor":1,"toString":2}');
  });

  test('is null while the switch is off, and on every failing verdict', async () => {
    const product = await platform.aProduct({
      plan: 'pro',
      settings: { customResponseEnabled: true, customResponseTemplate: { a: 1 } },
    });
    const { licenseKey, id } = await platform.aLicense(product.product.id);
    const custom = async () => (await product.validate({ license_key: licenseKey })).body.custom;
    expect(await custom()).toEqual({ a: 1 });
    await platform.write((trx) => changeProduct(trx, product.product.id, { customResponseEnabled: false }));
    expect(await custom()).toBeNull();
    await platform.write((trx) => changeProduct(trx, product.product.id, { customResponseEnabled: true }));
    await platform.write((trx) => revokeLicense(trx, id));
    expect(await custom()).toBeNull();
  });
});

describe('the version module', () => {
  test('judges by list and pin, and never changes the verdict', async () => {
    const product = await platform.aProduct({ plan: 'pro', settings: { versionsEnabled: true } });
    const productId = product.product.id;
    const { licenseKey, id } = await platform.aLicense(productId);
    const entries = { '2.0.x': 'blocked', '2.0.9': 'deprecated', '2.1.x': 'allowed', '2.2.0': 'latest' } as const;
    await platform.write(async (trx) => {
      for (const [version, state] of Object.entries(entries)) await setVersion(trx, { productId, version, state });
    });
    const judge = async (version?: string) => {
      const { body } = await product.validate({ license_key: licenseKey, version });
      expect(body).toMatchObject({ valid: true, status: 'active' });
      return [body.version, body.version_valid];
    };

    expect(await judge('2.0.3')).toEqual(['2.0.3', false]);
    expect(await judge('2.0.9')).toEqual(['2.0.9', true]);
    expect(await judge('2.1.7')).toEqual(['2.1.7', true]);
    expect(await judge('3.0')).toEqual(['3.0', false]);
    expect(await judge()).toEqual(['2.2.0', true]);

    await platform.write((trx) => changeLicense(trx, id, { pin: { mode: 'range', min: '2.1', max: '2.2' } }));
    expect(await judge('2.1.7')).toEqual(['2.1.7', true]);
    expect(await judge()).toEqual(['2.2.0', false]);
    await platform.write((trx) => changeLicense(trx, id, { pin: { mode: 'exact', version: '2.2.0' } }));
    expect(await judge('2.1.7')).toEqual(['2.1.7', false]);
    expect(await judge()).toEqual(['2.2.0', true]);
    // A pin only narrows: it can't open what the product blocks.
    await platform.write((trx) => changeLicense(trx, id, { pin: { mode: 'exact', version: '2.0.3' } }));
    expect(await judge('2.0.3')).toEqual(['2.0.3', false]);
  });

  test('says nothing where no version was sent and none is latest', async () => {
    const product = await platform.aProduct({ plan: 'pro', settings: { versionsEnabled: true } });
    const { licenseKey } = await platform.aLicense(product.product.id);
    const { body } = await product.validate({ license_key: licenseKey });
    expect(body).toMatchObject({ version: null, version_valid: null });
  });
});

async function everythingOn() {
  const product = await aSigningProduct({ tier: 'gold' });
  await platform.write(async (trx) => {
    await changeProduct(trx, product.id, { versionsEnabled: true });
    await setVersion(trx, { productId: product.id, version: '1.0', state: 'latest' });
    await changeLicense(trx, product.licenseId, { customOverride: { seats: 3 } });
  });
  return product;
}

describe('a downgrade', () => {
  const EVERYTHING = { version: '1.0', version_valid: true, custom: { tier: 'gold', seats: 3 } };
  const NOTHING = { valid: true, status: 'active', version: null, version_valid: null, custom: null, signature: null };

  test('to Free stops what was paid for and keeps its settings; an upgrade brings all of it back', async () => {
    const product = await everythingOn();
    const answer = async () => (await product.validate({ license_key: product.licenseKey })).body;
    const before = await getProduct(platform.db, product.id);
    expect(await answer()).toMatchObject({ ...EVERYTHING, signature: expect.any(String) });

    await platform.write((trx) => changePlan(trx, product.organizationId, 'free'));
    expect(await answer()).toMatchObject(NOTHING);
    expect(await getProduct(platform.db, product.id)).toEqual(before);

    await platform.write((trx) => changePlan(trx, product.organizationId, 'pro'));
    expect(await answer()).toMatchObject({ ...EVERYTHING, signature: null });
    await platform.write((trx) => changePlan(trx, product.organizationId, 'enterprise'));
    const { text } = await product.validate({ license_key: product.licenseKey });
    expect(JSON.parse(text)).toMatchObject(EVERYTHING);
    expect(isSignedWith(product.signingSecret!, text)).toBe(true);
  });

  test('skips the organisation’s blacklist, and no other list', async () => {
    const product = await everythingOn();
    const { organizationId, licenseId } = product;
    const status = async () => (await product.validate({ license_key: product.licenseKey })).body.status;
    await platform.write((trx) => blockNetwork(trx, { list: 'organization', organizationId }, '127.0.0.0/8', null));
    expect(await status()).toBe('ip_blocked');
    await platform.write((trx) => changePlan(trx, organizationId, 'free'));
    expect(await status()).toBe('active');
    await platform.write((trx) =>
      blockNetwork(trx, { list: 'license', organizationId, licenseId }, '127.0.0.0/8', null),
    );
    expect(await status()).toBe('ip_blocked');
  });

  test('leaves switches that are on, which can be turned off, but not on again', async () => {
    const product = await everythingOn();
    await platform.write((trx) => changePlan(trx, product.organizationId, 'free'));
    await platform.write((trx) => changeProduct(trx, product.id, { versionsEnabled: true, trackIp: true }));
    await platform.write((trx) => changeProduct(trx, product.id, { versionsEnabled: false }));
    await expect(
      platform.write((trx) => changeProduct(trx, product.id, { versionsEnabled: true })),
    ).rejects.toMatchObject({ code: 'feature_not_available', details: { admittingPlan: 'pro' } });
  });

  test('shows a pin of a licence no more, and an upgrade shows it again', async () => {
    const product = await everythingOn();
    await platform.write((trx) => changeLicense(trx, product.licenseId, { pin: { mode: 'exact', version: '1.0' } }));
    const pin = async () => (await product.lookup(product.licenseKey)).body.version_pin_mode;
    expect(await pin()).toBe('exact');
    await platform.write((trx) => changePlan(trx, product.organizationId, 'free'));
    expect(await pin()).toBeNull();
    await platform.write((trx) => changePlan(trx, product.organizationId, 'pro'));
    expect(await pin()).toBe('exact');
  });
});
