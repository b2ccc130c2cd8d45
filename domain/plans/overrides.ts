import type { Fault } from '../refusal.ts';
import { type Catalogue, type Limit, label } from './catalogue.ts';

/** What somebody wants to have agreed for one subject, before it is known to be possible. */
export interface WantedOverride {
  kind: 'limit' | 'feature';
  name: string;
  value: Limit | boolean;
}

/**
 * What is wrong with an override that could never hold, whatever plan its subject is on; `undefined` when a plan with overrides
 * lets it hold. A subject has no say over a limit of a scope above it, such as how many organisations a person may have.
 * Source: docs/spec/keyport.md §2.5.
 */
export function overrideFault(catalogue: Catalogue, { kind, name, value }: WantedOverride): Fault | undefined {
  const definitions = kind === 'limit' ? catalogue.limits : catalogue.features;
  const known = Object.keys(definitions);
  if (!known.includes(name)) {
    const message = `There is no ${kind} '${name}'.`;
    return { pointer: '/name', code: 'unknown_name', message, accepts: known.join(', ') };
  }

  const accepts = overridable(catalogue, kind).join(', ') || `no ${kind} at all`;
  if (!overridable(catalogue, kind).includes(name)) {
    const message = `The ${kind} '${name}' can't be overridden for one ${catalogue.subject} in catalogue ${label(catalogue)}.`;
    return { pointer: '/name', code: 'not_overridable', message, accepts };
  }

  if (kind === 'limit' ? isLimit(value) : typeof value === 'boolean') return undefined;
  return {
    pointer: '/value',
    code: 'wrong_value',
    message: `${JSON.stringify(value)} is no value for the ${kind} '${name}'.`,
    accepts: kind === 'limit' ? 'a whole number from 0 to 2^53 − 1, or unlimited' : 'on or off',
  };
}

function overridable(catalogue: Catalogue, kind: 'limit' | 'feature'): string[] {
  if (kind === 'feature') {
    return Object.values(catalogue.features).flatMap((feature) => (feature.overridable ? [feature.name] : []));
  }
  return Object.values(catalogue.limits).flatMap((limit) =>
    limit.overridable && isWithin(catalogue, limit.scope, catalogue.subject) ? [limit.name] : [],
  );
}

/** Whether a scope is the other one or hangs below it. Loading has made sure that parents end. */
function isWithin(catalogue: Catalogue, scope: string, other: string): boolean {
  for (let at: string | null = scope; at !== null; at = catalogue.scopes[at]?.parent ?? null) {
    if (at === other) return true;
  }
  return false;
}

function isLimit(value: unknown): boolean {
  return value === 'unlimited' || (Number.isSafeInteger(value) && (value as number) >= 0);
}
