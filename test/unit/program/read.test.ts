import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { compile } from '../../../domain/program/compile.ts';
import type { ConsumeStep, OwnBudget, OwnCredits } from '../../../domain/program/consume.ts';
import { emptyState, run } from '../../../domain/program/model.ts';
import { type Reading, read } from '../../../domain/program/read.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const MIDNIGHT = '2026-11-22T00:00:00.000Z';

const CATALOGUE = parseCatalogue({
  catalogue: 'reading',
  version: '1',
  subject: 'account',
  fallback: 'free',
  scopes: { account: {} },
  plans: { free: { rank: 0 } },
  limits: {
    calls: { kind: 'quota', scope: 'account', counts: 'call', period: 'day', edge: 'hard', values: { free: 5 } },
  },
  features: { any: { type: 'boolean', on_loss: 'stop', values: { free: true } } },
});
const subject: SubjectState = { plans: ['free'], billingCancelled: false, overrides: [], billing: null };
const consumer = { catalogue: CATALOGUE, subject, nowMs: NOON };

/** Runs calls one after the other and reads the answer to the last. */
function last(...calls: ConsumeStep[][]): Reading {
  const state = emptyState();
  const readings = calls.map((steps) => {
    const program = compile(consumer, steps, { tenant: 't' });
    const answer = run(state, program);
    if (answer.outcome === 'conflict') throw new Error('no idempotency was asked for');
    return read(consumer, steps, program, answer);
  });
  return readings.at(-1)!;
}

const ENVELOPE: OwnBudget = {
  name: 'envelope',
  total: 10,
  edge: 'hard',
  period: 'day',
  zone: 'UTC',
  leaseSeconds: 60,
  notices: [],
};
const OWN: OwnCredits = { name: 'own', unlimited: false, balance: 5, refill: null, zone: 'UTC' };
type Op = Extract<ConsumeStep, { take: 'budget' }>['op'];
const money = (op: Op, more: Partial<OwnBudget> = {}): ConsumeStep[] => [
  { take: 'budget', key: 'b', bornAtMs: 0, op, limit: { ...ENVELOPE, ...more } },
];
const credits = (cost: number, more: Partial<OwnCredits> = {}): ConsumeStep[] => [
  { take: 'credits', key: 'c', bornAtMs: NOON, op: { kind: 'spend', cost }, limit: { ...OWN, ...more } },
];
const reserve = (reservationId: string, amount: number): Op => ({ kind: 'reserve', reservationId, amount });
const spend = (amount: number): Op => ({ kind: 'spend', amount });

describe('the facts of a budget that somebody authored', () => {
  test('are what is reserved and spent together, what is left, and when its period ends', () => {
    expect(last(money(spend(3)), money(reserve('r', 4))).decisions[0]).toEqual({
      allowed: true,
      by: {
        name: 'envelope',
        class: 'budget',
        kind: 'budget',
        used: 7,
        allowed: 10,
        remaining: 3,
        requested: 4,
        scope: null,
        plan: null,
        admittingPlan: null,
        overrideable: false,
        resetsAt: MIDNIGHT,
        retryAfterSeconds: null,
        windowSeconds: null,
        level: null,
        requiredLevel: null,
        verb: null,
        reason: null,
        edge: 'hard',
      },
    });
  });

  test.each([
    ['a new period cures what was spent', spend(8), reserve('r', 10), 43_200],
    ['a new period does not cure what is still reserved', reserve('r', 8), reserve('s', 3), null],
    ['a new period does not cure what is more than all of it', spend(8), reserve('r', 11), null],
    ['nothing cures a reservation that nobody made', spend(8), { kind: 'commit', reservationId: 'r', amount: 1 }, null],
  ] as [string, Op, Op, number | null][])('%s', (_rule, before, op, retryAfterSeconds) => {
    const { refusal } = last(money(before), money(op));
    expect(refusal?.by).toMatchObject({ used: 8, remaining: 2, retryAfterSeconds });
  });

  test('a total has no end to wait for', () => {
    const total = { period: 'total' } as const;
    expect(last(money(spend(8), total), money(reserve('r', 3), total)).refusal?.by).toMatchObject({
      resetsAt: null,
      retryAfterSeconds: null,
    });
  });

  test('without a total it is unlimited, and what no double counts further begins anew', () => {
    const unlimited = { total: 'unlimited' } as const;
    const full = last(money(spend(Number.MAX_SAFE_INTEGER), unlimited), money(reserve('r', 1), unlimited));
    expect(full.refusal?.by).toMatchObject({ allowed: 'unlimited', remaining: 'unlimited', retryAfterSeconds: 43_200 });
  });

  test('a release asks for no amount', () => {
    const { by } = last(money(reserve('r', 4)), money({ kind: 'release', reservationId: 'r' })).decisions[0]!;
    expect(by).toMatchObject({ requested: null, used: 0, remaining: 10 });
  });
});

describe('the facts of credits that somebody authored', () => {
  test('are the balance, and of their refill the amount and the moment', () => {
    const refill = { interval: 'day', dayOfMonth: 1, amount: 9 } as const;
    expect(last(credits(6, { refill })).refusal?.by).toMatchObject({
      used: null,
      allowed: 9,
      remaining: 5,
      requested: 6,
      edge: 'hard',
      windowSeconds: null,
      reason: null,
      resetsAt: MIDNIGHT,
      retryAfterSeconds: 43_200,
    });
  });

  test('know neither an amount nor a moment without a refill', () => {
    expect(last(credits(6)).refusal?.by).toMatchObject({ allowed: null, resetsAt: null, retryAfterSeconds: null });
  });

  test('are unlimited where they are', () => {
    expect(last(credits(6, { unlimited: true })).decisions[0]?.by).toMatchObject({
      allowed: 'unlimited',
      remaining: 'unlimited',
    });
  });
});

test('the facts of a rate have an edge, and no wait with a yes', () => {
  const rate: ConsumeStep[] = [{ take: 'rate', key: 'k', limit: { name: 'burst', limit: 2, windowMs: 1_500 } }];
  expect(last(rate).decisions[0]?.by).toMatchObject({
    edge: 'refuse',
    windowSeconds: 1.5,
    used: 1,
    requested: 1,
    retryAfterSeconds: null,
  });
});

function answerTo(asked: ConsumeStep[]) {
  const program = compile(consumer, asked, { tenant: 't' });
  const answer = run(emptyState(), program);
  if (answer.outcome === 'conflict') throw new Error('no idempotency was asked for');
  return { program, answer };
}

test('an answer of another number of steps, or of another kind, is a bug', () => {
  const [steps, other] = [money(spend(1)), credits(1)];
  const [right, wrong, none] = [answerTo(steps), answerTo(other), answerTo([])];
  expect(() => read(consumer, steps, right.program, none.answer)).toThrow('0 answers to 1 steps');
  expect(() => read(consumer, steps, none.program, right.answer)).toThrow('1 answers to 1 steps');
  expect(() => read(consumer, steps, right.program, wrong.answer)).toThrow('a budget was answered as a credits');
  expect(() => read(consumer, other, wrong.program, right.answer)).toThrow('a credits was answered as a budget');
});

const quota = (cost: number): ConsumeStep => ({ take: 'quota', key: 'q', limit: 'calls', cost });

const rate = (cost: number): ConsumeStep => ({ take: 'rate', key: 'r', limit: 'pace', cost });

const held = (op: Op): ConsumeStep => ({ take: 'budget', key: 'b', limit: 'money', bornAtMs: 0, op });

describe('a refused step of a limit of the catalogue names the lowest plan above on which what is used and asked for fits:', () => {
  const base = { scope: 'account', edge: 'hard' };
  const values = { free: 5, mid: 5, pro: 10 };
  const catalogue = parseCatalogue({
    catalogue: 'lifting',
    version: '1',
    subject: 'account',
    fallback: 'free',
    scopes: { account: {} },
    plans: { free: { rank: 0 }, mid: { rank: 1 }, pro: { rank: 2 } },
    limits: {
      calls: { ...base, kind: 'quota', counts: 'call', period: 'day', values },
      pace: { ...base, kind: 'rate', window_seconds: 60, edge: 'refuse', values },
      coins: { ...base, kind: 'credits', values: { free: 5, mid: 5, pro: 'unlimited' } },
      money: { ...base, kind: 'budget', period: 'total', values },
    },
    features: {},
  });
  const asking = { catalogue, subject, nowMs: NOON };
  const refusalOf = (...calls: ConsumeStep[]) => {
    const state = emptyState();
    const readings = calls.map((step) => {
      const program = compile(asking, [step], { tenant: 't' });
      const answer = run(state, program);
      if (answer.outcome === 'conflict') throw new Error('no idempotency was asked for');
      return read(asking, [step], program, answer);
    });
    return readings.at(-1)!.refusal?.by;
  };
  const coins = (cost: number): ConsumeStep => ({
    take: 'credits',
    key: 'c',
    limit: 'coins',
    bornAtMs: NOON,
    op: { kind: 'spend', cost },
  });

  test.each([
    ['a quota', quota, 3, 3, 'pro'],
    ['a quota that no plan gives', quota, 3, 8, null],
    ['a rate', rate, 3, 3, 'pro'],
    ['a rate that no plan gives', rate, 3, 8, null],
    ['credits, of which only a plan without end has more', coins, 3, 3, 'pro'],
    ['a budget', (amount: number) => held(reserve(`r${amount}`, amount)), 3, 4, 'pro'],
    ['a budget that no plan gives', (amount: number) => held(reserve(`r${amount}`, amount)), 3, 8, null],
  ])('%s', (_kind, take, before, cost, admittingPlan) => {
    expect(refusalOf(take(before), take(cost))).toMatchObject({ requested: cost, admittingPlan });
  });

  test('no plan lifts numbers that the call brings along, unless a pattern takes their place', () => {
    const numbers = { limit: 2, windowSeconds: 60 };
    expect(refusalOf({ ...rate(3), numbers } as ConsumeStep)).toMatchObject({ allowed: 2, admittingPlan: null });
    expect(refusalOf({ ...rate(6) })).toMatchObject({ allowed: 5, admittingPlan: 'pro' });
  });

  test('no plan makes a reservation that nobody made', () => {
    expect(refusalOf(held({ kind: 'commit', reservationId: 'r', amount: 1 }))).toMatchObject({ admittingPlan: null });
  });
});

test('a balance that is added to asks for nothing', () => {
  const [{ by }] = last([{ take: 'credits', key: 'c', bornAtMs: NOON, op: { kind: 'add', amount: 3 }, limit: OWN }])
    .decisions as [Reading['decisions'][number]];
  expect(by).toMatchObject({ requested: null, remaining: 8 });
});

test('a program of no steps has no decisions and is not refused', () => {
  expect(last([])).toEqual({ decisions: [], refusal: null });
});

test.each([
  ['rate', 'quota'],
  ['quota', 'rate'],
  ['rate', 'budget'],
  ['credits', 'rate'],
  ['quota', 'credits'],
] as const)('a %s that is answered as a %s is a bug', (asked, answered) => {
  const steps: Record<typeof asked | typeof answered, ConsumeStep[]> = {
    rate: [{ take: 'rate', key: 'k', limit: { name: 'burst', limit: 2, windowMs: 1_500 } }],
    quota: [{ take: 'quota', key: 'q', limit: 'calls' }],
    credits: credits(1),
    budget: money(spend(1)),
  };
  const [of, other] = [answerTo(steps[asked]), answerTo(steps[answered])];
  expect(() => read(consumer, steps[asked], of.program, other.answer)).toThrow(
    new RangeError(`a ${asked} was answered as a ${answered}`),
  );
});
