import { lifting } from '../plans/admitting.ts';
import { type DecisionClass, limitNamed } from '../plans/catalogue.ts';
import { type Explained, type Facts, factsOf } from '../plans/decision.ts';
import { secondsUntil } from '../plans/periods.ts';
import { NOTHING, type Question } from '../plans/questions.ts';
import { type Standing, standingOf } from '../plans/standing.ts';
import { unreachable } from '../unreachable.ts';
import { type Consumer, type ConsumeStep, decidingOrder } from './consume.ts';
import type { Program, ProgramAnswer, Step, StepAnswer } from './program.ts';

/** The answers to what was consumed together. */
export interface Reading {
  /** Of each step by itself, in the order in which they were told; a step may fit in a program that was refused for another. */
  decisions: Explained[];
  /** The one that refused all of it; `null` when it was admitted. */
  refusal: Explained | null;
}

/**
 * What the counters' answer to a compiled program says, as decisions. Their figures are those after it: nothing is subtracted from
 * what was refused. `steps` and `consumer` are those that the program was compiled from.
 * @throws {RangeError} for another program than that
 */
export function read(
  consumer: Consumer,
  steps: readonly ConsumeStep[],
  program: Program,
  answer: Extract<ProgramAnswer, { steps: unknown }>,
): Reading {
  if (program.steps.length !== steps.length || answer.steps.length !== steps.length) {
    throw new RangeError(`${answer.steps.length} answers to ${steps.length} steps`);
  }
  const standing = standingOf(consumer.catalogue, consumer.subject, consumer.nowMs);
  const decisions: Explained[] = [];
  let refusal: Explained | null = null;
  for (const [place, at] of decidingOrder(steps).entries()) {
    const decision = readStep(standing, steps[at]!, program.steps[place]!, answer.steps[place]!);
    decisions[at] = decision;
    if (answer.refusedBy === place) refusal = decision;
  }
  return { decisions, refusal };
}

function readStep(standing: Standing, asked: ConsumeStep, step: Step, answer: StepAnswer): Explained {
  const figures = figuresOf(step, answer);
  const { resetsAtMs, fitsAtMs, reason, ...amounts } = figures;
  if (typeof asked.limit !== 'string') return { allowed: answer.passed, by: ownFacts(standing, step, figures) };

  const definition = limitNamed(standing.catalogue, asked.limit);
  const judgement = { ...NOTHING, ...amounts, allowed: answer.passed, definition };
  const by: Facts = { ...factsOf(standing, judgement, { resetsAtMs, fitsAtMs }), reason };
  if (answer.passed) return { allowed: true, by };
  const question = questionOf(asked, step, figures);
  return { allowed: false, by: { ...by, admittingPlan: question && lifting(standing, question) } };
}

/** The figures of a step after its program. */
type Figures = Pick<Facts, 'used' | 'remaining' | 'requested' | 'windowSeconds' | 'edge' | 'reason'> & {
  limit: Facts['allowed'];
  resetsAtMs: number | null;
  /** When the same would fit, with a "no" that waiting cures. */
  fitsAtMs: number | null;
};

function figuresOf(step: Step, answer: StepAnswer): Figures {
  const none = { windowSeconds: null, reason: null };
  if (step.kind === 'rate' && answer.kind === 'rate') {
    const { used, remaining, resetsAtMs, fitsAtMs } = answer;
    const windowSeconds = step.windowMs / 1000;
    const { limit, cost: requested } = step;
    return { ...none, used, limit, remaining, requested, edge: 'refuse', windowSeconds, resetsAtMs, fitsAtMs };
  }
  if (step.kind === 'quota' && answer.kind === 'quota') {
    const { used, remaining, fitsAtMs } = answer;
    const { limit, cost: requested, edge, endsAtMs: resetsAtMs } = step;
    return { ...none, used, limit, remaining, requested, edge, resetsAtMs, fitsAtMs };
  }
  if (step.kind === 'credits' && answer.kind === 'credits') {
    const remaining = answer.balance ?? 'unlimited';
    const limit = step.unlimited ? 'unlimited' : (step.refill?.amount ?? null);
    const requested = step.op.kind === 'spend' ? step.op.cost : null;
    const resetsAtMs = step.refill?.nextAtMs ?? null;
    return { ...none, used: null, limit, remaining, requested, edge: 'hard', resetsAtMs, fitsAtMs: answer.fitsAtMs };
  }
  if (step.kind === 'budget' && answer.kind === 'budget') {
    const { reserved, spent, state } = answer;
    const { total: limit, edge, endsAtMs: resetsAtMs, op } = step;
    const requested = 'amount' in op ? op.amount : null;
    // A new period forgets what was spent, not what is still reserved.
    const isCured = state === 'insufficient' && (limit === 'unlimited' || reserved + (requested ?? 0) <= limit);
    return {
      ...none,
      used: reserved + spent,
      limit,
      remaining: answer.remaining === 'unlimited' ? 'unlimited' : Math.max(0, answer.remaining),
      requested,
      edge,
      reason: answer.passed ? null : state,
      resetsAtMs,
      fitsAtMs: isCured ? resetsAtMs : null,
    };
  }
  throw new RangeError(`a ${step.kind} was answered as a ${answer.kind}`);
}

/** The question whose answer on other plans says which would lift this "no"; `null` where no plan could. */
function questionOf(asked: ConsumeStep, step: Step, { used, remaining, requested, reason }: Figures): Question | null {
  const limit = step.name;
  switch (asked.take) {
    case 'rate': {
      const { identifier, numbers } = asked;
      return { ask: 'consume', limit, used: used ?? 0, cost: requested ?? 0, identifier, numbers };
    }
    case 'quota':
      return { ask: 'consume', limit, used: used ?? 0, cost: requested ?? 0 };
    case 'credits':
      return { ask: 'spend', limit, balance: Number(remaining), cost: requested ?? 0 };
    case 'budget':
      return reason === 'insufficient' ? { ask: 'consume', limit, used: used ?? 0, cost: requested ?? 0 } : null;
    default:
      return unreachable(asked);
  }
}

/** Of a limit that somebody authored: no plan gives it, and none lifts it. */
function ownFacts({ nowMs }: Standing, { name, kind }: Step, figures: Figures): Facts {
  const { limit: allowed, resetsAtMs, fitsAtMs, ...known } = figures;
  return {
    ...known,
    name,
    class: kind satisfies DecisionClass,
    kind,
    allowed,
    scope: null,
    plan: null,
    admittingPlan: null,
    overrideable: false,
    resetsAt: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
    retryAfterSeconds: fitsAtMs === null || fitsAtMs <= nowMs ? null : secondsUntil(fitsAtMs, nowMs),
    level: null,
    requiredLevel: null,
    verb: null,
  };
}
