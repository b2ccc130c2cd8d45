import { type StepFigures, settle, tellAnswer } from './answer.ts';
import { budgetAt, changeBudget, reservedOf, stateOf } from './budgets.ts';
import { checkProgram, identityOf } from './check.ts';
import { changeCredits } from './credits.ts';
import type {
  BudgetState,
  BudgetStep,
  CreditsState,
  CreditsStep,
  Program,
  ProgramAnswer,
  QuotaStep,
  RateStep,
  Step,
} from './program.ts';
import { ceilingOf, cellsAt, fitsRate, MOST, type RateCells } from './rates.ts';

/**
 * Consuming, in plain words: one program after the other, over maps. Nothing is fast, lost, batched or concurrent here. It says
 * what the script in Redis must do; tests drive both with the same programs and compare.
 */
export interface ModelState {
  readonly rates: Map<string, RateCells>;
  /** What is used, by key and period. */
  readonly quotas: Map<string, number>;
  readonly credits: Map<string, CreditsState>;
  readonly budgets: Map<string, BudgetState>;
  readonly remembered: Map<string, { fingerprint: string; answer: ProgramAnswer; forgottenAtMs: number }>;
}

export function emptyState(): ModelState {
  return { rates: new Map(), quotas: new Map(), credits: new Map(), budgets: new Map(), remembered: new Map() };
}

/** Runs one program: what it takes is in `state` afterwards. @throws {RangeError} for a program that can't be run exactly */
export function run(state: ModelState, program: Program): ProgramAnswer {
  checkProgram(program);
  const { nowMs, tenant, idempotency } = program;

  // 0. A repeat gets the first answer and takes nothing.
  const repeated = idempotency && JSON.stringify([tenant, idempotency.key]);
  const first = repeated ? state.remembered.get(repeated) : undefined;
  if (idempotency && first && nowMs < first.forgottenAtMs) {
    return first.fingerprint === idempotency.fingerprint ? replay(first.answer) : { outcome: 'conflict' };
  }

  // 1. Decide: each step by itself, on what stands.
  const decisions = decide(state, program);

  // 2. Settle which of them count: reached, the whole run of rates, the whole program for what counts successes.
  const passed = decisions.map((decision) => decision.passed);
  const { taken } = settle(program, passed);

  // 3. Write what is taken.
  for (const [at, decision] of decisions.entries()) if (taken[at]) decision.take();

  // 4. Tell how things stand now.
  const figures = decisions.map((decision, at) => decision.tell(taken[at]!));
  const answer = tellAnswer(program, figures, false);
  if (idempotency && repeated) {
    const forgottenAtMs = nowMs + idempotency.keptSeconds * 1000;
    state.remembered.set(repeated, { fingerprint: idempotency.fingerprint, answer, forgottenAtMs });
  }
  return answer;
}

/** Where a step's state stands in the maps: whoever begins with another state than the empty one puts it there. */
export function stateKey(tenant: string, step: Step): string {
  return JSON.stringify([tenant, identityOf(step)]);
}

interface Decision {
  /** Whether the step fits, by itself. */
  readonly passed: boolean;
  readonly take: () => void;
  /** How things stand after the program, this step taken or not. */
  readonly tell: (taken: boolean) => StepFigures;
}

function decide(state: ModelState, { nowMs, tenant, steps }: Program): Decision[] {
  const asked = new Map<string, number>();
  return steps.map((step) => {
    const key = stateKey(tenant, step);
    if (step.kind === 'quota') return decideQuota(state, key, step);
    if (step.kind === 'credits') return step.unlimited ? withoutBalance() : decideCredits(state, key, step);
    if (step.kind === 'budget') return decideBudget(state, key, step, nowMs);
    // The same cells several times in one run: a later step sees what the earlier ones ask, whether it fits or not.
    const ahead = asked.get(key) ?? 0;
    asked.set(key, ahead + step.cost);
    return decideRate(state, key, step, ahead, nowMs);
  });
}

function decideRate({ rates }: ModelState, key: string, step: RateStep, ahead: number, nowMs: number): Decision {
  const { limit, windowMs, cost } = step;
  const cells = (): RateCells => cellsAt(rates.get(key), windowMs, nowMs);
  const passed = fitsRate(cells(), { limit, windowMs, cost: ahead + cost, nowMs });
  return {
    passed,
    take: () => {
      if (cost > 0) rates.set(key, { ...cells(), current: cells().current + cost });
    },
    tell: () => ({ kind: 'rate', passed, ...cells() }),
  };
}

function decideQuota({ quotas }: ModelState, key: string, { edge, limit, cost }: QuotaStep): Decision {
  const used = quotas.get(key) ?? 0;
  const ceiling = edge === 'hard' ? ceilingOf(limit) : MOST;
  const passed = cost === 0 || cost <= ceiling - used;
  return {
    passed,
    take: () => {
      if (cost > 0) quotas.set(key, used + cost);
    },
    tell: (taken) => ({ kind: 'quota', passed, used: taken ? used + cost : used }),
  };
}

function decideCredits({ credits }: ModelState, key: string, step: CreditsStep): Decision {
  const { passed, before, after, refilled } = changeCredits(credits.get(key) ?? step.initial, step);
  return {
    passed,
    take: () => credits.set(key, after),
    tell: (taken) => ({
      kind: 'credits',
      passed,
      balance: (taken ? after : before).balance,
      refilled: taken && refilled,
    }),
  };
}

/** No balance, so nothing to fall short of. */
function withoutBalance(): Decision {
  return {
    passed: true,
    take: () => {},
    tell: () => ({ kind: 'credits', passed: true, balance: null, refilled: false }),
  };
}

function decideBudget({ budgets }: ModelState, key: string, step: BudgetStep, nowMs: number): Decision {
  const before = budgetAt(budgets.get(key), step, nowMs);
  const { passed, after, added, state } = changeBudget(before, step, nowMs);
  return {
    passed,
    // Also where the step itself changed nothing: the leases that ran out by its clock are over for good.
    take: () => budgets.set(key, after),
    tell: (taken) => {
      const now = taken ? after : before;
      const untouched = 'reservationId' in step.op ? stateOf(now, step.op.reservationId) : 'spent';
      return {
        kind: 'budget',
        passed,
        reserved: reservedOf(now),
        spent: now.spent,
        added: taken ? added : 0,
        state: passed ? untouched : state,
      };
    },
  };
}

function replay(answer: ProgramAnswer): ProgramAnswer {
  return answer.outcome === 'conflict' ? answer : { ...answer, replayed: true };
}
