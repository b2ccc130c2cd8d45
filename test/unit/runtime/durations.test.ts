import { assert, nat, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationMs } from '../../../runtime/durations.ts';

describe('an ISO 8601 duration', () => {
  test.each([
    ['PT1S', 1_000],
    ['PT0.5S', 500],
    ['PT0.0004S', 0],
    ['PT1M', 60_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0S', 0],
    ['PT90S', 90_000],
  ])('%s has %i milliseconds', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each([
    ['P1M', 'a month has no fixed length'],
    ['P1Y', 'nor has a year'],
    ['P', 'names no length'],
    ['PT', 'names no length'],
    ['P1DT', 'ends in the designator of a time that is missing'],
    ['1S', 'lacks the designator'],
    ['PT1', 'lacks the unit'],
    ['PT1S1M', 'has its units in the wrong order'],
    ['P1H', 'has hours outside of the time'],
    ['PT-1S', 'is negative'],
    ['-PT1S', 'is negative'],
    ['pt1s', 'is written small'],
    ['PT1,5S', 'has a comma'],
    ['PT.5S', 'begins with a point'],
    [' PT1S', 'begins with a space'],
    ['PT1S\n', 'ends with a line feed'],
    ['5000', 'is a number'],
    ['', 'is empty'],
  ])('%j is none: %s', (text) => {
    expect(durationMs(text)).toBeUndefined();
  });

  test('adds up its units, whatever they are', () => {
    const units = tuple(nat(99), nat(99), nat(99), nat(99));
    assert(
      property(units, ([d, h, m, s]) => {
        expect(durationMs(`P${d}DT${h}H${m}M${s}S`)).toBe((((d * 24 + h) * 60 + m) * 60 + s) * 1_000);
      }),
      { seed: 20260301 },
    );
  });
});
