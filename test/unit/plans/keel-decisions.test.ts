import { describe, expect, test } from 'vitest';
import { requiredPlan } from '../../../domain/plans/admitting.ts';
import { type Catalogue, findPlan } from '../../../domain/plans/catalogue.ts';
import { decide, mayAdd, mayUse, quotaState } from '../../../domain/plans/decision.ts';
import { clampedLevel, shapeOf } from '../../../domain/plans/levels.ts';
import { allowedTransitions, isSelfServe } from '../../../domain/plans/transitions.ts';
import { aSubjectOn, KEEL, NOON } from './catalogues.ts';

// docs/spec/keel.md §7.4, by its numbers. What needs a counter, a route or a chain is shown where those are.
const PLANS = ['starter', 'growth', 'business', 'enterprise'];
const DAY_MS = 86_400_000;
const A_PROJECT = { scope: 'project', id: 'p1', attributes: {} };

const protection = (verb: 'run' | 'write') =>
  mayUse(KEEL, aSubjectOn('growth'), 'firewall_strengthening', NOON, { verb });

describe('§7.4.1 each gate of §2.1 on each plan', () => {
  const GATES = [
    ['decision_snapshots', 'read', 'growth'],
    ['decision_snapshots', 'capture', 'growth'],
    ['replay_evidence', 'read', 'growth'],
    ['permit_evidence', 'write', 'growth'],
    ['permit_evidence', 'read', 'growth'],
    ['cost_forecast', 'read', 'growth'],
    ['prompt_analytics', 'read', 'growth'],
    ['integrity_api', 'read', 'growth'],
    ['compliance_exports', 'write', 'business'],
    ['compliance_exports', 'read', 'business'],
    ['langfuse', 'run', 'growth'],
    ['organization_dashboard', 'read', 'enterprise'],
    ['teams', 'write', 'enterprise'],
  ] as const;

  test.each(GATES)('%s, to %s, passes from %s up and names it below', (feature, verb, lowest) => {
    for (const plan of PLANS) {
      const { allowed, by } = mayUse(KEEL, aSubjectOn(plan), feature, NOON, { verb });
      const passes = PLANS.indexOf(plan) >= PLANS.indexOf(lowest);
      expect([plan, allowed, by.admittingPlan]).toEqual([plan, passes, passes ? null : lowest]);
      // A product tells the plan beside a "yes", too (§2.2).
      expect(requiredPlan(KEEL, aSubjectOn(plan), { ask: 'use', feature, verb }, NOON)).toBe(lowest);
    }
  });

  test.each(PLANS)('the public timeline passes on %s: replay gates reading, and nothing else', (plan) => {
    expect(mayUse(KEEL, aSubjectOn(plan), 'replay_evidence', NOON, { verb: 'write' }).allowed).toBe(true);
  });

  test('a protection that was lost goes on running, and nothing is added to it (§4.2)', () => {
    expect(protection('run').allowed).toBe(true);
    expect(protection('write')).toMatchObject({ allowed: false, by: { admittingPlan: 'business' } });
  });
});

describe('§7.4.2 the latest checkpoint', () => {
  const ARTIFACT = ['last_tick_at', 'checkpoint_id', 'chain_heads', 'composite_hash', 'external_anchor'];
  test.each([
    ['starter', 'status', ['last_tick_at'], 'artifact', 'business'],
    ['growth', 'status', ['last_tick_at'], 'artifact', 'business'],
    ['business', 'artifact', ARTIFACT, 'witness', 'enterprise'],
    ['enterprise', 'witness', [...ARTIFACT, 'tsa'], null, null],
  ])('has on %s exactly the fields of the level %s', (plan, level, fields, nextLevel, admittingPlan) => {
    expect(shapeOf(KEEL, aSubjectOn(plan), 'checkpoint_detail', NOON)).toEqual({
      level,
      fields,
      nextLevel,
      admittingPlan,
    });
  });

  test.each(PLANS)('is answered on %s: shaping refuses nobody', (plan) => {
    expect(mayUse(KEEL, aSubjectOn(plan), 'checkpoint_detail', NOON, { verb: 'shape' }).allowed).toBe(true);
  });

  test('a feature without levels has no form', () => {
    expect(() => shapeOf(KEEL, aSubjectOn('growth'), 'teams', NOON)).toThrow("feature 'teams' has no levels");
  });
});

const addProject = (plan: string, used: number) => mayAdd(KEEL, aSubjectOn(plan), 'projects', used, 1, NOON);

describe('§7.4.4 projects', () => {
  test('the sixth on Growth is refused, and needs Business', () => {
    expect(addProject('growth', 4).allowed).toBe(true);
    expect(addProject('growth', 5)).toMatchObject({
      allowed: false,
      by: { used: 5, allowed: 5, admittingPlan: 'business' },
    });
  });

  test('after Business, with eight of them, the ninth is refused on Growth and the eight go on', () => {
    expect(addProject('business', 8).allowed).toBe(true);
    expect(addProject('growth', 8)).toMatchObject({ allowed: false, by: { used: 8, remaining: 0 } });
    expect(mayAdd(KEEL, aSubjectOn('growth'), 'projects', 8, 0, NOON).allowed).toBe(true);
  });
});

const addEnvelope = (used: number, id: string) =>
  mayAdd(KEEL, aSubjectOn('starter'), 'budget_envelopes', used, 1, NOON, { ...A_PROJECT, id });

test('§7.4.5 the second envelope of a project is refused on Starter, the first of another passes', () => {
  expect(addEnvelope(1, 'p1')).toMatchObject({ allowed: false, by: { scope: 'p1', admittingPlan: 'growth' } });
  expect(addEnvelope(0, 'p2')).toMatchObject({ allowed: true, by: { scope: 'p2' } });
});

const write = (plan: string, level: string) =>
  mayUse(KEEL, aSubjectOn(plan), 'policy_authoring', NOON, { verb: 'write', level });

describe('§7.4.6 a policy with a rule beyond its level', () => {
  test('is refused on Growth, naming the level and the plan', () => {
    expect(write('growth', 'full')).toMatchObject({
      allowed: false,
      by: { class: 'feature', kind: 'level', level: 'basic', requiredLevel: 'full', admittingPlan: 'business' },
    });
    expect(write('growth', 'basic').allowed).toBe(true);
    expect(write('growth', 'templates').allowed).toBe(true);
    expect(write('starter', 'basic').by.admittingPlan).toBe('growth');
    expect(write('starter', 'full').by.admittingPlan).toBe('business');
  });

  test('is still evaluated after Business, then Growth', () => {
    expect(mayUse(KEEL, aSubjectOn('growth'), 'policy_authoring', NOON, { verb: 'run', level: 'full' }).allowed).toBe(
      true,
    );
  });

  test('of a level that there is not is a bug', () => {
    expect(() => write('growth', 'expert')).toThrow("feature 'policy_authoring' has no level 'expert'");
    expect(() => mayUse(KEEL, aSubjectOn('growth'), 'teams', NOON, { level: 'full' })).toThrow("has no level 'full'");
  });

  test('without asking for a level everybody has one', () => {
    expect(mayUse(KEEL, aSubjectOn('starter'), 'policy_authoring', NOON)).toMatchObject({
      allowed: true,
      by: { level: 'templates', requiredLevel: null, verb: null },
    });
  });
});

const runs = (plan: string, wanted: string) =>
  clampedLevel(KEEL, aSubjectOn(plan), { feature: 'routing_fallback', wanted }, NOON);

test('§4.2 a routing chain runs as far as the level goes, and not further', () => {
  expect(runs('business', 'cross_provider')).toBe('cross_provider');
  expect(runs('growth', 'cross_provider')).toBe('same_provider_chain');
  expect(runs('starter', 'cross_provider')).toBe('single_same_provider');
  expect(runs('business', 'single_same_provider')).toBe('single_same_provider');
  expect(() => runs('growth', 'anything')).toThrow("has no level 'anything'");
});

const sees = (plan: string) =>
  decide(KEEL, aSubjectOn(plan), { ask: 'see', records: 'permit', createdAtMs: NOON - 31 * DAY_MS }, NOON);

test('§7.4.7 a record of 31 days is hidden on Growth and shown on Business', () => {
  expect(sees('growth')).toMatchObject({ allowed: false, by: { admittingPlan: 'business' } });
  expect(sees('business').allowed).toBe(true);
});

describe('§7.4.8 how one gets a plan', () => {
  test('Starter and Enterprise can not be bought, Growth and Business can', () => {
    expect(PLANS.filter((plan) => isSelfServe(KEEL, plan))).toEqual(['growth', 'business']);
  });

  test('from Growth: up by paying, down by cancelling at the end of the period, to Enterprise by agreement (§4.1)', () => {
    expect(allowedTransitions(KEEL, 'growth')).toEqual([
      { to: 'starter', direction: 'down', by: 'cancellation', effective: 'period_end', clears: [] },
      { to: 'business', direction: 'up', by: 'checkout', effective: 'after_payment', clears: [] },
      { to: 'enterprise', direction: 'up', by: 'agreement', effective: 'at_once', clears: [] },
    ]);
  });

  test('leaving Enterprise is agreed as well', () => {
    expect(allowedTransitions(KEEL, 'enterprise').map(({ to, by }) => [to, by])).toEqual([
      ['starter', 'agreement'],
      ['growth', 'agreement'],
      ['business', 'agreement'],
    ]);
  });
});

test('§7.4.9 the old name pro gives growth', () => {
  expect(findPlan(KEEL, 'pro')?.name).toBe('growth');
  expect(findPlan(KEEL, 'nothing')).toBeUndefined();
});

const ask = (catalogue: Catalogue, used: number) =>
  quotaState(catalogue, aSubjectOn('starter'), 'governed_requests', used, 1, NOON);

function withFeature(name: string, values: Record<string, boolean>): Catalogue {
  const feature = KEEL.features[name]!;
  if (feature.type !== 'boolean') throw new Error('a boolean feature is needed');
  return {
    ...KEEL,
    features: { ...KEEL.features, [name]: { ...feature, values: { ...feature.values, ...values } } },
  };
}

describe('§7.4.10 the included number of requests', () => {
  test('is served in full and nothing beyond it, until the month ends', () => {
    expect(ask(KEEL, 999).allowed).toBe(true);
    expect(ask(KEEL, 1_000)).toMatchObject({
      allowed: false,
      by: {
        class: 'quota',
        edge: 'hard',
        used: 1_000,
        allowed: 1_000,
        admittingPlan: 'growth',
        resetsAt: '2026-12-01T00:00:00.000Z',
        retryAfterSeconds: 9.5 * 86_400,
      },
    });
  });

  test('is served beyond it and metered where overage is on', () => {
    const withOverage = withFeature('overage_billing', { starter: true });
    expect(ask(withOverage, 1_000)).toMatchObject({
      allowed: true,
      by: { edge: 'overage', used: 1_000, remaining: 0 },
    });
  });

  test('a plan with overage admits, even one with a lower number', () => {
    const catalogue = withFeature('overage_billing', { business: true });
    expect(quotaState(catalogue, aSubjectOn('growth'), 'governed_requests', 9_000_000, 1, NOON).by.admittingPlan).toBe(
      'business',
    );
  });

  test('is counted in billing periods where something is billed', () => {
    const billed = aSubjectOn('growth', {
      billing: { anchorMs: Date.parse('2026-01-31T00:00:00Z'), interval: 'month' },
    });
    expect(quotaState(KEEL, billed, 'governed_requests', 0, 1, NOON).by.resetsAt).toBe('2026-11-30T00:00:00.000Z');
  });

  test.each([
    ['on Starter, which is not billed', 'starter', false],
    ['while billing is cancelled', 'growth', true],
  ])('is counted in calendar months in UTC %s', (_when, plan, billingCancelled) => {
    const billing = { anchorMs: Date.parse('2026-01-31T00:00:00Z'), interval: 'month' } as const;
    const subject = aSubjectOn(plan, { billing, billingCancelled });
    expect(quotaState(KEEL, subject, 'governed_requests', 0, 1, NOON).by.resetsAt).toBe('2026-12-01T00:00:00.000Z');
  });
});
