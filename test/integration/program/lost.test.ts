import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { checkedKey, creditsKey, generationKey } from '../../../counters/partitions.ts';
import type { Settled } from '../../../counters/program-form.ts';
import type { ColdStep } from '../../../counters/programs.ts';
import type { Program, Step } from '../../../domain/program/program.ts';
import { aWay } from '../../support/redis-way.ts';
import { aRunner } from '../../support/run-programs.ts';
import { onRedis, runner, server } from './on-redis.ts';
import { aBudget, aCredits, aProgram, aQuota, aRate, DAY_MS, NOON } from './steps.ts';

const settled = new Map<string, Settled>();
const settledOf = ({ step }: ColdStep): Settled => settled.get(step.kind) ?? null;
onRedis({ settledOf });
afterEach(() => settled.clear());

const nowMs = Date.now();
const today = { periodKey: 'today', startsAtMs: nowMs - DAY_MS, endsAtMs: nowMs + DAY_MS };

async function stepsOf(steps: Step[], more: Partial<Program> = {}) {
  const answer = await runner.run(aProgram({ nowMs, tenant: randomUUID(), ...more, steps }));
  if (answer.outcome === 'conflict') throw new Error('a conflict has no steps');
  return answer.steps;
}

describe('what Redis may have lost', () => {
  test('of a quota begins at what is settled, and is asked for once', async () => {
    settled.set('quota', 7);
    const tenant = randomUUID();
    const quota = aQuota({ ...today, limit: 10 });
    const before = runner.asked.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => stepsOf([quota], { tenant })));
    expect(answers.flat().filter(({ passed }) => passed)).toMatchObject([{ used: 8 }, { used: 9 }, { used: 10 }]);
    expect(runner.asked.length).toBe(before + 1);
  });

  test('of a balance begins at what is settled, a refill that was dealt with included', async () => {
    settled.set('credits', { balance: 4, refilledAtMs: today.startsAtMs, version: 12 });
    const refill = { amount: 50, dueAtMs: today.startsAtMs, nextAtMs: today.endsAtMs };
    const credits = aCredits({ refill, bornAtMs: 0, initial: { balance: 99, refilledAtMs: 0 } });
    expect(await stepsOf([credits])).toMatchObject([{ passed: true, balance: 3, refilled: false }]);
  });

  test('of a balance that was never touched begins as it was born', async () => {
    const credits = aCredits({ bornAtMs: 0, initial: { balance: 99, refilledAtMs: 0 } });
    expect(await stepsOf([credits])).toMatchObject([{ passed: true, balance: 98 }]);
  });

  test('of a budget begins at what is settled, with its reservations', async () => {
    settled.set('budget', {
      ...today,
      spent: 30,
      version: 3,
      reserved: new Map([['held', { amount: 20, expiresAtMs: nowMs + 1000 }]]),
      ended: new Map([['done', { state: 'committed', forgottenAtMs: nowMs + 1000 }]]),
    });
    const tenant = randomUUID();
    const budget = aBudget({ ...today, total: 100, bornAtMs: 0 });
    const reserve = { kind: 'reserve', reservationId: 'new', amount: 51, leaseMs: 1000 } as const;
    expect(await stepsOf([{ ...budget, op: reserve }], { tenant })).toMatchObject([
      { passed: false, state: 'insufficient', reserved: 20, spent: 30, remaining: 50 },
    ]);
    expect(await stepsOf([{ ...budget, op: { ...reserve, reservationId: 'done' } }], { tenant })).toMatchObject([
      { passed: false, state: 'committed' },
    ]);
    const commit = { kind: 'commit', reservationId: 'held', amount: 25 } as const;
    expect(await stepsOf([{ ...budget, op: commit }], { tenant })).toMatchObject([
      { passed: true, state: 'committed', reserved: 0, spent: 55 },
    ]);
  });

  test('of each kind, after all of it is lost, goes on from what is settled', async () => {
    const tenant = randomUUID();
    const reserve = { kind: 'reserve', reservationId: 'one', amount: 5, leaseMs: 60_000 } as const;
    const steps = [
      aRate({ limit: 10 }),
      aQuota({ ...today, limit: 10 }),
      aCredits({ bornAtMs: 0, initial: { balance: 10, refilledAtMs: 0 } }),
      aBudget({ ...today, op: reserve, total: 10, bornAtMs: 0 }),
    ];
    await stepsOf(steps, { tenant });
    await runner.redis.flushall();
    settled.set('quota', 9).set('credits', { balance: 0, refilledAtMs: 0, version: 1 });
    settled.set('budget', { ...today, spent: 10, version: 2, reserved: new Map(), ended: new Map() });
    // What is counted by rates is kept nowhere else: they begin again.
    expect(
      await stepsOf(
        steps.map((step) => ({ ...step, when: 'always' as const })),
        { tenant },
      ),
    ).toMatchObject([
      { passed: true, used: 1 },
      { passed: true, used: 10 },
      { passed: false, balance: 0 },
      { passed: false, state: 'insufficient' },
    ]);
  });

  test('that came into being since is new, and is not asked for', async () => {
    const before = runner.asked.length;
    await stepsOf([aQuota(), aCredits(), aBudget()], { nowMs: NOON });
    expect(runner.asked.length).toBe(before);
  });

  test('of two states of a balance the later one stands, where Redis came back older', async () => {
    const tenant = randomUUID();
    const credits = aCredits({ bornAtMs: 0, initial: { balance: 10, refilledAtMs: 0 } });
    await stepsOf([credits], { tenant });
    await stepsOf([credits], { tenant });
    expect(await runner.redis.get(creditsKey(0, tenant, credits.key))).toBe('8 0 2');
    for (const [version, balance] of [
      [1, 7],
      [5, 2],
    ] as const) {
      await runner.redis.hset(generationKey(0), 'isKept', '1');
      await runner.redis.del(checkedKey(0));
      settled.set('credits', { balance: 3, refilledAtMs: 0, version });
      expect(await stepsOf([credits], { tenant })).toMatchObject([{ passed: true, balance }]);
    }
    await runner.redis.hdel(generationKey(0), 'isKept');
  });
});

describe('a batch of programs whose answer was lost', () => {
  test.each(['cut', 'swallow'] as const)(
    'ran once, and gives its first answer, when the answer was lost by a %s',
    async (how) => {
      const way = await aWay(server.url);
      const near = await aRunner(way.url, { timeoutMs: 2_000, settledOf });
      onTestFinished(() => near.end());
      const tenant = randomUUID();
      const reserve = { kind: 'reserve', reservationId: 'one', amount: 5, leaseMs: 60_000 } as const;
      const steps = [aRate(), aQuota(), aCredits(), aBudget({ op: reserve })];
      await near.run(aProgram({ tenant: randomUUID(), steps: [aQuota()] }));
      way.loseNextAnswer(how);
      const answer = await near.run(aProgram({ tenant, steps }));
      expect(way.lost()).toBe(1);
      expect(answer).toMatchObject({
        outcome: 'admitted',
        replayed: false,
        steps: [{ used: 1 }, { used: 1 }, {}, { reserved: 5 }],
      });
      expect(await stepsOf([aQuota()], { tenant, nowMs: NOON })).toMatchObject([{ used: 2 }]);
    },
  );

  test('ran once while connections are cut at any moment, and none hangs', async () => {
    const way = await aWay(server.url);
    const near = await aRunner(way.url, { timeoutMs: 5_000, settledOf });
    onTestFinished(() => near.end());
    const tenant = randomUUID();
    const credits = aCredits({ initial: { balance: 700, refilledAtMs: 0 } });
    const answers: Promise<unknown>[] = [];
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 20; i += 1) answers.push(near.run(aProgram({ tenant, steps: [credits] })));
      await new Promise((resolve) => setTimeout(resolve, round % 7));
      if (round % 3 === 0) way.cut();
    }
    const told = (await Promise.all(answers)) as { outcome: string }[];
    expect(told.filter(({ outcome }) => outcome === 'admitted')).toHaveLength(700);
    expect(await stepsOf([{ ...credits, op: { kind: 'spend', cost: 0 } }], { tenant, nowMs: NOON })).toMatchObject([
      { balance: 0 },
    ]);
  });
});
