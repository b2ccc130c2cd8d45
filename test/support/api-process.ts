import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testStack } from './stack.ts';
import { waitUntil } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../api/main.ts', import.meta.url));

/** An API of a test's own, as the process that people run: what it logs can be read, and its end be watched. */
export interface ApiProcess {
  url: string;
  /** All that it wrote to stdout and stderr so far. */
  output(): string;
  /** The lines of its log so far. */
  log(): LogLine[];
  /** Asks it to end, and gives its exit code. */
  stop(): Promise<number | null>;
}

export interface LogLine {
  level: string;
  msg: string;
  requestId?: string;
  [key: string]: unknown;
}

/** Starts an API on a free port with the stack's environment and what is said here, and waits until it listens. */
export async function startApiProcess(env: Record<string, string> = {}): Promise<ApiProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...testStack().env,
      PLIMSOLL_HOST: '127.0.0.1',
      PLIMSOLL_PORT: '0',
      PLIMSOLL_NODE_PORT: '-1',
      PLIMSOLL_API_PROCESSES: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // The last line may still be on its way.
  const log = (): LogLine[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);

  const url = await waitUntil('the API listens', () => {
    if (child.exitCode !== null) throw new Error(`The API ended with ${child.exitCode}:\n${stdout}${stderr}`);
    const line = log().find(({ msg }) => msg === 'listening');
    return (line?.urls as string[] | undefined)?.[0];
  });

  return {
    url,
    output: () => stdout + stderr,
    log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      return child.exitCode;
    },
  };
}
