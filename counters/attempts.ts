import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Result } from 'ioredis';
import { isRedisOutage, type RedisClient } from './redis.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    attempt(
      key: string,
      allowed: number,
      windowMs: number,
    ): Result<[counted: 0 | 1, remaining: number, resetsInMs: number], Context>;
  }
}

export interface AttemptRule {
  /** Attempts in one window. */
  allowed: number;
  /** Milliseconds; the window begins with the first attempt. */
  windowMs: number;
}

export interface Attempt {
  counted: boolean;
  remaining: number;
  /** Milliseconds until the window ends, and everything is allowed again. */
  resetsInMs: number;
  /** Whether it was counted where all processes count; else Redis is away. */
  isExact: boolean;
}

/** Counts an attempt at what `key` names. What it names (an address, an e-mail) doesn't reach Redis: its digest does. */
export type Attempts = (key: string, rule: AttemptRule) => Promise<Attempt>;

/**
 * Holds limits on attempts exactly, in one atomic round trip. While Redis is away each process counts by itself, from nothing: sign-in goes
 * on, and an attacker has as many attempts more as there are processes. That is told once an outage, by `onOutage`.
 */
export function createAttempts(
  redis: RedisClient,
  { now = Date.now, onOutage }: { now?: () => number; onOutage: (error: Error) => void },
): Attempts {
  redis.defineCommand('attempt', {
    numberOfKeys: 1,
    lua: readFileSync(new URL('./attempts.lua', import.meta.url), 'utf8'),
  });
  const own = new OwnCounters(now);
  let isAway = false;

  return async (key, rule) => {
    const name = `attempts:${hash('sha256', key, 'base64url')}`;
    try {
      const [counted, remaining, resetsInMs] = await redis.attempt(name, rule.allowed, rule.windowMs);
      isAway = false;
      return { counted: counted === 1, remaining, resetsInMs: Math.max(0, resetsInMs), isExact: true };
    } catch (error) {
      if (!isRedisOutage(error)) throw error;
      if (!isAway) onOutage(error as Error);
      isAway = true;
      return own.attempt(name, rule);
    }
  };
}

/** Beyond so many, those whose windows end first are forgotten: a flood of addresses must not fill the memory. */
const MOST_KEPT = 100_000;

class OwnCounters {
  readonly #counters = new Map<string, { used: number; endsAtMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  attempt(name: string, { allowed, windowMs }: AttemptRule): Attempt {
    const nowMs = this.#now();
    let counter = this.#counters.get(name);
    if (!counter || counter.endsAtMs <= nowMs) {
      counter = { used: 0, endsAtMs: nowMs + windowMs };
      // Set anew, so that the map stays in the order in which windows began.
      this.#counters.delete(name);
      this.#counters.set(name, counter);
      if (this.#counters.size > MOST_KEPT) this.#counters.delete(this.#counters.keys().next().value!);
    }
    const resetsInMs = counter.endsAtMs - nowMs;
    if (counter.used >= allowed) return { counted: false, remaining: 0, resetsInMs, isExact: false };
    counter.used += 1;
    return { counted: true, remaining: allowed - counter.used, resetsInMs, isExact: false };
  }
}
