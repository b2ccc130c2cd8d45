import {
  type Catalogue,
  type FeatureDefinition,
  findPlan,
  type Limit,
  type LimitDefinition,
  own,
  type Plan,
  plansByRank,
} from './catalogue.ts';
import { featureDifference, type GivenFeature, isLess } from './compare.ts';

/**
 * One difference between two catalogues. `plan` is whom it concerns: those who hold that plan of the older catalogue; `null` says
 * all of them, or nobody yet. A value is `undefined` where there is none.
 */
export interface Change {
  of: 'catalogue' | 'scope' | 'line' | 'plan' | 'limit' | 'feature';
  name: string;
  /** What of it; `exists` for the whole. */
  field: string;
  plan: string | null;
  before: unknown;
  after: unknown;
  /** What it is to whoever is concerned: more than before, less, or only otherwise. */
  effect: 'gains' | 'loses' | 'changes';
}

/**
 * What the later version of a catalogue changes, plan by plan. A plan of the older one goes on as the plan of that name in the later
 * one, or as the one that has its name for an alias; values are compared along that way. Versions themselves are no difference.
 */
export function diff(older: Catalogue, later: Catalogue): Change[] {
  return [
    ...fieldChanges('catalogue', older.name, summary(older), summary(later)),
    ...mapChanges('scope', older.scopes, later.scopes),
    ...mapChanges('line', older.lines, later.lines),
    ...planChanges(older, later),
    ...namesOf(older.limits, later.limits).flatMap((name) =>
      definitionChanges('limit', older, later, own(older.limits, name), own(later.limits, name)),
    ),
    ...namesOf(older.features, later.features).flatMap((name) =>
      definitionChanges('feature', older, later, own(older.features, name), own(later.features, name)),
    ),
  ];
}

/** The changes that concern those on one plan of the older catalogue. */
export function changesFor(changes: readonly Change[], plan: string): Change[] {
  return changes.filter((change) => change.plan === plan);
}

function summary({ name, subject, currency, constraints, presentation }: Catalogue): object {
  return { name, subject, currency, constraints, presentation };
}

function planChanges(older: Catalogue, later: Catalogue): Change[] {
  const goneOnTo = new Set<string>();
  const changes = plansByRank(older).flatMap((plan): Change[] => {
    const successor = findPlan(later, plan.name);
    const base = { of: 'plan', name: plan.name, plan: plan.name } as const;
    if (!successor) return [{ ...base, field: 'exists', before: true, after: false, effect: 'loses' }];
    goneOnTo.add(successor.name);
    return fieldChanges('plan', plan.name, comparable(older, plan), comparable(later, successor), plan.name);
  });
  const added = plansByRank(later).filter(({ name }) => !goneOnTo.has(name));
  const news = added.map(({ name }): Change => {
    return { of: 'plan', name, field: 'exists', plan: null, before: false, after: true, effect: 'changes' };
  });
  return [...changes, ...news];
}

/** Ranks as positions: what counts is the order, not the numbers. */
function comparable(catalogue: Catalogue, plan: Plan): object {
  const { aliases, ...fields } = plan;
  const rank = plansByRank(catalogue, plan.line).findIndex(({ name }) => name === plan.name);
  return { ...fields, aliases: [...aliases].sort(), rank };
}

type Definition = LimitDefinition | FeatureDefinition;

function definitionChanges(
  of: 'limit' | 'feature',
  older: Catalogue,
  later: Catalogue,
  before: Definition | undefined,
  after: Definition | undefined,
): Change[] {
  const { name } = (before ?? after)!;
  const existence: Change[] =
    before && after
      ? fieldChanges(of, name, withoutValues(before), withoutValues(after))
      : [{ of, name, field: 'exists', plan: null, before: !!before, after: !!after, effect: 'changes' }];

  const values = plansByRank(older).flatMap((plan) => {
    const successor = findPlan(later, plan.name);
    if (!successor) return [];
    return (['values', 'withoutLine'] as const).flatMap((field): Change[] => {
      const from = own<Given['value']>(before?.[field], plan.name);
      const to = own<Given['value']>(after?.[field], successor.name);
      if (from === to) return [];
      const effect = effectOf({ definition: before, value: from }, { definition: after, value: to });
      return [{ of, name, field, plan: plan.name, before: from, after: to, effect }];
    });
  });
  return [...existence, ...values];
}

type Given = { definition: Definition | undefined; value: number | boolean | string | undefined };

function effectOf(before: Given, after: Given): Change['effect'] {
  const difference =
    isLimit(before.definition) || isLimit(after.definition)
      ? Number(isLess(asLimit(before), asLimit(after))) - Number(isLess(asLimit(after), asLimit(before)))
      : featureDifference(asFeature(before), asFeature(after));
  return difference > 0 ? 'gains' : difference < 0 ? 'loses' : 'changes';
}

/** `null` where nothing limits: it is unlimited, or the catalogue has no such limit. */
function asLimit({ value }: Given): Limit | null {
  return typeof value === 'number' ? value : null;
}

function asFeature({ definition, value }: Given): GivenFeature {
  return {
    definition: isLimit(definition) ? undefined : definition,
    value: typeof value === 'number' ? undefined : value,
  };
}

function isLimit(definition: Definition | undefined): definition is LimitDefinition {
  return definition !== undefined && 'kind' in definition;
}

function withoutValues({ values: _values, withoutLine: _withoutLine, ...fields }: Definition): object {
  return fields;
}

function mapChanges(
  of: 'scope' | 'line',
  older: Readonly<Record<string, object>>,
  later: Readonly<Record<string, object>>,
): Change[] {
  return namesOf(older, later).flatMap((name): Change[] => {
    const [before, after] = [own(older, name), own(later, name)];
    if (before && after) return fieldChanges(of, name, before, after);
    return [{ of, name, field: 'exists', plan: null, before: !!before, after: !!after, effect: 'changes' }];
  });
}

/** Field by field; fields compare by what they hold, never by the order it was written in. */
function fieldChanges(
  of: Change['of'],
  name: string,
  older: object,
  later: object,
  plan: string | null = null,
): Change[] {
  const [before, after] = [older, later] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  return namesOf(before, after).flatMap((field): Change[] => {
    if (isSame(before[field], after[field])) return [];
    return [{ of, name, field, plan, before: before[field], after: after[field], effect: 'changes' }];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isSame(left[name], right[name]))
  );
}

function namesOf(...maps: Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(maps.flatMap((map) => Object.keys(map)))].sort();
}
