import { describe, expect, test } from 'vitest';
import { PROGRAM_FIELDS } from '../../../counters/usage-programs.ts';

const read = (field: string, text: string) => PROGRAM_FIELDS[field]!(text);

describe('a field of what a program took', () => {
  test('is read with whatever a key holds', () => {
    expect(read('q', '2 7 5,6 {p0}:quota:a%20b:2026-11-21:key: of two words')).toEqual({
      kind: 'quota',
      tenant: 'a b',
      key: 'key: of two words',
      periodKey: '2026-11-21',
      added: 2,
    });
    expect(read('m', '3 10 4 16 50 5 50:6:20,60:1:2 {p12}:credits:a:key')).toEqual({
      kind: 'credits',
      tenant: 'a',
      key: 'key',
      from: { version: 3, balance: 10 },
      to: { balance: 16, refilledAtMs: 50, version: 5 },
      spent: 4,
      refills: [
        { dueAtMs: 50, before: 6, after: 20 },
        { dueAtMs: 60, before: 1, after: 2 },
      ],
    });
    expect(read('b', '3 5 100 9 4 2 - 2026-11-21 r:4:900:one,c:2:950:%3Atwo {p0}:budget:a:key')).toEqual({
      kind: 'budget',
      tenant: 'a',
      key: 'key',
      fromVersion: 3,
      version: 5,
      startsAtMs: 100,
      periodKey: '2026-11-21',
      added: 2,
      reservations: [
        { id: 'one', state: 'reserved', amount: 4, atMs: 900 },
        { id: ':two', state: 'committed', amount: 2, atMs: 950 },
      ],
    });
  });

  test.each([
    ['an amount that is none', 'q', '-1 7 - {p0}:quota:a:today:key'],
    ['an amount beyond 2^53 − 1', 'q', '9007199254740992 7 - {p0}:quota:a:today:key'],
    ['too few parts', 'm', '3 10 4 16 50 5 -'],
    ['no key', 'q', '2 7 - {p0}:quota:a:today:'],
    ['a NUL, which Postgres does not take', 'q', '2 7 - {p0}:quota:a:today:key\0'],
    ['a name that no index takes', 'q', `2 7 - {p0}:quota:a:today:${'k'.repeat(201)}`],
    ['a name that was never written so', 'q', '2 7 - {p0}:quota:%zz:today:key'],
    ['a state that no reservation has', 'b', '3 5 100 9 4 2 - today toString:4:900:one {p0}:budget:a:key'],
  ])('is refused with %s', (_what, field, text) => {
    expect(() => read(field, text)).toThrow(TypeError);
  });
});
