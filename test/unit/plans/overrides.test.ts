import { describe, expect, test } from 'vitest';
import { overrideFault, patternOverlap, type WantedOverride } from '../../../domain/plans/overrides.ts';
import type { Override } from '../../../domain/plans/subject.ts';
import { KEEL, KEYWAY, loaded, PLATFORM, replaced, shippedText, UNKEY } from './catalogues.ts';

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

describe('an override that is wanted, of other sorts,', () => {
  const numbers = { limit: 5, windowSeconds: 60 };
  const levels = loaded(
    replaced(
      shippedText('examples/keel.yaml'),
      'levels: [templates, basic, full]',
      'overridable: true\n    levels: [templates, basic, full]',
    ),
  );

  test.each([
    ['a hundred years of retention', KEYWAY, days(36_500)],
    ['retention without end', KEYWAY, days('unlimited')],
    ['a trial of a plan', KEYWAY, plan('main', 'team')],
    ['a plan of a line', UNKEY, plan('compute', 'compute_pro')],
    ['a level', levels, level('full')],
    ['other numbers for a pattern', UNKEY, rate('api_rate', numbers)],
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
    ['a limit without a window', UNKEY, rate('api_rate', 5), '/value', 'wrong_value'],
    ['a negative limit', UNKEY, rate('api_rate', { limit: -1, windowSeconds: 60 }), '/value', 'wrong_value'],
  ])('is refused: %s', (_what, catalogue, wanted, pointer, code) => {
    expect(overrideFault(catalogue, wanted)).toMatchObject({ pointer, code });
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
});
