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

/**
 * Every fault of a body at once.
 * @throws {HttpError} `validation_failed`
 */
export function checkedBody(schema: TSchema, value: unknown): unknown {
  const faults = textFaults(value);
  // What is in no text must not reach a schema's patterns either.
  if (faults.length === 0) faults.push(...schemaFaults(schema, value));
  if (faults.length > 0) throw invalid(faults);
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
  faults.push(...textFaults(values));
  if (faults.length === 0) faults.push(...schemaFaults(schema, values));
  if (faults.length > 0) throw invalid(faults);
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

function schemaFaults(schema: TSchema, value: unknown): Fault[] {
  const check = checkerOf(schema);
  if (check(value)) return [];
  return faultsOf(withoutEchoes(check.errors ?? []));
}

/** Of a union ajv tells each branch's fault and its own; where a branch said more than 'not null', that is what helps. */
function withoutEchoes(errors: ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  return errors.filter((error) => {
    if (unions.includes(error)) return true;
    return !unions.some(({ schemaPath }) => error.schemaPath.startsWith(`${schemaPath}/`));
  });
}

/**
 * Texts that are none: with a NUL, which Postgres takes in no text, or half of a surrogate pair, which is no UTF-8. And what is
 * nested too deep. Without recursion, since a megabyte holds half a million levels.
 */
function textFaults(root: unknown): Fault[] {
  const faults: Fault[] = [];
  const waiting: { value: unknown; pointer: string; level: number }[] = [{ value: root, pointer: '', level: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, pointer, level } = next;
    if (typeof value === 'string') {
      if (!isText(value)) faults.push(noText(pointer));
    } else if (typeof value === 'object' && value !== null) {
      if (level === MOST_LEVELS) {
        const message = `${pointer.slice(0, 40)}… is nested deeper than ${MOST_LEVELS} levels.`;
        return [fault(pointer, 'too_deep', message, `at most ${MOST_LEVELS} levels`)];
      }
      for (const [name, inner] of Object.entries(value)) {
        if (!isText(name)) faults.push(noText(pointer));
        else waiting.push({ value: inner, pointer: `${pointer}/${escaped(name)}`, level: level + 1 });
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

export function invalid(faults: Fault[]): HttpError {
  const sentences = faults.slice(0, 3).map(({ message }) => message);
  if (faults.length > 3) sentences.push(`And ${faults.length - 3} more: see errors.`);
  return new HttpError('validation_failed', sentences.join(' '), { faults });
}

export function fault(pointer: string, code: string, message: string, accepts: string): Fault {
  return { pointer, code, message, accepts };
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** RFC 3339 with a zone, of a day that there is; years that Postgres and everybody else can read. */
function isInstant(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-][0-2]\d:[0-5]\d)$/.exec(
    text,
  );
  if (!match || match[1] === '0000') return false;
  const [, year, month, day] = match.map(Number);
  const isDay = new Date(Date.UTC(year!, month! - 1, day)).getUTCDate() === day;
  return isDay && month! >= 1 && month! <= 12 && !Number.isNaN(Date.parse(text));
}

/** One mailbox at a host: what mail servers take, not all that RFC 5322 could have. */
function isEmail(text: string): boolean {
  return /^[^\s@"(),:;<>[\\\]\p{Cc}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/u.test(
    text,
  );
}
