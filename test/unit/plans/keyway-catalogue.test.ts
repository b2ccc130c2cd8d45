import { describe, expect, test } from 'vitest';
import { limitNamed, limitOfKind, planNamed, plansByRank } from '../../../domain/plans/catalogue.ts';
import { canonicalText } from '../../../domain/plans/load.ts';
import { KEYWAY, KEYWAY_LATER } from './catalogues.ts';
import { always, describeTable, valueOf } from './plan-table.ts';

const PLANS = ['free', 'pro', 'team', 'enterprise'];
const UNLIMITED = always('unlimited', 4);

/** In US dollars. */
const price = (of: 'month' | 'year') => (plan: string) => {
  const told = planNamed(KEYWAY, plan).price;
  if (told === null || typeof told === 'string') return told;
  return told[of] === null ? null : told[of] / 100;
};

describeTable('docs/spec/keyway.md §1', {
  catalogue: KEYWAY,
  plans: PLANS,
  rows: [
    ['price, USD a month', price('month'), 0, 9, 29, 'by_agreement'],
    ['price, paid yearly, USD a year', price('year'), null, 90, 290, 'by_agreement'],
    ['public_vaults', 'public_vaults', ...UNLIMITED],
    ['private_vaults', 'private_vaults', 1, 'unlimited', 'unlimited', 'unlimited'],
    ['org_private_vaults', 'org_private_vaults', false, false, true, true],
    ['providers', 'providers', 1, 'unlimited', 'unlimited', 'unlimited'],
    ['environments', 'environments', 2, 'unlimited', 'unlimited', 'unlimited'],
    ['private_secrets', 'private_secrets', 20, 'unlimited', 'unlimited', 'unlimited'],
    ['public_secrets', 'public_secrets', ...UNLIMITED],
    ['value_bytes, 64 and 256 KB', 'value_bytes', 64 * 1_024, 64 * 1_024, 256 * 1_024, 256 * 1_024],
    ['push_items', 'push_items', 100, 500, 1_000, 1_000],
    ['audit_days', 'audit_days', 7, 30, 90, 365],
  ],
});

test('docs/spec/keyway.md §1: the order of plans is free, pro, team, enterprise', () => {
  expect(plansByRank(KEYWAY).map(({ name }) => name)).toEqual(PLANS);
  expect(KEYWAY).toMatchObject({ name: 'keyway', version: '1', subject: 'account', currency: 'USD' });
  expect(KEYWAY.lines).toEqual({ main: { name: 'main', fallback: 'free' } });
});

describe('docs/spec/keyway.md §1, the same for every plan', () => {
  test.each([
    ['rate.general', 100, 15 * 60, 'account', 'address'],
    ['rate.device_verify', 5, 60, 'address', null],
    ['rate.push_pull', 30, 15 * 60, 'account', null],
  ])('%s', (name, allowed, windowSeconds, scope, fallbackScope) => {
    expect(limitOfKind(KEYWAY, name, 'rate')).toMatchObject({ windowSeconds, scope, fallbackScope, edge: 'refuse' });
    expect(PLANS.map((plan) => valueOf(KEYWAY, [plan], name))).toEqual(always(allowed, 4));
  });

  test.each([
    ['body_bytes', 1_048_576],
    ['page_size', { default: 25, max: 100 }],
    ['request_timeout', 30, 'request_timeout_seconds'],
    ['secret_key', '^[A-Z][A-Z0-9_]{0,255}$'],
    ['environment_name', '^[a-z][a-z0-9_-]{1,29}$'],
    ['repository_name', { owner_max: 39, repo_max: 100, form: 'github' }],
    ['jwt_days', 30],
  ])('%s', (what, value, name = what) => {
    expect(KEYWAY.constraints[name]).toEqual(value);
  });
});

describe('docs/spec/keyway.md §2.1', () => {
  test.each([
    ['public_vaults', 'account', 'vault', { visibility: ['public'] }],
    ['private_vaults', 'account', 'vault', { visibility: ['private'], owner_kind: ['user'] }],
    ['providers', 'account', 'provider_connection', null],
    ['environments', 'vault', 'environment', null],
    ['private_secrets', 'vault', 'secret', null],
    ['public_secrets', 'vault', 'secret', null],
  ])('%s', (name, scope, counts, where) => {
    expect(limitOfKind(KEYWAY, name, 'count')).toMatchObject({ scope, counts, where, edge: 'refuse' });
  });

  test.each([
    ['value_bytes', 'request_item', 'byte'],
    ['push_items', 'request', 'item'],
  ])('%s', (name, scope, unit) => {
    expect(limitOfKind(KEYWAY, name, 'size')).toMatchObject({ scope, unit, edge: 'invalid' });
  });

  test.each([
    ['private_secrets', 'private'],
    ['public_secrets', 'public'],
  ])('%s holds in vaults that are %s alone', (name, visibility) => {
    expect(limitNamed(KEYWAY, name).appliesTo).toEqual({ visibility: [visibility] });
  });

  test('org_private_vaults is a feature that creating needs', () => {
    expect(KEYWAY.features['org_private_vaults']).toMatchObject({ type: 'boolean', gates: ['write'] });
  });

  test('audit_days hides at once and prunes what has been hidden for 7 days (§5)', () => {
    const audit = { records: ['audit_entry'], edge: 'hide_then_prune', graceDays: 7, chain: 'boundary' };
    expect(limitOfKind(KEYWAY, 'audit_days', 'retention')).toMatchObject(audit);
  });
});

test('docs/spec/keyway.md §4.2: beyond the limit the newest private vaults can only be read, sorted by creation, then id', () => {
  expect(limitNamed(KEYWAY, 'private_vaults').over).toEqual({
    treatment: 'read_only_newest',
    order: ['created_at', 'id'],
    reason: 'plan_limit_exceeded',
  });
});

test('docs/spec/keyway.md §4.3: without Team, private vaults of organisations can only be read', () => {
  expect(KEYWAY.features['org_private_vaults']?.onLoss).toEqual({
    treatment: 'read_only',
    resource: 'vault',
    where: { visibility: ['private'], owner_kind: ['organization'] },
    reason: 'org_free_plan',
  });
});

describe('docs/spec/keyway.md §4.4', () => {
  test.each(['environments', 'private_secrets', 'providers'])('%s: what is there keeps working', (name) => {
    expect(limitNamed(KEYWAY, name).over).toEqual({ treatment: 'keep_working' });
  });
});

test('docs/spec/keyway.md §4.6: single limits can be raised on Enterprise alone', () => {
  expect(plansByRank(KEYWAY).map(({ overridable }) => overridable)).toEqual([false, false, false, true]);
  const fixed = Object.values(KEYWAY.limits).filter(({ overridable }) => !overridable);
  expect(fixed.map(({ name }) => name)).toEqual(['rate.device_verify']);
});

describe('docs/spec/keyway.md §2.4, §6.1: how it is said', () => {
  test.each([
    ['limit', 'plan-limit'],
    ['feature', 'plan-limit'],
    ['state', 'plan-limit'],
    ['size', 'validation-error'],
    ['rate', 'rate-limited'],
  ] as const)('a refusal of class %s has the type %s', (each, code) => {
    expect(KEYWAY.presentation).toMatchObject({ style: 'problem', base: 'https://keyway.sh/errors/' });
    expect(KEYWAY.presentation?.codes[each]).toBe(code);
  });

  test('unlimited is the word, and upgrades have an address', () => {
    expect(KEYWAY.presentation).toMatchObject({ unlimited: 'unlimited', upgradeUrl: 'https://keyway.sh/upgrade' });
  });

  test.each([
    ['limits', 'maxPublicRepos', 'allowed', 'public_vaults'],
    ['limits', 'maxPrivateRepos', 'allowed', 'private_vaults'],
    ['limits', 'maxProviders', 'allowed', 'providers'],
    ['limits', 'maxEnvironmentsPerVault', 'allowed', 'environments'],
    ['limits', 'maxSecretsPerPrivateVault', 'allowed', 'private_secrets'],
    ['usage', 'public', 'used', 'public_vaults'],
    ['usage', 'private', 'used', 'private_vaults'],
    ['usage', 'providers', 'used', 'providers'],
  ])('%s.%s is the %s amount of %s', (group, field, of, name) => {
    expect(KEYWAY.presentation?.usage).toMatchObject({ plan: { of: 'plan' } });
    expect(KEYWAY.presentation?.usage[group]).toMatchObject({ of: 'fields', fields: { [field]: { of, name } } });
  });
});

describeTable('docs/spec/keyway.md §8.1', {
  catalogue: KEYWAY_LATER,
  plans: ['free', 'pro', 'team', 'business'],
  rows: [
    ['prices in EUR', (plan) => priceOf(plan), 0, 9, 19, 39],
    ['private vaults', 'private_vaults', 1, 10, 20, 50],
    ['two providers on Free', 'providers', 2, 'unlimited', 'unlimited', 'unlimited'],
    ['three environments on Free', 'environments', 3, 'unlimited', 'unlimited', 'unlimited'],
    ['unlimited secrets on Free', 'private_secrets', ...UNLIMITED],
    ['organisation repositories on every plan', 'org_private_vaults', ...always(true, 4)],
    ['64 KB for everyone', 'value_bytes', ...always(65_536, 4)],
    ['1,000 items for everyone', 'push_items', ...always(1_000, 4)],
  ],
});

function priceOf(plan: string): number | null {
  const { price: told } = planNamed(KEYWAY_LATER, plan);
  return told !== null && typeof told === 'object' && told.month !== null ? told.month / 100 : null;
}

describe('docs/spec/keyway.md §8.1', () => {
  test('the fourth tier was called Startup first', () => {
    expect(planNamed(KEYWAY_LATER, 'business').aliases).toEqual(['startup']);
    expect(KEYWAY_LATER.currency).toBe('EUR');
  });

  test('default page 20, access tokens of 7 days, refreshed for 90', () => {
    expect(KEYWAY_LATER.constraints).toMatchObject({ page_size: { default: 20 }, jwt_days: 7, refresh_days: 90 });
  });

  test('it is another version of the same catalogue, and no plan is lost', () => {
    expect([KEYWAY.name, KEYWAY.version]).toEqual(['keyway', '1']);
    expect([KEYWAY_LATER.name, KEYWAY_LATER.version]).toEqual(['keyway', '2']);
    expect(canonicalText(KEYWAY_LATER)).not.toBe(canonicalText(KEYWAY));
    expect(Object.keys(KEYWAY_LATER.plans)).toEqual(expect.arrayContaining(Object.keys(KEYWAY.plans)));
  });
});

test('the catalogue has the rows of these tables and nothing else', () => {
  expect(Object.keys(KEYWAY.limits)).toHaveLength(9 + 3);
  expect(Object.keys(KEYWAY.features)).toHaveLength(1);
  expect(Object.keys(KEYWAY.constraints)).toHaveLength(7 + 1);
});
