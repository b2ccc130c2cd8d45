import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../runtime/log.ts';
import { createShutdown } from '../../../runtime/shutdown.ts';

const log = createLogger({ logLevel: 'silent' }, { name: 'test' });

/** A process that can be signalled and notes how it ended. */
class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('a shutdown', () => {
  test('ends the parts one after the other, the last one made first, and exits with 0', async () => {
    const target = new FakeProcess();
    const shutdown = createShutdown({ log, graceMs: 1_000 }, target);
    const ended: string[] = [];
    shutdown.add('pool', async () => void ended.push('pool'));
    shutdown.add('server', async () => {
      await pause(20);
      ended.push('server');
    });
    expect(shutdown.hasBegun).toBe(false);

    target.emit('SIGTERM');
    expect(shutdown.hasBegun).toBe(true);
    expect(shutdown.signal.aborted).toBe(true);
    await shutdown.begin('to wait for it');
    expect(ended).toEqual(['server', 'pool']);
    expect(target.exits).toEqual([0]);
  });

  test('happens once, however many signals come', async () => {
    const target = new FakeProcess();
    const shutdown = createShutdown({ log, graceMs: 1_000 }, target);
    let times = 0;
    shutdown.add('server', async () => {
      times += 1;
      await pause(10);
    });
    target.emit('SIGINT');
    target.emit('SIGTERM');
    target.emit('SIGINT');
    await shutdown.begin('to wait for it');
    expect(times).toBe(1);
    expect(target.exits).toEqual([0]);
  });

  test('goes on after a step that fails, and exits with 1', async () => {
    const target = new FakeProcess();
    const shutdown = createShutdown({ log, graceMs: 1_000 }, target);
    const ended: string[] = [];
    shutdown.add('pool', async () => void ended.push('pool'));
    shutdown.add('server', async () => {
      throw new Error('already closed');
    });
    await shutdown.begin('test');
    expect(ended).toEqual(['pool']);
    expect(target.exits).toEqual([1]);
  });

  test('cuts off what takes longer than the grace time, and exits with 1', async () => {
    const target = new FakeProcess();
    const shutdown = createShutdown({ log, graceMs: 30 }, target);
    shutdown.add('server', () => new Promise(() => {}));
    const startedAt = performance.now();
    await shutdown.begin('test');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(target.exits).toEqual([1]);
  });

  test('exits with the code it was begun with, for a process that can not go on', async () => {
    const target = new FakeProcess();
    await createShutdown({ log, graceMs: 30 }, target).begin('the port is taken', 1);
    expect(target.exits).toEqual([1]);
  });
});
