import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import type {
  BudgetAnswer,
  BudgetOp,
  BudgetStep,
  CreditsAnswer,
  CreditsOp,
  CreditsStep,
  Program,
  ProgramAnswer,
  QuotaAnswer,
  QuotaStep,
  RateAnswer,
  RateStep,
  Step,
} from '../../../domain/program/program.ts';
import { DAY_MS, stepsAt } from '../../support/steps.ts';

export { DAY_MS } from '../../support/steps.ts';

/** A noon in November, at the start of a minute. */
export const NOON = Date.UTC(2026, 10, 21, 12);
export const MINUTE_MS = 60_000;

const { aCredits, aBudget, ...steps } = stepsAt(NOON);
export const { aRate, aQuota } = steps;

/** A tenant whose programs run one after the other. */
export function aTenant(): {
  run: (steps: readonly Step[], more?: Partial<Program>) => ProgramAnswer;
  steps: (steps: readonly Step[], more?: Partial<Program>) => Extract<ProgramAnswer, { refusedBy: unknown }>;
  rate: (step: RateStep, nowMs?: number) => RateAnswer;
  quota: (step: QuotaStep, nowMs?: number) => QuotaAnswer;
  credits: (step: CreditsStep, nowMs?: number) => CreditsAnswer;
  budget: (step: BudgetStep, nowMs?: number) => BudgetAnswer;
  state: ModelState;
} {
  const state = emptyState();
  const runs = (steps: readonly Step[], more: Partial<Program> = {}): ProgramAnswer =>
    run(state, { nowMs: NOON, tenant: 'a', steps, isSuccess: true, idempotency: null, ...more });
  const steps: ReturnType<typeof aTenant>['steps'] = (asked, more) => {
    const answer = runs(asked, more);
    if (answer.outcome === 'conflict') throw new Error('a conflict has no steps');
    return answer;
  };
  const one = (step: Step, nowMs = NOON): unknown => steps([step], { nowMs }).steps[0];
  return {
    state,
    run: runs,
    steps,
    rate: (step, nowMs) => one(step, nowMs) as RateAnswer,
    quota: (step, nowMs) => one(step, nowMs) as QuotaAnswer,
    credits: (step, nowMs) => one(step, nowMs) as CreditsAnswer,
    budget: (step, nowMs) => one(step, nowMs) as BudgetAnswer,
  };
}

export function credits(op: CreditsOp | number, more: Partial<CreditsStep> = {}): CreditsStep {
  return aCredits({ op: typeof op === 'number' ? { kind: 'spend', cost: op } : op, ...more });
}

/** A refill of every midnight UTC, as it stands at an instant. */
export function dailyRefill(amount: number, nowMs: number): NonNullable<CreditsStep['refill']> {
  const dueAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { amount, dueAtMs, nextAtMs: dueAtMs + DAY_MS };
}

/** One that is never counted anew. */
export function budget(op: BudgetOp, more: Partial<BudgetStep> = {}): BudgetStep {
  return aBudget({ op, total: 10, periodKey: 'total', startsAtMs: 0, endsAtMs: null, bornAtMs: 0, ...more });
}

export function reserve(reservationId: string, amount: number, leaseMs = 15 * MINUTE_MS): BudgetOp {
  return { kind: 'reserve', reservationId, amount, leaseMs };
}

export function commit(reservationId: string, amount: number): BudgetOp {
  return { kind: 'commit', reservationId, amount };
}
