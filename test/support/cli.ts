import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testStack } from './stack.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `plimsoll` as a process of its own, with the stack's environment and what is said here; `undefined` takes away. */
export function plimsoll(args: string[], env: Record<string, string | undefined> = {}): Promise<CommandResult> {
  const { PATH } = process.env;
  const { home, env: stack } = testStack();
  const child = spawn(process.execPath, [MAIN, ...args], {
    // Half of a command's time is compiling what it imports, each time the same.
    env: { PATH, PLIMSOLL_HOME: '/nowhere', NODE_COMPILE_CACHE: join(home, 'compile-cache'), ...stack, ...env },
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

/** Runs a command that must succeed, with `--json`, and gives what it printed. */
export async function plimsollJson(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await plimsoll([...args, '--json']);
  if (code !== 0 || stderr !== '') throw new Error(`plimsoll ${args.join(' ')} ended with code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}
