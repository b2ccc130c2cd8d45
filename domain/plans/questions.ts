import { unreachable } from '../unreachable.ts';
import {
  type BudgetEdge,
  type EdgeByFeature,
  type FeatureDefinition,
  featureNamed,
  type GateVerb,
  type Limit,
  type LimitDefinition,
  limitNamed,
  limitOfKind,
  type QuotaEdge,
} from './catalogue.ts';
import { rateFor } from './patterns.ts';
import { retentionOf, visibleSinceMs } from './retention.ts';
import { holdsIn } from './scopes.ts';
import { featureIn, limitIn, type Standing } from './standing.ts';
import type { RateNumbers, ScopeState } from './subject.ts';

/** Of one limit, for the subject itself or one thing below it: for that it is told as `scope`. */
type OfLimit = { limit: string; scope?: ScopeState | undefined };

/**
 * What may be asked, as data, so that plans can be compared by their answers. Amounts are whole numbers from 0 to 2^53 − 1.
 *
 * `use`: a feature, where it bites, on a level. `add`: that many more of a `count` or `sum`. `change`: from so many to so many, by
 * one act. `send`: a request so large. `consume`: a cost of a `quota`, `rate` or `budget` when so much was used of it (for a
 * rate: in the sliding window; for a budget: reserved and spent). `spend`: of a balance of `credits`. `see`: a record so old.
 */
export type Question =
  | { ask: 'use'; feature: string; verb?: GateVerb | undefined; level?: string | undefined }
  | ({ ask: 'add'; used: number; amount: number } & OfLimit)
  | ({ ask: 'change'; before: number; after: number } & OfLimit)
  | ({ ask: 'send'; size: number } & OfLimit)
  | ({
      ask: 'consume';
      used: number;
      cost: number;
      identifier?: string | undefined;
      numbers?: RateNumbers | undefined;
    } & OfLimit)
  | ({ ask: 'spend'; balance: number; cost: number } & OfLimit)
  | { ask: 'see'; records: string; createdAtMs: number };

/** What the rules say, in numbers; `null` where there is none of that kind. */
export interface Judgement {
  allowed: boolean;
  definition: LimitDefinition | FeatureDefinition;
  /** As it stands before the thing asked for. */
  used: number | null;
  limit: Limit | null;
  remaining: Limit | null;
  requested: number | null;
  edge: string | null;
  windowSeconds: number | null;
  level: string | null;
  requiredLevel: string | null;
  verb: GateVerb | null;
  /** Whether the same would be allowed once nothing of it is used any more. */
  isCuredByWaiting: boolean;
}

const DAY_MS = 86_400_000;
const VERBS: readonly GateVerb[] = ['write', 'read', 'capture', 'run', 'shape'];

/**
 * Answers a question by the rules alone; `null` when the limit doesn't hold in that scope, so that nothing stands against it.
 * @throws {RangeError} for names, kinds, levels or scopes that the catalogue doesn't have, and numbers that are no amounts
 */
export function judge(standing: Standing, question: Question): Judgement | null {
  if (question.ask === 'use') return judgeUse(standing, question);
  if (question.ask === 'see') return judgeAge(standing, question);

  const definition = limitNamed(standing.catalogue, question.limit);
  const amounts = judgeAmounts(standing, definition, question);
  return holdsIn(standing.catalogue, definition, question.scope) ? amounts : null;
}

/** What a question is about. @throws {RangeError} for names that the catalogue doesn't have */
export function definitionOf({ catalogue }: Standing, question: Question): LimitDefinition | FeatureDefinition {
  if (question.ask === 'use') return featureNamed(catalogue, question.feature);
  if (question.ask === 'see') return retentionOf(catalogue, question.records);
  return limitNamed(catalogue, question.limit);
}

/** The edge that holds for the subject: one that hangs on a feature is looked up (docs/spec/keel.md §2.4). */
export function edgeOf<E extends QuotaEdge | BudgetEdge>(standing: Standing, edge: E | EdgeByFeature<E>): E {
  if (typeof edge === 'string') return edge;
  const { ifFeature, then, otherwise } = edge;
  return featureIn(standing, featureNamed(standing.catalogue, ifFeature)).enabled ? then : otherwise;
}

/** Beyond 2^53 a sum is inexact but still beyond every limit, so comparing it is safe. */
export function fits(limit: Limit, used: number, amount: number): boolean {
  return limit === 'unlimited' || used + amount <= limit;
}

/** What is left, never below zero, however far `used` is beyond the limit. */
export function remainingOf(limit: Limit, used: number): Limit {
  return limit === 'unlimited' ? limit : Math.max(0, limit - used);
}

/**
 * A feature with gates bites at those verbs alone: asked at another, or while it only shapes an answer, nothing is refused. Where a
 * catalogue names no gates it bites everywhere. A level is enough when it stands at or above the one asked for.
 */
function judgeUse(standing: Standing, { feature, verb, level }: Extract<Question, { ask: 'use' }>): Judgement {
  const definition = featureNamed(standing.catalogue, feature);
  if (verb !== undefined && !VERBS.includes(verb)) throw new RangeError(`features don't bite at '${verb}'`);
  const now = featureIn(standing, definition);
  const bites = verb === undefined || definition.gates.length === 0 || definition.gates.includes(verb);

  return {
    ...NOTHING,
    allowed: !bites || isEnough(definition, now, level),
    definition,
    level: now.level,
    requiredLevel: level ?? null,
    verb: verb ?? null,
  };
}

function isEnough(
  definition: FeatureDefinition,
  now: { enabled: boolean; level: string | null },
  wanted: string | undefined,
): boolean {
  if (wanted === undefined) return now.enabled;
  const levels = definition.type === 'level' ? definition.levels : [];
  if (!levels.includes(wanted)) throw new RangeError(`feature '${definition.name}' has no level '${wanted}'`);
  return levels.indexOf(now.level!) >= levels.indexOf(wanted);
}

/** A record exactly as old as it may be is still seen (docs/spec/keyway.md §5). */
function judgeAge(standing: Standing, { records, createdAtMs }: Extract<Question, { ask: 'see' }>): Judgement {
  if (!Number.isFinite(createdAtMs)) throw new RangeError(`${createdAtMs} is not an instant`);
  const definition = retentionOf(standing.catalogue, records);
  const { value: limit } = limitIn(standing, definition);
  const sinceMs = visibleSinceMs(limit, standing.nowMs);
  const used = Math.max(0, Math.floor((standing.nowMs - createdAtMs) / DAY_MS));
  const allowed = sinceMs === null || createdAtMs >= sinceMs;
  return { ...NOTHING, allowed, definition, used, limit, remaining: remainingOf(limit, used), edge: definition.edge };
}

type AboutAmounts = Exclude<Question, { ask: 'use' | 'see' }>;

function judgeAmounts(standing: Standing, definition: LimitDefinition, question: AboutAmounts): Judgement {
  switch (question.ask) {
    case 'add':
    case 'change':
      return judgeExisting(standing, definition, question);
    case 'send': {
      const { edge } = limitOfKind(standing.catalogue, definition.name, 'size');
      const { value: limit } = limitIn(standing, definition);
      const requested = amount(definition, question.size);
      return { ...NOTHING, allowed: fits(limit, 0, requested), definition, limit, requested, edge };
    }
    case 'consume':
      return judgeConsumption(standing, definition, question);
    case 'spend': {
      const { edge } = limitOfKind(standing.catalogue, definition.name, 'credits');
      const { value: limit } = limitIn(standing, definition);
      const balance = amount(definition, question.balance);
      const cost = amount(definition, question.cost);
      const isUnlimited = limit === 'unlimited';
      return {
        ...NOTHING,
        allowed: isUnlimited || cost <= balance,
        definition,
        limit,
        remaining: isUnlimited ? limit : balance,
        requested: cost,
        edge,
        isCuredByWaiting: fits(limit, 0, cost),
      };
    }
    default:
      return unreachable(question);
  }
}

/**
 * Things that exist: a count of n allows exactly n. What doesn't add is always allowed, beyond the limit too, so that what is over
 * can be shrunk or corrected and never grows; a replacement is judged once, by its net change (docs/spec/keyway.md §2.1, §2.2).
 */
function judgeExisting(
  standing: Standing,
  definition: LimitDefinition,
  question: Extract<Question, { ask: 'add' | 'change' }>,
): Judgement {
  if (definition.kind !== 'count' && definition.kind !== 'sum') throw wrongKind(definition, 'count or sum');
  const { value: limit } = limitIn(standing, definition);
  const used = amount(definition, question.ask === 'add' ? question.used : question.before);
  const requested =
    question.ask === 'add'
      ? amount(definition, question.amount)
      : Math.max(0, amount(definition, question.after) - used);
  const allowed = definition.edge === 'advisory' || requested === 0 || fits(limit, used, requested);
  const { edge } = definition;
  return { ...NOTHING, allowed, definition, used, limit, remaining: remainingOf(limit, used), requested, edge };
}

/**
 * What is consumed. A cost of 0 looks and changes nothing: a quota or a budget allows it always; a rate says by it whether it has
 * been overrun (docs/spec/unkey.md §6.5), and one of 0 blocks whatever the cost (§6.8).
 */
function judgeConsumption(
  standing: Standing,
  definition: LimitDefinition,
  question: Extract<Question, { ask: 'consume' }>,
): Judgement {
  const used = amount(definition, question.used);
  const requested = amount(definition, question.cost);
  const base = { ...NOTHING, definition, used, requested };

  if (definition.kind === 'rate') {
    const { identifier, numbers } = question;
    const { limit, windowSeconds } = rateFor(standing, definition.name, { identifier, numbers });
    const allowed = limit !== 0 && fits(limit, used, requested);
    const isCuredByWaiting = limit !== 0 && fits(limit, 0, requested);
    const { edge } = definition;
    return { ...base, allowed, limit, remaining: remainingOf(limit, used), edge, windowSeconds, isCuredByWaiting };
  }

  if (definition.kind !== 'quota' && definition.kind !== 'budget') {
    throw wrongKind(definition, 'quota, rate or budget');
  }
  const { value: limit } = limitIn(standing, definition);
  const edge = edgeOf<QuotaEdge | BudgetEdge>(standing, definition.edge);
  const allowed = edge !== 'hard' || requested === 0 || fits(limit, used, requested);
  const isCuredByWaiting = fits(limit, 0, requested);
  return { ...base, allowed, limit, remaining: remainingOf(limit, used), edge, isCuredByWaiting };
}

/** Of a kind that knows none of it. */
export const NOTHING = {
  used: null,
  limit: null,
  remaining: null,
  requested: null,
  edge: null,
  windowSeconds: null,
  level: null,
  requiredLevel: null,
  verb: null,
  isCuredByWaiting: false,
} as const;

function amount(definition: LimitDefinition, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${value} is no amount for limit '${definition.name}'`);
}

function wrongKind({ name, kind }: LimitDefinition, wanted: string): RangeError {
  return new RangeError(`limit '${name}' is a ${kind}, not a ${wanted}`);
}
