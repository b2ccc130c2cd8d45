import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPorts } from '../stack/ports.ts';
import { preparePostgres } from '../stack/postgres.ts';
import { prepareRedis } from '../stack/redis.ts';
import type { Setting } from '../stack/run.ts';
import type { Job, Measured } from './load.ts';

/** The server under test has a core of its own; the load generator, Redis and Postgres share the other one. */
export const SERVER_CORE = 0;
const LOAD_CORE = 1;

export interface Bench {
  home: string;
  databaseUrl: string;
  redisUrl: string;
  redisPid: number;
  postgresPid: number;
  /** For finding and running tools. */
  setting: Setting;
  /** Everything that runs, the last one started first to end. */
  running: ChildProcess[];
}

/** A server under test. */
export interface Server {
  name: string;
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/** Whether processes are tied to cores here: two cores and `taskset` are needed. */
export const canPin = ((): boolean => {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['-c', String(LOAD_CORE), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    // No such tool, or not allowed to: the report says that nothing was pinned.
    return false;
  }
})();

/** A command line that runs on that core alone. */
export function pinned(core: number, command: string, args: string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

/** Starts the Postgres and the Redis that the stack would start, in a throwaway home, with their data safe on disk. */
export async function startServers(home: string, say: (line: string) => void): Promise<Bench> {
  for (const folder of ['redis', 'logs']) mkdirSync(join(home, folder));
  const setting = {
    env: process.env,
    say,
    logFile: join(home, 'logs', 'tools.log'),
    abort: new AbortController().signal,
  };
  const running: ChildProcess[] = [];
  const password = 'bench';
  const ports = openPorts({ home, env: process.env, say, anywhere: true });
  const postgres = await preparePostgres(setting, {
    home,
    port: await ports.choose('postgres'),
    password,
    fast: false,
  });
  const redis = await prepareRedis(setting, { home, port: await ports.choose('redis'), password });
  const pids: number[] = [];
  for (const { program } of [postgres, redis]) {
    const log = openSync(program.logFile, 'a', 0o600);
    const [command, args] = pinned(LOAD_CORE, program.command, program.args);
    const child = spawn(command, args, {
      cwd: program.cwd,
      env: program.env,
      stdio: ['ignore', log, log],
      detached: true,
      ...program.user,
    });
    closeSync(log);
    await once(child, 'spawn');
    running.push(child);
    pids.push(child.pid!);
    const until = Date.now() + program.readyWithinMs;
    while (!(await program.ready())) {
      if (Date.now() > until || child.exitCode !== null) throw new Error(`${program.title}: see ${program.logFile}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const [postgresPid = 0, redisPid = 0] = pids;
  return { home, databaseUrl: postgres.url, redisUrl: redis.url, redisPid, postgresPid, setting, running };
}

/**
 * Starts a server under test on its core (`core: 'any'`: wherever the system puts it) and waits until it tells its port. Its stdout goes to a file, as a server's log does.
 * @param told finds the port in what it wrote so far
 */
export async function startServer(
  bench: Bench,
  server: { name: string; command: string; args: string[]; env: Record<string, string>; core?: 'any' },
): Promise<Server> {
  const logFile = join(bench.home, 'logs', `${server.name}.log`);
  const log = openSync(logFile, 'a', 0o600);
  const [command, args] = server.core
    ? [server.command, server.args]
    : pinned(SERVER_CORE, server.command, server.args);
  const child = spawn(command, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...server.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  bench.running.push(child);
  const port = await toldPort(child, logFile);
  return {
    name: server.name,
    pid: child.pid!,
    port,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function toldPort(child: ChildProcess, logFile: string): Promise<number> {
  const until = Date.now() + 30_000;
  for (;;) {
    const written = readFileSync(logFile, 'utf8');
    const told = /^listening (\d+)$/m.exec(written) ?? /"urls?":\[?"http:\/\/127\.0\.0\.1:(\d+)"/.exec(written);
    if (told) return Number(told[1]);
    if (child.exitCode !== null || Date.now() > until) throw new Error(`A server did not start:\n${written}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export interface Generator {
  run(job: Job): Promise<Measured>;
}

/** @param nice lets Redis and Postgres go first on the core they share: for an open loop, which waits by spinning */
export async function startGenerator(bench: Bench, { nice }: { nice: boolean }): Promise<Generator> {
  const file = fileURLToPath(new URL('load.ts', import.meta.url));
  const line = [process.execPath, file];
  const [first, ...rest] = nice ? ['nice', '-n', '10', ...line] : line;
  const [command, args] = pinned(LOAD_CORE, first!, rest);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  bench.running.push(child);
  const next = async (): Promise<{ measured?: Measured; failed?: string }> =>
    ((await once(child, 'message')) as [{ measured?: Measured; failed?: string }])[0];
  await next();
  return {
    async run(job) {
      child.send(job);
      const { measured, failed } = await next();
      if (!measured) throw new Error(`The load generator gave up: ${failed}`);
      return measured;
    },
  };
}

/** Ends everything that was started. */
export async function stopAll({ running }: Bench): Promise<void> {
  for (const child of running.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
    const ended = once(child, 'exit');
    // What was measured is worth no waiting; Postgres, asked so, ends at once and leaves nothing in shared memory.
    child.kill(child.spawnfile.endsWith('node') ? 'SIGKILL' : 'SIGINT');
    await ended;
  }
}
