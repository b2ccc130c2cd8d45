import { build } from './build.ts';
import type { Catalogue } from './catalogue.ts';
import { check } from './check.ts';
import type { CatalogueDocument } from './document.ts';
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

function byPlace(a: CatalogueFault, b: CatalogueFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
