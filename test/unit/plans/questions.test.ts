import { describe, expect, test } from 'vitest';
import { admittingPlan } from '../../../domain/plans/admitting.ts';
import { decide } from '../../../domain/plans/decision.ts';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import { judge, type Question } from '../../../domain/plans/questions.ts';
import { standingOf } from '../../../domain/plans/standing.ts';
import { aSubjectOn, KEYWAY, NOON, SMALL } from './catalogues.ts';

const base = { scope: 'account' };
const CATALOGUE = parseCatalogue({
  catalogue: 'kinds',
  version: '1',
  subject: 'account',
  fallback: 'small',
  scopes: { account: {} },
  plans: { small: { rank: 0 }, large: { rank: 1 } },
  limits: {
    balance: {
      ...base,
      kind: 'credits',
      edge: 'hard',
      refill: { interval: 'month', day_of_month: 31 },
      values: { small: 5, large: 'unlimited' },
    },
    once: { ...base, kind: 'credits', edge: 'hard', values: { small: 5, large: 9 } },
    money: { ...base, kind: 'budget', period: 'month', edge: 'hard', values: { small: 10, large: 20 } },
    watched: { ...base, kind: 'budget', period: 'total', edge: 'notify', values: { small: 10, large: 20 } },
  },
  features: { any: { type: 'boolean', on_loss: 'stop', values: { small: true, large: true } } },
});
const ask = (question: Question, plan = 'small') => decide(CATALOGUE, aSubjectOn(plan), question, NOON);
const spend = (balance: number, cost: number, limit = 'balance'): Question => ({ ask: 'spend', limit, balance, cost });
const reserve = (used: number, cost: number, limit = 'money'): Question => ({ ask: 'consume', limit, used, cost });

describe('credits', () => {
  test.each([
    ['all that is left', 5, 5, true],
    ['one more than is left', 4, 5, false],
    ['nothing of nothing', 0, 0, true],
    ['a topped-up balance, beyond what a refill gives', 50, 40, true],
  ])('%s', (_what, balance, cost, allowed) => {
    expect(ask(spend(balance, cost)).allowed).toBe(allowed);
  });

  test('a "no" tells the balance as it stands, and the refill on the last day of a shorter month', () => {
    expect(ask(spend(4, 5)).by).toMatchObject({
      class: 'credits',
      kind: 'credits',
      used: null,
      allowed: 5,
      remaining: 4,
      requested: 5,
      edge: 'hard',
      resetsAt: '2026-11-30T00:00:00.000Z',
      retryAfterSeconds: 8.5 * 86_400,
      admittingPlan: 'large',
    });
  });

  test('a refill cures no cost beyond what it gives, and where there is none waiting cures nothing', () => {
    expect(ask(spend(4, 6)).by).toMatchObject({ resetsAt: '2026-11-30T00:00:00.000Z', retryAfterSeconds: null });
    expect(ask(spend(4, 5, 'once')).by).toMatchObject({ resetsAt: null, retryAfterSeconds: null });
  });

  test('a greater plan gives no balance at once, unless it is unlimited', () => {
    expect(admittingPlan(CATALOGUE, aSubjectOn('small'), spend(4, 5, 'once'), NOON)).toBeNull();
    expect(ask(spend(0, 1_000), 'large')).toMatchObject({ allowed: true, by: { remaining: 'unlimited' } });
  });
});

describe('a budget', () => {
  test.each([
    ['what just fits is reserved', 4, 6, true],
    ['not one more', 4, 7, false],
    ['nothing, beyond it', 12, 0, true],
  ])('%s', (_what, used, cost, allowed) => {
    expect(ask(reserve(used, cost)).allowed).toBe(allowed);
  });

  test('that is used up opens again with its period, one without never', () => {
    expect(ask(reserve(10, 1)).by).toMatchObject({
      class: 'budget',
      admittingPlan: 'large',
      resetsAt: '2026-12-01T00:00:00.000Z',
      retryAfterSeconds: 9.5 * 86_400,
    });
    expect(ask(reserve(0, 11)).by?.retryAfterSeconds).toBeNull();
    expect(ask(reserve(99, 9, 'watched'))).toMatchObject({
      allowed: true,
      by: { edge: 'notify', resetsAt: null, remaining: 0 },
    });
  });
});

describe('a feature that names no gates', () => {
  test.each(['write', 'read', 'capture', 'run', 'shape'] as const)('bites wherever it is asked for: %s', (verb) => {
    expect(decide(SMALL, aSubjectOn('silver'), { ask: 'use', feature: 'export', verb }, NOON).allowed).toBe(false);
    expect(decide(SMALL, aSubjectOn('gold'), { ask: 'use', feature: 'export', verb }, NOON).allowed).toBe(true);
  });
});

test('a record from before 1970 is seen where retention has no end', () => {
  const see: Question = { ask: 'see', records: 'entry', createdAtMs: -1 };
  expect(decide(SMALL, aSubjectOn('gold'), see, NOON)).toMatchObject({ allowed: true, by: { allowed: 'unlimited' } });
  expect(decide(SMALL, aSubjectOn('silver'), see, NOON).allowed).toBe(false);
});

test.each([
  ['the rest of a window cures what fits into all of it', 5, 5, true],
  ['nothing cures what is more than all of it', 5, 6, false],
  ['nothing cures a rate that blocks', 0, 1, false],
  ['nothing cures even the asking of one that blocks', 0, 0, false],
])('%s: %i, at a cost of %i', (_rule, limit, cost, isCuredByWaiting) => {
  const question: Question = {
    ask: 'consume',
    limit: 'rate.general',
    used: 5,
    cost,
    numbers: { limit, windowSeconds: 60 },
  };
  expect(judge(standingOf(KEYWAY, aSubjectOn('free'), NOON), question)).toMatchObject({ isCuredByWaiting });
});

describe('a question that does not fit the kind of its limit is a bug:', () => {
  test.each<[string, Question]>([
    ["limit 'balance' is a credits, not a count or sum", { ask: 'add', limit: 'balance', used: 0, amount: 1 }],
    ["limit 'money' is a budget, not a count or sum", { ask: 'change', limit: 'money', before: 0, after: 1 }],
    ["limit 'balance' is a credits, not a quota, rate or budget", reserve(0, 1, 'balance')],
    ["limit 'money' of catalogue 'kinds' 1 is a budget, not a credits", spend(1, 1, 'money')],
    ["limit 'money' of catalogue 'kinds' 1 is a budget, not a size", { ask: 'send', limit: 'money', size: 1 }],
    ['-1 is no amount', spend(-1, 1)],
    ['0.5 is no amount', reserve(0, 0.5)],
    ['NaN is not an instant', { ask: 'see', records: 'entry', createdAtMs: Number.NaN }],
  ])('%s', (message, question) => {
    expect(() => ask(question)).toThrow(message);
  });

  test('a level of what has none', () => {
    const question: Question = { ask: 'use', feature: 'any', level: 'high' };
    expect(() => ask(question)).toThrow(new RangeError("feature 'any' has no level 'high'"));
  });

  test('a verb that there is not', () => {
    const question = JSON.parse('{ "ask": "use", "feature": "export", "verb": "fly" }') as Question;
    expect(() => decide(SMALL, aSubjectOn('gold'), question, NOON)).toThrow("features don't bite at 'fly'");
  });
});
