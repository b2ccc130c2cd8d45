import { describe, expect, test } from 'vitest';
import { changeCredits } from '../../../domain/program/credits.ts';
import { aTenant, credits, DAY_MS, dailyRefill, NOON } from './programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;

describe('credits (unkey.md §5)', () => {
  test.each([
    ['of 0 pass at a balance of 0', 0, 0, true, 0],
    ['that are there are taken exactly', 5, 5, true, 0],
    ['that are not all there are not taken at all', 5, 10, false, 5],
    ['that were refused leave a cost that fits', 5, 4, true, 1],
    ['never fall below 0', 0, 1, false, 0],
  ])('%s', (_behaviour, balance, cost, passed, left) => {
    const initial = { balance, refilledAtMs: 0 };
    expect(aTenant().credits(credits(cost, { initial }))).toMatchObject({ passed, taken: passed, balance: left });
  });

  test('a key created with 1000 verifies exactly 1,000 times', () => {
    const tenant = aTenant();
    const spend = credits(1, { initial: { balance: 1000, refilledAtMs: 0 } });
    const passed = Array.from({ length: 1200 }, () => tenant.credits(spend).passed);
    expect(passed.filter(Boolean)).toHaveLength(1000);
    expect(passed.indexOf(false)).toBe(1000);
  });

  test('without a balance everything passes and nothing is kept', () => {
    const tenant = aTenant();
    expect(tenant.credits(credits(MOST, { unlimited: true }))).toMatchObject({ passed: true, balance: null });
    expect(tenant.state.credits.size).toBe(0);
  });

  test.each([
    ['is set', { kind: 'set', balance: 7 }, true, 7],
    ['is set to 0', { kind: 'set', balance: 0 }, true, 0],
    ['rises', { kind: 'add', amount: 3 }, true, 8],
    ['rises up to what can be counted', { kind: 'add', amount: MOST - 5 }, true, MOST],
    ['does not rise beyond what can be counted', { kind: 'add', amount: MOST }, false, 5],
    ['falls', { kind: 'subtract', amount: 3 }, true, 2],
    ['falls to 0 and no further', { kind: 'subtract', amount: 9 }, true, 0],
  ] as const)('a balance %s', (_behaviour, op, passed, balance) => {
    const tenant = aTenant();
    expect(tenant.credits(credits(op))).toMatchObject({ passed, balance });
    expect(tenant.credits(credits(0))).toMatchObject({ balance });
  });
});

test('a change that does not fit is none: what would be kept is the balance with its due refill', () => {
  const initial = { balance: 5, refilledAtMs: 0 };
  const refilled = { balance: 7, refilledAtMs: NOON };
  const refill = { amount: 7, dueAtMs: NOON, nextAtMs: NOON + DAY_MS };
  const change = changeCredits(initial, { op: { kind: 'spend', cost: 8 }, refill });
  expect(change).toEqual({ passed: false, before: refilled, after: refilled, refilled: true });
});

describe('a refill (unkey.md §5.5)', () => {
  const tomorrow = NOON + DAY_MS;
  test('sets the balance to its amount, and never adds', () => {
    const tenant = aTenant();
    tenant.credits(spend(2, NOON), NOON);
    expect(tenant.credits(spend(0, tomorrow), tomorrow)).toMatchObject({ balance: 10, refilled: true });
  });

  test('that was missed several times is as one', () => {
    const tenant = aTenant();
    tenant.credits(spend(2, NOON), NOON);
    const later = NOON + 40 * DAY_MS;
    expect(tenant.credits(spend(1, later), later)).toMatchObject({ balance: 9, refilled: true });
  });

  test('leaves a balance above its amount alone, and then waits for its next day', () => {
    const tenant = aTenant();
    expect(tenant.credits(spend(0, tomorrow, 3), tomorrow)).toMatchObject({ balance: 5, refilled: false });
    expect(tenant.credits(spend(4, tomorrow, 3), tomorrow)).toMatchObject({ balance: 1, refilled: false });
    expect(tenant.credits(spend(0, tomorrow, 3), tomorrow)).toMatchObject({ balance: 1, refilled: false });
  });

  test('is not due for a balance that came into being after it', () => {
    expect(aTenant().credits(spend(1, NOON), NOON)).toMatchObject({ balance: 4, refilled: false });
  });

  test('is applied once, also when the clock goes back and comes again', () => {
    const tenant = aTenant();
    tenant.credits(spend(0, tomorrow), tomorrow);
    expect(tenant.credits(spend(10, NOON), NOON)).toMatchObject({ balance: 0, refilled: false });
    expect(tenant.credits(spend(1, tomorrow), tomorrow)).toMatchObject({ passed: false, balance: 0, refilled: false });
  });

  test('comes before what changes the balance', () => {
    const tenant = aTenant();
    const add = credits({ kind: 'add', amount: 1 }, { refill: dailyRefill(10, tomorrow) });
    expect(tenant.credits(add, tomorrow)).toMatchObject({ balance: 11, refilled: true });
  });

  test('is told to whom it would not help, and kept by the next who takes', () => {
    const tenant = aTenant();
    expect(tenant.credits(spend(11, tomorrow), tomorrow)).toMatchObject({
      passed: false,
      balance: 10,
      refilled: false,
    });
    expect(tenant.state.credits.size).toBe(0);
    expect(tenant.credits(spend(1, tomorrow), tomorrow)).toMatchObject({ balance: 9, refilled: true });
  });

  test('is the moment to come again, if it is enough', () => {
    const nextMidnight = Date.UTC(2026, 10, 22);
    expect(aTenant().credits(spend(6, NOON), NOON).fitsAtMs).toBe(nextMidnight);
    expect(aTenant().credits(spend(10, NOON), NOON).fitsAtMs).toBe(nextMidnight);
    expect(aTenant().credits(spend(11, NOON), NOON).fitsAtMs).toBe(null);
    expect(aTenant().credits(credits(6), NOON).fitsAtMs).toBe(null);
    expect(aTenant().credits(spend(5, NOON), NOON).fitsAtMs).toBe(NOON);
  });
});

function spend(cost: number, nowMs: number, amount = 10): ReturnType<typeof credits> {
  return credits(cost, { refill: dailyRefill(amount, nowMs) });
}
