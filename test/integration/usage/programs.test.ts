import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import type { BudgetStep, CreditsStep, Program, QuotaStep, Step } from '../../../domain/program/program.ts';
import { forgetReservations, settledBudget, settledState } from '../../../store/settled-programs.ts';
import { histories } from '../../support/programs.ts';
import { aRunner, type Runner } from '../../support/run-programs.ts';
import { settledOfPrograms, standingOfModel } from '../../support/settled-programs.ts';
import { aUsageBench, type UsageBench } from '../../support/usage.ts';

/** What programs took settles into Postgres, and is where they go on when Redis has lost its data. */

let bench: UsageBench;
beforeAll(async () => {
  bench = await aUsageBench();
}, 60_000);
afterAll(() => bench?.close());
beforeEach(() => bench.beginGeneration({ flush: true }));

/** Runs programs as a process of its own would. */
async function aProcess(): Promise<Runner> {
  const runner = await aRunner(bench.server.url, { settledOf: (cold) => settledState(bench.db, cold) });
  onTestFinished(() => runner.end());
  return runner;
}

const RUNS = process.env.PLIMSOLL_DEEP ? 300 : 12;
const seed = process.env.PLIMSOLL_DEEP ? Date.now() : 7;
/** The kinds that settle. */
const KEPT = ['quota', 'credits', 'budget'] as const;
/** Periods, balances and budgets that began before Redis did. */
const LONG_AGO = Date.UTC(2024, 11, 31, 23, 59, 50);

/** So many histories, each of tenants of its own. */
function someHistories(options: Parameters<typeof histories>[0]): Program[][] {
  process.stdout.write(`seed: ${seed}\n`);
  return fc.sample(histories(options), { numRuns: RUNS, seed }).map((programs) => {
    const prefix = randomUUID();
    return programs.map((program) => ({ ...program, tenant: prefix + program.tenant }));
  });
}

/**
 * Runs programs in their order, so many in one turn of the event loop, and compares each answer with the model's. What is found cold is asked
 * again, behind those that came with it: there only one at a time keeps the order.
 */
async function runBoth(runner: Runner, model: ModelState, programs: readonly Program[], together = 1): Promise<void> {
  for (let at = 0; at < programs.length; at += together) {
    const turn = programs.slice(at, at + together);
    const expected = turn.map((program) => run(model, program));
    expect(await Promise.all(turn.map((program) => runner.run(program)))).toEqual(expected);
  }
}

async function expectSettledAsInTheModel(model: ModelState, programs: readonly Program[]): Promise<void> {
  expect(await settledOfPrograms(bench.db, programs)).toEqual(standingOfModel(model, programs));
}

describe('what random programs took', () => {
  test('settles as the model stands after the same programs, whatever the batches', { timeout: 300_000 }, async () => {
    for (const [i, programs] of someHistories({}).entries()) {
      const model = emptyState();
      await runBoth(await aProcess(), model, programs, 5);
      await bench.settleAll({ enoughCalls: 1 + (i % 7) * 20 });
      await expectSettledAsInTheModel(model, programs);
    }
    expect(await bench.redis.xlen('{p0}:usage')).toBe(0);
    expect(await bench.db('usage_unreadable')).toEqual([]);
  });

  test('goes on from what is settled when Redis has lost all of it', { timeout: 300_000 }, async () => {
    for (const all of someHistories({ kinds: KEPT, startsAtMs: LONG_AGO })) {
      // An idempotency key is remembered by Redis alone.
      const programs = all.map((program) => ({ ...program, idempotency: null }));
      const model = emptyState();
      const half = Math.ceil(programs.length / 2);
      const runner = await aProcess();
      await runBoth(runner, model, programs.slice(0, half));
      await bench.settleAll();
      await bench.redis.flushall();
      await runBoth(runner, model, programs.slice(half));
      await bench.settleAll();
      await expectSettledAsInTheModel(model, programs);
    }
  });

  test('goes on from what is settled when Redis came back with older data', { timeout: 300_000 }, async () => {
    for (const all of someHistories({ kinds: KEPT, startsAtMs: LONG_AGO, mostPrograms: 60 })) {
      const programs = all.map((program) => ({ ...program, idempotency: null }));
      const model = emptyState();
      const third = Math.ceil(programs.length / 3);
      const runner = await aProcess();
      await runBoth(runner, model, programs.slice(0, third));
      await bench.settleAll();
      const comeBack = await bench.backup();
      await runBoth(runner, model, programs.slice(third, 2 * third));
      await bench.settleAll();
      await comeBack();
      // Found out by the drain: a process that has never asked knows nothing of what was lost.
      await bench.settle();
      await runBoth(await aProcess(), model, programs.slice(2 * third));
      await bench.settleAll();
      await expectSettledAsInTheModel(model, programs);
    }
  });
});

const nowMs = Date.now();
const DAY_MS = 86_400_000;
const today = { periodKey: 'today', startsAtMs: nowMs - DAY_MS / 2, endsAtMs: nowMs + DAY_MS / 2 };
const common = { key: 'key', name: 'limit', when: 'passed' as const };

const aSpend = (cost: number): CreditsStep => ({
  kind: 'credits',
  ...common,
  op: { kind: 'spend', cost },
  unlimited: false,
  refill: null,
  initial: { balance: 100, refilledAtMs: 0 },
  bornAtMs: 0,
  settled: null,
});

const aTopUp = (amount: number): CreditsStep => ({ ...aSpend(0), op: { kind: 'add', amount } });

const aBudget = (op: BudgetStep['op']): BudgetStep => ({
  kind: 'budget',
  ...common,
  op,
  total: 100,
  edge: 'hard',
  paused: false,
  ...today,
  thresholds: [],
  bornAtMs: 0,
  settled: null,
});

const aUse = (cost: number): QuotaStep => ({
  kind: 'quota',
  ...common,
  limit: 100,
  edge: 'hard',
  ...today,
  cost,
  thresholds: [],
  settled: null,
});

const aProgram = (tenant: string, ...steps: Step[]): Program => ({
  nowMs,
  tenant,
  steps,
  isSuccess: true,
  idempotency: null,
});

const reserve = (reservationId: string, amount: number, leaseMs = DAY_MS): BudgetStep['op'] => ({
  kind: 'reserve',
  reservationId,
  amount,
  leaseMs,
});

describe('a Redis that went on from older data before anybody noticed', () => {
  test('has what both lives took settled, and takes that over', async () => {
    const tenant = randomUUID();
    const before = await aProcess();
    await before.run(aProgram(tenant, aUse(1), aSpend(1), aBudget({ kind: 'spend', amount: 1 })));
    await bench.settleAll();
    const comeBack = await bench.backup();
    await before.run(aProgram(tenant, aUse(10), aSpend(30), aBudget(reserve('lost', 10))));
    await before.run(aProgram(tenant, aTopUp(40)));
    await before.run(aProgram(tenant, aBudget({ kind: 'commit', reservationId: 'lost', amount: 7 })));
    await bench.settleAll();
    await comeBack();

    // It knows nothing of what was lost, and the drain has not looked.
    const after = await aProcess();
    for (let i = 0; i < 6; i += 1)
      await after.run(aProgram(tenant, aUse(2), aSpend(2), aBudget({ kind: 'spend', amount: 2 })));
    await after.run(aProgram(tenant, aBudget(reserve('new', 5))));
    await bench.settleAll();
    expect(await settledState(bench.db, { tenant, step: aUse(0) })).toBe(23);
    expect(await settledState(bench.db, { tenant, step: aSpend(0) })).toMatchObject({ balance: 97 });
    expect(await settledBudget(bench.db, { tenant, key: 'key' })).toMatchObject({
      spent: 20,
      reserved: new Map([['new', { amount: 5 }]]),
    });
    expect(
      await after.run(
        aProgram(tenant, aUse(1), aSpend(1), aBudget({ kind: 'commit', reservationId: 'lost', amount: 1 })),
      ),
    ).toMatchObject({
      steps: [{ used: 24 }, { balance: 96 }, { state: 'committed', spent: 20, reserved: 5, remaining: 75 }],
    });
    await bench.settleAll();
    expect(await settledState(bench.db, { tenant, step: aSpend(0) })).toMatchObject({ balance: 96 });
  });

  test('is given what is settled where the newer version is Redis’ own', async () => {
    const tenant = randomUUID();
    const runner = await aProcess();
    await runner.run(aProgram(tenant, aSpend(1), aBudget(reserve('kept', 3))));
    await bench.settleAll();
    const comeBack = await bench.backup();
    await runner.run(aProgram(tenant, aSpend(50), aBudget({ kind: 'spend', amount: 50 })));
    await runner.run(aProgram(tenant, aBudget(reserve('lost', 4))));
    await bench.settleAll();
    await comeBack();
    const after = await aProcess();
    // What changes nothing is no newer version.
    for (let i = 0; i < 5; i += 1) await after.run(aProgram(tenant, aBudget(reserve('kept', 3))));
    for (let i = 0; i < 5; i += 1) await after.run(aProgram(tenant, aSpend(1), aBudget({ kind: 'spend', amount: 1 })));
    // Nobody asks between the drain's finding out and its end: what is settled is given to Redis all the same.
    await bench.settleAll();
    expect(await bench.redis.get(`{p0}:credits:${tenant}:key`)).toMatch(/^44 0 /);
    expect(await bench.redis.hget(`{p0}:budget:${tenant}:key`, 't')).toMatch(/^\d+ 55 7 /);
    expect(
      await after.run(aProgram(tenant, aBudget({ kind: 'commit', reservationId: 'lost', amount: 4 }))),
    ).toMatchObject({
      steps: [{ passed: true, state: 'committed', spent: 59, reserved: 3 }],
    });
  });
});

test('a reservation is forgotten when it has ended, or run out, before the moment that is asked for', async () => {
  const tenant = randomUUID();
  const runner = await aProcess();
  await runner.run(aProgram(tenant, aBudget(reserve('ran out', 1, 1000))));
  await runner.run(aProgram(tenant, aBudget(reserve('held', 1))));
  await bench.settleAll();
  expect(await forgetReservations(bench.db, nowMs + 1001)).toBeGreaterThanOrEqual(1);
  expect(await settledBudget(bench.db, { tenant, key: 'key' })).toMatchObject({
    reserved: new Map([['held', { amount: 1, expiresAtMs: nowMs + DAY_MS }]]),
    ended: new Map(),
  });
});
