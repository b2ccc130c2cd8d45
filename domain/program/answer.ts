import type { Limit } from '../plans/catalogue.ts';
import type { BudgetAnswer, CreditsStep, Program, ProgramAnswer, Step, StepAnswer } from './program.ts';
import { ceilingOf, fitsRateAtMs, type RateCells, usedIn } from './rates.ts';

/**
 * What a holder tells of a step: whether it fits by itself, and the bare figures of its state after the program. Everything else in
 * an answer follows from these and from the program.
 */
export type StepFigures = RateFigures | QuotaFigures | CreditsFigures | BudgetFigures;

/** The cells as they stand at the program's clock (`cellsAt`). */
export interface RateFigures extends RateCells {
  readonly kind: 'rate';
  readonly passed: boolean;
}

export interface QuotaFigures {
  readonly kind: 'quota';
  readonly passed: boolean;
  readonly used: number;
}

export interface CreditsFigures {
  readonly kind: 'credits';
  readonly passed: boolean;
  /** A due refill included, also where it was not kept; `null` when unlimited. */
  readonly balance: number | null;
  /** Whether a due refill raised the balance, and was kept. */
  readonly refilled: boolean;
}

export interface BudgetFigures {
  readonly kind: 'budget';
  readonly passed: boolean;
  readonly reserved: number;
  readonly spent: number;
  /** What of `spent` is of this program: 0 for the repeat of a commit. */
  readonly added: number;
  readonly state: BudgetAnswer['state'];
}

/** The answer to a program, from what its holder tells of each step, in the order of the steps. */
export function tellAnswer(program: Program, figures: readonly StepFigures[], replayed: boolean): ProgramAnswer {
  const { refusedBy, taken } = settle(
    program,
    figures.map(({ passed }) => passed),
  );
  const steps = program.steps.map((_step, at) => tellStep(program, at, figures, taken[at]!));
  return { outcome: refusedBy === null ? 'admitted' : 'refused', refusedBy, steps, replayed };
}

/** Which step refuses, and which are taken, when it is known of each whether it fits. */
export function settle(
  { steps, isSuccess }: Pick<Program, 'steps' | 'isSuccess'>,
  passed: readonly boolean[],
): { refusedBy: number | null; taken: boolean[] } {
  let refusedBy: number | null = null;
  const taken: boolean[] = [];
  for (const [from, to] of groupsOf(steps)) {
    const { when } = steps[from]!;
    const isReached = when === 'always' || (refusedBy === null && (when === 'passed' || isSuccess));
    let fits = isReached;
    for (let at = from; at < to; at += 1) {
      if (!isReached || passed[at]) continue;
      fits = false;
      refusedBy ??= at;
    }
    for (let at = from; at < to; at += 1) taken.push(fits);
  }
  if (refusedBy !== null) {
    for (const [at, step] of steps.entries()) if (step.when === 'success') taken[at] = false;
  }
  return { refusedBy, taken };
}

/** Where each run of rates that is all or nothing begins, and what follows it; every other step is a group of its own. */
export function groupsOf(steps: readonly Step[]): [from: number, to: number][] {
  const groups: [number, number][] = [];
  for (let from = 0; from < steps.length; ) {
    let to = from + 1;
    while (to < steps.length && isOneRun(steps[from]!, steps[to]!)) to += 1;
    groups.push([from, to]);
    from = to;
  }
  return groups;
}

function isOneRun(step: Step, next: Step): boolean {
  return step.kind === 'rate' && next.kind === 'rate' && next.when === step.when;
}

function tellStep(program: Program, at: number, figures: readonly StepFigures[], taken: boolean): StepAnswer {
  const step = program.steps[at]!;
  const told = figures[at]!;
  const { nowMs } = program;
  const { passed } = told;
  if (step.kind === 'rate' && told.kind === 'rate') {
    const { limit, windowMs, cost } = step;
    const used = usedIn(told, windowMs, nowMs);
    const asked = { limit, windowMs, nowMs };
    return {
      kind: 'rate',
      passed,
      taken,
      used,
      remaining: leftOf(limit, used),
      cellEndsAtMs: (told.cell + 1) * windowMs,
      fitsAtMs: passed ? nowMs : fitsRateAtMs(told, { ...asked, cost: cost + askedAhead(program.steps, at) }),
      resetsAtMs: fitsRateAtMs(told, { ...asked, cost: 1 }),
    };
  }
  if (step.kind === 'quota' && told.kind === 'quota') {
    const { limit, cost, thresholds, endsAtMs } = step;
    return {
      kind: 'quota',
      passed,
      taken,
      used: told.used,
      remaining: leftOf(limit, told.used),
      crossed: crossed(thresholds, told.used, taken ? cost : 0),
      fitsAtMs: passed ? nowMs : cost <= ceilingOf(limit) ? endsAtMs : null,
    };
  }
  if (step.kind === 'credits' && told.kind === 'credits') {
    const { balance, refilled } = told;
    return { kind: 'credits', passed, taken, balance, refilled, fitsAtMs: passed ? nowMs : fitsCreditsAtMs(step) };
  }
  if (step.kind === 'budget' && told.kind === 'budget') {
    const { reserved, spent, added, state } = told;
    return {
      kind: 'budget',
      passed,
      taken,
      reserved,
      spent,
      remaining: step.total === 'unlimited' ? 'unlimited' : step.total - reserved - spent,
      state,
      crossed: crossed(step.thresholds, spent, added),
    };
  }
  throw new TypeError(`step ${at} is of the kind '${step.kind}', and its figures are of '${told.kind}'`);
}

function leftOf(limit: Limit, used: number): Limit {
  return limit === 'unlimited' ? 'unlimited' : Math.max(0, limit - used);
}

/** The thresholds between what was used before `added` and what is used with it. */
function crossed(thresholds: readonly number[], used: number, added: number): number[] {
  return added === 0 ? [] : thresholds.filter((amount) => used - added < amount && amount <= used);
}

/** What the steps before this one in its run of rates ask of the same cells: this one fits when they do as well. */
function askedAhead(steps: readonly Step[], at: number): number {
  const step = steps[at]!;
  let ahead = 0;
  for (let before = at - 1; before >= 0 && isOneRun(steps[before]!, step); before -= 1) {
    const other = steps[before]!;
    const isSame =
      other.kind === 'rate' && step.kind === 'rate' && other.key === step.key && other.windowMs === step.windowMs;
    if (isSame) ahead += other.cost;
  }
  return ahead;
}

/** A refusal for credits is helped by the next refill, if that is enough. Topping up is nobody's to foretell. */
function fitsCreditsAtMs({ op, refill }: CreditsStep): number | null {
  return refill && op.kind === 'spend' && op.cost <= refill.amount ? refill.nextAtMs : null;
}
