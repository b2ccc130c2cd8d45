import type { ErrorObject } from 'ajv';
import type { Fault } from '../domain/refusal.ts';

interface Described {
  description?: string;
  properties?: Record<string, unknown>;
}

/** What ajv found, in our words. It must run with `allErrors` and `verbose`. Values are never quoted: they may be secrets. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): Fault[] {
  return (errors ?? []).map((error) => {
    if (error.keyword === 'required') return missing(error, String(error.params.missingProperty));
    if (error.keyword === 'additionalProperties') return unknown(error, String(error.params.additionalProperty));
    const pointer = error.instancePath;
    const accepts = acceptedBy(error.parentSchema) ?? error.message ?? 'another value';
    return {
      pointer,
      code: error.keyword === 'type' ? 'wrong_type' : error.keyword,
      message: `${subjectOf(pointer)} must be ${accepts}${bound(error)}.`,
      accepts: `${accepts}${bound(error)}`,
    };
  });
}

function missing(error: ErrorObject, name: string): Fault {
  const pointer = `${error.instancePath}/${escaped(name)}`;
  const schema = (error.parentSchema as Described | undefined)?.properties?.[name];
  const accepts = acceptedBy(schema) ?? error.message ?? 'another value';
  return { pointer, code: 'required', message: `${subjectOf(pointer)} is missing: it takes ${accepts}.`, accepts };
}

function unknown(error: ErrorObject, name: string): Fault {
  const pointer = `${error.instancePath}/${escaped(name)}`;
  const names = Object.keys((error.parentSchema as Described | undefined)?.properties ?? {});
  const accepts = names.length === 0 ? 'no members' : `the members ${names.join(', ')}`;
  return {
    pointer,
    code: 'unknown_member',
    message: `${subjectOf(pointer)} is not known: this takes ${accepts}.`,
    accepts,
  };
}

function acceptedBy(schema: unknown): string | undefined {
  return (schema as Described | undefined)?.description;
}

/** What a description in words may leave out. */
function bound({ keyword, params }: ErrorObject): string {
  switch (keyword) {
    case 'minLength':
      return ` of at least ${params.limit} characters`;
    case 'maxLength':
      return ` of at most ${params.limit} characters`;
    case 'minItems':
      return ` with at least ${params.limit} items`;
    case 'maxItems':
      return ` with at most ${params.limit} items`;
    case 'minimum':
      return `, at least ${params.limit}`;
    case 'maximum':
      return `, at most ${params.limit}`;
    default:
      return '';
  }
}

function subjectOf(pointer: string): string {
  return pointer === '' ? 'The body' : pointer.slice(1);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
