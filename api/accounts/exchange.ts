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
  /** What the library caught and would answer with a bare 500. */
  error: unknown;
}

const exchanges = new AsyncLocalStorage<AccountExchange>();

export function within<T>(exchange: AccountExchange, work: () => Promise<T>): Promise<T> {
  return exchanges.run(exchange, work);
}

/** The request that is being answered. @throws {Error} outside of one */
export function currentExchange(): AccountExchange {
  const exchange = exchanges.getStore();
  if (!exchange) throw new Error('No request to accounts is being answered');
  return exchange;
}
