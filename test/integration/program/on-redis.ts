import { afterAll, beforeAll } from 'vitest';
import { startRedis, type TestRedis } from '../../support/redis-process.ts';
import { aRunner, type Runner, type RunnerOptions } from '../../support/run-programs.ts';

/** A Redis of a test file's own, and something to run programs by on it. */

export let server: TestRedis;
export let runner: Runner;

/** What the tests of one file run on. Nothing restarts it, so it needs no disk. */
export function onRedis(options: RunnerOptions = {}): void {
  beforeAll(async () => {
    server = await startRedis();
    await server.configure({ appendonly: 'no' });
    runner = await aRunner(server.url, options);
  });
  afterAll(async () => {
    runner.end();
    await server.stop();
  });
}
