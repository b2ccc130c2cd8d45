import type { ErrorObject } from 'ajv';
import type { Fault } from '../domain/refusal.ts';

/** What ajv found, in our words. It must run with `allErrors` and `verbose`. Values are never quoted: they may be secrets. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): Fault[] {
  return (errors ?? []).map((error) => {
    const missing = error.keyword === 'required' ? String(error.params.missingProperty) : undefined;
    const pointer = missing === undefined ? error.instancePath : `${error.instancePath}/${escaped(missing)}`;
    const schema = (missing === undefined ? error.parentSchema : propertySchema(error, missing)) as
      | { description?: string }
      | undefined;
    const accepts = schema?.description ?? error.message ?? 'another value';
    const subject = pointer === '' ? 'The body' : pointer.slice(1);
    return {
      pointer,
      code: missing === undefined ? (error.keyword === 'type' ? 'wrong_type' : error.keyword) : 'required',
      message: missing === undefined ? `${subject} must be ${accepts}.` : `${subject} is missing: it takes ${accepts}.`,
      accepts,
    };
  });
}

function propertySchema(error: ErrorObject, name: string): unknown {
  return (error.parentSchema as { properties?: Record<string, unknown> } | undefined)?.properties?.[name];
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
