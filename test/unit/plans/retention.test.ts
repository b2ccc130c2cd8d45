import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PastState, prunableBefore, visibleSince } from '../../../domain/plans/retention.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import { anOverride, aSubjectOn, KEEL, KEYWAY, NOON, SMALL } from './catalogues.ts';

const DAY_MS = 86_400_000;
const on = (plan: string, fromMs: number, overrides: Override[] = []): PastState => {
  return { fromMs, catalogue: KEYWAY, subject: aSubjectOn(plan, { overrides }) };
};
const prunable = (...history: PastState[]) => prunableBefore(history, 'audit_entry', NOON);

describe('what is visible', () => {
  test('is told with its limit and what keeps the chain', () => {
    expect(visibleSince(KEEL, aSubjectOn('growth'), 'evidence', NOON)).toEqual({
      limit: 'log_days',
      days: 30,
      sinceMs: NOON - 30 * DAY_MS,
      chain: 'boundary',
    });
  });

  test('is everything where it is kept for ever', () => {
    expect(visibleSince(SMALL, aSubjectOn('gold'), 'entry', NOON)).toMatchObject({ days: 'unlimited', sinceMs: null });
  });

  test('of a kind that no retention names is a bug', () => {
    expect(() => visibleSince(SMALL, aSubjectOn('gold'), 'entries', NOON)).toThrow(
      "catalogue 'small' 1 has no retention of records 'entries'",
    );
  });
});

const halfDays = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((half) => NOON + (half * DAY_MS) / 2);

describe('what may be pruned', () => {
  test('is what has been hidden for the days of grace', () => {
    expect(prunable(on('free', 0))).toBe(NOON - (7 + 7) * DAY_MS);
    expect(prunable(on('pro', 0))).toBe(NOON - (30 + 7) * DAY_MS);
  });

  test('a downgrade hides at once and prunes nothing of it for a week', () => {
    const changedAtMs = NOON - 7 * DAY_MS;
    // Whatever Pro showed in the last week is still there; with the week over, what Free hides from the change on goes.
    expect(prunable(on('pro', 0), on('free', changedAtMs + 1))).toBe(changedAtMs - 30 * DAY_MS);
    expect(prunable(on('pro', 0), on('free', changedAtMs))).toBe(changedAtMs - 7 * DAY_MS);
  });

  test('a downgrade that was undone within the week has lost nothing', () => {
    const history = [on('pro', 0), on('free', NOON - 3 * DAY_MS), on('pro', NOON - DAY_MS)];
    expect(prunable(...history)).toBe(NOON - (30 + 7) * DAY_MS);
  });

  test('an upgrade saves what is still there', () => {
    expect(prunable(on('free', 0), on('pro', NOON - DAY_MS))).toBe(NOON - DAY_MS - 30 * DAY_MS);
  });

  test('follows an override that ended within the week', () => {
    const wide = anOverride('audit_days', 1_000, { startsAtMs: 0, endsAtMs: NOON - DAY_MS });
    expect(prunable(on('enterprise', 0, [wide]))).toBe(NOON - 7 * DAY_MS - 1_000 * DAY_MS);
    const ended = anOverride('audit_days', 1_000, { startsAtMs: 0, endsAtMs: NOON - 7 * DAY_MS });
    expect(prunable(on('enterprise', 0, [ended]))).toBe(NOON - (365 + 7) * DAY_MS);
    const begun = anOverride('audit_days', 1_000, { startsAtMs: NOON });
    expect(prunable(on('enterprise', 0, [begun]))).toBe(NOON - 1_000 * DAY_MS);
    // With less agreed for a while, the plan's own days come back with its end, and what they show stays for the week.
    const narrow = anOverride('audit_days', 1, { startsAtMs: 0, endsAtMs: NOON - 2 * DAY_MS });
    expect(prunable(on('enterprise', 0, [narrow]))).toBe(NOON - (365 + 2) * DAY_MS);
    const later = anOverride('audit_days', 1_000, { startsAtMs: NOON + 1 });
    expect(prunable(on('enterprise', 0, [later]))).toBe(NOON - (365 + 7) * DAY_MS);
  });

  test('is nothing while all was shown within the week, or as long as it is not known', () => {
    const forEver: PastState = { fromMs: 0, catalogue: SMALL, subject: aSubjectOn('gold') };
    const short: PastState = { fromMs: NOON - DAY_MS, catalogue: SMALL, subject: aSubjectOn('bronze') };
    expect(prunableBefore([forEver, short], 'entry', NOON)).toBeNull();
    expect(prunable(on('free', NOON - 7 * DAY_MS + 1))).toBeNull();
    expect(prunable(on('free', NOON - 7 * DAY_MS))).toBe(NOON - 14 * DAY_MS);
  });

  test('of no history, or one out of order, is a bug', () => {
    expect(() => prunable()).toThrow(new RangeError('a history has an entry at least: the present'));
    expect(() => prunable(on('pro', 0), on('free', NOON - DAY_MS), on('pro', NOON - 2 * DAY_MS))).toThrow('oldest');
  });

  test('is exactly what was hidden at every moment of the week', () => {
    // Days and half days: looking twice a day misses nothing.
    const changes = fc.array(fc.record({ atMs: halfDays(-20, 0), plan: fc.constantFrom('free', 'pro', 'team') }), {
      maxLength: 4,
    });
    const days = fc.record({ startsAtMs: halfDays(-20, 2), value: fc.nat(40), length: fc.nat(20) });
    fc.assert(
      fc.property(changes, fc.array(days, { maxLength: 2 }), fc.nat(120), (moves, agreed, ageHalfDays) => {
        const overrides = agreed.map(({ startsAtMs, value, length }) =>
          anOverride('audit_days', value, { startsAtMs, endsAtMs: startsAtMs + (length * DAY_MS) / 2 }),
        );
        const sorted = moves.toSorted((a, b) => a.atMs - b.atMs);
        const plans = [{ atMs: 0, plan: 'enterprise' }, ...sorted];
        const before = prunable(...plans.map(({ atMs, plan }) => on(plan, atMs, overrides)));

        const createdAtMs = NOON - (ageHalfDays * DAY_MS) / 2;
        const isHidden = (atMs: number): boolean => {
          const { plan } = plans.findLast((each) => each.atMs <= atMs)!;
          const { sinceMs } = visibleSince(KEYWAY, aSubjectOn(plan, { overrides }), 'audit_entry', atMs);
          return sinceMs !== null && createdAtMs < sinceMs;
        };
        const moments = Array.from({ length: 15 }, (_, half) => NOON - (half * DAY_MS) / 2);
        expect(before !== null && createdAtMs < before).toBe(moments.every(isHidden));
      }),
      { numRuns: 1_000 },
    );
  });
});
