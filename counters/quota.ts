import type { Redis } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import type { PeriodSpan } from '../domain/plans/periods.ts';
import { createBatches } from './batches.ts';

/** One call to count. The period comes from the caller's clock, so that a test can stand at 23:59:59.999. */
export interface QuotaCall {
  productId: string;
  period: PeriodSpan;
  cost: number;
  allowed: Limit;
}

export interface QuotaAnswer {
  counted: boolean;
  /** What is used in the period now. */
  used: number;
}

export type CountCall = (call: QuotaCall) => Promise<QuotaAnswer>;

/** A counter outlives its period by at least this, so that what was used can still be settled. */
const KEPT_AFTER_SECONDS = 3 * 86_400;

/**
 * Counts calls against quotas: atomic, and never counted twice, whatever happens to the connection. What is asked in one turn
 * of the event loop travels together. An outage rejects within `timeoutMs`; it never counts as "allowed".
 */
export function createQuotaCounter(redis: Redis, { timeoutMs }: { timeoutMs: number }): CountCall {
  const count = createBatches(redis, { timeoutMs });
  return ({ productId, period, cost, allowed }) =>
    count({
      key: quotaKey(productId, period.key),
      cost,
      allowed,
      keptSeconds: Math.ceil((period.endsAtMs - period.startsAtMs) / 1000) + KEPT_AFTER_SECONDS,
    });
}

/** Braces are a hash tag: all keys of a partition live on one cluster node, so that one script may touch them together. */
function quotaKey(productId: string, period: string): string {
  return `{p0}:quota:${productId}:${period}`;
}
