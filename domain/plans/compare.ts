import type { FeatureDefinition, Limit } from './catalogue.ts';

/** Whether `a` allows less than `b`; `null`, where nothing limits, is as unlimited. */
export function isLess(a: Limit | null, b: Limit | null): boolean {
  return toNumber(a) < toNumber(b);
}

/** What one of two catalogues gives of a feature: whether it is there, or its level; `undefined` for nothing. */
export type GivenFeature = { definition: FeatureDefinition | undefined; value: boolean | string | undefined };

/**
 * Above zero when the second gives more, below when it gives less. Levels compare in a list that knows both, the later one's
 * first, so that a new level between two raises nobody; else by their places. Beside a feature without levels the lowest is as
 * nothing, and any other as being there.
 */
export function featureDifference(before: GivenFeature, after: GivenFeature): number {
  const [from, to] = [before.value, after.value];
  if (typeof from !== 'string' || typeof to !== 'string')
    return Math.min(1, strength(after)) - Math.min(1, strength(before));
  const common = [levelsOf(after), levelsOf(before)].find((levels) => levels.includes(from) && levels.includes(to));
  return common ? common.indexOf(to) - common.indexOf(from) : strength(after) - strength(before);
}

function strength({ definition, value }: GivenFeature): number {
  return typeof value === 'string' ? levelsOf({ definition, value }).indexOf(value) : Number(value ?? false);
}

function levelsOf({ definition }: GivenFeature): readonly string[] {
  return definition?.type === 'level' ? definition.levels : [];
}

function toNumber(limit: Limit | null): number {
  return limit === null || limit === 'unlimited' ? Number.POSITIVE_INFINITY : limit;
}
