import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../support/api-fleet.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aMeteredProduct, burst, tally } from './burst.ts';
import { COUNTING, type Counting } from './servers.ts';

/** Two APIs with clocks of their own on the same servers, for real clocks stand on neither side for long. */
let one: TestPlatform;
let other: TestPlatform;

const DAY_MS = 86_400_000;
/** Midnights that are still to come, one for each test: counters of days that are long over are not kept. */
const midnightMs = (days: number) => (Math.floor(Date.now() / DAY_MS) + 2 + days) * DAY_MS;
const admitted = (answers: readonly Answer[]) => answers.filter(({ code }) => code === 200);
/** A call of the last second of a day is told that the next day is a second away. */
const isBefore = ({ headers }: Answer) => Number(headers.get('ratelimit-reset')) <= 60;

describe.each(COUNTING)('on %s', (_name, start) => {
  let counting: Counting;
  beforeAll(async () => {
    counting = await start();
    // Callers come from an address that is known: else each first call would wait for Postgres, after it was counted.
    const settings = { ...counting.settings, trustedProxies: ['127.0.0.1'] };
    [one, other] = await Promise.all([startPlatform(settings), startPlatform(settings)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await counting.stop();
  });

  describe('across midnight', () => {
    test.each([1, 10, 50])('two processes on its two sides admit exactly %i on each day', async (limit) => {
      const { call } = await aMeteredProduct(one, limit);
      one.clock.nowMs = midnightMs(limit) - 1;
      other.clock.nowMs = midnightMs(limit);
      const answers = await burst([one.url, other.url], call, 200);
      const all = JSON.stringify(tally(answers));
      expect(admitted(answers).filter(isBefore), all).toHaveLength(limit);
      expect(
        admitted(answers).filter((each) => !isBefore(each)),
        all,
      ).toHaveLength(limit);
    });

    test('clocks that pass it at different moments, under load, admit exactly the limit on each day', async () => {
      const { call } = await aMeteredProduct(one, 25);
      one.clock.nowMs = other.clock.nowMs = midnightMs(100) - 1;
      const urls = [one.url, other.url];
      const calls = (): Promise<Answer[]>[] => Array.from({ length: 60 }, (_, i) => burst([urls[i % 2]!], call, 1));
      const all = calls();
      let latest = all;
      for (const { clock } of [one, other]) {
        // A clock passes it when the first of these are answered, and the others are on their way.
        await Promise.race(latest);
        clock.nowMs = midnightMs(100);
        latest = calls();
        all.push(...latest);
      }
      const answers = (await Promise.all([...all, ...calls()])).flat();
      const days = [
        admitted(answers).filter(isBefore).length,
        admitted(answers).filter((each) => !isBefore(each)).length,
      ];
      expect(days[0]).toBeLessThanOrEqual(25);
      expect(days[1]).toBe(25);

      // What was left of the day before is still there for who is late, and not one more.
      other.clock.nowMs = midnightMs(100) - 1;
      const late = admitted(await burst([other.url], call, 60));
      expect(days[0]! + late.length).toBe(25);
    });

    test('a process that is late takes from its own day alone', async () => {
      const { call } = await aMeteredProduct(one, 5);
      one.clock.nowMs = midnightMs(200);
      expect(admitted(await burst([one.url], call, 20))).toHaveLength(5);
      other.clock.nowMs = midnightMs(200) - 1;
      expect(admitted(await burst([other.url], call, 20))).toHaveLength(5);
      expect(admitted(await burst([one.url, other.url], call, 20))).toHaveLength(0);
    });
  });
});
