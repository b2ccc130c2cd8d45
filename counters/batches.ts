import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Result } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import { batchesKey, generationKey, streamKey } from './partitions.ts';
import { dropConnection, isRedisOutage, type RedisClient } from './redis.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** `count.lua`: the number of keys, the keys, the arguments. */
    countBatch(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number[] | 'ended', Context>;
  }
}

/** One call against one counter. */
export interface Item {
  /** Where the key is; only calls of one partition travel together. */
  partition: number;
  key: string;
  cost: number;
  allowed: Limit;
  /** For how long the counter is kept from its first call on, in seconds. */
  keptSeconds: number;
  /** When the counter's period began, epoch milliseconds. */
  startsAtMs: number;
  /** What is settled of the period, where the counter was found cold. */
  settled: number | null;
  /** What is appended to the usage stream if the call counts. */
  entry: string;
}

export interface ItemAnswer {
  counted: boolean;
  used: number;
}

export interface Batches {
  /** `cold`: the counter may have been lost, nothing was counted; ask again with what is settled. */
  count(item: Item): Promise<ItemAnswer | 'cold'>;
  /** Appends the verdict of a call that was counted before. */
  append(partition: number, verdict: string): Promise<void>;
  /** Since when a partition has given no answer although it was asked, `performance.now()`; `undefined` while it answers. */
  silentSinceMs(partition: number): number | undefined;
  /** Ends all silence: a new connection is asked before it is judged. */
  forgetSilence(): void;
}

const COUNT = readFileSync(new URL('./count.lua', import.meta.url), 'utf8');

/** More than this would make the others wait for one script. */
export const MOST_ITEMS = 128;
/** How long Redis remembers a process that is silent: far longer than a lost batch can still arrive. */
const REMEMBERED_SECONDS = 86_400;
/** How many times a batch is asked for before its deadline, when no answer comes. */
const TRIES = 4;
const PAUSE_MS = 25;

type Waiting = {
  reject: (error: unknown) => void;
} & (
  | { item: Item; verdict?: never; resolve: (answer: ItemAnswer | 'cold') => void }
  | { item?: never; verdict: string; resolve: () => void }
);

/** A batch had no answer in time. It may have been counted, so what it holds must be counted under no other number. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

export interface BatchOptions {
  timeoutMs: number;
  /**
   * Set where calls are served although their batch had no answer: the batch is asked for until there is one, now counting
   * whatever is allowed, since the calls were served. What turns out not to be counted (cold, or refused by the answer that was
   * lost) is handed over. `gaveUp` is told when Redis refuses such a batch for good.
   */
  serveUnknown?: { notCounted: (items: Item[]) => void; gaveUp: (error: unknown) => void };
  /** Under which name Redis remembers the answers: a process of its own when not given. */
  memory?: string;
}

/**
 * Collects what is asked in one turn of the event loop and sends it as one script call a partition. A batch whose answer was lost
 * (a cut connection, a time-out, a node that failed over) may have been counted, so it is asked for again under its number, which
 * the script remembers, until there is an answer or `timeoutMs` have passed; never under another number.
 */
export function createBatches(redis: RedisClient, options: BatchOptions): Batches {
  redis.defineCommand('countBatch', { lua: COUNT });
  const memory = options.memory ?? randomUUID();
  const lanes: (Lane | undefined)[] = [];
  const laneOf = (partition: number): Lane =>
    (lanes[partition] ??= createLane(redis, partition, { ...options, memory }));
  return {
    count: (item) => laneOf(item.partition).count(item),
    append: (partition, verdict) => laneOf(partition).append(verdict),
    silentSinceMs: (partition) => lanes[partition]?.silentSinceMs(),
    forgetSilence() {
      for (const lane of lanes) lane?.forgetSilence();
    },
  };
}

type Lane = ReturnType<typeof createLane>;

/** The batches of one partition: they have a memory and numbers of their own, since no script can reach two nodes. */
function createLane(
  redis: RedisClient,
  partition: number,
  { timeoutMs, serveUnknown, memory }: BatchOptions & { memory: string },
) {
  const fixedKeys = [batchesKey(partition, memory), generationKey(partition), streamKey(partition)];
  const unfinished = new Set<number>();
  let waiting: Waiting[] = [];
  let lastNumber = 0;
  let silentSinceMs: number | undefined;

  return {
    count: (item: Item) => new Promise<ItemAnswer | 'cold'>((resolve, reject) => wait({ item, resolve, reject })),
    append: (verdict: string) => new Promise<void>((resolve, reject) => wait({ verdict, resolve, reject })),
    silentSinceMs: () => silentSinceMs,
    forgetSilence: () => void (silentSinceMs = undefined),
  };

  function wait(one: Waiting): void {
    if (waiting.length === 0) setImmediate(send);
    waiting.push(one);
  }

  function send(): void {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += MOST_ITEMS) void settle(all.slice(at, at + MOST_ITEMS));
  }

  /** Never rejects: whatever happens is told to those who wait. */
  async function settle(batch: Waiting[]): Promise<void> {
    lastNumber += 1;
    const number = lastNumber;
    unfinished.add(number);
    try {
      const answer = await ask(number, batch, Date.now() + timeoutMs);
      let at = 0;
      for (const { item, resolve } of batch) {
        if (item) resolve(toAnswer(answer[at++]!, answer[at++]!));
        else resolve();
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (error instanceof UnknownOutcome && serveUnknown) await askUntilAnswered(number, batch, serveUnknown);
    } finally {
      unfinished.delete(number);
    }
  }

  async function askUntilAnswered(
    number: number,
    batch: Waiting[],
    { notCounted, gaveUp }: NonNullable<BatchOptions['serveUnknown']>,
  ): Promise<void> {
    const served = batch.map((one) =>
      one.item ? { ...one, item: { ...one.item, allowed: 'unlimited' as const } } : one,
    );
    try {
      const answer = await ask(number, served, Infinity);
      // The lost answer is what Redis remembers: it may have been a refusal, and the call was served all the same.
      const left = served.flatMap(({ item }) => item ?? []).filter((_item, i) => answer[2 * i] !== 1);
      if (left.length > 0) notCounted(left);
    } catch (error) {
      gaveUp(error);
    }
  }

  /**
   * @throws {UnknownOutcome} at the deadline, where a try had no answer; the outage itself, where nothing was sent or Redis said
   * no each time; what it refuses for good, at once
   */
  async function ask(number: number, batch: readonly Waiting[], deadline: number): Promise<number[]> {
    const items = batch.flatMap(({ item }) => item ?? []);
    const keys = [...fixedKeys, ...items.map(({ key }) => key)];
    const calls = items.flatMap(({ cost, allowed, keptSeconds, startsAtMs, settled, entry }) => [
      cost,
      String(allowed),
      keptSeconds,
      startsAtMs,
      settled ?? '',
      entry,
    ]);
    const verdicts = batch.flatMap(({ verdict }) => verdict ?? []);
    let hadNoAnswer = deadline === Infinity;
    for (;;) {
      const wasReady = redis.status === 'ready';
      try {
        // What is below every unfinished number has ended; the first that was added is the smallest.
        const ended = unfinished.values().next().value! - 1;
        const settings = [number, ended, REMEMBERED_SECONDS, randomUUID()];
        const answer = await withinOneTry(redis.countBatch(keys.length, ...keys, ...settings, ...calls, ...verdicts));
        silentSinceMs = undefined;
        if (answer === 'ended') throw new Error(`Batch ${number} was asked for after its end`);
        return answer;
      } catch (error) {
        if (!isRedisOutage(error) || redis.status === 'end') throw error;
        silentSinceMs ??= performance.now();
        // A spoken refusal (loading, read-only, full) is an answer: the script did not run.
        hadNoAnswer ||= wasReady && (error as Error).name !== 'ReplyError';
        if (Date.now() + PAUSE_MS >= deadline) {
          throw hadNoAnswer ? new UnknownOutcome('Redis gave no answer', { cause: error }) : error;
        }
        // Nobody waits for what was served already: it must not take the time of those who do.
        const pauseMs = deadline === Infinity ? PAUSE_MS * 10 : PAUSE_MS;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** A connection that gives no answer in time is dropped: the next try needs one that works. */
  async function withinOneTry<T>(answer: Promise<T>): Promise<T> {
    const tryMs = Math.max(PAUSE_MS, timeoutMs / TRIES);
    const silence = Promise.withResolvers<never>();
    let isOver = false;
    const drop = (): void => {
      if (isOver) return;
      dropConnection(redis, fixedKeys[0]!);
      silence.reject(new Error('Command timed out'));
    };
    // Where this process was the one that stood still, the answer lies in the socket: it is read before the connection is judged.
    const timer = setTimeout(() => setImmediate(() => setImmediate(drop)), tryMs);
    try {
      return await Promise.race([answer, silence.promise]);
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  }
}

function toAnswer(outcome: number, used: number): ItemAnswer | 'cold' {
  return outcome === 2 ? 'cold' : { counted: outcome === 1, used };
}
