import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plansByRank } from '../../../domain/plans/catalogue.ts';
import { mayAdd, mayUse, quotaState } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { CATALOGUE_SCHEMA } from '../../../domain/plans/schema.ts';
import { anOverride, aSubjectOn, NOON, PLATFORM, PLATFORM_TEXT } from './catalogues.ts';

// The tables of docs/spec/keyport.md §2.1 and §2.2, row by row; retention is the platform's own.
const PLANS = ['free', 'pro', 'enterprise'] as const;
const LIMITS = [
  ['organizations', 'count', 'user', 2, 2, 2],
  ['products', 'count', 'organization', 10, 200, 'unlimited'],
  ['licenses', 'count', 'organization', 200, 5_000, 'unlimited'],
  ['members', 'count', 'organization', 1, 15, 'unlimited'],
  ['api_calls', 'quota', 'product', 10_000, 100_000, 'unlimited'],
  ['webhook_endpoints', 'count', 'organization', 0, 10, 10],
  ['validation_log_days', 'retention', 'organization', 7, 90, 365],
  ['audit_log_days', 'retention', 'organization', 7, 30, 90],
] as const;
const FEATURES = [
  ['developer_dashboard', true, true, true],
  ['customer_portal', true, true, true],
  ['product_api_keys', true, true, true],
  ['basic_analytics', true, true, true],
  ['ip_system', true, true, true],
  ['license_ip_restrictions', true, true, true],
  ['default_max_ips', true, true, true],
  ['auto_register_ip_on_validate', true, true, true],
  ['track_ip_on_validate', true, true, true],
  ['expiry_enforcement', true, true, true],
  ['advanced_analytics', false, true, true],
  ['organization_ip_blacklist', false, true, true],
  ['platform_blacklist_support', false, false, true],
  ['version_control', false, true, true],
  ['custom_response', false, true, true],
  ['webhooks', false, true, true],
  ['signed_validation', false, false, true],
  ['custom_roles', false, true, true],
  ['ownership_transfer', false, true, true],
  ['overrides', false, false, true],
  ['sla_support', false, false, true],
  ['custom_billing', false, false, true],
  ['bulk_revocation', false, true, true], // §13.16
] as const;

describe("the platform's catalogue", () => {
  test('orders its plans Free, Pro, Enterprise, and serves cancelled billing as Free (§13.10)', () => {
    expect(plansByRank(PLATFORM).map((plan) => plan.name)).toEqual([...PLANS]);
    expect(PLATFORM).toMatchObject({
      name: 'platform',
      version: '2026-11-01',
      subject: 'organization',
      lines: { main: { fallback: 'free' } },
    });
  });

  test('has the limits and features of the tables and no others', () => {
    expect(Object.keys(PLATFORM.limits).sort()).toEqual(LIMITS.map(([name]) => name).sort());
    expect(Object.keys(PLATFORM.features).sort()).toEqual(FEATURES.map(([name]) => name).sort());
  });

  describe.each(LIMITS)('limit %s', (name, kind, scope, ...values) => {
    test(`is a ${kind} for each ${scope}`, () => {
      expect(PLATFORM.limits[name]).toMatchObject({ kind, scope });
    });
    test.each(PLANS.map((plan, column) => [plan, values[column]] as const))('is on %s: %s', (plan, value) => {
      expect(entitlements(PLATFORM, aSubjectOn(plan), NOON).limits[name]).toMatchObject({ value, source: 'plan' });
    });
  });

  describe.each(FEATURES)('feature %s', (name, ...values) => {
    test.each(PLANS.map((plan, column) => [plan, values[column]] as const))('is on %s: %s', (plan, enabled) => {
      expect(entitlements(PLATFORM, aSubjectOn(plan), NOON).features[name]).toMatchObject({ enabled, source: 'plan' });
      expect(mayUse(PLATFORM, aSubjectOn(plan), name, NOON).allowed).toBe(enabled);
    });
  });

  test('counts API calls in UTC days and refuses at the edge', () => {
    expect(PLATFORM.limits['api_calls']).toMatchObject({ period: 'utc_day', edge: 'hard' });
  });

  test('keeps custom roles working after a downgrade and stops everything else (§2.5)', () => {
    const kept = Object.values(PLATFORM.features).filter((feature) => feature.onLoss.treatment === 'keep_working');
    expect(kept.map((feature) => feature.name)).toEqual(['custom_roles']);
  });

  test('offers overrides of the five limits of §2.5, of no feature, and on Enterprise alone, which has the feature', () => {
    const limits = Object.values(PLATFORM.limits).filter((limit) => limit.overridable);
    expect(limits.map((limit) => limit.name)).toEqual([
      'api_calls',
      'licenses',
      'members',
      'organizations',
      'products',
    ]);
    expect(Object.values(PLATFORM.features).filter((feature) => feature.overridable)).toEqual([]);
    for (const plan of PLANS) {
      expect(PLATFORM.plans[plan]?.overridable).toBe(PLATFORM.features['overrides']?.values[plan]);
    }
  });

  test.each(['products', 'licenses', 'members', 'organizations'])(
    'lets an Enterprise override fix or lift %s',
    (name) => {
      const fixed = aSubjectOn('enterprise', { overrides: [anOverride(name, 3)] });
      expect(mayAdd(PLATFORM, fixed, name, 2, 1, NOON).allowed).toBe(true);
      expect(mayAdd(PLATFORM, fixed, name, 3, 1, NOON)).toMatchObject({
        allowed: false,
        by: { allowed: 3, overrideable: true },
      });

      const lifted = aSubjectOn('enterprise', { overrides: [anOverride(name, 'unlimited')] });
      expect(mayAdd(PLATFORM, lifted, name, 1_000_000, 1, NOON).allowed).toBe(true);
    },
  );

  test('admits the 10th product on Free and refuses the 11th, which Pro would admit (§2.3)', () => {
    expect(mayAdd(PLATFORM, aSubjectOn('free'), 'products', 9, 1, NOON).allowed).toBe(true);
    expect(mayAdd(PLATFORM, aSubjectOn('free'), 'products', 10, 1, NOON)).toMatchObject({
      allowed: false,
      by: {
        name: 'products',
        class: 'limit',
        used: 10,
        allowed: 10,
        remaining: 0,
        resetsAt: null,
        retryAfterSeconds: null,
        admittingPlan: 'pro',
        overrideable: false,
      },
    });
  });

  test('admits exactly 10,000 calls a day on Free; the next may come at midnight UTC, or at once on Pro (§2.4)', () => {
    expect(quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 9_999, 1, NOON).allowed).toBe(true);
    expect(quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 10_000, 1, NOON)).toMatchObject({
      allowed: false,
      by: {
        name: 'api_calls',
        class: 'quota',
        used: 10_000,
        allowed: 10_000,
        remaining: 0,
        resetsAt: '2026-11-22T00:00:00.000Z',
        retryAfterSeconds: 43_200,
        admittingPlan: 'pro',
        overrideable: false,
      },
    });
  });

  test('applies the smaller limit of a downgrade to what was used already (§2.5)', () => {
    const { by } = quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 60_000, 1, NOON);
    expect(by).toMatchObject({ used: 60_000, allowed: 10_000, remaining: 0 });
  });
});

describe('the schema for editors', () => {
  test('is the one that the engine checks with', () => {
    const text = readFileSync(new URL('../../../plans/catalogue.schema.json', import.meta.url), 'utf8');
    // When this fails: domain/README.md tells how the file is written anew.
    expect(JSON.parse(text)).toEqual(CATALOGUE_SCHEMA);
  });

  test('is named in the first line of the catalogue', () => {
    expect(PLATFORM_TEXT.split('\n', 1)).toEqual(['# yaml-language-server: $schema=./catalogue.schema.json']);
  });
});
