import { expect, test } from 'vitest';
import type { Answer } from '../../support/api-fleet.ts';
import { aMeteredProduct, burst, remainders } from './burst.ts';
import { fleet, midnightMs, platform, some } from './fleet.ts';

const MIDNIGHT_MS = midnightMs(0);
/** A call of the last moment of a day is told that the next day is a second away. */
const isOfTheDayBefore = ({ headers }: Answer) => Number(headers.get('ratelimit-reset')) <= 60;
const downFrom = (limit: number) => Array.from({ length: limit }, (_, i) => limit - 1 - i);

/** What was left of each of the two days, as the admitted calls were told. */
function leftOfDays(answers: readonly Answer[]): { before: number[]; after: number[] } {
  return {
    before: remainders(answers.filter(isOfTheDayBefore)),
    after: remainders(answers.filter((each) => !isOfTheDayBefore(each))),
  };
}

/** The day's limit where clocks pass midnight: each process is one of the operating system, with a clock of its own that is set. */
export function acrossMidnight(processes: number): void {
  const urls = () => some(processes);
  const setClocks = (nowMs: (process: number) => number) =>
    Promise.all(fleet.processes.slice(0, processes).map((each, i) => each.setClock(nowMs(i))));

  test.each([1, 50, 99, 100])(
    'half of them on either side admit exactly %i of a hundred callers on each day',
    async (limit) => {
      const { call } = await aMeteredProduct(platform, limit);
      await setClocks((i) => MIDNIGHT_MS - (i % 2));
      const answers = await burst(urls(), call, 200);
      expect(leftOfDays(answers)).toEqual({ before: downFrom(limit), after: downFrom(limit) });
    },
  );

  test('clocks that pass it one after the other, under load at the edge of the limit, admit exactly the limit on each day', async () => {
    const limit = 120;
    const { call } = await aMeteredProduct(platform, limit);
    await setClocks(() => MIDNIGHT_MS - 1);
    // Less than a hundred are left when the clocks begin to pass.
    const all = [burst(urls(), call, 60)];
    await all[0];
    for (const process of fleet.processes.slice(0, processes)) {
      // Callers are on their way to all of them when a clock passes it.
      const hundred = Array.from({ length: 100 }, (_, i) => burst([urls()[i % processes]!], call, 1));
      all.push(...hundred);
      await Promise.race(hundred);
      await process.setClock(MIDNIGHT_MS);
    }
    const answers = (await Promise.all([...all, burst(urls(), call, 100)])).flat();
    const { before, after } = leftOfDays(answers);
    expect(before).toEqual(downFrom(limit).slice(0, before.length));
    expect(after).toEqual(downFrom(limit));

    // What was left of the day before is still there for who is late, and not one more.
    await fleet.processes[0]!.setClock(MIDNIGHT_MS - 1);
    const late = await burst(urls().slice(0, 1), call, 100);
    expect(remainders([...late, ...answers.filter(isOfTheDayBefore)])).toEqual(downFrom(limit));
  });

  test('one that is late takes from its own day alone', async () => {
    const { call } = await aMeteredProduct(platform, 5);
    await setClocks((i) => MIDNIGHT_MS - (i === 0 ? 1 : 0));
    const [late, ...others] = urls();
    expect(leftOfDays(await burst(others, call, 100))).toEqual({ before: [], after: downFrom(5) });
    expect(leftOfDays(await burst([late!], call, 100))).toEqual({ before: downFrom(5), after: [] });
    expect(leftOfDays(await burst(urls(), call, 20))).toEqual({ before: [], after: [] });
  });
}
