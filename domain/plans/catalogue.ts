/**
 * What a catalogue is once it has been loaded: plans in an order, and what each gives. Data only; how it is read stands in
 * `load.ts`, what it means for a subject in `entitlements.ts`. Everything here is deeply frozen and resolved: what a file may
 * leave out or write short (`extends`, `from`, `all`) stands here in full.
 */

/** How much is allowed. Unlimited is a value of its own; there is no number that means it. */
export type Limit = number | 'unlimited';

/** One version of a catalogue. Maps are keyed by name; what they hold doesn't depend on the order of the file. */
export interface Catalogue {
  readonly name: string;
  readonly version: string;
  /** The scope whose plan decides: who is limited. */
  readonly subject: string;
  /** ISO 4217, of all prices; `null` where there are none. */
  readonly currency: string | null;
  readonly scopes: Readonly<Record<string, ScopeDefinition>>;
  /** At least one. Where a catalogue names none it has one, called `main`. */
  readonly lines: Readonly<Record<string, LineDefinition>>;
  readonly plans: Readonly<Record<string, Plan>>;
  readonly limits: Readonly<Record<string, LimitDefinition>>;
  readonly features: Readonly<Record<string, FeatureDefinition>>;
  /** The product's own contract beside its plans (names, page sizes, time-outs): told, never held by the engine. JSON. */
  readonly constraints: Readonly<Record<string, unknown>>;
  /** How the product words what the engine decides; `null` where a catalogue leaves it to its host. */
  readonly presentation: Presentation | null;
}

/** Several subscriptions at once: a subject holds at most one plan of each line, and each limit belongs to one. */
export interface LineDefinition {
  readonly name: string;
  /** The plan of this line that a subject has who holds none of it, or whose billing is cancelled. */
  readonly fallback: string;
}

/** The line of a catalogue that names none. */
export const ONLY_LINE = 'main';

export interface ScopeDefinition {
  readonly name: string;
  /** The scope that this one hangs below; `null` at the top. */
  readonly parent: string | null;
  /** What the product tells of each such thing, and the values there are: `visibility: [public, private]`. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** Values of attributes: a thing matches when each attribute named has one of the values listed. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

export interface Plan {
  readonly name: string;
  /** Position in the order of its line's plans; a higher rank is the greater plan. No two plans of a line share one. */
  readonly rank: number;
  readonly line: string;
  /** Whether overrides hold for subjects on this plan. */
  readonly overridable: boolean;
  /** Other names that are taken for this one when they are told; answers give the name. */
  readonly aliases: readonly string[];
  /** How one comes to it: everybody starts there, buys it alone, or is sold it by a person. `null`: not said. */
  readonly acquisition: 'default' | 'self_serve' | 'sales_led' | null;
  readonly billing: 'none' | 'card' | 'manual' | null;
  /** In minor units of the catalogue's currency. Data for whoever bills: the engine never calculates with it. */
  readonly price: Price | 'by_agreement' | null;
  /** What else is told of the plan. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface Price {
  readonly month: number | null;
  readonly year: number | null;
}

interface Definition<V> {
  readonly name: string;
  /** The line whose plans give the values. */
  readonly line: string;
  /** Whether an override of this holds, on a plan that allows overrides. */
  readonly overridable: boolean;
  /** Whether customers may rely on it; else it is declared only (docs/spec/keel.md §1.1). */
  readonly contract: boolean;
  /** A value for every plan of its line, by plan name. */
  readonly values: Readonly<Record<string, V>>;
  /**
   * Values of plans of one other line, which hold only while the subject has no plan of this line or its fallback; for a plan
   * that isn't named, the fallback's value holds. Source: docs/spec/unkey.md §1.1, §1.3.
   */
  readonly withoutLine: Readonly<Record<string, V>>;
}

interface LimitBase extends Definition<Limit> {
  /** What the number is counted for: one per user, per organisation, per product … */
  readonly scope: string;
  /** What the values are given in. */
  readonly unit: string | null;
  /** Where several are checked together: lower first, then by name. */
  readonly order: number;
  /** Narrows the scopes it holds in: elsewhere there is no such limit. `null`: it holds in all. */
  readonly appliesTo: Attributes | null;
  /** At how many percent of the limit somebody is told; ascending. */
  readonly notices: readonly number[];
  /** While over the limit, how often somebody is reminded; `null` for never. */
  readonly remindEverySeconds: number | null;
  /** What becomes of what is beyond the limit, after a downgrade say. `null`: not said, which is as `keep_working`. */
  readonly over: Over | null;
}

/**
 * `keep_working`: everything goes on, only more is refused. `read_only_newest`: sorted by `order`, the first that fit stay
 * writable, the others can only be read, for `reason`. Source: docs/spec/keyway.md §4.2, §4.4.
 */
export type Over =
  | { readonly treatment: 'keep_working' }
  | { readonly treatment: 'read_only_newest'; readonly order: readonly OrderField[]; readonly reason: string };

export type OrderField = 'created_at' | 'id';

/** How many exist now. */
export interface CountLimit extends LimitBase {
  readonly kind: 'count';
  readonly counts: string;
  /** Counts only things with these attributes, which are those of the scope called as `counts`. */
  readonly where: Attributes | null;
  /** One more is refused; or counted and shown, never refused; or has to wait for a free place. */
  readonly edge: 'refuse' | 'advisory' | 'queue';
}

/** How much is allocated now, over everything that exists. */
export interface SumLimit extends LimitBase {
  readonly kind: 'sum';
  readonly counts: string;
  readonly where: Attributes | null;
  readonly edge: 'refuse';
}

/** How large this one request may be. */
export interface SizeLimit extends LimitBase {
  readonly kind: 'size';
  readonly edge: 'invalid';
}

/** How much was consumed in the period; it starts from zero with each. */
export interface QuotaLimit extends LimitBase {
  readonly kind: 'quota';
  /** The events that it counts, one sum over all. */
  readonly counts: readonly string[];
  readonly period: Period;
  /** IANA name of the zone whose midnights count; `UTC` unless told. */
  readonly zone: string;
  readonly edge: QuotaEdge | EdgeByFeature<QuotaEdge>;
  /** Whether a call counts whatever became of it, or only a success. */
  readonly counted: 'always' | 'success';
  /** What an event costs, where it isn't 1. */
  readonly costs: Readonly<Record<string, number>>;
}

/** `hard`: refused and not counted. `soft`: served, counted, told. `overage`: served, counted and metered. */
export type QuotaEdge = 'hard' | 'soft' | 'overage';

/** An edge that hangs on a boolean feature of the same subject (docs/spec/keel.md §2.4). */
export interface EdgeByFeature<E> {
  readonly ifFeature: string;
  readonly then: E;
  readonly otherwise: E;
}

/** How much was consumed in the sliding window. */
export interface RateLimit extends LimitBase {
  readonly kind: 'rate';
  readonly windowSeconds: number;
  readonly edge: 'refuse';
  /** What is counted for where the scope isn't known, such as the address of a caller without a token. */
  readonly fallbackScope: string | null;
  /** What happens while the counter is away: calls are served, or refused. */
  readonly onError: 'open' | 'closed';
  /** What clears a subject's own value (docs/spec/unkey.md §2.10). */
  readonly clearOn: 'upgrade' | null;
}

/** A balance that is spent and filled up again. The value is what a refill sets it to, and what it begins with. */
export interface CreditsLimit extends LimitBase {
  readonly kind: 'credits';
  readonly edge: 'hard';
  /** Sets the balance to the value, only when it is below. `dayOfMonth` 1 to 31, clamped to the month; 1 for `day`. */
  readonly refill: { readonly interval: 'day' | 'month'; readonly dayOfMonth: number } | null;
  readonly zone: string;
}

/** Money, or another measured amount, that is reserved before it is spent. Values are in micro-units. */
export interface BudgetLimit extends LimitBase {
  readonly kind: 'budget';
  readonly edge: BudgetEdge | EdgeByFeature<BudgetEdge>;
  readonly period: 'day' | 'month' | 'total';
  readonly zone: string;
  /** How long a reservation holds unless it is extended. */
  readonly leaseSeconds: number;
}

/** `hard`: refused. `notify`: only told. */
export type BudgetEdge = 'hard' | 'notify';

/** How old a record may become. */
export interface RetentionLimit extends LimitBase {
  readonly kind: 'retention';
  readonly unit: 'days';
  readonly records: readonly string[];
  readonly edge: 'hide_then_prune';
  /** For how long something is hidden before it is pruned, so that a mistaken downgrade loses nothing. */
  readonly graceDays: number;
  /** `boundary`: records are links of a chain, and pruning leaves what keeps the rest verifiable (docs/spec/keel.md §5.2). */
  readonly chain: 'boundary' | null;
}

export type LimitDefinition =
  | CountLimit
  | SumLimit
  | SizeLimit
  | QuotaLimit
  | RateLimit
  | CreditsLimit
  | BudgetLimit
  | RetentionLimit;
export type LimitKind = LimitDefinition['kind'];
/** `utc_day` is a `day` whose zone is always UTC. `billing_period` is a month where nothing is billed. */
export type Period = 'utc_day' | 'day' | 'month' | 'billing_period';

/** Where a feature bites: when something is made, read, recorded or carried out, or in the form of an answer. */
export type GateVerb = 'write' | 'read' | 'capture' | 'run' | 'shape';

interface FeatureBase<V> extends Definition<V> {
  /** Where it bites; empty where that isn't said, which means everywhere. */
  readonly gates: readonly GateVerb[];
  readonly onLoss: OnLoss;
}

/** What becomes of things made with a feature, or on a level, that the plan no longer has. */
export interface OnLoss {
  /**
   * `stop`: they lose their effect. `keep_working`: they go on, nothing new is made. `keep_enforcing`: as that, for what
   * protects. `clamp`: they have the effect of the level that is left. `read_only`: `resource` can only be read.
   */
  readonly treatment: 'stop' | 'keep_working' | 'keep_enforcing' | 'clamp' | 'read_only';
  /** Of `read_only`: the scope that becomes read-only, which of them, and the reason told. */
  readonly resource: string | null;
  readonly where: Attributes | null;
  readonly reason: string | null;
}

/** Something that a plan has or lacks. */
export interface BooleanFeature extends FeatureBase<boolean> {
  readonly type: 'boolean';
}

/** Something that a plan has to a degree. */
export interface LevelFeature extends FeatureBase<string> {
  readonly type: 'level';
  /** Ascending: each has what those before it have. */
  readonly levels: readonly string[];
  /** The fields that a level adds to an answer; empty where it shapes none. */
  readonly shape: Readonly<Record<string, readonly string[]>>;
}

export type FeatureDefinition = BooleanFeature | LevelFeature;

/** What a decision can be refused by; `state` is something read-only. */
export type DecisionClass = 'feature' | 'limit' | 'quota' | 'rate' | 'credits' | 'budget' | 'size' | 'state';

/** How a product words a refusal and shows usage. Read by the adapters in `api/`, never by the engine. */
export interface Presentation {
  /** Problem details; an `access` block beside an error; an envelope with `meta`. */
  readonly style: 'problem' | 'access_block' | 'envelope';
  /** What the codes are appended to where they are addresses; `null` where they stand alone. */
  readonly base: string | null;
  /** The product's code for each class of refusal; every class that the catalogue can meet has one. */
  readonly codes: Readonly<Partial<Record<DecisionClass, string>>>;
  readonly upgradeUrl: string | null;
  /** How the product writes unlimited. */
  readonly unlimited: string | number | null;
  /** The product's answer to "what do I have": its names of fields, and what stands there. */
  readonly usage: Readonly<Record<string, UsageField>>;
  /** What people read for plans, limits, features and scopes, by name; of what is counted, one: `private_vaults: private vault`. */
  readonly titles: Readonly<Record<string, string>>;
}

/** The plan's name; a limit's allowed or used amount; whether a feature is there; or fields in the field. */
export type UsageField =
  | { readonly of: 'plan' }
  | { readonly of: 'allowed' | 'used' | 'has'; readonly name: string }
  | { readonly of: 'fields'; readonly fields: Readonly<Record<string, UsageField>> };

/** @throws {RangeError} when the catalogue has no plan of that name: a bug, never to be read as the least plan. */
export function planNamed(catalogue: Catalogue, name: string): Plan {
  return named(catalogue, 'plan', catalogue.plans, name);
}

/** The plan of that name or alias, as somebody told it; `undefined` when there is none (docs/spec/keel.md §1.2). */
export function findPlan(catalogue: Catalogue, nameOrAlias: string): Plan | undefined {
  if (Object.hasOwn(catalogue.plans, nameOrAlias)) return catalogue.plans[nameOrAlias];
  return Object.values(catalogue.plans).find(({ aliases }) => aliases.includes(nameOrAlias));
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

/** @throws {RangeError} when the catalogue has no line of that name. */
export function lineNamed(catalogue: Catalogue, name: string): LineDefinition {
  return named(catalogue, 'line', catalogue.lines, name);
}

/** The catalogue's plans, or those of one line, lowest rank first. */
export function plansByRank(catalogue: Catalogue, line?: string): Plan[] {
  const plans = Object.values(catalogue.plans).filter((plan) => line === undefined || plan.line === line);
  return plans.sort((a, b) => a.rank - b.rank);
}

/** The value a plan gives; loading has made sure that every plan of the definition's line gives one. */
export function valueFor<V>(definition: { name: string; values: Readonly<Record<string, V>> }, plan: Plan): V {
  const value = Object.hasOwn(definition.values, plan.name) ? definition.values[plan.name] : undefined;
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

/** What a map has under that name, of its own: a limit called `constructor` must not be found where there is none. */
export function own<T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return map && Object.hasOwn(map, name) ? map[name] : undefined;
}

function named<T>(catalogue: Catalogue, what: string, map: Readonly<Record<string, T>>, name: string): T {
  const found = own(map, name);
  if (found === undefined) throw new RangeError(`catalogue ${label(catalogue)} has no ${what} '${name}'`);
  return found;
}
