import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../../counters/partitions.ts';
import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import type { Program } from '../../../domain/program/program.ts';
import { settledState } from '../../../store/settled-programs.ts';
import { ensurePosition } from '../../../store/usage-positions.ts';
import { histories } from '../../support/programs.ts';
import { aRunner, type Runner } from '../../support/run-programs.ts';
import { settledOfPrograms, standingOfModel } from '../../support/settled-programs.ts';
import { aUsageBenchOnACluster } from '../../support/usage.ts';

// What programs took settles from a Redis Cluster as it does from one Redis (`programs.test.ts`): each tenant's on its own partition.

const PARTITIONS = 64;
const RUNS = process.env.PLIMSOLL_DEEP ? 100 : 8;
const seed = process.env.PLIMSOLL_DEEP ? Date.now() : 11;
/** Periods, balances and budgets that began before Redis did, and that settle. */
const LASTING = { kinds: ['quota', 'credits', 'budget'], startsAtMs: Date.UTC(2024, 11, 31, 23, 59, 50) } as const;

let bench: Awaited<ReturnType<typeof aUsageBenchOnACluster>>;
let runner: Runner;
beforeAll(async () => {
  bench = await aUsageBenchOnACluster();
  for (let partition = 0; partition < PARTITIONS; partition += 1) await ensurePosition(bench.db, partition);
  runner = await aRunner(bench.cluster.url, {
    partitions: PARTITIONS,
    settledOf: (cold) => settledState(bench.db, cold),
  });
}, 60_000);
afterAll(async () => {
  runner?.end();
  await bench?.close();
});

describe('what random programs of many tenants took', () => {
  test('settles as the model stands, and goes on from there where one master has lost all', {
    timeout: 300_000,
  }, async () => {
    process.stdout.write(`seed: ${seed}\n`);
    const all = fc.sample(histories(LASTING), { numRuns: RUNS, seed }).map((programs) => {
      const prefix = randomUUID();
      // An idempotency key is remembered by Redis alone.
      return programs.map((program) => ({ ...program, tenant: prefix + program.tenant, idempotency: null }));
    });
    const walks = all.map((programs) => ({ programs, model: emptyState() }));
    const used = new Set(all.flat().map(({ tenant }) => partitionOf(tenant, PARTITIONS)));
    expect(used.size).toBeGreaterThan(3);

    await Promise.all(walks.map(({ programs, model }) => runBoth(programs.slice(0, firstHalf(programs)), model)));
    await settle(used);
    for (const { programs, model } of walks) await expectSettled(model, programs.slice(0, firstHalf(programs)));

    const asked = runner.asked.length;
    await bench.redis.flushall();
    await Promise.all(walks.map(({ programs, model }) => runBoth(programs.slice(firstHalf(programs)), model)));
    expect(runner.asked.length).toBeGreaterThan(asked);
    await settle(used);
    for (const { programs, model } of walks) await expectSettled(model, programs);
    expect(await bench.db('usage_unreadable')).toEqual([]);
  });
});

/** How many programs run before the loss. */
function firstHalf({ length }: readonly Program[]): number {
  return Math.ceil(length / 2);
}

/** Runs programs in their order, one at a time, and compares each answer with the model's. */
async function runBoth(programs: readonly Program[], model: ModelState): Promise<void> {
  for (const program of programs) expect(await runner.run(program)).toEqual(run(model, program));
}

async function settle(partitions: Iterable<number>): Promise<void> {
  for (const partition of partitions) await bench.settleAll({ partition });
}

async function expectSettled(model: ModelState, programs: readonly Program[]): Promise<void> {
  expect(await settledOfPrograms(bench.db, programs)).toEqual(standingOfModel(model, programs));
}
