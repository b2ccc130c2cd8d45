import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attempt } from '../../counters/attempts.ts';

/** What a request to the library of accounts is, beside what the library is given of it. */
export interface AccountExchange {
  audience: 'dashboard' | 'portal';
  /** Below the library's own path: `/sign-in/email`. */
  path: string;
  /** The body as it was parsed; an object without members where there was none. */
  body: Readonly<Record<string, unknown>>;
  ip: string;
  nowMs: number;
  /** What the limit by address said, once it was asked. */
  attempt: (Attempt & { allowed: number }) | undefined;
  /** When the session of who asks began, epoch milliseconds; only where that matters. */
  sessionBeganAtMs: number | undefined;
  /** Whom this request has made. */
  newUserId: string | undefined;
}

const exchanges = new AsyncLocalStorage<AccountExchange>();

export function within<T>(exchange: AccountExchange, work: () => Promise<T>): Promise<T> {
  return exchanges.run(exchange, work);
}

/** Epoch milliseconds, so many seconds after the request that is being answered. */
export function dueIn(seconds: number): number {
  return currentExchange().nowMs + seconds * 1_000;
}

/** When the request that is being answered was made, and from where. */
export function whence(): { atMs: number; ip: string } {
  const { nowMs, ip } = currentExchange();
  return { atMs: nowMs, ip };
}

/** The request that is being answered. @throws {Error} outside of one */
export function currentExchange(): AccountExchange {
  const exchange = exchanges.getStore();
  if (!exchange) throw new Error('No request to accounts is being answered');
  return exchange;
}
