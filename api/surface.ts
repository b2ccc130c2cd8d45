import type { IncomingMessage } from 'node:http';
import type { Config } from '../runtime/config.ts';

/**
 * What stands on every answer of what people and browsers use (`/v1`, `/auth`, `/docs`), whatever it is: headers that keep a browser
 * from doing more with it than it should, and those that let pages of the configured origins read it. The public API and health have
 * none: their callers are servers.
 */
export interface Surface {
  isOn(path: string): boolean;
  headersFor(request: IncomingMessage): Record<string, string>;
  /** What a preflight is answered with beside `headersFor`. */
  preflightHeaders(request: IncomingMessage, methods: readonly string[]): Record<string, string>;
}

const PARTS = ['/v1', '/auth', '/docs', '/problems', '/dev'];

const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
};

/** What pages may read beside the body. */
const EXPOSED = [
  'ETag',
  'Idempotent-Replayed',
  'Plimsoll-Degraded',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
].join(', ');
/** What pages may send. */
const TAKEN = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id';
const PREFLIGHT_SECONDS = '600';

export function createSurface({ corsOrigins, publicUrl }: Pick<Config, 'corsOrigins' | 'publicUrl'>): Surface {
  const always = publicUrl.startsWith('https://')
    ? { ...ALWAYS, 'Strict-Transport-Security': 'max-age=31536000' }
    : ALWAYS;
  const isAllowed = (origin: string | undefined): origin is string =>
    origin !== undefined && corsOrigins.includes(origin);
  return {
    isOn: (path) => PARTS.some((part) => path === part || path.startsWith(`${part}/`)),
    headersFor({ headers: { origin } }) {
      if (corsOrigins.length === 0) return always;
      // Also where the origin is none of them: caches must not give one page what another was answered.
      if (!isAllowed(origin)) return { ...always, Vary: 'Origin' };
      return {
        ...always,
        Vary: 'Origin',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': EXPOSED,
      };
    },
    preflightHeaders({ headers: { origin, 'access-control-request-method': method } }, methods) {
      if (!isAllowed(origin) || method === undefined) return {};
      return {
        'Access-Control-Allow-Methods': methods.join(', '),
        'Access-Control-Allow-Headers': TAKEN,
        'Access-Control-Max-Age': PREFLIGHT_SECONDS,
      };
    },
  };
}
