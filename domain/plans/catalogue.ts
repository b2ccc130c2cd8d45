/**
 * What a catalogue is once it has been checked: plans in an order, and what each gives. Data only; how it is read stands in
 * `load.ts`, what it means for a subject in `entitlements.ts`. Everything here is deeply frozen.
 */

/** How much is allowed. Unlimited is a value of its own; there is no number that means it. */
export type Limit = number | 'unlimited';

/** One version of a catalogue. Maps are keyed by name; what they hold doesn't depend on the order of the file. */
export interface Catalogue {
  readonly name: string;
  readonly version: string;
  /** The scope whose plan decides: who is limited. */
  readonly subject: string;
  /** The plan that a subject with cancelled billing is served under. */
  readonly fallback: string;
  readonly scopes: Readonly<Record<string, ScopeDefinition>>;
  readonly plans: Readonly<Record<string, Plan>>;
  readonly limits: Readonly<Record<string, LimitDefinition>>;
  readonly features: Readonly<Record<string, FeatureDefinition>>;
}

export interface ScopeDefinition {
  readonly name: string;
  /** The scope that this one hangs below; `null` at the top. */
  readonly parent: string | null;
}

export interface Plan {
  readonly name: string;
  /** Position in the order of plans; a higher rank is the greater plan. No two plans share one. */
  readonly rank: number;
  /** Whether overrides hold for subjects on this plan. */
  readonly overridable: boolean;
}

interface LimitBase {
  readonly name: string;
  /** What the number is counted for: one per user, per organisation, per product … */
  readonly scope: string;
  /** Whether an override of this limit holds, on a plan that allows overrides. */
  readonly overridable: boolean;
  /** A value for every plan, by plan name. */
  readonly values: Readonly<Record<string, Limit>>;
}

/** How many exist now. */
export interface CountLimit extends LimitBase {
  readonly kind: 'count';
  readonly counts: string;
  readonly edge: 'refuse';
}

/** How much was consumed in the period; it starts from zero with each. */
export interface QuotaLimit extends LimitBase {
  readonly kind: 'quota';
  readonly counts: string;
  readonly period: Period;
  readonly edge: 'hard';
}

/** How old a record may become. */
export interface RetentionLimit extends LimitBase {
  readonly kind: 'retention';
  readonly unit: 'days';
  readonly records: readonly string[];
}

export type LimitDefinition = CountLimit | QuotaLimit | RetentionLimit;
export type LimitKind = LimitDefinition['kind'];
export type Period = 'utc_day';

/** Something that a plan has or lacks. */
export interface FeatureDefinition {
  readonly name: string;
  readonly type: 'boolean';
  /** What becomes of things made with the feature when it is lost: they lose their effect, or go on as they are. */
  readonly onLoss: 'stop' | 'keep_working';
  readonly overridable: boolean;
  readonly values: Readonly<Record<string, boolean>>;
}

/** @throws {RangeError} when the catalogue has no plan of that name: a bug, never to be read as the least plan. */
export function planNamed(catalogue: Catalogue, name: string): Plan {
  return named(catalogue, 'plan', catalogue.plans, name);
}

/** @throws {RangeError} when the catalogue has no limit of that name. */
export function limitNamed(catalogue: Catalogue, name: string): LimitDefinition {
  return named(catalogue, 'limit', catalogue.limits, name);
}

/** @throws {RangeError} when the catalogue has no limit of that name, or one of another kind. */
export function limitOfKind<K extends LimitKind>(catalogue: Catalogue, name: string, kind: K) {
  const limit = limitNamed(catalogue, name);
  if (!isOfKind(limit, kind)) {
    throw new RangeError(`limit '${name}' of catalogue ${label(catalogue)} is a ${limit.kind}, not a ${kind}`);
  }
  return limit;
}

/** @throws {RangeError} when the catalogue has no feature of that name. */
export function featureNamed(catalogue: Catalogue, name: string): FeatureDefinition {
  return named(catalogue, 'feature', catalogue.features, name);
}

/** The catalogue's plans, lowest rank first. */
export function plansByRank(catalogue: Catalogue): Plan[] {
  return Object.values(catalogue.plans).sort((a, b) => a.rank - b.rank);
}

/** The value a plan gives; loading has made sure that every plan gives one. */
export function valueFor<V>(definition: { name: string; values: Readonly<Record<string, V>> }, plan: Plan): V {
  const value = definition.values[plan.name];
  if (value === undefined) throw new RangeError(`'${definition.name}' has no value for plan '${plan.name}'`);
  return value;
}

/** Which catalogue, for the message of an error. */
export function label(catalogue: Catalogue): string {
  return `'${catalogue.name}' ${catalogue.version}`;
}

function isOfKind<K extends LimitKind>(
  limit: LimitDefinition,
  kind: K,
): limit is Extract<LimitDefinition, { kind: K }> {
  return limit.kind === kind;
}

// Own properties only: a plan called 'constructor' must not be found where none is.
function named<T>(catalogue: Catalogue, what: string, map: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(map, name) ? map[name] : undefined;
  if (found === undefined) throw new RangeError(`catalogue ${label(catalogue)} has no ${what} '${name}'`);
  return found;
}
