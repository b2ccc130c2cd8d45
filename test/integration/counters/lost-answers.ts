import { expect, test } from 'vitest';
import { LostOutcome } from '../../../counters/ask.ts';
import { batchesKey, checkedKey, generationKey, streamKey } from '../../../counters/partitions.ts';
import { mastersOf } from '../../../counters/redis.ts';
import { aWay } from '../../support/redis-way.ts';
import { waitUntil } from '../../support/wait.ts';
import { aCounter, call, direct, flushAll, keysLike, placeOf, server, usedOf } from './a-counter.ts';

/** A batch whose answer was lost. */
export function lostAnswers(): void {
  test('is asked for again and counted once when the connection is cut before the answer', async () => {
    const way = await aWay(server.url);
    const { count } = await aCounter(way);
    const asked = call({ allowed: 'unlimited' });
    await count(asked);
    way.loseNextAnswer('cut');
    expect(await count(asked)).toEqual({ counted: true, used: 2 });
    expect(way.lost()).toBe(1);
    expect(await usedOf(asked)).toBe(2);
  });

  test('is asked for again and counted once when the answer never comes and nothing is cut', async () => {
    const way = await aWay(server.url);
    const { count } = await aCounter(way, 1_000);
    const asked = call({ allowed: 'unlimited' });
    await count(asked);
    way.loseNextAnswer('swallow');
    expect(await count(asked)).toEqual({ counted: true, used: 2 });
    expect(way.lost()).toBe(1);
    expect(await usedOf(asked)).toBe(2);
  });

  test('counts each call once while connections are cut at any moment, and leaves none hanging', async () => {
    const way = await aWay(server.url);
    const { count } = await aCounter(way, 5_000);
    const asked = call({ allowed: 700 });
    const answers: Promise<{ counted: boolean }>[] = [];
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 20; i += 1) answers.push(count(asked));
      await new Promise((resolve) => setTimeout(resolve, round % 7));
      if (round % 3 === 0) way.cut();
    }
    const counted = (await Promise.all(answers)).filter((answer) => answer.counted).length;
    expect(counted).toBe(700);
    expect(await usedOf(asked)).toBe(700);
  });

  test('is counted nowhere when Redis has lost its data meanwhile, for it may be settled', async () => {
    const way = await aWay(server.url);
    const { count } = await aCounter(way, 2_000);
    const asked = call({ allowed: 'unlimited' });
    await count(asked);
    way.loseAllAnswers(true);
    const unanswered = count(asked).catch((error: unknown) => error);
    await waitUntil('it has run', () => way.lost() > 0);
    await flushAll();
    way.loseAllAnswers(false);
    expect(await unanswered).toBeInstanceOf(LostOutcome);
    expect(await usedOf(asked)).toBe(0);
    expect(await direct.exists(streamKey(placeOf(asked)))).toBe(0);
    // The next call knows the new life.
    expect(await count(asked)).toEqual({ counted: true, used: 1 });
  });

  test('is refused when a copy of it arrives after its end', async () => {
    const { redis, count } = await aCounter();
    const asked = call({ allowed: 'unlimited' });
    await count(asked);
    await count(asked);
    await count(asked);
    const place = placeOf(asked);
    const memories = await keysLike(batchesKey(place, '*'));
    const answers: unknown[] = [];
    for (const memory of memories) {
      if (Number(await direct.hget(memory, 'done')) !== 2) continue;
      const keys = [memory, generationKey(place), streamKey(place), checkedKey(place)];
      answers.push(await redis.runBatch(keys.length, ...keys, 1, 0, 60, 'g', '', 0, 0, 0));
    }
    expect(answers).toContain('ended');
    expect(await usedOf(asked)).toBe(3);
  });

  test('survives scripts that Redis has forgotten', async () => {
    const { count } = await aCounter();
    const asked = call();
    await count(asked);
    await Promise.all(mastersOf(direct).map((each) => each.script('FLUSH')));
    expect(await count(asked)).toEqual({ counted: true, used: 2 });
  });

  test('remembers no more than what is on its way', async () => {
    const { count } = await aCounter();
    const { organizationId } = call();
    const memories = batchesKey(placeOf(call({ organizationId })), '*');
    const before = new Set(await keysLike(memories));
    for (let i = 0; i < 50; i += 1) await count(call({ organizationId }));
    const [own] = (await keysLike(memories)).filter((key) => !before.has(key));
    expect(await direct.hlen(own!)).toBe(2);
  });
}
