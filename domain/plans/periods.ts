import type { Period } from './catalogue.ts';

/** A stretch of time that a quota is counted in. Epoch milliseconds; the start belongs to it, the end to the next one. */
export interface PeriodSpan {
  /** Names the period in counters and rows; periods of one kind sort as their keys do. */
  readonly key: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

const DAY_MS = 86_400_000;

const PERIODS: Partial<Record<Period, (nowMs: number) => PeriodSpan>> = { utc_day: utcDay };

/** The period of that kind which holds `nowMs`. @throws {RangeError} when `nowMs` is not an instant, or for another kind */
export function periodAt(period: Period, nowMs: number): PeriodSpan {
  const span = PERIODS[period]?.(nowMs);
  if (!span) throw new RangeError(`there are no periods of the kind '${period}'`);
  return span;
}

/**
 * The UTC calendar day which holds `nowMs`, keyed `2026-11-21`. Midnight belongs to the new day (docs/spec/keyport.md §2.4).
 * @throws {RangeError} when `nowMs` is not an instant
 */
export function utcDay(nowMs: number): PeriodSpan {
  const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { key: new Date(startsAtMs).toISOString().slice(0, 10), startsAtMs, endsAtMs: startsAtMs + DAY_MS };
}

/** Whether a key names a UTC day, as `utcDay` makes them. */
export function isUtcDay(key: string): boolean {
  const startsAtMs = /^\d{4}-\d{2}-\d{2}$/.test(key) ? Date.parse(key) : Number.NaN;
  return !Number.isNaN(startsAtMs) && utcDay(startsAtMs).key === key;
}

/**
 * Whole seconds from `nowMs` until `endMs`, rounded up and at least 1, so that whoever waits for them never comes back early
 * (docs/spec/keyport.md §3.5).
 */
export function secondsUntil(endMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((endMs - nowMs) / 1000));
}
