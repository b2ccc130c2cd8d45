import { describe, expect, test } from 'vitest';
import { decide, mayAdd, mayAddTogether, maySend, mayUse, quotaState } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import { allowedTransitions, isSelfServe } from '../../../domain/plans/transitions.ts';
import { anOverride, aSubjectOn, NOON, SMALL, UNKEY } from './catalogues.ts';

// docs/spec/unkey.md §1 to §3, and what §10.3 asks for beyond the older kinds.
const holding = (...plans: string[]) => aSubjectOn('', { plans });

const log = (...plans: string[]) => entitlements(UNKEY, holding(...plans), NOON).limits['log_retention'];

describe('§10.3.7 two subscriptions at once', () => {
  test.each([
    ['nothing', [], 7, 'line'],
    ['Free alone', ['free'], 7, 'line'],
    ['Compute Starter alone, which is stricter than nothing', ['compute_starter'], 3, 'line'],
    ['Free and Compute Starter: Free is no subscription', ['free', 'compute_starter'], 3, 'line'],
    ['Compute Business alone', ['compute_business'], 14, 'line'],
    ['a Pro size and Compute Starter', ['pro_250k', 'compute_starter'], 90, 'plan'],
    ['a Pro size alone', ['pro_250k'], 90, 'plan'],
  ] as const)('logs are kept with %s', (_what, plans, value, source) => {
    expect(log(...plans)).toMatchObject({ value, source });
  });

  test('each line owns its limits: changing one never touches the other', () => {
    const { lines, limits } = entitlements(UNKEY, holding('compute_pro'), NOON);
    expect(lines).toEqual({
      api: { plan: 'free', source: 'default' },
      compute: { plan: 'compute_pro', source: 'plan' },
    });
    expect(limits['cpu']).toMatchObject({ value: 120_000, source: 'plan' });
    expect(limits['keys']).toMatchObject({ value: 1_000, source: 'default' });
    const { limits: both } = entitlements(UNKEY, holding('pro_1m', 'compute_pro'), NOON);
    expect(both['cpu']).toEqual(limits['cpu']);
    expect(both['keys']).toMatchObject({ value: 1_000_000, source: 'plan' });
  });

  test('a feature may come from the other line as well', () => {
    expect(mayUse(UNKEY, holding('compute_pro'), 'team', NOON).allowed).toBe(true);
    expect(mayUse(UNKEY, holding('compute_starter'), 'team', NOON)).toMatchObject({
      allowed: false,
      by: { plan: 'free', admittingPlan: 'pro_250k' },
    });
  });

  test('with cancelled billing both lines are at their fallbacks', () => {
    const { lines, limits } = entitlements(
      UNKEY,
      { ...holding('pro_1m', 'compute_business'), billingCancelled: true },
      NOON,
    );
    expect(lines).toEqual({
      api: { plan: 'free', source: 'default' },
      compute: { plan: 'compute_none', source: 'default' },
    });
    expect(limits['log_retention']).toMatchObject({ value: 7 });
  });

  test('two plans of one line are a bug', () => {
    expect(() => entitlements(UNKEY, holding('free', 'pro_1m'), NOON)).toThrow(
      "'free' and 'pro_1m' are plans of one line, 'api'",
    );
  });

  test('a staff override of the Compute plan wins over what was bought, the API line stays', () => {
    const overrides: Override[] = [
      { kind: 'plan', name: 'compute', value: 'compute_business', startsAtMs: 0, endsAtMs: null },
    ];
    const { lines } = entitlements(UNKEY, { ...holding('pro_1m', 'compute_starter'), overrides }, NOON);
    expect(lines).toEqual({
      api: { plan: 'pro_1m', source: 'plan' },
      compute: { plan: 'compute_business', source: 'plan_override' },
    });
  });
});

const send = (size: number, ...plans: string[]) =>
  maySend(UNKEY, holding(...plans), { limit: 'instance_memory', size }, NOON);

describe('§1.3 a plan may be stricter than the one below', () => {
  test('what Starter refuses, although no plan at all would take it, Pro lifts', () => {
    expect(send(4_096).allowed).toBe(true);
    expect(send(4_096, 'compute_starter')).toMatchObject({
      allowed: false,
      by: { plan: 'compute_starter', allowed: 2_048, admittingPlan: 'compute_pro' },
    });
  });

  test('a stricter plan is passed over: without a plan 5 GiB need Pro, not Starter', () => {
    expect(send(5_000).by?.admittingPlan).toBe('compute_pro');
    expect(send(10_000).by?.admittingPlan).toBe('compute_business');
    expect(send(40_000).by?.admittingPlan).toBeNull();
  });
});

describe('§1.4 the monthly request quota', () => {
  test('blocks nobody, at any overrun, and says how much is used', () => {
    expect(quotaState(UNKEY, holding('free'), 'requests_per_month', 900_000, 1, NOON)).toMatchObject({
      allowed: true,
      by: { edge: 'soft', used: 900_000, allowed: 150_000, remaining: 0, resetsAt: '2026-12-01T00:00:00.000Z' },
    });
  });
});

describe('§10.3.8 edges that refuse nothing', () => {
  test('advisory counts and shows', () => {
    expect(mayAdd(UNKEY, holding('free'), 'keys', 5_000, 1, NOON)).toMatchObject({
      allowed: true,
      by: { edge: 'advisory', used: 5_000, allowed: 1_000, remaining: 0 },
    });
  });

  test('queue says no, and that it is one to wait', () => {
    expect(mayAdd(UNKEY, holding('free'), 'builds', 1, 1, NOON)).toMatchObject({
      allowed: false,
      by: { edge: 'queue', admittingPlan: null },
    });
    expect(mayAdd(UNKEY, holding('free'), 'builds', 0, 1, NOON).allowed).toBe(true);
  });
});

const together = (...asked: [limit: string, used: number][]) =>
  mayAddTogether(
    SMALL,
    aSubjectOn('bronze'),
    asked.map(([limit, used]) => ({ limit, used, amount: 1 })),
    NOON,
  ).by;

describe('§3.3 allocations', () => {
  const used = { cpu: 25_000, memory: 60_000, storage: 100_000 };
  const deploy = (cpu: number, memory: number, storage: number) =>
    mayAddTogether(
      UNKEY,
      holding('compute_starter'),
      [
        { limit: 'storage', used: used.storage, amount: storage },
        { limit: 'cpu', used: used.cpu, amount: cpu },
        { limit: 'memory', used: used.memory, amount: memory },
      ],
      NOON,
    );

  test('reaching the sum exactly is allowed', () => {
    expect(deploy(5_000, 1_440, 22_880)).toMatchObject({ allowed: true, by: { name: 'cpu', used: 25_000 } });
  });

  test.each([
    ['CPU before memory and storage', 5_001, 1_441, 22_881, 'cpu'],
    ['memory before storage', 5_000, 1_441, 22_881, 'memory'],
    ['storage alone', 5_000, 1_440, 22_881, 'storage'],
  ])('the first that fails is named: %s', (_what, cpu, memory, storage, name) => {
    expect(deploy(cpu, memory, storage)).toMatchObject({ allowed: false, by: { name, kind: 'sum', class: 'limit' } });
  });

  test('of the same order the first by name is named, and of one limit asked twice the one asked first', () => {
    expect(together(['seats', 1], ['doors', 3])).toMatchObject({ name: 'doors' });
    expect(together(['doors', 3], ['seats', 1])).toMatchObject({ name: 'doors' });
    expect(together(['seats', 1], ['seats', 2], ['seats', 3])).toMatchObject({ name: 'seats', used: 1 });
  });

  test('nothing to be added is no question', () => {
    expect(() => mayAddTogether(UNKEY, holding(), [], NOON)).toThrow(new RangeError('give one addition at least'));
  });
});

const ask = (used: number, cost: number, overrides: Override[] = [], more = {}) =>
  decide(
    UNKEY,
    { ...holding('enterprise'), overrides },
    { ask: 'consume', limit: 'api_rate', used, cost, ...more },
    NOON,
  );

describe('§2 the workspace rate limit', () => {
  test('is off unless configured', () => {
    expect(ask(1_000_000, 1)).toMatchObject({ allowed: true, by: { allowed: 'unlimited', windowSeconds: 60 } });
  });

  const staff: Override[] = [
    {
      kind: 'rate_pattern',
      name: 'api_rate',
      pattern: '*',
      value: { limit: 100, windowSeconds: 10 },
      startsAtMs: 0,
      endsAtMs: null,
    },
  ];

  test('is set by staff, with a window of its own', () => {
    expect(ask(99, 1, staff)).toMatchObject({ allowed: true, by: { allowed: 100, remaining: 1, windowSeconds: 10 } });
    expect(ask(100, 1, staff)).toMatchObject({
      allowed: false,
      by: {
        class: 'rate',
        kind: 'rate',
        used: 100,
        remaining: 0,
        admittingPlan: null,
        retryAfterSeconds: null,
        edge: 'refuse',
      },
    });
  });

  test('a cost of 0 looks, and passes at the limit but not beyond it', () => {
    expect(ask(100, 0, staff).allowed).toBe(true);
    expect(ask(101, 0, staff).allowed).toBe(false);
  });

  test('a limit of 0 blocks whatever the cost', () => {
    const blocked = [anOverride('api_rate', 0)];
    expect(ask(0, 0, blocked).allowed).toBe(false);
    expect(ask(0, 1, blocked).allowed).toBe(false);
  });

  test('numbers of the call hold where no pattern does', () => {
    const numbers = { limit: 5, windowSeconds: 1 };
    expect(ask(5, 1, [], { numbers })).toMatchObject({ allowed: false, by: { allowed: 5, windowSeconds: 1 } });
    expect(ask(5, 1, staff, { numbers })).toMatchObject({ allowed: true, by: { allowed: 100, windowSeconds: 10 } });
  });
});

const change = (from: string, to: string) => allowedTransitions(UNKEY, from).find((each) => each.to === to);

describe('§3.4 plan changes', () => {
  test.each([
    ['free', 'pro_1m', 'up', 'checkout', 'after_payment'],
    ['pro_250k', 'pro_1m', 'up', 'checkout', 'after_payment'],
    ['pro_1m', 'pro_250k', 'down', 'checkout', 'period_end'],
    ['pro_1m', 'free', 'down', 'cancellation', 'period_end'],
    ['pro_1m', 'enterprise', 'up', 'agreement', 'at_once'],
    ['enterprise', 'pro_1m', 'down', 'agreement', 'period_end'],
    ['compute_pro', 'compute_none', 'down', 'cancellation', 'period_end'],
  ] as const)('from %s to %s', (from, to, direction, by, effective) => {
    expect(change(from, to)).toMatchObject({ direction, by, effective });
  });

  test('are within a line, lowest plan first, and never to the plan itself', () => {
    expect(allowedTransitions(UNKEY, 'compute_pro').map(({ to }) => to)).toEqual([
      'compute_none',
      'compute_starter',
      'compute_business',
    ]);
  });

  test('an upgrade clears the workspace rate limit, a downgrade keeps it (§2.10), and so does the other line', () => {
    expect(change('pro_250k', 'pro_1m')?.clears).toEqual(['api_rate']);
    expect(change('pro_1m', 'pro_250k')?.clears).toEqual([]);
    expect(change('compute_starter', 'compute_pro')?.clears).toEqual([]);
  });

  test('at the same price it takes effect at once and clears nothing', () => {
    const priced = { ...UNKEY, plans: { ...UNKEY.plans, twin: { ...UNKEY.plans['pro_1m']!, name: 'twin', rank: 99 } } };
    expect(allowedTransitions(priced, 'pro_1m').find(({ to }) => to === 'twin')).toEqual({
      to: 'twin',
      direction: 'same',
      by: 'checkout',
      effective: 'at_once',
      clears: [],
    });
  });

  test('a dearer plan is the greater one, whatever its rank', () => {
    const dear = { ...UNKEY.plans['pro_1m']!, name: 'dear', rank: -1, price: { month: 99_999, year: null } };
    const priced = { ...UNKEY, plans: { ...UNKEY.plans, dear } };
    expect(allowedTransitions(priced, 'pro_1m')[0]).toMatchObject({ to: 'dear', direction: 'up' });
  });

  test('what costs nothing takes effect without payment, and is left without waiting', () => {
    const gift = { ...UNKEY.plans['pro_1m']!, name: 'gift', rank: 98, price: { month: 0, year: null } };
    const priced = { ...UNKEY, plans: { ...UNKEY.plans, gift } };
    expect(allowedTransitions(priced, 'free').find(({ to }) => to === 'gift')).toMatchObject({
      direction: 'same',
      effective: 'at_once',
    });
    expect(allowedTransitions(priced, 'gift').find(({ to }) => to === 'free')).toMatchObject({ effective: 'at_once' });
  });

  test('what is priced by agreement is not bought alone', () => {
    const agreed = {
      ...UNKEY,
      plans: { ...UNKEY.plans, pro_1m: { ...UNKEY.plans['pro_1m']!, price: 'by_agreement' as const } },
    };
    expect(isSelfServe(UNKEY, 'pro_1m')).toBe(true);
    expect(isSelfServe(agreed, 'pro_1m')).toBe(false);
  });
});
