import * as fc from 'fast-check';
import type { Limit } from '../../domain/plans/catalogue.ts';
import { periodAt, refillAt } from '../../domain/plans/periods.ts';
import type {
  BudgetOp,
  BudgetStep,
  CreditsOp,
  CreditsStep,
  Idempotency,
  Program,
  QuotaStep,
  RateStep,
  Step,
  When,
} from '../../domain/program/program.ts';

/**
 * Random histories of consuming programs, for whoever compares something with the model. Few keys, small limits and ids from small
 * pools, so that edges are met all the time; clocks step on, jump over midnight and go back; repeats come with their idempotency key,
 * at times with another meaning.
 */
export interface HistoryOptions {
  /** Where the clock begins: shortly before a midnight, a month's and a year's end. */
  startsAtMs?: number;
  /** The kinds that programs are made of. Default: all. */
  kinds?: readonly Step['kind'][];
  /** Whether clocks may go back. Default: yes. */
  clocksGoBack?: boolean;
  /** Put before each tenant's name, so that histories don't meet in one Redis. */
  tenantPrefix?: string;
  mostPrograms?: number;
}

export const HISTORY_STARTS_AT_MS = Date.UTC(2099, 11, 31, 23, 59, 50);

const ALL_KINDS = ['rate', 'quota', 'credits', 'budget'] as const;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Programs in the order in which they run. */
export function histories(options: HistoryOptions = {}): fc.Arbitrary<Program[]> {
  const { startsAtMs = HISTORY_STARTS_AT_MS, clocksGoBack = true, mostPrograms = 40, tenantPrefix = '' } = options;
  const next = fc.record({
    stepMs: clockSteps(clocksGoBack),
    fresh: drafts(options),
    repeated: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: idempotencies }),
  });
  // What stands under an idempotency key is one program, run again at another time.
  const repeatable = fc.array(drafts(options), { minLength: IDEMPOTENT.length, maxLength: IDEMPOTENT.length });
  const ran = fc.array(next, { minLength: 1, maxLength: mostPrograms, size: 'max' });
  return fc.tuple(repeatable, ran).map(([known, all]) => {
    let nowMs = startsAtMs;
    return all.map(({ stepMs, fresh, repeated }) => {
      nowMs = Math.max(0, nowMs + stepMs);
      const { tenant, steps, isSuccess } = repeated ? known[IDEMPOTENT.indexOf(repeated.key)]! : fresh;
      return {
        nowMs,
        tenant: tenantPrefix + tenant,
        steps: withoutSharedKeys(steps.map((group) => group(nowMs))),
        isSuccess,
        idempotency: repeated,
      };
    });
  });
}

const IDEMPOTENT = ['first', 'second', 'third'];

const idempotencies: fc.Arbitrary<Idempotency> = fc.record({
  key: fc.constantFrom(...IDEMPOTENT),
  fingerprint: fc.constantFrom('same', 'same', 'same', 'other'),
  keptSeconds: fc.constantFrom(1, 60, 600, 86_400),
});

/** A program that still has to be told the time. */
interface Draft {
  tenant: string;
  steps: GroupDraft[];
  isSuccess: boolean;
}

function drafts({ kinds = ALL_KINDS, startsAtMs = HISTORY_STARTS_AT_MS }: HistoryOptions): fc.Arbitrary<Draft> {
  const group = fc.constantFrom(...kinds).chain((kind) => groups(kind, startsAtMs));
  return fc.record({
    tenant: fc.constantFrom('a', 'a', 'a', 'a', 'b'),
    steps: fc.array(group, { minLength: 1, maxLength: 4 }),
    isSuccess: fc.constantFrom(true, true, true, false),
  });
}

/** Neighbouring steps that belong together: a run of rates, or one step of another kind. */
type GroupDraft = (nowMs: number) => Step[];

function groups(kind: Step['kind'], startsAtMs: number): fc.Arbitrary<GroupDraft> {
  const whens = fc.constantFrom<When>('always', 'passed', 'passed', 'success');
  if (kind === 'rate') {
    return fc.tuple(whens, fc.array(rates, { minLength: 1, maxLength: 3 })).map(
      ([when, run]) =>
        () =>
          run.map((rate) => ({ ...rate, when })),
    );
  }
  if (kind === 'quota')
    return fc.tuple(whens, quotas).map(([when, quota]) => (nowMs) => [{ ...quota(nowMs), when }]);
  if (kind === 'credits') {
    return fc.tuple(whens, credits(startsAtMs)).map(([when, balance]) => (nowMs) => [{ ...balance(nowMs), when }]);
  }
  return fc.tuple(whens, budgets(startsAtMs)).map(([when, budget]) => (nowMs) => [{ ...budget(nowMs), when }]);
}

const limits = fc.constantFrom<Limit>(0, 1, 3, 5, 5, 8, 20, 'unlimited');
const costs = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.nat(6) },
  fc.constantFrom(2 ** 53 - 1),
);
const thresholds = fc
  .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 3 })
  .map((all) => all.toSorted((a, b) => a - b));

const rates: fc.Arbitrary<Omit<RateStep, 'when'>> = fc.record({
  kind: fc.constant('rate' as const),
  key: fc.constantFrom('key', 'identity'),
  name: fc.constant('requests'),
  limit: limits,
  windowMs: fc.constantFrom(1000, 1000, 60_000, 900_000),
  cost: costs,
});

const quotas = fc
  .record({
    key: fc.constantFrom('product', 'account'),
    limit: limits,
    edge: fc.constantFrom<QuotaStep['edge']>('hard', 'hard', 'soft', 'overage'),
    period: fc.constantFrom('utc_day' as const, 'month' as const),
    zone: fc.constantFrom('UTC', 'America/Sao_Paulo'),
    cost: costs,
    thresholds,
  })
  .map(({ period, zone, ...quota }) => (nowMs: number): Omit<QuotaStep, 'when'> => {
    const { key: periodKey, startsAtMs, endsAtMs } = periodAt(period, nowMs, { zone });
    return { kind: 'quota', name: 'calls', ...quota, periodKey, startsAtMs, endsAtMs, settled: null };
  });

function credits(startsAtMs: number): fc.Arbitrary<(nowMs: number) => Omit<CreditsStep, 'when'>> {
  const amounts = fc.constantFrom(0, 1, 2, 5, 10, 2 ** 53 - 1);
  const ops: fc.Arbitrary<CreditsOp> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('spend' as const), cost: costs }) },
    fc.record({ kind: fc.constant('set' as const), balance: amounts }),
    fc.record({ kind: fc.constant('add' as const), amount: amounts }),
    fc.record({ kind: fc.constant('subtract' as const), amount: amounts }),
  );
  return fc
    .record({
      key: fc.constantFrom('key', 'identity'),
      op: ops,
      unlimited: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
      refill: fc.option(
        fc.record({
          interval: fc.constantFrom('day' as const, 'month' as const),
          dayOfMonth: fc.constantFrom(1, 15, 31),
          amount: fc.constantFrom(1, 5, 10),
        }),
      ),
    })
    .map(({ refill, ...step }) => (nowMs) => ({
      kind: 'credits' as const,
      name: 'credits',
      ...step,
      refill: refill && { amount: refill.amount, ...refillAt(refill, nowMs) },
      // One key has one beginning, whoever asks first.
      initial: { balance: step.key === 'key' ? 5 : 0, refilledAtMs: startsAtMs },
      bornAtMs: startsAtMs,
      settled: null,
    }));
}

function budgets(startsAtMs: number): fc.Arbitrary<(nowMs: number) => Omit<BudgetStep, 'when'>> {
  // An id that objects have a meaning for is an id like any other.
  const reservationId = fc.constantFrom('one', 'one', 'two', '__proto__');
  const amount = fc.oneof({ weight: 12, arbitrary: fc.nat(8) }, fc.constantFrom(2 ** 53 - 1));
  const leaseMs = fc.constantFrom(1, MINUTE_MS, 15 * MINUTE_MS, 2 * DAY_MS);
  const ops: fc.Arbitrary<BudgetOp> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('reserve' as const), reservationId, amount, leaseMs }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), reservationId, amount }) },
    fc.record({ kind: fc.constant('extend' as const), reservationId, leaseMs }),
    fc.record({ kind: fc.constant('release' as const), reservationId }),
    fc.record({ kind: fc.constant('spend' as const), amount }),
  );
  return fc
    .record({
      key: fc.constantFrom('envelope', 'envelope', 'envelope', 'project'),
      op: ops,
      total: limits,
      edge: fc.constantFrom<BudgetStep['edge']>('hard', 'hard', 'notify'),
      paused: fc.integer({ min: 0, max: 7 }).map((chance) => chance === 0),
      thresholds,
    })
    .map((step) => (nowMs) => {
      // One budget has one kind of period.
      const { key: periodKey, ...span } = periodAt(step.key === 'envelope' ? 'day' : 'month', nowMs);
      return {
        kind: 'budget' as const,
        name: 'spend',
        ...step,
        periodKey,
        ...span,
        bornAtMs: startsAtMs,
        settled: null,
      };
    });
}

/** Two steps share a key only in one run of rates; of others that would, the first is left. */
function withoutSharedKeys(chosen: readonly Step[][]): Step[] {
  const steps: Step[] = [];
  const runOf = new Map<string, number>();
  let run = 0;
  for (const step of chosen.flat()) {
    const last = steps.at(-1);
    if (last?.kind !== 'rate' || step.kind !== 'rate' || last.when !== step.when) run += 1;
    const name = JSON.stringify([step.kind, step.key]);
    const known = runOf.get(name);
    if (known !== undefined && (step.kind !== 'rate' || known !== run)) continue;
    runOf.set(name, run);
    steps.push(step);
  }
  return steps;
}

function clockSteps(mayGoBack: boolean): fc.Arbitrary<number> {
  const forward = [
    { weight: 16, arbitrary: fc.nat(300) },
    { weight: 8, arbitrary: fc.nat(5000) },
    { weight: 3, arbitrary: fc.nat(20 * MINUTE_MS) },
    { weight: 1, arbitrary: fc.nat(3 * DAY_MS) },
    { weight: 1, arbitrary: fc.nat(70 * DAY_MS) },
  ];
  const back = [
    { weight: 4, arbitrary: fc.integer({ min: -1500, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * DAY_MS, max: 0 }) },
  ];
  return fc.oneof(...forward, ...(mayGoBack ? back : []));
}
