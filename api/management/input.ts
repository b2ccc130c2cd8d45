import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type TObject, type TSchema, Type } from 'typebox';
import type { Fault } from '../../domain/refusal.ts';
import { isId } from '../../runtime/ids.ts';
import { HttpError } from '../errors.ts';
import { faultsOf } from '../faults.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, verbose: true, allowUnionTypes: true });
ajv.addFormat('uuid', isId);
ajv.addFormat('date-time', isInstant);
ajv.addFormat('email', isEmail);
ajv.addFormat('uri', (text: string) => URL.canParse(text));

const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Compiled when it is first needed: a process has more routes than it is asked for in its first second. */
export function checkerOf(schema: TSchema): ValidateFunction {
  let check = compiled.get(schema);
  if (!check) {
    check = ajv.compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

/** Most that anything in a body may be nested: what is deeper would be too deep for whoever writes it out. */
const MOST_LEVELS = 32;

/** Most values in a body, and most characters of a name in it: each may have a fault of its own, with all names on the way to it. */
const MOST_VALUES = 10_000;
const MOST_OF_NAME = 500;

/** Most faults that an answer tells. */
const MOST_FAULTS = 100;

/**
 * The faults of a body, the first hundred at once.
 * @throws {HttpError} `validation_failed`
 */
export function checkedBody(schema: TSchema, value: unknown): unknown {
  const faults = textFaults(value);
  if (faults.length > 0) throw invalid(faults);
  // What is in no text must not reach a schema's patterns either.
  refuseFaults(schema, value);
  return value;
}

/**
 * The query as the schema has it: numbers and booleans are read from their texts, a list from a name that stands several times.
 * @throws {HttpError} `validation_failed`
 */
export function checkedQuery(schema: TObject, search: string): Record<string, unknown> {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  for (const part of search.split('&')) {
    if (part === '') continue;
    const [rawName = '', ...rest] = part.split('=');
    const name = decoded(rawName);
    const text = decoded(rest.join('='));
    if (name === undefined || text === undefined) {
      faults.push(fault('', 'bad_encoding', 'The query is not percent-encoded UTF-8.', 'percent-encoded UTF-8'));
      continue;
    }
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (!property) {
      faults.push(unknownName(`/${escaped(name)}`, Object.keys(schema.properties), 'query parameters'));
    } else if (typeOf(property) === 'array') {
      const list = (values[name] ??= []) as unknown[];
      list.push(asType(typeOf((property as unknown as { items: TSchema }).items), text));
    } else if (Object.hasOwn(values, name)) {
      faults.push(fault(`/${escaped(name)}`, 'repeated', `${name} stands there twice.`, `${name} once`));
    } else values[name] = asType(typeOf(property), text);
  }
  for (const each of textFaults(values)) faults.push(each);
  if (faults.length > 0) throw invalid(faults);
  refuseFaults(schema, values);
  return values;
}

export const NO_QUERY = Type.Object({}, { additionalProperties: false });

function typeOf(schema: TSchema): unknown {
  return (schema as { type?: unknown }).type;
}

function asType(type: unknown, text: string): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** @throws {HttpError} `validation_failed` */
function refuseFaults(schema: TSchema, value: unknown): void {
  const check = checkerOf(schema);
  if (check(value)) return;
  const errors = withoutEchoes(check.errors ?? []);
  // Each is written out with all that its schema takes, so only those that are told.
  throw invalid(faultsOf(errors.slice(0, MOST_FAULTS)), errors.length);
}

/** Of a union ajv tells each branch's fault and its own; where a branch said more than 'not null', that is what helps. */
function withoutEchoes(errors: ErrorObject[]): ErrorObject[] {
  // Places in the schema, not in the value: a few, however many faults there are.
  const unions = [...new Set(errors.filter(isUnion).map(({ schemaPath }) => `${schemaPath}/`))];
  return errors.filter((error) => isUnion(error) || !unions.some((union) => error.schemaPath.startsWith(union)));
}

function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

/**
 * Texts that are none: with a NUL, which Postgres takes in no text, or half of a surrogate pair, which is no UTF-8. And what is
 * nested too deep, or too much to be told what is wrong with it. Without recursion, since a megabyte holds half a million levels.
 */
function textFaults(root: unknown): Fault[] {
  const faults: Fault[] = [];
  const found: { value: unknown; pointer: string; level: number }[] = [{ value: root, pointer: '', level: 0 }];
  // What is found on the way is walked as well.
  for (const { value, pointer, level } of found) {
    if (typeof value === 'string') {
      if (!isText(value)) faults.push(noText(pointer));
    } else if (typeof value === 'object' && value !== null) {
      if (level === MOST_LEVELS) {
        const message = `${pointer.slice(0, 40)}… is nested deeper than ${MOST_LEVELS} levels.`;
        return [fault(pointer, 'too_deep', message, `at most ${MOST_LEVELS} levels`)];
      }
      const members = Object.entries(value);
      if (found.length + members.length > MOST_VALUES) {
        const message = `There are more than ${MOST_VALUES} values in all.`;
        return [fault('', 'too_large', message, `at most ${MOST_VALUES} values`)];
      }
      for (const [name, inner] of members) {
        if (name.length > MOST_OF_NAME) {
          const accepts = `names of at most ${MOST_OF_NAME} characters`;
          return [fault(pointer, 'too_large', `A name is longer than ${MOST_OF_NAME} characters.`, accepts)];
        }
        if (!isText(name)) faults.push(noText(pointer));
        else found.push({ value: inner, pointer: `${pointer}/${escaped(name)}`, level: level + 1 });
      }
    }
  }
  return faults;
}

function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function noText(pointer: string): Fault {
  const subject = pointer === '' ? 'A name' : pointer.slice(1);
  return fault(
    pointer,
    'bad_text',
    `${subject} holds a NUL or half a surrogate pair, which no text has.`,
    'text without NUL, in well-formed Unicode',
  );
}

/** What names there are, for a name that nobody knows. */
export function unknownName(pointer: string, names: readonly string[], what = 'members'): Fault {
  const accepts = names.length === 0 ? `no ${what}` : `the ${what} ${names.join(', ')}`;
  return fault(pointer, 'unknown_member', `${pointer.slice(1)} is not known here: this takes ${accepts}.`, accepts);
}

/** The refusal that tells these faults. @param count how many there are, where not all are handed over */
export function invalid(faults: readonly Fault[], count = faults.length): HttpError {
  const told = faults.slice(0, MOST_FAULTS);
  const sentences = told.slice(0, 3).map(({ message }) => message);
  const where = count > told.length ? `the first ${told.length} are in errors` : 'see errors';
  if (count > sentences.length) sentences.push(`And ${count - sentences.length} more: ${where}.`);
  return new HttpError('validation_failed', sentences.join(' '), { faults: told });
}

export function fault(pointer: string, code: string, message: string, accepts: string): Fault {
  return { pointer, code, message, accepts };
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The years 0001 to 9999 in UTC, in epoch milliseconds: others have no spelling in RFC 3339. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** RFC 3339 with a zone, of a day that there is; years that Postgres and everybody else can read, in UTC too. */
function isInstant(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-][0-2]\d:[0-5]\d)$/.exec(
    text,
  );
  if (!match) return false;
  const [, year, month, day] = match.map(Number);
  const isDay = new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  const ms = Date.parse(text);
  return isDay && month! >= 1 && month! <= 12 && ms >= FIRST_MS && ms <= LAST_MS;
}

/** One mailbox at a host: what mail servers take, not all that RFC 5322 could have. */
const MAILBOX =
  /^[^\s@"(),:;<>[\\\]\p{Cc}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/u;

/** Also in lower case, as addresses are kept: some characters are two there. RFC 5321 §4.5.3.1 has 64 and 254 at most. */
function isEmail(text: string): boolean {
  const kept = text.toLowerCase();
  return MAILBOX.test(text) && MAILBOX.test(kept) && Array.from(kept).length <= 254;
}
