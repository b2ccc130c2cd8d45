import type { IncomingMessage } from 'node:http';
import { failureOf } from './broken-requests.ts';
import { HttpError } from './errors.ts';

/**
 * Refuses what Node lets through although RFC 9112 has a server refuse it: no Host, several, or one that can't be a host
 * (§3.2), a target that is no target, and another version. A target in absolute form is brought into the form of all others (§3.2.2), so that
 * routes see paths alone. @throws {HttpError} `invalid_request`, and what was found wrong before the request came here
 */
export function checkRequestHead(request: IncomingMessage): void {
  const failure = failureOf(request);
  if (failure) throw failure;

  const { httpVersion } = request;
  // The parser also takes 0.9 and 2.0 written into a request line.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw malformed('This is no HTTP/1.1.', { Connection: 'close' });

  const hosts = countHeader(request, 'host');
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw malformed(`A request has one Host header; this one has ${hosts === 0 ? 'none' : 'several'}.`);
  }
  // No white space, nothing of a path, of user names or beyond ASCII: proxies would read different hosts in it.
  if (!/^[!$&-.0-;=A-Z_a-z~[\]%]*$/.test(request.headers.host ?? '')) throw malformed('The Host header holds no host.');

  const target = request.url ?? '';
  const path = /^https?:\/\/[^/?#]+(\/[^#]*|\?[^#]*)?$/i.exec(target);
  if (path) request.url = path[1] === undefined ? '/' : path[1].replace(/^\?/, '/?');
  else if (target !== '*' && !target.startsWith('/')) throw malformed('The request target is no path.');
  // A fragment, a blank or a byte beyond ASCII is in no target, and one parser reads it so, another so.
  if (/[^\x21\x22\x24-\x7e]/.test(request.url ?? '')) {
    throw malformed('The path holds a character that must be percent-encoded.');
  }
}

/** How often a header stands in a request; `request.headers` shows the first of some and joins others. */
export function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const each = rawHeaders[i]!;
    if (each.length === name.length && each.toLowerCase() === name) count += 1;
  }
  return count;
}

function malformed(detail: string, headers: Record<string, string> = {}): HttpError {
  return new HttpError('invalid_request', detail, { headers });
}
