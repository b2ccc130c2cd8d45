import { readFileSync } from 'node:fs';
import type { Catalogue, Limit } from '../../../domain/plans/catalogue.ts';
import { CatalogueError, type CatalogueFault, loadCatalogue } from '../../../domain/plans/load.ts';
import type { Override, OverrideTerm, SubjectState } from '../../../domain/plans/subject.ts';

/** The text of a catalogue, as it is shipped. */
export function shippedText(path: string): string {
  return readFileSync(new URL(`../../../plans/${path}`, import.meta.url), 'utf8');
}

/** A catalogue from a text that a test has changed. */
export const loaded = (text: string): Catalogue => loadCatalogue(text, 'changed.yaml');

const shipped = (path: string): Catalogue => loadCatalogue(shippedText(path), `plans/${path}`);

export const PLATFORM_TEXT = shippedText('platform.yaml');

/** The platform's own catalogue. */
export const PLATFORM = shipped('platform.yaml');

/** The products that are hosted as examples, and what two of them became (docs/spec/keyway.md §8.1, docs/spec/keel.md §8.1). */
export const UNKEY = shipped('examples/unkey.yaml');
export const KEYWAY = shipped('examples/keyway.yaml');
export const KEYWAY_LATER = shipped('examples/keyway-later.yaml');
export const KEEL = shipped('examples/keel.yaml');
export const KEEL_LATER = shipped('examples/keel-later.yaml');

/**
 * A small catalogue, written so that lines and columns are easy to count: tests change a word of it and say where the fault is.
 * Its plans are not in the order of their ranks, and it lets features be overridden.
 */
export const SMALL_TEXT = `catalogue: small
version: '1'
subject: team
fallback: bronze
scopes:
  team: {}
  site: { parent: team }
plans:
  gold: { rank: 30, overridable: true }
  bronze: { rank: 10 }
  silver: { rank: 20, overridable: true }
limits:
  seats: { kind: count, scope: team, counts: seat, edge: refuse, overridable: true, values: { bronze: 1, silver: 5, gold: unlimited } }
  doors: { kind: count, scope: site, counts: door, edge: refuse, values: { bronze: 3, silver: 2, gold: 4 } }
  calls: { kind: quota, scope: site, counts: call, period: utc_day, edge: hard, overridable: true, values: { bronze: 0, silver: 10, gold: 100 } }
  log_days: { kind: retention, scope: team, unit: days, records: [entry], values: { bronze: 7, silver: 30, gold: unlimited } }
features:
  export: { type: boolean, on_loss: stop, overridable: true, values: { bronze: false, silver: false, gold: true } }
  themes: { type: boolean, on_loss: keep_working, values: { bronze: false, silver: true, gold: false } }
`;

export const SMALL: Catalogue = loadCatalogue(SMALL_TEXT, 'small.yaml');

/** A subject on a plan, paid up and without overrides unless told. */
export function aSubjectOn(plan: string, more: Partial<SubjectState> = {}): SubjectState {
  return { plans: [plan], billingCancelled: false, overrides: [], billing: null, ...more };
}

/** An override of a limit in force from the beginning of time and without end, unless told. */
export function anOverride(name: string, value: Limit | boolean, more: Partial<OverrideTerm> = {}): Override {
  const term = { startsAtMs: 0, endsAtMs: null, ...more };
  return typeof value === 'boolean'
    ? { kind: 'feature', name, value, ...term }
    : { kind: 'limit', name, value, ...term };
}

/** Noon UTC of a day in autumn. */
export const NOON = Date.parse('2026-11-21T12:00:00.000Z');

/** The faults that reading gives, none when it succeeds; any other error passes. */
export function faultsOf(read: () => unknown): readonly CatalogueFault[] {
  try {
    read();
  } catch (error) {
    if (error instanceof CatalogueError) return error.faults;
    throw error;
  }
  return [];
}

/** The small catalogue with one piece of its text replaced; the piece must be there exactly once. */
export function smallWith(piece: string, replacement: string): string {
  return replaced(SMALL_TEXT, piece, replacement);
}

/** A text with one piece of it replaced; the piece must be there exactly once. */
export function replaced(text: string, piece: string, replacement: string): string {
  if (text.split(piece).length !== 2) throw new Error(`'${piece}' is not there exactly once`);
  return text.replace(piece, () => replacement);
}

/** A text without its marks (‸), and where they stood. */
export function unmarked(marked: string): { text: string; places: { line: number; column: number }[] } {
  const places = marked.split('\n').flatMap((line, index) => {
    const pieces = line.split('‸').slice(0, -1);
    return pieces.map((_, i) => ({ line: index + 1, column: pieces.slice(0, i + 1).join('').length + 1 }));
  });
  return { text: marked.replaceAll('‸', ''), places };
}

/** What is said of a limit that is none, and of an absent value. */
export const LIMIT_VALUE = 'give a whole number from 0 to 9007199254740991, or unlimited';
export const absentFor = (plan: string) =>
  `give a value for plan ${plan}; its absence would mean neither none nor unlimited`;
