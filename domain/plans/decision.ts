import { lifting } from './admitting.ts';
import type { Catalogue, DecisionClass, GateVerb, Limit, LimitKind } from './catalogue.ts';
import { limitNamed, limitOfKind } from './catalogue.ts';
import { secondsUntil } from './periods.ts';
import { definitionOf, type Judgement, judge, type Question } from './questions.ts';
import { resetsAtMs } from './spans.ts';
import { isOverrideable, planOf, type Standing, standingOf } from './standing.ts';
import type { ScopeState, SubjectState } from './subject.ts';

/**
 * An answer with the facts that decided it. It carries no text: how a "no" is worded is up to whoever speaks to the caller.
 * Facts are given with a "yes" too, as they were before the thing asked for. Only where a limit doesn't hold at all, in a scope
 * that it doesn't apply to, is there nothing to tell.
 */
export type Decision<F extends Facts = Facts> = { allowed: true; by: F | null } | { allowed: false; by: F };

/** A decision about what holds everywhere. */
export type Explained = { allowed: true; by: Facts } | { allowed: false; by: Facts };

/** Of a limit on what exists, these are always known. */
export type CountFacts = Facts & { used: number; allowed: Limit; remaining: Limit; requested: number };

/** What decided, in one shape for all questions; what a kind doesn't know is `null`. */
export interface Facts {
  /** Of the limit or the feature. */
  name: string;
  class: DecisionClass;
  kind: LimitKind | 'feature' | 'level';
  used: number | null;
  allowed: Limit | null;
  /** Never below zero, however far `used` is beyond `allowed` (after a downgrade, say). Of credits: the balance. */
  remaining: Limit | null;
  /** How much was asked for: the amount, the size, the cost, the net change. */
  requested: number | null;
  /** The id of the thing that the limit is counted for, where it was told. */
  scope: string | null;
  /** The plan that decides, in the line of the limit or feature; `null` for a limit that somebody authored without a plan. */
  plan: string | null;
  /** With a "no": the lowest plan above it that would say yes (`admitting.ts`); else `null`. */
  admittingPlan: string | null;
  /** Whether an override of this would hold for the subject as it stands. */
  overrideable: boolean;
  /** When the period ends, or the balance is filled up: ISO 8601, UTC, milliseconds. */
  resetsAt: string | null;
  /** With a "no" that waiting cures: whole seconds until then, rounded up, at least 1; else `null`. */
  retryAfterSeconds: number | null;
  windowSeconds: number | null;
  /** Of a feature with levels: where the subject stands, and what was asked for. */
  level: string | null;
  requiredLevel: string | null;
  verb: GateVerb | null;
  /** Why something can only be read. */
  reason: string | null;
  edge: string | null;
}

/**
 * Answers any question for a subject at `nowMs`.
 * @throws {RangeError} for names that the catalogue doesn't have, kinds that don't fit, and numbers that are no amounts
 */
export function decide(catalogue: Catalogue, subject: SubjectState, question: Question, nowMs: number): Decision {
  const standing = standingOf(catalogue, subject, nowMs);
  const judgement = judge(standing, question);
  return judgement === null ? { allowed: true, by: null } : explain(standing, question, judgement);
}

/**
 * Whether the subject has the feature, at a verb that it bites at if one is told, on a level at least if one is told.
 * @throws {RangeError} for names and levels that the catalogue doesn't have
 */
export function mayUse(
  catalogue: Catalogue,
  subject: SubjectState,
  feature: string,
  nowMs: number,
  { verb, level }: { verb?: GateVerb; level?: string } = {},
): Explained {
  return always(catalogue, subject, { ask: 'use', feature, verb, level }, nowMs);
}

/**
 * Whether `amount` more may exist of what `limit`, a `count` or a `sum`, counts, when `used` exist already.
 *
 * The last one that fits is allowed, the next is not: with a limit of 10 the 10th succeeds (docs/spec/keyport.md §2.3). An amount
 * of 0 adds nothing and is always allowed, beyond the limit too: what exists keeps working (§2.5). Where the edge is `advisory`
 * nothing is refused; where it is `queue`, a "no" means to wait for a free place.
 * @throws {RangeError} for names that the catalogue doesn't have, or amounts that are no whole numbers from 0 to 2^53 − 1
 */
export function mayAdd(
  catalogue: Catalogue,
  subject: SubjectState,
  limit: string,
  used: number,
  amount: number,
  nowMs: number,
  scope?: ScopeState,
): Decision<CountFacts> {
  return counted(decide(catalogue, subject, { ask: 'add', limit, used, amount, scope }, nowMs));
}

/**
 * Whether what `limit` counts may go from `before` to `after` by one act: refused exactly when that is beyond the limit *and* more
 * than before, so what is over its limit can be shrunk or corrected, never grown. Source: docs/spec/keyway.md §2.2.
 * @throws {RangeError} as {@link mayAdd}
 */
export function mayChange(
  catalogue: Catalogue,
  subject: SubjectState,
  { limit, before, after, scope }: { limit: string; before: number; after: number; scope?: ScopeState },
  nowMs: number,
): Decision<CountFacts> {
  return counted(decide(catalogue, subject, { ask: 'change', limit, before, after, scope }, nowMs));
}

/** Whether one request may be so large. The limit itself still passes (docs/spec/keyway.md §2.1). @throws {RangeError} as {@link mayAdd} */
export function maySend(
  catalogue: Catalogue,
  subject: SubjectState,
  { limit, size, scope }: { limit: string; size: number; scope?: ScopeState },
  nowMs: number,
): Decision {
  return decide(catalogue, subject, { ask: 'send', limit, size, scope }, nowMs);
}

/**
 * Whether all of several additions fit, judged in the order of their limits (`order`, then by name): the first that doesn't is the
 * answer, and nothing is added then. With a "yes" the facts are those of the first. Source: docs/spec/unkey.md §3.3.
 * @throws {RangeError} as {@link mayAdd}, or when nothing is asked
 */
export function mayAddTogether(
  catalogue: Catalogue,
  subject: SubjectState,
  additions: readonly { limit: string; used: number; amount: number; scope?: ScopeState }[],
  nowMs: number,
): Decision<CountFacts> {
  const inOrder = [...additions].sort((a, b) =>
    bySiblings(limitNamed(catalogue, a.limit), limitNamed(catalogue, b.limit)),
  );
  const decisions = inOrder.map((each) => decide(catalogue, subject, { ask: 'add', ...each }, nowMs));
  const [first] = decisions;
  if (!first) throw new RangeError('give one addition at least');
  return counted(decisions.find(({ allowed }) => !allowed) ?? first);
}

/**
 * Whether a call of `cost` fits into what is left of `limit`, a `quota`, when `used` were consumed in the period of `nowMs`.
 *
 * Exactly as many calls of cost 1 are admitted in a period as a hard limit says (docs/spec/keyport.md §2.4); soft ones and overage
 * admit all. A cost of 0 consumes nothing and is always admitted: the way to look. A cost that is more than the whole limit isn't
 * cured by waiting, so `retryAfterSeconds` is `null` with that "no".
 * @throws {RangeError} for names that the catalogue doesn't have, or amounts that are no whole numbers from 0 to 2^53 − 1
 */
export function quotaState(
  catalogue: Catalogue,
  subject: SubjectState,
  limit: string,
  used: number,
  cost: number,
  nowMs: number,
): Explained {
  limitOfKind(catalogue, limit, 'quota');
  return always(catalogue, subject, { ask: 'consume', limit, used, cost }, nowMs);
}

/** What waiting would bring, where it is known better than by the calendar: the counters have the cells of a window. */
export type Timing = { resetsAtMs: number | null; fitsAtMs: number | null };

/** A judgement as a decision, with the plan that would lift a "no". */
export function explain(standing: Standing, question: Question, judgement: Judgement, timing?: Timing): Explained {
  const by = { ...factsOf(standing, judgement, timing), scope: scopeOf(question) };
  if (judgement.allowed) return { allowed: true, by };
  return { allowed: false, by: { ...by, admittingPlan: lifting(standing, question) } };
}

/** Lower `order` first, then by name. */
export function bySiblings(a: { order: number; name: string }, b: { order: number; name: string }): number {
  return a.order - b.order || (a.name < b.name ? -1 : 1);
}

export function factsOf(standing: Standing, judgement: Judgement, timing?: Timing): Facts {
  const { definition, limit } = judgement;
  const resetsMs = timing ? timing.resetsAtMs : 'kind' in definition ? resetsAtMs(standing, definition) : null;
  const curedAtMs = timing ? timing.fitsAtMs : judgement.isCuredByWaiting ? resetsMs : null;
  return {
    name: definition.name,
    class: classOf(judgement),
    kind: 'kind' in definition ? definition.kind : definition.type === 'level' ? 'level' : 'feature',
    used: judgement.used,
    allowed: limit,
    remaining: judgement.remaining,
    requested: judgement.requested,
    scope: null,
    plan: planOf(standing, definition.line).name,
    admittingPlan: null,
    overrideable: isOverrideable(standing, definition),
    resetsAt: resetsMs === null ? null : new Date(resetsMs).toISOString(),
    retryAfterSeconds: judgement.allowed || curedAtMs === null ? null : secondsUntil(curedAtMs, standing.nowMs),
    windowSeconds: judgement.windowSeconds,
    level: judgement.level,
    requiredLevel: judgement.requiredLevel,
    verb: judgement.verb,
    reason: null,
    edge: judgement.edge,
  };
}

function classOf({ definition }: Judgement): DecisionClass {
  if (!('kind' in definition)) return 'feature';
  switch (definition.kind) {
    case 'count':
    case 'sum':
    case 'retention':
      return 'limit';
    default:
      return definition.kind;
  }
}

function scopeOf(question: Question): string | null {
  return 'scope' in question ? (question.scope?.id ?? null) : null;
}

// How much exists and how much may is known wherever the question is one of `add` and `change` (`questions.ts`).
function counted(decision: Decision): Decision<CountFacts> {
  return decision as Decision<CountFacts>;
}

/** For questions whose limit can't be narrowed to some scopes, so that there is always something to tell. */
function always(catalogue: Catalogue, subject: SubjectState, question: Question, nowMs: number): Explained {
  const standing = standingOf(catalogue, subject, nowMs);
  const judgement = judge(standing, question);
  if (judgement === null) throw new RangeError(`'${definitionOf(standing, question).name}' doesn't hold there`);
  return explain(standing, question, judgement);
}
