import { describe, expect, test } from 'vitest';
import { allPartitions, partitionOf, partsOfQuotaKey, quotaKey } from '../../../counters/partitions.ts';

const ids = Array.from({ length: 10_000 }, (_, i) => `01a1fdfe-f4e2-706b-a5de-${i.toString(16).padStart(12, '0')}`);

describe("an organisation's partition", () => {
  test('is the only one where there is one', () => {
    expect(new Set(ids.map((id) => partitionOf(id, 1)))).toEqual(new Set([0]));
  });

  // Fixed for good: another answer would look for counters where they are not.
  test.each([
    ['01a1fdfe-f4e2-706b-a5de-7adc70e63b5e', 64, 47],
    ['01a1fdfe-edf7-76ce-9863-4ffff5198cae', 64, 60],
    ['01a1fdfe-edf7-76ce-9863-4ffff5198cae', 3, 0],
  ])('of %s is, of %i, always %i', (id, partitions, expected) => {
    expect(partitionOf(id, partitions)).toBe(expected);
  });

  test.each([2, 3, 64, 1024])('is spread evenly over %i, for ids that differ in their last digits', (partitions) => {
    const sizes = allPartitions(partitions).map(() => 0);
    for (const id of ids) sizes[partitionOf(id, partitions)]! += 1;
    const mean = ids.length / partitions;
    // Five standard deviations of a fair spread.
    const tolerated = 5 * Math.sqrt(mean);
    expect(Math.max(...sizes)).toBeLessThan(mean + tolerated);
    expect(Math.min(...sizes)).toBeGreaterThan(mean - tolerated - 1);
  });
});

describe("a quota's key", () => {
  test('carries the hash tag of its partition, and tells what it counts', () => {
    const key = quotaKey(12, 'a1', '2026-11-21');
    expect(key).toBe('{p12}:quota:a1:2026-11-21');
    expect(partsOfQuotaKey(key)).toEqual(['a1', '2026-11-21']);
  });
});
