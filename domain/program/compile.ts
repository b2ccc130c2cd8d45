import { type CreditsLimit, type Limit, limitOfKind, type QuotaLimit } from '../plans/catalogue.ts';
import { rateFor } from '../plans/patterns.ts';
import { edgeOf } from '../plans/questions.ts';
import { budgetSpan, refillSpan, spanOf } from '../plans/spans.ts';
import { limitIn, type Standing, standingOf } from '../plans/standing.ts';
import { unreachable } from '../unreachable.ts';
import {
  type BudgetTake,
  type BudgetTakeOp,
  type Consumer,
  type ConsumeStep,
  type CreditsTake,
  decidingOrder,
  type OwnBudget,
  type OwnCredits,
  type QuotaTake,
  type RateTake,
} from './consume.ts';
import type { BudgetOp, BudgetStep, CreditsStep, Program, QuotaStep, RateStep, Step, When } from './program.ts';

/**
 * What a call consumes, compiled for the counters: every value, edge, window, period and refill as it stands for the subject at
 * `nowMs`, in the order in which it is decided. `read.ts` reads the answer.
 * @throws {RangeError} for names, kinds or events that the catalogue doesn't have
 */
export function compile(
  { catalogue, subject, nowMs }: Consumer,
  steps: readonly ConsumeStep[],
  { tenant, isSuccess = true, idempotency = null }: ProgramTerms,
): Program {
  const standing = standingOf(catalogue, subject, nowMs);
  const compiled = decidingOrder(steps).map((at) => compileStep(standing, steps[at]!));
  return { nowMs, tenant, steps: compiled, isSuccess, idempotency };
}

/** What a program says beside its steps; a success, without idempotency, unless told. */
export type ProgramTerms = Pick<Program, 'tenant'> & Partial<Pick<Program, 'isSuccess' | 'idempotency'>>;

function compileStep(standing: Standing, step: ConsumeStep): Step {
  switch (step.take) {
    case 'rate':
      return rateStep(standing, step);
    case 'quota':
      return quotaStep(standing, step);
    case 'credits':
      return creditsStep(standing, step);
    case 'budget':
      return budgetStep(standing, step);
    default:
      return unreachable(step);
  }
}

type Keyed<T> = T & { key: string; when?: When };

function rateStep(
  standing: Standing,
  { key, when = 'passed', limit: of, cost = 1, ...call }: Keyed<RateTake>,
): RateStep {
  if (typeof of !== 'string') {
    const { name, limit, windowMs } = of;
    return { kind: 'rate', key, name, when, limit, windowMs, cost };
  }
  const { limit, windowSeconds } = rateFor(standing, of, call);
  return { kind: 'rate', key, name: of, when, limit, windowMs: windowSeconds * 1000, cost };
}

function quotaStep(
  standing: Standing,
  { key, when, limit: name, event, cost, settled = null }: Keyed<QuotaTake>,
): QuotaStep {
  const definition = limitOfKind(standing.catalogue, name, 'quota');
  const { value: limit } = limitIn(standing, definition);
  const { key: periodKey, startsAtMs, endsAtMs } = spanOf(standing, definition);
  return {
    kind: 'quota',
    key,
    name,
    when: when ?? (definition.counted === 'success' ? 'success' : 'passed'),
    limit,
    edge: edgeOf(standing, definition.edge),
    periodKey,
    startsAtMs,
    endsAtMs,
    cost: cost ?? costOf(definition, event),
    thresholds: thresholds(limit, definition.notices),
    settled,
  };
}

function costOf({ name, counts, costs }: QuotaLimit, event: string | undefined): number {
  if (event === undefined) return 1;
  if (!counts.includes(event)) throw new RangeError(`limit '${name}' doesn't count '${event}'`);
  return Object.hasOwn(costs, event) ? costs[event]! : 1;
}

function creditsStep(standing: Standing, step: Keyed<CreditsTake>): CreditsStep {
  const { key, when = 'passed', limit, op = { kind: 'spend', cost: 1 }, bornAtMs, settled = null } = step;
  const { name, unlimited, balance, refill, zone } =
    typeof limit === 'string' ? creditsOf(standing, limitOfKind(standing.catalogue, limit, 'credits')) : limit;
  const due = refill && !unlimited ? refillSpan(standing, refill, zone) : null;
  return {
    kind: 'credits',
    key,
    name,
    when,
    op,
    unlimited,
    refill: due && { amount: refill!.amount, ...due },
    initial: { balance, refilledAtMs: bornAtMs },
    bornAtMs,
    settled,
  };
}

/** A plan's credits begin with what a refill sets them to. */
function creditsOf(standing: Standing, definition: CreditsLimit): OwnCredits {
  const { name, refill, zone } = definition;
  const { value } = limitIn(standing, definition);
  const amount = value === 'unlimited' ? 0 : value;
  return { name, unlimited: value === 'unlimited', balance: amount, refill: refill && { ...refill, amount }, zone };
}

function budgetStep(standing: Standing, step: Keyed<BudgetTake>): BudgetStep {
  const { key, when = 'passed', limit, op, paused = false, bornAtMs, settled = null } = step;
  const budget = typeof limit === 'string' ? budgetOf(standing, limit) : limit;
  const { name, total, edge, leaseSeconds, notices } = budget;
  const { key: periodKey, startsAtMs, endsAtMs } = budgetSpan(standing, budget) ?? { ...FOREVER, startsAtMs: bornAtMs };
  return {
    kind: 'budget',
    key,
    name,
    when,
    op: withLease(op, leaseSeconds * 1000),
    total,
    edge,
    paused,
    periodKey,
    startsAtMs,
    endsAtMs,
    thresholds: thresholds(total, notices),
    bornAtMs,
    settled,
  };
}

const FOREVER = { key: 'total', endsAtMs: null };

function budgetOf(standing: Standing, name: string): OwnBudget {
  const definition = limitOfKind(standing.catalogue, name, 'budget');
  const { period, zone, leaseSeconds, notices } = definition;
  const { value: total } = limitIn(standing, definition);
  return { name, total, edge: edgeOf(standing, definition.edge), period, zone, leaseSeconds, notices };
}

function withLease(op: BudgetTakeOp, leaseMs: number): BudgetOp {
  return op.kind === 'reserve' || op.kind === 'extend' ? { ...op, leaseMs: op.leaseMs ?? leaseMs } : op;
}

/**
 * The amounts at which somebody is told: those percents of the limit, rounded up, so that "80 %" is never said of less. Without a
 * number there is nothing to be near to, and of none at all nothing is crossed.
 */
function thresholds(limit: Limit, notices: readonly number[]): number[] {
  if (limit === 'unlimited') return [];
  // In integers: a percentage of a large limit would leave what doubles hold exactly.
  const amounts = notices.map((percent) => Number((BigInt(limit) * BigInt(percent) + 99n) / 100n));
  return [...new Set(amounts)].filter((amount) => amount >= 1 && Number.isSafeInteger(amount));
}
