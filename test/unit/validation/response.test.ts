import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { aLicense, answerOf, aPlainProduct, aProduct, ipRules, NOON, WITH_CALLER } from './facts.ts';

const NULLS =
  '"expires":null,"ip_registered":null,"ip_count":null,"max_ips":null,"version":null,"version_valid":null,"custom":null';
const ENDS = '"2027-01-01T00:00:00.000Z"';
const NOTHING_BESIDE = '"version":null,"version_valid":null,"custom":null';

/** A product and licence of which every field has something to say, were the outcome another one. */
const everything = aProduct();
const license = aLicense({ ips: new Set(['192.0.2.1', '192.0.2.2']) });

describe('values by outcome (§3.3), as text: the order of the keys is what is signed', () => {
  test.each([
    ['deleted', 'product_not_found'],
    ['archived', 'product_archived'],
    ['disabled', 'product_disabled'],
  ] as const)('a product that is %s answers %s and tells nothing', (state, status) => {
    const text = JSON.stringify(answerOf(aProduct({ state }), license, '2.1.0'));
    expect(text).toBe(`{"valid":false,"status":"${status}",${NULLS}}`);
  });

  test('org_suspended tells nothing', () => {
    const text = JSON.stringify(answerOf(aProduct({ organizationSuspended: true }), license, '2.1.0'));
    expect(text).toBe(`{"valid":false,"status":"org_suspended",${NULLS}}`);
  });

  test('billing_suspended tells nothing', () => {
    const text = JSON.stringify(answerOf(aProduct({ billingState: 'billing_suspended' }), license, '2.1.0'));
    expect(text).toBe(`{"valid":false,"status":"billing_suspended",${NULLS}}`);
  });

  test('license_not_found tells nothing', () => {
    expect(JSON.stringify(answerOf(everything, null, '2.1.0'))).toBe(
      `{"valid":false,"status":"license_not_found",${NULLS}}`,
    );
  });

  test('revoked tells the end and the numbers, no membership', () => {
    expect(JSON.stringify(answerOf(everything, { ...license, status: 'revoked' }, '2.1.0'))).toBe(
      `{"valid":false,"status":"revoked","expires":${ENDS},"ip_registered":null,"ip_count":2,"max_ips":3,${NOTHING_BESIDE}}`,
    );
  });

  test('revoked tells no numbers while the IP system is off', () => {
    expect(JSON.stringify(answerOf(aPlainProduct(), { ...license, status: 'revoked' }))).toBe(
      `{"valid":false,"status":"revoked","expires":${ENDS},"ip_registered":null,"ip_count":null,"max_ips":null,${NOTHING_BESIDE}}`,
    );
  });

  test('expired tells the end that has passed and the numbers, no membership', () => {
    expect(JSON.stringify(answerOf(everything, { ...license, expiresAtMs: NOON }, '2.1.0'))).toBe(
      `{"valid":false,"status":"expired","expires":"2026-11-21T12:00:00.000Z","ip_registered":null,"ip_count":2,"max_ips":3,${NOTHING_BESIDE}}`,
    );
  });

  test('expired tells no numbers while the IP system is off', () => {
    expect(JSON.stringify(answerOf(aPlainProduct(), { ...license, expiresAtMs: NOON }))).toBe(
      `{"valid":false,"status":"expired","expires":"2026-11-21T12:00:00.000Z","ip_registered":null,"ip_count":null,"max_ips":null,${NOTHING_BESIDE}}`,
    );
  });

  test('ip_blocked tells the end, membership and numbers', () => {
    const product = aProduct({ ipRules: ipRules({ platformBlacklist: WITH_CALLER }) });
    expect(JSON.stringify(answerOf(product, license, '2.1.0'))).toBe(
      `{"valid":false,"status":"ip_blocked","expires":${ENDS},"ip_registered":true,"ip_count":2,"max_ips":3,${NOTHING_BESIDE}}`,
    );
    expect(JSON.stringify(answerOf(product, { ...license, ips: new Set(['192.0.2.2']) }))).toBe(
      `{"valid":false,"status":"ip_blocked","expires":${ENDS},"ip_registered":false,"ip_count":1,"max_ips":3,${NOTHING_BESIDE}}`,
    );
  });

  test('ip_limit_reached tells the end, that the address is unknown, and the numbers', () => {
    expect(JSON.stringify(answerOf(everything, { ...license, maxIps: 1, ips: new Set(['192.0.2.2']) }, '2.1.0'))).toBe(
      `{"valid":false,"status":"ip_limit_reached","expires":${ENDS},"ip_registered":false,"ip_count":1,"max_ips":1,${NOTHING_BESIDE}}`,
    );
  });

  test('ip_not_registered tells the end, that the address is unknown, and the numbers', () => {
    expect(JSON.stringify(answerOf(everything, { ...license, ips: new Set(['192.0.2.2']) }, '2.1.0'))).toBe(
      `{"valid":false,"status":"ip_not_registered","expires":${ENDS},"ip_registered":false,"ip_count":1,"max_ips":3,${NOTHING_BESIDE}}`,
    );
  });

  test('active tells everything', () => {
    expect(JSON.stringify(answerOf(everything, license, '2.0.9'))).toBe(
      `{"valid":true,"status":"active","expires":${ENDS},"ip_registered":true,"ip_count":2,"max_ips":3,"version":"2.0.9","version_valid":false,"custom":{"tier":"pro"}}`,
    );
  });

  test('active with every module off tells the end alone', () => {
    expect(JSON.stringify(answerOf(aPlainProduct(), { ...license, customOverride: { tier: 'gold' } }, '2.1.0'))).toBe(
      `{"valid":true,"status":"active","expires":${ENDS},"ip_registered":null,"ip_count":null,"max_ips":null,${NOTHING_BESIDE}}`,
    );
  });

  test('a registering call tells the state after it', () => {
    expect(answerOf(everything, { ...license, ips: new Set() })).toMatchObject({ ip_registered: true, ip_count: 1 });
  });
});

describe('when a field is null (§3.3)', () => {
  test('expires: for a lifetime licence', () => {
    expect(answerOf(everything, { ...license, expiresAtMs: null }).expires).toBeNull();
    expect(answerOf(everything, { ...license, expiresAtMs: null, status: 'revoked' }).expires).toBeNull();
  });

  test('expires: told although nobody enforces it (§4.4)', () => {
    const answer = answerOf(aProduct({ expiryEnforced: false }), { ...license, expiresAtMs: 0 });
    expect(answer).toMatchObject({ valid: true, expires: '1970-01-01T00:00:00.000Z' });
  });

  test('max_ips: for a licence without a cap, whose count is told nevertheless', () => {
    expect(answerOf(everything, { ...license, maxIps: null })).toMatchObject({ ip_count: 2, max_ips: null });
    expect(answerOf(everything, { ...license, maxIps: null, status: 'revoked' })).toMatchObject({
      ip_count: 2,
      max_ips: null,
    });
  });

  test('each module hides its own fields and no others', () => {
    const all = answerOf(everything, license);
    expect(answerOf(aProduct({ ipRules: null }), license)).toEqual({
      ...all,
      ip_registered: null,
      ip_count: null,
      max_ips: null,
    });
    expect(answerOf(aProduct({ versions: null }), license)).toEqual({ ...all, version: null, version_valid: null });
    expect(answerOf(aProduct({ customTemplate: null }), license)).toEqual({ ...all, custom: null });
    expect(Object.values(all)).not.toContain(null);
  });

  test('a refused version changes neither valid nor status (§13.3)', () => {
    const product = aProduct({ versions: [{ version: '1.0', state: 'blocked' }] });
    expect(answerOf(product, license, '1.0')).toMatchObject({ valid: true, status: 'active', version_valid: false });
  });
});

describe('the signature (§3.7)', () => {
  test("is over this text: the vector's message and digest", () => {
    const product = aProduct({ versions: null });
    const payload = answerOf(product, aLicense({ expiresAtMs: null, maxIps: 1, ips: new Set() }));
    const message = JSON.stringify(payload);
    expect(message).toBe(
      '{"valid":true,"status":"active","expires":null,"ip_registered":true,"ip_count":1,"max_ips":1,"version":null,"version_valid":null,"custom":{"tier":"pro"}}',
    );
    expect(createHmac('sha256', 'test_signing_secret').update(message).digest('hex')).toBe(
      'f717ce4e4113bd51ad7e498b6a253bb8b19a7e92b39242878fa5aad740520a84',
    );
  });
});
