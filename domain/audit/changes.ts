import { canonicalJson } from './canonical.ts';

type Fields = Record<string, unknown>;

/**
 * What a change says of a thing before and after it, in the words of the API: names in snake_case, instants (`…AtMs`) in RFC 3339.
 * Of two sides only the fields that differ are kept; `undefined` where none does, for nothing has changed then. What lies deeper than
 * the fields themselves is somebody's own content and stays as it is.
 */
export function changesOf(
  before: object | null,
  after: object | null,
): { before: Fields | null; after: Fields | null } | undefined {
  const was = before && inWordsOfTheApi(before);
  const is = after && inWordsOfTheApi(after);
  if (!was || !is) return { before: was, after: is };
  const differing = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => canonicalJson(was[name]) !== canonicalJson(is[name]),
  );
  if (differing.length === 0) return undefined;
  return { before: pick(was, differing), after: pick(is, differing) };
}

function inWordsOfTheApi(thing: object): Fields {
  return Object.fromEntries(
    Object.entries(thing)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => {
        const isInstant = /At(?:Ms)$/.test(name) && (typeof value === 'number' || value === null);
        return isInstant
          ? [snakeCase(name.slice(0, -'Ms'.length)), value === null ? null : new Date(value).toISOString()]
          : [snakeCase(name), value];
      }),
  );
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (name in fields ? [[name, fields[name]]] : [])));
}
