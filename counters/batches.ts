import { randomUUID } from 'node:crypto';
import {
  type Ask,
  type Batch,
  type BatchAnswer,
  createAsk,
  type Item,
  LostOutcome,
  type ProgramOutcome,
  REMEMBERED_SECONDS,
  UnknownOutcome,
} from './ask.ts';
import type { PreparedProgram } from './program-form.ts';
import { isRedisOutage, type RedisClient, writeTogether } from './redis.ts';

export interface ItemAnswer {
  counted: boolean;
  used: number;
}

export interface Batches {
  /** `cold`: some of the counter may have been lost, nothing was counted; ask again with what is settled. */
  count(item: Item): Promise<ItemAnswer | 'cold'>;
  /** Appends the verdict of a call that was counted before. */
  append(partition: number, verdict: string): Promise<void>;
  /** Runs a program. */
  run(partition: number, program: PreparedProgram): Promise<ProgramOutcome>;
  /** Since when a partition has given no answer although it was asked, `performance.now()`; `undefined` while it answers. */
  silentSinceMs(partition: number): number | undefined;
  /** Ends all silence: a new connection is asked before it is judged. */
  forgetSilence(): void;
  /** Asks a partition for a sign of life, unless that is on its way: what ends its silence where nobody else asks. */
  probe(partition: number): void;
  /** Waits for those that somebody waits for; asks no more for the others, and hands them over. */
  close(): Promise<void>;
}

/** More than this would make the others wait for one script. */
export const MOST_ITEMS = 128;

type Waiting = {
  reject: (error: unknown) => void;
} & (
  | { item: Item; verdict?: never; program?: never; resolve: (answer: ItemAnswer | 'cold') => void }
  | { item?: never; verdict: string; program?: never; resolve: () => void }
  | { item?: never; verdict?: never; program: PreparedProgram; resolve: (answer: ProgramOutcome) => void }
  | { item?: never; verdict?: never; program?: never; resolve: () => void }
);

/** What becomes of batches whose calls were served although there was no answer. */
export interface ServedBatches {
  /** They turned out not to be counted: cold, or refused by the answer that was lost. */
  notCounted: (items: readonly Item[]) => void;
  /** There is still no answer at the end of the process; somebody else may ask. */
  leftOver: (batch: Batch) => void;
  /** Redis refuses it for good, or has lost its data: it is counted no more. */
  gaveUp: (error: unknown) => void;
}

export interface BatchOptions {
  timeoutMs: number;
  /**
   * Set where calls are served although their batch had no answer: the batch is asked for until there is one, now counting
   * whatever is allowed, since the calls were served.
   */
  serveUnknown?: ServedBatches;
}

/**
 * Collects what is asked in one turn of the event loop and sends it as one script call a partition, all of a node in one write. A batch
 * whose answer was lost (a cut connection, a time-out, a node that failed over) may have been counted, so it is asked for again under
 * its number, which the script remembers, until there is an answer or `timeoutMs` have passed; never under another number.
 */
export function createBatches(redis: RedisClient, options: BatchOptions): Batches {
  const lanes: (Lane | undefined)[] = [];
  const lanesWithCalls: Lane[] = [];
  const ending = new AbortController();
  const setting = { ...options, ...createAsk(redis, options), memory: randomUUID(), signal: ending.signal };
  const laneOf = (partition: number): Lane => (lanes[partition] ??= createLane(partition, setting, wake));
  return {
    count: (item) => laneOf(item.partition).count(item),
    append: (partition, verdict) => laneOf(partition).append(verdict),
    run: (partition, program) => laneOf(partition).run(program),
    silentSinceMs: (partition) => lanes[partition]?.silentSinceMs(),
    forgetSilence() {
      for (const lane of lanes) lane?.forgetSilence();
    },
    probe: (partition) => laneOf(partition).probe(),
    async close() {
      ending.abort();
      await Promise.all(lanes.flatMap((lane) => lane?.whenIdle() ?? []));
    },
  };

  /** A lane has its first call in this turn: when the turn ends, all lanes that have some send them. */
  function wake(lane: Lane): void {
    if (lanesWithCalls.push(lane) > 1) return;
    setImmediate(() => {
      const sending = lanesWithCalls.splice(0);
      if (sending.length === 1) sending[0]!.send();
      else writeTogether(redis, () => sending.forEach((each) => each.send()));
    });
  }
}

interface Lane {
  count(item: Item): Promise<ItemAnswer | 'cold'>;
  append(verdict: string): Promise<void>;
  run(program: PreparedProgram): Promise<ProgramOutcome>;
  send(): void;
  silentSinceMs(): number | undefined;
  forgetSilence(): void;
  probe(): void;
  whenIdle(): Promise<void>;
}

/** The batches of one partition: they have a memory and numbers of their own, since no script can reach two nodes. */
function createLane(
  partition: number,
  {
    timeoutMs,
    serveUnknown,
    memory,
    signal,
    ask,
    livingGeneration,
  }: BatchOptions & Ask & { memory: string; signal: AbortSignal },
  wake: (lane: Lane) => void,
): Lane {
  const unfinished = new Map<number, Promise<void>>();
  let waiting: Waiting[] = [];
  let lastNumber = 0;
  let silentSinceMs: number | undefined;
  let isProbing = false;
  /** What this process knows of the life of Redis' data: its generation, and the last number that it had an answer to in it. */
  let known: { generation: string; answered: number; atMs: number } | undefined;

  const lane: Lane = {
    count: (item) => new Promise((resolve, reject) => wait({ item, resolve, reject })),
    append: (verdict) => new Promise((resolve, reject) => wait({ verdict, resolve, reject })),
    run: (program) => new Promise((resolve, reject) => wait({ program, resolve, reject })),
    send() {
      const all = waiting;
      waiting = [];
      for (let at = 0; at < all.length; at += MOST_ITEMS) start(all.slice(at, at + MOST_ITEMS));
    },
    silentSinceMs: () => silentSinceMs,
    forgetSilence: () => void (silentSinceMs = undefined),
    probe() {
      if (isProbing) return;
      isProbing = true;
      // A batch of nothing: it is refused as any other would be, where Redis answers but doesn't write.
      const told = new Promise<void>((resolve, reject) => wait({ resolve, reject }));
      void told
        .catch((error: unknown) => {
          if (!isRedisOutage(error)) serveUnknown?.gaveUp(error);
        })
        .finally(() => (isProbing = false));
    },
    whenIdle: async () => void (await Promise.all(unfinished.values())),
  };
  return lane;

  function wait(one: Waiting): void {
    if (waiting.push(one) === 1) wake(lane);
  }

  function start(batch: Waiting[]): void {
    lastNumber += 1;
    const number = lastNumber;
    // In their order from the first: what is below the first that is there has ended.
    unfinished.set(number, Promise.resolve());
    // One that is handed over stays: Redis must not take it for ended when another one is asked for.
    const settled = settle(number, batch).then((isLeftOver) => void (isLeftOver || unfinished.delete(number)));
    unfinished.set(number, settled);
  }

  /** Never rejects: whatever happens is told to those who wait. Says whether it was handed over without an answer. */
  async function settle(number: number, waiters: Waiting[]): Promise<boolean> {
    const items = waiters.flatMap(({ item }) => item ?? []);
    const batch: Batch = {
      partition,
      memory,
      number,
      items,
      verdicts: waiters.flatMap(({ verdict }) => verdict ?? []),
      programs: waiters.flatMap(({ program }) => program ?? []),
      sentUnder: '',
      answered: 0,
      mayHaveRun: false,
    };
    try {
      const { figures, programs } = await askFor(batch, Date.now() + timeoutMs);
      let [at, ran] = [0, 0];
      for (const { item, program, resolve } of waiters) {
        if (item) resolve(toAnswer(figures[at++]!, figures[at++]!));
        else if (program) resolve(programs[ran++]!);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of waiters) reject(error);
      const wasServed = batch.items.length + batch.verdicts.length > 0;
      if (!serveUnknown || !wasServed || !(error instanceof UnknownOutcome)) return false;
      if (!(error instanceof LostOutcome)) return askUntilAnswered(batch, serveUnknown);
      serveUnknown.gaveUp(error);
    }
    return false;
  }

  async function askUntilAnswered(
    unanswered: Batch,
    { notCounted, leftOver, gaveUp }: ServedBatches,
  ): Promise<boolean> {
    const items = unanswered.items.map((item) => ({ ...item, allowed: 'unlimited' as const }));
    const batch = { ...unanswered, items };
    try {
      const { figures } = await askFor(batch, Infinity);
      // The lost answer is what Redis remembers: it may have been a refusal, and the call was served all the same.
      const left = items.filter((_item, i) => figures[2 * i] !== 1);
      if (left.length > 0) notCounted(left);
    } catch (error) {
      if (signal.aborted && error instanceof UnknownOutcome && !(error instanceof LostOutcome)) {
        leftOver(batch);
        return true;
      }
      gaveUp(error);
    }
    return false;
  }

  function onTry(answered: boolean): void {
    silentSinceMs = answered ? undefined : (silentSinceMs ?? performance.now());
  }

  async function askFor(batch: Batch, deadlineMs: number): Promise<BatchAnswer> {
    if (batch.sentUnder === '') {
      // Before the first batch of all: without it nobody could tell later whether that one was counted in another life.
      const generation = known?.generation ?? (await livingGeneration(partition, { deadlineMs, onTry }));
      // Another batch may have asked too, and had its answer meanwhile: that is not forgotten.
      known ??= { generation, answered: 0, atMs: 0 };
      // What Redis has forgotten because it was long ago proves nothing.
      const isRecent = performance.now() - known.atMs < REMEMBERED_SECONDS * 500;
      Object.assign(batch, { sentUnder: known.generation, answered: isRecent ? known.answered : 0 });
    }
    const answer = await ask(batch, {
      deadlineMs,
      ended: () => unfinished.keys().next().value! - 1,
      ...(deadlineMs === Infinity && { signal }),
      onTry,
    });
    const { generation } = answer;
    const answered = known!.generation === generation ? Math.max(known!.answered, batch.number) : batch.number;
    // An answer that comes late may be of a generation that has ended; the next one tells which lives.
    if (known!.generation === batch.sentUnder || known!.generation === generation) {
      known = { generation, answered, atMs: performance.now() };
    }
    return answer;
  }
}

function toAnswer(outcome: number, used: number): ItemAnswer | 'cold' {
  return outcome === 2 ? 'cold' : { counted: outcome === 1, used };
}
