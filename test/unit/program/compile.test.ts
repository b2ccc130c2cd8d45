import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { checkProgram } from '../../../domain/program/check.ts';
import { compile } from '../../../domain/program/compile.ts';
import type { ConsumeStep } from '../../../domain/program/consume.ts';
import { emptyState, run } from '../../../domain/program/model.ts';
import { read } from '../../../domain/program/read.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const MIDNIGHT = Date.parse('2026-11-22T00:00:00Z');
const values = (small: unknown, large: unknown) => ({ small, large });
const base = { scope: 'account', overridable: true };
const anOverride = (name: string, value: number) =>
  ({ kind: 'limit', name, value, startsAtMs: 0, endsAtMs: null }) as const;

const CATALOGUE: Catalogue = parseCatalogue({
  catalogue: 'consuming',
  version: '1',
  subject: 'account',
  fallback: 'small',
  scopes: { account: {} },
  plans: { small: { rank: 0 }, large: { rank: 1, overridable: true } },
  limits: {
    rate: { ...base, kind: 'rate', window_seconds: 10, edge: 'refuse', values: values(2, 20) },
    calls: {
      ...base,
      kind: 'quota',
      counts: ['call', 'bulk'],
      costs: { bulk: 5 },
      period: 'day',
      edge: 'hard',
      notices: [80, 100],
      values: values(10, 100),
    },
    good: {
      ...base,
      kind: 'quota',
      counts: 'good',
      period: 'month',
      edge: 'soft',
      counted: 'success',
      values: values(3, 30),
    },
    local: {
      ...base,
      kind: 'quota',
      counts: 'local',
      period: 'day',
      zone: 'subject',
      edge: 'hard',
      values: values(1, 'unlimited'),
    },
    balance: { ...base, kind: 'credits', edge: 'hard', refill: { interval: 'day' }, values: values(4, 'unlimited') },
    money: {
      ...base,
      kind: 'budget',
      period: 'day',
      lease_seconds: 60,
      edge: 'hard',
      notices: [50],
      values: values(10, 100),
    },
  },
  features: { any: { type: 'boolean', on_loss: 'stop', values: values(true, true) } },
});
const small: SubjectState = { plans: ['small'], billingCancelled: false, overrides: [], billing: null };
const consumer = { catalogue: CATALOGUE, subject: small, nowMs: NOON };
const on = (plan: string) => ({ ...consumer, subject: { ...small, plans: [plan] } });

const steps: ConsumeStep[] = [
  { take: 'budget', key: 'b', limit: 'money', bornAtMs: 0, op: { kind: 'reserve', reservationId: 'r1', amount: 4 } },
  { take: 'credits', key: 'c', limit: 'balance', bornAtMs: 0 },
  { take: 'quota', key: 'q', limit: 'calls', event: 'bulk' },
  { take: 'rate', key: 'r', limit: 'rate' },
  { take: 'quota', key: 'g', limit: 'good' },
];

/** Runs the same steps one call after another on one state, and reads each answer. */
function calls(count: number, asked: readonly ConsumeStep[], isSuccess = true, by = consumer) {
  const state = emptyState();
  return Array.from({ length: count }, () => {
    const program = compile(by, asked, { tenant: 't', isSuccess });
    const answer = run(state, program);
    if (answer.outcome === 'conflict') throw new Error('no idempotency was asked for');
    return read(by, asked, program, answer);
  });
}

const program = () => compile(consumer, steps, { tenant: 't' });

describe('a compiled program', () => {
  test('decides rates, quotas, credits, budgets, whatever the order in which they were told', () => {
    expect(program().steps.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'rate r',
      'quota q',
      'quota g',
      'credits c',
      'budget b',
    ]);
    expect(() => checkProgram(program())).not.toThrow();
  });

  test('is a success without idempotency, unless told', () => {
    expect(program()).toMatchObject({ nowMs: NOON, tenant: 't', isSuccess: true, idempotency: null });
    const told = {
      tenant: 't',
      isSuccess: false,
      idempotency: { key: 'k', fingerprint: 'f', keptSeconds: 5 },
    };
    expect(compile(consumer, [], told)).toEqual({ ...told, nowMs: NOON, steps: [] });
  });

  test('holds every figure as it stands for the subject', () => {
    expect(program().steps).toEqual([
      { kind: 'rate', key: 'r', name: 'rate', when: 'passed', limit: 2, windowMs: 10_000, cost: 1 },
      {
        kind: 'quota',
        key: 'q',
        name: 'calls',
        when: 'passed',
        limit: 10,
        edge: 'hard',
        periodKey: '2026-11-21',
        startsAtMs: MIDNIGHT - 86_400_000,
        endsAtMs: MIDNIGHT,
        cost: 5,
        thresholds: [8, 10],
        settled: null,
      },
      {
        kind: 'quota',
        key: 'g',
        name: 'good',
        when: 'success',
        limit: 3,
        edge: 'soft',
        periodKey: '2026-11',
        startsAtMs: Date.UTC(2026, 10),
        endsAtMs: Date.UTC(2026, 11),
        cost: 1,
        thresholds: [],
        settled: null,
      },
      {
        kind: 'credits',
        key: 'c',
        name: 'balance',
        when: 'passed',
        op: { kind: 'spend', cost: 1 },
        unlimited: false,
        refill: { amount: 4, dueAtMs: MIDNIGHT - 86_400_000, nextAtMs: MIDNIGHT },
        initial: { balance: 4, refilledAtMs: 0 },
        bornAtMs: 0,
        settled: null,
      },
      {
        kind: 'budget',
        key: 'b',
        name: 'money',
        when: 'passed',
        op: { kind: 'reserve', reservationId: 'r1', amount: 4, leaseMs: 60_000 },
        total: 10,
        edge: 'hard',
        paused: false,
        periodKey: '2026-11-21',
        startsAtMs: MIDNIGHT - 86_400_000,
        endsAtMs: MIDNIGHT,
        thresholds: [5],
        bornAtMs: 0,
        settled: null,
      },
    ]);
  });

  test('follows the plan: unlimited has no refill, no thresholds', () => {
    const [balance] = compile(on('large'), [steps[1]!], { tenant: 't' }).steps;
    expect(balance).toMatchObject({ unlimited: true, refill: null, initial: { balance: 0 } });
    const overrides = [
      { kind: 'limit' as const, name: 'calls', value: 'unlimited' as const, startsAtMs: 0, endsAtMs: null },
    ];
    const lifted = { ...consumer, subject: { ...small, plans: ['large'], overrides } };
    expect(compile(lifted, [steps[2]!], { tenant: 't' }).steps).toMatchObject([{ limit: 'unlimited', thresholds: [] }]);
  });

  test('counts days in the zone of the subject, in UTC without one', () => {
    const asked: ConsumeStep[] = [{ take: 'quota', key: 'l', limit: 'local' }];
    const inTokyo = { ...consumer, subject: { ...small, zone: 'Asia/Tokyo' } };
    expect(compile(inTokyo, asked, { tenant: 't' }).steps).toMatchObject([
      { endsAtMs: Date.parse('2026-11-21T15:00:00Z') },
    ]);
    expect(compile(consumer, asked, { tenant: 't' }).steps).toMatchObject([{ endsAtMs: MIDNIGHT }]);
  });

  test('takes what the call tells: costs, leases, when, what was settled', () => {
    const told = compile(
      consumer,
      [
        { take: 'quota', key: 'q', limit: 'calls', event: 'bulk', cost: 2, settled: 7, when: 'always' },
        { take: 'quota', key: 'q2', limit: 'calls', event: 'call' },
        {
          take: 'budget',
          key: 'b',
          limit: 'money',
          bornAtMs: 5,
          paused: true,
          op: { kind: 'extend', reservationId: 'r', leaseMs: 7 },
        },
        {
          take: 'budget',
          key: 'b2',
          limit: 'money',
          bornAtMs: 5,
          op: { kind: 'commit', reservationId: 'r', amount: 3 },
        },
      ],
      { tenant: 't' },
    );
    expect(told.steps).toMatchObject([
      { cost: 2, settled: 7, when: 'always' },
      { cost: 1 },
      { paused: true, op: { kind: 'extend', reservationId: 'r', leaseMs: 7 } },
      { op: { kind: 'commit', reservationId: 'r', amount: 3 } },
    ]);
  });

  test('an event that the limit does not count, or a limit of another kind, is a bug', () => {
    expect(() =>
      compile(consumer, [{ take: 'quota', key: 'q', limit: 'calls', event: 'other' }], { tenant: 't' }),
    ).toThrow("limit 'calls' doesn't count 'other'");
    expect(() => compile(consumer, [{ take: 'quota', key: 'q', limit: 'rate' }], { tenant: 't' })).toThrow(
      'not a quota',
    );
  });

  test('thresholds are rounded up and exact far beyond what doubles hold', () => {
    const overrides = [
      { kind: 'limit' as const, name: 'calls', value: Number.MAX_SAFE_INTEGER, startsAtMs: 0, endsAtMs: null },
    ];
    const big = { ...consumer, subject: { ...small, plans: ['large'], overrides } };
    expect(compile(big, [steps[2]!], { tenant: 't' }).steps).toMatchObject([
      { thresholds: [7_205_759_403_792_793, Number.MAX_SAFE_INTEGER] },
    ]);
    const none = { ...big, subject: { ...big.subject, overrides: [{ ...overrides[0]!, value: 0 }] } };
    expect(compile(none, [steps[2]!], { tenant: 't' }).steps).toMatchObject([{ thresholds: [] }]);
  });

  test('limits that somebody authored stand as they are', () => {
    const own = compile(
      consumer,
      [
        { take: 'rate', key: 'k', limit: { name: 'burst', limit: 0, windowMs: 1_500 }, cost: 0 },
        {
          take: 'credits',
          key: 'k',
          bornAtMs: 1,
          limit: {
            name: 'key',
            unlimited: false,
            balance: 9,
            refill: { interval: 'month', dayOfMonth: 31, amount: 5 },
            zone: 'UTC',
          },
        },
        {
          take: 'budget',
          key: 'k',
          bornAtMs: 1,
          op: { kind: 'spend', amount: 1 },
          limit: {
            name: 'envelope',
            total: 100,
            edge: 'notify',
            period: 'total',
            zone: 'UTC',
            leaseSeconds: 9,
            notices: [75],
          },
        },
      ],
      { tenant: 't' },
    );
    expect(own.steps).toMatchObject([
      { name: 'burst', limit: 0, windowMs: 1_500, cost: 0 },
      {
        name: 'key',
        initial: { balance: 9, refilledAtMs: 1 },
        refill: { amount: 5, dueAtMs: Date.UTC(2026, 9, 31), nextAtMs: Date.UTC(2026, 10, 30) },
      },
      {
        name: 'envelope',
        total: 100,
        edge: 'notify',
        periodKey: 'total',
        startsAtMs: 1,
        endsAtMs: null,
        thresholds: [75],
      },
    ]);
    expect(() => checkProgram(own)).not.toThrow();
  });

  test.each([
    [{ kind: 'reserve', reservationId: 'r', amount: 1 }, { leaseMs: 60_000 }],
    [{ kind: 'reserve', reservationId: 'r', amount: 1, leaseMs: 5 }, { leaseMs: 5 }],
    [{ kind: 'extend', reservationId: 'r' }, { leaseMs: 60_000 }],
    [{ kind: 'extend', reservationId: 'r', leaseMs: 5 }, { leaseMs: 5 }],
    [{ kind: 'commit', reservationId: 'r', amount: 1 }, {}],
    [{ kind: 'release', reservationId: 'r' }, {}],
    [{ kind: 'spend', amount: 1 }, {}],
  ] as const)('holds a reservation for as long as its budget says, unless told: %j', (op, lease) => {
    const step: ConsumeStep = { take: 'budget', key: 'b', limit: 'money', bornAtMs: 0, op };
    expect(compile(consumer, [step], { tenant: 't' }).steps).toMatchObject([{ op: { ...op, ...lease } }]);
    expect(JSON.stringify(compile(consumer, [step], { tenant: 't' }).steps)).toContain(
      JSON.stringify({ ...op, ...lease }),
    );
  });

  test('tells at the first one of a limit of one, and never at none', () => {
    const one = { ...consumer, subject: { ...small, plans: ['large'], overrides: [anOverride('calls', 1)] } };
    expect(compile(one, [steps[2]!], { tenant: 't' }).steps).toMatchObject([{ thresholds: [1] }]);
  });
});

const reserve = (amount: number, more = {}): ConsumeStep => ({
  take: 'budget',
  key: 'b',
  limit: 'money',
  bornAtMs: 0,
  op: { kind: 'reserve', reservationId: `r${amount}`, amount },
  ...more,
});

describe('the answer to a program', () => {
  test('is a decision for each step, in the order in which they were told, with the figures after it', () => {
    const [first] = calls(1, steps);
    expect(first?.refusal).toBeNull();
    expect(
      first?.decisions.map(({ allowed, by }) => [allowed, by.name, by.used, by.allowed, by.remaining, by.requested]),
    ).toEqual([
      [true, 'money', 4, 10, 6, 4],
      [true, 'balance', null, 4, 3, 1],
      [true, 'calls', 5, 10, 5, 5],
      [true, 'rate', 1, 2, 1, 1],
      [true, 'good', 1, 3, 2, 1],
    ]);
  });

  test('names the step that refused, with what waiting and what a plan would bring', () => {
    const third = calls(3, [steps[2]!])[2]!;
    expect(third.refusal).toBe(third.decisions[0]);
    expect(third.refusal).toMatchObject({
      allowed: false,
      by: {
        name: 'calls',
        class: 'quota',
        used: 10,
        remaining: 0,
        requested: 5,
        edge: 'hard',
        plan: 'small',
        admittingPlan: 'large',
        resetsAt: '2026-11-22T00:00:00.000Z',
        retryAfterSeconds: 43_200,
      },
    });
  });

  test('of a rate tells the window and the first moment that fits', () => {
    const third = calls(3, [steps[3]!])[2]!;
    expect(third.refusal?.by).toMatchObject({ class: 'rate', windowSeconds: 10, admittingPlan: 'large', remaining: 0 });
    expect(third.refusal?.by.retryAfterSeconds).toBeGreaterThanOrEqual(10);
  });

  test('of credits tells the balance as it stands, and the next refill', () => {
    const spend: ConsumeStep = {
      take: 'credits',
      key: 'c',
      limit: 'balance',
      bornAtMs: 0,
      op: { kind: 'spend', cost: 3 },
    };
    const second = calls(2, [spend])[1]!;
    expect(second.refusal?.by).toMatchObject({
      class: 'credits',
      used: null,
      remaining: 1,
      requested: 3,
      retryAfterSeconds: 43_200,
      admittingPlan: 'large',
    });
  });

  test('of a budget tells why, and a plan only where more money would help', () => {
    expect(calls(1, [reserve(11)])[0]?.refusal?.by).toMatchObject({
      class: 'budget',
      reason: 'insufficient',
      admittingPlan: 'large',
      retryAfterSeconds: null,
    });
    expect(calls(1, [reserve(5, { paused: true })])[0]?.refusal?.by).toMatchObject({
      reason: 'paused',
      admittingPlan: null,
      retryAfterSeconds: null,
    });
  });

  test('a success counts only with one', () => {
    expect(calls(1, [steps[4]!], true)[0]?.decisions[0]?.by.used).toBe(1);
    expect(calls(1, [steps[4]!], false)[0]?.decisions[0]?.by.used).toBe(0);
  });

  test('of an authored limit knows no plan', () => {
    const own: ConsumeStep = { take: 'rate', key: 'k', limit: { name: 'burst', limit: 1, windowMs: 1_000 } };
    const second = calls(2, [own])[1]!;
    expect(second.refusal?.by).toMatchObject({
      name: 'burst',
      class: 'rate',
      kind: 'rate',
      plan: null,
      admittingPlan: null,
      overrideable: false,
      allowed: 1,
    });
    expect(calls(1, [own])[0]?.decisions[0]?.allowed).toBe(true);
  });

  test('to other steps is a bug', () => {
    const program = compile(consumer, steps, { tenant: 't' });
    const answer = run(emptyState(), program);
    if (answer.outcome === 'conflict') throw new Error('no idempotency was asked for');
    expect(() => read(consumer, steps.slice(1), program, answer)).toThrow('5 answers to 4 steps');
  });
});
