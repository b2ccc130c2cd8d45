import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { periodAt, secondsUntil, utcDay } from '../../../domain/plans/periods.ts';

describe('a UTC day', () => {
  test.each([
    ['begins with midnight', '2026-11-21T00:00:00.000Z', '2026-11-21'],
    ['lasts to its last millisecond', '2026-11-21T23:59:59.999Z', '2026-11-21'],
    ['ends where the next begins', '2026-11-22T00:00:00.000Z', '2026-11-22'],
    ['may be a leap day', '2028-02-29T12:00:00.000Z', '2028-02-29'],
    ['may lie before 1970', '1969-12-31T23:59:59.999Z', '1969-12-31'],
  ])('%s', (_behaviour, now, key) => {
    expect(utcDay(Date.parse(now)).key).toBe(key);
  });

  test('is told with its start, which belongs to it, and its end, which does not', () => {
    expect(utcDay(Date.parse('2026-11-21T12:34:56.789Z'))).toEqual({
      key: '2026-11-21',
      startsAtMs: Date.parse('2026-11-21T00:00:00.000Z'),
      endsAtMs: Date.parse('2026-11-22T00:00:00.000Z'),
    });
  });

  test('holds its instant, and the days join without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8e12, max: 8e12 }), (nowMs) => {
        const { startsAtMs, endsAtMs, key } = utcDay(nowMs);
        expect(startsAtMs <= nowMs && nowMs < endsAtMs).toBe(true);
        expect(utcDay(endsAtMs).startsAtMs).toBe(endsAtMs);
        expect(new Date(nowMs).toISOString().startsWith(key)).toBe(true);
        expect(periodAt('utc_day', nowMs)).toEqual(utcDay(nowMs));
      }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15])('does not hold %s, which is no instant', (nowMs) => {
    expect(() => utcDay(nowMs)).toThrow(RangeError);
  });
});

describe('the seconds until an instant', () => {
  test.each([
    [10_000, 10],
    [9_001, 10],
    [9_000, 9],
    [1, 1],
    [0, 1],
    [-5_000, 1],
  ])('that is %i ms away are %i: rounded up, at least 1', (distanceMs, seconds) => {
    expect(secondsUntil(1_000_000 + distanceMs, 1_000_000)).toBe(seconds);
  });
});
