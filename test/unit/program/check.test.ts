import { describe, expect, test } from 'vitest';
import { checkProgram } from '../../../domain/program/check.ts';
import { MOST_SPAN_MS, type Program, type Step } from '../../../domain/program/program.ts';
import { aQuota, aRate, budget, commit, credits, DAY_MS, NOON, reserve } from './programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const LONGEST = 'x'.repeat(200);
const idempotency = { key: 'k', fingerprint: '', keptSeconds: 60 };
const many = (count: number): Step[] => Array.from({ length: count }, (_, at) => aRate({ key: `k${at}` }));

function checked(steps: readonly Step[], more: Partial<Program> = {}): void {
  checkProgram({ nowMs: NOON, tenant: 'a', steps, isSuccess: true, idempotency: null, ...more });
}

describe('what a program may be at most', () => {
  test.each<[string, readonly Step[], Partial<Program>]>([
    ['256 steps', many(256), {}],
    ['a cost of 2^53 − 1', [aRate({ cost: MOST }), aQuota({ cost: MOST }), credits(MOST)], {}],
    ['a limit of 2^53 − 1, or none', [aRate({ limit: MOST }), aQuota({ limit: 'unlimited' })], {}],
    [
      'a window and a lease of 366 days',
      [aRate({ windowMs: MOST_SPAN_MS }), budget(reserve('r', 1, MOST_SPAN_MS))],
      {},
    ],
    ['a window of a millisecond', [aRate({ windowMs: 1 })], {}],
    ['names of 200 characters', [aQuota({ key: LONGEST }), budget(reserve(LONGEST, 1))], { tenant: LONGEST }],
    ['a rate of whatever a caller is known by', [aRate({ key: `${LONGEST}x\0\ud800` })], {}],
    ['the last instant there is', [aRate()], { nowMs: 8.64e15 }],
    ['a repeat that is known for a second', [], { idempotency: { ...idempotency, keptSeconds: 1 } }],
    ['a repeat that is known for a day', [], { idempotency: { ...idempotency, keptSeconds: 86_400 } }],
    ['the first millisecond of a period', [aQuota({ startsAtMs: NOON })], {}],
    ['the last millisecond of a period', [aQuota({ endsAtMs: NOON + 1 })], {}],
  ])('%s', (_most, steps, more) => {
    expect(() => checked(steps, more)).not.toThrow();
  });
});

describe('a fault names the field, what it is, and what would be right', () => {
  const amount = 'an integer from 0 to 2^53 − 1';
  const span = `an integer from 1 to ${MOST_SPAN_MS}`;
  const name = 'a text of at most 200 characters';
  const limit = "an integer from 0 to 2^53 − 1, or 'unlimited'";
  const kept = 'an integer from 1 to 86400';
  const ascending = 'integers from 1 on, ascending';
  const period = `${NOON + 1} to ${NOON + DAY_MS}, and not one that holds ${NOON}`;
  const early = { startsAtMs: NOON + 1, endsAtMs: NOON + DAY_MS };
  const refill = { amount: 1, dueAtMs: NOON, nextAtMs: NOON + 1 };

  test.each<[string, readonly Step[], Partial<Program>]>([
    ['nowMs is 0.5, and not an instant in whole milliseconds, from 1970 on', [], { nowMs: 0.5 }],
    [`nowMs is ${8.64e15 + 1}, and not an instant in whole milliseconds, from 1970 on`, [], { nowMs: 8.64e15 + 1 }],
    [`tenant is ${LONGEST}x, and not ${name}`, [], { tenant: `${LONGEST}x` }],
    ['steps.length is 257, and not at most 256', many(257), {}],
    ['idempotency.key is , and not a text', [], { idempotency: { ...idempotency, key: '' } }],
    [`idempotency.keptSeconds is 0, and not ${kept}`, [], { idempotency: { ...idempotency, keptSeconds: 0 } }],
    [`idempotency.keptSeconds is 1.5, and not ${kept}`, [], { idempotency: { ...idempotency, keptSeconds: 1.5 } }],
    ['steps[0].key is , and not a text', [aRate({ key: '' })], {}],
    [`steps[0].key is , and not ${name}`, [aQuota({ key: '' })], {}],
    [`steps[1].key is a\0, and not ${name}`, [aRate(), aQuota({ key: 'a\0' })], {}],
    [`steps[0].key is \ud800, and not ${name}`, [credits(1, { key: '\ud800' })], {}],
    [`steps[0].limit is -1, and not ${limit}`, [aRate({ limit: -1 })], {}],
    [`steps[0].limit is NaN, and not ${limit}`, [aQuota({ limit: Number.NaN })], {}],
    [`steps[0].windowMs is ${MOST_SPAN_MS + 1}, and not ${span}`, [aRate({ windowMs: MOST_SPAN_MS + 1 })], {}],
    [`steps[0].cost is 0.5, and not ${amount}`, [aQuota({ cost: 0.5 })], {}],
    [`steps[0]'s period is ${period}`, [aQuota(early)], {}],
    [`steps[0].thresholds is 5,5, and not ${ascending}`, [aQuota({ thresholds: [5, 5] })], {}],
    [`steps[0].op is -1, and not ${amount}`, [credits({ kind: 'set', balance: -1 })], {}],
    [`steps[0].refill.amount is -1, and not ${amount}`, [credits(1, { refill: { ...refill, amount: -1 } })], {}],
    [
      `steps[0].refill's period is ${NOON - 1} to ${NOON}, and not one that holds ${NOON}`,
      [credits(1, { refill: { amount: 1, dueAtMs: NOON - 1, nextAtMs: NOON } })],
      {},
    ],
    [`steps[0].total is -1, and not ${limit}`, [budget(commit('r', 1), { total: -1 })], {}],
    [`steps[0]'s period is ${period}`, [budget(commit('r', 1), early)], {}],
    [`steps[0].thresholds is 5,4, and not ${ascending}`, [budget(commit('r', 1), { thresholds: [5, 4] })], {}],
    [`steps[0].op.leaseMs is 0.5, and not ${span}`, [budget(reserve('r', 1, 0.5))], {}],
    [`steps[0].op.reservationId is , and not ${name}`, [budget(commit('', 1))], {}],
    [
      'steps[1].key is product, and not a key that no step outside its run of rates has',
      [aQuota(), aQuota({ limit: 6 })],
      {},
    ],
    [
      'steps[2].key is k, and not a key that no step outside its run of rates has',
      [aRate({ key: 'k' }), aRate({ key: 'l', when: 'always' }), aRate({ key: 'k' })],
      {},
    ],
  ])('%s', (message, steps, more) => {
    expect(() => checked(steps, more)).toThrow(new RangeError(message));
  });
});
