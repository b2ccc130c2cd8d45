import type { Settled } from '../../counters/program-form.ts';
import { type ColdStep, createPrograms, type Programs } from '../../counters/programs.ts';
import { connectRedis, openRedis, type RedisClient } from '../../counters/redis.ts';
import { emptyState, type ModelState, run } from '../../domain/program/model.ts';
import type { Program, ProgramAnswer, QuotaStep } from '../../domain/program/program.ts';

/** Something to run programs by, that is a process of its own as far as Redis can tell. */
export interface Runner extends Programs {
  redis: RedisClient;
  /** What was asked for because it was cold, in order. */
  asked: ColdStep[];
  end(): void;
}

export interface RunnerOptions {
  partitions?: number;
  timeoutMs?: number;
  settledOf?: (cold: ColdStep) => Settled | Promise<Settled>;
}

export async function aRunner(
  url: string,
  { partitions = 1, timeoutMs = 10_000, settledOf = () => null }: RunnerOptions = {},
): Promise<Runner> {
  const redis = connectRedis({ redisUrl: url, redisTimeoutMs: timeoutMs }, () => undefined);
  await openRedis(redis);
  const asked: ColdStep[] = [];
  const programs = createPrograms(redis, {
    timeoutMs,
    partitions,
    settledOf: async (cold) => {
      asked.push(cold);
      return settledOf(cold);
    },
  });
  return { ...programs, redis, asked, end: () => redis.disconnect() };
}

/** Counts the programs of a tenant, whatever becomes of them: its figure says which one came first. */
export const SEQUENCE: QuotaStep = {
  kind: 'quota',
  key: 'sequence',
  name: 'sequence',
  when: 'always',
  limit: 'unlimited',
  edge: 'soft',
  periodKey: 'ever',
  startsAtMs: Date.UTC(2099, 0),
  endsAtMs: Date.UTC(2200, 0),
  cost: 1,
  thresholds: [],
  settled: null,
};

/** A program with its place in the order of its tenant's programs told in its last step. */
export const inSequence = (program: Program): Program => ({ ...program, steps: [...program.steps, SEQUENCE] });

export interface Ran {
  program: Program;
  answer: ProgramAnswer;
}

/** The answer that a model gives where it runs the same programs in the order in which they ran. */
export function expectedInSequence(ran: readonly Ran[]): { given: ProgramAnswer; expected: ProgramAnswer }[] {
  const models = new Map<string, ModelState>();
  const modelOf = (tenant: string): ModelState => {
    const known = models.get(tenant) ?? emptyState();
    models.set(tenant, known);
    return known;
  };
  const first = ran.filter(({ answer }) => answer.outcome !== 'conflict' && !answer.replayed);
  return first
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .map(({ program, answer }) => ({ given: answer, expected: run(modelOf(program.tenant), program) }));
}

function placeOf({ answer }: Ran): number {
  const last = answer.outcome === 'conflict' ? undefined : answer.steps.at(-1);
  if (last?.kind !== 'quota') throw new TypeError('The program was not put in sequence');
  return last.used;
}
