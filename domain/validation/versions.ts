/**
 * Version gating: which versions of an application a product allows, and how a licence narrows that.
 * Source: docs/spec/keyport.md §5.
 */

export type VersionState = 'allowed' | 'deprecated' | 'latest' | 'blocked';

/** An entry of a product's list: a literal version, or a family written with a trailing `.x` or `.*` (§5.2). */
export interface VersionEntry {
  version: string;
  state: VersionState;
}

/** What a licence pins: exactly one version, or a range with an inclusive start and an exclusive end (§5.3). */
export type VersionPin = { mode: 'exact'; version: string } | { mode: 'range'; min: string | null; max: string | null };

export interface VersionResult {
  version: string | null;
  valid: boolean | null;
}

/**
 * Evaluates the version that was sent, or else the product's current one; with neither there is nothing to say (§5.1).
 * The result is information beside the verdict and never changes it (§13.3).
 */
export function evaluateVersion(
  sent: string | undefined,
  entries: readonly VersionEntry[],
  pin: VersionPin | null,
): VersionResult {
  const version = sent ?? entries.find((entry) => entry.state === 'latest')?.version;
  if (version === undefined) return { version: null, valid: null };
  return { version, valid: productAllows(version, entries) && pinAllows(version, pin) };
}

/**
 * Whether the product's list lets a version pass: the most specific entry decides, and what is not listed is refused. Where two
 * spellings of a family (`2.x`, `2.*`) disagree, blocked wins: the order of a list means nothing.
 */
export function productAllows(version: string, entries: readonly VersionEntry[]): boolean {
  let best = -1;
  let passes = false;
  for (const { version: entry, state } of entries) {
    const specificity = matchSpecificity(entry, version);
    if (specificity > best) {
      best = specificity;
      passes = state !== 'blocked';
    } else if (specificity === best) {
      passes &&= state !== 'blocked';
    }
  }
  return passes;
}

/** Whether a licence's pin lets a version pass. A version that can't be read as numbers is outside every range. */
export function pinAllows(version: string, pin: VersionPin | null): boolean {
  if (pin === null) return true;
  if (pin.mode === 'exact') return version === pin.version;

  const parsed = parseVersion(version);
  if (!parsed) return false;
  const min = pin.min === null ? null : parseVersion(pin.min);
  const max = pin.max === null ? null : parseVersion(pin.max);
  // A bound that can't be read admits nothing: a typo must never mean "no limit".
  if (min === undefined || max === undefined) return false;
  return (min === null || compare(min, parsed) <= 0) && (max === null || compare(parsed, max) < 0);
}

/** Whether a text is a family (`2.0.x`, `2.*`, `x`) rather than a literal version. */
export function isFamily(version: string): boolean {
  return /(^|\.)[x*]$/.test(version);
}

/** Whether a text can be a bound of a range: numbers with dots, and perhaps a pre-release tag. */
export function isComparable(version: string): boolean {
  return parseVersion(version) !== undefined;
}

/** -1: no match; a family scores its literal part's length; a literal scores above every family. */
function matchSpecificity(entry: string, version: string): number {
  if (entry === version) return Number.MAX_SAFE_INTEGER;
  if (!isFamily(entry)) return -1;
  if (entry.length === 1) return 0;
  // What follows must begin a part, so that 2.1.x does not match 2.10. Missing parts are zero: 2.1 and 2.1-beta are of 2.1.x.
  const stem = withoutV(entry.slice(0, -2));
  const read = withoutV(version);
  return read.startsWith(stem) && /^(?:$|[.+-])/.test(read.slice(stem.length)) ? stem.length : -1;
}

/** `v2.1` is read as `2.1`, in families as in ranges. */
function withoutV(version: string): string {
  return version.replace(/^v(?=\d)/, '');
}

interface ParsedVersion {
  numbers: bigint[];
  preRelease: string[] | null;
}

/** Longer texts aren't read: turning many digits into a number takes time that a caller could make us spend. */
const LONGEST_COMPARABLE = 256;
const COMPARABLE = /^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

function parseVersion(text: string): ParsedVersion | undefined {
  const match = text.length <= LONGEST_COMPARABLE ? COMPARABLE.exec(text) : null;
  if (!match) return undefined;
  return { numbers: match[1]!.split('.').map(BigInt), preRelease: match[2]?.split('.') ?? null };
}

/** Part by part as numbers, missing parts are zero; a pre-release is below its release, as in semantic versioning (§5.3). */
function compare(a: ParsedVersion, b: ParsedVersion): number {
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i += 1) {
    const difference = (a.numbers[i] ?? 0n) - (b.numbers[i] ?? 0n);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  if (a.preRelease === null || b.preRelease === null) {
    return Number(a.preRelease === null) - Number(b.preRelease === null);
  }
  for (let i = 0; i < Math.max(a.preRelease.length, b.preRelease.length); i += 1) {
    const order = compareIdentifiers(a.preRelease[i], b.preRelease[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Semantic versioning §11.4: numbers below words, numbers as numbers, words by their characters, fewer below more. */
function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const aIsNumber = /^\d+$/.test(a);
  const bIsNumber = /^\d+$/.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber) return Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b));
  return Number(a > b) - Number(a < b);
}
