import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUtcDay, periodAt, refillAt, secondsUntil, utcDay } from '../../../domain/plans/periods.ts';

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

const at = (text: string): number => Date.parse(text);
const told = ({ key, startsAtMs, endsAtMs }: ReturnType<typeof utcDay>): string[] => [
  key,
  new Date(startsAtMs).toISOString(),
  new Date(endsAtMs).toISOString(),
];

describe('a day of a zone', () => {
  test.each([
    [
      'has 24 hours',
      'Asia/Kolkata',
      '2026-11-21T00:00Z',
      '2026-11-21',
      '2026-11-20T18:30:00.000Z',
      '2026-11-21T18:30:00.000Z',
    ],
    [
      'has 23 where clocks are put forward',
      'Europe/Berlin',
      '2026-03-29T12:00Z',
      '2026-03-29',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'has 25 where they are put back',
      'Europe/Berlin',
      '2026-10-25T12:00Z',
      '2026-10-25',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'begins at one where midnight is left out',
      'America/Sao_Paulo',
      '2018-11-04T12:00Z',
      '2018-11-04',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ],
    [
      'begins at one in Cairo too',
      'Africa/Cairo',
      '2024-04-26T12:00Z',
      '2024-04-26',
      '2024-04-25T22:00:00.000Z',
      '2024-04-26T21:00:00.000Z',
    ],
    [
      'ends an hour later where its last hour comes twice',
      'America/Sao_Paulo',
      '2018-02-18T02:30Z',
      '2018-02-17',
      '2018-02-17T02:00:00.000Z',
      '2018-02-18T03:00:00.000Z',
    ],
    [
      'may be followed by the day after next',
      'Pacific/Apia',
      '2011-12-30T09:59:59.999Z',
      '2011-12-29',
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ],
    [
      'follows one that never was',
      'Pacific/Apia',
      '2011-12-30T10:00Z',
      '2011-12-31',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ],
    [
      'has begun for good where clocks go back over midnight',
      'America/St_Johns',
      '2010-11-07T03:00Z',
      '2010-11-07',
      '2010-11-07T02:30:00.000Z',
      '2010-11-08T03:30:00.000Z',
    ],
  ])('%s', (_behaviour, zone, now, date, starts, ends) => {
    expect(told(periodAt('day', at(now), { zone }))).toEqual([`${date}@${zone}`, starts, ends]);
  });

  test('is the UTC day in UTC', () => {
    expect(periodAt('day', at('2026-11-21T12:00Z'))).toEqual(utcDay(at('2026-11-21T12:00Z')));
    expect(periodAt('utc_day', at('2026-11-21T23:30Z'), { zone: 'Europe/Berlin' }).key).toBe('2026-11-21');
  });
});

describe('a calendar month', () => {
  test.each([
    ['of UTC', {}, '2026-02-28T23:59:59.999Z', '2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    [
      'begins with its first midnight',
      {},
      '2026-03-01T00:00Z',
      '2026-03',
      '2026-03-01T00:00:00.000Z',
      '2026-04-01T00:00:00.000Z',
    ],
    [
      'of a zone',
      { zone: 'Europe/Berlin' },
      '2026-03-01T00:00Z',
      '2026-03@Europe/Berlin',
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ],
    [
      'may lie before 1970',
      {},
      '1969-12-31T23:59:59.999Z',
      '1969-12',
      '1969-12-01T00:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
    ],
  ])('%s', (_behaviour, place, now, key, starts, ends) => {
    expect(told(periodAt('month', at(now), place))).toEqual([key, starts, ends]);
  });

  test('is the billing period where nothing is billed (keel.md §2.4)', () => {
    const nowMs = at('2026-11-21T12:00Z');
    expect(periodAt('billing_period', nowMs, { billing: null })).toEqual(periodAt('month', nowMs));
  });
});

describe('a billing period', () => {
  test.each([
    [
      'begins at its anchor',
      '2026-01-15T09:30Z',
      'month',
      '2026-01-15T09:30Z',
      '2026-01-15T09:30:00.000Z',
      '2026-02-15T09:30:00.000Z',
    ],
    [
      'lasts to the millisecond before',
      '2026-01-15T09:30Z',
      'month',
      '2026-02-15T09:29:59.999Z',
      '2026-01-15T09:30:00.000Z',
      '2026-02-15T09:30:00.000Z',
    ],
    [
      'of the 31st ends with a short month',
      '2026-01-31T09:30Z',
      'month',
      '2026-02-01T00:00Z',
      '2026-01-31T09:30:00.000Z',
      '2026-02-28T09:30:00.000Z',
    ],
    [
      'of the 31st does not drift',
      '2026-01-31T09:30Z',
      'month',
      '2026-03-01T00:00Z',
      '2026-02-28T09:30:00.000Z',
      '2026-03-31T09:30:00.000Z',
    ],
    [
      'of the 31st meets leap days',
      '2024-01-31T09:30Z',
      'month',
      '2024-02-29T09:30Z',
      '2024-02-29T09:30:00.000Z',
      '2024-03-31T09:30:00.000Z',
    ],
    [
      'is there before its anchor too',
      '2026-01-31T09:30Z',
      'month',
      '2025-12-01T00:00Z',
      '2025-11-30T09:30:00.000Z',
      '2025-12-31T09:30:00.000Z',
    ],
    [
      'may be a year',
      '2026-07-01T00:00Z',
      'year',
      '2027-06-30T23:59:59.999Z',
      '2026-07-01T00:00:00.000Z',
      '2027-07-01T00:00:00.000Z',
    ],
    [
      'of a leap day ends with February',
      '2024-02-29T00:00Z',
      'year',
      '2026-01-01T00:00Z',
      '2025-02-28T00:00:00.000Z',
      '2026-02-28T00:00:00.000Z',
    ],
    [
      'of a leap day finds it again',
      '2024-02-29T00:00Z',
      'year',
      '2028-02-29T00:00Z',
      '2028-02-29T00:00:00.000Z',
      '2029-02-28T00:00:00.000Z',
    ],
  ] as const)('%s', (_behaviour, anchor, interval, now, starts, ends) => {
    expect(billed(anchor, interval, now).slice(1)).toEqual([starts, ends]);
  });

  test('keeps the time of day of its zone when clocks are changed', () => {
    expect(billed('2026-03-01T08:00Z', 'month', '2026-04-01T12:00Z', 'Europe/Berlin').slice(1)).toEqual([
      '2026-04-01T07:00:00.000Z',
      '2026-05-01T07:00:00.000Z',
    ]);
  });

  test('is named by both its ends: periods of anchors that are clamped to one day are told apart', () => {
    const [ofThe31st] = billed('2026-01-31T00:00Z', 'month', '2026-03-01T00:00Z');
    const [ofThe28th] = billed('2026-01-28T00:00Z', 'month', '2026-03-01T00:00Z');
    expect(ofThe31st).toBe('20260228T000000.000Z/20260331T000000.000Z');
    expect(ofThe28th).toBe('20260228T000000.000Z/20260328T000000.000Z');
  });
});

describe('periods of every kind', () => {
  const place = fc.record({
    zone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/Sao_Paulo',
      'Africa/Cairo',
      'Pacific/Apia',
      'Australia/Lord_Howe',
    ),
    billing: fc.option(
      fc.record({
        anchorMs: fc.integer({ min: 0, max: 4e12 }),
        interval: fc.constantFrom<'month' | 'year'>('month', 'year'),
      }),
    ),
  });
  const period = fc.constantFrom('utc_day' as const, 'day' as const, 'month' as const, 'billing_period' as const);

  test('are told by the zone that is asked about, whichever was asked about before', () => {
    const nowMs = at('2026-11-21T20:00Z');
    const keys = (): string[] =>
      ['Europe/Berlin', 'Asia/Kolkata', 'UTC'].flatMap((zone) => [
        periodAt('day', nowMs, { zone }).key,
        periodAt('month', nowMs, { zone }).key,
        new Date(refillAt({ interval: 'day', dayOfMonth: 1 }, nowMs, zone).nextAtMs).toISOString(),
        new Date(refillAt({ interval: 'month', dayOfMonth: 1 }, nowMs, zone).nextAtMs).toISOString(),
        new Date(refillAt({ interval: 'month', dayOfMonth: 31 }, nowMs, zone).nextAtMs).toISOString(),
      ]);
    const expected = [
      ['2026-11-21@Europe/Berlin', '2026-11@Europe/Berlin', '2026-11-21T23', '2026-11-30T23', '2026-11-29T23'],
      ['2026-11-22@Asia/Kolkata', '2026-11@Asia/Kolkata', '2026-11-22T18:30', '2026-11-30T18:30', '2026-11-29T18:30'],
      ['2026-11-21', '2026-11', '2026-11-22T00', '2026-12-01T00', '2026-11-30T00'],
    ].flatMap(([day, month, ...instants]) => [
      day,
      month,
      ...instants.map((each) => `${`${each}:00`.slice(0, 16)}:00.000Z`),
    ]);
    expect(keys()).toEqual(expected);
    expect(keys()).toEqual(expected);
  });

  test('a month is the calendar month also where a bill runs otherwise', () => {
    const billing = { anchorMs: at('2026-01-10T09:30Z'), interval: 'month' } as const;
    expect(periodAt('month', at('2026-11-21T12:00Z'), { billing }).key).toBe('2026-11');
  });

  test('reach as far as instants do', () => {
    expect(utcDay(8.64e15).startsAtMs).toBe(8.64e15);
    expect(utcDay(-8.64e15).startsAtMs).toBe(-8.64e15);
    expect(() => utcDay(8.64e15 + 1)).toThrow(new RangeError('8640000000000001 is not an instant'));
  });

  test('hold their instant, join without a gap, and sort as their keys do', () => {
    fc.assert(
      fc.property(period, place, fc.integer({ min: 0, max: 4e12 }), (kind, where, nowMs) => {
        const span = periodAt(kind, nowMs, where);
        const next = periodAt(kind, span.endsAtMs, where);
        expect(span.startsAtMs <= nowMs && nowMs < span.endsAtMs).toBe(true);
        expect(next.startsAtMs).toBe(span.endsAtMs);
        expect(next.key > span.key).toBe(true);
        expect(periodAt(kind, span.startsAtMs, where)).toEqual(span);
        expect(periodAt(kind, span.endsAtMs - 1, where)).toEqual(span);
        expect(span.key).not.toContain(':');
      }),
      { numRuns: 500 },
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15])('do not hold %s, which is no instant', (nowMs) => {
    for (const kind of ['day', 'month', 'billing_period'] as const) {
      expect(() => periodAt(kind, nowMs, { zone: 'Europe/Berlin' })).toThrow(RangeError);
      expect(() => periodAt(kind, nowMs)).toThrow(RangeError);
    }
    const billing = { anchorMs: nowMs, interval: 'month' as const };
    expect(() => periodAt('billing_period', 0, { billing })).toThrow(RangeError);
  });
});

describe('a refill', () => {
  test.each([
    [
      'of every day is due at midnight UTC',
      'day',
      1,
      '2026-11-21T00:00Z',
      '2026-11-21T00:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
    ],
    [
      'of the 15th is due on the 15th',
      'month',
      15,
      '2026-11-14T23:59:59.999Z',
      '2026-10-15T00:00:00.000Z',
      '2026-11-15T00:00:00.000Z',
    ],
    [
      'of the 31st is due on 28 February',
      'month',
      31,
      '2026-02-28T00:00Z',
      '2026-02-28T00:00:00.000Z',
      '2026-03-31T00:00:00.000Z',
    ],
    [
      'of the 31st is due on 29 February of a leap year',
      'month',
      31,
      '2028-03-30T00:00Z',
      '2028-02-29T00:00:00.000Z',
      '2028-03-31T00:00:00.000Z',
    ],
    [
      'of the 31st is due on 30 April',
      'month',
      31,
      '2026-05-01T00:00Z',
      '2026-04-30T00:00:00.000Z',
      '2026-05-31T00:00:00.000Z',
    ],
  ] as const)('%s', (_behaviour, interval, dayOfMonth, now, dueAt, nextAt) => {
    expect(due(interval, dayOfMonth, now)).toEqual([dueAt, nextAt]);
  });

  test('may be due at the midnight of a zone', () => {
    expect(due('month', 1, '2026-03-31T22:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-31T22:00:00.000Z',
      '2026-04-30T22:00:00.000Z',
    ]);
  });
});

describe('the key of a UTC day', () => {
  test.each([
    ['2026-11-21', true],
    ['2026-02-29', false],
    ['2026-11', false],
    ['2026-11-21@Europe/Berlin', false],
  ])('%s: %s', (key, isOne) => {
    expect(isUtcDay(key)).toBe(isOne);
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

function billed(anchor: string, interval: 'month' | 'year', now: string, zone = 'UTC'): string[] {
  return told(periodAt('billing_period', at(now), { zone, billing: { anchorMs: at(anchor), interval } }));
}

function due(interval: 'day' | 'month', dayOfMonth: number, now: string, zone?: string): string[] {
  const { dueAtMs, nextAtMs } = refillAt({ interval, dayOfMonth }, at(now), zone);
  return [new Date(dueAtMs).toISOString(), new Date(nextAtMs).toISOString()];
}
