import { type Catalogue, type Limit, type LimitDefinition, type OnLoss, type Over, own } from './catalogue.ts';
import { featureDifference, isLess } from './compare.ts';
import { judge } from './questions.ts';
import { type EffectiveFeature, featureIn, limitIn, type Standing, standingOf } from './standing.ts';
import type { ScopeState, SubjectState } from './subject.ts';
import { type Resource, type Writability, writable } from './writable.ts';

/** A subject under a catalogue: either may differ between before and after. */
export interface Situation {
  catalogue: Catalogue;
  subject: SubjectState;
}

/** What there is of a subject, as far as it matters and is known. */
export interface Existing {
  /** How much exists, or was consumed, of limits; of one below the subject, for each thing that it is counted for. */
  usage: readonly { limit: string; used: number; scope?: ScopeState }[];
  /** All things that could become read-only. */
  resources: readonly Resource[];
}

/** What a change would do to a subject. A value is `null` in a catalogue that doesn't have the limit or feature. */
export interface Preview {
  /** What is beyond its limit afterwards, whether or not it was before, and what becomes of it. */
  over: {
    limit: string;
    scope: string | null;
    used: number;
    before: Limit | null;
    after: Limit;
    wasOver: boolean;
    treatment: Over['treatment'] | 'refuse';
  }[];
  /** Limits that fall, whether or not anything is beyond them. */
  narrows: { limit: string; kind: LimitDefinition['kind']; before: Limit | null; after: Limit }[];
  /** Features that are lost, and levels that fall. */
  losesEffect: { feature: string; before: FeatureValue; after: FeatureValue; treatment: OnLoss['treatment'] }[];
  becomesReadOnly: { kind: string; id: string; reason: string }[];
  opensUp: {
    limits: { limit: string; kind: LimitDefinition['kind']; before: Limit; after: Limit | null }[];
    features: { feature: string; before: FeatureValue; after: FeatureValue }[];
    /** What was read-only and can be written to again. */
    resources: { kind: string; id: string }[];
  };
}

/** Whether it is there, or its level. */
export type FeatureValue = boolean | string | null;

/**
 * What would change for a subject, at the same instant: its plan, its overrides, the version of its catalogue, or several of them.
 * Nothing but the decisions before and after is compared.
 * @throws {RangeError} as the questions that are asked
 */
export function preview(before: Situation, after: Situation, existing: Existing, nowMs: number): Preview {
  const was = standingOf(before.catalogue, before.subject, nowMs);
  const is = standingOf(after.catalogue, after.subject, nowMs);
  const limits = comparedLimits(was, is);
  const features = comparedFeatures(was, is);
  const wereWritable = writable(before.catalogue, before.subject, existing.resources, nowMs);
  const areWritable = writable(after.catalogue, after.subject, existing.resources, nowMs);
  const pairs = areWritable.map((now, index): [Writability, Writability] => [wereWritable[index]!, now]);

  return {
    over: existing.usage.flatMap((usage) => overAfter(was, is, usage)),
    narrows: limits.flatMap(({ limit, kind, from, to }) =>
      to !== null && isLess(to, from) ? [{ limit, kind, before: from, after: to }] : [],
    ),
    losesEffect: features.flatMap(({ feature, from, to, strength, treatment }) =>
      strength < 0 ? [{ feature, before: from, after: to, treatment }] : [],
    ),
    becomesReadOnly: pairs.flatMap(([then, now]) =>
      then.writable && !now.writable ? [{ kind: now.kind, id: now.id, reason: now.reason }] : [],
    ),
    opensUp: {
      limits: limits.flatMap(({ limit, kind, from, to }) =>
        from !== null && isLess(from, to) ? [{ limit, kind, before: from, after: to }] : [],
      ),
      features: features.flatMap(({ feature, from, to, strength }) =>
        strength > 0 ? [{ feature, before: from, after: to }] : [],
      ),
      resources: pairs.flatMap(([then, now]) =>
        !then.writable && now.writable ? [{ kind: now.kind, id: now.id }] : [],
      ),
    },
  };
}

/** The subject on other plans, each in the place of its own of that line, and paid for. */
export function withPlans({ catalogue, subject }: Situation, plans: readonly string[]): Situation {
  const lineOf = (plan: string): string | undefined => own(catalogue.plans, plan)?.line;
  const lines = new Set(plans.map(lineOf));
  const kept = subject.plans.filter((plan) => !lines.has(lineOf(plan)));
  return { catalogue, subject: { ...subject, plans: [...kept, ...plans], billingCancelled: false } };
}

function comparedLimits(was: Standing, is: Standing) {
  return namesOf(was.catalogue.limits, is.catalogue.limits).map((limit) => {
    const [old, now] = [own(was.catalogue.limits, limit), own(is.catalogue.limits, limit)];
    const kind = (now ?? old)!.kind;
    return { limit, kind, from: old ? limitIn(was, old).value : null, to: now ? limitIn(is, now).value : null };
  });
}

function comparedFeatures(was: Standing, is: Standing) {
  return namesOf(was.catalogue.features, is.catalogue.features).map((feature) => {
    const [old, now] = [own(was.catalogue.features, feature), own(is.catalogue.features, feature)];
    const [from, to] = [old && told(featureIn(was, old)), now && told(featureIn(is, now))];
    const strength = featureDifference({ definition: old, value: from }, { definition: now, value: to });
    const treatment = (now ?? old)!.onLoss.treatment;
    return { feature, from: from ?? null, to: to ?? null, strength, treatment };
  });
}

function told({ level, enabled }: EffectiveFeature): boolean | string {
  return level ?? enabled;
}

function overAfter(was: Standing, is: Standing, { limit, used, scope }: Existing['usage'][number]): Preview['over'] {
  const definition = own(is.catalogue.limits, limit);
  if (!definition || !isAmount(definition)) return [];
  const after = judge(is, asked(definition, used, scope))?.limit ?? 'unlimited';
  if (!isLess(after, used)) return [];
  const old = own(was.catalogue.limits, limit);
  const before = old && isAmount(old) ? (judge(was, asked(old, used, scope))?.limit ?? null) : null;
  const wasOver = before !== null && isLess(before, used);
  const treatment = definition.over?.treatment ?? (isServed(is, definition, used, scope) ? 'keep_working' : 'refuse');
  return [{ limit, scope: scope?.id ?? null, used, before, after, wasOver, treatment }];
}

type Amounted = Extract<LimitDefinition, { kind: 'count' | 'sum' | 'quota' | 'budget' }>;

function isAmount(definition: LimitDefinition): definition is Amounted {
  return ['count', 'sum', 'quota', 'budget'].includes(definition.kind);
}

function asked({ name, kind }: Amounted, used: number, scope: ScopeState | undefined) {
  return kind === 'count' || kind === 'sum'
    ? ({ ask: 'add', limit: name, used, amount: 0, scope } as const)
    : ({ ask: 'consume', limit: name, used, cost: 0, scope } as const);
}

/** Whether what is over goes on: what exists does, and what is consumed where the edge is no hard one. */
function isServed(standing: Standing, { name, kind }: Amounted, used: number, scope: ScopeState | undefined): boolean {
  if (kind === 'count' || kind === 'sum') return true;
  return judge(standing, { ask: 'consume', limit: name, used, cost: 1, scope })?.allowed ?? true;
}

function namesOf(...maps: Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(maps.flatMap((map) => Object.keys(map)))].sort();
}
