import { expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { faultsOf, replaced, unmarked } from './catalogues.ts';
import { EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

/**
 * What is replaced in the catalogue that says everything, by what, and the faults that this makes: pointer, found, what would be
 * right. A ‸ stands where each fault must be located; it is taken out before the text is read.
 */
export type Case = [behaviour: string, piece: string, replacement: string, faults: [string, string, string][]];

/** A test for each case. */
export function told(cases: Case[]): void {
  test.each(cases)('%s', (_behaviour, piece, replacement, expected) => {
    const { text, places } = unmarked(replaced(EVERY_KIND_TEXT, piece, replacement));
    const faults = faultsOf(() => loadCatalogue(text, 'everything.yaml'));
    expect(faults.map(({ path, found, message }) => [path, found, message])).toEqual(expected);
    // Two that are absent in one place are shown there both.
    const shown = new Set(faults.map(({ line, column }) => `${line}:${column}`));
    expect([...shown]).toEqual(places.map(({ line, column }) => `${line}:${column}`));
  });
}
