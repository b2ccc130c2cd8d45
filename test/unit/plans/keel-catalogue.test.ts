import { describe, expect, test } from 'vitest';
import {
  featureNamed,
  findPlan,
  limitNamed,
  limitOfKind,
  planNamed,
  plansByRank,
} from '../../../domain/plans/catalogue.ts';
import { KEEL, KEEL_LATER } from './catalogues.ts';
import { always, describeTable, valueOf } from './plan-table.ts';

const PLANS = ['starter', 'growth', 'business', 'enterprise'];
const FROM_GROWTH = [false, true, true, true] as const;
const FROM_BUSINESS = [false, false, true, true] as const;
const ENTERPRISE = [false, false, false, true] as const;
const NOWHERE = [false, false, false, false] as const;

const attribute = (name: string) => (plan: string) => planNamed(KEEL, plan).attributes[name];

describeTable('docs/spec/keel.md §1', {
  catalogue: KEEL,
  plans: PLANS,
  rows: [
    ['projects', 'projects', 1, 5, 'unlimited', 'unlimited'],
    ['log_days', 'log_days', 7, 30, 180, 365],
    ['governed_requests', 'governed_requests', 1_000, 100_000, 1_000_000, 5_000_000],
    ['policy_authoring', 'policy_authoring', 'templates', 'basic', 'full', 'full'],
    [
      'routing_fallback',
      'routing_fallback',
      'single_same_provider',
      'same_provider_chain',
      'cross_provider',
      'cross_provider',
    ],
    ['budget_envelopes', 'budget_envelopes', 1, 'unlimited', 'unlimited', 'unlimited'],
    ['firewall_strengthening', 'firewall_strengthening', ...FROM_BUSINESS],
    ['langfuse', 'langfuse', ...FROM_GROWTH],
    ['overage_billing', 'overage_billing', ...NOWHERE],
    ['self_serve_checkout', attribute('self_serve_checkout'), false, true, true, false],
    ['billing_portal', attribute('billing_portal'), false, true, true, false],
    ['stripe_metering', attribute('stripe_metering'), ...NOWHERE],
    ['evidence_export_json', 'evidence_export_json', ...FROM_GROWTH],
    ['evidence_export_pdf', 'evidence_export_pdf', ...FROM_BUSINESS],
    ['organization_dashboard', 'organization_dashboard', ...ENTERPRISE],
    ['teams', 'teams', ...ENTERPRISE],
    ['sales_led', attribute('sales_led'), ...ENTERPRISE],
    ['manual_billing', attribute('manual_billing'), ...ENTERPRISE],
  ],
});

describeTable('docs/spec/keel.md §1, entitlements that the gates add', {
  catalogue: KEEL,
  plans: PLANS,
  rows: [
    ['decision_snapshots', 'decision_snapshots', ...FROM_GROWTH],
    ['replay_evidence', 'replay_evidence', ...FROM_GROWTH],
    ['permit_evidence', 'permit_evidence', ...FROM_GROWTH],
    ['cost_forecast', 'cost_forecast', ...FROM_GROWTH],
    ['prompt_analytics', 'prompt_analytics', ...FROM_GROWTH],
    ['integrity_api', 'integrity_api', ...FROM_GROWTH],
    ['checkpoint_detail', 'checkpoint_detail', 'status', 'status', 'artifact', 'witness'],
    ['compliance_exports', 'compliance_exports', ...FROM_BUSINESS],
  ],
});

test('docs/spec/keel.md §1: four tiers in their order, and one starts on the lowest', () => {
  expect(plansByRank(KEEL).map(({ name }) => name)).toEqual(PLANS);
  expect(KEEL).toMatchObject({ name: 'keel', version: '1', subject: 'account' });
  expect(KEEL.lines).toEqual({ main: { name: 'main', fallback: 'starter' } });
});

test('docs/spec/keel.md §1.1: what the page says is enforced is contract, the rest is declared', () => {
  const contract = Object.values(KEEL.features).filter((feature) => feature.contract);
  expect(contract.map(({ name }) => name)).toEqual([
    'checkpoint_detail',
    'compliance_exports',
    'cost_forecast',
    'decision_snapshots',
    'integrity_api',
    'langfuse',
    'organization_dashboard',
    'permit_evidence',
    'prompt_analytics',
    'replay_evidence',
    'teams',
  ]);
});

describe('docs/spec/keel.md §1.2', () => {
  test.each([
    ['free', 'starter'],
    ['pro', 'growth'],
    ['builder', 'growth'],
    ['team', 'business'],
    ['scale', 'business'],
    ['enterprise', 'enterprise'],
  ])('%s is taken for %s', (told, plan) => {
    expect(findPlan(KEEL, told)?.name).toBe(plan);
  });

  test.each(['Pro', 'platinum', 'constructor'])('%s is no plan', (told) => {
    expect(findPlan(KEEL, told)).toBeUndefined();
  });
});

describe('docs/spec/keel.md §2.3', () => {
  test.each([
    ['projects', 'account', 'project'],
    ['budget_envelopes', 'project', 'budget_envelope'],
  ])('%s', (name, scope, counts) => {
    const rest = { edge: 'refuse', over: { treatment: 'keep_working' } };
    expect(limitOfKind(KEEL, name, 'count')).toMatchObject({ scope, counts, ...rest });
  });

  test('governed_requests', () => {
    expect(limitOfKind(KEEL, 'governed_requests', 'quota')).toMatchObject({
      scope: 'account',
      counts: ['permit_granted'],
    });
  });

  test('log_days', () => {
    expect(limitOfKind(KEEL, 'log_days', 'retention')).toMatchObject({
      scope: 'account',
      records: ['permit', 'governed_request', 'usage', 'governance_event', 'snapshot', 'evidence'],
      edge: 'hide_then_prune',
      graceDays: 7,
      chain: 'boundary',
    });
  });

  test.each([
    ['policy_authoring', 'write'],
    ['routing_fallback', 'run'],
    ['checkpoint_detail', 'shape'],
  ])('%s bites at %s', (name, verb) => {
    expect(featureNamed(KEEL, name).gates).toEqual([verb]);
  });
});

test('docs/spec/keel.md §2.4: a hard quota of the billing period, overage by feature, notices at 80 and 100 percent', () => {
  const limit = limitOfKind(KEEL, 'governed_requests', 'quota');
  expect(limit).toMatchObject({ period: 'billing_period', notices: [80, 100], counted: 'always' });
  // oxlint-disable-next-line unicorn/no-thenable -- a field of the catalogue, never awaited
  expect(limit.edge).toEqual({ ifFeature: 'overage_billing', then: 'overage', otherwise: 'hard' });
});

test('docs/spec/keel.md §2.5: the levels of policy authoring ascend', () => {
  expect(featureNamed(KEEL, 'policy_authoring')).toMatchObject({
    type: 'level',
    levels: ['templates', 'basic', 'full'],
  });
});

describe('docs/spec/keel.md §4.1', () => {
  test.each([
    ['starter', 'default', 'none'],
    ['growth', 'self_serve', 'card'],
    ['business', 'self_serve', 'card'],
    ['enterprise', 'sales_led', 'manual'],
  ])('%s', (plan, acquisition, billing) => {
    expect(planNamed(KEEL, plan)).toMatchObject({ acquisition, billing });
  });
});

describe('docs/spec/keel.md §4.2', () => {
  test.each([
    ['custom policies beyond the level', 'policy_authoring', 'keep_enforcing'],
    ['firewall strengthening', 'firewall_strengthening', 'keep_enforcing'],
    ['routing fallback', 'routing_fallback', 'clamp'],
    ['Langfuse', 'langfuse', 'stop'],
    ['snapshots', 'decision_snapshots', 'stop'],
    ['replay', 'replay_evidence', 'stop'],
    ['evidence', 'permit_evidence', 'stop'],
    ['exports', 'compliance_exports', 'stop'],
    ['organisation dashboard', 'organization_dashboard', 'stop'],
    ['teams: access that they gave stays', 'teams', 'keep_working'],
    ['checkpoint detail', 'checkpoint_detail', 'clamp'],
  ])('%s', (_what, name, treatment) => {
    expect(featureNamed(KEEL, name).onLoss.treatment).toBe(treatment);
  });
});

test('docs/spec/keel.md §5.3: each level of the checkpoint adds its fields', () => {
  expect(featureNamed(KEEL, 'checkpoint_detail')).toMatchObject({
    levels: ['status', 'artifact', 'witness'],
    shape: {
      status: ['last_tick_at'],
      artifact: ['checkpoint_id', 'chain_heads', 'composite_hash', 'external_anchor'],
      witness: ['tsa'],
    },
  });
});

describe('docs/spec/keel.md §5.4', () => {
  test.each([
    ['decision_snapshots', ['capture', 'read']],
    ['replay_evidence', ['read']],
    ['permit_evidence', ['write', 'read']],
    ['integrity_api', ['read']],
    ['compliance_exports', ['write', 'read']],
  ])('%s', (name, gates) => {
    expect(featureNamed(KEEL, name).gates).toEqual(gates);
  });
});

test('docs/spec/keel.md §2.2, §2.4, §6.1: how it is said', () => {
  expect(KEEL.presentation).toMatchObject({
    style: 'access_block',
    codes: {
      feature: 'plan.upgrade_required',
      limit: 'plan.limit_reached',
      quota: 'plan.governed_requests_exhausted',
    },
    unlimited: null,
    usage: {
      plan: { of: 'plan' },
      project_limit: { of: 'allowed', name: 'projects' },
      log_retention_days: { of: 'allowed', name: 'log_days' },
    },
  });
});

const LATER = ['starter', 'production', 'enterprise'];

describeTable('docs/spec/keel.md §8.1', {
  catalogue: KEEL_LATER,
  plans: LATER,
  rows: [
    ['requests', 'governed_requests', 10_000, 1_000_000, 5_000_000],
    ['usage-scaled projects', 'projects', ...always('unlimited', 3)],
    ['timestamp receipts on all tiers', 'checkpoint_detail', ...always('witness', 3)],
    ['the integrity API from Production', 'integrity_api', false, true, true],
    ['firewall strengthening as graded levels', 'firewall_strengthening', 'baseline', 'strengthened', 'custom'],
    ['evidence export as graded levels', 'evidence_export', 'none', 'pdf', 'pdf'],
    ['compliance exports as graded levels', 'compliance_exports', 'none', 'bundle', 'signed'],
  ],
});

describe('docs/spec/keel.md §8.1', () => {
  test('three tiers', () => {
    expect(plansByRank(KEEL_LATER).map(({ name }) => name)).toEqual(LATER);
    expect(KEEL_LATER).toMatchObject({ name: 'keel', version: '2' });
  });

  test.each(['business', 'team', 'scale'])('%s is an alias of Production', (told) => {
    expect(findPlan(KEEL_LATER, told)?.name).toBe('production');
  });

  test('every plan of before leads somewhere', () => {
    for (const { name, aliases } of plansByRank(KEEL)) {
      for (const told of [name, ...aliases]) expect(findPlan(KEEL_LATER, told)).toBeDefined();
    }
  });

  test('what was there or not is graded now, under the same name', () => {
    expect([
      featureNamed(KEEL, 'firewall_strengthening').type,
      featureNamed(KEEL_LATER, 'firewall_strengthening').type,
    ]).toEqual(['boolean', 'level']);
  });
});

test('the catalogue has the rows of these tables and nothing else', () => {
  expect(Object.keys(KEEL.limits).map((name) => limitNamed(KEEL, name).kind)).toHaveLength(4);
  expect(Object.keys(KEEL.features)).toHaveLength(9 + 8);
  expect(PLANS.map((plan) => valueOf(KEEL, [plan], 'overage_billing'))).not.toContain(true);
});
