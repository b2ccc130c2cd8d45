import { InvalidArgumentError } from 'commander';
import type { Limit } from '../domain/plans/catalogue.ts';
import type { Refusal, RefusalCode, RefusalDetails } from '../domain/refusal.ts';

let isJson = false;

/** Says, before a command runs, whether its result is for programs (`--json`, which every command takes). */
export function printAsJson(json: boolean): void {
  isJson = json;
}

/** How every command prints its result: lines of `name  value`, a line for each entry of a list, or JSON for programs. */
export function print(result: Record<string, unknown>): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const width = Math.max(...Object.keys(result).map((name) => name.length));
  for (const [name, value] of Object.entries(result)) {
    const rows = Array.isArray(value) && value.length > 0 ? (value as unknown[]) : undefined;
    process.stdout.write(`${name.padEnd(width)}${rows ? '' : `  ${asText(value)}`}\n`);
    // What a list has many of stands in lines of its own, for the eye and for grep.
    for (const row of rows ?? []) {
      const cells = typeof row === 'object' && row !== null ? Object.values(row) : [row];
      process.stdout.write(`  ${cells.map(asText).join('  ')}\n`);
    }
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type Sentences = { [Code in RefusalCode]: (details: RefusalDetails[Code]) => string };

const SENTENCES: Sentences = {
  plan_limit_reached: ({ limit, used, allowed, admittingPlan }) =>
    `${used} of ${allowed} ${limit} are in use. ${admittingPlan ? `Reduce them, or move to ${admittingPlan}.` : 'Reduce them first.'}`,
  feature_not_available: ({ feature, admittingPlan }) =>
    `The plan has no ${feature}.${admittingPlan ? ` ${admittingPlan} has it.` : ''}`,
  forbidden: ({ message }) => message,
  not_found: ({ what }) => `There is no such ${what}.`,
  name_taken: ({ pointer, value }) => `Another one has the ${pointer.slice(1)} '${value}' already: choose another.`,
  conflict: ({ message }) => message,
  validation_failed: ({ errors }) =>
    errors.map((fault) => `${fault.pointer}: ${fault.message} It takes ${fault.accepts}.`).join('\n'),
};

/** A refusal in a sentence: what is, what is allowed, what helps. */
export function refusalSentence<Code extends RefusalCode>({ code, details }: Refusal<Code>): string {
  return SENTENCES[code](details);
}

export function parseSwitch(text: string): boolean {
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new InvalidArgumentError('It takes on or off.');
}

/** A text of so many characters, as Postgres counts them. */
export function parseText(least: number, most: number): (text: string) => string {
  return (text) => {
    const { length } = Array.from(text);
    if (length >= least && length <= most) return text;
    throw new InvalidArgumentError(`It takes ${least} to ${most} characters.`);
  };
}

/** A number of addresses; 0 is no cap (commander would make an empty text of `null`). */
export function parseCap(text: string): number {
  if (text === 'none') return 0;
  if (/^\d{1,7}$/.test(text) && Number(text) <= 1_000_000) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1 to 1000000, or none.');
}

/** What a limit may be; `accepts` says what else is taken there. */
export function parseLimit(text: string, accepts = 'a whole number or unlimited'): Limit {
  if (text === 'unlimited') return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`It takes ${accepts}.`);
}

/** An instant as epoch milliseconds. A date without a zone would mean something else on every machine. */
export function parseInstant(text: string): number {
  const ms = Date.parse(text);
  // Date.parse takes the 31st of February for the 3rd of March.
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const isDay = new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && isDay && !Number.isNaN(ms))
    return ms;
  throw new InvalidArgumentError(
    'It takes an ISO 8601 instant with a zone, such as 2027-01-01T00:00:00Z, or a date, which begins at midnight UTC.',
  );
}

export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It takes a JSON object: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidArgumentError('It takes a JSON object.');
}

export function parseOneOf<T extends string>(...accepted: T[]): (text: string) => T {
  return (text) => {
    const found = accepted.find((each) => each === text);
    if (found === undefined) throw new InvalidArgumentError(`It takes ${accepted.join(', ')}.`);
    return found;
  };
}
