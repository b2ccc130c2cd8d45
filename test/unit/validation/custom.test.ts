import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../domain/validation/facts.ts';
import { mergeCustom } from '../../../domain/validation/verdict.ts';
import { aLicense, answerOf, aProduct } from './facts.ts';

const parsed = (text: string) => JSON.parse(text) as JsonObject;

describe('the custom payload (§4.7)', () => {
  test.each([
    ['is the template where the licence has nothing to add', '{"tier":"pro"}', 'null', '{"tier":"pro"}'],
    ['is the override where the template is empty', '{}', '{"tier":"gold"}', '{"tier":"gold"}'],
    ['keeps the keys of both sides', '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    [
      'takes the override on conflicting keys, in their first place',
      '{"a":1,"b":1}',
      '{"a":2,"c":3}',
      '{"a":2,"b":1,"c":3}',
    ],
    ['keeps an explicit null of the override (§13.11)', '{"a":1}', '{"a":null}', '{"a":null}'],
    ['keeps an explicit null of the template', '{"a":null}', '{}', '{"a":null}'],
    ['is not empty when all its values are null', '{}', '{"a":null}', '{"a":null}'],
    ['merges the top level alone (§13.11)', '{"a":{"x":1,"y":1}}', '{"a":{"x":2}}', '{"a":{"x":2}}'],
    ['replaces arrays', '{"a":[1,2,3]}', '{"a":[4]}', '{"a":[4]}'],
    ['takes any JSON', '{"a":[{"b":[null,true,1.5,"é"]}]}', '{}', '{"a":[{"b":[null,true,1.5,"é"]}]}'],
    ['runs no expression', '{"a":"${1+1}{{x}}"}', '{}', '{"a":"${1+1}{{x}}"}'],
    ['is null when nothing is left to say', '{}', '{}', 'null'],
    ['is null when there is neither', '{}', 'null', 'null'],
    ['takes __proto__ for data', '{"__proto__":{"a":1}}', '{"b":2}', '{"__proto__":{"a":1},"b":2}'],
    ['takes __proto__ of the override for data', '{"b":2}', '{"__proto__":null}', '{"b":2,"__proto__":null}'],
    [
      'takes constructor and toString for data',
      '{"constructor":1}',
      '{"toString":2}',
      '{"constructor":1,"toString":2}',
    ],
  ])('%s', (_behaviour, template, override, merged) => {
    expect(JSON.stringify(mergeCustom(parsed(template), JSON.parse(override) as JsonObject | null))).toBe(merged);
  });

  test('is null when the feature is off, whatever the licence says', () => {
    expect(mergeCustom(null, { tier: 'gold' })).toBeNull();
  });

  test('leaves both sides as they are, and no prototype behind', () => {
    const template = Object.freeze(parsed('{"a":{"b":1}}'));
    const override = Object.freeze(parsed('{"__proto__":{"polluted":true}}'));
    const merged = mergeCustom(template, override)!;
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(merged.polluted).toBeUndefined();
    expect(({} as JsonObject).polluted).toBeUndefined();
  });

  test('comes with active: the override of the licence over the template of the product', () => {
    const product = aProduct({ customTemplate: { tier: 'pro', seats: 1 } });
    expect(answerOf(product, aLicense({ customOverride: { seats: 5 } })).custom).toEqual({ tier: 'pro', seats: 5 });
  });
});
