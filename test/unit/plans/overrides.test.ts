import { describe, expect, test } from 'vitest';
import { overrideFault, type WantedOverride } from '../../../domain/plans/overrides.ts';
import { PLATFORM } from './catalogues.ts';

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
