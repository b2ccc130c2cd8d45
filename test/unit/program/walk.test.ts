import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../../domain/program/check.ts';
import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import type { Program, ProgramAnswer, Step, StepAnswer } from '../../../domain/program/program.ts';
import { histories } from '../../support/programs.ts';
import { aRate, MINUTE_MS } from './programs.ts';

/** Histories of each kind, in the test that looks at all of their figures; of all kinds together, and in the others, `SOME`. */
const RUNS = process.env.PLIMSOLL_DEEP ? 1_000_000 : 500;
const SOME = process.env.PLIMSOLL_DEEP ? 100_000 : 500;
const LONG = { timeout: 60_000 + RUNS * 20 };
/** Of all big samples; with it in its place they come again. Of the others fast-check prints the seed when one fails. */
const seed = Date.now() | 0;
if (process.env.PLIMSOLL_DEEP) process.stdout.write(`seed: ${seed}\n`);
const samples = (numRuns: number) => (process.env.PLIMSOLL_DEEP ? { numRuns, seed } : { numRuns });

type Answered = Extract<ProgramAnswer, { refusedBy: unknown }>;

interface Ran {
  program: Program;
  answer: Answered;
  before: ModelState;
  /** The state itself, until the next program runs. */
  after: ModelState;
}

describe.each(['rate', 'quota', 'credits', 'budget', 'all kinds'] as const)('in any history of %s', (kind) => {
  const options = kind === 'all kinds' ? {} : { kinds: [kind] };

  test('the figures hold together, and what was not taken has changed nothing', LONG, () => {
    fc.assert(
      fc.property(histories(options), (programs) => {
        for (const ran of walk(programs)) {
          checkOutcome(ran);
          for (const [at, step] of ran.program.steps.entries()) checkFigures(ran, step, at);
          checkUntouched(ran);
        }
      }),
      samples(kind === 'all kinds' ? SOME : RUNS),
    );
  });

  test('a program that runs twice under one idempotency key is as if it had run once', LONG, () => {
    fc.assert(
      fc.property(histories({ ...options, mostPrograms: 15 }), (programs) => {
        const [once, twice] = [emptyState(), emptyState()];
        for (const [at, program] of programs.entries()) {
          const idempotency = { key: `own ${at}`, fingerprint: '', keptSeconds: 60 };
          const first = run(once, { ...program, idempotency });
          const again = [run(twice, { ...program, idempotency }), run(twice, { ...program, idempotency })];
          if (!isDeepStrictEqual(again, [first, { ...first, replayed: true }])) expect(again).toEqual(first);
        }
        expect(isDeepStrictEqual(twice, once)).toBe(true);
      }),
      samples(SOME / 4),
    );
  });
});

describe('in any history', () => {
  test('a quota is what was taken from it, and crosses each of its thresholds once', LONG, () => {
    fc.assert(
      fc.property(histories({ kinds: ['quota', 'rate'] }), (programs) => {
        const sums = new Map<string, number>();
        const crossed = new Set<string>();
        for (const { program, answer } of walk(programs)) {
          for (const [step, told] of pairs(program, answer)) {
            if (step.kind !== 'quota' || told.kind !== 'quota') continue;
            const key = JSON.stringify([program.tenant, identityOf(step)]);
            sums.set(key, (sums.get(key) ?? 0) + (told.taken ? step.cost : 0));
            expect(told.used).toBe(sums.get(key));
            for (const amount of told.crossed) {
              expect(crossed.has(`${key} ${amount}`)).toBe(false);
              crossed.add(`${key} ${amount}`);
            }
          }
        }
      }),
      samples(SOME),
    );
  });

  test('credits fall by exactly what was spent, from the balance or its refill', LONG, () => {
    fc.assert(
      fc.property(histories({ kinds: ['credits', 'rate'] }), (programs) => {
        const balances = new Map<string, number>();
        for (const { program, answer } of walk(programs)) {
          for (const [step, told] of pairs(program, answer)) {
            if (step.kind !== 'credits' || told.kind !== 'credits' || step.unlimited || !told.taken) continue;
            const key = JSON.stringify([program.tenant, step.key]);
            const known = balances.get(key) ?? step.initial.balance;
            const before = told.refilled ? step.refill!.amount : known;
            expect(before).toBeGreaterThanOrEqual(known);
            if (step.op.kind === 'spend') expect(told.balance).toBe(before - step.op.cost);
            if (step.op.kind === 'add') expect(told.balance).toBe(before + step.op.amount);
            balances.set(key, told.balance!);
          }
        }
      }),
      samples(SOME),
    );
  });

  test('what a budget spent is what was committed, each reservation once', LONG, () => {
    fc.assert(
      fc.property(histories({ kinds: ['budget'] }), (programs) => {
        for (const { program, answer, before, after } of walk(programs)) {
          for (const [step, told] of pairs(program, answer)) {
            if (step.kind !== 'budget' || told.kind !== 'budget' || !told.taken) continue;
            const key = JSON.stringify([program.tenant, identityOf(step)]);
            const [then, now] = [before.budgets.get(key), after.budgets.get(key)!];
            const spentThen = then?.periodKey === now.periodKey ? then.spent : 0;
            const wasEnded =
              'reservationId' in step.op && then?.ended.get(step.op.reservationId)?.state === 'committed';
            const spends = step.op.kind === 'spend' || (step.op.kind === 'commit' && !wasEnded);
            expect(now.spent - spentThen).toBe(spends && 'amount' in step.op ? step.op.amount : 0);
          }
        }
      }),
      samples(SOME),
    );
  });

  test('a refused run of rates passes at the moment it is told, and not a millisecond before', LONG, () => {
    fc.assert(
      fc.property(histories({ kinds: ['rate'] }), (programs) => {
        for (const { program, answer, after } of walk(programs)) {
          const refused = answer.steps.filter((told) => told.kind === 'rate' && !told.passed);
          if (refused.length === 0) continue;
          const moments = refused.map((told) => (told.kind === 'rate' ? told.fitsAtMs : null));
          const alone = {
            ...program,
            idempotency: null,
            steps: program.steps.map((step) => ({ ...step, when: 'passed' as const })),
          };
          if (program.steps.some((step) => step.when !== program.steps[0]!.when) || moments.includes(null)) continue;
          const fitsAtMs = Math.max(...moments.map(Number));
          expect(run(structuredClone(after), { ...alone, nowMs: fitsAtMs }).outcome).toBe('admitted');
          expect(run(structuredClone(after), { ...alone, nowMs: fitsAtMs - 1 }).outcome).toBe('refused');
        }
      }),
      samples(SOME),
    );
  });
});

describe('a rate', () => {
  const calls = fc.array(fc.record({ stepMs: fc.nat(40_000), cost: fc.nat(4) }), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
  });

  test('admits what its own log says: no more, and no less', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 9 }), (asked, limit) => {
        const state = emptyState();
        const log: { cell: number; cost: number }[] = [];
        let nowMs = 0;
        for (const { stepMs, cost } of asked) {
          nowMs += stepMs;
          const cell = Math.floor(nowMs / MINUTE_MS);
          const countOf = (of: number): number =>
            log.filter((one) => one.cell === of).reduce((sum, one) => sum + one.cost, 0);
          const left = MINUTE_MS - (nowMs % MINUTE_MS);
          const effective =
            countOf(cell) + Number((BigInt(countOf(cell - 1)) * BigInt(left)) / BigInt(MINUTE_MS)) + cost;
          const step = aRate({ limit, cost });
          const answer = run(state, {
            nowMs,
            tenant: 'a',
            steps: [step],
            isSuccess: true,
            idempotency: null,
          });
          expect(answer.outcome).toBe(effective <= limit ? 'admitted' : 'refused');
          if (effective <= limit) log.push({ cell, cost });
        }
      }),
      samples(SOME),
    );
  });

  test('has no more room for a clock that went back than for one that stood still', () => {
    fc.assert(
      fc.property(calls, fc.nat(4), fc.nat(200_000), (asked, cost, backMs) => {
        const state = emptyState();
        const program = { tenant: 'a', isSuccess: true, idempotency: null };
        let nowMs = 1_000_000;
        for (const call of asked) {
          nowMs += call.stepMs;
          run(state, { ...program, nowMs, steps: [aRate({ cost: call.cost })] });
        }
        const probe = { ...program, steps: [aRate({ cost })] };
        // The clock stood still at the last call that was counted; nothing later is known to the cells.
        const counted = state.rates.size > 0;
        const back = run(structuredClone(state), { ...probe, nowMs: nowMs - backMs });
        const still = run(structuredClone(state), { ...probe, nowMs });
        if (counted && back.outcome === 'admitted') expect(still.outcome).toBe('admitted');
      }),
      samples(SOME),
    );
  });
});

/** Runs a history on the model; repeats and conflicts are checked for having taken nothing, and left out. */
function* walk(programs: readonly Program[]): Generator<Ran> {
  const state = emptyState();
  for (const program of programs) {
    const before = structuredClone(state);
    const answer = run(state, program);
    if (answer.outcome === 'conflict' || answer.replayed) expect(isDeepStrictEqual(state, before)).toBe(true);
    else yield { program, answer, before, after: state };
  }
}

function pairs({ steps }: Program, answer: Answered): [Step, StepAnswer][] {
  return steps.map((step, at) => [step, answer.steps[at]!]);
}

function checkOutcome({ program, answer }: Ran): void {
  const { outcome, refusedBy } = answer;
  if ((refusedBy === null) !== (outcome === 'admitted')) expect.fail(`${outcome}, and refused by ${refusedBy}`);
  if (refusedBy !== null) expect(answer.steps[refusedBy]!.passed).toBe(false);
  for (const [step, { passed, taken }] of pairs(program, answer)) {
    const isLost = step.when === 'success' && (outcome === 'refused' || !program.isSuccess);
    const isDue = outcome === 'admitted' && !isLost;
    if ((taken && (!passed || isLost)) || (isDue && !taken))
      expect.fail(`${step.kind}, ${step.when}: taken is ${taken}`);
  }
}

/** Never below zero, and never above a limit by what was taken. */
function checkFigures({ program, answer, before }: Ran, step: Step, at: number): void {
  const told = answer.steps[at]!;
  for (const [name, value] of Object.entries(told)) {
    if (typeof value === 'number' && name !== 'remaining' && !isAmount(value)) expect.fail(`${name} is ${value}`);
  }
  const identity = identityOf(step);
  if (step.kind === 'rate' && told.kind === 'rate') {
    // Of the same cells several times in one run, the last is told what all of them took, and so are the others.
    const isLast = program.steps.findLastIndex((other) => identityOf(other) === identity) === at;
    if (isLast && told.taken && step.limit !== 'unlimited') expect(told.used).toBeLessThanOrEqual(step.limit);
  }
  if (step.kind === 'quota' && told.kind === 'quota' && step.edge === 'hard' && step.limit !== 'unlimited') {
    if (told.taken && step.cost > 0) expect(told.used).toBeLessThanOrEqual(step.limit);
  }
  if (step.kind === 'budget' && told.kind === 'budget' && step.total !== 'unlimited') {
    expect(told.remaining).toBe(step.total - told.reserved - told.spent);
    const { op } = step;
    const then = before.budgets.get(JSON.stringify([program.tenant, identity]));
    const isNew = op.kind === 'reserve' && told.taken && op.amount > 0 && !then?.reserved.has(op.reservationId);
    if (isNew && step.edge === 'hard') expect(told.remaining).toBeGreaterThanOrEqual(0);
  }
}

/** What no step took is as it was. */
function checkUntouched({ program, answer, before, after }: Ran): void {
  const touched = new Set<string>();
  for (const [step, { taken }] of pairs(program, answer)) {
    if (taken) touched.add(JSON.stringify([program.tenant, identityOf(step)]));
  }
  for (const kind of ['rates', 'quotas', 'credits', 'budgets'] as const) {
    const keys = new Set([...before[kind].keys(), ...after[kind].keys()]);
    for (const key of keys) {
      if (touched.has(key) || isDeepStrictEqual(after[kind].get(key), before[kind].get(key))) continue;
      expect.fail(`${key} changed, though nothing was taken from it`);
    }
  }
}

function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
