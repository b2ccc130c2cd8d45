import { isIP } from 'node:net';
import { durationMs } from '../durations.ts';

/** What a setting is, and what it may take: the words that the tables of settings are written in. */

/** Whether a value is one that the setting takes. Every process and command starts here, so no schema is compiled for it. */
export type Check<T> = (value: unknown) => value is T;

/** What one environment variable means. `text` turns its string into the value that `takes` checks. */
export interface Setting<T> {
  variable: string;
  takes: Check<T>;
  /** What is used when the variable is absent or empty, as it would be written there; `undefined`: it is required. */
  fallback: string | undefined;
  text: (raw: string) => unknown;
  /** Whether the value must never be printed. */
  secret?: boolean;
  /** What would be accepted, for the error message and the reference. */
  accepts: string;
  meaning: string;
}

export const setting = <T>(s: Setting<T>): Setting<T> => s;

export const asIs = (raw: string): unknown => raw;
export const asNumber = (raw: string): unknown => (/^-?\d+$/.test(raw) ? Number(raw) : raw);
export const asDuration = (raw: string): unknown => durationMs(raw) ?? raw;
export const asList = (raw: string): unknown =>
  raw
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

export const wholeNumber =
  (least: number, most: number): Check<number> =>
  (value): value is number =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
export const textThat =
  (fits: (text: string) => boolean): Check<string> =>
  (value): value is string =>
    typeof value === 'string' && fits(value);
export const matching = (pattern: RegExp): Check<string> => textThat((text) => pattern.test(text));
export const oneOf =
  <const T extends string>(...names: T[]): Check<T> =>
  (value): value is T =>
    names.includes(value as T);
export const listOf =
  (item: Check<string>, least: number, most: number): Check<string[]> =>
  (value): value is string[] =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(item);

export const DURATION = wholeNumber(1, 30 * 24 * 3_600_000);
export const DURATION_WORDS = 'an ISO 8601 duration above zero and up to 30 days, such as PT10S';

/** Keys for secrets at rest, `id:key` each. Of two keys with one id one could never be read with. */
export function secretKeys(value: unknown): value is string[] {
  const isKey = matching(/^[A-Za-z0-9]{1,32}:[A-Za-z0-9+/]{43}=$/);
  if (!listOf(isKey, 1, 16)(value)) return false;
  return new Set(value.map((key) => key.split(':')[0])).size === value.length;
}

/** Whether a text is an address or a CIDR network, as domain/validation/addresses.ts takes them. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  if (bits === undefined) return true;
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  // Of the IPv4-mapped addresses fewer than 96 bits would be no IPv4 network.
  return family === 4 || Number(bits) >= 96 || !isMapped(address);
}

function isMapped(address: string): boolean {
  return /^\[::ffff:[0-9a-f]+:[0-9a-f]+\]$/.test(new URL(`http://[${address}]`).hostname);
}
