import { liftingBy } from './admitting.ts';
import { type Catalogue, featureNamed, type LevelFeature } from './catalogue.ts';
import { featureIn, standingOf } from './standing.ts';
import type { SubjectState } from './subject.ts';

/** What an answer shows of a thing that is open to all, by the level of its caller. */
export interface Shape {
  level: string;
  /** The fields that the answer has: those of the level and of all below it. Any other is absent, not null. */
  fields: string[];
  /** The level above, and the lowest plan above that stands there or higher; `null` at the top, or when no plan does. */
  nextLevel: string | null;
  admittingPlan: string | null;
}

/**
 * The form of an answer that the feature shapes. Source: docs/spec/keel.md §5.3.
 * @throws {RangeError} for a feature that the catalogue doesn't have, or one without levels
 */
export function shapeOf(catalogue: Catalogue, subject: SubjectState, feature: string, nowMs: number): Shape {
  const definition = levelFeature(catalogue, feature);
  const standing = standingOf(catalogue, subject, nowMs);
  const level = featureIn(standing, definition).level!;
  const at = definition.levels.indexOf(level);
  const nextLevel = definition.levels[at + 1] ?? null;
  return {
    level,
    fields: definition.levels.slice(0, at + 1).flatMap((each) => definition.shape[each] ?? []),
    nextLevel,
    admittingPlan: liftingBy(standing, definition.line, (other) => {
      return definition.levels.indexOf(featureIn(other, definition).level!) > at;
    }),
  };
}

/**
 * The level that something runs on which was set up for `wanted`: that one, or the subject's own where it stands lower. What was set
 * up stays stored. Source: docs/spec/keel.md §4.2, `clamp`.
 * @throws {RangeError} for a feature or a level that the catalogue doesn't have
 */
export function clampedLevel(
  catalogue: Catalogue,
  subject: SubjectState,
  { feature, wanted }: { feature: string; wanted: string },
  nowMs: number,
): string {
  const definition = levelFeature(catalogue, feature);
  if (!definition.levels.includes(wanted)) throw new RangeError(`feature '${feature}' has no level '${wanted}'`);
  const level = featureIn(standingOf(catalogue, subject, nowMs), definition).level!;
  return definition.levels.indexOf(wanted) < definition.levels.indexOf(level) ? wanted : level;
}

function levelFeature(catalogue: Catalogue, name: string): LevelFeature {
  const feature = featureNamed(catalogue, name);
  if (feature.type !== 'level') throw new RangeError(`feature '${name}' has no levels`);
  return feature;
}
