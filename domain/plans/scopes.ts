import type { Attributes, Catalogue, LimitDefinition } from './catalogue.ts';
import { label } from './catalogue.ts';
import type { ScopeState } from './subject.ts';

/**
 * Whether a limit holds in a scope: `applies_to` narrows it to scopes with certain attributes, elsewhere there is no such limit.
 * Without a scope it is the subject's own, or one whose attributes don't matter.
 * @throws {RangeError} for another scope than the limit's, for attributes that were not told, or where they are needed and none were
 */
export function holdsIn(catalogue: Catalogue, limit: LimitDefinition, scope: ScopeState | undefined): boolean {
  if (scope && scope.scope !== limit.scope) {
    throw new RangeError(`limit '${limit.name}' is one for each ${limit.scope}, not for each ${scope.scope}`);
  }
  if (limit.appliesTo === null) return true;
  if (!scope)
    throw new RangeError(`limit '${limit.name}' depends on the attributes of the ${limit.scope}: tell which one`);
  return matches(catalogue, scope, limit.appliesTo);
}

/**
 * Whether a thing has, for each attribute named, one of the values listed. No condition is met by everything.
 * @throws {RangeError} when the thing's value of a named attribute wasn't told, or is none that the catalogue knows: what is
 *   unknown must not pass for "no"
 */
export function matches(
  catalogue: Catalogue,
  thing: { scope: string; attributes: Readonly<Record<string, string>> },
  condition: Attributes | null,
): boolean {
  if (condition === null) return true;
  let isMatch = true;
  for (const [attribute, values] of Object.entries(condition)) {
    const value = Object.hasOwn(thing.attributes, attribute) ? thing.attributes[attribute] : undefined;
    const known = catalogue.scopes[thing.scope]?.attributes[attribute];
    if (value === undefined || (known && !known.includes(value))) {
      const told = value === undefined ? 'nothing' : `'${value}'`;
      throw new RangeError(`the ${attribute} of a ${thing.scope} is ${told} in catalogue ${label(catalogue)}`);
    }
    if (!values.includes(value)) isMatch = false;
  }
  return isMatch;
}
