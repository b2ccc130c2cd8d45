import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { aSubjectOn, NOON } from './catalogues.ts';

/** A row of a specification's table: what it is called there, what it is in the catalogue, and a value for each column. */
export type Row = readonly [what: string, read: string | ((plan: string) => unknown), ...values: readonly unknown[]];

/**
 * A table of a specification, a test for each row: what subjects on each plan are entitled to. The numbers stand in the test as
 * they stand in the specification, so that the catalogue is compared with that and not with itself.
 */
export function describeTable(
  section: string,
  { catalogue, plans, rows }: { catalogue: Catalogue; plans: readonly string[]; rows: readonly Row[] },
): void {
  describe(section, () => {
    test.each(rows.map(([what, ...rest]) => [what, rest] as const))('%s', (_what, [read, ...values]) => {
      expect(values).toHaveLength(plans.length);
      const found = plans.map((plan) => [
        plan,
        typeof read === 'string' ? valueOf(catalogue, [plan], read) : read(plan),
      ]);
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries(plans.map((plan, column) => [plan, values[column]])),
      );
    });
  });
}

/** What a subject with these plans has of a limit (how much) or of a feature (whether, or on which level). */
export function valueOf(catalogue: Catalogue, plans: readonly string[], name: string): number | boolean | string {
  const { limits, features } = entitlements(catalogue, aSubjectOn('', { plans }), NOON);
  if (Object.hasOwn(limits, name)) return limits[name]!.value;
  const feature = features[name];
  if (!feature) throw new RangeError(`the catalogue has neither a limit nor a feature '${name}'`);
  return feature.level ?? feature.enabled;
}

/** The same value in every column. */
export function always(value: unknown, columns: number): unknown[] {
  return Array.from({ length: columns }, () => value);
}
