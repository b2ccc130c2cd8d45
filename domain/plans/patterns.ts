import { limitOfKind } from './catalogue.ts';
import { isInForce, limitIn, type Standing } from './standing.ts';
import type { Override, RateNumbers } from './subject.ts';
import { areRateNumbers, MAX_WINDOW_SECONDS } from './values.ts';

export type RatePattern = Extract<Override, { kind: 'rate_pattern' }>;

/** The numbers that hold for one call, and what gave them: the pattern, the caller itself, or the plan (or its override). */
export type EffectiveRate = RateNumbers & { source: 'pattern' | 'call' | 'plan'; pattern: RatePattern | null };

/**
 * The numbers of the rate `name` for a call with that identifier; a rate that knows none has the empty one, which `*` matches.
 *
 * A pattern in force that matches the identifier takes the place of whatever else would hold, be it more or less; then come numbers
 * that the call itself carries; then the plan's. Patterns don't ask whether the plan allows overrides: whoever is limited writes
 * them for its own callers. A limit of 0 blocks. Source: docs/spec/unkey.md §6.3, §6.8.
 * @throws {RangeError} for names that the catalogue doesn't have, or numbers that can't be right
 */
export function rateFor(
  standing: Standing,
  name: string,
  { identifier = '', numbers }: { identifier?: string | undefined; numbers?: RateNumbers | undefined } = {},
): EffectiveRate {
  const definition = limitOfKind(standing.catalogue, name, 'rate');
  const pattern = bestPattern(patternsOf(standing, name), identifier);
  if (pattern) return { ...checked(pattern.value, name), source: 'pattern', pattern };
  if (numbers) return { ...checked(numbers, name), source: 'call', pattern: null };
  const { windowSeconds } = definition;
  return { limit: limitIn(standing, definition).value, windowSeconds, source: 'plan', pattern: null };
}

/** NaN would be a plain "no", and an infinite window a "yes" for ever: neither is a number that anybody meant. */
function checked(numbers: RateNumbers, name: string): RateNumbers {
  const { limit, windowSeconds } = numbers;
  if (areRateNumbers(numbers)) return { limit, windowSeconds };
  const accepts = `a limit, and a window from 1 to ${MAX_WINDOW_SECONDS} seconds`;
  throw new RangeError(`${limit} in ${windowSeconds} seconds is nothing for rate '${name}': give ${accepts}`);
}

/**
 * The one that decides for an identifier: the pattern that equals it; else, of those whose `*` (any run of characters, also none)
 * make it match as a whole, the one with most literal characters, then the oldest, then the first by its text. Case matters, and
 * nothing escapes a `*`.
 */
export function bestPattern<P extends { pattern: string; startsAtMs: number }>(
  patterns: readonly P[],
  identifier: string,
): P | undefined {
  let best: P | undefined;
  for (const each of patterns) {
    if (!isMatch(each.pattern, identifier)) continue;
    if (best === undefined || goesBefore(each, best, identifier)) best = each;
  }
  return best;
}

type Pattern = { pattern: string; startsAtMs: number };

function goesBefore(a: Pattern, b: Pattern, identifier: string): boolean {
  const isExact = (each: Pattern): number => (each.pattern === identifier ? 1 : 0);
  if (isExact(a) !== isExact(b)) return isExact(a) > isExact(b);
  if (literals(a) !== literals(b)) return literals(a) > literals(b);
  if (a.startsAtMs !== b.startsAtMs) return a.startsAtMs < b.startsAtMs;
  return a.pattern < b.pattern;
}

function literals({ pattern }: Pattern): number {
  return pattern.replaceAll('*', '').length;
}

/** The pieces between the stars, found from left to right; the last one at the end. No backtracking, so no pattern is slow. */
function isMatch(pattern: string, identifier: string): boolean {
  if (pattern === identifier) return true;
  const pieces = pattern.split('*');
  if (pieces.length === 1) return false;
  const last = pieces.pop()!;
  const first = pieces.shift()!;
  if (!identifier.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = identifier.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return identifier.length - last.length >= at && identifier.endsWith(last);
}

function patternsOf({ subject, nowMs }: Standing, name: string): RatePattern[] {
  return subject.overrides.filter(
    (override): override is RatePattern =>
      override.kind === 'rate_pattern' && override.name === name && isInForce(override, nowMs),
  );
}
