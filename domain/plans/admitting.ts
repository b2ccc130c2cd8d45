import { type Catalogue, type Plan, plansByRank } from './catalogue.ts';
import { definitionOf, judge, type Question } from './questions.ts';
import { onPlan, planOf, type Standing, standingOf } from './standing.ts';
import type { SubjectState } from './subject.ts';

/**
 * The lowest plan of the line *above* the subject's present one whose answer would be yes; `null` when there is none.
 *
 * Plans above alone are looked at, each of them by itself, since a higher plan may give less in one place: what is named is an
 * upgrade, and a lower plan is none, even where it gives more or an override has made the present one narrower. The subject's
 * overrides are taken along; its plans of other lines stay.
 * @throws {RangeError} for names, kinds, levels or scopes that the catalogue doesn't have, and numbers that are no amounts
 */
export function admittingPlan(
  catalogue: Catalogue,
  subject: SubjectState,
  question: Question,
  nowMs: number,
): string | null {
  return lifting(standingOf(catalogue, subject, nowMs), question);
}

/**
 * The lowest plan of the line whose answer would be yes, wherever the subject stands; `null` when there is none. It is what a
 * product tells beside a "yes" (docs/spec/keel.md §2.2: `required_plan`).
 * @throws {RangeError} as {@link admittingPlan}
 */
export function requiredPlan(
  catalogue: Catalogue,
  subject: SubjectState,
  question: Question,
  nowMs: number,
): string | null {
  const standing = standingOf(catalogue, subject, nowMs);
  const { line } = definitionOf(standing, question);
  return lowest(standing, plansByRank(catalogue, line), (other) => admits(other, question));
}

/** {@link admittingPlan} of a subject whose standing is known. */
export function lifting(standing: Standing, question: Question): string | null {
  return liftingBy(standing, definitionOf(standing, question).line, (other) => admits(other, question));
}

/** The lowest plan of a line above the present one on which a condition is met. */
export function liftingBy(standing: Standing, line: string, isMet: (other: Standing) => boolean): string | null {
  const present = planOf(standing, line);
  const above = plansByRank(standing.catalogue, line).filter(({ rank }) => rank > present.rank);
  return lowest(standing, above, isMet);
}

function admits(standing: Standing, question: Question): boolean {
  return judge(standing, question)?.allowed ?? true;
}

function lowest(standing: Standing, plans: Plan[], isMet: (other: Standing) => boolean): string | null {
  return plans.find((plan) => isMet(onPlan(standing, plan)))?.name ?? null;
}
