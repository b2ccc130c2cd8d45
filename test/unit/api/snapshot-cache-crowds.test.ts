import { describe, expect, test } from 'vitest';
import type { Tag } from '../../../store/notices.ts';
import { aCache, fresh, gives, turn } from './caches.ts';

/** A notice that concerns as many entries as one cache holds must neither be obeyed late nor make all calls wait. */

const CROWD: Tag = 'licenses-of:1';
const OTHER: Tag = 'licenses-of:2';
const MANY = 5_500;

async function aCrowd() {
  const made = aCache({ capacity: 10_000 });
  made.cache.connected();
  for (let i = 0; i < MANY; i += 1) await made.get(`a${i}`, gives('old', CROWD));
  await made.get('b', gives('other', OTHER));
  return made;
}

/** Waits until what was let go is gone; how many turns of the event loop it took. */
async function turnsUntilSize(cache: { size: number }, size: number): Promise<number> {
  let turns = 0;
  for (; cache.size > size && turns < 1_000; turns += 1) await turn();
  return turns;
}

describe('a notice that concerns thousands', () => {
  test('is obeyed at once, and lets them go some in each turn', async () => {
    const { cache } = await aCrowd();
    cache.changed(CROWD);
    for (let i = 0; i < MANY; i += 1) if (cache.peek(`a${i}`)) throw new Error(`a${i} is still at hand`);
    expect(cache.size).toBeGreaterThan(MANY - 1_001);
    expect(await turnsUntilSize(cache, 1)).toBeGreaterThan(3);
    expect(cache.peek('b')).toEqual(fresh('other'));
  });

  test('spares what is loaded after it, before and after its turn comes', async () => {
    const { cache, get } = await aCrowd();
    cache.changed(CROWD);
    const last = `a${MANY - 1}`;
    expect(await get(last, gives('new', CROWD))).toEqual(fresh('new'));
    expect(cache.peek(last)).toEqual(fresh('new'));
    await turnsUntilSize(cache, 2);
    expect(cache.peek(last)).toEqual(fresh('new'));
    cache.changed(CROWD);
    expect(cache.peek(last)).toBeUndefined();
  });

  test('is not forgotten for another one that comes before all have gone', async () => {
    const { cache, get } = await aCrowd();
    cache.changed(CROWD);
    for (let i = 0; i < 2_000; i += 1) await get(`a${MANY - 1 - i}`, gives('new', CROWD));
    cache.changed(CROWD);
    for (let i = 0; i < MANY; i += 1) if (cache.peek(`a${i}`)) throw new Error(`a${i} is still at hand`);
    await turnsUntilSize(cache, 1);
    expect(cache.size).toBe(1);
    // What is let go is forgotten as such: what comes now stays.
    await get('a0', gives('newer', CROWD));
    for (let i = 0; i < 10; i += 1) await turn();
    expect(cache.peek('a0')).toEqual(fresh('newer'));
  });

  test('leaves nothing to be served while its source is away', async () => {
    const { cache, get } = await aCrowd();
    cache.changed(CROWD);
    cache.lost();
    await expect(get(`a${MANY - 1}`, new Error('no source'))).rejects.toThrow('no source');
  });
});
