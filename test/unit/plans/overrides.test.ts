import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { overrideFault, patternOverlap, type WantedOverride } from '../../../domain/plans/overrides.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import type { Fault } from '../../../domain/refusal.ts';
import { KEEL, KEYWAY, loaded, PLATFORM, replaced, SMALL, shippedText, UNKEY } from './catalogues.ts';

const limit = (name: string, value: WantedOverride['value'] = 5): WantedOverride => ({ kind: 'limit', name, value });

describe('an override that is wanted (§2.5)', () => {
  test.each([
    ['of the subject', limit('products')],
    ['of a scope below it', limit('api_calls')],
    ['of nothing', limit('members', 0)],
    ['without end', limit('licenses', 'unlimited')],
    ['of the largest number', limit('licenses', Number.MAX_SAFE_INTEGER)],
  ])('%s is possible', (_what, wanted) => {
    expect(overrideFault(PLATFORM, wanted)).toBeUndefined();
  });

  test.each<[string, WantedOverride, string, string]>([
    ['of an unknown limit', limit('prodcuts'), '/name', 'unknown_name'],
    ['of a name that every object has', limit('constructor'), '/name', 'unknown_name'],
    ['of a limit by the name of a feature', limit('webhooks'), '/name', 'unknown_name'],
    ['of a limit that has none', limit('webhook_endpoints'), '/name', 'not_overridable'],
    ['of a retention', limit('audit_log_days'), '/name', 'not_overridable'],
    ['of a scope above the subject', limit('organizations'), '/name', 'not_overridable'],
    ['of a feature that has none', { kind: 'feature', name: 'webhooks', value: true }, '/name', 'not_overridable'],
    ['of less than nothing', limit('products', -1), '/value', 'wrong_value'],
    ['of a half', limit('products', 0.5), '/value', 'wrong_value'],
    ['of what is no number', limit('products', Number.NaN), '/value', 'wrong_value'],
    ['past what can be counted', limit('products', 2 ** 53), '/value', 'wrong_value'],
    ['of a limit by a switch', limit('products', true), '/value', 'wrong_value'],
  ])('%s is refused', (_what, wanted, pointer, code) => {
    expect(overrideFault(PLATFORM, wanted)).toMatchObject({ pointer, code });
  });
});

const days = (value: unknown): WantedOverride => ({ kind: 'limit', name: 'audit_days', value });
const plan = (name: string, value: unknown): WantedOverride => ({ kind: 'plan', name, value });
const level = (value: unknown): WantedOverride => ({ kind: 'feature', name: 'policy_authoring', value });
const rate = (name: string, value: unknown, pattern = 'user_*'): WantedOverride => ({
  kind: 'rate_pattern',
  name,
  value,
  pattern,
});
const agreed = (more: object): Override => ({
  kind: 'rate_pattern',
  name: 'api_rate',
  pattern: 'user_*',
  value: { limit: 5, windowSeconds: 60 },
  startsAtMs: 1_000,
  endsAtMs: 2_000,
  ...more,
});

const numbers = { limit: 5, windowSeconds: 60 };
const levels = loaded(
  replaced(
    shippedText('examples/keel.yaml'),
    'levels: [templates, basic, full]',
    'overridable: true\n    levels: [templates, basic, full]',
  ),
);

describe('an override that is wanted, of other sorts,', () => {
  test.each([
    ['a hundred years of retention', KEYWAY, days(36_500)],
    ['retention without end', KEYWAY, days('unlimited')],
    ['a trial of a plan', KEYWAY, plan('main', 'team')],
    ['a plan of a line', UNKEY, plan('compute', 'compute_pro')],
    ['a level', levels, level('full')],
    ['other numbers for a pattern', UNKEY, rate('api_rate', numbers)],
    ['a pattern of the greatest length', UNKEY, rate('api_rate', numbers, 'x'.repeat(512))],
    ['a window of a year', UNKEY, rate('api_rate', { limit: 5, windowSeconds: 31_536_000 })],
    ['a pattern that blocks', UNKEY, rate('api_rate', { limit: 0, windowSeconds: 1 }, '*')],
  ])('is possible: %s', (_what, catalogue, wanted) => {
    expect(overrideFault(catalogue, wanted)).toBeUndefined();
  });

  test.each([
    ['more than a hundred years', KEYWAY, days(36_501), '/value', 'wrong_value'],
    ['a plan in no line', KEYWAY, plan('api', 'team'), '/name', 'unknown_name'],
    ['no plan', KEYWAY, plan('main', 'gold'), '/value', 'wrong_value'],
    ['a plan of another line', UNKEY, plan('compute', 'pro_1m'), '/value', 'wrong_value'],
    ['a level that does not exist', levels, level('half'), '/value', 'wrong_value'],
    ['a switch for a level', levels, level(true), '/value', 'wrong_value'],
    ['a level of what is not overridable', KEEL, level('full'), '/name', 'not_overridable'],
    ['a pattern of what is no rate', UNKEY, rate('requests_per_month', numbers), '/name', 'unknown_name'],
    ['a pattern of nothing', UNKEY, rate('api_rate', numbers, ''), '/pattern', 'wrong_value'],
    [
      'a pattern longer than any identifier',
      UNKEY,
      rate('api_rate', numbers, 'x'.repeat(513)),
      '/pattern',
      'wrong_value',
    ],
    [
      'a pattern without a pattern',
      UNKEY,
      { kind: 'rate_pattern' as const, name: 'api_rate', value: numbers },
      '/pattern',
      'wrong_value',
    ],
    ['a window of no time', UNKEY, rate('api_rate', { limit: 5, windowSeconds: 0 }), '/value', 'wrong_value'],
    ['a window of half a second', UNKEY, rate('api_rate', { limit: 5, windowSeconds: 0.5 }), '/value', 'wrong_value'],
    [
      'a window of more than a year',
      UNKEY,
      rate('api_rate', { limit: 5, windowSeconds: 31_536_001 }),
      '/value',
      'wrong_value',
    ],
    ['a limit without a window', UNKEY, rate('api_rate', 5), '/value', 'wrong_value'],
    ['a negative limit', UNKEY, rate('api_rate', { limit: -1, windowSeconds: 60 }), '/value', 'wrong_value'],
  ])('is refused: %s', (_what, catalogue, wanted, pointer, code) => {
    expect(overrideFault(catalogue, wanted)).toMatchObject({ pointer, code });
  });
});

describe('the fault says what is wrong and what would be right:', () => {
  const PLANS = 'starter, growth, business, enterprise';
  test.each<[string, Catalogue, WantedOverride, Fault]>([
    [
      'a limit that there is not',
      SMALL,
      limit('chairs'),
      {
        pointer: '/name',
        code: 'unknown_name',
        message: "There is no limit 'chairs'.",
        accepts: 'calls, doors, log_days, seats',
      },
    ],
    [
      'a limit without overrides',
      SMALL,
      limit('doors'),
      {
        pointer: '/name',
        code: 'not_overridable',
        message: "The limit 'doors' can't be overridden for one team in catalogue 'small' 1.",
        accepts: 'calls, seats',
      },
    ],
    [
      'a feature where none can be',
      KEYWAY,
      { kind: 'feature', name: 'org_private_vaults', value: true },
      {
        pointer: '/name',
        code: 'not_overridable',
        message: "The feature 'org_private_vaults' can't be overridden for one account in catalogue 'keyway' 1.",
        accepts: 'no feature at all',
      },
    ],
    [
      'a number',
      SMALL,
      limit('seats', -1),
      {
        pointer: '/value',
        code: 'wrong_value',
        message: "-1 is no value for the limit 'seats'.",
        accepts: 'a whole number from 0 to 2^53 − 1, or unlimited',
      },
    ],
    [
      'days',
      KEYWAY,
      days(36_501),
      {
        pointer: '/value',
        code: 'wrong_value',
        message: "36501 is no value for the limit 'audit_days'.",
        accepts: 'a whole number from 0 to 36500, or unlimited',
      },
    ],
    [
      'a switch',
      SMALL,
      { kind: 'feature', name: 'export', value: 1 },
      {
        pointer: '/value',
        code: 'wrong_value',
        message: "1 is no value for the feature 'export'.",
        accepts: 'on or off',
      },
    ],
    [
      'a level',
      levels,
      level('half'),
      {
        pointer: '/value',
        code: 'wrong_value',
        message: `"half" is no value for the feature 'policy_authoring'.`,
        accepts: 'templates, basic, full',
      },
    ],
    [
      'a line',
      KEEL,
      plan('api', 'growth'),
      { pointer: '/name', code: 'unknown_name', message: "There is no line 'api'.", accepts: 'main' },
    ],
    [
      'a plan',
      KEEL,
      plan('main', 'gold'),
      { pointer: '/value', code: 'wrong_value', message: `"gold" is no value for the line 'main'.`, accepts: PLANS },
    ],
    [
      'a rate',
      UNKEY,
      rate('cpu', numbers),
      { pointer: '/name', code: 'unknown_name', message: "There is no rate 'cpu'.", accepts: 'api_rate' },
    ],
    [
      'a pattern',
      UNKEY,
      rate('api_rate', numbers, ''),
      {
        pointer: '/pattern',
        code: 'wrong_value',
        message: 'This is no pattern.',
        accepts: 'a text of 1 to 512 characters; * stands for any run of them',
      },
    ],
    [
      'numbers of a rate',
      UNKEY,
      rate('api_rate', null),
      {
        pointer: '/value',
        code: 'wrong_value',
        message: "null is no value for the rate 'api_rate'.",
        accepts: 'a limit, and windowSeconds from 1 to 31536000',
      },
    ],
  ])('%s', (_what, catalogue, wanted, fault) => {
    expect(overrideFault(catalogue, wanted)).toEqual(fault);
  });

  test('what is agreed with whom a scope above is, is of that scope, and never a feature', () => {
    expect(overrideFault(PLATFORM, limit('organizations'), 'user')).toBeUndefined();
    expect(overrideFault(SMALL, { kind: 'feature', name: 'export', value: true }, 'site')).toMatchObject({
      code: 'not_overridable',
      accepts: 'no feature at all',
    });
    expect(overrideFault(SMALL, limit('seats'), 'site')).toMatchObject({ code: 'not_overridable', accepts: 'calls' });
  });
});

describe('of two patterns of one rate (docs/spec/unkey.md §6.8, §11.5)', () => {
  test.each([
    ['the same one at the same time leaves undecided which', {}, 'overlapping'],
    ['the same one from the middle on, without end, too', { startsAtMs: 1_999, endsAtMs: null }, 'overlapping'],
    ['the same one up to the first millisecond does not overlap', { startsAtMs: 0, endsAtMs: 1_000 }, undefined],
    ['the same one from the very end on does not overlap', { startsAtMs: 2_000, endsAtMs: null }, undefined],
    ['another one is decided by its literal characters, then age', { pattern: '*_user' }, undefined],
    ['the same one of another rate has nothing to do with it', { name: 'other_rate' }, undefined],
  ])('%s', (_what, more, code) => {
    expect(patternOverlap(agreed(more), [agreed({})])?.code).toBe(code);
    expect(patternOverlap(agreed({}), [agreed(more)])?.code).toBe(code);
  });

  test('the fault says which, and what would do', () => {
    expect(patternOverlap(agreed({}), [agreed({})])).toEqual({
      pointer: '/pattern',
      code: 'overlapping',
      message: "The pattern 'user_*' of 'api_rate' is agreed for a part of that time already.",
      accepts: 'another pattern, or a time when it is free',
    });
    const other: Override = { kind: 'limit', name: 'api_rate', value: 5, startsAtMs: 0, endsAtMs: null };
    expect(patternOverlap(other, [other, agreed({})])).toBeUndefined();
  });
});
