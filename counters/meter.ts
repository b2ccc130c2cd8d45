import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import { createBatches, type Item, MOST_ITEMS } from './batches.ts';

/** What was served while Redis was away, as it is kept in Postgres until it is counted. */
export interface MeteredRow {
  id: string;
  items: Omit<Item, 'allowed' | 'settled'>[];
  verdicts: string[];
}

/** Where metered calls are kept; each function is one transaction. */
export interface MeterStore {
  save(row: MeteredRow): Promise<void>;
  /**
   * Takes one row that nobody else has, hands it over, and deletes it if that went well. Says whether there was one.
   */
  take(handOver: (row: MeteredRow) => Promise<void>): Promise<boolean>;
}

export interface MeterOptions {
  store: MeterStore;
  /** What is settled of a counter: where the limit is looked at while Redis is away. */
  settledOf: (item: Pick<Item, 'key'>) => Promise<number>;
  /** Told of what goes wrong in the background. */
  onError: (error: unknown) => void;
}

export interface Meter {
  /** Serves a call while Redis is away, unless what is settled and what this process has metered use the limit up. */
  count(item: Item): Promise<{ counted: boolean }>;
  append(verdict: string): void;
  /** What was served already and must be counted whatever is allowed. */
  add(items: readonly Item[]): void;
  /** Saves what is left, and stops. */
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
/** Longer than this without being able to save: what is served would be kept nowhere, so nothing is served. */
const UNSAVED_MS = 5_000;

/**
 * Meters calls that are served while Redis is away: gathered here, saved to Postgres each second, and counted when Redis is back,
 * each once. A row is counted under its own id, which Redis remembers for a day: who is killed between counting and deleting
 * repeats nothing.
 */
export function createMeter(redis: Redis, { store, settledOf, onError }: MeterOptions): Meter {
  let items: Item[] = [];
  let verdicts: string[] = [];
  let unsavedSinceMs: number | undefined;
  const ending = new AbortController();
  /** By counter, in this outage: what was settled when it began, and what was metered here since. */
  let uses = new Map<string, Promise<{ used: number }>>();

  /** One after the other: two at once would save the same calls twice. */
  let turn: Promise<void> = Promise.resolve();
  const beat = (): void => {
    turn = turn.then(saveAndPutBack).catch(onError);
  };
  const timer = setInterval(beat, FLUSH_MS);
  redis.on('ready', () => {
    uses = new Map();
    beat();
  });

  return {
    async count(item) {
      if (unsavedSinceMs !== undefined && Date.now() - unsavedSinceMs > UNSAVED_MS) throw awayToo();
      const use = await useOf(item);
      if (!fits(use.used, item.cost, item.allowed)) return { counted: false };
      use.used += item.cost;
      items.push(item);
      return { counted: true };
    },
    append: (verdict) => void verdicts.push(verdict),
    add: (served) => void items.push(...served),
    async close() {
      ending.abort();
      clearInterval(timer);
      await turn;
      await save();
    },
  };

  function useOf(item: Item): Promise<{ used: number }> {
    const known = uses.get(item.key) ?? settledOf(item).then((used) => ({ used }));
    uses.set(item.key, known);
    // What could not be read is asked for again with the next call.
    known.catch(() => uses.delete(item.key));
    return known;
  }

  async function saveAndPutBack(): Promise<void> {
    await save();
    while (redis.status === 'ready' && !ending.signal.aborted && (await store.take(putBack)));
  }

  async function save(): Promise<void> {
    while (items.length + verdicts.length > 0) {
      // All of a row fits into one batch, so that it is counted under one number.
      const itemsOfRow = items.slice(0, MOST_ITEMS);
      const verdictsOfRow = verdicts.slice(0, MOST_ITEMS - itemsOfRow.length);
      unsavedSinceMs ??= Date.now();
      await store.save({ id: randomUUID(), items: itemsOfRow.map(stored), verdicts: verdictsOfRow });
      items = items.slice(itemsOfRow.length);
      verdicts = verdicts.slice(verdictsOfRow.length);
    }
    unsavedSinceMs = undefined;
  }

  async function putBack(row: MeteredRow): Promise<void> {
    const batches = createBatches(redis, { timeoutMs: UNSAVED_MS, memory: `metered-${row.id}` });
    // With what is settled at once: a row has one number only, so it can't be told "cold" and asked again.
    const whole = await Promise.all(
      row.items.map(async (item): Promise<Item> => ({ ...item, allowed: 'unlimited', settled: await settledOf(item) })),
    );
    await Promise.all([...whole.map((item) => batches.count(item)), ...row.verdicts.map((one) => batches.append(one))]);
  }
}

function stored({ key, cost, keptSeconds, startsAtMs, entry }: Item): MeteredRow['items'][number] {
  return { key, cost, keptSeconds, startsAtMs, entry };
}

function fits(used: number, cost: number, allowed: Limit): boolean {
  return allowed === 'unlimited' || used + cost <= allowed;
}

function awayToo(): Error {
  const error = new Error('Neither Redis nor Postgres can be reached to count a call');
  error.name = 'UnknownOutcome';
  return error;
}
