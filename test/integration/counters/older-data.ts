import { expect, test } from 'vitest';
import { batchesKey, checkedKey, generationKey } from '../../../counters/partitions.ts';
import { aCounter, call, direct, flushAll, keyOf, keysLike, placeOf, server, today, usedOf } from './a-counter.ts';

/** What Redis holds now; gives a way to put just that back. */
async function aBackup(): Promise<() => Promise<void>> {
  const keys = await keysLike('*');
  const dumps = await Promise.all(keys.map((key) => direct.dumpBuffer(key)));
  return async () => {
    await flushAll();
    // A process that looks at Redis meanwhile has begun a generation there: what comes back replaces it.
    for (const [i, key] of keys.entries()) await direct.restore(key, 0, dumps[i]!, 'REPLACE');
  };
}

/** A Redis that came back with older data. */
export function olderData(): void {
  test('is found out by the first process that had an answer from what is lost; each counter begins at what is settled, once', async () => {
    const [one, other] = [await aCounter(), await aCounter()];
    const asked = call({ period: today(), allowed: 100 });
    const spared = call({ organizationId: asked.organizationId, allowed: 100 });
    for (const { settled } of [one, other]) settled.set(asked.productId, 0);
    for (let i = 0; i < 3; i += 1) await one.count(asked);
    await other.count(asked);
    await one.count(spared);
    const putBack = await aBackup();
    for (let i = 0; i < 10; i += 1) await one.count(asked);
    expect(await other.count(asked)).toEqual({ counted: true, used: 15 });

    await putBack();
    expect(await usedOf(asked)).toBe(4);
    for (const { settled, asked: questions } of [one, other]) {
      settled.set(asked.productId, 12);
      questions.length = 0;
    }
    expect(await one.count(asked)).toEqual({ counted: true, used: 13 });
    const generation = await direct.hget(generationKey(placeOf(asked)), 'id');
    // The other one finds that it has begun anew already.
    expect(await other.count(asked)).toEqual({ counted: true, used: 14 });
    expect(await direct.hget(generationKey(placeOf(asked)), 'id')).toBe(generation);
    expect([one.asked, other.asked]).toEqual([[asked.productId], []]);
    // A period that begins later has lost nothing that was settled.
    expect(await other.count(spared)).toMatchObject({ counted: true });
    expect(other.asked).toEqual([]);
  });

  test('is found out also by a process whose first batches asked for the generation at once, one of them for long', async () => {
    const { redis, count, settled } = await aCounter(server, 20_000);
    const asked = call({ period: today(), allowed: 100 });
    settled.set(asked.productId, 0);
    const [bothAsk, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ask = redis.livingGeneration.bind(redis);
    let looks = 0;
    redis.livingGeneration = async (...key) => {
      const look = (looks += 1);
      if (look === 2) bothAsk.resolve();
      const generation = await ask(...key);
      await (look === 1 ? bothAsk : late).promise;
      return generation;
    };
    const first = count(asked);
    await new Promise((resolve) => setImmediate(resolve));
    const second = count(asked);
    await first;
    for (let i = 0; i < 3; i += 1) await count(asked);
    const putBack = await aBackup();
    for (let i = 0; i < 10; i += 1) await count(asked);
    await putBack();
    settled.set(asked.productId, 12);
    // Sent only now, with what the others were answered meanwhile.
    late.resolve();
    expect(await second).toEqual({ counted: true, used: 13 });
    // Both have asked; a look that takes longer than one try is made again.
    expect(looks).toBeGreaterThanOrEqual(2);
  });

  test('keeps a counter that is above what is settled: its last calls wait in the stream', async () => {
    const one = await aCounter();
    const asked = call({ period: today(), allowed: 100 });
    one.settled.set(asked.productId, 0);
    for (let i = 0; i < 5; i += 1) await one.count(asked);
    const key = keyOf(asked);
    await direct.unlink(...(await keysLike(batchesKey(placeOf(asked), '*'))));
    one.settled.set(asked.productId, 2);
    expect(await one.count(asked)).toEqual({ counted: true, used: 6 });
    expect(await direct.get(key)).toBe('6');
    expect(await direct.sismember(checkedKey(placeOf(asked)), key)).toBe(1);
  });
}
