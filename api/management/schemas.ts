import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';

/** The forms that fields of the API have. Views are written out field by field, so that a new column never leaks. */

/** A closed object: members that are not named get 422. For bodies, and objects in them. */
export function Body<P extends TProperties>(properties: P, options: { minProperties?: number } = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false, description: 'a JSON object' });
}

/** What is shown of a thing; `name` is its name in the document. */
export function View<P extends TProperties>(name: string, properties: P): TObject<P> {
  return Type.Object(properties, { title: name, additionalProperties: false });
}

export const Id = Type.String({ format: 'uuid', description: 'a UUID' });
/** RFC 3339 in UTC with milliseconds. */
export const Instant = Type.String({ format: 'date-time', description: 'an instant as RFC 3339, in UTC' });
export const Email = Type.String({ format: 'email', maxLength: 254, description: 'an e-mail address' });

export function Nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** One of some names, as a type and as an enum of the document. */
export function OneOf<const T extends string>(...names: readonly T[]) {
  return Type.Unsafe<T>({ type: 'string', enum: [...names], description: `one of ${names.join(', ')}` });
}

/** Text of people: from one character to `most`, without white space alone. */
export function Text(most: number, description: string) {
  return Type.String({ minLength: 1, maxLength: most, pattern: '\\S', description });
}

/** RFC 3339 in UTC with milliseconds. @param ms epoch milliseconds */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

export type { Static };
