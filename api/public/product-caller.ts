import type { IncomingMessage } from 'node:http';
import { secondsUntil, utcDay } from '../../domain/plans/periods.ts';
import { hashApiKey } from '../../runtime/secrets.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../errors.ts';
import { countHeader } from '../request-head.ts';
import { countHeader } from '../request-head.ts';
import type { Call, Dependencies, ProductCall } from '../route.ts';

/**
 * Admits a call by a product's API key: 401, then the body's size, then the day's quota and *count one*, in this order
 * (docs/spec/keyport.md §2.4, §3.8 steps 1 to 3). What comes after is counted, whatever becomes of it.
 * @throws {HttpError} `invalid_api_key`, `payload_too_large`, `unsupported_media_type`, `rate_limit_exceeded`
 */
export async function admitProductCall(call: Call, deps: Dependencies, hasBody: boolean): Promise<ProductCall> {
  const { request } = call;
  const keyHash = hashApiKey(bearerToken(request));
  const { value: product, degraded } = await deps.snapshots.product(keyHash);
  if (!product) throw invalidApiKey('This API key is unknown. It may have been replaced by a new one.');

  const body = hasBody ? await readBody(request, deps.config.publicBodyLimitBytes) : Buffer.alloc(0);
  const nowMs = deps.now();
  const period = utcDay(nowMs);
  const effective = product.at(nowMs);
  const allowed = effective.dailyCalls;
  const { counted, used } = await deps.count({ productId: product.id, period, cost: 1, allowed });
  const seconds = secondsUntil(period.endsAtMs, nowMs);
  const quotaHeaders: Record<string, string> =
    allowed === 'unlimited'
      ? {}
      : {
          'RateLimit-Limit': String(allowed),
          'RateLimit-Remaining': String(Math.max(0, allowed - used)),
          'RateLimit-Reset': String(seconds),
        };
  if (!counted) {
    throw new HttpError(
      'rate_limit_exceeded',
      "The provider's plan allows no more API calls today. Upgrade the plan, or wait until midnight UTC.",
      { headers: { ...quotaHeaders, 'Retry-After': String(seconds) }, members: { retry_after: seconds } },
    );
  }
  return { ...call, product, effective, keyHash, body, nowMs, quotaHeaders, degraded };
}

/** The token of `Authorization: Bearer …`; the scheme's case doesn't matter (RFC 9110). @throws {HttpError} `invalid_api_key` */
function bearerToken(request: IncomingMessage): string {
  // Of two, Node shows the first, and a proxy may have looked at the other.
  if (countHeader(request, 'authorization') > 1) throw invalidApiKey('The Authorization header stands there twice.');
  // Of two, Node shows the first, and a proxy may have looked at the other.
  if (countHeader(request, 'authorization') > 1) throw invalidApiKey('The Authorization header stands there twice.');
  const match = /^bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '');
  if (!match) throw invalidApiKey('Send the product API key in the header: Authorization: Bearer <product API key>');
  return match[1]!;
}

function invalidApiKey(detail: string): HttpError {
  return new HttpError('invalid_api_key', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
