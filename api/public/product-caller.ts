import type { IncomingMessage } from 'node:http';
import type { CountedCall, UsageFacts } from '../../counters/usage-entry.ts';
import { type PeriodSpan, secondsUntil, utcDay } from '../../domain/plans/periods.ts';
import { newId } from '../../runtime/ids.ts';
import { hashApiKey } from '../../runtime/secrets.ts';
import type { EffectiveProduct, ProductSnapshot } from '../../store/validation.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../errors.ts';
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
  const keyHash = hashApiKey(bearerToken(request));
  await openProduct(deps, keyHash);
  const body = route.method === 'post' ? await readBody(request, deps.config.publicBodyLimitBytes) : NO_BODY;
  // Looked at again: a body may take its time, and the key may have been replaced meanwhile.
  const { value: product, degraded } = await openProduct(deps, keyHash);

  const nowMs = deps.now();
  const effective = product.at(nowMs);
  const prepared = route.prepare({ ...call, product, effective, degraded, body, nowMs }, deps);
  const callId = prepared.status === null ? newId() : null;
  const counted = { callId, ...factsOf(prepared), status: prepared.status, atMs: nowMs, productId: product.id };
  const told = await countOne(deps, product.organizationId, counted, effective);
  const isMetered = 'Plimsoll-Degraded' in told;
  withHeaders(told);

  const { reply, status, facts } = await prepared.answer();
  if (callId !== null) {
    // Nobody waits for it: a process that is killed here leaves a counted call with an unknown verdict.
    const { organizationId, id: productId } = product;
    deps.tellLater({ organizationId, callId, ...factsOf(facts ?? prepared), atMs: nowMs, productId, status });
  }
  return isMetered && reply.headers?.['Plimsoll-Degraded']
    ? { ...reply, headers: { ...reply.headers, 'Plimsoll-Degraded': `redis, ${reply.headers['Plimsoll-Degraded']}` } }
    : reply;
}

/** Counts the call, and gives the headers that tell what is left. @throws {HttpError} `rate_limit_exceeded` */
async function countOne(
  { counter }: Dependencies,
  organizationId: string,
  call: Omit<CountedCall, 'periodKey' | 'cost'>,
  effective: EffectiveProduct,
): Promise<Record<string, string>> {
  const allowed = effective.dailyCalls;
  const period = dayOf(call.atMs);
  const { counted, used } = await counter.count({
    organizationId,
    period,
    allowed,
    call: { ...call, periodKey: period.key, cost: 1 },
  });
  const seconds = secondsUntil(period.endsAtMs, call.atMs);
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
  throw new HttpError('rate_limit_exceeded', quotaMessage(effective, used, call.atMs), {
    headers: { ...headers, 'Retry-After': String(seconds) },
    members: { retry_after: seconds },
  });
}

/** Blames the provider's plan, and says what would help (docs/spec/keyport.md §3.5): the engine knows which plan, if any. */
function quotaMessage(effective: EffectiveProduct, used: number | null, nowMs: number): string {
  const { dailyCalls } = effective;
  const { admittingPlan } = effective.oneMoreCall(used ?? Number(dailyCalls), nowMs).by;
  const upgrade = admittingPlan === null ? 'Wait' : `The provider may move to the plan '${admittingPlan}', or wait`;
  return `All ${dailyCalls} API calls that the provider's plan allows a day are used. ${upgrade} until midnight UTC.`;
}

let latestDay = utcDay(0);

/** The day that holds `nowMs`: mostly the same one as for the call before, and a date is not cheap to write. */
function dayOf(nowMs: number): PeriodSpan {
  if (nowMs < latestDay.startsAtMs || nowMs >= latestDay.endsAtMs) latestDay = utcDay(nowMs);
  return latestDay;
}

async function openProduct(
  { snapshots }: Dependencies,
  keyHash: Buffer,
): Promise<Found<ProductSnapshot> & { value: ProductSnapshot }> {
  const { value, degraded } = await snapshots.product(keyHash);
  if (!value) throw invalidApiKey('This API key is unknown. It may have been replaced by a new one.');
  return { value, degraded };
}

function factsOf({ licenseId, ip, version, deviceId }: UsageFacts): UsageFacts {
  return { licenseId, ip, version, deviceId };
}

const NO_BODY = Buffer.alloc(0);

/** The token of `Authorization: Bearer …`; the scheme's case doesn't matter (RFC 9110). @throws {HttpError} `invalid_api_key` */
function bearerToken(request: IncomingMessage): string {
  // Of two, Node shows the first, and a proxy may have looked at the other.
  if (countHeader(request, 'authorization') > 1) throw invalidApiKey('The Authorization header stands there twice.');
  const match = /^bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '');
  if (!match) throw invalidApiKey('Send the product API key in the header: Authorization: Bearer <product API key>');
  return match[1]!;
}

function invalidApiKey(detail: string): HttpError {
  return new HttpError('invalid_api_key', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
