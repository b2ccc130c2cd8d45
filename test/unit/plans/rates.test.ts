import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AskedRate, chooseRates, type KeyedRate } from '../../../domain/plans/keyed-rates.ts';
import { bestPattern, rateFor } from '../../../domain/plans/patterns.ts';
import { standingOf } from '../../../domain/plans/standing.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import { aSubjectOn, KEYWAY, NOON } from './catalogues.ts';

// docs/spec/unkey.md §6.3 and §6.8.
const patterns = (...texts: string[]) => texts.map((pattern, startsAtMs) => ({ pattern, startsAtMs }));

describe('a pattern', () => {
  test.each([
    ['user_1', 'user_1', true],
    ['user_1', 'user_12', false],
    ['user_*', 'user_', true],
    ['user_*', 'user_12', true],
    ['user_*', 'a user_12', false],
    ['*_prod', 'x_prod', true],
    ['*_prod', 'x_prod2', false],
    ['user_*_prod', 'user_7_prod', true],
    ['user_*_prod', 'user_prod', false],
    ['user_*_prod', 'user__prod', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'a1c2b', false],
    ['a*b*c', 'a1c', false],
    ['*a*', 'ab', true],
    ['*ab*b', 'ab', false],
    ['user', 'undefined', false],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['User_*', 'user_1', false],
    ['a.c', 'abc', false],
  ])('%j against %j: %s', (pattern, identifier, isMatch) => {
    expect(bestPattern(patterns(pattern), identifier) !== undefined).toBe(isMatch);
  });

  test.each([
    ['exact beats any wildcard', ['*', 'user_1*', 'user_1'], 'user_1', 'user_1'],
    ['the text of the pattern itself is exact', ['user_**', 'user_*'], 'user_*', 'user_*'],
    ['most literal characters', ['user_*', '*', 'user_1*', '*1'], 'user_12', 'user_1*'],
    ['stars are no literal characters', ['u***', 'us*'], 'usa', 'us*'],
    ['then the oldest', ['u*', '*2'], 'u2', 'u*'],
    ['none', ['a*', 'b'], 'c', undefined],
  ])('of several: %s', (_rule, texts, identifier, chosen) => {
    expect(bestPattern(patterns(...texts), identifier)?.pattern).toBe(chosen);
    const backwards = patterns(...texts).reverse();
    expect(bestPattern(backwards, identifier)?.pattern).toBe(chosen);
  });

  test('of two of one age and weight the first by its text, in either order', () => {
    const twins = ['*a', 'a*'].map((pattern) => ({ pattern, startsAtMs: 0 }));
    expect(bestPattern(twins, 'aa')?.pattern).toBe('*a');
    expect(bestPattern(twins.reverse(), 'aa')?.pattern).toBe('*a');
  });

  test('matches as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, identifier) => {
        const source = pattern
          .split('*')
          .map((piece) => piece.replaceAll('.', '\\.'))
          .join('.*');
        const expected = pattern === identifier || new RegExp(`^${source}$`).test(identifier);
        expect(bestPattern(patterns(pattern), identifier) !== undefined).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is made to be slow is not', () => {
    const began = performance.now();
    expect(bestPattern(patterns(`${'*a'.repeat(250)}b`), 'a'.repeat(512))).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('the numbers of a rate', () => {
  const own: Override = {
    kind: 'rate_pattern',
    name: 'rate.general',
    pattern: 'robot*',
    value: { limit: 0, windowSeconds: 5 },
    startsAtMs: NOON,
    endsAtMs: NOON + 10,
  };
  const at = (nowMs: number, call = {}) =>
    rateFor(standingOf(KEYWAY, aSubjectOn('free', { overrides: [own] }), nowMs), 'rate.general', call);

  test("are the plan's, unless the call brings others, unless a pattern in force matches", () => {
    const numbers = { limit: 3, windowSeconds: 1 };
    expect(at(NOON)).toEqual({ limit: 100, windowSeconds: 900, source: 'plan', pattern: null });
    expect(at(NOON, { numbers })).toEqual({ ...numbers, source: 'call', pattern: null });
    expect(at(NOON, { numbers, identifier: 'robot7' })).toEqual({
      limit: 0,
      windowSeconds: 5,
      source: 'pattern',
      pattern: own,
    });
    expect(at(NOON - 1, { identifier: 'robot7' }).source).toBe('plan');
    expect(at(NOON + 10, { identifier: 'robot7' }).source).toBe('plan');
    expect(at(NOON, { identifier: 'human' }).source).toBe('plan');
  });

  test.each([
    { limit: Number.NaN, windowSeconds: 1 },
    { limit: -1, windowSeconds: 1 },
    { limit: 2 ** 53, windowSeconds: 1 },
    { limit: 3, windowSeconds: Number.POSITIVE_INFINITY },
    { limit: 3, windowSeconds: 0 },
    { limit: 3, windowSeconds: 0.5 },
    { limit: 3, windowSeconds: 31_536_001 },
  ])('are refused where they cannot be right: $limit in $windowSeconds s', (numbers) => {
    expect(() => at(NOON, { numbers })).toThrow(
      `${numbers.limit} in ${numbers.windowSeconds} seconds is nothing for rate 'rate.general': give a limit, and a window from 1 to 31536000 seconds`,
    );
    const stored = { ...own, value: numbers };
    const standing = standingOf(KEYWAY, aSubjectOn('free', { overrides: [] }), NOON);
    const told = { ...standing, subject: { ...standing.subject, overrides: [stored] } };
    expect(() => rateFor(told, 'rate.general', { identifier: 'robot7' })).toThrow(RangeError);
  });

  test('of a window of a year at most, and unlimited ones too, hold', () => {
    const widest = { limit: 'unlimited', windowSeconds: 31_536_000 };
    expect(at(NOON, { numbers: widest })).toEqual({ ...widest, source: 'call', pattern: null });
  });

  test('without an identifier are those of a pattern that nothing at all matches', () => {
    const sources = ['*', '*e*'].map((pattern) => {
      const standing = standingOf(KEYWAY, aSubjectOn('free', { overrides: [{ ...own, pattern }] }), NOON);
      return rateFor(standing, 'rate.general').source;
    });
    expect(sources).toEqual(['pattern', 'plan']);
  });

  test('of a pattern of another rate do not count', () => {
    const standing = standingOf(KEYWAY, aSubjectOn('free', { overrides: [own] }), NOON);
    expect(rateFor(standing, 'rate.push_pull', { identifier: 'robot7' }).source).toBe('plan');
    expect(() => rateFor(standing, 'private_vaults')).toThrow('not a rate');
  });
});

const rate = (name: string, more: Partial<KeyedRate> = {}): KeyedRate => ({
  name,
  limit: 10,
  windowMs: 1_000,
  autoApply: false,
  ...more,
});

describe('the rates that a verification checks', () => {
  const KEY = { owner: 'key', rates: [rate('both', { limit: 1 }), rate('auto', { autoApply: true }), rate('asked')] };
  const IDENTITY = { owner: 'identity', rates: [rate('both', { autoApply: true }), rate('wide', { autoApply: true })] };
  const choose = (...asked: AskedRate[]) => chooseRates([KEY, IDENTITY], asked);
  const chosen = (...asked: AskedRate[]) =>
    choose(...asked).chosen.map(({ owner, name, cost }) => `${owner}.${name} ${cost}`);

  test('are those that apply by themselves, at a cost of 1', () => {
    expect(chosen()).toEqual(['key.auto 1', 'identity.wide 1']);
  });

  test('and those asked for, at the cost asked for or 1', () => {
    expect(chosen({ name: 'asked' })).toContain('key.asked 1');
    expect(chosen({ name: 'asked', cost: 0 })).toContain('key.asked 0');
  });

  test('one that applies by itself and is asked for is one check at the cost asked for', () => {
    expect(chosen({ name: 'auto', cost: 5 })).toEqual(['key.auto 5', 'identity.wide 1']);
  });

  test("of one name the key's holds and the identity's is not checked", () => {
    expect(choose({ name: 'both' }).chosen.filter(({ name }) => name === 'both')).toEqual([
      { name: 'both', owner: 'key', limit: 1, windowMs: 1_000, cost: 1, autoApply: false, isAdHoc: false },
    ]);
  });

  test('numbers of the call make a limit of the key, also beside a definition of that name', () => {
    expect(choose({ name: 'auto', limit: 2, windowMs: 500, cost: 3 }).chosen).toEqual([
      { name: 'auto', owner: 'key', limit: 10, windowMs: 1_000, cost: 1, autoApply: true, isAdHoc: false },
      { name: 'wide', owner: 'identity', limit: 10, windowMs: 1_000, cost: 1, autoApply: true, isAdHoc: false },
      { name: 'auto', owner: 'key', limit: 2, windowMs: 500, cost: 3, autoApply: false, isAdHoc: true },
    ]);
  });

  test('one number alone is as none', () => {
    expect(chosen({ name: 'asked', limit: 2 })).toEqual(['key.auto 1', 'key.asked 1', 'identity.wide 1']);
    expect(choose({ name: 'nobody', windowMs: 2 }).unknown).toEqual(['nobody']);
  });

  test('a name that nobody defines is told', () => {
    expect(choose({ name: 'nobody' }, { name: 'asked' }, { name: 'else' }).unknown).toEqual(['nobody', 'else']);
  });

  test('without definitions and without asking there are none', () => {
    expect(chooseRates([{ owner: 'key', rates: [] }], [])).toEqual({ chosen: [], unknown: [] });
  });
});
