import type { Facts } from '../../domain/plans/decision.ts';

/** An instant as products write it: whole seconds, rounded up, so that nothing is promised too early. */
export function instant(iso: string | null): string | null {
  return iso === null ? null : new Date(epochSeconds(iso) * 1000).toISOString().replace('.000Z', 'Z');
}

/** The name and value of each header. */
export type Headers = Record<string, string>;

/**
 * `X-RateLimit-*`, whose reset is the Unix time at which one more becomes possible, in whole seconds rounded up; none for a limit that
 * is unlimited. Source: docs/spec/keyway.md §3.
 */
export function epochHeaders(by: Facts | null | undefined, nowMs: number): Headers {
  if (typeof by?.allowed !== 'number') return {};
  return {
    'X-RateLimit-Limit': String(by.allowed),
    'X-RateLimit-Remaining': String(by.remaining ?? 0),
    'X-RateLimit-Reset': String(epochReset(by, nowMs)),
  };
}

/** Agrees with that reset to the second: it is as many seconds after the one in which the caller was refused. */
export function epochRetryAfter(by: Facts, nowMs: number): Headers {
  const seconds = Math.max(1, by.retryAfterSeconds ?? 0, epochReset(by, nowMs) - Math.floor(nowMs / 1000));
  return { 'Retry-After': String(seconds) };
}

function epochReset(by: Facts, nowMs: number): number {
  return by.resetsAt === null ? Math.ceil(boundaryMs(by, nowMs) / 1000) : epochSeconds(by.resetsAt);
}

/**
 * `RateLimit-*`, whose reset is a number of seconds: until the period ends, or the present cell of a window. None for a limit that is
 * unlimited. Source: docs/spec/unkey.md §2.5.
 */
export function secondsHeaders(by: Facts | null | undefined, nowMs: number): Headers {
  if (typeof by?.allowed !== 'number') return {};
  return {
    'RateLimit-Limit': String(by.allowed),
    'RateLimit-Remaining': String(by.remaining ?? 0),
    'RateLimit-Reset': String(secondsToBoundary(by, nowMs)),
  };
}

/** When the same fits again. Where it never will, the window's end: nothing can have changed before (docs/spec/unkey.md §2.6). */
export function secondsRetryAfter(by: Facts, nowMs: number): Headers {
  return { 'Retry-After': String(retryAfter(by, nowMs)) };
}

export function retryAfter(by: Facts, nowMs: number): number {
  return Math.max(1, by.retryAfterSeconds ?? secondsToBoundary(by, nowMs));
}

/** The end of the present cell of a window, of those counted from 1970 (docs/spec/unkey.md §6.5); else of the period. */
export function boundaryMs({ windowSeconds, resetsAt }: Facts, nowMs: number): number {
  if (windowSeconds === null) return resetsAt === null ? nowMs : Date.parse(resetsAt);
  const windowMs = Math.round(windowSeconds * 1000);
  return (Math.floor(nowMs / windowMs) + 1) * windowMs;
}

function secondsToBoundary(by: Facts, nowMs: number): number {
  return Math.max(0, Math.ceil((boundaryMs(by, nowMs) - nowMs) / 1000));
}

function epochSeconds(iso: string): number {
  return Math.ceil(Date.parse(iso) / 1000);
}
