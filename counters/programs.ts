import type { BudgetStep, CreditsStep, Program, ProgramAnswer, QuotaStep } from '../domain/program/program.ts';
import { type Batches, createBatches } from './batches.ts';
import { partitionOf } from './partitions.ts';
import { prepareProgram, type Settled } from './program-form.ts';
import type { RedisClient } from './redis.ts';

/** Runs programs in Redis (`domain/program/program.ts` says what they mean). */
export interface Programs {
  /**
   * Runs a program in one step, with all that was asked in the same turn of the event loop.
   * @throws {RangeError} for one that can't be run exactly; {UnknownOutcome} when it may have run; an outage in time, when it has not
   */
  run(program: Program): Promise<ProgramAnswer>;
  /** To be called when nobody runs programs any more. */
  close(): Promise<void>;
}

/** A step whose state Redis may have lost. */
export interface ColdStep {
  readonly tenant: string;
  readonly step: QuotaStep | CreditsStep | BudgetStep;
}

export interface ProgramsOptions {
  timeoutMs: number;
  /** How many partitions there are; the same for all processes. Default: 1. */
  partitions?: number;
  /** What is settled of a step's state: there it begins after Redis has lost its data. `null`: nothing ever was. */
  settledOf: (cold: ColdStep) => Promise<Settled>;
  /** What programs travel with. Default: batches of their own. */
  batches?: Batches;
}

/** How often a program is told what is settled: Redis may lose its data while it is asked. */
const MOST_SEEDINGS = 5;

export function createPrograms(redis: RedisClient, options: ProgramsOptions): Programs {
  const { timeoutMs, partitions = 1, settledOf, batches = createBatches(redis, { timeoutMs }) } = options;
  const asked = new Map<string, Promise<Settled>>();
  return {
    async run(program) {
      const partition = partitionOf(program.tenant, partitions);
      const seeds = new Map<number, Settled>();
      for (let seedings = 0; seedings <= MOST_SEEDINGS; seedings += 1) {
        const answer = await batches.run(partition, prepareProgram(program, { partition, seeds }));
        if (!('cold' in answer)) return answer;
        for (const [at, settled] of await Promise.all(answer.cold.map((at) => seed(program, at))))
          seeds.set(at, settled);
      }
      throw new Error('A program is cold although it was given what is settled');
    },
    close: () => batches.close(),
  };

  async function seed({ tenant, steps }: Program, at: number): Promise<[at: number, settled: Settled]> {
    const step = steps[at];
    if (!step || step.kind === 'rate') throw new TypeError(`Step ${at} can't be cold`);
    // Many programs may find the same state cold; one question answers them.
    const name = JSON.stringify([tenant, step.kind, step.key, step.kind === 'quota' ? step.periodKey : null]);
    const known = asked.get(name) ?? settledOf({ tenant, step }).finally(() => asked.delete(name));
    asked.set(name, known);
    return [at, await known];
  }
}
