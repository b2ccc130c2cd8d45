import { randomUUID } from 'node:crypto';
import type { Limit } from '../domain/plans/catalogue.ts';
import { createBatches, type Item, MOST_ITEMS } from './batches.ts';
import { isRedisOutage, type RedisClient } from './redis.ts';

/** What was served while Redis was away, as it is kept in Postgres until it is counted. */
export interface MeteredRow {
  id: string;
  /** All of a row is of one partition, so that one script can count it. */
  partition: number;
  items: Omit<Item, 'allowed' | 'settled' | 'partition'>[];
  verdicts: string[];
}

/** Where metered calls are kept; each function is one transaction. */
export interface MeterStore {
  save(row: MeteredRow): Promise<void>;
  /**
   * Takes one row that nobody else has, hands it over, and deletes it if that went well. Says whether there was one. Rows of
   * `away` partitions are left.
   */
  take(handOver: (row: MeteredRow) => Promise<void>, away: readonly number[]): Promise<boolean>;
}

export interface MeterOptions {
  store: MeterStore;
  /** What is settled of a counter: where the limit is looked at while Redis is away. */
  settledOf: (item: Pick<Item, 'key'>) => Promise<number>;
  /** Whether a partition can't be asked now. */
  isAway: (partition: number) => boolean;
  /** Told of what goes wrong in the background. */
  onError: (error: unknown) => void;
}

export interface Meter {
  /** Serves a call while Redis is away, unless what is settled and what this process has metered use the limit up. */
  count(item: Item): Promise<{ counted: boolean }>;
  append(partition: number, verdict: string): void;
  /** What was served already and must be counted whatever is allowed. */
  add(items: readonly Item[]): void;
  /** Saves what is left, and stops. */
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
const SELDOM_MS = 30_000;
/** Longer than this without being able to save: what is served would be kept nowhere, so nothing is served. */
const UNSAVED_MS = 5_000;

/**
 * Meters calls that are served while Redis is away: gathered here, saved to Postgres each second, and counted when Redis is back,
 * each once. A row is counted under its own id, which Redis remembers for a day: who is killed between counting and deleting
 * repeats nothing.
 */
export function createMeter(redis: RedisClient, { store, settledOf, isAway, onError }: MeterOptions): Meter {
  /** What is not saved yet, by partition. */
  const unsaved = new Map<number, Unsaved>();
  let unsavedSinceMs: number | undefined;
  const ending = new AbortController();
  /** By partition and counter, in this outage: what was settled when it began, and what was metered here since. */
  const uses = new Map<number, Map<string, Promise<{ used: number }>>>();

  /** When rows are looked for next: at once after an outage, seldom else, for what a killed process has left. */
  let lookAtMs = 0;
  /** One after the other: two at once would save the same calls twice. */
  let turn: Promise<void> = Promise.resolve();
  let isBeating = false;
  const beat = (): void => {
    // A Postgres that is silent must not leave a queue of beats behind.
    if (isBeating) return;
    isBeating = true;
    turn = saveAndPutBack()
      .catch(onError)
      .finally(() => (isBeating = false));
  };
  const timer = setInterval(beat, FLUSH_MS);
  redis.on('ready', () => {
    uses.clear();
    lookAtMs = 0;
    beat();
  });

  return {
    async count(item) {
      if (unsavedSinceMs !== undefined && Date.now() - unsavedSinceMs > UNSAVED_MS) throw awayToo();
      const use = await useOf(item);
      if (!fits(use.used, item.cost, item.allowed)) return { counted: false };
      use.used += item.cost;
      unsavedOf(item.partition).items.push(item);
      return { counted: true };
    },
    append: (partition, verdict) => void unsavedOf(partition).verdicts.push(verdict),
    add(served) {
      for (const item of served) unsavedOf(item.partition).items.push(item);
    },
    async close() {
      ending.abort();
      clearInterval(timer);
      await turn;
      await save();
    },
  };

  function unsavedOf(partition: number): Unsaved {
    const known = unsaved.get(partition) ?? { items: [], verdicts: [] };
    unsaved.set(partition, known);
    return known;
  }

  function useOf(item: Item): Promise<{ used: number }> {
    const ofPartition = uses.get(item.partition) ?? new Map<string, Promise<{ used: number }>>();
    uses.set(item.partition, ofPartition);
    const known = ofPartition.get(item.key) ?? settledOf(item).then((used) => ({ used }));
    ofPartition.set(item.key, known);
    // What could not be read is asked for again with the next call.
    known.catch(() => ofPartition.delete(item.key));
    return known;
  }

  async function saveAndPutBack(): Promise<void> {
    await save();
    for (const partition of uses.keys()) {
      if (isAway(partition)) continue;
      uses.delete(partition);
      lookAtMs = 0;
    }
    if (Date.now() < lookAtMs && uses.size === 0) return;
    const away = new Set(uses.keys());
    while (redis.status === 'ready' && !ending.signal.aborted) {
      const tried: number[] = [];
      const tryRow = async (row: MeteredRow): Promise<void> => {
        tried.push(row.partition);
        await putBack(row);
      };
      try {
        if (!(await store.take(tryRow, [...away]))) {
          // None is left, but perhaps of those whose node is away.
          if (away.size === 0) lookAtMs = Date.now() + SELDOM_MS;
          return;
        }
      } catch (error) {
        if (tried.length === 0 || !isRedisOutage(error)) throw error;
        // One node of a cluster that is away must not keep the others' calls waiting.
        for (const partition of tried) away.add(partition);
        onError(error);
      }
    }
  }

  async function save(): Promise<void> {
    for (const [partition, left] of unsaved) {
      while (left.items.length + left.verdicts.length > 0) {
        // The row stays as it was cut, id and all, until it is known to be saved: an answer that was lost must not make two of it.
        const row = (left.row ??= cutRow(partition, left));
        unsavedSinceMs ??= Date.now();
        await store.save(row);
        lookAtMs = 0;
        left.items = left.items.slice(row.items.length);
        left.verdicts = left.verdicts.slice(row.verdicts.length);
        left.row = undefined;
      }
    }
    unsavedSinceMs = undefined;
  }

  async function putBack({ id, partition, items, verdicts }: MeteredRow): Promise<void> {
    const batches = createBatches(redis, { timeoutMs: UNSAVED_MS, memory: `metered-${id}` });
    // With what is settled at once: a row has one number only, so it can't be told "cold" and asked again.
    const whole = await Promise.all(
      items.map(
        async (item): Promise<Item> => ({
          ...item,
          partition,
          allowed: 'unlimited',
          settled: await settledOf(item),
        }),
      ),
    );
    await Promise.all([
      ...whole.map((item) => batches.count(item)),
      ...verdicts.map((one) => batches.append(partition, one)),
    ]);
  }
}

/** What is not saved yet of one partition, and the row that is being saved. */
interface Unsaved {
  items: Item[];
  verdicts: string[];
  row?: MeteredRow | undefined;
}

/** The next row: all of it fits into one batch, so that it is counted under one number. */
function cutRow(partition: number, { items, verdicts }: Unsaved): MeteredRow {
  const cut = items.slice(0, MOST_ITEMS);
  return { id: randomUUID(), partition, items: cut.map(stored), verdicts: verdicts.slice(0, MOST_ITEMS - cut.length) };
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
