import type { Limit, LimitKind } from './catalogue.ts';
import type { RateNumbers } from './subject.ts';

/** How old a record may become at most, so that every cut-off is an instant: a hundred years. */
export const MAX_RETENTION_DAYS = 36_500;

/** How long the window of a rate is at most: a year. What is counted for longer is a quota. */
export const MAX_WINDOW_SECONDS = 31_536_000;

/** The largest number that a limit of that kind can be, beside unlimited: 2^53 − 1, of a retention a hundred years. */
export function mostOf(kind: LimitKind): number {
  return kind === 'retention' ? MAX_RETENTION_DAYS : Number.MAX_SAFE_INTEGER;
}

/** Whether `value` can be a limit of that kind: a whole number from 0 up to {@link mostOf}, or unlimited. */
export function isLimit(value: unknown, kind: LimitKind): value is Limit {
  return value === 'unlimited' || (Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= mostOf(kind));
}

/** Whether they can be the numbers of a rate, wherever they come from: a limit, and a window of whole seconds up to a year. */
export function areRateNumbers({ limit, windowSeconds }: { [Field in keyof RateNumbers]?: unknown }): boolean {
  const seconds = Number.isSafeInteger(windowSeconds) ? Number(windowSeconds) : 0;
  return isLimit(limit, 'rate') && seconds >= 1 && seconds <= MAX_WINDOW_SECONDS;
}
