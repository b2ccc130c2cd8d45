import { describe, expect, test } from 'vitest';
import type { Tag } from '../../../store/notices.ts';
import { aCache, fresh, gives, LICENSE, turn } from './caches.ts';

describe('a miss', () => {
  test('makes one load for all who ask at once', async () => {
    const { cache, pending, loads } = aCache();
    cache.connected();
    const first = pending('a');
    const others = Array.from({ length: 100 }, () => pending('a'));
    first.begun[0]!.resolve(gives('one'));
    expect(await Promise.all([first, ...others].map((each) => each.found))).toEqual(Array(101).fill(fresh('one')));
    expect(loads()).toBe(1);
  });

  test('is a load of its own for each key', async () => {
    const { cache, get, loads } = aCache();
    cache.connected();
    expect(await get('a', gives('one'))).toEqual(fresh('one'));
    expect(await get('b', gives('two'))).toEqual(fresh('two'));
    expect(loads()).toBe(2);
  });

  test('that fails is told to all who wait, and tried again by the next', async () => {
    const { cache, pending, get } = aCache();
    cache.connected();
    const [first, second] = [pending('a'), pending('a')];
    const outcomes = Promise.allSettled([first.found, second.found]);
    first.begun[0]!.reject(new Error('a bug'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get('a', gives('one'))).toEqual(fresh('one'));
  });
});

describe('what is at hand', () => {
  test('is given without a load, and at once', async () => {
    const { cache, get, loads } = aCache();
    cache.connected();
    await get('a', gives('one'));
    expect(cache.get('a', () => Promise.reject(new Error('not asked')))).toEqual(fresh('one'));
    expect(cache.peek('a')).toEqual(fresh('one'));
    expect(cache.peek('b')).toBeUndefined();
    expect(loads()).toBe(1);
  });

  test('is bounded: what was used longest ago goes first', async () => {
    const { cache, get, loads } = aCache({ capacity: 3 });
    cache.connected();
    for (const key of ['a', 'b', 'c']) await get(key, gives(key));
    await get('a', gives('not loaded'));
    await get('d', gives('d'));
    expect(cache.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.peek(key))).toEqual(['a', 'c', 'd']);
    expect(loads()).toBe(4);
  });

  test('never grows beyond its capacity, whatever is asked for', async () => {
    const { cache, get } = aCache({ capacity: 10 });
    cache.connected();
    for (let i = 0; i < 1_000; i += 1) await get(`k${i % 37}`, gives('x', `license:${i}`));
    expect(cache.size).toBe(10);
  });

  test('is gone with a notice of any of its tags, and with no other', async () => {
    const { cache, get } = aCache();
    cache.connected();
    const tags: Tag[] = ['product:p', 'organization:o', 'platform'];
    for (const tag of tags) {
      await get('a', gives('one', ...tags));
      cache.changed('product:other');
      cache.changed('organization:p');
      expect(cache.peek('a')).toEqual(fresh('one'));
      cache.changed(tag);
      expect(cache.peek('a')).toBeUndefined();
    }
  });

  test('goes all together where one tag stands for many', async () => {
    const { cache, get } = aCache();
    cache.connected();
    for (const key of ['a', 'b', 'c']) await get(key, gives(key, 'licenses-of:p', `license:${key}`));
    await get('d', gives('d', 'licenses-of:q'));
    cache.changed('licenses-of:p');
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.peek(key))).toEqual(['d']);
  });
});

describe('what does not exist', () => {
  test('is remembered for a short while only', async () => {
    const { cache, clock, get, loads } = aCache();
    cache.connected();
    expect(await get('a', undefined)).toEqual(fresh(undefined));
    clock.nowMs = 999;
    expect(await get('a', gives('one'))).toEqual(fresh(undefined));
    expect(loads()).toBe(1);
    clock.nowMs = 1_000;
    expect(await get('a', gives('one'))).toEqual(fresh('one'));
    expect(loads()).toBe(2);
  });

  test('pushes out nothing that exists', async () => {
    const { cache, get } = aCache({ capacity: 2 });
    cache.connected();
    await get('a', gives('one'));
    await get('b', gives('two'));
    for (let i = 0; i < 100; i += 1) await get(`made-up ${i}`, undefined);
    expect([cache.peek('a'), cache.peek('b')]).toEqual([fresh('one'), fresh('two')]);
  });

  test('is remembered of the last ten thousand only', async () => {
    const { cache, get } = aCache();
    cache.connected();
    for (let i = 0; i <= 10_000; i += 1) await get(`made-up ${i}`, undefined);
    expect([0, 1, 10_000].map((i) => cache.peek(`made-up ${i}`))).toEqual([
      undefined,
      fresh(undefined),
      fresh(undefined),
    ]);
  });

  test('takes the place of what was there before', async () => {
    const { cache, get } = aCache();
    cache.connected();
    await get('a', gives('one', LICENSE));
    cache.changed(LICENSE);
    expect(await get('a', undefined)).toEqual(fresh(undefined));
    expect(cache.size).toBe(0);
  });
});

describe('a notice that overtakes a load', () => {
  test('makes it be repeated: what is older is neither kept nor given to anybody who waits', async () => {
    const { cache, pending } = aCache();
    cache.connected();
    const first = pending('a');
    cache.changed(LICENSE);
    const second = pending('a');
    first.begun[0]!.resolve(gives('active', LICENSE));
    await turn();
    expect(first.begun).toHaveLength(2);
    first.begun[1]!.resolve(gives('revoked', LICENSE));
    expect(await Promise.all([first.found, second.found])).toEqual([fresh('revoked'), fresh('revoked')]);
    expect(cache.peek('a')).toEqual(fresh('revoked'));
  });

  test('counts also during the repetition', async () => {
    const { cache, pending } = aCache();
    cache.connected();
    const { begun, found } = pending('a');
    cache.changed(LICENSE);
    begun[0]!.resolve(gives('one', LICENSE));
    await turn();
    cache.changed(LICENSE);
    begun[1]!.resolve(gives('two', LICENSE));
    await turn();
    begun[2]!.resolve(gives('three', LICENSE));
    expect(await found).toEqual(fresh('three'));
  });

  test('repeats nothing when it is of another tag', async () => {
    const { cache, pending, loads } = aCache();
    cache.connected();
    const { begun, found } = pending('a');
    cache.changed('license:2');
    begun[0]!.resolve(gives('one', LICENSE));
    expect(await found).toEqual(fresh('one'));
    expect(loads()).toBe(1);
    expect(cache.peek('a')).toEqual(fresh('one'));
  });

  test('repeats nothing that began after it', async () => {
    const { cache, pending, loads } = aCache();
    cache.connected();
    const slow = pending('slow');
    cache.changed(LICENSE);
    const later = pending('a');
    later.begun[0]!.resolve(gives('one', LICENSE));
    expect(await later.found).toEqual(fresh('one'));
    expect(loads()).toBe(2);
    slow.begun[0]!.resolve(undefined);
    await slow.found;
  });

  test('keeps nobody waiting for ever: a thing that changes all the time is given, not kept, and not to who came later', async () => {
    const { cache, pending } = aCache();
    cache.connected();
    const { begun, found } = pending('a');
    for (let i = 0; i < 4; i += 1) {
      cache.changed(LICENSE);
      begun[i]!.resolve(gives(`version ${i}`, LICENSE));
      await turn();
    }
    cache.changed(LICENSE);
    const late = pending('a');
    begun[4]!.resolve(gives('version 4', LICENSE));
    expect(await found).toEqual(fresh('version 4'));
    expect(cache.peek('a')).toBeUndefined();
    late.begun[0]!.resolve(gives('version 5', LICENSE));
    expect(await late.found).toEqual(fresh('version 5'));
    expect(cache.peek('a')).toEqual(fresh('version 5'));
  });

  test('is remembered in bounds: what was forgotten makes a load be repeated', async () => {
    const { cache, pending } = aCache();
    cache.connected();
    const { begun, found } = pending('a');
    cache.changed(LICENSE);
    for (let i = 0; i < 5_000; i += 1) cache.changed(`license:other ${i}`);
    expect(cache.remembered).toBeLessThanOrEqual(1_000);
    begun[0]!.resolve(gives('active', LICENSE));
    await turn();
    begun[1]!.resolve(gives('revoked', LICENSE));
    expect(await found).toEqual(fresh('revoked'));
    expect(cache.remembered).toBe(0);
  });

  test('is remembered once a tag, and not at all while nothing is loaded', async () => {
    const { cache, pending } = aCache();
    cache.connected();
    cache.changed(LICENSE);
    expect(cache.remembered).toBe(0);
    const { begun, found } = pending('a');
    for (let i = 0; i < 100; i += 1) cache.changed(LICENSE);
    expect(cache.remembered).toBe(1);
    begun[0]!.resolve(undefined);
    await found;
    expect(cache.remembered).toBe(0);
  });
});
