import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import { anOverride, aSubjectOn, loaded, NOON, replaced, SMALL } from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

const seats = (plan: string, overrides: Override[], nowMs = NOON) =>
  entitlements(SMALL, aSubjectOn(plan, { overrides }), nowMs).limits['seats'];

/** What no type lets through, but a row of a database may. */
const misfit = (override: unknown) => override as Override;

const exporting = (plan: string, value: boolean) =>
  entitlements(SMALL, aSubjectOn(plan, { overrides: [anOverride('export', value)] }), NOON).features['export'];

const coins = (catalogue: typeof EVERY_KIND, usage = {}) =>
  entitlements(catalogue, aSubjectOn('free'), NOON, usage).limits['coins'];

describe('entitlements', () => {
  test('tell every limit and feature, and the plan they come from', () => {
    const unknown = { source: 'plan', used: null, remaining: null, resetsAtMs: null, contract: false };
    const feature = { level: null, source: 'plan', contract: false };
    expect(entitlements(SMALL, aSubjectOn('silver'), NOON)).toEqual({
      lines: { main: { plan: 'silver', source: 'plan' } },
      limits: {
        seats: { ...unknown, value: 5 },
        doors: { ...unknown, value: 2 },
        calls: { ...unknown, value: 10, resetsAtMs: Date.parse('2026-11-22T00:00:00Z') },
        log_days: { ...unknown, value: 30 },
      },
      features: { export: { ...feature, enabled: false }, themes: { ...feature, enabled: true } },
    });
  });

  test('tell what is left where they are told what is used, never less than nothing', () => {
    const { limits } = entitlements(SMALL, aSubjectOn('silver'), NOON, { seats: 3, doors: 7, log_days: 0 });
    expect(limits['seats']).toMatchObject({ used: 3, remaining: 2 });
    expect(limits['doors']).toMatchObject({ used: 7, remaining: 0 });
    expect(limits['calls']).toMatchObject({ used: null, remaining: null });
    expect(entitlements(SMALL, aSubjectOn('gold'), NOON, { seats: 3 }).limits['seats']).toMatchObject({
      used: 3,
      remaining: 'unlimited',
    });
  });

  test('tell of credits the balance: it is what remains, nothing of it is used, and an unlimited one has none', () => {
    expect(coins(EVERY_KIND, { coins: 70 })).toMatchObject({ value: 50, used: null, remaining: 70 });
    expect(coins(EVERY_KIND)).toMatchObject({ value: 50, used: null, remaining: null });
    const unlimited = loaded(replaced(EVERY_KIND_TEXT, '{ all: 50 }', '{ all: unlimited }'));
    expect(coins(unlimited, { coins: 70 })).toMatchObject({ used: null, remaining: 'unlimited' });
  });

  test.each(['gold', 'silver', 'bronze'])(
    'of a subject with cancelled billing are those of the fallback: %s',
    (plan) => {
      const cancelled = entitlements(SMALL, aSubjectOn(plan, { billingCancelled: true }), NOON);
      expect(cancelled).toEqual(entitlements(SMALL, { ...aSubjectOn(plan), plans: [] }, NOON));
      expect(cancelled.lines).toEqual({ main: { plan: 'bronze', source: 'default' } });
      expect(cancelled.limits['seats']).toMatchObject({ value: 1, source: 'default' });
      expect(cancelled.features['themes']).toMatchObject({ enabled: false, source: 'default' });
    },
  );

  test.each(['iron', 'Gold', '', 'constructor', '__proto__', 'toString'])(
    'are refused for the unknown plan %j',
    (plan) => {
      expect(() => entitlements(SMALL, aSubjectOn(plan), NOON)).toThrow(RangeError);
      expect(() => entitlements(SMALL, aSubjectOn(plan, { billingCancelled: true }), NOON)).toThrow(
        `catalogue 'small' 1 has no plan '${plan}'`,
      );
    },
  );

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('are refused for the instant %s', (nowMs) => {
    expect(() => entitlements(SMALL, aSubjectOn('gold'), nowMs)).toThrow(RangeError);
  });
});

describe('an override', () => {
  const span = { startsAtMs: NOON, endsAtMs: NOON + 1_000 };
  test.each([
    ['does not hold a millisecond before its start', NOON - 1, 5],
    ['holds from its very start', NOON, 9],
    ['holds in its last millisecond', NOON + 999, 9],
    ['does not hold at its very end', NOON + 1_000, 5],
  ])('%s', (_behaviour, nowMs, value) => {
    const source = value === 9 ? 'override' : 'plan';
    expect(seats('silver', [anOverride('seats', 9, span)], nowMs)).toMatchObject({ value, source });
  });

  test.each([
    ['more', 'silver', 9],
    ['less', 'gold', 3],
    ['nothing', 'silver', 0],
    ['unlimited', 'silver', 'unlimited'],
  ] as const)("takes the plan's place when it gives %s", (_what, plan, value) => {
    expect(seats(plan, [anOverride('seats', value)])).toMatchObject({ value, source: 'override' });
  });

  test('rests on a plan that allows none, and holds again when one that does comes back', () => {
    const overrides = [anOverride('seats', 9)];
    expect(seats('bronze', overrides)).toMatchObject({ value: 1, source: 'plan' });
    expect(seats('gold', overrides)).toMatchObject({ value: 9, source: 'override' });
    const cancelled = aSubjectOn('gold', { billingCancelled: true, overrides });
    expect(entitlements(SMALL, cancelled, NOON).limits['seats']).toMatchObject({ value: 1, source: 'default' });
  });

  test('does not hold for a limit or a feature that allows none', () => {
    const overrides = [anOverride('doors', 9), anOverride('themes', true)];
    const { limits, features } = entitlements(SMALL, aSubjectOn('gold', { overrides }), NOON);
    expect(limits['doors']).toMatchObject({ value: 4, source: 'plan' });
    expect(features['themes']).toMatchObject({ enabled: false, source: 'plan' });
  });

  test('gives or takes a feature', () => {
    expect(exporting('silver', true)).toMatchObject({ enabled: true, source: 'override' });
    expect(exporting('gold', false)).toMatchObject({ enabled: false, source: 'override' });
  });

  test('that started later wins, even when it gives less or ends sooner', () => {
    const early = anOverride('seats', 90, { startsAtMs: 1_000 });
    const late = anOverride('seats', 8, { startsAtMs: 2_000, endsAtMs: 3_000 });
    for (const overrides of [
      [early, late],
      [late, early],
    ]) {
      expect(seats('gold', overrides, 1_999)?.value).toBe(90);
      expect(seats('gold', overrides, 2_000)?.value).toBe(8);
      expect(seats('gold', overrides, 3_000)?.value).toBe(90);
    }
  });

  test.each([
    [8, 90, 90],
    [90, 'unlimited', 'unlimited'],
    [0, 0, 0],
  ] as const)('of %s and one of %s from the same instant give %s, in either order', (a, b, value) => {
    expect(seats('gold', [anOverride('seats', a), anOverride('seats', b)])?.value).toBe(value);
    expect(seats('gold', [anOverride('seats', b), anOverride('seats', a)])?.value).toBe(value);
  });

  test('that gives a feature beats one from the same instant that takes it', () => {
    const overrides = [anOverride('export', false), anOverride('export', true)];
    for (const order of [overrides, overrides.toReversed()]) {
      expect(entitlements(SMALL, aSubjectOn('silver', { overrides: order }), NOON).features['export']?.enabled).toBe(
        true,
      );
    }
  });

  test.each<[string, Override]>([
    ['an unknown limit', anOverride('chairs', 1)],
    ['an unknown feature', anOverride('chairs', true)],
    ['a limit as a feature', anOverride('seats', true)],
    ['a negative limit', anOverride('seats', -1)],
    ['a limit that is no number', anOverride('seats', Number.NaN)],
    ['a truth for a limit', misfit({ ...anOverride('seats', true), kind: 'limit' })],
    ['a number for a feature', misfit({ ...anOverride('export', 1), kind: 'feature' })],
  ])('with %s is a bug while it is in force, and nothing once it has ended', (_name, override) => {
    expect(() => entitlements(SMALL, aSubjectOn('bronze', { overrides: [override] }), NOON)).toThrow(RangeError);
    const ended = { ...override, endsAtMs: NOON };
    expect(entitlements(SMALL, aSubjectOn('bronze', { overrides: [ended] }), NOON)).toEqual(
      entitlements(SMALL, aSubjectOn('bronze'), NOON),
    );
  });

  test('holds alike in whatever order all of them are listed', () => {
    const someOverride = fc.record({
      kind: fc.constant('limit' as const),
      name: fc.constantFrom('seats', 'calls', 'doors'),
      value: fc.oneof(fc.nat(9), fc.constant('unlimited' as const)),
      startsAtMs: fc.nat(5),
      endsAtMs: fc.option(fc.nat(9)),
    });
    fc.assert(
      fc.property(fc.array(someOverride, { maxLength: 8 }), fc.nat(9), (overrides, nowMs) => {
        const shuffled = overrides.toSorted((a, b) => String(a.value).localeCompare(String(b.value)));
        expect(entitlements(SMALL, aSubjectOn('gold', { overrides }), nowMs)).toEqual(
          entitlements(SMALL, aSubjectOn('gold', { overrides: shuffled }), nowMs),
        );
      }),
    );
  });
});
