import { Remembered } from './remembered.ts';

/**
 * Dates and clocks. A **local time** is what a zone's clocks show, written as if it were UTC, in milliseconds: `Date.UTC(2026, 0, 31)`
 * is the midnight with which 31 January begins, wherever. Only a zone makes an instant of it.
 */

export const DAY_MS = 86_400_000;

export const UTC = 'UTC';

/** Beyond these a Date is none, and the calendar ends. */
export const FARTHEST_MS = 8.64e15;

/** A date of the Gregorian calendar, extended to all years; months from 1 to 12. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/**
 * The date that a local time belongs to. Written out, here and in `midnightOf`, because a Date takes ten times as long: years begin in
 * March, so that a leap day is their last, and repeat after 400 of them, which are 146,097 days.
 */
export function dateOf(localMs: number): CalendarDate {
  const days = Math.floor(localMs / DAY_MS) + MARCH_FIRST_OF_YEAR_0;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** The midnight with which a date begins. A month beyond 12 or below 1 is one of the years around, and so with days. */
export function midnightOf({ year, month, day }: CalendarDate): number {
  const monthsFromMarch = year * 12 + month - 3;
  const yearFromMarch = Math.floor(monthsFromMarch / 12);
  const era = Math.floor(yearFromMarch / 400);
  const yearOfEra = yearFromMarch - era * 400;
  const dayOfYear = Math.floor((153 * (monthsFromMarch - yearFromMarch * 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - MARCH_FIRST_OF_YEAR_0) * DAY_MS;
}

/** Days from there to 1970. */
const MARCH_FIRST_OF_YEAR_0 = 719_468;

/**
 * A local time some months later, or earlier: the same day of the month at the same time, and in a shorter month its last day. Always
 * counted from where one began: 31 January plus 2 is 31 March, although plus 1 is 28 February.
 */
export function addMonths(localMs: number, months: number): number {
  const { year, month, day } = dateOf(localMs);
  const timeOfDayMs = localMs - midnightOf({ year, month, day });
  const first = midnightOf({ year, month: month + months, day: 1 });
  const daysInMonth = (midnightOf({ year, month: month + months + 1, day: 1 }) - first) / DAY_MS;
  return first + (Math.min(day, daysInMonth) - 1) * DAY_MS + timeOfDayMs;
}

/** `2026-11-21`; years that four digits can't say as ISO 8601 writes them, `+012026-11-21`. */
export function dateText(date: CalendarDate): string {
  return `${monthText(date)}-${digits(date.day, 2)}`;
}

/** `2026-11`. */
export function monthText({ year, month }: CalendarDate): string {
  const sign = year < 0 ? '-' : '+';
  const yearText = year >= 0 && year <= 9999 ? digits(year, 4) : `${sign}${digits(Math.abs(year), 6)}`;
  return `${yearText}-${digits(month, 2)}`;
}

/** `20261121T093000.000Z`: ISO 8601 without the colons that part the keys of counters. */
export function instantText(atMs: number): string {
  const { year, month, day } = dateOf(atMs);
  const ms = atMs - midnightOf({ year, month, day });
  const time = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  const [hour, minute, second] = time.map((figure) => digits(figure, 2));
  return `${dateText({ year, month, day }).replaceAll('-', '')}T${hour}${minute}${second}.${digits(ms % 1000, 3)}Z`;
}

function digits(figure: number, count: number): string {
  return String(figure).padStart(count, '0');
}

/** What the clocks of a zone show at an instant. @throws {RangeError} for a zone that there is none of, or no instant */
export function localAt(zone: string, atMs: number): number {
  return atMs + offsetAt(zone, atMs);
}

/**
 * The first instant at which the clocks of a zone show a local time or a later one. Where they jump over it (midnight, too, in some
 * zones; a whole day in Samoa, at the end of 2011) it is the instant of the jump; where they show it twice, the first.
 * @throws {RangeError} for a zone that there is none of
 */
export function instantOf(zone: string, localMs: number): number {
  if (zone === UTC) return localMs;
  // No zone is a whole day away from UTC, so what it did around that instant lies between these.
  const before = offsetAt(zone, within(localMs - DAY_MS));
  const after = offsetAt(zone, within(localMs + DAY_MS));
  const earlier = localMs - Math.max(before, after);
  const later = localMs - Math.min(before, after);
  if (localAt(zone, within(earlier)) === localMs) return earlier;
  if (localAt(zone, within(later)) === localMs) return later;
  return jumpBetween(zone, earlier, later);
}

/** Whether it is the name of a zone, `Europe/Berlin`; offsets such as `+02:00` are none. */
export function isZone(name: string): boolean {
  try {
    return !/^[+-]/.test(name) && formatOf(name) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The instant in `(fromMs, toMs]` at which a zone changes its offset. */
function jumpBetween(zone: string, fromMs: number, toMs: number): number {
  const after = offsetAt(zone, toMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** How far the clocks of a zone are ahead of UTC. */
function offsetAt(zone: string, atMs: number): number {
  if (zone === UTC) return 0;
  // `11/21/2026, GMT+01:00`, `…, GMT-00:43:08` before there were zones, `…, GMT` for none.
  const [, sign, hours, minutes, seconds = '0'] = OFFSET.exec(formatOf(zone).format(atMs)) ?? [];
  if (sign === undefined) return 0;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '+' ? ms : -ms;
}

const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/;

/** Making one takes some thousand times as long as asking it. There are fewer zones: only other spellings could make it more. */
const formats = new Remembered<Intl.DateTimeFormat>(1000);

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  return format;
}

function within(ms: number): number {
  return Math.min(FARTHEST_MS, Math.max(-FARTHEST_MS, ms));
}
