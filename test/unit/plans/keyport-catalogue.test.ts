import { describe, expect, test } from 'vitest';
import { limitNamed, plansByRank } from '../../../domain/plans/catalogue.ts';
import { PLATFORM } from './catalogues.ts';
import { describeTable } from './plan-table.ts';

const PLANS = ['free', 'pro', 'enterprise'];
const ENTERPRISE = [false, false, true] as const;
const PAID = [false, true, true] as const;
const EVERYWHERE = [true, true, true] as const;

test('docs/spec/keyport.md §2.1: the plans are Free, Pro, Enterprise, and cancelled billing is served as Free (§13.10)', () => {
  expect(plansByRank(PLATFORM).map(({ name }) => name)).toEqual(PLANS);
  expect(PLATFORM.lines).toEqual({ main: { name: 'main', fallback: 'free' } });
  expect(PLATFORM).toMatchObject({ name: 'platform', version: '2026-11-01', subject: 'organization' });
});

describeTable('docs/spec/keyport.md §2.1', {
  catalogue: PLATFORM,
  plans: PLANS,
  rows: [
    ['organisations', 'organizations', 2, 2, 2],
    ['products', 'products', 10, 200, 'unlimited'],
    ['licences', 'licenses', 200, 5_000, 'unlimited'],
    ['members', 'members', 1, 15, 'unlimited'],
    ['public API calls', 'api_calls', 10_000, 100_000, 'unlimited'],
    ['webhook endpoints', 'webhook_endpoints', 0, 10, 10],
  ],
});

describe('docs/spec/keyport.md §2.1: scope and kind', () => {
  test.each([
    ['organisations', 'organizations', 'user', 'count'],
    ['products', 'products', 'organization', 'count'],
    ['licences', 'licenses', 'organization', 'count'],
    ['members', 'members', 'organization', 'count'],
    ['public API calls', 'api_calls', 'product', 'quota'],
    ['webhook endpoints', 'webhook_endpoints', 'organization', 'count'],
  ])('%s', (_what, name, scope, kind) => {
    expect(limitNamed(PLATFORM, name)).toMatchObject({ scope, kind });
  });

  test('public API calls are counted in UTC days and refused at the edge (§2.4)', () => {
    expect(limitNamed(PLATFORM, 'api_calls')).toMatchObject({
      period: 'utc_day',
      zone: 'UTC',
      edge: 'hard',
      counted: 'always',
    });
  });
});

describeTable('docs/spec/keyport.md §2.2', {
  catalogue: PLATFORM,
  plans: PLANS,
  rows: [
    ['developer dashboard', 'developer_dashboard', ...EVERYWHERE],
    ['customer portal', 'customer_portal', ...EVERYWHERE],
    ['product API keys', 'product_api_keys', ...EVERYWHERE],
    ['basic analytics', 'basic_analytics', ...EVERYWHERE],
    ['IP system', 'ip_system', ...EVERYWHERE],
    ['per-licence IP restrictions', 'license_ip_restrictions', ...EVERYWHERE],
    ['default max IPs for new licences', 'default_max_ips', ...EVERYWHERE],
    ['auto-register IP on validate', 'auto_register_ip_on_validate', ...EVERYWHERE],
    ['track IP on validate', 'track_ip_on_validate', ...EVERYWHERE],
    ['expiry enforcement', 'expiry_enforcement', ...EVERYWHERE],
    ['advanced analytics', 'advanced_analytics', ...PAID],
    ['organisation IP blacklist', 'organization_ip_blacklist', ...PAID],
    ['platform-wide IP blacklist support', 'platform_blacklist_support', ...ENTERPRISE],
    ['version control', 'version_control', ...PAID],
    ['custom API response', 'custom_response', ...PAID],
    ['webhook delivery', 'webhooks', ...PAID],
    ['signed validation responses', 'signed_validation', ...ENTERPRISE],
    ['custom roles and member permissions', 'custom_roles', ...PAID],
    ['organisation ownership transfer', 'ownership_transfer', ...PAID],
    ['custom per-organisation overrides', 'overrides', ...ENTERPRISE],
    ['SLA support', 'sla_support', ...ENTERPRISE],
    ['custom billing arrangements', 'custom_billing', ...ENTERPRISE],
    ['bulk revocation, on paid plans (§13.16)', 'bulk_revocation', ...PAID],
  ],
});

// The specification names no number of days (§12): these are the platform's own.
describeTable("the platform's own retention", {
  catalogue: PLATFORM,
  plans: PLANS,
  rows: [
    ['validation log, days', 'validation_log_days', 7, 90, 365],
    ['audit log, days', 'audit_log_days', 7, 30, 90],
  ],
});

describe('docs/spec/keyport.md §2.5', () => {
  test('overrides are offered of five limits, of no feature, and on Enterprise alone', () => {
    const limits = Object.values(PLATFORM.limits).filter(({ overridable }) => overridable);
    expect(limits.map(({ name }) => name)).toEqual(['api_calls', 'licenses', 'members', 'organizations', 'products']);
    expect(Object.values(PLATFORM.features).filter(({ overridable }) => overridable)).toEqual([]);
    expect(
      plansByRank(PLATFORM)
        .filter(({ overridable }) => overridable)
        .map(({ name }) => name),
    ).toEqual(['enterprise']);
  });

  test('custom roles keep working after a downgrade; the effect of every other feature stops', () => {
    const kept = Object.values(PLATFORM.features).filter(({ onLoss }) => onLoss.treatment !== 'stop');
    expect(kept.map(({ name, onLoss }) => [name, onLoss.treatment])).toEqual([['custom_roles', 'keep_working']]);
  });
});

test('the catalogue has the rows of these tables and nothing else', () => {
  expect(Object.keys(PLATFORM.limits)).toHaveLength(6 + 2);
  expect(Object.keys(PLATFORM.features)).toHaveLength(23);
});
