import type { IncomingMessage } from 'node:http';
import type { Config } from '../../runtime/config.ts';
import { HttpError } from '../errors.ts';
import type { Caller } from './callers.ts';

type OriginSettings = Pick<Config, 'corsOrigins' | 'publicUrl'>;

/**
 * A browser sends cookies along whoever made it ask. What changes something by a cookie is taken only from pages of ours: browsers
 * say with every such request where it comes from (`Origin`), and a page can't make that up.
 * @throws {HttpError} `origin_not_allowed`
 */
export function refuseForeignOrigin(caller: Caller, request: IncomingMessage, settings: OriginSettings): void {
  if (caller.kind !== 'user' && caller.kind !== 'customer') return;
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === undefined) {
    // Also what no browser sent: with a cookie alone it can't be told from one that was made to.
    if (site === 'same-origin') return;
    throw new HttpError(
      'origin_not_allowed',
      'A request with a session cookie needs an Origin header. Scripts use access tokens, which need none.',
    );
  }
  if (isOwnOrigin(origin, request, settings) || settings.corsOrigins.includes(origin)) return;
  throw new HttpError('origin_not_allowed', 'Pages of this origin may not act for whoever is signed in here.');
}

/**
 * Whether a page of this platform asks: of the address that people use. Where none is configured, of the one that this request went to,
 * as a browser never sends cookies of one to another.
 */
function isOwnOrigin(origin: string, { headers }: IncomingMessage, { publicUrl }: OriginSettings): boolean {
  if (publicUrl !== '') return origin === new URL(publicUrl).origin;
  const host = headers.host ?? '';
  return origin === `http://${host}` || origin === `https://${host}`;
}
