import { describe, expect, test } from 'vitest';
import { budgetAt, changeBudget } from '../../../domain/program/budgets.ts';
import type { BudgetOp } from '../../../domain/program/program.ts';
import { aTenant, budget, commit, DAY_MS, MINUTE_MS, NOON, reserve } from './programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const release = (reservationId: string): BudgetOp => ({ kind: 'release', reservationId });
const extend = (reservationId: string, leaseMs: number): BudgetOp => ({ kind: 'extend', reservationId, leaseMs });
const spend = (amount: number): BudgetOp => ({ kind: 'spend', amount });

describe('a budget (keel.md §6.2)', () => {
  test('estimate 10, actual 7 gives back 3 (keel.md §7.4.11)', () => {
    const tenant = aTenant();
    expect(tenant.budget(budget(reserve('r', 10)))).toMatchObject({
      passed: true,
      reserved: 10,
      spent: 0,
      remaining: 0,
    });
    expect(tenant.budget(budget(commit('r', 7)))).toMatchObject({
      state: 'committed',
      reserved: 0,
      spent: 7,
      remaining: 3,
    });
  });

  test('a thousand reservations never exceed the envelope (keel.md §7.4.11)', () => {
    const tenant = aTenant();
    const answers = Array.from({ length: 1000 }, (_, i) => tenant.budget(budget(reserve(`r${i}`, 3), { total: 100 })));
    expect(answers.filter(({ passed }) => passed)).toHaveLength(33);
    expect(answers.at(-1)).toMatchObject({ state: 'insufficient', reserved: 99, remaining: 1 });
  });

  test("a lost request's lock returns after its lease (keel.md §7.4.11)", () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('lost', 10, MINUTE_MS)));
    expect(tenant.budget(budget(reserve('next', 1)), NOON + MINUTE_MS - 1)).toMatchObject({ state: 'insufficient' });
    expect(tenant.budget(budget(reserve('next', 1)), NOON + MINUTE_MS)).toMatchObject({
      state: 'reserved',
      remaining: 9,
    });
  });

  test('what remains may become negative, and the next reservation is refused', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 8)));
    expect(tenant.budget(budget(commit('r', 15)))).toMatchObject({ passed: true, spent: 15, remaining: -5 });
    expect(tenant.budget(budget(reserve('s', 1)))).toMatchObject({ passed: false, state: 'insufficient' });
    expect(tenant.budget(budget(reserve('free', 0)))).toMatchObject({ passed: true, state: 'reserved' });
  });

  test('paused rejects new reservations and goes on with those it has', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 4)));
    const paused = { paused: true };
    expect(tenant.budget(budget(reserve('s', 1), paused))).toMatchObject({
      passed: false,
      state: 'paused',
      reserved: 4,
    });
    expect(tenant.budget(budget(extend('r', MINUTE_MS), paused))).toMatchObject({ passed: true });
    expect(tenant.budget(budget(commit('r', 4), paused))).toMatchObject({ passed: true, spent: 4 });
    expect(tenant.budget(budget(reserve('s', 1)))).toMatchObject({ passed: true });
  });

  test('that only notifies lets more pass than its total', () => {
    const tenant = aTenant();
    const notify = { edge: 'notify' } as const;
    expect(tenant.budget(budget(reserve('r', 12), notify))).toMatchObject({ passed: true, remaining: -2 });
    expect(tenant.budget(budget(reserve('s', MOST), notify))).toMatchObject({ passed: false, state: 'insufficient' });
  });

  test('tells each threshold once, when what is spent reaches it', () => {
    const tenant = aTenant();
    const thresholds = { thresholds: [5, 8, 10] };
    expect(tenant.budget(budget(reserve('r', 10), thresholds)).crossed).toEqual([]);
    expect(tenant.budget(budget(commit('r', 8), thresholds)).crossed).toEqual([5, 8]);
    expect(tenant.budget(budget(commit('r', 8), thresholds)).crossed).toEqual([]);
    expect(tenant.budget(budget(spend(4), thresholds)).crossed).toEqual([10]);
  });

  test('spends without reservation, whatever remains', () => {
    const tenant = aTenant();
    expect(tenant.budget(budget(spend(12)))).toMatchObject({ passed: true, state: 'spent', spent: 12, remaining: -2 });
    expect(tenant.budget(budget(spend(MOST)))).toMatchObject({ passed: false, state: 'insufficient', spent: 12 });
  });

  test('counts up to 2^53 − 1 and not beyond, also where no total ends it', () => {
    const tenant = aTenant();
    const unlimited = { total: 'unlimited' } as const;
    tenant.budget(budget(spend(5), unlimited));
    expect(tenant.budget(budget(spend(MOST - 4), unlimited))).toMatchObject({ state: 'insufficient', spent: 5 });
    expect(tenant.budget(budget(spend(MOST - 5), unlimited))).toMatchObject({ state: 'spent', spent: MOST });
  });

  test('commits what its own reservation made room for, and not beyond 2^53 − 1', () => {
    const tenant = aTenant();
    const unlimited = { total: 'unlimited' } as const;
    tenant.budget(budget(spend(5), unlimited));
    tenant.budget(budget(reserve('r', MOST - 5), unlimited));
    expect(tenant.budget(budget(commit('r', MOST - 4), unlimited))).toMatchObject({ state: 'insufficient', spent: 5 });
    expect(tenant.budget(budget(commit('r', MOST - 5), unlimited))).toMatchObject({ state: 'committed', spent: MOST });
  });

  test('without a total has room for all that can be counted', () => {
    const step = budget(reserve('r', MOST), { total: 'unlimited' });
    expect(aTenant().budget(step)).toMatchObject({ passed: true, remaining: 'unlimited', reserved: MOST });
  });
});

describe('a reservation', () => {
  test.each([
    ['is made once: a repeat passes and holds no more', [reserve('r', 3)], reserve('r', 9), true, 'reserved', 3, 0],
    ['gives all back when released', [reserve('r', 3)], release('r'), true, 'released', 0, 0],
    ['may be released again', [reserve('r', 3), release('r')], release('r'), true, 'released', 0, 0],
    ['is not released once committed', [reserve('r', 3), commit('r', 2)], release('r'), false, 'committed', 0, 2],
    [
      'is committed once: the first amount stands',
      [reserve('r', 3), commit('r', 2)],
      commit('r', 9),
      true,
      'committed',
      0,
      2,
    ],
    ['is not committed once released', [reserve('r', 3), release('r')], commit('r', 2), false, 'released', 0, 0],
    ['is not made again under its id', [reserve('r', 3), release('r')], reserve('r', 1), false, 'released', 0, 0],
    ['that nobody made is not committed', [], commit('r', 2), false, 'unknown', 0, 0],
    ['that nobody made is not extended', [], extend('r', 2), false, 'unknown', 0, 0],
    ['that nobody made is not released', [], release('r'), false, 'unknown', 0, 0],
    ['may have any id', [reserve('__proto__', 3)], commit('__proto__', 2), true, 'committed', 0, 2],
  ] as const)('%s', (_behaviour, before, op, passed, state, reserved, spent) => {
    const tenant = aTenant();
    for (const earlier of before) tenant.budget(budget(earlier));
    expect(tenant.budget(budget(op))).toMatchObject({ passed, state, reserved, spent });
  });

  const lapsed = NOON + MINUTE_MS;
  test.each([
    ['is spent all the same when committed: it has happened', commit('r', 7), true, 'committed', 7],
    ['is not extended', extend('r', MINUTE_MS), false, 'expired', 0],
    ['is not made again', reserve('r', 1), false, 'expired', 0],
    ['has nothing to release', release('r'), true, 'expired', 0],
  ] as const)('whose lease ran out %s', (_behaviour, op, passed, state, spent) => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 3, MINUTE_MS)));
    expect(tenant.budget(budget(op), lapsed)).toMatchObject({ passed, state, spent, reserved: 0 });
  });

  test('lasts as long as its lease is extended, and an extension never shortens it', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 10, MINUTE_MS)));
    tenant.budget(budget(extend('r', 1)), NOON + 1);
    tenant.budget(budget(extend('r', MINUTE_MS)), NOON + MINUTE_MS - 1);
    expect(tenant.budget(budget(reserve('s', 1)), NOON + 2 * MINUTE_MS - 2)).toMatchObject({ state: 'insufficient' });
    expect(tenant.budget(budget(reserve('s', 1)), NOON + 2 * MINUTE_MS - 1)).toMatchObject({ state: 'reserved' });
  });

  test('that has ended is known for a day, so that a late repeat spends nothing', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 3)));
    tenant.budget(budget(commit('r', 3)));
    expect(tenant.budget(budget(commit('r', 3)), NOON + DAY_MS - 1)).toMatchObject({ state: 'committed', spent: 3 });
    expect(tenant.budget(budget(commit('r', 3)), NOON + DAY_MS)).toMatchObject({ state: 'unknown', spent: 3 });
  });

  test.each([
    ['is known for a day after that', lapsed + DAY_MS - 1, 'expired'],
    ['is then forgotten', lapsed + DAY_MS, 'unknown'],
  ])('whose lease ran out unseen %s', (_known, nowMs, state) => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 3, MINUTE_MS)));
    expect(tenant.budget(budget(release('r')), nowMs)).toMatchObject({ state });
  });

  test('whose lease was over for another does not come back with the clock', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 10, MINUTE_MS)));
    tenant.budget(budget(reserve('s', 10)), lapsed);
    expect(tenant.budget(budget(extend('r', MINUTE_MS)), NOON)).toMatchObject({ state: 'expired', reserved: 10 });
  });
});

describe('what a step would make of a budget', () => {
  test.each([
    ['spend', spend(2), 'spent', 2],
    ['reserve', reserve('new', 2), 'reserved', 0],
    ['extend', extend('r', MINUTE_MS), 'reserved', 0],
    ['commit', commit('r', 2), 'committed', 2],
    ['release', release('r'), 'released', 0],
  ] as const)('%s tells what has become of it, and what it spends', (_kind, op, state, added) => {
    const made = changeBudget(budgetAt(undefined, budget(op), NOON), budget(reserve('r', 3)), NOON).after;
    expect(changeBudget(made, budget(op), NOON)).toMatchObject({ passed: true, state, added });
  });
});

describe('the period of a budget', () => {
  const tomorrow = NOON + DAY_MS;

  test('begins with nothing spent', () => {
    const tenant = aTenant();
    tenant.budget(budget(spend(10), day(NOON)));
    expect(tenant.budget(budget(reserve('r', 10), day(tomorrow)), tomorrow)).toMatchObject({ passed: true, spent: 0 });
  });

  test('takes over what is still reserved, and spends it when it is committed', () => {
    const tenant = aTenant();
    tenant.budget(budget(reserve('r', 6, 2 * DAY_MS), day(NOON)));
    expect(tenant.budget(budget(reserve('s', 5), day(tomorrow)), tomorrow)).toMatchObject({
      state: 'insufficient',
      reserved: 6,
    });
    expect(tenant.budget(budget(commit('r', 4), day(tomorrow)), tomorrow)).toMatchObject({ spent: 4, remaining: 6 });
  });

  test('stays the latest when the clock goes back', () => {
    const tenant = aTenant();
    tenant.budget(budget(spend(9), day(tomorrow)), tomorrow);
    expect(tenant.budget(budget(reserve('r', 2), day(NOON)), NOON)).toMatchObject({ state: 'insufficient', spent: 9 });
  });
});

function day(nowMs: number): { periodKey: string; startsAtMs: number; endsAtMs: number } {
  const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { periodKey: String(startsAtMs), startsAtMs, endsAtMs: startsAtMs + DAY_MS };
}
