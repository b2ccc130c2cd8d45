import { v7 } from 'uuid';

/** A new id: a UUIDv7, so that rows made together lie together in an index. */
export function newId(): string {
  return v7();
}

/** Whether a text has the form of a UUID; anything else belongs to nothing and must not reach a uuid column. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
