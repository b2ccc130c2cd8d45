import {
  addMonths,
  DAY_MS,
  dateOf,
  dateText,
  FARTHEST_MS,
  instantOf,
  instantText,
  localAt,
  midnightOf,
  monthText,
  UTC,
} from './calendar.ts';
import type { Period } from './catalogue.ts';
import { Remembered } from './remembered.ts';
import type { SubjectState } from './subject.ts';

/** A stretch of time that a quota is counted in. Epoch milliseconds; the start belongs to it, the end to the next one. */
export interface PeriodSpan {
  /**
   * Names the period in counters and rows. The keys of one kind, in one zone, sort as their periods do; periods that differ in zone
   * or anchor have different keys, unless they begin and end together in UTC.
   */
  readonly key: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Whose clocks and whose billing. */
export interface PeriodPlace {
  /** IANA name; UTC unless told. */
  readonly zone?: string;
  /** `null` where nothing is billed: a billing period is then the calendar month. */
  readonly billing?: SubjectState['billing'];
}

/**
 * The period of that kind which holds `nowMs`, computed from the clock alone; nothing is stored and nothing has to be swept.
 *
 * - `day`: from midnight to midnight of the zone: 23 or 25 hours where clocks are changed; keyed `2026-11-21@Europe/Berlin`.
 * - `month`: from the first to the first; `2026-11@Europe/Berlin`. In UTC both keys have no zone.
 * - `billing_period`: a month or year from its anchor on, and before it, at the anchor's time of day in the zone. An anchor on the 31st
 *   means the last day of shorter months and the 31st again afterwards. Keyed by its two ends, `20260131T093000.000Z/20260228T093000.000Z`.
 *
 * @throws {RangeError} when `nowMs` is not an instant, or for a zone that there is none of
 */
export function periodAt(period: Period, nowMs: number, { zone = UTC, billing = null }: PeriodPlace = {}): PeriodSpan {
  if (period === 'utc_day') return utcDay(nowMs);
  if (period === 'day') return zone === UTC ? utcDay(nowMs) : latest(`day ${zone}`, nowMs, () => dayIn(zone, nowMs));
  if (period === 'month' || billing === null) {
    return latest(`month ${zone}`, nowMs, () => monthIn(zone, nowMs));
  }
  const { anchorMs, interval } = billing;
  return latest(`${interval} ${anchorMs} ${zone}`, nowMs, () => {
    checkInstant(anchorMs);
    const months = interval === 'year' ? 12 : 1;
    const { startsAtMs, endsAtMs } = monthsFrom(localAt(zone, anchorMs), months, zone, nowMs);
    return { key: `${instantText(startsAtMs)}/${instantText(endsAtMs)}`, startsAtMs, endsAtMs };
  });
}

/**
 * When a refill was last due, and when it is next: at midnight of the zone, every day or on that day of the month, in shorter months on
 * their last day. Source: docs/spec/unkey.md §5.5. @throws {RangeError} as `periodAt` does
 */
export function refillAt(
  { interval, dayOfMonth }: { interval: 'day' | 'month'; dayOfMonth: number },
  nowMs: number,
  zone: string = UTC,
): { dueAtMs: number; nextAtMs: number } {
  const { startsAtMs, endsAtMs } =
    interval === 'day'
      ? periodAt('day', nowMs, { zone })
      : latest(`refill ${dayOfMonth} ${zone}`, nowMs, () => {
          // Any January has a 31st.
          const anchor = midnightOf({ year: 2000, month: 1, day: dayOfMonth });
          const { startsAtMs, endsAtMs } = monthsFrom(anchor, 1, zone, nowMs);
          return { key: '', startsAtMs, endsAtMs };
        });
  return { dueAtMs: startsAtMs, nextAtMs: endsAtMs };
}

/**
 * The UTC calendar day which holds `nowMs`, keyed `2026-11-21`. Midnight belongs to the new day (docs/spec/keyport.md §2.4).
 * @throws {RangeError} when `nowMs` is not an instant
 */
export function utcDay(nowMs: number): PeriodSpan {
  checkInstant(nowMs);
  const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { key: dateText(dateOf(startsAtMs)), startsAtMs, endsAtMs: startsAtMs + DAY_MS };
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

function dayIn(zone: string, nowMs: number): PeriodSpan {
  let midnight = Math.floor(localAt(zone, nowMs) / DAY_MS) * DAY_MS;
  // Clocks that are set back over midnight show the old date again: the new day has begun all the same.
  while (instantOf(zone, midnight + DAY_MS) <= nowMs) midnight += DAY_MS;
  const startsAtMs = instantOf(zone, midnight);
  const endsAtMs = instantOf(zone, midnight + DAY_MS);
  return { key: inZone(dateText(dateOf(midnight)), zone), startsAtMs, endsAtMs };
}

function monthIn(zone: string, nowMs: number): PeriodSpan {
  const { first, startsAtMs, endsAtMs } = monthsFrom(midnightOf({ year: 2000, month: 1, day: 1 }), 1, zone, nowMs);
  return { key: inZone(monthText(dateOf(first)), zone), startsAtMs, endsAtMs };
}

/**
 * The span of so many months, counted from a local time, which holds `nowMs`; `first` is the local time with which it begins. Each end
 * is counted from the anchor, never from the end before: clamping to a short month is forgotten in the next.
 */
function monthsFrom(
  anchorLocalMs: number,
  months: number,
  zone: string,
  nowMs: number,
): { first: number; startsAtMs: number; endsAtMs: number } {
  const anchor = dateOf(anchorLocalMs);
  const now = dateOf(localAt(zone, nowMs));
  const monthsApart = (now.year - anchor.year) * 12 + now.month - anchor.month;
  // One step below what the calendar says, then up to it: the day and the time of day decide, and clocks that are set back.
  let step = Math.floor(monthsApart / months) - 1;
  while (instantOf(zone, addMonths(anchorLocalMs, (step + 1) * months)) <= nowMs) step += 1;
  const first = addMonths(anchorLocalMs, step * months);
  const next = addMonths(anchorLocalMs, (step + 1) * months);
  return { first, startsAtMs: instantOf(zone, first), endsAtMs: instantOf(zone, next) };
}

function inZone(date: string, zone: string): string {
  return zone === UTC ? date : `${date}@${zone}`;
}

function checkInstant(ms: number): void {
  if (!(Math.abs(ms) <= FARTHEST_MS)) throw new RangeError(`${ms} is not an instant`);
}

/** The latest period of each kind, zone and anchor: most questions are about the one that the question before was about. */
const spans = new Remembered<PeriodSpan>(10_000);

function latest(name: string, nowMs: number, compute: () => PeriodSpan): PeriodSpan {
  const known = spans.get(name);
  if (known && known.startsAtMs <= nowMs && nowMs < known.endsAtMs) return known;
  checkInstant(nowMs);
  const span = compute();
  spans.set(name, span);
  return span;
}
