import type { Redis } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import type { PeriodSpan } from '../domain/plans/periods.ts';
import { createBatches, type Item, UnknownOutcome } from './batches.ts';
import { createMeter, type Meter, type MeterStore } from './meter.ts';
import { isRedisOutage } from './redis.ts';
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
  /** What is used in the period now; `null` where Redis is away and nobody knows. */
  used: number | null;
}

export interface QuotaCounter {
  /** Counts one call, unless that would overrun its quota. @throws an outage in time, where none is served through one */
  count(call: QuotaCall): Promise<QuotaAnswer>;
  /** Tells the verdict of a call that was counted before it was known. @throws an outage: the verdict stays unknown then */
  tell(verdict: LateVerdict): Promise<void>;
  close(): Promise<void>;
}

export interface QuotaOptions {
  timeoutMs: number;
  /** What is settled of a product's period: where counting goes on after Redis has lost its data. */
  settledUse: (productId: string, periodKey: string) => Promise<number>;
  /** Where calls are metered that are served while Redis is away; without it they are refused as an outage. */
  meter?: MeterStore | undefined;
  /** Told of what goes wrong in the background. */
  onError: (error: unknown) => void;
}

/** A counter outlives its period by at least this, so that what was used can still be settled. */
const KEPT_AFTER_SECONDS = 3 * 86_400;
/** A connection that is lost for shorter than this is waited for; calls are sent as soon as it is back. */
const BLINK_MS = 250;

/**
 * Counts calls against quotas: atomic, and never counted twice, whatever happens to the connection. What is asked in one turn
 * of the event loop travels together. A counter that Redis may have lost begins at what is settled.
 */
export function createQuotaCounter(
  redis: Redis,
  { timeoutMs, settledUse, meter: store, onError }: QuotaOptions,
): QuotaCounter {
  const seeds = new Map<string, Promise<number>>();
  const settledOf = ({ key }: Pick<Item, 'key'>): Promise<number> => {
    // Many calls may find the same counter cold; one question answers them.
    const asked = seeds.get(key) ?? settledUse(...partsOf(key)).finally(() => seeds.delete(key));
    seeds.set(key, asked);
    return asked;
  };
  const meter = store && createMeter(redis, { store, settledOf, onError });
  const batches = createBatches(
    redis,
    meter ? { timeoutMs, serveUnknown: (items) => meter.add(items) } : { timeoutMs },
  );
  const isAway = watchAway(redis);

  return {
    async count({ period, allowed, call }) {
      const item: Item = {
        key: quotaKey(call.productId, call.periodKey),
        cost: call.cost,
        allowed,
        keptSeconds: Math.ceil((period.endsAtMs - period.startsAtMs) / 1000) + KEPT_AFTER_SECONDS,
        startsAtMs: period.startsAtMs,
        settled: null,
        entry: countedJson(call),
      };
      if (!meter) return countHere(item);
      if (isAway()) return metered(meter, item);
      try {
        return await countHere(item);
      } catch (error) {
        if (!isRedisOutage(error)) throw error;
        // It may have been counted, and is being asked for: served, and metered nowhere.
        if (error instanceof UnknownOutcome) return { counted: true, used: null };
        return metered(meter, item);
      }
    },

    async tell(verdict) {
      const json = verdictJson(verdict);
      if (meter && isAway()) return meter.append(json);
      try {
        await batches.append(json);
      } catch (error) {
        if (!meter || !isRedisOutage(error) || error instanceof UnknownOutcome) throw error;
        meter.append(json);
      }
    },

    close: async () => meter?.close(),
  };

  async function countHere(item: Item): Promise<QuotaAnswer> {
    const answer = await batches.count(item);
    if (answer !== 'cold') return answer;
    const again = await batches.count({ ...item, settled: await settledOf(item) });
    if (again === 'cold') throw new Error(`The counter ${item.key} is cold although it was given what is settled`);
    return again;
  }
}

async function metered(meter: Meter, item: Item): Promise<QuotaAnswer> {
  return { ...(await meter.count(item)), used: null };
}

/** Whether the connection has been lost for longer than a blink. */
function watchAway(redis: Redis): () => boolean {
  let lostAtMs = redis.status === 'ready' ? undefined : Date.now();
  redis.on('ready', () => (lostAtMs = undefined));
  redis.on('close', () => (lostAtMs ??= Date.now()));
  return () => lostAtMs !== undefined && Date.now() - lostAtMs > BLINK_MS;
}

/** Braces are a hash tag: all keys of a partition live on one cluster node, so that one script may touch them together. */
export function quotaKey(productId: string, periodKey: string): string {
  return `{p0}:quota:${productId}:${periodKey}`;
}

function partsOf(key: string): [productId: string, periodKey: string] {
  const [, , productId = '', periodKey = ''] = key.split(':');
  return [productId, periodKey];
}
