import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quickStart } from './stack.ts';
import { waitUntil } from './wait.ts';

const MAIN = fileURLToPath(new URL('../../worker/main.ts', import.meta.url));

/** A worker of a test's own, as the process that people run. */
export interface WorkerProcess {
  url: string;
  output(): string;
  /** Asks it to end, and gives its exit code. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
}

/** Starts a worker and waits until its health can be asked, not until it is ready. */
export async function startWorker(env: Record<string, string>): Promise<WorkerProcess> {
  const { child, output } = spawnWorker({ ...env, PLIMSOLL_WORKER_PORT: '0' });
  const url = await waitUntil('the worker says where its health is', () => {
    if (child.exitCode !== null) throw new Error(`The worker ended with ${child.exitCode}:\n${output()}`);
    return /"url":"(http:[^"]+)"/.exec(output())?.[1];
  });
  return {
    url,
    output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** Runs a worker that is expected to end by itself. */
export async function runWorker(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { child, output } = spawnWorker(env);
  await once(child, 'close');
  return { code: child.exitCode, output: output() };
}

function spawnWorker(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', ...quickStart(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => void (text += String(chunk)));
  return { child, output: () => text };
}
