import type { Facts } from '../../domain/plans/decision.ts';
import { boundaryMs } from './clock.ts';
import { type Occasion, occasionOf } from './occasions.ts';

/** How the verification of a key ends (docs/spec/unkey.md §4.3). */
export type VerificationCode = 'VALID' | 'NOT_FOUND' | 'FORBIDDEN' | 'RATE_LIMITED' | 'USAGE_EXCEEDED';

/** Three outcomes that can be told apart: slower, refused until a refill or reset, refused (docs/spec/unkey.md §9 R8). */
const CODES: Record<Occasion, VerificationCode> = {
  rate: 'RATE_LIMITED',
  credits: 'USAGE_EXCEEDED',
  quota: 'USAGE_EXCEEDED',
  budget: 'USAGE_EXCEEDED',
  feature: 'FORBIDDEN',
  limit: 'FORBIDDEN',
  size: 'FORBIDDEN',
  state: 'FORBIDDEN',
  hidden: 'NOT_FOUND',
};

export function verificationCode(by: Facts): VerificationCode {
  return CODES[occasionOf(by)];
}

/** One rate that a verification checked; `id` is empty for one that came with the call. */
export interface CheckedRate {
  id: string;
  autoApply: boolean;
  allowed: boolean;
  by: Facts;
}

/** How one rate stands after the call, as the client reads it: all eight members, times in milliseconds. */
export interface RatelimitMember {
  id: string;
  name: string;
  limit: number;
  duration: number;
  reset: number;
  remaining: number;
  exceeded: boolean;
  autoApply: boolean;
}

/**
 * What a verification tells of rates and credits, of those there are: what isn't limited is left out, never `null`, for the client
 * takes none. Source: docs/spec/unkey.md §4.4, §5.4, §6.6.
 */
export function consumed(
  { rates, credits }: { rates: readonly CheckedRate[]; credits: Facts | null },
  nowMs: number,
): { credits?: number; ratelimits?: RatelimitMember[] } {
  const ratelimits = rates.flatMap((rate) => ratelimitOf(rate, nowMs) ?? []);
  return {
    ...(typeof credits?.remaining === 'number' ? { credits: credits.remaining } : {}),
    ...(ratelimits.length > 0 ? { ratelimits } : {}),
  };
}

function ratelimitOf({ id, autoApply, allowed, by }: CheckedRate, nowMs: number): RatelimitMember | null {
  const { name, allowed: limit, windowSeconds } = by;
  if (typeof limit !== 'number' || windowSeconds === null) return null;
  const { remaining, reset } = stateOf(by, allowed, nowMs);
  return {
    id,
    name,
    limit,
    duration: Math.round(windowSeconds * 1000),
    reset,
    remaining,
    exceeded: !allowed,
    autoApply,
  };
}

/** The answer to a standalone check, refused or not (docs/spec/unkey.md §6.7). @throws {RangeError} for a limit without a number */
export function standalone(
  { allowed, by }: { allowed: boolean; by: Facts },
  { nowMs, overrideId }: { nowMs: number; overrideId?: string },
): { success: boolean; limit: number; remaining: number; reset: number; overrideId?: string } {
  if (typeof by.allowed !== 'number')
    throw new RangeError(`'${by.name}' is unlimited; a standalone check has a number`);
  return {
    success: allowed,
    limit: by.allowed,
    ...stateOf(by, allowed, nowMs),
    ...(overrideId === undefined ? {} : { overrideId }),
  };
}

/** Of a refused check nothing remains, whatever smaller cost would fit; the reset is the end of the cell (docs/spec/unkey.md §6.5). */
function stateOf(by: Facts, allowed: boolean, nowMs: number): { remaining: number; reset: number } {
  const remaining = allowed && typeof by.remaining === 'number' ? by.remaining : 0;
  return { remaining, reset: boundaryMs(by, nowMs) };
}
