import { describe, type Finding, type Steps } from './faults.ts';
import { hint } from './hints.ts';
import { isMap, mapAt, type Outline, outlineOf } from './resolve.ts';

/** What the rules share: the names of a catalogue's content, whatever its shape, and how a fault is said. */

export type Entries = ReadonlyMap<string, Record<string, unknown>>;

export interface Names {
  scopes: Entries;
  plans: Entries;
  limits: Entries;
  features: Entries;
  outline: Outline;
}

export function namesOf(root: Record<string, unknown>): Names {
  const entries = (field: string): Entries =>
    new Map(Object.entries(mapAt(root[field])).map(([name, entry]) => [name, mapAt(entry)]));
  return {
    scopes: entries('scopes'),
    plans: entries('plans'),
    limits: entries('limits'),
    features: entries('features'),
    outline: outlineOf(root),
  };
}

/** A value that is the name of something which must exist. What isn't a text is left to the schema. */
export function reference(steps: Steps, name: unknown, what: string, known: Iterable<string>): Finding[] {
  if (typeof name !== 'string') return [];
  const names = [...known];
  return names.includes(name) ? [] : [wrong(steps, name, `no such ${what}${hint(name, names)}`)];
}

/** The name of a field, which must be one of those known. */
export function named(steps: Steps, what: string, known: Iterable<string>): Finding[] {
  const name = String(steps.at(-1));
  const names = [...known];
  return names.includes(name) ? [] : [misplaced(steps, `no such ${what}${hint(name, names)}`)];
}

/** A condition on the attributes of a scope: both the attributes and their values must be declared there. */
export function attributeFindings(steps: Steps, condition: unknown, scope: unknown, { scopes }: Names): Finding[] {
  const declared = scopes.get(String(scope));
  // A scope that doesn't exist is told where it is named.
  if (!isMap(condition) || !declared) return [];
  const attributes = mapAt(declared['attributes']);
  return Object.entries(condition).flatMap(([attribute, values]) => {
    if (!Object.hasOwn(attributes, attribute)) {
      return named([...steps, attribute], `attribute of scope ${String(scope)}`, Object.keys(attributes));
    }
    const known = listOf(attributes[attribute]);
    return listOf(values).flatMap((value, index) => {
      const place = Array.isArray(values) ? [...steps, attribute, String(index)] : [...steps, attribute];
      return reference(place, value, 'value', known);
    });
  });
}

/** The texts of a list, or the one text that stands for a list of one. */
export function listOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

/** Something that must be there and isn't. */
export function absent(steps: Steps, message: string): Finding {
  return { steps, at: 'value', found: 'nothing', message };
}

/** A field that must not be there, or not under this name. */
export function misplaced(steps: Steps, message: string): Finding {
  return { steps, at: 'name', found: describe(steps.at(-1)), message };
}

/** A value that isn't right. */
export function wrong(steps: Steps, value: unknown, message: string): Finding {
  return { steps, at: 'value', found: describe(value), message };
}
