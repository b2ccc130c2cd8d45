import { readFileSync } from 'node:fs';
import type { Redis, Result } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    quota(
      key: string,
      cost: number,
      allowed: string,
      forgetAtSeconds: number,
    ): Result<[counted: 0 | 1, used: number], Context>;
  }
}

/** One call to count. The period comes from the caller's clock, so that a test can stand at 23:59:59.999. */
export interface QuotaCall {
  productId: string;
  /** The period's key and its end in epoch milliseconds, from `domain/plans/periods.ts`. */
  period: { key: string; endsAtMs: number };
  cost: number;
  allowed: Limit;
}

export interface QuotaAnswer {
  counted: boolean;
  /** What is used in the period now. */
  used: number;
}

export type CountCall = (call: QuotaCall) => Promise<QuotaAnswer>;

/** A counter outlives its period by this, so that what was used can still be settled. */
const KEPT_AFTER_SECONDS = 3 * 86_400;

/** Loads the script into a connection. A call is one atomic round trip; an outage rejects, it never counts as "allowed". */
export function createQuotaCounter(redis: Redis): CountCall {
  redis.defineCommand('quota', { numberOfKeys: 1, lua: readFileSync(new URL('./quota.lua', import.meta.url), 'utf8') });

  return async ({ productId, period, cost, allowed }) => {
    const forgetAtSeconds = Math.ceil(period.endsAtMs / 1000) + KEPT_AFTER_SECONDS;
    const [counted, used] = await redis.quota(quotaKey(productId, period.key), cost, String(allowed), forgetAtSeconds);
    return { counted: counted === 1, used };
  };
}

/** Braces are a hash tag: all keys of a partition live on one cluster node, so that one script may touch them together. */
function quotaKey(productId: string, period: string): string {
  return `{p0}:quota:${productId}:${period}`;
}
