import type { Limit, UsageField } from '../../domain/plans/catalogue.ts';
import type { Entitlements } from '../../domain/plans/entitlements.ts';
import type { Shape } from '../../domain/plans/levels.ts';
import { unreachable } from '../../domain/unreachable.ts';
import type { Wording } from './presenter.ts';

/** A limit as the product writes it. Unlimited is whatever the catalogue says: a text, `null`, a number. */
export function spelled({ unlimited }: Pick<Wording, 'unlimited'>, limit: Limit | null): number | string | null {
  return limit === 'unlimited' ? unlimited : limit;
}

/**
 * What one has, in the fields that the catalogue names. With several lines of plans, `plan` is that of the first.
 * @throws {RangeError} when a field tells what is used of a limit, and that isn't known
 */
export function usageOf(wording: Wording, entitlements: Entitlements): Record<string, unknown> {
  return fieldsOf(wording, wording.usage, entitlements);
}

function fieldsOf(
  wording: Wording,
  fields: Readonly<Record<string, UsageField>>,
  entitlements: Entitlements,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, valueOf(wording, field, entitlements)]),
  );
}

function valueOf(wording: Wording, field: UsageField, entitlements: Entitlements): unknown {
  const { lines, limits, features } = entitlements;
  switch (field.of) {
    case 'plan':
      return Object.values(lines)[0]!.plan;
    case 'allowed':
      return spelled(wording, limits[field.name]!.value);
    case 'used': {
      const { used } = limits[field.name]!;
      if (used === null) throw new RangeError(`tell how much of '${field.name}' is used`);
      return used;
    }
    case 'has':
      return features[field.name]!.enabled;
    case 'fields':
      return fieldsOf(wording, field.fields, entitlements);
    default:
      return unreachable(field);
  }
}

/**
 * An answer as its caller's level shows it: the fields of that level and of those below, in their order. Any other is absent, not
 * null, also one that no level names: a field that was forgotten isn't told to everybody (docs/spec/keel.md §5.3).
 */
export function shaped(
  data: Readonly<Record<string, unknown>>,
  { fields }: Pick<Shape, 'fields'>,
): Record<string, unknown> {
  const there = fields.filter((field) => Object.hasOwn(data, field));
  return Object.fromEntries(there.map((field) => [field, data[field]]));
}
