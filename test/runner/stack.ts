import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeHome } from '../../stack/postgres-user.ts';
import { ROOT, run } from './process.ts';

/** A stack that only this run uses, in a home that is thrown away with it. */
export interface ThrowawayStack {
  home: string;
  /** Resolves when it is ready. @throws with what `bin/up` said and the ends of its logs. */
  ready: Promise<void>;
  /** The last lines of each log, for when a test failed. */
  logTails(lines: number): string;
  /** Stops everything and removes the home; safe to call twice and while it still starts. */
  stop(): Promise<void>;
}

// The first start on a machine builds Temporal, which takes minutes.
const START_MS = 20 * 60_000;
const STOP_MS = 60_000;

/** Starts `bin/up --detach --empty` in a home of its own. */
export function startThrowawayStack(): ThrowawayStack {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
  // No durability across power cuts is needed here, and it costs most of a test's time.
  const env = { PLIMSOLL_HOME: home, PLIMSOLL_STACK_FAST: '1', PLIMSOLL_PORT: '0' };
  const start = async (): Promise<void> => {
    const { code, output } = await run([join(ROOT, 'bin', 'up'), '--detach', '--empty'], { env, timeoutMs: START_MS });
    if (code === 0) return;
    // The last line says what to do; what was tried before it stands in the logs.
    const said = output.trim().split('\n').at(-1);
    throw new Error(`${said} (bin/up ended with code ${code})\n${output}\n${tails(home, 40)}`);
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (!existsSync(home)) return;
    const { code, output } = await run([join(ROOT, 'bin', 'down')], { env, timeoutMs: STOP_MS });
    if (code !== 0) process.stderr.write(`bin/down ended with code ${code}; its home is left: ${home}\n${output}\n`);
    else if (process.env.PLIMSOLL_TEST_KEEP) process.stderr.write(`The home is kept: ${home}\n`);
    else removeHome(home);
  };
  return { home, ready: start(), logTails: (lines) => tails(home, lines), stop: () => (stopped ??= stop()) };
}

function tails(home: string, lines: number): string {
  const folder = join(home, 'logs');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => `--- ${name}\n${readFileSync(join(folder, name), 'utf8').split('\n').slice(-lines).join('\n')}`)
    .join('\n');
}
