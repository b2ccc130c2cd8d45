import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admittingPlan } from '../../../domain/plans/admitting.ts';
import type { Limit } from '../../../domain/plans/catalogue.ts';
import { type Facts, mayAdd, mayUse, quotaState } from '../../../domain/plans/decision.ts';
import { effectiveLimit } from '../../../domain/plans/entitlements.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { anOverride, aSubjectOn, NOON, PLATFORM, SMALL } from './catalogues.ts';

/** All facts of a decision; what isn't told is unknown to its kind. */
function facts(known: Partial<Facts>): Partial<Facts> {
  return {
    used: null,
    allowed: null,
    remaining: null,
    requested: null,
    scope: null,
    admittingPlan: null,
    overrideable: true,
    resetsAt: null,
    retryAfterSeconds: null,
    windowSeconds: null,
    level: null,
    requiredLevel: null,
    verb: null,
    reason: null,
    edge: null,
    ...known,
  };
}

describe('mayUse', () => {
  test('tells that a feature is there', () => {
    expect(mayUse(SMALL, aSubjectOn('gold'), 'export', NOON)).toEqual({
      allowed: true,
      by: facts({ name: 'export', class: 'feature', kind: 'feature', plan: 'gold' }),
    });
  });

  test('tells the lowest plan that has what is missing, and that an override would not hold', () => {
    expect(mayUse(SMALL, aSubjectOn('bronze'), 'export', NOON)).toMatchObject({
      allowed: false,
      by: { name: 'export', class: 'feature', admittingPlan: 'gold', overrideable: false },
    });
  });

  test('names no plan below, even if that has the feature', () => {
    expect(mayUse(SMALL, aSubjectOn('gold'), 'themes', NOON)).toMatchObject({
      allowed: false,
      by: { admittingPlan: null },
    });
  });

  test('is refused for a feature that does not exist', () => {
    expect(() => mayUse(SMALL, aSubjectOn('gold'), 'exports', NOON)).toThrow(
      "catalogue 'small' 1 has no feature 'exports'",
    );
    expect(() => mayUse(SMALL, aSubjectOn('gold'), 'seats', NOON)).toThrow(RangeError);
  });
});

describe('mayAdd', () => {
  test.each([
    ['the last one that fits', 'silver', 4, 1, true],
    ['one more than that', 'silver', 5, 1, false],
    ['several that just fit', 'silver', 2, 3, true],
    ['several of which the last does not fit', 'silver', 2, 4, false],
    ['one far beyond the limit, after a downgrade', 'bronze', 40, 1, false],
    ['none at the limit', 'silver', 5, 0, true],
    ['none beyond the limit: an edit is not refused for a downgrade', 'bronze', 40, 0, true],
    ['the greatest number where it is unlimited', 'gold', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true],
    ['numbers whose sum is beyond exactness', 'silver', Number.MAX_SAFE_INTEGER, 1, false],
  ])('%s', (_what, plan, used, amount, allowed) => {
    expect(mayAdd(SMALL, aSubjectOn(plan), 'seats', used, amount, NOON).allowed).toBe(allowed);
  });

  test('tells the facts before the addition with a yes', () => {
    expect(mayAdd(SMALL, aSubjectOn('silver'), 'seats', 3, 2, NOON)).toEqual({
      allowed: true,
      by: facts({
        name: 'seats',
        class: 'limit',
        kind: 'count',
        used: 3,
        allowed: 5,
        remaining: 2,
        requested: 2,
        plan: 'silver',
        edge: 'refuse',
      }),
    });
  });

  test('tells that an override would lift it only where plan and limit both allow one', () => {
    for (const [plan, limit, overrideable] of [
      ['silver', 'seats', true],
      ['silver', 'doors', false],
      ['bronze', 'seats', false],
    ] as const) {
      expect(mayAdd(SMALL, aSubjectOn(plan), limit, 9, 1, NOON).by?.overrideable).toBe(overrideable);
    }
  });

  test('never tells a negative remainder', () => {
    expect(mayAdd(SMALL, aSubjectOn('bronze'), 'seats', 40, 1, NOON).by).toMatchObject({
      used: 40,
      allowed: 1,
      remaining: 0,
    });
  });

  test('tells unlimited as it is', () => {
    expect(mayAdd(SMALL, aSubjectOn('gold'), 'seats', 40, 1, NOON).by).toMatchObject({
      allowed: 'unlimited',
      remaining: 'unlimited',
    });
  });

  test.each([
    ['the next plan where that is enough', 'bronze', 1, 1, 'silver'],
    ['the one after it where it is not', 'bronze', 1, 5, 'gold'],
    ['none at the top', 'silver', 4, 1, null],
  ] as const)('names as lifting plan %s', (_what, plan, used, amount, lifting) => {
    expect(mayAdd(SMALL, aSubjectOn(plan), 'seats', used, amount, NOON).by?.admittingPlan).toBe(lifting);
  });

  test('skips a higher plan that gives less, and names none where none gives enough', () => {
    expect(mayAdd(SMALL, aSubjectOn('bronze'), 'doors', 3, 1, NOON).by?.admittingPlan).toBe('gold');
    expect(mayAdd(SMALL, aSubjectOn('bronze'), 'doors', 4, 1, NOON).by?.admittingPlan).toBeNull();
    expect(mayAdd(SMALL, aSubjectOn('silver'), 'doors', 2, 1, NOON).by?.admittingPlan).toBe('gold');
  });

  test('takes overrides along to the plan that it names', () => {
    const overrides = [anOverride('seats', 3)];
    expect(mayAdd(SMALL, aSubjectOn('bronze', { overrides }), 'seats', 2, 1, NOON).by?.admittingPlan).toBe('silver');
    expect(mayAdd(SMALL, aSubjectOn('bronze', { overrides }), 'seats', 3, 1, NOON).by?.admittingPlan).toBeNull();
  });

  test('names the plan above the fallback to a subject with cancelled billing, be it the one it had', () => {
    const cancelled = aSubjectOn('silver', { billingCancelled: true });
    expect(mayAdd(SMALL, cancelled, 'seats', 1, 1, NOON)).toMatchObject({
      allowed: false,
      by: { allowed: 1, admittingPlan: 'silver' },
    });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('is refused for the amount %s', (amount) => {
    expect(() => mayAdd(SMALL, aSubjectOn('gold'), 'seats', 0, amount, NOON)).toThrow(RangeError);
    expect(() => mayAdd(SMALL, aSubjectOn('gold'), 'seats', amount, 0, NOON)).toThrow(RangeError);
  });

  test.each(['calls', 'log_days'])('is refused for %s, which is of another kind', (limit) => {
    expect(() => mayAdd(SMALL, aSubjectOn('gold'), limit, 0, 1, NOON)).toThrow('not a count or sum');
  });

  test('is refused for a limit or a plan that does not exist', () => {
    expect(() => mayAdd(SMALL, aSubjectOn('gold'), 'chairs', 0, 1, NOON)).toThrow("has no limit 'chairs'");
    expect(() => mayAdd(SMALL, aSubjectOn('iron'), 'seats', 0, 1, NOON)).toThrow("has no plan 'iron'");
  });
});

describe('quotaState', () => {
  test('admits exactly as many calls as the limit says', () => {
    let used = 0;
    for (let call = 0; call < 25; call++) {
      if (quotaState(SMALL, aSubjectOn('silver'), 'calls', used, 1, NOON).allowed) used += 1;
    }
    expect(used).toBe(10);
  });

  test('tells with a yes when counting begins anew, and no time to wait', () => {
    expect(quotaState(SMALL, aSubjectOn('silver'), 'calls', 3, 1, NOON)).toEqual({
      allowed: true,
      by: facts({
        name: 'calls',
        class: 'quota',
        kind: 'quota',
        used: 3,
        allowed: 10,
        remaining: 7,
        requested: 1,
        resetsAt: '2026-11-22T00:00:00.000Z',
        plan: 'silver',
        edge: 'hard',
      }),
    });
  });

  test.each([
    ['in the last millisecond of the day', '2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00.000Z', 1],
    ['in the first one', '2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z', 86_400],
    ['a millisecond later, rounded up', '2026-11-21T00:00:00.001Z', '2026-11-22T00:00:00.000Z', 86_400],
    ['at the end of the year', '2027-12-31T23:59:00.000Z', '2028-01-01T00:00:00.000Z', 60],
  ])('tells how long to wait %s', (_when, now, resetsAt, retryAfterSeconds) => {
    const { by } = quotaState(SMALL, aSubjectOn('silver'), 'calls', 10, 1, Date.parse(now));
    expect(by).toMatchObject({ resetsAt, retryAfterSeconds });
  });

  test('refuses a cost that no longer fits although a smaller one would', () => {
    const decisions = [3, 2, 1].map((cost) => quotaState(SMALL, aSubjectOn('silver'), 'calls', 8, cost, NOON));
    expect(decisions.map((decision) => decision.allowed)).toEqual([false, true, true]);
  });

  test('admits a cost of 0 always: it looks and consumes nothing', () => {
    expect(quotaState(SMALL, aSubjectOn('silver'), 'calls', 10, 0, NOON)).toMatchObject({
      allowed: true,
      by: { remaining: 0 },
    });
    expect(quotaState(SMALL, aSubjectOn('bronze'), 'calls', 50, 0, NOON).allowed).toBe(true);
  });

  test('names no time to wait where waiting would not help', () => {
    const never = { resetsAt: '2026-11-22T00:00:00.000Z', retryAfterSeconds: null };
    expect(quotaState(SMALL, aSubjectOn('bronze'), 'calls', 0, 1, NOON)).toMatchObject({ allowed: false, by: never });
    expect(quotaState(SMALL, aSubjectOn('silver'), 'calls', 0, 11, NOON)).toMatchObject({ allowed: false, by: never });
  });

  test('serves again at once after an upgrade', () => {
    expect(quotaState(SMALL, aSubjectOn('silver'), 'calls', 10, 1, NOON).by?.admittingPlan).toBe('gold');
    expect(quotaState(SMALL, aSubjectOn('gold'), 'calls', 10, 1, NOON).allowed).toBe(true);
  });

  test('never refuses the unlimited, whose period ends all the same', () => {
    const lifted = aSubjectOn('gold', { overrides: [anOverride('calls', 'unlimited')] });
    expect(quotaState(SMALL, lifted, 'calls', 1_000_000, 1, NOON)).toMatchObject({
      allowed: true,
      by: { allowed: 'unlimited', remaining: 'unlimited', resetsAt: '2026-11-22T00:00:00.000Z' },
    });
  });

  test('is refused for a limit of another kind', () => {
    expect(() => quotaState(SMALL, aSubjectOn('gold'), 'seats', 0, 1, NOON)).toThrow(
      "limit 'seats' of catalogue 'small' 1 is a count",
    );
  });
});

/** The model: three lines which know nothing of catalogues. */
function fits(allowed: Limit, used: number, amount: number): boolean {
  if (amount === 0) return true;
  if (allowed === 'unlimited') return true;
  return BigInt(used) + BigInt(amount) <= BigInt(allowed);
}

describe('decisions, whatever is asked,', () => {
  const limit = fc.oneof(fc.nat(12), fc.constant('unlimited' as const));
  const override = fc.record({
    kind: fc.constant('limit' as const),
    name: fc.constantFrom('products', 'api_calls'),
    value: limit,
    startsAtMs: fc.constantFrom(0, NOON - 1, NOON, NOON + 1),
    endsAtMs: fc.constantFrom(null, NOON, NOON + 1),
  });
  const subject: fc.Arbitrary<SubjectState> = fc.record({
    plans: fc.constantFrom('free', 'pro', 'enterprise').map((plan) => [plan]),
    billingCancelled: fc.boolean(),
    overrides: fc.array(override, { maxLength: 3 }),
    billing: fc.constant(null),
  });
  const amount = fc.oneof(fc.nat(12), fc.nat(110_000), fc.maxSafeNat());

  test.each([
    ['products', mayAdd],
    ['api_calls', quotaState],
  ] as const)('agree with the model and with themselves: %s', (name, decide) => {
    fc.assert(
      fc.property(subject, amount, amount, (state, used, more) => {
        const allowed = effectiveLimit(PLATFORM, state, name, NOON).value;
        const decision = decide(PLATFORM, state, name, used, more, NOON);
        expect(decision.allowed).toBe(fits(allowed, used, more));
        expect(decision.by).toMatchObject({ name, used, allowed });
        expect(decision.by?.remaining).toBe(allowed === 'unlimited' ? 'unlimited' : Math.max(0, allowed - used));
        // What is told as remaining is what can be had, and not one more.
        if (typeof decision.by?.remaining === 'number') {
          expect(decide(PLATFORM, state, name, used, decision.by?.remaining, NOON).allowed).toBe(true);
          expect(decide(PLATFORM, state, name, used, decision.by?.remaining + 1, NOON).allowed).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('name the lowest higher plan that says yes, and one only with a no', () => {
    const plans = ['free', 'pro', 'enterprise'];
    fc.assert(
      fc.property(subject, amount, amount, (state, used, more) => {
        const { allowed, by } = mayAdd(PLATFORM, state, 'products', used, more, NOON);
        const present = state.billingCancelled ? 'free' : state.plans[0]!;
        const higher = plans.slice(plans.indexOf(present) + 1);
        const on = (plan: string) =>
          mayAdd(PLATFORM, { ...state, plans: [plan], billingCancelled: false }, 'products', used, more, NOON);
        expect(by?.admittingPlan).toBe(allowed ? null : (higher.find((plan) => on(plan).allowed) ?? null));
      }),
      { numRuns: 300 },
    );
  });

  test('never refuse the unlimited', () => {
    fc.assert(
      fc.property(amount, amount, (used, more) => {
        expect(mayAdd(PLATFORM, aSubjectOn('enterprise'), 'products', used, more, NOON).allowed).toBe(true);
        expect(quotaState(PLATFORM, aSubjectOn('enterprise'), 'api_calls', used, more, NOON).allowed).toBe(true);
      }),
    );
  });
});

describe('admittingPlan', () => {
  test('answers the same question for a feature and for a limit', () => {
    expect(admittingPlan(SMALL, aSubjectOn('bronze'), { ask: 'use', feature: 'themes' }, NOON)).toBe('silver');
    expect(
      admittingPlan(SMALL, aSubjectOn('bronze'), { ask: 'consume', limit: 'calls', used: 10, cost: 1 }, NOON),
    ).toBe('gold');
    expect(
      admittingPlan(SMALL, aSubjectOn('gold'), { ask: 'consume', limit: 'calls', used: 100, cost: 1 }, NOON),
    ).toBeNull();
  });
});
