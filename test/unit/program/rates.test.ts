import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_SPAN_MS } from '../../../domain/program/program.ts';
import { cellsAt, fitsRate, fitsRateAtMs, MOST, type RateCells, share, usedIn } from '../../../domain/program/rates.ts';

const MINUTE = 60_000;

describe('the weighted share of a cell', () => {
  const figures = fc.oneof(
    fc.record({ count: fc.integer({ min: 0, max: MOST }), whole: fc.integer({ min: 1, max: MOST_SPAN_MS }) }),
    fc.record({ count: fc.nat(1000), whole: fc.integer({ min: 1, max: 1000 }) }),
    // Around the border between the short way and the long one.
    fc.record({
      count: fc.integer({ min: -9, max: 9 }).map((off) => Math.floor(2 ** 52 / MINUTE) + off),
      whole: fc.constant(MINUTE),
    }),
  );

  test('is exact for every count and every window', () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 0, max: 1, noNaN: true }), ({ count, whole }, portion) => {
        const part = Math.min(whole, Math.round(portion * whole));
        expect(share(count, part, whole)).toBe(Number((BigInt(count) * BigInt(part)) / BigInt(whole)));
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    [MOST, MOST_SPAN_MS, MOST_SPAN_MS, MOST],
    [MOST, MOST_SPAN_MS - 1, MOST_SPAN_MS, Number((BigInt(MOST) * BigInt(MOST_SPAN_MS - 1)) / BigInt(MOST_SPAN_MS))],
    [MOST, 0, MOST_SPAN_MS, 0],
    [3, 1, 3, 1],
    [1, 2, 3, 0],
  ])('floor(%i × %i / %i) is %i', (count, part, whole, expected) => {
    expect(share(count, part, whole)).toBe(expected);
  });
});

describe('the cells of a rate', () => {
  const cells = { cell: 100, current: 3, previous: 7 };
  test.each([
    ['stand in their own cell', 100 * MINUTE + 5, cells],
    ['move up in the next', 101 * MINUTE, { cell: 101, current: 0, previous: 3 }],
    ['are empty after that', 102 * MINUTE, { cell: 102, current: 0, previous: 0 }],
    ['stay where they are when the clock goes back', 99 * MINUTE + 5, cells],
  ])('%s', (_behaviour, nowMs, expected) => {
    expect(cellsAt(cells, MINUTE, nowMs)).toEqual(expected);
  });

  test('count the present one and the share of the one before that the window still covers, rounded down', () => {
    expect(usedIn(cells, MINUTE, 100 * MINUTE)).toBe(10);
    expect(usedIn(cells, MINUTE, 100 * MINUTE + 15_000)).toBe(3 + 5);
    expect(usedIn(cells, MINUTE, 101 * MINUTE - 1)).toBe(3);
  });

  test('never count more than can be told', () => {
    expect(usedIn({ cell: 100, current: MOST, previous: MOST }, MINUTE, 100 * MINUTE)).toBe(MOST);
  });

  test('count as at their start when the clock has gone back', () => {
    expect(usedIn(cells, MINUTE, 98 * MINUTE)).toBe(10);
  });
});

describe('a cost', () => {
  const at5 = { cell: 1, current: 5, previous: 0 };

  test.each([
    ['fits while it fills the limit', 6, 1, true],
    ['does not fit beyond it', 5, 1, false],
    ['of 0 fits at the limit', 5, 0, true],
    ['of 0 does not fit when the limit was lowered below what counts', 4, 0, false],
    ['never fits a limit of 0, not even 0', 0, 0, false],
    ['fits what is unlimited', 'unlimited', MOST - 5, true],
    ['does not fit what doubles cannot count, unlimited or not', 'unlimited', MOST - 4, false],
  ] as const)('%s', (_behaviour, limit, cost, expected) => {
    expect(fits(limit === 0 ? { ...at5, current: 0 } : at5, limit, cost)).toBe(expected);
  });
});

describe('the first moment at which a cost fits', () => {
  const START = 1000 * MINUTE;
  test.each([
    ['is now if it fits', { current: 0, previous: 0 }, 5, 1, 10, 10],
    ['is when enough of the cell before has faded', { current: 0, previous: 6 }, 5, 1, 0, 10_001],
    ['is when all of it has faded, where this one leaves no room', { current: 4, previous: 6 }, 5, 1, 0, 50_001],
    [
      'is now if it fits at the start of the cell that the clock has gone back from',
      { current: 4, previous: 1 },
      6,
      1,
      -5,
      -5,
    ],
    ['lies in the next cell where this one is full', { current: 5, previous: 0 }, 5, 1, 0, MINUTE + 1],
    ['is when as much of this cell has faded in the next', { current: 5, previous: 0 }, 5, 5, 0, MINUTE + 48_001],
    // 180,143,985,096 × 50,000 is (the limit + 1) × the window, beyond 2^53: a millisecond earlier exactly one too many counts.
    ['is exact where doubles are not', { current: 0, previous: 180_143_985_096 }, 150_119_987_579, 0, 0, 10_001],
    ['is never for more than the limit', { current: 0, previous: 0 }, 5, 6, 0, null],
    ['is never where the limit is 0', { current: 0, previous: 0 }, 0, 0, 0, null],
  ])('%s', (_behaviour, counts, limit, cost, elapsedMs, expected) => {
    const nowMs = START + elapsedMs;
    const atMs = fitsRateAtMs({ cell: 1000, ...counts }, { limit, windowMs: MINUTE, cost, nowMs });
    expect(atMs).toBe(expected === null ? null : START + expected);
  });

  test('is exact for the longest window, too', () => {
    const asked = { limit: 411_755, windowMs: MOST_SPAN_MS, cost: 0, nowMs: 0 };
    // The share of 614,400 is below 411,756 when less than 21,192,566,625 of the window is left.
    expect(fitsRateAtMs({ cell: 0, current: 0, previous: 614_400 }, asked)).toBe(10_429_833_376);
  });

  const asked = fc.oneof(
    fc.record({
      windowMs: fc.constantFrom(1, 7, 1000, MINUTE, 900_000),
      limit: fc.nat(12),
      cost: fc.nat(13),
      current: fc.nat(14),
      previous: fc.nat(14),
    }),
    fc.record({
      windowMs: fc.integer({ min: 1, max: MOST_SPAN_MS }),
      limit: fc.nat(MOST),
      cost: fc.nat(MOST),
      current: fc.nat(MOST),
      previous: fc.nat(MOST),
    }),
  );

  test('fits, one millisecond earlier does not, and it fits ever after', () => {
    fc.assert(
      fc.property(asked, fc.double({ min: -0.5, max: 0.999, noNaN: true }), fc.nat(2e9), (ask, elapsed, laterMs) => {
        const { windowMs, limit, cost, current, previous } = ask;
        const cells = { cell: 50, current, previous };
        const nowMs = 50 * windowMs + Math.floor(elapsed * windowMs);
        const fitsAt = (ms: number): boolean =>
          fitsRate(cellsAt(cells, windowMs, ms), { limit, windowMs, cost, nowMs: ms });
        const atMs = fitsRateAtMs(cells, { limit, windowMs, cost, nowMs });
        if (atMs === null) {
          expect(limit === 0 || cost > limit).toBe(true);
          return;
        }
        expect(atMs).toBeGreaterThanOrEqual(nowMs);
        expect(fitsAt(atMs)).toBe(true);
        expect(fitsAt(atMs + laterMs)).toBe(true);
        if (atMs > nowMs) expect(fitsAt(atMs - 1)).toBe(false);
      }),
      { numRuns: 10_000 },
    );
  });
});

function fits(cells: RateCells, limit: number | 'unlimited', cost: number): boolean {
  return fitsRate(cells, { limit, windowMs: MINUTE, cost, nowMs: cells.cell * MINUTE });
}
