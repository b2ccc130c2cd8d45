import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { budgetKeys, creditsKey, quotaKeyOf, streamKey } from '../../../counters/partitions.ts';
import { createUsageStream } from '../../../counters/usage.ts';
import type { Program, Step } from '../../../domain/program/program.ts';
import type { BudgetMove, Taken } from '../../../domain/program/settling.ts';
import { histories } from '../../support/programs.ts';
import { onRedis, runner } from './on-redis.ts';
import { aBudget, aCredits, aProgram, aQuota, aRate, DAY_MS, NOON } from './steps.ts';

/** What programs append for settlement: all that changed, once, in the same step. */

onRedis();
beforeEach(() => runner.redis.flushall());

const tenant = randomUUID();
const together = (programs: Partial<Program>[]) =>
  Promise.all(programs.map((program) => runner.run(aProgram({ tenant, ...program }))));
const run = (steps: Step[], more: Partial<Program> = {}) => together([{ steps, ...more }]);

async function entries(): Promise<string[][]> {
  const all = await runner.redis.xrange(streamKey(0), '-', '+');
  return all.map(([, fields]) => fields);
}
const taken = async (): Promise<Taken[]> => {
  const all = await createUsageStream(runner.redis).read(0, { count: 1_000 });
  return all.flatMap((entry) => entry.taken);
};
describe('the usage stream', () => {
  test('gets one entry a batch, with each key once, and nothing of programs that were refused', async () => {
    const steps = [aRate(), aQuota({ limit: 3, thresholds: [2, 3] }), aCredits({ when: 'success' })];
    await together(Array.from({ length: 5 }, () => ({ steps })));
    const keys = [quotaKeyOf(0, { tenant, key: 'product', periodKey: '2099-11-21' }), creditsKey(0, tenant, 'key')];
    const bornAtMs = NOON - DAY_MS / 2;
    expect((await entries()).map((fields) => fields.slice(2))).toEqual([
      ['q', `3 3 2,3 ${keys[0]}`, 'm', `0 5 3 2 ${bornAtMs} 3 - ${keys[1]}`],
    ]);
  });

  test('gets nothing of what took nothing, nor of a repeat', async () => {
    const idempotency = { key: 'key', fingerprint: '', keptSeconds: 60 };
    await run([aQuota({ limit: 0 })]);
    await run([aQuota()], { idempotency });
    await run([aQuota()], { idempotency });
    expect(await taken()).toMatchObject([{ added: 1 }]);
    expect(await entries()).toHaveLength(1);
  });

  test('gets the refill that a call applied, with the balance before and after', async () => {
    const refill = { amount: 20, dueAtMs: NOON - 10, nextAtMs: NOON + DAY_MS };
    await run([aCredits({ refill })]);
    expect(await taken()).toMatchObject([
      {
        spent: 1,
        to: { balance: 19, refilledAtMs: NOON - 10 },
        refills: [{ dueAtMs: NOON - 10, before: 5, after: 20 }],
      },
    ]);
  });

  test('gets what became of each reservation, and what was spent in which period', async () => {
    const lease = { kind: 'reserve', leaseMs: 1000 } as const;
    await together([
      { steps: [aBudget({ op: { ...lease, reservationId: 'a b', amount: 5 } })] },
      { steps: [aBudget({ op: { ...lease, reservationId: 'late', amount: 7 } })] },
    ]);
    const next = { periodKey: 'next day', startsAtMs: NOON + DAY_MS / 2, endsAtMs: NOON + 2 * DAY_MS };
    await together([
      { steps: [aBudget({ op: { kind: 'commit', reservationId: 'a b', amount: 6 }, thresholds: [6] })] },
      { nowMs: next.startsAtMs, steps: [aBudget({ ...next, op: { kind: 'spend', amount: 9 } })] },
    ]);
    expect(await taken()).toMatchObject([
      {
        added: 0,
        reservations: [
          { id: 'a b', state: 'reserved', amount: 5, atMs: NOON + 1000 },
          { id: 'late', state: 'reserved', amount: 7 },
        ],
      },
      {
        periodKey: '2099-11-21',
        added: 6,
        reservations: [
          { id: 'a b', state: 'committed', amount: 6, atMs: NOON + DAY_MS },
          { id: 'late', state: 'expired', amount: 7, atMs: NOON + 1000 + DAY_MS },
        ],
      },
      { periodKey: 'next day', added: 9, reservations: [] },
    ]);
  });

  test('says all that is needed to know what stands: sums, latest states and reservations', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        histories({ kinds: ['quota', 'credits', 'budget'] }),
        fc.integer({ min: 1, max: 20 }),
        async (programs, size) => {
          await runner.redis.flushall();
          for (let at = 0; at < programs.length; at += size) await together(programs.slice(at, at + size));
          const byState = Map.groupBy(await taken(), (one) => JSON.stringify([one.kind, one.tenant, one.key]));
          for (const moves of byState.values()) await compare(moves);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** Compares what was told of one state with how it stands. */
async function compare(moves: readonly Taken[]): Promise<void> {
  const last = moves.at(-1)!;
  if (last.kind === 'quota') {
    const uses = moves.filter((one) => one.kind === 'quota');
    for (const [periodKey, all] of Map.groupBy(uses, (one) => one.periodKey)) {
      const sum = all.reduce((total, { added }) => total + added, 0);
      expect(await runner.redis.get(quotaKeyOf(0, { ...last, periodKey }))).toBe(String(sum));
    }
  } else if (last.kind === 'credits') {
    const { balance, refilledAtMs, version } = last.to;
    expect(await runner.redis.get(creditsKey(0, last.tenant, last.key))).toBe(`${balance} ${refilledAtMs} ${version}`);
  } else {
    await compareBudget(moves.filter((one) => one.kind === 'budget'));
  }
}

async function compareBudget(moves: readonly BudgetMove[]): Promise<void> {
  const { tenant: owner, key, startsAtMs, version } = moves.at(-1)!;
  const [hash] = budgetKeys(0, owner, key);
  const stands = await runner.redis.hgetall(hash);
  const latest = new Map(moves.flatMap(({ reservations }) => reservations).map((one) => [one.id, one]));
  const held = [...latest.values()].filter(({ state }) => state === 'reserved');
  for (const { id, amount, atMs } of held) expect(stands[`:${id}`]).toBe(`r ${amount} ${atMs}`);
  const spent = moves.reduce((sum, move) => sum + (move.startsAtMs === startsAtMs ? move.added : 0), 0);
  const reserved = held.reduce((sum, { amount }) => sum + amount, 0);
  expect(stands['t']!.split(' ').slice(0, 3).map(Number)).toEqual([startsAtMs, spent, reserved]);
  expect(Number(stands['t']!.split(' ')[3])).toBeGreaterThanOrEqual(version);
}
