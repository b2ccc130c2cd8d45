import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis, Result } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import { isRedisOutage } from './redis.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** `count.lua`: the number of keys, the keys, the arguments. */
    countBatch(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number[] | 'ended', Context>;
  }
}

/** One call against one counter. */
export interface Item {
  key: string;
  cost: number;
  allowed: Limit;
  /** For how long the counter is kept from its first call on, in seconds. */
  keptSeconds: number;
}

export interface ItemAnswer {
  counted: boolean;
  used: number;
}

/** More than this would make the others wait for one script. */
const MOST_ITEMS = 128;
/** How long Redis remembers a process that is silent: far longer than a lost batch can still arrive. */
const REMEMBERED_SECONDS = 3_600;
/** How many times a batch is asked for before its deadline, when no answer comes. */
const TRIES = 4;
const PAUSE_MS = 25;

interface Waiting {
  item: Item;
  resolve: (answer: ItemAnswer) => void;
  reject: (error: unknown) => void;
}

/**
 * Collects what is asked in one turn of the event loop and sends it as one script call. A batch whose answer was lost (a cut
 * connection, a time-out) may have been counted, so it is asked for again under its number, which the script remembers, until
 * there is an answer or `timeoutMs` have passed; never under another number.
 */
export function createBatches(redis: Redis, { timeoutMs }: { timeoutMs: number }): (item: Item) => Promise<ItemAnswer> {
  redis.defineCommand('countBatch', { lua: readFileSync(new URL('./count.lua', import.meta.url), 'utf8') });
  const memoryKey = `{p0}:batches:${randomUUID()}`;
  const unfinished = new Set<number>();
  let waiting: Waiting[] = [];
  let lastNumber = 0;

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(send);
      waiting.push({ item, resolve, reject });
    });

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
      const answer = await ask(
        number,
        batch.map(({ item }) => item),
      );
      batch.forEach(({ resolve }, i) => resolve({ counted: answer[2 * i] === 1, used: answer[2 * i + 1]! }));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      unfinished.delete(number);
    }
  }

  async function ask(number: number, items: Item[]): Promise<number[]> {
    const keys = [memoryKey, ...items.map(({ key }) => key)];
    const calls = items.flatMap(({ cost, allowed, keptSeconds }) => [cost, String(allowed), keptSeconds]);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        // A batch is below every unfinished one's number only when all before it have ended.
        const answer = await withinOneTry(
          redis.countBatch(keys.length, ...keys, number, Math.min(...unfinished) - 1, REMEMBERED_SECONDS, ...calls),
        );
        if (answer === 'ended') throw new Error(`Batch ${number} was asked for after its end`);
        return answer;
      } catch (error) {
        if (!isRedisOutage(error) || Date.now() + PAUSE_MS >= deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /** A connection that gives no answer in time is dropped: the next try needs one that works. */
  async function withinOneTry<T>(answer: Promise<T>): Promise<T> {
    const tryMs = Math.max(PAUSE_MS, timeoutMs / TRIES);
    const timer = setTimeout(() => redis.disconnect(true), tryMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }
}
