import { createIdSequence } from '../runtime/ids.ts';

const nextId = createIdSequence();

/** The caller's own request id when it is a decent one, else a new one; the answer carries it in `X-Request-Id`. */
export function requestIdFor(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._~-]{1,128}$/.test(given) ? given : `req_${nextId()}`;
}
