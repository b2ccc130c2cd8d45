import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BudgetStep, CreditsStep, Program, QuotaStep, Step } from '../../../domain/program/program.ts';
import { settledState } from '../../../store/settled-programs.ts';
import { aRunner, type Runner } from '../../support/run-programs.ts';
import { aUsageBench, type UsageBench } from '../../support/usage.ts';
import { waitUntil } from '../../support/wait.ts';

/**
 * Redis losing all its data in mid-load through two callers of programs, while the drain settles: what each kind admits beyond its
 * limit is measured, and held against what was not settled when it happened.
 */

const LIMIT = 2_000;
const LANES = 6;
/** One clock for all, so that no window ends by itself. */
const NOW_MS = Date.now();
const DAY_MS = 86_400_000;

let bench: UsageBench;
let runners: Runner[];
const over = new AbortController();
let settling: Promise<void>;
beforeAll(async () => {
  bench = await aUsageBench();
  await bench.redis.flushall();
  const settledOf = (cold: Parameters<typeof settledState>[1]) => settledState(bench.db, cold);
  runners = [await aRunner(bench.server.url, { settledOf }), await aRunner(bench.server.url, { settledOf })];
  settling = (async () => {
    while (!over.signal.aborted) {
      await bench.settle();
      await pause(250);
    }
  })();
}, 60_000);
afterAll(async () => {
  over.abort();
  await settling;
  for (const runner of runners) runner.end();
  await bench.close();
});

const common = { key: 'key', name: 'limit', when: 'passed' as const };
const today = { periodKey: 'today', startsAtMs: NOW_MS - DAY_MS / 2, endsAtMs: NOW_MS + DAY_MS / 2 };

const aUse = (): QuotaStep => ({
  kind: 'quota',
  ...common,
  limit: LIMIT,
  edge: 'hard',
  ...today,
  cost: 1,
  thresholds: [],
  settled: null,
});

const aSpend = (): CreditsStep => ({
  kind: 'credits',
  ...common,
  op: { kind: 'spend', cost: 1 },
  unlimited: false,
  refill: null,
  initial: { balance: LIMIT, refilledAtMs: 0 },
  bornAtMs: 0,
  settled: null,
});

const aBudget = (op: BudgetStep['op']): BudgetStep => ({
  kind: 'budget',
  ...common,
  op,
  total: LIMIT,
  edge: 'hard',
  paused: false,
  ...today,
  thresholds: [],
  bornAtMs: 0,
  settled: null,
});

const reserve = (reservationId = randomUUID()) =>
  aBudget({ kind: 'reserve', reservationId, amount: 1, leaseMs: DAY_MS });

const aProgram = (tenant: string, step: Step): Program => ({
  nowMs: NOW_MS,
  tenant,
  steps: [step],
  isSuccess: true,
  idempotency: null,
});

interface Load {
  /** When each call that was admitted began. */
  admitted: number[];
  done: Promise<unknown>;
}

/** Asks through both until nothing fits any more; each admitted reservation may be committed by `then`. */
function startLoad(tenant: string, aStep: () => Step, then?: (runner: Runner, step: Step) => Promise<void>): Load {
  const admitted: number[] = [];
  const lanes = runners.flatMap((runner) =>
    Array.from({ length: LANES }, async () => {
      let refused = 0;
      while (refused < 20) {
        const beganAtMs = performance.now();
        const step = aStep();
        const answer = await runner.run(aProgram(tenant, step));
        if (answer.outcome === 'admitted') {
          refused = 0;
          admitted.push(beganAtMs);
          await then?.(runner, step);
        } else {
          refused += 1;
        }
        await pause(2);
      }
    }),
  );
  return { admitted, done: Promise.all(lanes) };
}

/** What is settled as taken. */
async function takenOf(tenant: string, step: QuotaStep | CreditsStep | BudgetStep): Promise<number> {
  const settled = await settledState(bench.db, { tenant, step });
  if (settled === null || typeof settled === 'number') return settled ?? 0;
  if ('balance' in settled) return LIMIT - settled.balance;
  return settled.spent + settled.reserved.size;
}

/** Loses everything when some is settled and some is not; says how much was not, and what was admitted beyond the limit in the end. */
async function loseInMidLoad(
  tenant: string,
  aStep: () => QuotaStep | CreditsStep | BudgetStep,
  then?: (runner: Runner, step: Step) => Promise<void>,
): Promise<{ unsettled: number; beyond: number }> {
  const beganAtMs = performance.now();
  const load = startLoad(tenant, aStep, then);
  await waitUntil('some is settled', async () => (await takenOf(tenant, aStep())) > LIMIT / 10);
  // Between two batches of the drain: something waits.
  await pause(100);
  const settled = await takenOf(tenant, aStep());
  await bench.redis.flushall();
  const lostAtMs = performance.now();
  await load.done;
  const before = load.admitted.filter((atMs) => atMs <= lostAtMs).length;
  process.stdout.write(`${Math.round((before * 1000) / (lostAtMs - beganAtMs))} admitted a second until then\n`);
  return { unsettled: before - settled, beyond: load.admitted.length - LIMIT };
}

describe('FLUSHALL in mid-load', { timeout: 120_000 }, () => {
  test.each([
    ['a quota', aUse],
    ['a balance', aSpend],
  ] as const)('admits of %s no more beyond it than was not settled then', async (kind, aStep) => {
    const tenant = randomUUID();
    const { unsettled, beyond } = await loseInMidLoad(tenant, aStep);
    process.stdout.write(`${kind}: ${beyond} admitted beyond ${LIMIT}; ${unsettled} were not settled\n`);
    expect(beyond).toBeLessThanOrEqual(unsettled);
    // And no less than it allows.
    expect(beyond).toBeGreaterThanOrEqual(0);
    await waitUntil('all is settled', async () => (await bench.redis.xlen('{p0}:usage')) === 0);
    expect(await takenOf(tenant, aStep())).toBeGreaterThanOrEqual(LIMIT);
  });

  test('admits of a budget no more beyond it than was not settled then; a reservation that was lost is unknown', async () => {
    const tenant = randomUUID();
    let lost = 0;
    const { unsettled, beyond } = await loseInMidLoad(tenant, reserve, async (runner, step) => {
      if (step.kind !== 'budget' || step.op.kind !== 'reserve' || Math.random() < 0.5) return;
      const { reservationId } = step.op;
      const commit = aBudget({ kind: 'commit', reservationId, amount: 1 });
      const answer = await runner.run(aProgram(tenant, commit));
      if (answer.outcome === 'refused') lost += 1;
    });
    process.stdout.write(
      `a budget: ${beyond} admitted beyond ${LIMIT}; ${unsettled} were not settled; ${lost} commits were refused as unknown\n`,
    );
    expect(beyond).toBeLessThanOrEqual(unsettled);
    // And no less than it allows.
    expect(beyond).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(unsettled);
  });

  test('admits of a rate at most one more window’s limit', async () => {
    const tenant = randomUUID();
    const load = startLoad(tenant, () => ({ kind: 'rate', ...common, limit: LIMIT, windowMs: 600_000, cost: 1 }));
    await waitUntil('half of it is used', () => load.admitted.length > LIMIT / 2);
    const before = load.admitted.length;
    await bench.redis.flushall();
    await load.done;
    const beyond = load.admitted.length - LIMIT;
    process.stdout.write(
      `a rate: ${beyond} admitted beyond ${LIMIT}; about ${before} were counted in the window then\n`,
    );
    expect(beyond).toBeLessThanOrEqual(LIMIT);
    expect(beyond).toBeGreaterThanOrEqual(before - 2 * LANES);
  });
});
