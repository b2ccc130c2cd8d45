import { randomUUID } from 'node:crypto';
import { type Batch, createAsk, type Item, LostOutcome } from './ask.ts';
import { MOST_ITEMS } from './batches.ts';
import { batchesKey, partsOfQuotaKey } from './partitions.ts';
import { isRedisOutage, type RedisClient } from './redis.ts';

/** What was served while Redis was away, as it is kept in Postgres until it is counted: one batch. */
export interface MeteredRow {
  id: string;
  /** All of a row is of one partition, so that one script can count it. */
  partition: number;
  items: Omit<Item, 'allowed' | 'settled' | 'partition'>[];
  verdicts: string[];
  /** What the items cost together, by counter. */
  costs: Record<string, number>;
  /** Under which name and number it is known to Redis, where a process has asked for it before it ended. */
  askedAs: { memory: string; number: number } | null;
  /** The generation that lived when it was sent first; `null` before that. */
  sentUnder: string | null;
}

/** A row that was taken, whose `sentUnder` is kept already: it is safe to send. */
export type TakenRow = MeteredRow & {
  sentUnder: string;
  /** Whether somebody may have sent it before. */
  mayHaveRun: boolean;
  /** When it was kept, epoch milliseconds by Postgres' clock. */
  meteredAtMs: number;
};

/** Where metered calls are kept. */
export interface MeterStore {
  save(row: MeteredRow): Promise<void>;
  /** What waits of a counter. */
  waiting(key: string): Promise<number>;
  /** What is settled of these products' periods, in their order. */
  settled(counters: readonly [productId: string, periodKey: string][]): Promise<number[]>;
  /** The partitions that rows wait for. */
  waitingPartitions(): Promise<number[]>;
  /**
   * Takes the oldest rows of these partitions that nobody else has, up to `most`; keeps in those that were never sent which generation lives,
   * and commits that; then hands them over, deletes those that are `done`, and keeps what is `left` of them, in one transaction. Says
   * how many it took.
   */
  take(
    options: { most: number; generations: ReadonlyMap<number, string> },
    handOver: (rows: TakenRow[]) => Promise<{ done: string[]; left: MeteredRow[] }>,
  ): Promise<number>;
}

export interface MeterOptions {
  store: MeterStore;
  /** What is settled of a counter: where the limit is looked at while Redis is away. */
  settledOf: (item: Pick<Item, 'key'>) => Promise<number>;
  /** Whether a partition can be asked again. To be asked now and then: it looks. */
  isBack: (partition: number) => boolean;
  /** Told of what goes wrong in the background. */
  onError: (error: unknown) => void;
}

export interface Meter {
  /** Serves a call while Redis is away, unless what is settled and what is metered use the limit up. */
  count(item: Item): Promise<{ counted: boolean }>;
  append(partition: number, verdict: string): void;
  /** What was served already and must be counted whatever is allowed. */
  add(items: readonly Item[]): void;
  /** A batch that was served and has no answer yet: it is kept under its own number. */
  keep(batch: Batch): void;
  /** Saves what is left, and stops. */
  close(): Promise<void>;
}

const FLUSH_MS = 1_000;
const SELDOM_MS = 30_000;
/** Longer than this without being able to save: what is served would be kept nowhere, so nothing is served. */
const UNSAVED_MS = 5_000;
/** How many rows are put back together: two transactions and a pipeline for all of them. */
const ROWS_AT_A_TIME = 32;
/** Redis remembers a batch for seven days. What may have run longer ago could be counted twice. */
const SENT_WITHIN_MS = 6 * 86_400_000;

/**
 * Meters calls that are served while Redis is away: gathered here, saved to Postgres each second, and counted when Redis is back,
 * each once. A row is counted under a name that Redis remembers for days: who is killed between counting and deleting repeats nothing.
 */
export function createMeter(redis: RedisClient, { store, settledOf, isBack, onError }: MeterOptions): Meter {
  const { ask, livingGeneration } = createAsk(redis, { timeoutMs: UNSAVED_MS });
  /** What is not saved yet, by partition. */
  const unsaved = new Map<number, Unsaved>();
  const kept: MeteredRow[] = [];
  let unsavedSinceMs: number | undefined;
  const ending = new AbortController();
  /** By partition and counter, in this outage: what was used when it was looked at first, and what was metered here since. */
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
      if (use.used + item.cost > (item.allowed === 'unlimited' ? Infinity : item.allowed)) return { counted: false };
      use.used += item.cost;
      unsavedOf(item.partition).items.push(item);
      return { counted: true };
    },
    append: (partition, verdict) => void unsavedOf(partition).verdicts.push(verdict),
    add(served) {
      for (const item of served) unsavedOf(item.partition).items.push(item);
    },
    keep({ partition, memory, number, sentUnder, items, verdicts }) {
      const row = rowOf(partition, items, [...verdicts]);
      kept.push({ ...row, askedAs: { memory, number }, sentUnder });
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
    const known = ofPartition.get(item.key) ?? usedBefore(item);
    ofPartition.set(item.key, known);
    // What could not be read is asked for again with the next call.
    known.catch(() => ofPartition.delete(item.key));
    return known;
  }

  /**
   * What is settled of a counter, and what an earlier outage has left to be counted. One after the other in the way that calls go
   * (gathered here, waiting, settled), so that one on its way may be seen twice but is never missed.
   */
  async function usedBefore({ partition, key }: Item): Promise<{ used: number }> {
    const gathered = unsaved.get(partition)?.items.filter((item) => item.key === key) ?? [];
    const here = gathered.reduce((sum, { cost }) => sum + cost, 0);
    const waiting = await store.waiting(key);
    return { used: here + waiting + (await settledOf({ key })) };
  }

  async function saveAndPutBack(): Promise<void> {
    await save();
    for (const partition of uses.keys()) {
      if (!isBack(partition)) continue;
      uses.delete(partition);
      lookAtMs = 0;
    }
    if (Date.now() < lookAtMs && uses.size === 0) return;
    const away = new Set(uses.keys());
    while (redis.status === 'ready' && !ending.signal.aborted) {
      const generations = await livingGenerations((await store.waitingPartitions()).filter((each) => !away.has(each)));
      for (const partition of away) generations.delete(partition);
      const clean: TakenRow[] = [];
      const options = { most: ROWS_AT_A_TIME, generations };
      const taken = generations.size === 0 ? 0 : await store.take(options, (rows) => putBack(rows, { away, clean }));
      if (taken === 0) {
        // None is left, but perhaps of those whose node is away.
        if (away.size === 0) lookAtMs = Date.now() + SELDOM_MS;
        return;
      }
      await forget(clean);
    }

    /** Of those that answer: one node of a cluster that is away must not keep the others' calls waiting. */
    async function livingGenerations(partitions: number[]): Promise<Map<number, string>> {
      const found = new Map<number, string>();
      const look = async (partition: number): Promise<void> => {
        try {
          found.set(partition, await livingGeneration(partition, { deadlineMs: 0 }));
        } catch (error) {
          if (!isRedisOutage(error)) throw error;
          away.add(partition);
        }
      };
      await Promise.all(partitions.map(look));
      return found;
    }
  }

  async function save(): Promise<void> {
    for (const [partition, left] of unsaved) {
      while (left.items.length + left.verdicts.length > 0) {
        // The row stays as it was cut, id and all, until it is known to be saved: an answer that was lost must not make two of it.
        const row = (left.row ??= cutRow(partition, left));
        await saveRow(row);
        left.items = left.items.slice(row.items.length);
        left.verdicts = left.verdicts.slice(row.verdicts.length);
        left.row = undefined;
      }
    }
    for (let row = kept[0]; row; row = kept[0]) {
      await saveRow(row);
      kept.shift();
    }
    unsavedSinceMs = undefined;
  }

  async function saveRow(row: MeteredRow): Promise<void> {
    unsavedSinceMs ??= Date.now();
    await store.save(row);
    lookAtMs = 0;
  }

  /** Counts rows, all of them at once; those without an answer stay. `clean`: gets those of which no copy can be on its way. */
  async function putBack(
    rows: TakenRow[],
    { away, clean }: { away: Set<number>; clean: TakenRow[] },
  ): Promise<{ done: string[]; left: MeteredRow[] }> {
    const settled = await settledUses(rows);
    const done: string[] = [];
    const left: MeteredRow[] = [];
    const putOne = async (row: TakenRow): Promise<void> => {
      const batch = batchOf(row, settled);
      try {
        if (row.mayHaveRun && Date.now() - row.meteredAtMs > SENT_WITHIN_MS) throw new LostOutcome(batch);
        // A deadline that has passed: one try. The row stays, so the next round is the next try.
        const { figures } = await ask(batch, { deadlineMs: 0, ended: () => 0 });
        // What an ended process had asked for may have been cold, or refused: it was served all the same.
        const uncounted = batch.items.filter((_item, i) => figures[2 * i] !== 1);
        if (uncounted.length > 0) left.push(rowOf(row.partition, uncounted, []));
        done.push(row.id);
        if (!row.mayHaveRun && !row.askedAs) clean.push(row);
      } catch (error) {
        if (error instanceof LostOutcome) done.push(row.id);
        else away.add(row.partition);
        onError(error);
      }
    };
    await Promise.all(rows.map(putOne));
    return { done, left };
  }

  /** What is settled of all counters of these rows: a row has one number only, so it can't be told "cold" and asked again. */
  async function settledUses(rows: readonly MeteredRow[]): Promise<Map<string, number>> {
    const keys = [...new Set(rows.flatMap(({ items }) => items.map(({ key }) => key)))];
    const used = await store.settled(keys.map(partsOfQuotaKey));
    return new Map(keys.map((key, i) => [key, used[i] ?? 0]));
  }

  /** Rows that are gone are asked for no more, so Redis need not remember them. */
  async function forget(rows: readonly TakenRow[]): Promise<void> {
    const gone = rows.map(({ partition, id }) => redis.unlink(batchesKey(partition, memoryOf(id))));
    for (const one of await Promise.allSettled(gone)) {
      // Then it forgets them by itself, later.
      if (one.status === 'rejected' && !isRedisOutage(one.reason)) throw one.reason;
    }
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
  return rowOf(partition, cut, verdicts.slice(0, MOST_ITEMS - cut.length));
}

function rowOf(partition: number, items: readonly Item[], verdicts: string[]): MeteredRow {
  const costs: Record<string, number> = {};
  for (const { key, cost } of items) costs[key] = (costs[key] ?? 0) + cost;
  const stored = items.map(({ key, cost, keptSeconds, startsAtMs, entry }) => ({
    key,
    cost,
    keptSeconds,
    startsAtMs,
    entry,
  }));
  return { id: randomUUID(), partition, items: stored, verdicts, costs, askedAs: null, sentUnder: null };
}

const memoryOf = (id: string): string => `metered-${id}`;

/** A row as it is asked for: whatever is allowed, since it was served. */
function batchOf(row: TakenRow, settled: ReadonlyMap<string, number>): Batch {
  const { id, partition, items, verdicts, askedAs, sentUnder, mayHaveRun } = row;
  return {
    partition,
    memory: askedAs?.memory ?? memoryOf(id),
    number: askedAs?.number ?? 1,
    items: items.map((item) => ({
      ...item,
      partition,
      allowed: 'unlimited' as const,
      settled: settled.get(item.key) ?? 0,
    })),
    verdicts,
    programs: [],
    sentUnder,
    answered: 0,
    mayHaveRun,
  };
}

function awayToo(): Error {
  const error = new Error('Neither Redis nor Postgres can be reached to count a call');
  error.name = 'UnknownOutcome';
  return error;
}
