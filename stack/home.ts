import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackFault } from './fault.ts';

/** Where people and programs reach a running home: `$PLIMSOLL_HOME/stack.json`. It exists while everything is ready. */
export interface Stack {
  /** `http://127.0.0.1:8080`; empty where only the servers were started. */
  api: string;
  /** One for each API process, with an address that only this process answers. */
  api_nodes: { pid: number; url: string }[];
  /** Empty where the environment names a Temporal without its Web UI. */
  temporal_ui: string;
  temporal_address: string;
  database_url: string;
  redis_url: string;
  /** `null` for a server that the environment named: it isn't ours. */
  pids: {
    api: number[];
    worker: number[];
    postgres: number | null;
    redis: number | null;
    temporal: number | null;
  };
  /** Absent with `--empty`. */
  demo?: Demo;
}

/** What `plimsoll demo --json` made, kept in the home so that every start shows the same keys. */
export interface Demo {
  /** Who owns the demo's organisation: signs in with the password, or acts by the token. */
  owner_email: string;
  owner_password: string;
  access_token: string;
  organization_id: string;
  product_id: string;
  product_key: string;
  license_key: string;
}

/** The checkout that this file belongs to. */
export const CHECKOUT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** The folder that holds data, logs and `stack.json`: `PLIMSOLL_HOME`, or `.plimsoll/` in the checkout; absolute. */
export function resolveHome(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['PLIMSOLL_HOME']?.trim();
  if (!named) return join(CHECKOUT, '.plimsoll');
  return isAbsolute(named) ? resolve(named) : resolve(process.cwd(), named);
}

/** The home's `stack.json`, or nothing while nothing is ready. Whether its processes still live is not looked at. */
export function readStack(home: string): Stack | undefined {
  return readJson(join(home, 'stack.json')) as Stack | undefined;
}

/** The environment that `bin/up` gives to API, worker and CLI; empty where the home was never started. */
export function readHomeEnv(home: string): Record<string, string> {
  return parseEnv(readText(join(home, 'env')) ?? '');
}

/** Lines `NAME=value`; empty lines and lines that begin with `#` mean nothing. */
export function parseEnv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0 && !line.startsWith('#')) values[line.slice(0, at)] = line.slice(at + 1);
  }
  return values;
}

/** @throws {StackFault} for a value with a line break: it would become a variable of its own when read. */
export function formatEnv(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (/[\r\n]/.test(value)) throw new StackFault(`${name} contains a line break, which no setting may.`);
      return `${name}=${value}\n`;
    })
    .join('');
}

/** A JSON file of the home, or nothing where there is none. @throws {StackFault} for one that isn't JSON. */
export function readJson(path: string): unknown {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StackFault(`${path} is damaged; delete it and start again.`, { cause: error });
  }
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file at once, readable by its owner alone: nobody ever reads half of it, nor a secret in it. */
export function writePrivate(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Makes the home's folders. The home can be entered by all but listed by its owner alone: a Postgres that runs as another
 * user must reach its folder in it, and everything else in it is closed to others.
 */
export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o711);
  for (const folder of ['logs', 'redis', 'temporal']) mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
}
