import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, expect } from 'vitest';
import { InputFault } from '../../../cli/plans/input.ts';
import { addPlansCommands } from '../../../cli/plans-commands.ts';
import { CatalogueError } from '../../../domain/plans/load.ts';

export const NOTES = 'plans/examples/notes.yaml';
export const KEYWAY = 'plans/examples/keyway.yaml';
export const KEEL = 'plans/examples/keel.yaml';
export const UNKEY = 'plans/examples/unkey.yaml';
export const NOW = ['--now', '2026-11-21T12:00:00Z'];

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-plans-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The path of a file with that content, gone when the tests are. */
export function aFile(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** A shipped catalogue in which a word was changed. */
export function changed(path: string, from: string, to: string): string {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  return aFile('changed.yaml', text.replace(from, to));
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `plimsoll plans …` in this process, with the exit codes of `cli/main.ts`; paths are those of the checkout. */
export function plans(...args: string[]): Ran {
  const ran: Ran = { code: 0, stdout: '', stderr: '' };
  const program = new Command('plimsoll');
  addPlansCommands(program, { out: (text) => (ran.stdout += text), exit: (code) => (ran.code = code) });
  const all = [program, ...program.commands.flatMap((command) => [command, ...command.commands])];
  for (const command of all) {
    command.exitOverride().configureOutput({ writeErr: (text) => (ran.stderr += text) });
    if (command.commands.length === 0) command.option('--json', 'print JSON');
  }
  try {
    program.parse(['plans', ...args], { from: 'user' });
  } catch (error) {
    if (error instanceof InputFault) return { ...ran, code: error.exitCode, stderr: `${error.message}\n` };
    if (error instanceof CatalogueError) return { ...ran, code: 78, stderr: `${error.message}\n` };
    if (error instanceof CommanderError) return { ...ran, code: 64, stderr: ran.stderr || error.message };
    throw error;
  }
  return ran;
}

/** The same with `--json`, of a command that must succeed. */
export function plansJson(...args: string[]): Record<string, unknown> {
  const { code, stdout, stderr } = plans(...args, '--json');
  if (code !== 0 || stderr !== '') throw new Error(`plans ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}
