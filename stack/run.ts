import { spawn } from 'node:child_process';
import { accessSync, appendFileSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StackFault } from './fault.ts';

/** What finding and starting parts needs from whoever asks for them. */
export interface Setting {
  env: NodeJS.ProcessEnv;
  /** Tells a person one line: what is done, how long it took. */
  say: (line: string) => void;
  /** Where the output of tools goes: a file, appended to. */
  logFile: string;
  /** Aborted when the person wants to stop. */
  abort: AbortSignal;
}

export interface RunOptions {
  cwd?: string;
  /** Added to the setting's environment. */
  env?: Record<string, string>;
  user?: { uid: number; gid: number } | undefined;
  input?: string;
  /** Something that must not be torn off in the middle (a package manager's work): it ends before the stop is obeyed. */
  whole?: boolean;
  /** What it prints is for us alone (a demo's keys), so stdout stays out of the log. */
  secret?: boolean;
  /** Called every 15 seconds, with the seconds so far. */
  progress?: (seconds: number) => void;
}

/** A command that ended badly. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly code: number | null;
  readonly output: string;
  constructor(command: string, code: number | null, output: string) {
    super(`${command} ended with ${code ?? 'a signal'}: ${output.trim().slice(-2000)}`);
    this.code = code;
    this.output = output;
  }
}

/**
 * Runs a tool to its end and gives what it wrote to stdout. All of its output is kept in the log.
 * It gets a process group of its own, so that a terminal's Ctrl-C reaches us alone and we stop things in order.
 * @throws {CommandFailed} when it ends with anything but 0, or can't be started
 * @throws {StackFault} when it was stopped
 */
export async function run(
  { env, logFile, abort }: Setting,
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  stopIfAborted(abort);
  appendFileSync(logFile, `$ ${[command, ...args].join(' ')}\n`, { mode: 0o600 });
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...options.user,
  });
  let stdout = '';
  let all = '';
  const keep = (text: string) => {
    all = (all + text).slice(-20_000);
    appendFileSync(logFile, text);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (!options.secret) keep(text);
  });
  child.stderr.setEncoding('utf8').on('data', keep);
  // A tool that ends without reading its input is no fault of ours; its exit code tells.
  child.stdin.on('error', (error) => keep(`(stdin: ${error.message})\n`));
  child.stdin.end(options.input ?? '');

  const began = Date.now();
  const ticking = options.progress;
  const ticker = ticking && setInterval(() => ticking(Math.round((Date.now() - began) / 1000)), 15_000);
  const stop = () => {
    if (child.pid && child.exitCode === null) endGroup(child.pid);
  };
  if (!options.whole) abort.addEventListener('abort', stop);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (!options.whole) stopIfAborted(abort);
    if (code !== 0) throw new CommandFailed(command, code, all);
    return stdout;
  } catch (error) {
    if (error instanceof CommandFailed || error instanceof StackFault) throw error;
    throw new CommandFailed(command, null, (error as Error).message);
  } finally {
    clearInterval(ticker);
    abort.removeEventListener('abort', stop);
  }
}

/** Asks a tool and what it has started to end. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    // It has ended by itself in this very moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What a tool says of itself, or nothing when it can't be run. */
export async function answerOf(setting: Setting, command: string, args: string[]): Promise<string | undefined> {
  try {
    return await run(setting, command, args);
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

/** The stop that a person asked for while something was under way. */
export class Stopped extends StackFault {}

export function stopIfAborted(abort: AbortSignal): void {
  if (abort.aborted) throw new Stopped('Stopped, before everything was ready.');
}

/** The path of an executable in `PATH`, or in one of the folders given. */
export function findExecutable(env: NodeJS.ProcessEnv, name: string, folders: string[] = []): string | undefined {
  return findExecutables(env, name, folders)[0];
}

/** All of them, in order. */
export function findExecutables(env: NodeJS.ProcessEnv, name: string, folders: string[] = []): string[] {
  return [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...folders]
    .map((folder) => join(folder, name))
    .filter((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return false;
    throw error;
  }
}

/** `41 s`, `3 min 52 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
