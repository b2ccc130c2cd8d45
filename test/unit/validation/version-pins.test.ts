import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateVersion, isComparable, pinAllows } from '../../../domain/validation/versions.ts';

const SEED = 20261121;

const range = (min: string | null, max: string | null) => ({ mode: 'range', min, max }) as const;
/** `a` ≤ `b` and `a` < `b`, as ranges see it. */
const atMost = (a: string, b: string) => pinAllows(b, range(a, null));
const below = (a: string, b: string) => pinAllows(a, range(null, b));

describe('the licence rule (§5.3)', () => {
  test('without a pin everything passes', () => {
    for (const version of ['1.0', 'garbage', '']) expect(pinAllows(version, null)).toBe(true);
  });

  test.each([
    ['2.1.0', true],
    ['2.1', false],
    ['2.1.1', false],
    ['v2.1.0', false],
    ['2.1.0-beta', false],
    ['2.1.0 ', false],
  ])('pinned to exactly 2.1.0, %j passes: %s; texts are compared', (version, passes) => {
    expect(pinAllows(version, { mode: 'exact', version: '2.1.0' })).toBe(passes);
  });

  test('an exact pin need not be numbers', () => {
    expect(pinAllows('nightly', { mode: 'exact', version: 'nightly' })).toBe(true);
  });

  test.each([
    ['2.0', false],
    ['2.0.9', false],
    ['2.0.99999', false],
    ['2.1', true],
    ['2.1.0', true],
    ['2.1.0.0', true],
    ['2.2', true],
    ['2.2.7', true],
    ['2.3.99', true],
    ['2.4', false],
    ['2.4.0', false],
    ['2.4.1', false],
    ['2.10', false],
    ['3', false],
    ['v2.2', true],
    ['2.2+build.7', true],
  ])('>=2.1 <2.4: %s passes: %s', (version, passes) => {
    expect(pinAllows(version, range('2.1', '2.4'))).toBe(passes);
  });

  test('>=2.1 <2.4 admits 2.4.0-beta and refuses 2.1.0-beta: a pre-release is below its release, as semver orders it', () => {
    expect(pinAllows('2.4.0-beta', range('2.1', '2.4'))).toBe(true);
    expect(pinAllows('2.4-beta', range('2.1', '2.4'))).toBe(true);
    expect(pinAllows('2.1.0-beta', range('2.1', '2.4'))).toBe(false);
    expect(pinAllows('2.4.0-beta', range('2.1', '2.4.0-beta'))).toBe(false);
    expect(pinAllows('2.4.0-alpha', range('2.1', '2.4.0-beta'))).toBe(true);
    expect(pinAllows('2.1.0-rc.1', range('2.1.0-beta', '2.4'))).toBe(true);
  });

  test('an absent bound bounds nothing', () => {
    expect(['0', '2.3.9', '2.4', '99'].map((v) => pinAllows(v, range(null, '2.4')))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(['0', '2.0.9', '2.1', '99'].map((v) => pinAllows(v, range('2.1', null)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(pinAllows('2', range(null, null))).toBe(true);
  });

  test('an empty or reversed range admits nothing', () => {
    for (const version of ['2.1', '2.2', '2.4']) {
      expect(pinAllows(version, range('2.4', '2.1'))).toBe(false);
      expect(pinAllows(version, range('2.2', '2.2'))).toBe(false);
    }
  });

  test('a bound that cannot be read admits nothing, on either side', () => {
    for (const version of ['0', '2.2', '99']) {
      expect(pinAllows(version, range('two', null))).toBe(false);
      expect(pinAllows(version, range('two', '99999'))).toBe(false);
      expect(pinAllows(version, range(null, 'four'))).toBe(false);
      expect(pinAllows(version, range('0', 'four'))).toBe(false);
      expect(pinAllows(version, range('', null))).toBe(false);
    }
  });

  test('a version that cannot be read is outside every range', () => {
    for (const version of [
      '',
      'nightly',
      '2.x',
      '2..1',
      '.2',
      '2.',
      '-1',
      '2.1-',
      '2.1-a..b',
      '2.1-a.',
      '2.1_1',
      ' 2.1',
    ]) {
      expect([version, pinAllows(version, range('0', null))]).toEqual([version, false]);
      expect([version, pinAllows(version, range(null, '99'))]).toEqual([version, false]);
      expect([version, pinAllows(version, range(null, null))]).toEqual([version, false]);
      expect([version, isComparable(version)]).toEqual([version, false]);
    }
  });

  test('a pin narrows and never widens: the result is product rule and licence rule (§5.4)', () => {
    const list = [
      { version: '2.x', state: 'allowed' },
      { version: '2.2', state: 'blocked' },
    ] as const;
    const results = ['2.1', '2.2', '2.5', '3.0'].map((sent) => evaluateVersion(sent, list, range('2.1', '2.4')).valid);
    expect(results).toEqual([true, false, false, false]);
    expect(evaluateVersion('3.0', list, { mode: 'exact', version: '3.0' })).toEqual({ version: '3.0', valid: false });
  });
});

describe('the order of versions (§5.3)', () => {
  const CHAIN =
    '1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0';

  test(`is that of semver.org: ${CHAIN}`, () => {
    for (const chain of [
      CHAIN,
      '1.0.0 < 2.0.0 < 2.1.0 < 2.1.1',
      '0 < 0.0.1 < 0.1 < 0.9 < 0.10 < 1 < 1.0.0.1 < 9 < 10',
    ]) {
      const versions = chain.split(' < ');
      for (const [i, a] of versions.entries()) {
        for (const [j, b] of versions.entries()) {
          expect([a, b, below(a, b)]).toEqual([a, b, i < j]);
          expect([a, b, atMost(a, b)]).toEqual([a, b, i <= j]);
        }
      }
    }
  });

  test.each([
    ['1', '1.0', 'missing parts are zero'],
    ['1', '1.0.0.0.0', 'missing parts are zero'],
    ['1-rc', '1.0.0-rc', 'missing parts are zero before a pre-release too'],
    ['v1.2', '1.2', 'a v in front says nothing'],
    ['1.0.0+a', '1.0.0+b', 'a build says nothing'],
    ['1.0.0-rc+a', '1.0.0-rc', 'a build says nothing'],
    ['2024.01', '2024.1', 'leading zeros say nothing'],
    ['1-rc.01', '1-rc.1', 'leading zeros say nothing'],
  ])('%s equals %s: %s', (a, b) => {
    expect([atMost(a, b), atMost(b, a), below(a, b), below(b, a)]).toEqual([true, true, false, false]);
  });

  test.each([
    ['9007199254740992', '9007199254740993', 'numbers beyond 2^53 are told apart'],
    ['1.9007199254740992', '1.9007199254740993', 'in every part'],
    ['1-rc.9007199254740992', '1-rc.9007199254740993', 'in a pre-release too'],
    ['99999999999999999999', '100000000000000000000', 'as numbers, not as texts'],
    [`1.${'9'.repeat(99)}`, `1.1${'0'.repeat(99)}`, 'of a hundred digits'],
    ['1-rc.9', '1-rc.a', 'numbers are below words'],
    ['1-rc.99999999999999999999', '1-rc.A', 'numbers are below words'],
    ['1-RC', '1-rc', 'capitals are below small letters'],
    ['1-a-b', '1-aa', 'a hyphen is below letters'],
    ['1-9', '1-9a', 'digits with a letter are a word'],
  ])('%s is below %s: %s', (a, b) => {
    expect([atMost(a, b), atMost(b, a), below(a, b), below(b, a)]).toEqual([true, false, true, false]);
  });

  test('is not asked of texts longer than 256 characters', () => {
    expect(isComparable('1'.repeat(256))).toBe(true);
    expect(isComparable('1'.repeat(257))).toBe(false);
    expect(isComparable(`1-${'9'.repeat(1_000_000)}`)).toBe(false);
  });

  const IDENTIFIER = fc.constantFrom('0', '1', '01', '2', '11', 'a', 'A', 'b', 'a1', '1a', '-', 'rc');
  const VERSION = fc
    .tuple(
      fc.array(fc.constantFrom('0', '00', '1', '2', '10', '9007199254740993'), { minLength: 1, maxLength: 4 }),
      fc.array(IDENTIFIER, { maxLength: 3 }),
    )
    .map(([numbers, tags]) => numbers.join('.') + (tags.length > 0 ? `-${tags.join('.')}` : ''));

  test(`is a total order (seed ${SEED})`, () => {
    fc.assert(
      fc.property(VERSION, VERSION, VERSION, (a, b, c) => {
        expect(atMost(a, a)).toBe(true);
        expect(atMost(a, b) || atMost(b, a)).toBe(true);
        expect(below(a, b)).toBe(!atMost(b, a));
        // What is equal is equal to the same things.
        if (atMost(a, b) && atMost(b, a)) expect(atMost(a, c)).toBe(atMost(b, c));
        if (atMost(a, b) && atMost(b, c)) expect(atMost(a, c)).toBe(true);
        if (below(a, b) && atMost(b, c)) expect(below(a, c)).toBe(true);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });
});
