import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generationKey, streamKey } from '../../../counters/partitions.ts';
import { mastersOf } from '../../../counters/redis.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { aCounter, call, direct, keyOf, placeOf, today, usedOf } from './a-counter.ts';

const LATE = {
  callId: '01a1fdfe-f4e2-706b-a5de-7adc70e63b5e',
  atMs: 1_800_000_000_000,
  licenseId: '01a1fdfe-edf7-76ce-9863-4ffff5198cae',
  ip: '192.0.2.9',
  version: '1.0',
  deviceId: '\0box',
  status: 'active',
} as const;

/** How many scripts were called since the last look. */
async function scriptCalls(): Promise<number> {
  const stats = await Promise.all(mastersOf(direct).map((each) => each.info('commandstats')));
  const calls = stats.flatMap((text) => [...text.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)]);
  return calls.reduce((sum, match) => sum + Number(match[1]), 0);
}

/** What a counter does while nothing goes wrong. */
export function counting(): void {
  describe('the quota', () => {
    test('admits exactly the limit to a hundred parallel callers of two clients', async () => {
      const counters = [await aCounter(), await aCounter()];
      const asked = call({ allowed: 37 });
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => counters[i % 2]!.count(asked)));

      const counted = answers.filter((answer) => answer.counted);
      expect(counted).toHaveLength(37);
      expect(new Set(counted.map(({ used }) => used)).size).toBe(37);
      expect(await usedOf(asked)).toBe(37);
    });

    test('leaves no trace of a refused call, and admits a smaller one after it', async () => {
      const { count } = await aCounter();
      const asked = call({ allowed: 10, cost: 7 });
      expect(await count(asked)).toEqual({ counted: true, used: 7 });
      expect(await count(asked)).toEqual({ counted: false, used: 7 });
      expect(await count({ ...asked, cost: 3 })).toEqual({ counted: true, used: 10 });
    });

    test('is unlimited when it says so', async () => {
      const { count } = await aCounter();
      expect(await count(call({ allowed: 'unlimited', cost: 5_000_000_000 }))).toEqual({
        counted: true,
        used: 5_000_000_000,
      });
    });

    test('begins at zero with another period', async () => {
      const { count } = await aCounter();
      const asked = call({ allowed: 1 });
      await count(asked);
      expect(await count({ ...asked, period: utcDay(asked.period.endsAtMs - 1) })).toMatchObject({ counted: false });
      expect(await count({ ...asked, period: utcDay(asked.period.endsAtMs) })).toEqual({ counted: true, used: 1 });
    });

    test('is kept for its period and three days more, counted from the first call', async () => {
      const { count } = await aCounter();
      const asked = call({ allowed: 5 });
      await Promise.all([count(asked), count(asked)]);
      expect(await direct.ttl(keyOf(asked))).toBe(4 * 86_400);
    });

    test('is not forgotten because a clock stands in the past', async () => {
      const { count } = await aCounter();
      const asked = call({ period: utcDay(Date.UTC(1999, 0, 1)), allowed: 1 });
      expect(await count(asked)).toEqual({ counted: true, used: 1 });
      expect(await count(asked)).toEqual({ counted: false, used: 1 });
    });

    test.each([Number.NaN, 'banana' as never])(
      'fails closed for a limit of %s, and counts nothing',
      async (allowed) => {
        const { count } = await aCounter();
        const asked = call({ allowed });
        await expect(count(asked)).rejects.toThrow(/attempt to compare/);
        expect(await usedOf(asked)).toBe(0);
        expect(await count({ ...asked, allowed: 1 })).toEqual({ counted: true, used: 1 });
      },
    );

    test('answers any series of calls as a ten-line model does', async () => {
      const { count } = await aCounter();
      const organizationId = randomUUID();
      const products = [randomUUID(), randomUUID(), randomUUID()];
      const step = fc.record({
        productId: fc.constantFrom(...products),
        cost: fc.integer({ min: 1, max: 5 }),
        allowed: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant('unlimited' as const)),
        together: fc.boolean(),
      });
      const seed = 20261121;
      let day = 0;
      const runs = process.env.PLIMSOLL_DEEP ? 500 : 40;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          // A day of its own for each run, so that no counter is known from before.
          const period = utcDay(Date.UTC(2099, 0, 1) + 86_400_000 * (day += 1));
          const model = new Map<string, number>();
          const pending: Promise<unknown>[] = [];
          for (const { productId, cost, allowed, together } of steps) {
            const before = model.get(productId) ?? 0;
            const counted = before + cost <= (allowed === 'unlimited' ? Infinity : allowed);
            if (counted) model.set(productId, before + cost);
            const answer = count({ organizationId, productId, cost, allowed, period });
            pending.push(expect(answer).resolves.toEqual({ counted, used: model.get(productId) ?? 0 }));
            if (!together) await Promise.all(pending.splice(0));
          }
          await Promise.all(pending);
        }),
        { seed, numRuns: runs },
      );
    });
  });

  describe('a counter that Redis may have lost', () => {
    test('begins at what is settled, and asks for that once', async () => {
      const { count, settled, asked } = await aCounter();
      const one = call({ period: today(), allowed: 10 });
      settled.set(one.productId, 7);
      const answers = await Promise.all(Array.from({ length: 20 }, () => count(one)));
      expect(answers.filter(({ counted }) => counted).map(({ used }) => used)).toEqual([8, 9, 10]);
      expect(await count(one)).toEqual({ counted: false, used: 10 });
      expect(asked).toEqual([one.productId]);
    });

    test('begins at what is settled for two processes that find it cold together', async () => {
      const counters = [await aCounter(), await aCounter()];
      const one = call({ period: today(), allowed: 50 });
      for (const { settled } of counters) settled.set(one.productId, 20);
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => counters[i % 2]!.count(one)));
      expect(answers.filter(({ counted }) => counted)).toHaveLength(30);
      expect(await usedOf(one)).toBe(50);
    });

    test('is asked for once also where nothing is allowed', async () => {
      const { count, asked } = await aCounter();
      const one = call({ period: today(), allowed: 0 });
      expect(await count(one)).toEqual({ counted: false, used: 0 });
      expect(await count(one)).toEqual({ counted: false, used: 0 });
      expect(asked).toHaveLength(1);
    });

    test('is zero without asking when its period began after the generation', async () => {
      const { count, asked } = await aCounter();
      expect(await count(call())).toEqual({ counted: true, used: 1 });
      expect(asked).toEqual([]);
    });
  });

  describe('the usage stream', () => {
    test('holds each counted call once, in one entry a batch, and no refused one', async () => {
      const { count, counter } = await aCounter();
      const one = call({ allowed: 2 });
      const stream = streamKey(placeOf(one));
      const before = (await direct.xlen(stream)) + 1;
      await Promise.all([
        count(one),
        count(one),
        count(one),
        counter.tell({ ...LATE, productId: one.productId, organizationId: one.organizationId }),
      ]);
      expect(await direct.xlen(stream)).toBe(before);

      const [[, fields]] = (await direct.xrevrange(stream, '+', '-', 'COUNT', 1)) as [[string, string[]]];
      const counted = JSON.stringify([
        null,
        one.period.startsAtMs,
        one.productId,
        one.period.key,
        1,
        null,
        '192.0.2.1',
        null,
        null,
        'license_not_found',
      ]);
      const told = JSON.stringify([
        LATE.callId,
        LATE.atMs,
        one.productId,
        LATE.licenseId,
        LATE.ip,
        '1.0',
        '\ufffdbox',
        'active',
      ]);
      expect(fields).toEqual([
        'g',
        await direct.hget(generationKey(placeOf(one)), 'id'),
        'c',
        counted,
        'c',
        counted,
        'v',
        told,
      ]);
    });

    test('gets no entry from a batch in which nothing counted', async () => {
      const { count } = await aCounter();
      const one = call({ allowed: 0 });
      const before = await direct.xlen(streamKey(placeOf(one)));
      await count(one);
      expect(await direct.xlen(streamKey(placeOf(one)))).toBe(before);
    });
  });

  describe('calls of one turn of the event loop', () => {
    test('travel as one script call a partition', async () => {
      const { count } = await aCounter();
      const calls = Array.from({ length: 100 }, () => call());
      await Promise.all(calls.map(count));
      const before = await scriptCalls();
      await Promise.all(calls.map(count));
      expect((await scriptCalls()) - before).toBe(new Set(calls.map(placeOf)).size);
    });

    test('travel as several when there are more than 128', async () => {
      const { count } = await aCounter();
      const { organizationId } = call();
      await count(call({ organizationId }));
      const before = await scriptCalls();
      const answers = await Promise.all(Array.from({ length: 300 }, () => count(call({ organizationId }))));
      expect(answers.every(({ counted, used }) => counted && used === 1)).toBe(true);
      expect((await scriptCalls()) - before).toBe(3);
    });
  });
}
