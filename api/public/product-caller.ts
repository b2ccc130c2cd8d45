import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { QuotaAnswer } from '../../counters/quota.ts';
import type { UsageFacts } from '../../counters/usage-entry.ts';
import { type PeriodSpan, secondsUntil, utcDay } from '../../domain/plans/periods.ts';
import { newId } from '../../runtime/ids.ts';
import { apiKeyDigest } from '../../runtime/secrets.ts';
import type { EffectiveProduct, ProductSnapshot } from '../../store/validation.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../errors.ts';
import { exhausted } from '../presentations/index.ts';
import { countHeader } from '../request-head.ts';
import type { Call, Dependencies, Reply, Route } from '../route.ts';
import type { Found } from '../snapshots/cache.ts';

/**
 * Answers a call by a product's API key: 401, then the body's size, then the day's quota and *count one*, in this order
 * (docs/spec/keyport.md §2.4, §3.8 steps 1 to 3). What comes after is counted, whatever becomes of it: what is known of the call
 * is prepared before, without a look at Postgres, so that it can be written in the same step as the count.
 * @throws {HttpError} `invalid_api_key`, `payload_too_large`, `unsupported_media_type`, `rate_limit_exceeded`, the route's own
 */
export async function answerProductCall(
  route: Extract<Route, { caller: 'product_key' }>,
  call: Call,
  deps: Dependencies,
  withHeaders: (headers: Record<string, string>) => void,
): Promise<Reply> {
  const { request } = call;
  const { snapshots } = deps;
  const keyHash = keyHashOf(request);
  // Waited for only where there is something to wait for: each wait costs every call (bench/README.md).
  const early = snapshots.product(keyHash);
  known(early instanceof Promise ? await early : early);
  const body = route.method === 'post' ? await readBody(request, deps.config.publicBodyLimitBytes) : NO_BODY;
  // Looked at again: a body may take its time, and the key may have been replaced meanwhile.
  const now = snapshots.product(keyHash);
  const { value: product, degraded } = known(now instanceof Promise ? await now : now);

  const nowMs = deps.now();
  const effective = product.at(nowMs);
  const { requestId, params } = call;
  const prepared = route.prepare({ request, requestId, params, product, effective, degraded, body, nowMs }, deps);
  const { licenseId, ip, version, deviceId, status: knownStatus } = prepared;
  const callId = knownStatus === null ? newId() : null;
  const period = dayOf(nowMs);
  const counted = await deps.counter.count({
    organizationId: product.organizationId,
    period,
    allowed: effective.dailyCalls,
    call: {
      callId,
      atMs: nowMs,
      productId: product.id,
      periodKey: period.key,
      cost: 1,
      licenseId,
      ip,
      version,
      deviceId,
      status: knownStatus,
    },
  });
  withHeaders(whatIsLeft(counted, { effective, period, nowMs }));

  const answered = prepared.answer();
  const { reply, status, facts } = answered instanceof Promise ? await answered : answered;
  if (callId !== null) {
    // Nobody waits for it: a process that is killed here leaves a counted call with an unknown verdict.
    const { organizationId, id: productId } = product;
    deps.tellLater({ organizationId, callId, ...factsOf(facts ?? prepared), atMs: nowMs, productId, status });
  }
  return counted.used === null && reply.headers?.['Plimsoll-Degraded']
    ? { ...reply, headers: { ...reply.headers, 'Plimsoll-Degraded': `redis, ${reply.headers['Plimsoll-Degraded']}` } }
    : reply;
}

/** The headers that tell what is left. @throws {HttpError} `rate_limit_exceeded` where the call did not count */
function whatIsLeft(
  { counted, used }: QuotaAnswer,
  { effective, period, nowMs }: { effective: EffectiveProduct; period: PeriodSpan; nowMs: number },
): Record<string, string> {
  const allowed = effective.dailyCalls;
  if (counted && used !== null && allowed === 'unlimited') return NO_HEADERS;
  const seconds = secondsUntil(period.endsAtMs, nowMs);
  const headers: Record<string, string> =
    used === null
      ? { 'Plimsoll-Degraded': 'redis' }
      : allowed === 'unlimited'
        ? {}
        : {
            'RateLimit-Limit': String(allowed),
            'RateLimit-Remaining': String(Math.max(0, allowed - used)),
            'RateLimit-Reset': String(seconds),
          };
  if (counted) return headers;
  // Its bytes are those of the platform's presentation (presentations/keyport.ts); a test holds them together.
  const { by } = effective.oneMoreCall(used ?? Number(allowed), nowMs);
  throw new HttpError('rate_limit_exceeded', exhausted(by), {
    headers: { ...headers, 'Retry-After': String(seconds) },
    members: { retry_after: seconds },
  });
}

const NO_HEADERS = {};

let latestDay = utcDay(0);

/** The day that holds `nowMs`: mostly the same one as for the call before, and a date is not cheap to write. */
function dayOf(nowMs: number): PeriodSpan {
  if (nowMs < latestDay.startsAtMs || nowMs >= latestDay.endsAtMs) latestDay = utcDay(nowMs);
  return latestDay;
}

/** @throws {HttpError} `invalid_api_key` where no product has the key */
function known({ value, degraded }: Found<ProductSnapshot>): Found<ProductSnapshot> & { value: ProductSnapshot } {
  if (!value) throw invalidApiKey('This API key is unknown. It may have been replaced by a new one.');
  return { value, degraded };
}

function factsOf({ licenseId, ip, version, deviceId }: UsageFacts): UsageFacts {
  return { licenseId, ip, version, deviceId };
}

const NO_BODY = Buffer.alloc(0);

/** What was sent last on a connection, and its hash: mostly the next call on it sends the same. */
const latestKeys = new WeakMap<Socket, { authorization: string; keyHash: string }>();

/**
 * The SHA-256, in base64, of the token of `Authorization: Bearer …`; the scheme's case doesn't matter (RFC 9110).
 * @throws {HttpError} `invalid_api_key`
 */
function keyHashOf(request: IncomingMessage): string {
  // Of two, Node shows the first, and a proxy may have looked at the other.
  if (countHeader(request, 'authorization') > 1) throw invalidApiKey('The Authorization header stands there twice.');
  const authorization = request.headers.authorization ?? '';
  const latest = latestKeys.get(request.socket);
  // Compared with nothing but what this caller itself has sent: how long it takes tells nobody of another's key.
  if (latest?.authorization === authorization) return latest.keyHash;

  const match = /^bearer +([^\s]+) *$/i.exec(authorization);
  if (!match) throw invalidApiKey('Send the product API key in the header: Authorization: Bearer <product API key>');
  const keyHash = apiKeyDigest(match[1]!);
  latestKeys.set(request.socket, { authorization, keyHash });
  return keyHash;
}

function invalidApiKey(detail: string): HttpError {
  return new HttpError('invalid_api_key', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
