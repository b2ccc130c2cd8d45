import type { Catalogue, FeatureDefinition, LimitDefinition } from './catalogue.ts';
import { check } from './check.ts';
import { CatalogueError, type CatalogueFault } from './faults.ts';
import { readSource, unplaced } from './source.ts';

export { canonicalText } from './canonical.ts';
export { CatalogueError, type CatalogueFault } from './faults.ts';

/**
 * Reads a catalogue from its file's text. `path` is only told in errors. The result is deeply frozen and doesn't depend on the
 * order of the file.
 * @throws {CatalogueError} with every fault at once: where it is, what stands there, what would be right
 */
export function loadCatalogue(text: string, path: string): Catalogue {
  const source = readSource(text);
  const findings = source.content === undefined ? [] : check(source.content.value);
  const faults = [...source.faults, ...findings.map(source.place)].sort(byPlace);
  if (source.content === undefined || faults.length > 0) throw new CatalogueError(path, faults);
  return build(source.content.value as CatalogueDocument);
}

/**
 * Reads a catalogue that was published before: the value of the JSON that `canonicalText` gave.
 * @throws {CatalogueError} as {@link loadCatalogue}, without lines and columns
 */
export function parseCatalogue(json: unknown): Catalogue {
  const faults = check(json).map(unplaced);
  if (faults.length > 0) throw new CatalogueError('published catalogue', faults);
  return build(json as CatalogueDocument);
}

/** What the schema guarantees of a file, as far as it differs from {@link Catalogue}. */
interface CatalogueDocument {
  catalogue: string;
  version: string;
  subject: string;
  fallback: string;
  scopes: Record<string, { parent?: string }>;
  plans: Record<string, { rank: number; overridable?: boolean }>;
  limits: Record<string, LimitDocument>;
  features: Record<
    string,
    { type: 'boolean'; on_loss: FeatureDefinition['onLoss']; overridable?: boolean; values: Record<string, boolean> }
  >;
}
type LimitDocument = Unfinished<LimitDefinition>;
type Unfinished<T> = T extends LimitDefinition ? Omit<T, 'name' | 'overridable'> & { overridable?: boolean } : never;

function build(document: CatalogueDocument): Catalogue {
  return frozen({
    name: document.catalogue,
    version: document.version,
    subject: document.subject,
    fallback: document.fallback,
    scopes: mapByName(document.scopes, (name, { parent = null }) => ({ name, parent })),
    plans: mapByName(document.plans, (name, { rank, overridable = false }) => ({ name, rank, overridable })),
    limits: mapByName(document.limits, (name, { overridable = false, ...fields }): LimitDefinition => {
      return { name, overridable, ...fields };
    }),
    features: mapByName(document.features, (name, { type, on_loss: onLoss, overridable = false, values }) => {
      return { name, type, onLoss, overridable, values };
    }),
  });
}

function mapByName<T, R>(map: Record<string, T>, change: (name: string, value: T) => R): Record<string, R> {
  const names = Object.keys(map).sort();
  return Object.fromEntries(names.map((name) => [name, change(name, map[name] as T)]));
}

/** A copy that nobody can change, also not through what it was made from. Minus zero, which YAML knows, becomes zero. */
function frozen<T>(value: T): T {
  if (value === 0) return 0 as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozen(part)]))) as T;
}

function byPlace(a: CatalogueFault, b: CatalogueFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
