import { describe, expect, test } from 'vitest';
import {
  evaluateVersion,
  isFamily,
  productAllows,
  type VersionEntry,
  type VersionState,
} from '../../../domain/validation/versions.ts';
import { aLicense, answerOf, aProduct } from './facts.ts';

const entry = (version: string, state: VersionState): VersionEntry => ({ version, state });
const LIST = [entry('1.0', 'blocked'), entry('1.1', 'deprecated'), entry('1.2', 'allowed'), entry('2.0', 'latest')];

describe('the evaluated version (§5.1)', () => {
  test.each([
    ['given: as given', '1.2', LIST, { version: '1.2', valid: true }],
    ['given and unknown: as given', '9', LIST, { version: '9', valid: false }],
    ['given, and garbage: as given', '<no version>', LIST, { version: '<no version>', valid: false }],
    ['omitted: the one in state latest', undefined, LIST, { version: '2.0', valid: true }],
    [
      'omitted, latest not listed last: the one in state latest',
      undefined,
      [...LIST].reverse(),
      { version: '2.0', valid: true },
    ],
    ['omitted, none is latest: null', undefined, LIST.slice(0, 3), { version: null, valid: null }],
    ['omitted, none at all: null', undefined, [], { version: null, valid: null }],
    ['given, none at all: as given and refused', '1.0', [], { version: '1.0', valid: false }],
  ])('%s', (_case, sent, entries, result) => {
    expect(evaluateVersion(sent, entries, null)).toEqual(result);
  });

  test('is none while the module is off, whatever was sent', () => {
    const product = aProduct({ versions: null });
    for (const sent of ['2.1.0', undefined]) {
      const license = aLicense({ pin: { mode: 'exact', version: '1' } });
      expect(answerOf(product, license, sent)).toMatchObject({ version: null, version_valid: null });
    }
  });

  test('may be refused by the pin although it is the latest and was not sent', () => {
    expect(evaluateVersion(undefined, LIST, { mode: 'exact', version: '1.2' })).toEqual({
      version: '2.0',
      valid: false,
    });
  });
});

describe('the product rule (§5.2)', () => {
  test.each([
    ['1.2', true, 'allowed passes'],
    ['1.1', true, 'deprecated passes: only a label'],
    ['2.0', true, 'latest passes'],
    ['1.0', false, 'blocked is refused'],
    ['1.3', false, 'missing from the list is refused'],
    ['', false, 'empty is refused'],
  ])('%s is %s: %s', (version, passes) => {
    expect(productAllows(version, LIST)).toBe(passes);
  });

  test.each([
    ['2.1.x', '2.1.0', true, 'the first'],
    ['2.1.*', '2.1.0', true, 'the other spelling'],
    ['2.1.x', '2.1.99', true, 'any rest'],
    ['2.1.x', '2.1.0-beta.1', true, 'a pre-release'],
    ['2.1.x', '2.1.0.7', true, 'any number of parts'],
    ['2.1.x', '2.1', true, 'missing parts are zero'],
    ['2.1.x', '2.1-beta', true, 'missing parts are zero before a pre-release too'],
    ['2.1.x', '2.1+build', true, 'and before a build'],
    ['2.1.x', '2.1.x', true, 'itself'],
    ['2.1.x', '2.10', false, 'another number with the same beginning'],
    ['2.1.x', '2.10.1', false, 'another number with the same beginning'],
    ['2.1.x', '2', false, 'a shorter one'],
    ['2.1.x', '12.1.0', false, 'the same text later on'],
    ['2.1.x', 'v2.1.0', true, 'a v before a digit, as in ranges'],
    ['v2.1.x', '2.1.0', true, 'a v before a digit, as in ranges'],
    ['v2.1.x', 'v2.10.0', false, 'another number with the same beginning'],
    ['2.1.x', 'vv2.1.0', false, 'one v, not two'],
    ['2.v1.x', '2.1.0', false, 'a v at the beginning alone'],
    ['2.1.x', 'V2.1.0', false, 'a small v, as in ranges'],
    ['v2.1', '2.1', false, 'a literal stays literal'],
    ['2.1.x', '2.2.0', false, 'a neighbour'],
    ['2.x', '2.1.5', true, 'all parts below'],
    ['2.x', '20', false, 'another number with the same beginning'],
    ['x', '7.7', true, 'everything'],
    ['*', 'anything', true, 'everything'],
    ['2.1', '2.1.0', false, 'a literal is no family'],
    ['2.1x', '2.1.0', false, 'a part must be the placeholder alone'],
    ['2.1x', '2.15', false, 'a part must be the placeholder alone'],
    ['2.X', '2.1', false, 'the placeholder is written small'],
    ['2.x.1', '2.0.1', false, 'the placeholder must be the last part'],
    ['.x', '2.1', false, 'a part may not be empty'],
  ])('the entry %s and the version %s: %s (%s)', (family, version, passes) => {
    expect(productAllows(version, [entry(family, 'allowed')])).toBe(passes);
  });

  // Three entries, each blocked or allowed, in every order: who decides never depends on the order.
  test.each([
    ['2.1.5', '2.1.5', 'the literal'],
    ['2.1.6', '2.1.x', 'the nearer family'],
    ['2.1', '2.1.x', 'the nearer family'],
    ['2.2.0', '2.x', 'the wider family'],
    ['2', '2.x', 'the wider family'],
    ['3.0', '*', 'the widest'],
  ])('the most specific entry wins: for %s it is %s, %s', (version, decisive) => {
    const specific = ['2.1.5', '2.1.x', '2.x', '*'];
    for (const order of [
      specific,
      specific.toReversed(),
      ['2.x', '2.1.5', '*', '2.1.x'],
      ['2.1.x', '*', '2.1.5', '2.x'],
    ]) {
      const allButDecisive = order.map((each) => entry(each, each === decisive ? 'blocked' : 'allowed'));
      expect(productAllows(version, allButDecisive)).toBe(false);
      const decisiveAlone = order.map((each) => entry(each, each === decisive ? 'deprecated' : 'blocked'));
      expect(productAllows(version, decisiveAlone)).toBe(true);
    }
  });

  test('the literal wins over the family of which it is the beginning, in either order', () => {
    const allowed = [entry('2.1.x', 'blocked'), entry('2.1', 'allowed')];
    const blocked = [entry('2.1.x', 'allowed'), entry('2.1', 'blocked')];
    expect([allowed, allowed.toReversed()].map((list) => productAllows('2.1', list))).toEqual([true, true]);
    expect([blocked, blocked.toReversed()].map((list) => productAllows('2.1', list))).toEqual([false, false]);
  });

  test('two spellings of one family that disagree refuse, in either order', () => {
    expect(productAllows('2.1', [entry('2.x', 'allowed'), entry('2.*', 'blocked')])).toBe(false);
    expect(productAllows('2.1', [entry('2.*', 'blocked'), entry('2.x', 'allowed')])).toBe(false);
    expect(productAllows('2.1', [entry('2.*', 'deprecated'), entry('2.x', 'allowed')])).toBe(true);
    expect(productAllows('2.1', [entry('v2.x', 'allowed'), entry('2.x', 'blocked')])).toBe(false);
    expect(productAllows('2.1', [entry('2.x', 'blocked'), entry('v2.x', 'allowed')])).toBe(false);
  });

  test.each([
    ['x', true],
    ['*', true],
    ['2.x', true],
    ['2.0.*', true],
    ['2.0', false],
    ['2.0x', false],
    ['x.2', false],
    ['max', false],
    ['', false],
  ])('%j is a family: %s', (text, family) => {
    expect(isFamily(text)).toBe(family);
  });
});
