import { describe, expect, test } from 'vitest';
import type { FeatureDefinition } from '../../../domain/plans/catalogue.ts';
import { featureDifference, type GivenFeature, isLess } from '../../../domain/plans/compare.ts';
import { EVERY_KIND } from './catalogues-of-every-kind.ts';

const BOOLEAN = EVERY_KIND.features['export'] as FeatureDefinition;
const NOTHING: GivenFeature = { definition: undefined, value: undefined };
const on = (value: boolean): GivenFeature => ({ definition: BOOLEAN, value });
const at = (value: string, ...levels: string[]): GivenFeature => ({
  definition: { ...EVERY_KIND.features['detail'], type: 'level', levels } as FeatureDefinition,
  value,
});

describe('of two values of a feature', () => {
  test.each([
    ['there is more than not there', on(false), on(true), 1],
    ['not there is less than there', on(true), on(false), -1],
    ['there is as there', on(true), on(true), 0],
    ['there is more than unknown', NOTHING, on(true), 1],
    ['not there is as unknown', NOTHING, on(false), 0],
    ['the lowest level is as not there', on(false), at('low', 'low', 'high'), 0],
    ['any other level is as being there', on(true), at('high', 'low', 'middle', 'high'), 0],
    ['being there is as any level but the lowest', at('high', 'low', 'middle', 'high'), on(true), 0],
    ['being there is more than the lowest level', at('low', 'low', 'high'), on(true), 1],
    ['a level is more than unknown', NOTHING, at('high', 'low', 'middle', 'high'), 1],
    ['levels of one list go by it', at('low', 'low', 'high'), at('high', 'low', 'high'), 1],
    ['the later list goes first', at('a', 'a', 'b'), at('b', 'b', 'a'), -1],
    ['the older one where it alone knows both', at('b', 'a', 'b', 'c'), at('a', 'z', 'y', 'x', 'a'), -1],
    ['a list that knows one of them is none to go by', at('c', 'a', 'b', 'c'), at('a', 'q', 'a'), -1],
    ['nor is one that knows the other', at('q', 'q', 'p', 'c'), at('c', 'c'), 1],
    ['their places where no list knows both', at('b', 'a', 'b'), at('z', 'x', 'y', 'z'), 1],
    ['and lower places are less', at('b', 'a', 'b'), at('x', 'x', 'y'), -1],
  ] as const)('%s', (_rule, before, after, sign) => {
    expect(Math.sign(featureDifference(before, after))).toBe(sign);
  });
});

test.each([
  [1, 2, true],
  [2, 2, false],
  [2, 'unlimited', true],
  [2, null, true],
  ['unlimited', 2, false],
  ['unlimited', null, false],
  [null, 'unlimited', false],
] as const)('%s allows less than %s: %s', (a, b, expected) => {
  expect(isLess(a, b)).toBe(expected);
});
