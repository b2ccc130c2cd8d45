import { describe, expect, test } from 'vitest';
import { checkedKey, generationKey } from '../../../counters/partitions.ts';
import { startRedis } from '../../support/redis-process.ts';
import { aCounter, call, direct, keyOf, on, today, usedOf } from './a-counter.ts';

describe('a Redis that came back with older data', () => {
  on(startRedis, 1);

  test('is found out by the first process that had an answer from what is lost; each counter begins at what is settled, once', async () => {
    const [one, other] = [await aCounter(), await aCounter()];
    const asked = call({ period: today(), allowed: 100 });
    const spared = call({ allowed: 100 });
    for (const { settled } of [one, other]) settled.set(asked.productId, 0);
    for (let i = 0; i < 3; i += 1) await one.count(asked);
    await other.count(asked);
    await one.count(spared);
    const keys = await direct.keys('*');
    const dumps = await Promise.all(keys.map((key) => direct.dumpBuffer(key)));
    for (let i = 0; i < 10; i += 1) await one.count(asked);
    expect(await other.count(asked)).toEqual({ counted: true, used: 15 });

    await direct.flushall();
    for (const [i, key] of keys.entries()) await direct.restore(key, 0, dumps[i]!);
    expect(await usedOf(asked)).toBe(4);
    for (const { settled, asked: questions } of [one, other]) {
      settled.set(asked.productId, 12);
      questions.length = 0;
    }
    expect(await one.count(asked)).toEqual({ counted: true, used: 13 });
    const generation = await direct.hget(generationKey(0), 'id');
    // The other one finds that it has begun anew already.
    expect(await other.count(asked)).toEqual({ counted: true, used: 14 });
    expect(await direct.hget(generationKey(0), 'id')).toBe(generation);
    expect([one.asked, other.asked]).toEqual([[asked.productId], []]);
    // A period that begins later has lost nothing that was settled.
    expect(await other.count(spared)).toMatchObject({ counted: true });
    expect(other.asked).toEqual([]);
  });

  test('keeps a counter that is above what is settled: its last calls wait in the stream', async () => {
    const one = await aCounter();
    const asked = call({ period: today(), allowed: 100 });
    one.settled.set(asked.productId, 0);
    for (let i = 0; i < 5; i += 1) await one.count(asked);
    const key = keyOf(asked);
    await direct.unlink(...(await direct.keys('{p0}:batches:*')));
    one.settled.set(asked.productId, 2);
    expect(await one.count(asked)).toEqual({ counted: true, used: 6 });
    expect(await direct.get(key)).toBe('6');
    expect(await direct.sismember(checkedKey(0), key)).toBe(1);
  });
});
