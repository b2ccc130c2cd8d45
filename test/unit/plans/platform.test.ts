import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mayAdd, quotaState } from '../../../domain/plans/decision.ts';
import { canonicalText } from '../../../domain/plans/load.ts';
import { CATALOGUE_SCHEMA } from '../../../domain/plans/schema.ts';
import { anOverride, aSubjectOn, NOON, PLATFORM, PLATFORM_TEXT } from './catalogues.ts';

// Its tables are in keyport-catalogue.test.ts; here is what the engine makes of it.
describe("the platform's catalogue", () => {
  // Whoever changes it must see this fail: every installation has published these bytes under this version.
  test('is what was published as 2026-11-01, to the byte', () => {
    expect(hash('sha256', canonicalText(PLATFORM))).toBe(
      '1f4019106ea2c16025d0c1af4a8a430051e42b99575174780e20d57706611950',
    );
  });

  test.each(['products', 'licenses', 'members', 'organizations'])(
    'lets an Enterprise override fix or lift %s',
    (name) => {
      const fixed = aSubjectOn('enterprise', { overrides: [anOverride(name, 3)] });
      expect(mayAdd(PLATFORM, fixed, name, 2, 1, NOON).allowed).toBe(true);
      expect(mayAdd(PLATFORM, fixed, name, 3, 1, NOON)).toMatchObject({
        allowed: false,
        by: { allowed: 3, overrideable: true },
      });

      const lifted = aSubjectOn('enterprise', { overrides: [anOverride(name, 'unlimited')] });
      expect(mayAdd(PLATFORM, lifted, name, 1_000_000, 1, NOON).allowed).toBe(true);
    },
  );

  test('admits the 10th product on Free and refuses the 11th, which Pro would admit (§2.3)', () => {
    expect(mayAdd(PLATFORM, aSubjectOn('free'), 'products', 9, 1, NOON).allowed).toBe(true);
    expect(mayAdd(PLATFORM, aSubjectOn('free'), 'products', 10, 1, NOON)).toMatchObject({
      allowed: false,
      by: {
        name: 'products',
        class: 'limit',
        used: 10,
        allowed: 10,
        remaining: 0,
        resetsAt: null,
        retryAfterSeconds: null,
        admittingPlan: 'pro',
        overrideable: false,
      },
    });
  });

  test('admits exactly 10,000 calls a day on Free; the next may come at midnight UTC, or at once on Pro (§2.4)', () => {
    expect(quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 9_999, 1, NOON).allowed).toBe(true);
    expect(quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 10_000, 1, NOON)).toMatchObject({
      allowed: false,
      by: {
        name: 'api_calls',
        class: 'quota',
        used: 10_000,
        allowed: 10_000,
        remaining: 0,
        resetsAt: '2026-11-22T00:00:00.000Z',
        retryAfterSeconds: 43_200,
        admittingPlan: 'pro',
        overrideable: false,
      },
    });
  });

  test('applies the smaller limit of a downgrade to what was used already (§2.5)', () => {
    const { by } = quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 60_000, 1, NOON);
    expect(by).toMatchObject({ used: 60_000, allowed: 10_000, remaining: 0 });
  });
});

describe('the schema for editors', () => {
  test('is the one that the engine checks with', () => {
    const text = readFileSync(new URL('../../../plans/catalogue.schema.json', import.meta.url), 'utf8');
    // When this fails: domain/README.md tells how the file is written anew.
    expect(JSON.parse(text)).toEqual(CATALOGUE_SCHEMA);
  });

  test('is named in the first line of the catalogue', () => {
    expect(PLATFORM_TEXT.split('\n', 1)).toEqual(['# yaml-language-server: $schema=./catalogue.schema.json']);
  });
});
