import type { Limit } from '../domain/plans/catalogue.ts';
import type { PeriodSpan } from '../domain/plans/periods.ts';
import { type Item, UnknownOutcome } from './ask.ts';
import { type Batches, createBatches } from './batches.ts';
import { createMeter, type Meter, type MeterStore } from './meter.ts';
import { partitionOf, partsOfQuotaKey, quotaKey } from './partitions.ts';
import { isRedisOutage, type RedisClient } from './redis.ts';
import { type CountedCall, countedJson, type LateVerdict, verdictJson } from './usage-entry.ts';

/** One call to count. The period comes from the caller's clock, so that a test can stand at 23:59:59.999. */
export interface QuotaCall {
  /** Whose quota it is: it decides on the partition. */
  organizationId: string;
  period: PeriodSpan;
  allowed: Limit;
  /** What is appended to the usage stream if the call counts, in the same step. */
  call: CountedCall;
}

/** A late verdict, with the organisation whose call was counted. */
export type TenantsVerdict = LateVerdict & { organizationId: string };

export interface QuotaAnswer {
  counted: boolean;
  /** What is used in the period now; `null` where Redis is away and nobody knows. */
  used: number | null;
}

export interface QuotaCounter {
  /** Counts one call, unless that would overrun its quota. @throws an outage in time, where none is served through one */
  count(call: QuotaCall): Promise<QuotaAnswer>;
  /** Tells the verdict of a call that was counted before it was known. @throws an outage: the verdict stays unknown then */
  tell(verdict: TenantsVerdict): Promise<void>;
  /** Ends within a try, and keeps what was served and is not known to be counted. To be called when nobody calls any more. */
  close(): Promise<void>;
}

export interface QuotaOptions {
  timeoutMs: number;
  /** How many partitions there are; the same for all processes. Default: 1. */
  partitions?: number;
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
  redis: RedisClient,
  { timeoutMs, partitions = 1, settledUse, meter: store, onError }: QuotaOptions,
): QuotaCounter {
  const seeds = new Map<string, Promise<number>>();
  const settledOf = ({ key }: Pick<Item, 'key'>): Promise<number> => {
    // Many calls may find the same counter cold; one question answers them.
    const asked = seeds.get(key) ?? settledUse(...partsOfQuotaKey(key)).finally(() => seeds.delete(key));
    seeds.set(key, asked);
    return asked;
  };
  const batches = createBatches(
    redis,
    store
      ? {
          timeoutMs,
          serveUnknown: {
            notCounted: (items) => meter?.add(items),
            leftOver: (batch) => meter?.keep(batch),
            gaveUp: onError,
          },
        }
      : { timeoutMs },
  );
  const isAway = watchAway(redis, batches);
  const isBack = (partition: number): boolean => {
    if (!isAway(partition)) return true;
    // What is metered asks Redis for nothing, so somebody must; where the connection is lost, its return tells.
    if (redis.status === 'ready') batches.probe(partition);
    return false;
  };
  const meter = store && createMeter(redis, { store, settledOf, isBack, onError });

  return {
    // No `async`: this is the path that every call takes, and each promise costs.
    count({ organizationId, period, allowed, call }) {
      const partition = partitionOf(organizationId, partitions);
      const item: Item = {
        partition,
        key: quotaKey(partition, call.productId, call.periodKey),
        cost: call.cost,
        allowed,
        keptSeconds: Math.ceil((period.endsAtMs - period.startsAtMs) / 1000) + KEPT_AFTER_SECONDS,
        startsAtMs: period.startsAtMs,
        settled: null,
        entry: countedJson(call),
      };
      if (meter && isAway(partition)) return metered(meter, item);
      return batches.count(item).then(
        (answer) => (answer === 'cold' ? countSeeded(item) : answer),
        (error: unknown) => withoutRedis(item, error),
      );
    },

    async tell(verdict) {
      const json = verdictJson(verdict);
      const partition = partitionOf(verdict.organizationId, partitions);
      if (meter && isAway(partition)) return meter.append(partition, json);
      try {
        await batches.append(partition, json);
      } catch (error) {
        if (!meter || !isRedisOutage(error) || error instanceof UnknownOutcome) throw error;
        meter.append(partition, json);
      }
    },

    async close() {
      await batches.close();
      await meter?.close();
    },
  };

  /** Counts a call whose counter was found cold, from what is settled on. */
  async function countSeeded(item: Item): Promise<QuotaAnswer> {
    const settled = await settledOf(item);
    try {
      const answer = await batches.count({ ...item, settled });
      if (answer !== 'cold') return answer;
    } catch (error) {
      return withoutRedis(item, error);
    }
    throw new Error(`The counter ${item.key} is cold although it was given what is settled`);
  }

  /** Serves a call through an outage, where that is done. @throws the error, where it is none or none is served through one */
  function withoutRedis(item: Item, error: unknown): QuotaAnswer | Promise<QuotaAnswer> {
    if (!meter || !isRedisOutage(error)) throw error;
    // It may have been counted, and is being asked for: served, and metered nowhere.
    if (error instanceof UnknownOutcome) return { counted: true, used: null };
    return metered(meter, item);
  }
}

async function metered(meter: Meter, item: Item): Promise<QuotaAnswer> {
  return { ...(await meter.count(item)), used: null };
}

/** Whether the connection has been lost, or a partition of it was silent, for longer than a blink. */
function watchAway(redis: RedisClient, batches: Batches): (partition: number) => boolean {
  let lostAtMs = redis.status === 'ready' ? undefined : Date.now();
  redis.on('ready', () => {
    lostAtMs = undefined;
    batches.forgetSilence();
  });
  redis.on('close', () => (lostAtMs ??= Date.now()));
  return (partition) => {
    if (lostAtMs !== undefined) return Date.now() - lostAtMs > BLINK_MS;
    // One node of a cluster may be away, or Redis refuse to write: what is asked for, or the meter's looks, end the silence.
    const silentSinceMs = batches.silentSinceMs(partition);
    return silentSinceMs !== undefined && performance.now() - silentSinceMs > BLINK_MS;
  };
}
