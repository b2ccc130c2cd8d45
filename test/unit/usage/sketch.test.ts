import { describe, expect, test } from 'vitest';
import { addToSketch, emptySketch, estimateOf, mergeSketch, type Sketch } from '../../../domain/usage/sketch.ts';

/** 1.04 / √4096; three of them hold 99.7 % of all draws, and these draws are the same each time. */
const STANDARD_ERROR = 1.04 / Math.sqrt(4096);

const ADDRESSES = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
const IDS = (i: number): string =>
  `0193c1d2-7e5a-7${(i % 4096).toString(16).padStart(3, '0')}-8000-${i.toString(16).padStart(12, '0')}`;

function sketchOf(from: number, to: number, nameOf: (i: number) => string = ADDRESSES): Sketch {
  const sketch = emptySketch();
  for (let i = from; i < to; i += 1) addToSketch(sketch, nameOf(i));
  return sketch;
}

/** The highest rank: all 52 bits behind the index were zeros. */
const FULL = 53;

/** The improved estimator, its series written out term by term. */
function formulaOf(ranks: readonly number[]): number {
  const m = ranks.length;
  const share = (rank: number): number => ranks.filter((each) => each === rank).length / m;
  const terms = Array.from({ length: 60 }, (_, k) => k + 1);
  const sum = (of: (k: number) => number): number => terms.reduce((total, k) => total + of(k), 0);
  const [empty, notFull] = [share(0), 1 - share(FULL)];
  const sigma = empty + sum((k) => empty ** (2 ** k) * 2 ** (k - 1));
  const tau = notFull === 0 ? 0 : (1 - notFull - sum((k) => (1 - notFull ** (2 ** -k)) ** 2 * 2 ** -k)) / 3;
  const between = Array.from({ length: FULL - 1 }, (_, i) => share(i + 1) * 2 ** -(i + 1)).reduce((a, b) => a + b);
  return m / (2 * Math.LN2 * (sigma + between + tau * 2 ** -(FULL - 1)));
}

describe('a sketch', () => {
  test.each([0, 1, 2, 5])('of %i texts is exact', (count) => {
    expect(estimateOf(sketchOf(0, count))).toBe(count);
  });

  test.each([
    ['addresses', ADDRESSES],
    ['ids that differ in few digits', IDS],
  ])('of %s is within three standard errors, however many there are', (_kind, nameOf) => {
    for (const count of [100, 1_000, 5_000, 10_000, 20_000, 100_000]) {
      const estimate = estimateOf(sketchOf(0, count, nameOf));
      expect(Math.abs(estimate / count - 1), `${estimate} for ${count}`).toBeLessThan(3 * STANDARD_ERROR);
    }
  });

  test('is off by no more than its stated error on the whole', () => {
    const errors = Array.from({ length: 60 }, (_, run) => {
      const count = 20_000;
      return estimateOf(sketchOf(run * count, (run + 1) * count)) / count - 1;
    });
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(spread).toBeLessThan(1.3 * STANDARD_ERROR);
  });

  test('does not change when it sees again what it has seen', () => {
    const sketch = sketchOf(0, 1_000);
    const before = sketch.slice();
    for (let i = 0; i < 1_000; i += 1) addToSketch(sketch, ADDRESSES(i));
    expect(sketch).toEqual(before);
  });

  test('of parts that overlap merges into that of the whole, in any order and however often', () => {
    const whole = sketchOf(0, 3_000);
    const [a, b] = [sketchOf(0, 2_000), sketchOf(1_000, 3_000)];
    const ab = a.slice();
    expect(mergeSketch(ab, b)).toBe(true);
    const ba = b.slice();
    mergeSketch(ba, a);
    expect(ab).toEqual(whole);
    expect(ba).toEqual(whole);
    expect(mergeSketch(ab, b)).toBe(false);
  });

  test('of another size is refused', () => {
    expect(() => mergeSketch(emptySketch(), new Uint8Array(16))).toThrow(
      new RangeError('A sketch of 16 registers fits no 4096'),
    );
  });

  test('counts on in the second half of the hash where the first half is all zeros', () => {
    const set = ['text 2261634', 'text 4714522'].map((text) => {
      const sketch = emptySketch();
      addToSketch(sketch, text);
      return [...sketch].flatMap((rank, index) => (rank === 0 ? [] : [[index, rank]]));
    });
    expect(set).toEqual([[[189, 21]], [[1877, 22]]]);
  });

  test('keeps the highest rank that it has seen', () => {
    const sketch = emptySketch();
    for (const text of ['text 2261634', 'text 4714522']) addToSketch(sketch, text);
    const [lower, higher] = [sketch.map((rank) => Math.max(0, rank - 1)), sketch.map((rank) => rank && rank + 1)];
    expect([mergeSketch(lower, sketch), mergeSketch(higher, sketch)]).toEqual([true, false]);
    expect(lower).toEqual(sketch);
  });

  test.each([
    ['all ranks alike', () => 7],
    ['all of them full', () => FULL],
    ['none of them touched but one', (i: number) => (i === 5 ? 1 : 0)],
    ['half of them full, half of them empty', (i: number) => (i % 2 === 0 ? FULL : 0)],
    ['nearly all of them full', (i: number) => (i % 8 === 0 ? FULL - 1 : FULL)],
    ['half of them full, half of them nearly', (i: number) => FULL - (i % 2)],
    ['one in eight full and the others nearly', (i: number) => (i % 8 === 0 ? FULL : FULL - 1)],
    ['one in eight full', (i: number) => (i % 8 === 0 ? FULL : i % 5)],
    ['ranks of every height', (i: number) => i % (FULL + 1)],
  ])('is estimated by the formula of Ertl 2017, §4: %s', (_what, rankOf) => {
    const sketch = emptySketch().map((_zero, i) => rankOf(i));
    const expected = formulaOf([...sketch]);
    if (expected === Number.POSITIVE_INFINITY) expect(estimateOf(sketch)).toBe(expected);
    else expect(Math.abs(estimateOf(sketch) - expected)).toBeLessThan(0.51 + expected * 1e-9);
  });

  test('knows for ever what was stored: its hash never changes', () => {
    const sketch = sketchOf(0, 3, (i) => `text ${i}`);
    const set = [...sketch].flatMap((rank, index) => (rank === 0 ? [] : [[index, rank]]));
    expect(set).toEqual([
      [569, 1],
      [2627, 2],
      [3773, 1],
    ]);
  });
});
