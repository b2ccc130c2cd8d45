import { unreachable } from '../unreachable.ts';
import {
  type Catalogue,
  type FeatureDefinition,
  featureNamed,
  type Limit,
  type LimitDefinition,
  label,
  limitNamed,
  limitOfKind,
  lineNamed,
  type Plan,
  planNamed,
  valueFor,
} from './catalogue.ts';
import type { Override, SubjectState } from './subject.ts';
import { areRateNumbers, isLimit } from './values.ts';

/**
 * Where a value comes from: the subject's own plan; an override of this one limit or feature; a plan agreed in the place of its own
 * (a trial); a plan of another line, which gives this while the line itself has none; or the fallback of a line without a plan.
 */
export type Source = 'plan' | 'override' | 'plan_override' | 'line' | 'default';
export type EffectiveLimit = { value: Limit; source: Source };
/** A feature with levels is always there, on some level; one without has none. */
export type EffectiveFeature = { enabled: boolean; level: string | null; source: Source };

/** The plan that decides in one line, and why it does. */
export type LineStanding = { plan: Plan; source: Extract<Source, 'plan' | 'plan_override' | 'default'> };

/** A subject at an instant, with what every question needs worked out once. */
export interface Standing {
  readonly catalogue: Catalogue;
  readonly subject: SubjectState;
  readonly nowMs: number;
  /** By the line's name; every line of the catalogue has one. */
  readonly lines: ReadonlyMap<string, LineStanding>;
}

/**
 * Which plan decides in each line at `nowMs`: the subject's own; one agreed in its place, of several in force the latest started
 * and of those that started together the highest; the line's fallback where the subject has none, and in every line while billing
 * is cancelled, whatever was agreed (docs/spec/keyport.md §13.10, docs/spec/unkey.md §1.1).
 * @throws {RangeError} for a plan that the catalogue doesn't have, two plans of one line, or a `nowMs` that is no instant
 */
export function standingOf(catalogue: Catalogue, subject: SubjectState, nowMs: number): Standing {
  if (!Number.isFinite(nowMs)) throw new RangeError(`${nowMs} is not an instant`);
  const lines = new Map<string, LineStanding>();
  for (const name of subject.plans) {
    const plan = planNamed(catalogue, name);
    const other = lines.get(plan.line);
    if (other) throw new RangeError(`'${other.plan.name}' and '${name}' are plans of one line, '${plan.line}'`);
    lines.set(plan.line, { plan, source: 'plan' });
  }
  for (const [line, plan] of agreedPlans(catalogue, subject, nowMs)) lines.set(line, { plan, source: 'plan_override' });
  for (const line of Object.values(catalogue.lines)) {
    if (!subject.billingCancelled && lines.has(line.name)) continue;
    lines.set(line.name, { plan: planNamed(catalogue, line.fallback), source: 'default' });
  }
  return { catalogue, subject, nowMs, lines };
}

/** The same subject as it would stand with that plan, paid for: its overrides are taken along, agreed plans of the line are not. */
export function onPlan(standing: Standing, plan: Plan): Standing {
  return { ...standing, lines: new Map(standing.lines).set(plan.line, { plan, source: 'plan' }) };
}

/** The plan that decides in a line. @throws {RangeError} for a line that the catalogue doesn't have */
export function planOf({ catalogue, lines }: Standing, line: string): Plan {
  return (lines.get(line) ?? lines.get(lineNamed(catalogue, line).name)!).plan;
}

/**
 * One limit's value.
 *
 * On a plan that is `overridable`, an override of an `overridable` limit takes its plan's place, be it more or less; elsewhere it
 * rests, and holds again when such a plan comes back. Of several in force the latest started wins; of those that started together
 * the most generous, so that the answer never depends on the order of the list.
 * @throws {RangeError} for an override in force whose value is none for it
 */
export function limitIn(standing: Standing, definition: LimitDefinition): EffectiveLimit {
  const values = overriding(standing, 'limit', definition);
  if (values.length === 0) return given(standing, definition);
  return { value: values.includes('unlimited') ? 'unlimited' : Math.max(...values.map(Number)), source: 'override' };
}

/** One feature's value, by the rules of {@link limitIn}; of two levels that were agreed together the higher. */
export function featureIn(standing: Standing, definition: FeatureDefinition): EffectiveFeature {
  const values = overriding(standing, 'feature', definition);
  if (definition.type === 'boolean') {
    if (values.length > 0) return { enabled: values.includes(true), level: null, source: 'override' };
    const { value, source } = given(standing, definition);
    return { enabled: value, level: null, source };
  }
  const level = definition.levels.findLast((name) => values.includes(name));
  if (level !== undefined) return { enabled: true, level, source: 'override' };
  const { value, source } = given(standing, definition);
  return { enabled: true, level: value, source };
}

/** Whether an override of this would hold for the subject as it stands. */
export function isOverrideable(
  standing: Standing,
  { line, overridable }: { line: string; overridable: boolean },
): boolean {
  return overridable && planOf(standing, line).overridable;
}

/** @throws {RangeError} when an override in force names what the catalogue hasn't, or has a value that can't be right */
export function checkOverrides({ catalogue, subject, nowMs }: Standing): void {
  for (const override of subject.overrides) if (isInForce(override, nowMs)) checkOverride(catalogue, override);
}

export function isInForce({ startsAtMs, endsAtMs }: Override, nowMs: number): boolean {
  return startsAtMs <= nowMs && (endsAtMs === null || nowMs < endsAtMs);
}

/** What the plans give: that of the line, or that of another line's plan where the line stands at its fallback. */
function given<V>(
  { catalogue, lines }: Standing,
  definition: {
    name: string;
    line: string;
    values: Readonly<Record<string, V>>;
    withoutLine: Readonly<Record<string, V>>;
  },
): { value: V; source: Source } {
  const { plan, source } = lines.get(definition.line)!;
  if (plan.name === catalogue.lines[definition.line]!.fallback) {
    for (const other in definition.withoutLine) {
      const there = lines.get(planNamed(catalogue, other).line)!;
      if (there.plan.name === other) return { value: definition.withoutLine[other]!, source: 'line' };
    }
  }
  return { value: valueFor(definition, plan), source };
}

type Definition = LimitDefinition | FeatureDefinition;

const NONE: readonly never[] = [];

/** The values of those overrides that win: one, or several that started at the same instant, or none. */
function overriding(
  standing: Standing,
  kind: 'limit' | 'feature',
  definition: Definition,
): readonly (number | boolean | string)[] {
  const { catalogue, subject, nowMs } = standing;
  const held: Extract<Override, { kind: 'limit' | 'feature' }>[] = [];
  for (const override of subject.overrides) {
    if (override.kind === kind && override.name === definition.name && isInForce(override, nowMs)) held.push(override);
  }
  // Mostly there are none, and this is asked for each limit of each subject.
  if (held.length === 0) return NONE;
  for (const override of held) checkOverride(catalogue, override);
  if (!isOverrideable(standing, definition)) return NONE;

  const latest = Math.max(...held.map((override) => override.startsAtMs));
  return held.filter((override) => override.startsAtMs === latest).map((override) => override.value);
}

function agreedPlans(catalogue: Catalogue, { overrides }: SubjectState, nowMs: number): Map<string, Plan> {
  const agreed = new Map<string, { plan: Plan; startsAtMs: number }>();
  for (const override of overrides) {
    if (override.kind !== 'plan' || !isInForce(override, nowMs)) continue;
    checkOverride(catalogue, override);
    const { name: line, startsAtMs } = override;
    const plan = planNamed(catalogue, override.value);
    const other = agreed.get(line);
    const isLater = !other || startsAtMs > other.startsAtMs;
    if (isLater || (startsAtMs === other.startsAtMs && plan.rank > other.plan.rank))
      agreed.set(line, { plan, startsAtMs });
  }
  return new Map([...agreed].map(([line, { plan }]) => [line, plan]));
}

// A wrong row must be heard of where it would matter. One that has ended may name what an older catalogue had.
function checkOverride(catalogue: Catalogue, override: Override): void {
  if (!isPossible(catalogue, override)) {
    const { kind, name, value } = override;
    throw new RangeError(`${JSON.stringify(value)} is no value for ${kind} '${name}' of catalogue ${label(catalogue)}`);
  }
}

/** @throws {RangeError} for a name that the catalogue doesn't have */
function isPossible(catalogue: Catalogue, override: Override): boolean {
  switch (override.kind) {
    case 'limit':
      return isLimit(override.value, limitNamed(catalogue, override.name).kind);
    case 'feature': {
      const feature = featureNamed(catalogue, override.name);
      if (feature.type === 'boolean') return typeof override.value === 'boolean';
      return feature.levels.some((level) => level === override.value);
    }
    case 'plan':
      lineNamed(catalogue, override.name);
      return planNamed(catalogue, override.value).line === override.name;
    case 'rate_pattern':
      limitOfKind(catalogue, override.name, 'rate');
      return areRateNumbers(override.value);
    default:
      return unreachable(override);
  }
}
