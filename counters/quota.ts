import type { Redis } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import type { PeriodSpan } from '../domain/plans/periods.ts';
import { createBatches } from './batches.ts';
import { type CountedCall, countedJson, type LateVerdict, verdictJson } from './usage-entry.ts';

/** One call to count. The period comes from the caller's clock, so that a test can stand at 23:59:59.999. */
export interface QuotaCall {
  period: PeriodSpan;
  allowed: Limit;
  /** What is appended to the usage stream if the call counts, in the same step. */
  call: CountedCall;
}

export interface QuotaAnswer {
  counted: boolean;
  /** What is used in the period now. */
  used: number;
}

export interface QuotaCounter {
  /** Counts one call, unless that would overrun its quota. @throws an outage in time; it never means "allowed" */
  count(call: QuotaCall): Promise<QuotaAnswer>;
  /** Tells the verdict of a call that was counted before it was known. @throws an outage: the verdict stays unknown then */
  tell(verdict: LateVerdict): Promise<void>;
}

/** What is settled of a product's period: where counting goes on after Redis has lost its data. */
export type SettledUse = (productId: string, periodKey: string) => Promise<number>;

/** A counter outlives its period by at least this, so that what was used can still be settled. */
const KEPT_AFTER_SECONDS = 3 * 86_400;

/**
 * Counts calls against quotas: atomic, and never counted twice, whatever happens to the connection. What is asked in one turn
 * of the event loop travels together. A counter that Redis may have lost begins at what is settled.
 */
export function createQuotaCounter(
  redis: Redis,
  { timeoutMs, settledUse }: { timeoutMs: number; settledUse: SettledUse },
): QuotaCounter {
  const batches = createBatches(redis, { timeoutMs });
  const seeds = new Map<string, Promise<number>>();

  return {
    async count({ period, allowed, call }) {
      const item = {
        key: quotaKey(call.productId, call.periodKey),
        cost: call.cost,
        allowed,
        keptSeconds: Math.ceil((period.endsAtMs - period.startsAtMs) / 1000) + KEPT_AFTER_SECONDS,
        startsAtMs: period.startsAtMs,
        entry: countedJson(call),
      };
      const answer = await batches.count({ ...item, settled: null });
      if (answer !== 'cold') return answer;

      const again = await batches.count({ ...item, settled: await seedOf(call.productId, call.periodKey) });
      if (again === 'cold') throw new Error(`The counter ${item.key} is cold although it was given what is settled`);
      return again;
    },
    tell: (verdict) => batches.append(verdictJson(verdict)),
  };

  /** Many calls may find the same counter cold; one question answers them. */
  function seedOf(productId: string, periodKey: string): Promise<number> {
    const key = quotaKey(productId, periodKey);
    const asked = seeds.get(key) ?? settledUse(productId, periodKey).finally(() => seeds.delete(key));
    seeds.set(key, asked);
    return asked;
  }
}

/** Braces are a hash tag: all keys of a partition live on one cluster node, so that one script may touch them together. */
export function quotaKey(productId: string, periodKey: string): string {
  return `{p0}:quota:${productId}:${periodKey}`;
}
