import type { Limit } from '../plans/catalogue.ts';

/**
 * The sliding window: time is cut into cells as long as the window, counted from 1970. What counts is all of the present cell and
 * of the one before as much as the window still covers. Source: docs/spec/unkey.md §6.5.
 */

/** What is counted of one rate. */
export interface RateCells {
  /** Number of the present cell: `floor(now / windowMs)`. */
  readonly cell: number;
  /** Counted in it. */
  readonly current: number;
  /** Counted in the one before. */
  readonly previous: number;
}

/** What an unlimited step may hold: beyond it a double doesn't know every integer. */
export const MOST = Number.MAX_SAFE_INTEGER;

export function ceilingOf(limit: Limit): number {
  return limit === 'unlimited' ? MOST : limit;
}

/**
 * The cells as they stand at `nowMs`. A cell that has passed moves up. A clock that went back to an earlier cell finds them as
 * they are, and is taken to stand at the start of the present one: there the most counts, so it never lets more through.
 */
export function cellsAt(cells: RateCells | undefined, windowMs: number, nowMs: number): RateCells {
  const cell = Math.floor(nowMs / windowMs);
  if (!cells || cells.cell < cell - 1) return { cell, current: 0, previous: 0 };
  if (cells.cell === cell - 1) return { cell, current: 0, previous: cells.current };
  return cells;
}

/**
 * What counts at `nowMs` of cells that stand at it. At most 2^53 − 1: each cell holds no more, but a clock that goes back sees more
 * of the one before than there was room for.
 */
export function usedIn(cells: RateCells, windowMs: number, nowMs: number): number {
  return Math.min(MOST, cells.current + sharedFrom(cells, windowMs, nowMs));
}

/** What still counts of the cell before. */
function sharedFrom({ cell, previous }: RateCells, windowMs: number, nowMs: number): number {
  const elapsedMs = Math.max(0, nowMs - cell * windowMs);
  return share(previous, windowMs - elapsedMs, windowMs);
}

/** A cost that asks for room in cells, with the clock that it asks by. */
export interface RateAsked {
  readonly limit: Limit;
  readonly windowMs: number;
  readonly cost: number;
  readonly nowMs: number;
}

/**
 * Whether the cost fits into cells that stand at its clock. A limit of 0 blocks, a cost of 0 as well (docs/spec/unkey.md §6.8).
 *
 * It is compared by taking away: a sum could leave the integers that doubles hold, while a difference that leaves them is far
 * below zero, where only its sign counts.
 */
export function fitsRate(cells: RateCells, { limit, windowMs, cost, nowMs }: RateAsked): boolean {
  return limit !== 0 && cost <= ceilingOf(limit) - cells.current - sharedFrom(cells, windowMs, nowMs);
}

/**
 * `floor(count × part / whole)`, exact, for `count` up to 2^53 − 1 and `0 <= part <= whole < 2^36`.
 *
 * The product may need 89 bits, and doubles hold 53. So it is multiplied and divided as on paper, one digit of 16 bits after the
 * other: with `rest < whole < 2^36` each `rest × 2^16 + digit × part < 2^16 × whole + 2^16 × whole < 2^53`, and a quotient of two
 * integers whose sum is at most 2^53 is never rounded up to the next integer, so `floor` tells it exactly. Where the product is below
 * 2^53 one division does, for the same reason. Only `+ − × / floor` of doubles: Lua gets the same bits from the same lines.
 */
export function share(count: number, part: number, whole: number): number {
  if (count * whole < 2 ** 52) return Math.floor((count * part) / whole);
  let quotient = 0;
  let rest = 0;
  let left = count;
  for (let digitOf = 2 ** 48; digitOf >= 1; digitOf /= 2 ** 16) {
    const digit = Math.floor(left / digitOf);
    left -= digit * digitOf;
    const sum = rest * 2 ** 16 + digit * part;
    const figure = Math.floor(sum / whole);
    quotient = quotient * 2 ** 16 + figure;
    rest = sum - figure * whole;
  }
  return quotient;
}

/**
 * The first moment from `nowMs` on at which `cost` fits if nothing else happens; `null` when never. From then on it fits for good:
 * what counts only falls while nothing is added.
 */
export function fitsRateAtMs(cells: RateCells, { limit, windowMs, cost, nowMs }: RateAsked): number | null {
  const ceiling = ceilingOf(limit);
  if (ceiling === 0 || cost > ceiling) return null;

  const startsAtMs = cells.cell * windowMs;
  const room = ceiling - cost - cells.current;
  const atMs =
    room >= 0
      ? startsAtMs + elapsedUntil(cells.previous, room, windowMs)
      : // Not in this cell: in the next one, where this cell's count is the one that fades.
        startsAtMs + windowMs + elapsedUntil(cells.current, ceiling - cost, windowMs);
  return atMs <= startsAtMs ? nowMs : Math.max(nowMs, atMs);
}

/**
 * How much of a cell has elapsed when the share of `count` is first at most `room`: the smallest `e` with
 * `count × (windowMs − e) < (room + 1) × windowMs`. At the latest the whole cell.
 */
function elapsedUntil(count: number, room: number, windowMs: number): number {
  if (count <= room) return 0;
  const product = (room + 1) * windowMs;
  if (product + count <= MOST) return windowMs - Math.floor((product - 1) / count);
  return windowMs - Number((BigInt(room + 1) * BigInt(windowMs) - 1n) / BigInt(count));
}
