import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from '../errors.ts';

/** The strong ETag of an answer's text: what reads alike is alike, whoever wrote it and whenever. */
export function etagOf(text: string): string {
  return `"${hash('sha256', text, 'base64url').slice(0, 27)}"`;
}

/**
 * Holds `If-Match` against a thing as GET shows it now (RFC 9110 §13.1.1: `*`, or a list of strong tags).
 * @throws {HttpError} `precondition_failed`
 */
export function holdAgainst(request: IncomingMessage, view: unknown): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  const etag = etagOf(JSON.stringify(view));
  if (tagsIn(wanted).includes(etag)) return;
  throw new HttpError('precondition_failed', 'It was changed since you read it: read it again, and decide anew.', {
    headers: { ETag: etag },
  });
}

/** Whether the caller has this very answer (`If-None-Match`, compared weakly: RFC 9110 §13.1.2). */
export function isKnownAlready(request: IncomingMessage, etag: string): boolean {
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  return known.trim() === '*' || tagsIn(known).some((tag) => tag.replace(/^W\//, '') === etag);
}

function tagsIn(list: string): string[] {
  return list.split(',').map((tag) => tag.trim());
}
