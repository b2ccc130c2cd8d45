import { createIdSequence } from '../runtime/ids.ts';
import { withoutSecrets } from '../runtime/log.ts';

const nextId = createIdSequence();

/**
 * The caller's own request id when it is a decent one, else a new one; the answer carries it in `X-Request-Id`. One that holds
 * what looks like a key is none: ids are written down, here and by others.
 */
export function requestIdFor(given: string | string[] | undefined): string {
  return typeof given === 'string' && isDecent(given) ? given : `req_${nextId()}`;
}

function isDecent(id: string): boolean {
  return /^[A-Za-z0-9._~-]{1,128}$/.test(id) && withoutSecrets(id) === id;
}
