import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

export interface Finished {
  code: number;
  /** stdout and stderr as they came, unless the process wrote straight to the terminal. */
  output: string;
}

const running = new Set<ChildProcess>();

/** The environment for every program that a check starts: the packages' own binaries come first, so that Node is 24. */
export function toolEnv(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter), ...extra };
}

/**
 * Runs a program to its end and keeps what it says. `live` shows it as it comes instead. After `timeoutMs` it is ended and
 * counts as failed.
 */
export function run(
  command: string[],
  options: { env?: NodeJS.ProcessEnv; live?: boolean; timeoutMs: number },
): Promise<Finished> {
  const [file, ...args] = command as [string, ...string[]];
  return new Promise((resolve) => {
    // A group of its own: ending it ends what it started, too.
    const child = spawn(file, args, {
      cwd: ROOT,
      env: toolEnv(options.env),
      stdio: ['ignore', options.live ? 'inherit' : 'pipe', options.live ? 'inherit' : 'pipe'],
      detached: true,
    });
    running.add(child);
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const timer = setTimeout(() => {
      output += `\nEnded after ${options.timeoutMs / 1000} s without a result.\n`;
      signalGroup(child, 'SIGKILL');
    }, options.timeoutMs);
    const finish = (code: number): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += `${command.join(' ')}: ${error.message}\n`;
      finish(127);
    });
    // Normally 'close' comes right after 'exit', once everything was read. A server that the program has left running may
    // hold its pipes open, though: then they are let go.
    child.on('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, 1_000).unref();
    });
    child.on('close', (code) => finish(code ?? 128));
  });
}

/** Ends every program that is still running, with all that it started. */
export function endRunning(signal: NodeJS.Signals): void {
  for (const child of running) signalGroup(child, signal);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // It has ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
