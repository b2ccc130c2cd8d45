import { describe, expect, test } from 'vitest';
import { admittingPlan, requiredPlan } from '../../../domain/plans/admitting.ts';
import { limitNamed, planNamed } from '../../../domain/plans/catalogue.ts';
import { effectiveFeature, effectiveLimit, effectivePlan, entitlements } from '../../../domain/plans/entitlements.ts';
import { limitIn, onPlan, standingOf } from '../../../domain/plans/standing.ts';
import type { Override, RateNumbers } from '../../../domain/plans/subject.ts';
import { anOverride, aSubjectOn, KEYWAY, loaded, NOON, replaced, SMALL, UNKEY } from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

const term = { startsAtMs: 0, endsAtMs: null };

describe('where a subject stands', () => {
  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('is not known at %s', (nowMs) => {
    expect(() => standingOf(SMALL, aSubjectOn('gold'), nowMs)).toThrow(new RangeError(`${nowMs} is not an instant`));
  });

  test('is told of the first line unless another is named; one that there is not is a bug', () => {
    const both = { ...aSubjectOn('pro_1m'), plans: ['compute_pro', 'pro_1m'] };
    const [first] = Object.keys(UNKEY.lines);
    expect(effectivePlan(UNKEY, both, NOON)).toBe(effectivePlan(UNKEY, both, NOON, first));
    expect(effectivePlan(UNKEY, both, NOON, 'api').name).toBe('pro_1m');
    expect(effectivePlan(UNKEY, both, NOON, 'compute').name).toBe('compute_pro');
    expect(() => effectivePlan(UNKEY, both, NOON, 'disk')).toThrow("has no line 'disk'");
  });

  test('on another plan is as if that plan were its own', () => {
    const standing = standingOf(SMALL, { ...aSubjectOn('gold'), plans: [] }, NOON);
    expect(limitIn(standing, limitNamed(SMALL, 'seats'))).toEqual({ value: 1, source: 'default' });
    const moved = onPlan(standing, planNamed(SMALL, 'silver'));
    expect(limitIn(moved, limitNamed(SMALL, 'seats'))).toEqual({ value: 5, source: 'plan' });
  });
});

describe('a limit that does not hold in a scope', () => {
  const closed = { scope: 'site', id: 's', attributes: { visibility: 'closed', owner: 'firm' } };
  const question = { ask: 'add', limit: 'pages', used: 99, amount: 1, scope: closed } as const;

  test('stands against nothing there, on any plan', () => {
    expect(requiredPlan(EVERY_KIND, aSubjectOn('paid'), question, NOON)).toBe('free');
    expect(admittingPlan(EVERY_KIND, aSubjectOn('free'), question, NOON)).toBe('paid');
  });
});

const level = (value: string): Override => ({ kind: 'feature', name: 'detail', value, ...term });

describe('a level that was agreed', () => {
  const catalogue = loaded(replaced(EVERY_KIND_TEXT, 'type: level\n', 'type: level\n    overridable: true\n'));
  const detail = (overrides: Override[], plan = 'paid') =>
    effectiveFeature(catalogue, aSubjectOn(plan, { overrides }), 'detail', NOON);

  test("takes the plan's place", () => {
    expect(detail([])).toEqual({ enabled: true, level: 'mid', source: 'plan' });
    expect(detail([level('low')])).toEqual({ enabled: true, level: 'low', source: 'override' });
    expect(detail([level('high')])).toEqual({ enabled: true, level: 'high', source: 'override' });
  });

  test('with another at the same instant gives the higher of the two, in either order', () => {
    expect(detail([level('low'), level('high')]).level).toBe('high');
    expect(detail([level('high'), level('low')]).level).toBe('high');
  });

  test('is a bug where the feature has no such level', () => {
    expect(() => detail([level('deep')])).toThrow(
      new RangeError(`"deep" is no value for feature 'detail' of catalogue 'everything' 1`),
    );
  });
});

const trial = (value: string): Override => ({ kind: 'plan', name: 'compute', value, ...term });

const onTrial = (value: string) => aSubjectOn('pro_1m', { overrides: [trial(value)] });

describe('what was agreed and can never hold is a bug where one thing alone is asked about, too:', () => {
  test('a limit', () => {
    const wrong = aSubjectOn('bronze', { overrides: [anOverride('seats', -1)] });
    expect(() => effectiveLimit(SMALL, wrong, 'seats', NOON)).toThrow("-1 is no value for limit 'seats'");
    expect(effectiveLimit(SMALL, wrong, 'doors', NOON).value).toBe(3);
  });

  test('a plan of another line', () => {
    expect(effectivePlan(UNKEY, onTrial('compute_pro'), NOON, 'compute').name).toBe('compute_pro');
    expect(() => effectivePlan(UNKEY, onTrial('pro_2m'), NOON, 'compute')).toThrow(
      `"pro_2m" is no value for plan 'compute' of catalogue 'unkey'`,
    );
  });

  test.each([
    [36_500, true],
    [36_501, false],
    ['unlimited', true],
  ] as const)('%s days of retention: possible is %s', (days, isPossible) => {
    const told = () => entitlements(KEYWAY, aSubjectOn('free', { overrides: [anOverride('audit_days', days)] }), NOON);
    if (isPossible) expect(told).not.toThrow();
    else expect(told).toThrow(`${days} is no value for limit 'audit_days'`);
  });
});

const pattern = (name: string, value: RateNumbers): Override => ({
  kind: 'rate_pattern',
  name,
  pattern: '*',
  value,
  ...term,
});

const told = (name: string, value: RateNumbers) =>
  entitlements(UNKEY, aSubjectOn('pro_1m', { overrides: [pattern(name, value)] }), NOON);

describe('numbers of a rate that were agreed for a pattern', () => {
  test.each([
    [{ limit: 0, windowSeconds: 1 }],
    [{ limit: 5, windowSeconds: 31_536_000 }],
    [{ limit: 'unlimited', windowSeconds: 60 }],
  ] as const)('%j: they can hold, and what the plan gives is told as before', (value) => {
    expect(told('api_rate', value).limits['api_rate']).toEqual(
      entitlements(UNKEY, aSubjectOn('pro_1m'), NOON).limits['api_rate'],
    );
  });

  test.each([
    [{ limit: -1, windowSeconds: 1 }],
    [{ limit: 0.5, windowSeconds: 1 }],
    [{ limit: 5, windowSeconds: 0 }],
    [{ limit: 5, windowSeconds: 0.5 }],
    [{ limit: 5, windowSeconds: 31_536_001 }],
  ])('%j: they never can', (value) => {
    expect(() => told('api_rate', value)).toThrow(
      `${JSON.stringify(value)} is no value for rate_pattern 'api_rate' of catalogue 'unkey'`,
    );
  });

  test('are a bug for what is no rate', () => {
    expect(() => told('requests_per_month', { limit: 5, windowSeconds: 60 })).toThrow('is a quota, not a rate');
  });
});
