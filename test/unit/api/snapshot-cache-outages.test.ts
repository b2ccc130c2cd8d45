import { describe, expect, test } from 'vitest';
import { aCache, degraded, fresh, gives, LICENSE, MINUTE_MS, Outage, turn } from './caches.ts';

describe('while nobody listens', () => {
  test('every use loads', async () => {
    const { cache, get, loads } = aCache();
    expect(await get('a', gives('one'))).toEqual(fresh('one'));
    expect(await get('a', gives('two'))).toEqual(fresh('two'));
    expect(cache.peek('a')).toBeUndefined();
    expect(loads()).toBe(2);
  });

  test('and again once somebody does: what was loaded before may have changed unheard', async () => {
    const { cache, get, loads } = aCache();
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    await get('b', gives('one'));
    cache.connected();
    expect([await get('a', gives('two')), await get('b', gives('two'))]).toEqual([fresh('two'), fresh('two')]);
    expect(loads()).toBe(4);
    expect([cache.peek('a'), cache.peek('b')]).toEqual([fresh('two'), fresh('two')]);
  });

  test.each([
    ['lost', true],
    ['found again', false],
  ])('a load during which listening was %s is repeated', async (_what, wasListening) => {
    const { cache, pending } = aCache();
    if (wasListening) cache.connected();
    const { begun, found } = pending('a');
    if (wasListening) cache.lost();
    else cache.connected();
    begun[0]!.resolve(gives('one', LICENSE));
    await turn();
    begun[1]!.resolve(gives('two', LICENSE));
    expect(await found).toEqual(fresh('two'));
  });
});

describe('with its source away', () => {
  test('what is heard of goes on being served, and is not degraded', async () => {
    const { cache, get, loads } = aCache();
    cache.connected();
    await get('a', gives('one'));
    expect(await get('a', new Outage())).toEqual(fresh('one'));
    expect(loads()).toBe(1);
  });

  test('an entry is served as degraded for fifteen minutes after listening was lost, and then the error', async () => {
    const { cache, clock, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    clock.nowMs = 60 * MINUTE_MS;
    cache.lost();
    const outage = new Outage();
    for (const afterMs of [0, 15 * MINUTE_MS]) {
      clock.nowMs = 60 * MINUTE_MS + afterMs;
      expect(await get('a', outage)).toEqual(degraded('one'));
    }
    clock.nowMs += 1;
    await expect(get('a', outage)).rejects.toBe(outage);
  });

  test('listening that is lost again while it is lost makes nothing younger', async () => {
    const { cache, clock, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    clock.nowMs = 15 * MINUTE_MS + 1;
    cache.lost();
    await expect(get('a', new Outage())).rejects.toThrow(Outage);
  });

  test('an entry that was loaded while nobody listened is served from its load on', async () => {
    const { cache, clock, get } = aCache();
    cache.connected();
    cache.lost();
    clock.nowMs = 10 * MINUTE_MS;
    await get('a', gives('one'));
    clock.nowMs = 25 * MINUTE_MS;
    expect(await get('a', new Outage())).toEqual(degraded('one'));
    clock.nowMs += 1;
    await expect(get('a', new Outage())).rejects.toThrow(Outage);
  });

  test('listening that comes and goes makes an old entry no younger', async () => {
    const { cache, clock, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    for (let minute = 0; minute <= 15; minute += 1) {
      clock.nowMs = minute * MINUTE_MS;
      cache.lost();
      expect(await get('a', new Outage())).toEqual(degraded('one'));
      cache.connected();
      expect(await get('a', new Outage())).toEqual(degraded('one'));
    }
    clock.nowMs += 1;
    await expect(get('a', new Outage())).rejects.toThrow(Outage);
  });

  test('a notice that is heard again takes an entry away', async () => {
    const { cache, get } = aCache();
    cache.connected();
    await get('a', gives('one', LICENSE));
    cache.lost();
    cache.connected();
    cache.changed(LICENSE);
    await expect(get('a', new Outage())).rejects.toThrow(Outage);
  });

  test('what was absent is never served in place of an error', async () => {
    const { cache, clock, get } = aCache();
    cache.connected();
    await get('a', undefined);
    clock.nowMs = 1_000;
    await expect(get('a', new Outage())).rejects.toThrow(Outage);
    await expect(get('never seen', new Outage())).rejects.toThrow(Outage);
  });

  test('an error that is no outage is always thrown', async () => {
    const { cache, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    await expect(get('a', new TypeError('a bug'))).rejects.toThrow('a bug');
    expect(await get('a', new Outage())).toEqual(degraded('one'));
  });

  test('it is fresh again after the first load that works, for which nobody waits', async () => {
    const { cache, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    expect(await get('a', new Outage())).toEqual(degraded('one'));
    expect(await get('a', gives('two'))).toEqual(degraded('one'));
    await turn();
    expect(await get('a', gives('three'))).toEqual(fresh('three'));
  });

  test('it is asked again once in a while where an entry can be served, and by everybody who needs it', async () => {
    const { cache, clock, get, loads } = aCache({ awayMs: 500 });
    cache.connected();
    for (const key of ['a', 'b', 'c']) await get(key, gives('one'));
    cache.lost();
    await get('a', new Outage());
    const before = loads();
    clock.nowMs = 499;
    for (const key of ['a', 'b', 'c']) expect(await get(key, new Outage())).toEqual(degraded('one'));
    expect(loads()).toBe(before);
    clock.nowMs = 500;
    for (const key of ['a', 'b', 'c']) expect(await get(key, new Outage())).toEqual(degraded('one'));
    expect(loads()).toBe(before + 1);
    expect(await get('new', gives('new'))).toEqual(fresh('new'));
    // That one was answered, so it is not away any more.
    expect(await get('b', gives('two'))).toEqual(fresh('two'));
  });

  test('it is taken for back when listening is', async () => {
    const { cache, get } = aCache({ awayMs: 500 });
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    await get('a', new Outage());
    cache.connected();
    expect(await get('a', gives('two'))).toEqual(fresh('two'));
  });

  test('a bug that shows itself meanwhile is told to whoever asks next', async () => {
    const { cache, get } = aCache();
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    await get('a', new Outage());
    expect(await get('a', new TypeError('a bug'))).toEqual(degraded('one'));
    await turn();
    await expect(get('a', new TypeError('a bug'))).rejects.toThrow('a bug');
  });

  test('and silent, an entry is served after a while, and the load that comes in late is kept', async () => {
    const { cache, get, pending } = aCache({ patienceMs: 20 });
    cache.connected();
    await get('a', gives('one'));
    cache.lost();
    const { begun, found } = pending('a');
    expect(await found).toEqual(degraded('one'));
    cache.connected();
    begun[0]!.resolve(gives('not heard of'));
    await turn();
    begun[1]!.resolve(gives('two'));
    await turn();
    expect(cache.peek('a')).toEqual(fresh('two'));
  });
});
