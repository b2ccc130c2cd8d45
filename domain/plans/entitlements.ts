import {
  type Catalogue,
  featureNamed,
  type Limit,
  label,
  limitNamed,
  lineNamed,
  type Plan,
  planNamed,
  valueFor,
} from './catalogue.ts';
import type { Override, SubjectState } from './subject.ts';

export type Source = 'plan' | 'override';
export type EffectiveLimit = { value: Limit; source: Source };
export type EffectiveFeature = { enabled: boolean; source: Source };

/** Every limit and feature of the catalogue with its value now. `plan` is the plan that decides. */
export type Entitlements = {
  plan: string;
  limits: Record<string, EffectiveLimit>;
  features: Record<string, EffectiveFeature>;
};

/**
 * What the subject is entitled to at `nowMs`.
 *
 * The plan that decides is the subject's own, or the catalogue's fallback while billing is cancelled (docs/spec/keyport.md
 * §13.10). On a plan that is `overridable`, an override of an `overridable` limit or feature takes its plan's place, be it more
 * or less; elsewhere it rests, and holds again when such a plan comes back. Of several in force the latest started wins; of
 * those that started together the most generous, so that the answer never depends on the order of the list.
 * @throws {RangeError} for a name that the catalogue doesn't have, a value that doesn't fit, or a `nowMs` that is no instant
 */
export function entitlements(catalogue: Catalogue, subject: SubjectState, nowMs: number): Entitlements {
  const plan = effectivePlan(catalogue, subject);
  for (const override of subject.overrides) if (isInForce(override, nowMs)) checkOverride(catalogue, override);
  return {
    plan: plan.name,
    limits: mapByName(catalogue.limits, (name) => effectiveLimit(catalogue, subject, name, nowMs)),
    features: mapByName(catalogue.features, (name) => effectiveFeature(catalogue, subject, name, nowMs)),
  };
}

/** The plan of the first line, or of the one named. @throws {RangeError} for an unknown plan, also when billing is cancelled */
export function effectivePlan(catalogue: Catalogue, subject: SubjectState, line?: string): Plan {
  const { name, fallback } = lineNamed(catalogue, line ?? Object.keys(catalogue.lines)[0]!);
  const own = subject.plans.map((plan) => planNamed(catalogue, plan)).find((plan) => plan.line === name);
  return subject.billingCancelled || !own ? planNamed(catalogue, fallback) : own;
}

/** One limit's value at `nowMs`, by the rules of {@link entitlements}. */
export function effectiveLimit(
  catalogue: Catalogue,
  subject: SubjectState,
  name: string,
  nowMs: number,
): EffectiveLimit {
  const definition = limitNamed(catalogue, name);
  const plan = effectivePlan(catalogue, subject, definition.line);
  const values = overriding(catalogue, subject, { kind: 'limit', definition, plan }, nowMs).filter(isLimit);
  if (values.length === 0) return { value: valueFor(definition, plan), source: 'plan' };
  return { value: values.includes('unlimited') ? 'unlimited' : Math.max(...values.map(Number)), source: 'override' };
}

/** One feature's value at `nowMs`, by the rules of {@link entitlements}. */
export function effectiveFeature(
  catalogue: Catalogue,
  subject: SubjectState,
  name: string,
  nowMs: number,
): EffectiveFeature {
  const definition = featureNamed(catalogue, name);
  const plan = effectivePlan(catalogue, subject, definition.line);
  const values = overriding(catalogue, subject, { kind: 'feature', definition, plan }, nowMs);
  if (values.length === 0) return { enabled: valueFor<boolean | string>(definition, plan) !== false, source: 'plan' };
  return { enabled: values.includes(true), source: 'override' };
}

/** Whether `value` can be a limit: a whole number from 0 up to 2^53 − 1, or unlimited. */
export function isLimit(value: unknown): value is Limit {
  return value === 'unlimited' || (Number.isSafeInteger(value) && Number(value) >= 0);
}

interface Overridden {
  kind: Override['kind'];
  definition: { name: string; overridable: boolean };
  plan: Plan;
}

/** The values of those overrides that win: one, or several that started at the same instant, or none. */
function overriding(
  catalogue: Catalogue,
  subject: SubjectState,
  about: Overridden,
  nowMs: number,
): Override['value'][] {
  if (!Number.isFinite(nowMs)) throw new RangeError(`${nowMs} is not an instant`);
  const { kind, definition, plan } = about;

  const held = subject.overrides.filter((o) => o.kind === kind && o.name === definition.name && isInForce(o, nowMs));
  for (const override of held) checkOverride(catalogue, override);
  if (!plan.overridable || !definition.overridable) return [];

  const latest = Math.max(...held.map((override) => override.startsAtMs));
  return held.filter((override) => override.startsAtMs === latest).map((override) => override.value);
}

function isInForce({ startsAtMs, endsAtMs }: Override, nowMs: number): boolean {
  return startsAtMs <= nowMs && (endsAtMs === null || nowMs < endsAtMs);
}

// A wrong row must be heard of where it would matter. One that has ended may name what an older catalogue had.
function checkOverride(catalogue: Catalogue, { kind, name, value }: Override): void {
  if (kind === 'limit') limitNamed(catalogue, name);
  else featureNamed(catalogue, name);
  if (kind === 'limit' ? !isLimit(value) : typeof value !== 'boolean') {
    throw new RangeError(`${JSON.stringify(value)} is no value for ${kind} '${name}' of catalogue ${label(catalogue)}`);
  }
}

function mapByName<T>(definitions: Readonly<Record<string, unknown>>, value: (name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(definitions).map((name) => [name, value(name)]));
}
