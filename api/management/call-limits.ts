import type { Attempts } from '../../counters/attempts.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { siteOf } from '../caller-address.ts';
import { HttpError } from '../errors.ts';
import type { Caller } from './callers.ts';

const WINDOW_MS = 60_000;

/**
 * Counts a call against what its caller has a minute; the minute begins with the first call. Exact over all processes; while Redis is
 * away each process counts by itself, and the answer says so.
 * @throws {HttpError} `rate_limited`
 */
export async function countCall(
  { caller, address }: { caller: Caller; address: string },
  { attempts, callsAMinute }: { attempts: Attempts; callsAMinute: number },
): Promise<Record<string, string>> {
  const rule = { allowed: callsAMinute, windowMs: WINDOW_MS };
  const { counted, remaining, resetsInMs, isExact } = await attempts(
    `calls ${nameOf(caller) ?? siteOf(address)}`,
    rule,
  );
  const seconds = String(Math.max(1, Math.ceil(resetsInMs / 1_000)));
  const headers = {
    'RateLimit-Limit': String(callsAMinute),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': seconds,
    ...(!isExact && { 'Plimsoll-Degraded': 'redis' }),
  };
  if (counted) return headers;
  throw new HttpError(
    'rate_limited',
    `All ${callsAMinute} calls of this minute are used. One more is taken in ${seconds} s.`,
    {
      headers: { ...headers, 'Retry-After': seconds },
    },
  );
}

/** Who calls, as kind and id; nothing for somebody who isn't known. */
export function nameOf(caller: Caller): string | undefined {
  switch (caller.kind) {
    case 'anyone':
      return undefined;
    case 'user':
      return `user ${caller.userId}`;
    case 'token':
      return `token ${caller.tokenId}`;
    case 'customer':
      return `customer ${caller.customerId}`;
    default:
      return unreachable(caller);
  }
}
