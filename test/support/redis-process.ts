import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { prepareRedis } from '../../stack/redis.ts';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait.ts';

/** A Redis of a test's own, to break and configure. */
export interface TestRedis {
  url: string;
  readonly pid: number;
  configure(settings: Record<string, string>): Promise<void>;
  isAlive(): boolean;
  /** Ends it at once, as a crash would; what it has written stays. */
  kill(): Promise<void>;
  /** Starts it again, where it was, with what it has written, or `empty`. */
  restart(options?: { empty: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Redis that the stack would start, in a folder that is thrown away. */
export async function startRedis(): Promise<TestRedis> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-redis-'));
  for (const folder of ['redis', 'logs']) mkdirSync(join(home, folder));
  const setting = {
    env: process.env,
    say: (line: string) => void process.stderr.write(`${line}\n`),
    logFile: join(home, 'logs', 'tools.log'),
    abort: new AbortController().signal,
  };
  const { url, program } = await prepareRedis(setting, { home, port: await freePort(), password: 'hunter2-own' });
  let child = await start();
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  // It is away when a test wants it so.
  redis.on('error', () => undefined);
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    async configure(settings) {
      for (const [name, value] of Object.entries(settings)) await redis.config('SET', name, value);
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill,
    async restart({ empty } = { empty: false }) {
      if (empty)
        for (const file of readdirSync(join(home, 'redis')).filter((name) => !name.endsWith('.conf')))
          rmSync(join(home, 'redis', file), { recursive: true });
      child = await start();
    },
    async stop() {
      redis.disconnect();
      // A Redis that was just told to write to disk again refuses to end for a while; nothing in it is worth waiting for.
      if (child.exitCode === null && child.signalCode === null) await kill();
      rmSync(home, { recursive: true, force: true });
    },
  };

  async function start(): Promise<ChildProcess> {
    const started = spawn(program.command, program.args, { env: program.env, cwd: program.cwd, stdio: 'ignore' });
    await once(started, 'spawn');
    await waitUntil('Redis answers', program.ready);
    return started;
  }

  async function kill(): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
