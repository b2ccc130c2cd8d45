import { describe, expect, test } from 'vitest';
import type { ProductFacts } from '../../../domain/validation/facts.ts';
import { type LookupFacts, lookupPayload } from '../../../domain/validation/lookup.ts';
import { aPlainProduct, aProduct, ipRules, NOON } from './facts.ts';

const FACTS: LookupFacts = {
  id: 'license-1',
  customerId: 'customer-1',
  licenseKey: 'ABCD-EFGH-JKLM-NPQR',
  status: 'active',
  expiresAtMs: NOON + 1,
  maxIps: 3,
  ipCount: 2,
  notes: 'a note',
  pin: { mode: 'range', min: '2.1', max: '2.4' },
  revokedAtMs: null,
  createdAtMs: Date.parse('2026-01-02T03:04:05.006Z'),
  updatedAtMs: Date.parse('2026-02-03T04:05:06.007Z'),
  customerEmail: 'ada@example.org',
  customerName: 'Ada',
  customerDiscordId: '4711',
};

function lookedUp(more: Partial<LookupFacts> = {}, product: ProductFacts = aProduct()) {
  return lookupPayload(product, { ...FACTS, ...more }, NOON);
}

describe('the look-up of a licence (§3.6)', () => {
  test('has 22 fields in their order', () => {
    const payload = lookedUp();
    expect(Object.keys(payload)).toHaveLength(22);
    expect(JSON.stringify(payload)).toBe(
      '{"id":"license-1","organization_id":"organization-1","product_id":"product-1","global_customer_id":"customer-1",' +
        '"license_key":"ABCD-EFGH-JKLM-NPQR","status":"active","expires_at":"2026-11-21T12:00:00.001Z","is_lifetime":false,' +
        '"ip_system_enabled":true,"max_ips":3,"current_unique_ip_count":2,"notes":"a note","version_pin_mode":"range",' +
        '"version_pinned":null,"version_range_min":"2.1","version_range_max":"2.4","revoked_at":null,' +
        '"created_at":"2026-01-02T03:04:05.006Z","updated_at":"2026-02-03T04:05:06.007Z",' +
        '"customer_email":"ada@example.org","customer_name":"Ada","customer_discord_id":"4711"}',
    );
  });

  test('has all 22 of them when there is nothing to say', () => {
    const nothing = { expiresAtMs: null, maxIps: null, ipCount: 0, notes: null, pin: null } as const;
    const nobody = { customerEmail: null, customerName: null, customerDiscordId: null };
    const payload = lookedUp({ ...nothing, ...nobody }, aPlainProduct());
    expect(Object.keys(payload)).toEqual(Object.keys(lookedUp()));
    expect(Object.values(payload)).not.toContain(undefined);
    expect(payload).toMatchObject({ expires_at: null, is_lifetime: true, current_unique_ip_count: 0, notes: null });
    expect(payload).toMatchObject({ customer_email: null, customer_name: null, customer_discord_id: null });
  });

  test.each([
    ['active', 'before the end', 'active', NOON + 1, true],
    ['expired', 'at the end, which is exclusive', 'active', NOON, true],
    ['active', 'after the end where nobody enforces it (§13.21)', 'active', 0, false],
    ['active', 'for a lifetime', 'active', null, true],
    ['revoked', 'when revoked', 'revoked', NOON + 1, true],
    ['revoked', 'when revoked and past its end', 'revoked', 0, true],
  ] as const)('says %s: %s', (expected, _when, status, expiresAtMs, expiryEnforced) => {
    const revokedAtMs = status === 'revoked' ? NOON - 1 : null;
    expect(lookedUp({ status, expiresAtMs, revokedAtMs }, aProduct({ expiryEnforced })).status).toBe(expected);
  });

  test('tells an end that nobody enforces: such a licence is not for a lifetime', () => {
    const product = aProduct({ expiryEnforced: false });
    expect(lookedUp({}, product)).toMatchObject({ expires_at: '2026-11-21T12:00:00.001Z', is_lifetime: false });
    expect(lookedUp({ expiresAtMs: null }, product)).toMatchObject({ expires_at: null, is_lifetime: true });
  });

  test('tells since when a licence is revoked', () => {
    expect(lookedUp({ status: 'revoked', revokedAtMs: NOON }).revoked_at).toBe('2026-11-21T12:00:00.000Z');
  });

  test('tells no cap while the IP system is off, and the count all the same: it is never null', () => {
    expect(lookedUp({}, aProduct({ ipRules: null }))).toMatchObject({
      ip_system_enabled: false,
      max_ips: null,
      current_unique_ip_count: 2,
    });
  });

  test('tells the IP system on though no address is tracked', () => {
    const product = aProduct({ ipRules: ipRules({ track: false, autoRegister: false }) });
    expect(lookedUp({}, product)).toMatchObject({ ip_system_enabled: true, max_ips: 3 });
  });

  test('tells null for no cap while the IP system is on', () => {
    expect(lookedUp({ maxIps: null })).toMatchObject({ ip_system_enabled: true, max_ips: null });
  });

  test.each([
    ['a range', { mode: 'range', min: '2.1', max: '2.4' }, ['range', null, '2.1', '2.4']],
    ['a range without a start', { mode: 'range', min: null, max: '2.4' }, ['range', null, null, '2.4']],
    ['a range without an end', { mode: 'range', min: '2.1', max: null }, ['range', null, '2.1', null]],
    ['one version', { mode: 'exact', version: '2.2' }, ['exact', '2.2', null, null]],
    ['nothing', null, [null, null, null, null]],
  ] as const)('tells a pin to %s', (_what, pin, expected) => {
    const told = lookedUp({ pin });
    const { version_pin_mode, version_pinned, version_range_min, version_range_max } = told;
    expect([version_pin_mode, version_pinned, version_range_min, version_range_max]).toEqual(expected);

    const off = lookedUp({ pin }, aProduct({ versions: null }));
    expect([off.version_pin_mode, off.version_pinned, off.version_range_min, off.version_range_max]).toEqual(
      Array(4).fill(null),
    );
  });

  test('runs no rule of validation: a product that is archived answers like any other', () => {
    for (const state of ['archived', 'disabled'] as const)
      expect(lookedUp({}, aProduct({ state }))).toEqual(lookedUp());
    const stopped = aProduct({ organizationSuspended: true, billingState: 'billing_suspended' });
    expect(lookedUp({}, stopped)).toEqual(lookedUp());
  });
});
