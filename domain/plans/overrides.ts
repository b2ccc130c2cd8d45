import type { Fault } from '../refusal.ts';
import { type Catalogue, label, limitNamed, plansByRank } from './catalogue.ts';
import type { Override } from './subject.ts';
import { areRateNumbers, isLimit, MAX_WINDOW_SECONDS, mostOf } from './values.ts';

/** What somebody wants to have agreed for one subject, before it is known to be possible. */
export interface WantedOverride {
  kind: Override['kind'];
  name: string;
  value: unknown;
  /** Of a `rate_pattern`. */
  pattern?: string;
}

/** As long as the identifiers that it is compared with (docs/spec/unkey.md §6.7). */
const MAX_PATTERN = 512;

/**
 * What is wrong with an override that could never hold, whatever plan its subject is on; `undefined` when a plan with overrides
 * lets it hold. A subject has no say over a limit of a scope above it, such as how many organisations a person may have: that is
 * agreed with whom the scope is (`holder`). Source: docs/spec/keyport.md §2.5; docs/spec/unkey.md §6.8 for patterns.
 */
export function overrideFault(
  catalogue: Catalogue,
  wanted: WantedOverride,
  holder: string = catalogue.subject,
): Fault | undefined {
  switch (wanted.kind) {
    case 'limit':
    case 'feature':
      return valueFault(catalogue, wanted.kind, wanted, holder);
    case 'plan':
      return planFault(catalogue, wanted);
    default:
      return patternFault(catalogue, wanted);
  }
}

/**
 * What is wrong with a pattern beside those that a subject has: of two with the same text at the same time, for one limit, neither
 * is more exact, and the younger would never be heard. Different texts are always decided: by their literal characters, then age.
 */
export function patternOverlap(wanted: Override, others: readonly Override[]): Fault | undefined {
  if (wanted.kind !== 'rate_pattern') return undefined;
  const holder = others.find(
    (other) =>
      other.kind === 'rate_pattern' &&
      other.name === wanted.name &&
      other.pattern === wanted.pattern &&
      other.startsAtMs < (wanted.endsAtMs ?? Number.POSITIVE_INFINITY) &&
      wanted.startsAtMs < (other.endsAtMs ?? Number.POSITIVE_INFINITY),
  );
  if (!holder) return undefined;
  const message = `The pattern '${wanted.pattern}' of '${wanted.name}' is agreed for a part of that time already.`;
  return { pointer: '/pattern', code: 'overlapping', message, accepts: 'another pattern, or a time when it is free' };
}

function valueFault(
  catalogue: Catalogue,
  kind: 'limit' | 'feature',
  { name, value }: WantedOverride,
  holder: string,
): Fault | undefined {
  const known = Object.keys(kind === 'limit' ? catalogue.limits : catalogue.features);
  if (!known.includes(name)) return unknownName(`${kind} '${name}'`, known);

  const overridable = overridableNames(catalogue, kind, holder);
  if (!overridable.includes(name)) {
    const message = `The ${kind} '${name}' can't be overridden for one ${holder} in catalogue ${label(catalogue)}.`;
    return {
      pointer: '/name',
      code: 'not_overridable',
      message,
      accepts: overridable.join(', ') || `no ${kind} at all`,
    };
  }
  const { isRight, accepts } =
    kind === 'limit' ? limitTaken(catalogue, name, value) : featureTaken(catalogue, name, value);
  return isRight ? undefined : wrongValue(`the ${kind} '${name}'`, value, accepts);
}

function limitTaken(catalogue: Catalogue, name: string, value: unknown): { isRight: boolean; accepts: string } {
  const { kind } = limitNamed(catalogue, name);
  const most = mostOf(kind);
  return {
    isRight: isLimit(value, kind),
    accepts: `a whole number from 0 to ${most === Number.MAX_SAFE_INTEGER ? '2^53 − 1' : most}, or unlimited`,
  };
}

function featureTaken(catalogue: Catalogue, name: string, value: unknown): { isRight: boolean; accepts: string } {
  const feature = catalogue.features[name];
  if (feature?.type !== 'level') return { isRight: typeof value === 'boolean', accepts: 'on or off' };
  return { isRight: feature.levels.includes(String(value)), accepts: feature.levels.join(', ') };
}

/** Another plan for a while, in one line. */
function planFault(catalogue: Catalogue, { name, value }: WantedOverride): Fault | undefined {
  const lines = Object.keys(catalogue.lines);
  if (!lines.includes(name)) return unknownName(`line '${name}'`, lines);
  const plans = plansByRank(catalogue, name).map((plan) => plan.name);
  return plans.includes(String(value)) ? undefined : wrongValue(`the line '${name}'`, value, plans.join(', '));
}

function patternFault(catalogue: Catalogue, { name, value, pattern }: WantedOverride): Fault | undefined {
  const rates = Object.values(catalogue.limits).flatMap((limit) => (limit.kind === 'rate' ? [limit.name] : []));
  if (!rates.includes(name)) return unknownName(`rate '${name}'`, rates);
  if (pattern === undefined || pattern === '' || pattern.length > MAX_PATTERN) {
    const accepts = `a text of 1 to ${MAX_PATTERN} characters; * stands for any run of them`;
    return { pointer: '/pattern', code: 'wrong_value', message: 'This is no pattern.', accepts };
  }
  if (typeof value === 'object' && value && areRateNumbers(value)) return undefined;
  return wrongValue(`the rate '${name}'`, value, `a limit, and windowSeconds from 1 to ${MAX_WINDOW_SECONDS}`);
}

function overridableNames(catalogue: Catalogue, kind: 'limit' | 'feature', holder: string): string[] {
  if (kind === 'feature') {
    if (holder !== catalogue.subject) return [];
    return Object.values(catalogue.features).flatMap((feature) => (feature.overridable ? [feature.name] : []));
  }
  return Object.values(catalogue.limits).flatMap((limit) =>
    limit.overridable && isWithin(catalogue, limit.scope, holder) ? [limit.name] : [],
  );
}

/** Whether a scope is the other one or hangs below it. Loading has made sure that parents end. */
function isWithin(catalogue: Catalogue, scope: string, other: string): boolean {
  for (let at: string | null = scope; at !== null; at = catalogue.scopes[at]?.parent ?? null) {
    if (at === other) return true;
  }
  return false;
}

function unknownName(what: string, known: readonly string[]): Fault {
  return { pointer: '/name', code: 'unknown_name', message: `There is no ${what}.`, accepts: known.join(', ') };
}

function wrongValue(what: string, value: unknown, accepts: string): Fault {
  return {
    pointer: '/value',
    code: 'wrong_value',
    message: `${JSON.stringify(value)} is no value for ${what}.`,
    accepts,
  };
}
