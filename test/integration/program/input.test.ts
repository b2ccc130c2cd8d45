import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PROGRAM_SCRIPT } from '../../../counters/program-script.ts';
import type { Program, Step } from '../../../domain/program/program.ts';
import { onRedis, runner } from './on-redis.ts';
import { aBudget, aCredits, aProgram, aQuota, aRate, NOON } from './steps.ts';

onRedis();

const NOT_AMOUNTS = [Number.NaN, Infinity, -Infinity, -1, 0.5, 2 ** 53];
const withAmount = (amount: number): Step[] => [
  aRate({ cost: amount }),
  aRate({ limit: amount }),
  aRate({ windowMs: amount }),
  aQuota({ cost: amount }),
  aQuota({ limit: amount }),
  aQuota({ thresholds: [amount] }),
  aQuota({ settled: amount }),
  aQuota({ startsAtMs: amount }),
  aCredits({ op: { kind: 'spend', cost: amount } }),
  aCredits({ op: { kind: 'set', balance: amount } }),
  aCredits({ initial: { balance: amount, refilledAtMs: 0 } }),
  aCredits({ refill: { amount, dueAtMs: NOON, nextAtMs: NOON + 1 } }),
  aBudget({ op: { kind: 'spend', amount } }),
  aBudget({ op: { kind: 'reserve', reservationId: 'a', amount: 1, leaseMs: amount } }),
  aBudget({ total: amount }),
];

describe('a program that can’t be run exactly', () => {
  test.each(NOT_AMOUNTS)(
    'because of %s is refused, with nothing written, and keeps none beside it from running',
    async (amount) => {
      for (const bad of withAmount(amount)) {
        // A period may begin before 1970.
        if (bad.kind === 'quota' && bad.startsAtMs < 0) continue;
        const [tenant, other] = [randomUUID(), randomUUID()];
        const refused = runner.run(aProgram({ tenant, steps: [aQuota({ key: 'good' }), bad] }));
        const beside = runner.run(aProgram({ tenant: other, steps: [aQuota()] }));
        await expect(refused, JSON.stringify(bad)).rejects.toThrow(RangeError);
        await expect(beside).resolves.toMatchObject({ outcome: 'admitted' });
        expect(await runner.redis.keys(`*${tenant}*`)).toEqual([]);
      }
    },
  );

  test.each([
    ['its clock', { nowMs: Number.NaN }],
    ['its idempotency', { idempotency: { key: 'a', fingerprint: '', keptSeconds: 86_401 } }],
    ['a key that two steps share', { steps: [aQuota(), aQuota()] }],
  ] satisfies [string, Partial<Program>][])('because of %s is refused', async (_what, more) => {
    await expect(runner.run(aProgram({ tenant: randomUUID(), ...more }))).rejects.toThrow(RangeError);
  });
});

describe('the script', () => {
  const good = ['1', '345600 4098000000000 ', 'q1 1 10', '{}'];
  const program = ['1', '345600 4098000000000 ', 'p1 1 0 1'];
  test.each([
    ['a limit that is NaN', ['1', '345600 4098000000000 ', 'q1 1 NaN', '{}']],
    ['a limit that is nothing', ['1', '345600 4098000000000 ', 'q1 1 --', '{}']],
    ['a negative cost', ['1', '345600 4098000000000 ', 'q1 -1 10', '{}']],
    ['a cost beyond 2^53 - 1', ['1', '345600 4098000000000 ', 'q1 9007199254740992 10', '{}']],
    ['an entry that is missing', ['1', '345600 4098000000000 ', 'q1 1 10']],
    ['a number of texts that is none', ['NaN', ...good.slice(1)]],
    ['a fact that is none', ['1', 'NaN 4098000000000 ', ...good.slice(2)]],
    ['what is settled and is none', ['1', '345600 1 NaN', ...good.slice(2)]],
    ['what it does not know', [...good, 'z1', '']],
    ['a step that it does not know', [...program, 'z p']],
    ['a step without its time', [...program, 'q z h 1 10 ']],
    ['a step with an amount that is none', [...program, 'q p h inf 10 ']],
    ['a step too few', program],
    ['a program after a good call', [...good, 'p1 1 0 1', 'r p 1 10 nan']],
  ])('fails closed for %s, with nothing written', async (_what, runs) => {
    const keys = ['{p0}:batches:bad', '{p0}:generation', '{p0}:usage', '{p0}:checked', `{p0}:quota:${randomUUID()}`];
    const settings = [1, 0, 60, 'first', 'first', 0, 0];
    const told = await runner.redis.xlen(keys[2]!);
    await expect(runner.redis.eval(PROGRAM_SCRIPT, keys.length, ...keys, ...settings, ...runs)).rejects.toThrow();
    expect(await runner.redis.exists(keys[0]!, keys[4]!)).toBe(0);
    expect(await runner.redis.xlen(keys[2]!)).toBe(told);
  });

  test('runs what is right', async () => {
    const keys = ['{p0}:batches:good', '{p0}:generation', '{p0}:usage', '{p0}:checked', `{p0}:quota:${randomUUID()}`];
    const settings = [1, 0, 60, 'first', 'first', 0, 0];
    const answer = await runner.redis.eval(PROGRAM_SCRIPT, keys.length, ...keys, ...settings, ...good);
    expect((answer as string[])[0]).toBe('1 1');
  });

  test.each(['nan', '-1', '1e400', 'ten'])('fails closed for a stored %s', async (stored) => {
    const tenant = randomUUID();
    await runner.run(aProgram({ tenant, steps: [aQuota()] }));
    const [key] = await runner.redis.keys(`*quota:${tenant}*`);
    await runner.redis.set(key!, stored);
    await expect(runner.run(aProgram({ tenant, steps: [aQuota()] }))).rejects.toThrow();
    expect(await runner.redis.get(key!)).toBe(stored);
  });
});
