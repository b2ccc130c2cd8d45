import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { budgetKeys, creditsKey, onceKey, quotaKeyOf, rateKey } from '../../../counters/partitions.ts';
import { mastersOf } from '../../../counters/redis.ts';
import { ENDED_KEPT_MS, type Program, type Step, type StepAnswer } from '../../../domain/program/program.ts';
import { onRedis, runner } from './on-redis.ts';
import { aBudget, aCredits, aProgram, aQuota, aRate, DAY_MS, NOON } from './steps.ts';

onRedis();

/** A tenant whose programs run one after the other. */
function aTenant(tenant: string = randomUUID()) {
  const run = (steps: readonly Step[], more: Partial<Program> = {}) => runner.run(aProgram({ tenant, ...more, steps }));
  const tell = async (steps: readonly Step[], more: Partial<Program> = {}): Promise<readonly StepAnswer[]> => {
    const answer = await run(steps, more);
    if (answer.outcome === 'conflict') throw new Error('a conflict has no steps');
    return answer.steps;
  };
  return { tenant, run, tell };
}

const reserve = (reservationId: string, amount: number, leaseMs = 60_000) =>
  ({ kind: 'reserve', reservationId, amount, leaseMs }) as const;

describe('a program', () => {
  test('refused for credits has consumed its rates, and neither its quota nor its budget', async () => {
    const { run, tell } = aTenant();
    const steps = [aRate(), aQuota({ when: 'success' }), aCredits({ op: { kind: 'spend', cost: 6 } }), aBudget()];
    expect(await run(steps)).toMatchObject({
      outcome: 'refused',
      refusedBy: 2,
      steps: [
        { taken: true, used: 1 },
        { taken: false, used: 0 },
        { taken: false, balance: 5 },
        { taken: false, spent: 0 },
      ],
    });
    const peek = [aRate({ cost: 0 }), aQuota({ cost: 0 }), aBudget({ op: { kind: 'spend', amount: 0 } })];
    expect(await tell(peek)).toMatchObject([{ used: 1 }, { used: 0 }, { spent: 0 }]);
  });

  test('of one quota that takes nothing passes beyond the limit too', async () => {
    const { tell } = aTenant();
    await tell([aQuota({ limit: 5, cost: 5 })]);
    expect(await tell([aQuota({ limit: 3, cost: 0 })])).toMatchObject([{ passed: true, used: 5 }]);
    expect(await tell([aQuota({ limit: 3, cost: 1 })])).toMatchObject([{ passed: false, used: 5 }]);
  });

  test('of rates is all or nothing, and each is answered by itself', async () => {
    const { tell } = aTenant();
    const run = [aRate({ key: 'narrow', limit: 1 }), aRate({ key: 'wide', limit: 9 })];
    await tell(run);
    expect(await tell(run)).toMatchObject([
      { passed: false, taken: false, used: 1 },
      { passed: true, taken: false, used: 1 },
    ]);
  });

  test('keeps all keys of a tenant under one hash tag', async () => {
    const { tenant, tell } = aTenant();
    await tell([aRate(), aQuota(), aCredits(), aBudget({ op: reserve('one', 1) })], {
      idempotency: { key: 'i', fingerprint: 'f', keptSeconds: 60 },
    });
    const keys = (await runner.redis.keys(`*${tenant}*`)).sort();
    expect(keys).toEqual(
      [
        rateKey(0, { tenant, key: 'key', windowMs: 60_000 }),
        quotaKeyOf(0, { tenant, key: 'product', periodKey: '2099-11-21' }),
        creditsKey(0, tenant, 'key'),
        ...budgetKeys(0, tenant, 'envelope'),
        onceKey(0, tenant, 'i'),
      ].sort(),
    );
    expect(new Set(keys.map((key) => key.slice(0, key.indexOf('}'))))).toEqual(new Set(['{p0']));
  });

  test('of one tenant never touches what another one has, whatever they are called', async () => {
    const [one, other] = [aTenant(`t-${randomUUID()}`), aTenant()];
    await one.tell([aQuota({ key: 'b:c' })]);
    expect(await aTenant(`${one.tenant}:2099-11-21:b`).tell([aQuota({ key: 'c' })])).toMatchObject([{ used: 1 }]);
    expect(await other.tell([aQuota({ key: 'b:c' })])).toMatchObject([{ used: 1 }]);
  });

  test('crosses each threshold once among a hundred at once', async () => {
    const { tell } = aTenant();
    const quota = aQuota({ edge: 'soft', limit: 50, thresholds: [40, 50, 60] });
    const answers = await Promise.all(Array.from({ length: 100 }, () => tell([quota])));
    expect(answers.flat().flatMap((answer) => (answer.kind === 'quota' ? answer.crossed : []))).toEqual([40, 50, 60]);
  });

  test('counts exactly up to 2^53 − 1, and refuses what would go beyond', async () => {
    const { tell } = aTenant();
    const most = Number.MAX_SAFE_INTEGER;
    const quota = aQuota({ limit: 'unlimited', cost: most - 1 });
    expect(await tell([quota])).toMatchObject([{ used: most - 1 }]);
    expect(await tell([{ ...quota, cost: 2 }])).toMatchObject([{ passed: false, used: most - 1 }]);
    expect(await tell([{ ...quota, cost: 1 }])).toMatchObject([{ passed: true, used: most }]);
    const credits = aCredits({ op: { kind: 'set', balance: most } });
    expect(await tell([credits])).toMatchObject([{ balance: most }]);
    expect(await tell([{ ...credits, op: { kind: 'spend', cost: 1 } }])).toMatchObject([{ balance: most - 1 }]);
  });
});

describe('an idempotency key', () => {
  const idempotency = { key: 'key', fingerprint: 'meaning', keptSeconds: 600 };

  test('gives the first answer to a repeat, a refusal as well, although the limits have changed', async () => {
    const { run } = aTenant();
    const first = await run([aQuota({ limit: 1 }), aRate({ limit: 0 })], { idempotency });
    expect(first).toMatchObject({ outcome: 'refused', refusedBy: 1 });
    const again = await run([aQuota({ limit: 900 })], { idempotency, nowMs: NOON + 5000 });
    expect(again).toEqual({ ...first, replayed: true });
  });

  test('admits one of a hundred at once, and gives all the same answer', async () => {
    const { run, tell } = aTenant();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => run([aQuota({ limit: 900 })], { idempotency })),
    );
    expect(answers.filter((answer) => answer.outcome === 'admitted' && !answer.replayed)).toHaveLength(1);
    expect(await tell([aQuota({ cost: 0 })])).toMatchObject([{ used: 1 }]);
  });

  test('with another meaning is a conflict, and takes nothing', async () => {
    const { run, tell } = aTenant();
    await run([aQuota()], { idempotency });
    const other = { ...idempotency, fingerprint: 'another\nmeaning' };
    expect(await run([aQuota()], { idempotency: other })).toEqual({ outcome: 'conflict' });
    expect(await tell([aQuota({ cost: 0 })])).toMatchObject([{ used: 1 }]);
  });

  test('is forgotten by the caller’s clock, and by Redis a minute later than that', async () => {
    const { tenant, run } = aTenant();
    await run([aQuota()], { idempotency });
    expect(await runner.redis.ttl(onceKey(0, tenant, 'key'))).toBe(660);
    expect(await run([aQuota()], { idempotency, nowMs: NOON + 599_999 })).toMatchObject({ replayed: true });
    expect(await run([aQuota()], { idempotency, nowMs: NOON + 600_000 })).toMatchObject({ replayed: false });
  });
});

describe('what Redis keeps', () => {
  test('of a rate lasts two windows and a minute', async () => {
    const { tenant, tell } = aTenant();
    await tell([aRate({ windowMs: 10_000 })]);
    const key = rateKey(0, { tenant, key: 'key', windowMs: 10_000 });
    expect(await runner.redis.get(key)).toBe(`${NOON / 10_000} 1 0`);
    expect(await runner.redis.pttl(key)).toBeGreaterThan(79_000);
    expect(await runner.redis.pttl(key)).toBeLessThanOrEqual(80_000);
  });

  test('of a quota lasts its period and three days', async () => {
    const { tenant, tell } = aTenant();
    await tell([aQuota()]);
    await tell([aQuota()]);
    const key = quotaKeyOf(0, { tenant, key: 'product', periodKey: '2099-11-21' });
    expect([await runner.redis.get(key), await runner.redis.ttl(key)]).toEqual(['2', 4 * 86_400]);
  });

  test('of a balance and a budget lasts 90 days, and longer than any lease', async () => {
    const { tenant, tell } = aTenant();
    await tell([aCredits(), aBudget()]);
    expect(await runner.redis.ttl(creditsKey(0, tenant, 'key'))).toBe(90 * 86_400);
    await tell([aBudget({ op: reserve('long', 1, 300 * DAY_MS) })]);
    for (const key of budgetKeys(0, tenant, 'envelope')) {
      const leaseEndsAt = (NOON + 300 * DAY_MS) / 1000;
      expect(Date.now() / 1000 + (await runner.redis.ttl(key))).toBeGreaterThan(leaseEndsAt + 89 * 86_400);
    }
  });

  test('of what asks without taking is nothing', async () => {
    const { tenant, tell } = aTenant();
    await tell([
      aRate({ cost: 0 }),
      aQuota({ cost: 0 }),
      aRate({ key: 'other', limit: 0 }),
      aBudget({ op: { kind: 'release', reservationId: 'x' } }),
    ]);
    expect(await runner.redis.keys(`*${tenant}*`)).toEqual([]);
  });
});

describe('a budget with many reservations', () => {
  const MANY = 20_000;

  test('costs a reservation as much as with none, and gives back what runs out bit by bit, yet all that is needed', async () => {
    const { tenant, tell } = aTenant();
    const budget = aBudget({ total: MANY });
    for (let at = 0; at < MANY; at += 2000) {
      const batch = Array.from({ length: 2000 }, (_, i) => tell([{ ...budget, op: reserve(`r${at + i}`, 1) }]));
      await Promise.all(batch);
    }
    expect(await tell([{ ...budget, op: reserve('too many', 1) }])).toMatchObject([
      { state: 'insufficient', reserved: MANY },
    ]);

    // One program with all leases run out: what is looked at is bounded, and what it asks for fits.
    const later = NOON + 60_000;
    const calls = await commandCalls();
    expect(await tell([{ ...budget, op: reserve('small', 1) }], { nowMs: later })).toMatchObject([{ passed: true }]);
    expect((await commandCalls()) - calls).toBeLessThan(25);
    const all = { ...budget, op: reserve('large', MANY - 1) };
    expect(await tell([all], { nowMs: later })).toMatchObject([{ passed: true, reserved: MANY, spent: 0 }]);
    expect(
      await tell([{ ...budget, op: { kind: 'commit', reservationId: 'r7', amount: 3 } }], { nowMs: later }),
    ).toMatchObject([{ passed: true, state: 'committed', spent: 3, reserved: MANY }]);

    // A day after their end they are forgotten, a thousand with each program that takes something.
    const [hash, leases] = budgetKeys(0, tenant, 'envelope');
    expect(await runner.redis.zcard(leases)).toBe(MANY + 2);
    const tomorrow = later + 2 * ENDED_KEPT_MS;
    const period = { periodKey: 'total', startsAtMs: 0, endsAtMs: null };
    for (let i = 0; i < MANY / 1000 + 2; i += 1) {
      await tell([{ ...budget, ...period, op: { kind: 'spend', amount: 0 } }], { nowMs: tomorrow });
    }
    expect([await runner.redis.zcard(leases), await runner.redis.hlen(hash)]).toEqual([0, 1]);
  });
});

async function commandCalls(): Promise<number> {
  const [master] = mastersOf(runner.redis);
  const stats = await master!.info('commandstats');
  return [...stats.matchAll(/:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
