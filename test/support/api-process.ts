import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quickStart, testStack } from './stack.ts';
import { waitUntil } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../api/main.ts', import.meta.url));
const CLOCKED = fileURLToPath(new URL('./clocked-api.ts', import.meta.url));

/** An API of a test's own, as the process that people run: what it logs can be read, and its end be watched. */
export interface ApiProcess {
  url: string;
  /** The shared address first, then the process's own where it has one. */
  urls: string[];
  /** All that it wrote to stdout and stderr so far. */
  output(): string;
  /** The lines of its log so far. */
  log(): LogLine[];
  /** Signals it, and waits for nothing. */
  signal(name: NodeJS.Signals): void;
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** One whose clock a test sets. */
export interface ClockedApi extends ApiProcess {
  /** Lets its clock stand at an instant (epoch milliseconds): every call that is sent after this has resolved is of that instant. */
  setClock(nowMs: number): Promise<void>;
}

export interface LogLine {
  level: string;
  msg: string;
  requestId?: string;
  [key: string]: unknown;
}

/** Starts an API on a free port with the stack's environment and what is said here, and waits until it listens. */
export async function startApiProcess(env: Record<string, string> = {}): Promise<ApiProcess> {
  return listening(spawnApi(MAIN, env));
}

/** The same with a clock that can be set; until then it has the machine's. */
export async function startClockedApi(env: Record<string, string> = {}): Promise<ClockedApi> {
  const spawned = spawnApi(CLOCKED, env);
  const { child } = spawned;
  return {
    ...(await listening(spawned)),
    async setClock(nowMs) {
      const told = once(child, 'message');
      child.send(nowMs);
      await told;
    },
  };
}

async function listening({ child, ended, stdout, stderr }: ReturnType<typeof spawnApi>): Promise<ApiProcess> {
  // The last line may still be on its way.
  const log = (): LogLine[] =>
    stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);

  const urls = await waitUntil('the API listens', () => {
    if (child.exitCode !== null) throw new Error(`The API ended with ${child.exitCode}:\n${stdout()}${stderr()}`);
    const line = log().find(({ msg }) => msg === 'listening');
    return line?.urls as string[] | undefined;
  });

  return {
    url: urls[0]!,
    urls,
    output: () => stdout() + stderr(),
    log,
    signal: (name) => void child.kill(name),
    ended,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Runs an API that is expected to end by itself. */
export async function runApiProcess(
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { ended, stdout, stderr } = spawnApi(MAIN, env);
  return { code: await ended, stdout: stdout(), stderr: stderr() };
}

function spawnApi(main: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...quickStart(),
      ...testStack().env,
      PLIMSOLL_HOST: '127.0.0.1',
      PLIMSOLL_PORT: '0',
      PLIMSOLL_NODE_PORT: '-1',
      PLIMSOLL_API_PROCESSES: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(main === CLOCKED ? ['ipc' as const] : [])],
  });
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // Not at 'exit': what it said last may come after that.
  const ended = once(child, 'close').then(() => child.exitCode);
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}
