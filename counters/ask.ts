import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Result } from 'ioredis';
import type { Limit } from '../domain/plans/catalogue.ts';
import type { ProgramAnswer } from '../domain/program/program.ts';
import { rest } from '../runtime/rest.ts';
import { batchesKey, checkedKey, generationKey, streamKey } from './partitions.ts';
import { AnswerReader, type PreparedProgram, ProgramForm, readProgram, writeProgram } from './program-form.ts';
import { PROGRAM_SCRIPT } from './program-script.ts';
import { dropConnection, isRedisOutage, type RedisClient } from './redis.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** `program/*.lua`: the number of keys, the keys, the arguments. */
    runBatch(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<ScriptAnswer, Context>;
    /** `generation.lua`. */
    livingGeneration(generationKey: string, next: string): Result<string, Context>;
  }
}

type ScriptAnswer = string[] | 'ended';

/** One call against one counter: a program of one hard quota, in the short form that public validation takes. */
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

/** What is asked in one script call, and what makes it known when it is asked again. */
export interface Batch {
  partition: number;
  /** Under which name Redis remembers the answer. */
  memory: string;
  /** Rises within the memory. */
  number: number;
  items: readonly Item[];
  verdicts: readonly string[];
  /** Run after the items. */
  programs: readonly PreparedProgram[];
  /** The generation that its sender knew when it was sent first. */
  sentUnder: string;
  /** A number that its sender had an answer to then, in that generation; 0 if none. */
  answered: number;
  /** Whether it was sent before and had no answer. Set here when that happens. */
  mayHaveRun: boolean;
}

export interface BatchAnswer {
  /** Two for each item: 1 counted, 0 refused, 2 cold; and what is used then. */
  figures: number[];
  programs: ProgramOutcome[];
  /** The generation that lives. */
  generation: string;
}

/** What a program answers; or which of its steps are cold, by index: nothing of it ran. */
export type ProgramOutcome = ProgramAnswer | { cold: number[] };

export interface AskOptions {
  /** Until when it is asked again, `Date.now()`; `Infinity` where nobody waits for it. */
  deadlineMs: number;
  /** Up to which number all batches of this memory have ended, whenever it is asked. */
  ended: () => number;
  /** Ends the asking before its deadline, after the try that is under way. */
  signal?: AbortSignal;
  /** Told whether there was an answer, after each try. */
  onTry?: (answered: boolean) => void;
}

/** How long Redis remembers a process that is silent: far longer than a lost batch can still be asked for. */
export const REMEMBERED_SECONDS = 7 * 86_400;
/** How many times a batch is asked for before its deadline, when no answer comes. */
const TRIES = 4;
const PAUSE_MS = 25;
/** The longest pauses: where somebody waits, and where nobody does, so that what was served takes no time of those who wait. */
const LONGEST_PAUSE_MS = { waitedFor: 200, served: 2_000 };

/** A batch had no answer in time. It may have been counted, so what it holds must be counted under no other number. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/**
 * Redis has lost its data while the batch was on its way: it may have been counted before, and even settled, and nobody can tell. It is
 * counted no more, for a call may be counted once at most.
 */
export class LostOutcome extends UnknownOutcome {
  constructor({ items }: Batch) {
    super(`Redis lost its data while ${items.length} calls had no answer: they are not counted again`);
  }
}

const GENERATION = readFileSync(new URL('./generation.lua', import.meta.url), 'utf8');

export type Ask = ReturnType<typeof createAsk>;

/** Asks Redis for a batch until there is an answer. `timeoutMs`: how long whoever waits for it does. */
export function createAsk(redis: RedisClient, { timeoutMs }: { timeoutMs: number }) {
  redis.defineCommand('runBatch', { lua: PROGRAM_SCRIPT });
  redis.defineCommand('livingGeneration', { numberOfKeys: 1, lua: GENERATION });
  const tryMs = Math.max(PAUSE_MS, timeoutMs / TRIES);
  return {
    livingGeneration,
    ask,
  };

  /** The generation of a partition; one begins where there is none. @throws an outage, at the deadline (`Date.now()`) */
  async function livingGeneration(
    partition: number,
    { deadlineMs, onTry }: Omit<AskOptions, 'ended'>,
  ): Promise<string> {
    const key = generationKey(partition);
    for (;;) {
      try {
        const generation = await withinOneTry(redis.livingGeneration(key, randomUUID()), key);
        onTry?.(true);
        return generation;
      } catch (error) {
        if (!isRedisOutage(error) || redis.status === 'end') throw error;
        onTry?.(false);
        if (Date.now() + PAUSE_MS >= deadlineMs) throw error;
        await rest(PAUSE_MS, undefined);
      }
    }
  }

  /**
   * Asks until there is an answer, each time under the same number, with growing pauses. Sends before it first waits.
   * @throws {UnknownOutcome} at the deadline, where a try had no answer; {LostOutcome}; the outage itself, where nothing was sent or
   * Redis said no each time; what it refuses for good, at once
   */
  async function ask(batch: Batch, { deadlineMs, ended, signal, onTry }: AskOptions): Promise<BatchAnswer> {
    const form = formOf(batch);
    const keys = [...fixedKeys(batch), ...form.keys()];
    const runs = form.arguments();
    const longestMs = LONGEST_PAUSE_MS[deadlineMs === Infinity ? 'served' : 'waitedFor'];
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
      const wasReady = redis.status === 'ready';
      try {
        const { number, sentUnder, answered, mayHaveRun } = batch;
        const life = [sentUnder, answered, mayHaveRun ? 1 : 0];
        const settings = [number, ended(), REMEMBERED_SECONDS, randomUUID(), ...life];
        const answer = await withinOneTry(redis.runBatch(keys.length, ...keys, ...settings, ...runs), keys[0]!);
        onTry?.(true);
        return toAnswer(answer, batch);
      } catch (error) {
        if (error instanceof LostOutcome || !isRedisOutage(error) || redis.status === 'end') throw error;
        onTry?.(false);
        batch.mayHaveRun ||= wasReady && wasSent(error as Error);
        if (signal?.aborted || Date.now() + pauseMs >= deadlineMs) {
          throw batch.mayHaveRun ? new UnknownOutcome('Redis gave no answer', { cause: error }) : error;
        }
        await rest(pauseMs, signal);
      }
    }
  }

  /** A connection that gives no answer in time is dropped: the next try needs one that works. */
  async function withinOneTry<T>(answer: Promise<T>, key: string): Promise<T> {
    const silence = Promise.withResolvers<never>();
    let isOver = false;
    const drop = (): void => {
      if (isOver) return;
      dropConnection(redis, key);
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

/** A spoken refusal (loading, read-only, full) is an answer, and a connection that is closed takes nothing: the script did not run. */
function wasSent({ name, message }: Error): boolean {
  return name !== 'ReplyError' && !message.includes("isn't writeable");
}

function fixedKeys({ partition, memory }: Batch): string[] {
  return [batchesKey(partition, memory), generationKey(partition), streamKey(partition), checkedKey(partition)];
}

function formOf({ items, verdicts, programs }: Batch): ProgramForm {
  const form = new ProgramForm();
  for (const { key, cost, allowed, keptSeconds, startsAtMs, settled, entry } of items) {
    const k = form.text(key, `${keptSeconds} ${startsAtMs} ${settled ?? ''}`, settled !== null);
    form.run(`q${k} ${cost} ${allowed === 'unlimited' ? '-' : allowed}`, entry);
  }
  for (const verdict of verdicts) form.run('v', verdict);
  for (const program of programs) writeProgram(form, program);
  return form;
}

function toAnswer(answer: ScriptAnswer, batch: Batch): BatchAnswer {
  if (answer === 'ended') throw new Error(`Batch ${batch.number} was asked for after its end`);
  const [told = '', generation = batch.sentUnder] = answer;
  if (told === 'lost') throw new LostOutcome(batch);
  const reader = new AnswerReader(told);
  const figures: number[] = [];
  for (let i = 0; i < batch.items.length * 2; i += 1) figures.push(reader.figure());
  return { figures, programs: batch.programs.map(({ program }) => readProgram(reader, program)), generation };
}
