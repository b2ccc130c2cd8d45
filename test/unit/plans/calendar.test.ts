import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addMonths,
  dateOf,
  dateText,
  instantOf,
  instantText,
  isZone,
  localAt,
  midnightOf,
} from '../../../domain/plans/calendar.ts';

const LOCAL_MS = fc.integer({ min: -8.6e15, max: 8.6e15 });

describe('a date', () => {
  test('is that of the Gregorian calendar, in every year', () => {
    fc.assert(
      fc.property(LOCAL_MS, (localMs) => {
        const date = new Date(localMs);
        expect(dateOf(localMs)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(midnightOf(dateOf(localMs))).toBe(new Date(localMs).setUTCHours(0, 0, 0, 0));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['2000-02-29', '1600-02-29', '2400-02-29', '2000-03-01', '1999-02-28', '1900-02-28', '1900-03-01'])(
    'at the end of four, a hundred or four hundred years is told as well: %s',
    (text) => {
      expect(dateText(dateOf(Date.parse(text)))).toBe(text);
    },
  );

  test('may name a month or day beyond its year or month', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9999, max: 9999 }),
        fc.integer({ min: -40, max: 40 }),
        fc.integer({ min: -99, max: 99 }),
        (year, month, day) => {
          expect(midnightOf({ year, month, day })).toBe(new Date(0).setUTCFullYear(year, month - 1, day));
        },
      ),
    );
  });

  test.each([
    [2026, '2026-11-21'],
    [26, '0026-11-21'],
    [0, '0000-11-21'],
    [9_999, '9999-11-21'],
    [10_000, '+010000-11-21'],
    [12_026, '+012026-11-21'],
    [-1, '-000001-11-21'],
  ])('of the year %i is written %s', (year, text) => {
    expect(dateText({ year, month: 11, day: 21 })).toBe(text);
  });

  test('with its time is written as ISO 8601 does, without colons', () => {
    expect(instantText(Date.parse('2026-01-31T09:05:07.008Z'))).toBe('20260131T090507.008Z');
  });
});

describe('months later', () => {
  test.each([
    ['2026-01-31T09:30', 1, '2026-02-28T09:30'],
    ['2024-01-31T09:30', 1, '2024-02-29T09:30'],
    ['2026-01-31T09:30', 2, '2026-03-31T09:30'],
    ['2026-01-31T09:30', 3, '2026-04-30T09:30'],
    ['2026-01-31T09:30', -1, '2025-12-31T09:30'],
    ['2026-01-31T09:30', -2, '2025-11-30T09:30'],
    ['2024-02-29T00:00', 12, '2025-02-28T00:00'],
    ['2024-02-29T00:00', 48, '2028-02-29T00:00'],
    ['2026-05-15T23:59:59.999', 1, '2026-06-15T23:59:59.999'],
  ])('than %s by %i is %s', (from, months, to) => {
    expect(new Date(addMonths(Date.parse(`${from}Z`), months)).toISOString()).toBe(
      new Date(Date.parse(`${to}Z`)).toISOString(),
    );
  });
});

describe('a local time', () => {
  test.each([
    ['in UTC is itself', 'UTC', '2026-11-21T00:00', '2026-11-21T00:00:00.000Z'],
    ['in a half-hour zone', 'Asia/Kolkata', '2026-11-21T00:00', '2026-11-20T18:30:00.000Z'],
    ['in a zone of three quarters', 'Asia/Kathmandu', '2026-11-21T00:00', '2026-11-20T18:15:00.000Z'],
    [
      'that a jump leaves out is the instant of the jump',
      'Europe/Berlin',
      '2026-03-29T02:30',
      '2026-03-29T01:00:00.000Z',
    ],
    ['that is shown twice is the first', 'Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['may be a midnight that is left out', 'America/Sao_Paulo', '2018-11-04T00:00', '2018-11-04T03:00:00.000Z'],
    ['may lie in a jump that began before midnight', 'America/Toronto', '1919-03-31T00:00', '1919-03-31T04:30:00.000Z'],
    ['may be in a day that is left out', 'Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00.000Z'],
    ['before there were zones is that of the town', 'Africa/Monrovia', '1874-12-07T00:00', '1874-12-07T00:43:08.000Z'],
  ])('%s', (_behaviour, zone, local, instant) => {
    expect(at(zone, local)).toBe(instant);
  });

  test.each([
    ['Europe/London', '2026-01-15T12:00', '2026-01-15T12:00:00.000Z'],
    ['Europe/London', '2026-07-15T12:00', '2026-07-15T11:00:00.000Z'],
    ['Africa/Abidjan', '2026-07-15T12:00', '2026-07-15T12:00:00.000Z'],
  ])('of %s is that of UTC while it is no other: %s', (zone, local, instant) => {
    expect(at(zone, local)).toBe(instant);
    expect(localAt(zone, Date.parse(instant))).toBe(Date.parse(`${local}Z`));
  });

  test('is the first instant that shows it or a later one', () => {
    const zones = fc.constantFrom(
      'America/St_Johns',
      'Pacific/Apia',
      'Africa/Cairo',
      'Australia/Lord_Howe',
      'Europe/Dublin',
    );
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 2e12 }), (zone, localMs) => {
        const instant = instantOf(zone, localMs);
        expect(localAt(zone, instant)).toBeGreaterThanOrEqual(localMs);
        expect(localAt(zone, instant - 1)).toBeLessThan(localMs);
      }),
    );
  });
});

describe('a zone', () => {
  test.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Asia/Kolkata', true],
    ['America/Port-au-Prince', true],
    ['Etc/GMT+3', true],
    ['+02:00', false],
    ['Europe/Berlino', false],
    ['subject', false],
    ['', false],
  ])("'%s': %s", (name, isOne) => {
    expect(isZone(name)).toBe(isOne);
  });

  test('that there is none of is refused', () => {
    expect(() => localAt('Europe/Berlino', 0)).toThrow(RangeError);
  });
});

function at(zone: string, local: string): string {
  return new Date(instantOf(zone, Date.parse(`${local}Z`))).toISOString();
}
