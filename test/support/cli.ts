import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HostedCommand } from './cli-host.ts';
import { quickStart, testStack } from './stack.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const HOST = fileURLToPath(new URL('./cli-host.ts', import.meta.url));

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Environment = Record<string, string | undefined>;

/** Runs `plimsoll` as a process of its own, with the stack's environment and what is said here; `undefined` takes away. */
export function plimsoll(args: string[], env: Environment = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
  });
}

function environment(env: Environment): Environment {
  const { PATH } = process.env;
  return { PATH, PLIMSOLL_HOME: '/nowhere', ...quickStart(), ...testStack().env, ...env };
}

let host: ChildProcess | undefined;
let turn: Promise<unknown> = Promise.resolve();

/** The same in a process that is kept for the next command, which takes a tenth of the time: where the process is not what is tested. */
export function quickPlimsoll(args: string[], env: Environment = {}): Promise<CommandResult> {
  const command: HostedCommand = { args, env: environment(env) };
  const answer = turn.then(() => ask((host ??= startHost()), command));
  // Who asks next waits for its end, however that was.
  turn = Promise.allSettled([answer]);
  return answer;
}

function startHost(): ChildProcess {
  const child = fork(HOST, { env: environment({}), execArgv: [], stdio: 'inherit' });
  // It ends with the test's process, and doesn't keep it.
  child.unref();
  child.channel?.unref();
  return child;
}

async function ask(child: ChildProcess, command: HostedCommand): Promise<CommandResult> {
  const answered = new AbortController();
  const gone = once(child, 'exit', { signal: answered.signal }).then(() => {
    throw new Error('The process that runs commands has ended');
  });
  const told = once(child, 'message') as Promise<[CommandResult]>;
  child.send(command);
  try {
    return (await Promise.race([told, gone]))[0];
  } finally {
    answered.abort();
  }
}

/** Runs a command that must succeed, with `--json`, and gives what it printed. */
export async function plimsollJson(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await quickPlimsoll([...args, '--json']);
  if (code !== 0 || stderr !== '') throw new Error(`plimsoll ${args.join(' ')} ended with code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}
