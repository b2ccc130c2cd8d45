import { type Catalogue, featureNamed, type Limit, type LimitDefinition, limitNamed, type Plan } from './catalogue.ts';
import { remainingOf } from './questions.ts';
import { resetsAtMs } from './spans.ts';
import {
  checkOverrides,
  type EffectiveFeature,
  type EffectiveLimit,
  featureIn,
  type LineStanding,
  limitIn,
  planOf,
  type Standing,
  standingOf,
} from './standing.ts';
import type { SubjectState } from './subject.ts';

export type { EffectiveFeature, EffectiveLimit, Source } from './standing.ts';

/** How much is used of each limit, by its name, as far as it is known. Of `credits` it is the balance. */
export type Usage = Readonly<Record<string, number>>;

/** One limit as it stands. `contract` says whether customers may rely on it (docs/spec/keel.md §1.1). */
export type LimitEntitlement = EffectiveLimit & {
  used: number | null;
  /** `null` where the usage isn't known. Of `credits` it is the balance. */
  remaining: Limit | null;
  /** When it begins anew or is filled up, epoch milliseconds; `null` where waiting brings nothing, or for a sliding window. */
  resetsAtMs: number | null;
  contract: boolean;
};
export type FeatureEntitlement = EffectiveFeature & { contract: boolean };

/** Every limit and feature of the catalogue with its value now, and the plan that decides in each line. */
export type Entitlements = {
  lines: Record<string, { plan: string; source: LineStanding['source'] }>;
  limits: Record<string, LimitEntitlement>;
  features: Record<string, FeatureEntitlement>;
};

/**
 * What the subject is entitled to at `nowMs`: each value with its source (see `standing.ts` for the rules), and what is left of it
 * where `usage` tells what is used.
 * @throws {RangeError} for a name that the catalogue doesn't have, a value that doesn't fit, or a `nowMs` that is no instant
 */
export function entitlements(
  catalogue: Catalogue,
  subject: SubjectState,
  nowMs: number,
  usage: Usage = NOTHING_KNOWN,
): Entitlements {
  const standing = standingOf(catalogue, subject, nowMs);
  if (subject.overrides.length > 0) checkOverrides(standing);

  const lines: Entitlements['lines'] = {};
  for (const [name, { plan, source }] of standing.lines) lines[name] = { plan: plan.name, source };
  const limits: Entitlements['limits'] = {};
  for (const definition of Object.values(catalogue.limits))
    limits[definition.name] = limitEntitlement(standing, definition, usage);
  const features: Entitlements['features'] = {};
  for (const definition of Object.values(catalogue.features)) {
    const { enabled, level, source } = featureIn(standing, definition);
    features[definition.name] = { enabled, level, source, contract: definition.contract };
  }
  return { lines, limits, features };
}

/** The plan that decides in a line; without a name in the first. @throws {RangeError} for an unknown plan, also when billing is cancelled */
export function effectivePlan(catalogue: Catalogue, subject: SubjectState, nowMs: number, line?: string): Plan {
  return planOf(standingOf(catalogue, subject, nowMs), line ?? Object.keys(catalogue.lines)[0]!);
}

/** One limit's value at `nowMs`, by the rules of `standing.ts`. */
export function effectiveLimit(
  catalogue: Catalogue,
  subject: SubjectState,
  name: string,
  nowMs: number,
): EffectiveLimit {
  return limitIn(standingOf(catalogue, subject, nowMs), limitNamed(catalogue, name));
}

/** One feature's value at `nowMs`, by the rules of `standing.ts`. */
export function effectiveFeature(
  catalogue: Catalogue,
  subject: SubjectState,
  name: string,
  nowMs: number,
): EffectiveFeature {
  return featureIn(standingOf(catalogue, subject, nowMs), featureNamed(catalogue, name));
}

const NOTHING_KNOWN: Usage = Object.freeze({});

function limitEntitlement(standing: Standing, definition: LimitDefinition, usage: Usage): LimitEntitlement {
  const { value, source } = limitIn(standing, definition);
  const told = Object.hasOwn(usage, definition.name) ? usage[definition.name]! : null;
  const isBalance = definition.kind === 'credits';
  return {
    value,
    source,
    used: isBalance ? null : told,
    remaining: told === null ? null : isBalance ? (value === 'unlimited' ? value : told) : remainingOf(value, told),
    resetsAtMs: resetsAtMs(standing, definition),
    contract: definition.contract,
  };
}
