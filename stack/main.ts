import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sentenceFor } from './fault.ts';
import { makeHome, readStack, resolveHome, type Stack } from './home.ts';
import { lockHolder } from './lock.ts';
import { gone, pause } from './process.ts';
import { Stopped, seconds } from './run.ts';
import { startStack, supervisorLock } from './up.ts';

const USAGE = `Usage: bin/up [--detach] [--empty]

Runs everything on this machine: Postgres, Redis, Temporal with its Web UI, the API and the worker.
Ctrl-C stops what it started.

  --detach   return when it is ready, and let it run; bin/down stops it
  --empty    without the demo organisation
  --help     this text

PLIMSOLL_HOME names the folder that holds data, logs and stack.json (.plimsoll in the checkout otherwise).
DATABASE_URL, REDIS_URL and TEMPORAL_ADDRESS (with TEMPORAL_UI_URL) name servers to use instead of starting some.
`;

/** EX_USAGE of sysexits(3). */
const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;
/** Told to the supervisor that `--detach` leaves behind: nobody types it. */
const BACKGROUND = '--background';

/** What the supervisor in the background tells the command that started it. */
type Message = { line: string } | { ready: true } | { failed: string; code: number };

const options = readArguments(process.argv.slice(2));
const home = resolveHome();
const code = await main();
// Not by running out of work: where something could not be stopped there is always some.
process.exit(process.exitCode || code);

async function main(): Promise<number> {
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    makeHome(home);
    if (options.background) return await supervise((line) => tell({ line }));
    const running = await runningStack();
    if (running) {
      process.stdout.write(`It runs already.\n${summary(running)}`);
      return 0;
    }
    return options.detach ? await detach() : await supervise((line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    return fail(error);
  }
}

function readArguments(args: string[]): { detach?: boolean; empty?: boolean; background?: boolean; help?: boolean } {
  try {
    const flag = { type: 'boolean' } as const;
    return parseArgs({ args, options: { detach: flag, empty: flag, background: flag, help: flag } }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('. ')[0]}. See bin/up --help.\n`);
    return process.exit(EXIT_USAGE);
  }
}

/** Runs the home in this process until it is told to end. */
async function supervise(show: (line: string) => void): Promise<number> {
  const began = Date.now();
  const say = (line: string) => {
    note(line);
    show(line);
  };
  const end = onSignals(say);
  // A terminal that goes away takes its end of the output along; the home still has to be stopped in order.
  process.stdout.on('error', () => undefined);

  const running = await startStack({ home, empty: options.empty === true, say, abort: end.asked, hasten: end.hurried });
  show(`Ready after ${seconds(Date.now() - began)}.`);
  if (options.background) tell({ ready: true });
  else show(`${summary(running.stack)}Ctrl-C stops it.`);
  while (!end.asked.aborted && isOurs()) await pause(1_000, end.asked);
  if (!end.asked.aborted) say(`${home} was deleted or taken over: stopping what ran in it.`);
  const stopping = Date.now();
  await running.stop(end.hurried);
  say(`Stopped in ${seconds(Date.now() - stopping)}.`);
  return 0;
}

/** Whether this process still holds the home. Nobody could find what runs in a home that was deleted. */
function isOurs(): boolean {
  return lockHolder(supervisorLock(home))?.pid === process.pid;
}

/** The first signal asks for an orderly end, the second one hastens it. */
function onSignals(say: (line: string) => void): { asked: AbortSignal; hurried: AbortSignal } {
  const asked = new AbortController();
  const hurried = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (asked.signal.aborted) return hurried.abort();
      asked.abort();
      say('Stopping … (once more to hurry)');
    });
  }
  // A fault of our own must not leave everything running with nobody in charge.
  process.on('uncaughtException', (error) => {
    note(error.stack ?? error.message);
    say(`${sentenceFor(error)} Stopping; the details are in ${upLog()}.`);
    process.exitCode = 1;
    asked.abort();
  });
  return { asked: asked.signal, hurried: hurried.signal };
}

/** Starts the supervisor in the background, shows what it says, and returns when it is ready or has failed. */
async function detach(): Promise<number> {
  const log = openSync(upLog(), 'a', 0o600);
  const args = [fileURLToPath(import.meta.url), BACKGROUND, ...(options.empty ? ['--empty'] : [])];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  const passOn = () => void child.kill('SIGTERM');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, passOn);

  return await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.on('message', (message: Message) => {
      if ('line' in message) process.stdout.write(`${message.line}\n`);
      if ('failed' in message) {
        process.stderr.write(`${message.failed}\n`);
        child.once('exit', () => resolve(message.code));
      }
      if ('ready' in message) {
        const stack = readStack(home);
        if (stack) process.stdout.write(`${summary(stack)}bin/down stops it.\n`);
        child.disconnect();
        child.unref();
        resolve(0);
      }
    });
    child.once('exit', (code) => resolve(code || 1));
  });
}

/** To the command that waits for us, as long as it does. */
function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}

/** The stack of a home that another process runs; waits while it is being started. */
async function runningStack(): Promise<Stack | undefined> {
  const lock = supervisorLock(home);
  let said = false;
  for (let holder = lockHolder(lock); holder; holder = lockHolder(lock)) {
    const stack = readStack(home);
    if (stack) return stack;
    if (!said) process.stdout.write(`Process ${holder.pid} is starting (or stopping) this home; waiting for it …\n`);
    said = true;
    if (!(await gone(holder, 250))) await pause(50);
  }
  return undefined;
}

function fail(error: unknown): number {
  const sentence = sentenceFor(error);
  const code = error instanceof Stopped ? EXIT_INTERRUPTED : 1;
  note(error instanceof Error ? (error.stack ?? sentence) : sentence);
  if (error instanceof Error && error.cause instanceof Error) note(`Cause: ${error.cause.stack}`);
  if (options.background) tell({ failed: sentence, code });
  else process.stderr.write(`${sentence}\n`);
  return code;
}

/** Keeps a line in the supervisor's own log; on a full or closed disk the person still reads it. */
function note(text: string): void {
  try {
    appendFileSync(upLog(), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
  } catch (error) {
    process.stderr.write(`(${upLog()} can't be written: ${(error as NodeJS.ErrnoException).code})\n`);
  }
}

function upLog(): string {
  return join(home, 'logs', 'up.log');
}

function summary({ api, temporal_ui: temporalUi, demo }: Stack): string {
  const facts = [
    ['API', api],
    ['Temporal Web UI', temporalUi],
    ['Home', home],
    ['Logs', join(home, 'logs')],
    ...(demo
      ? [
          ['Demo owner', `${demo.owner_email}, password ${demo.owner_password}`],
          ['Demo access token', demo.access_token],
          ['Demo product key', demo.product_key],
          ['Demo licence key', demo.license_key],
        ]
      : []),
  ].filter(([, value]) => value);
  const table = facts.map(([name, value]) => `  ${`${name}:`.padEnd(18)} ${value}\n`).join('');
  if (!demo) return `\n${table}\n`;
  const body = JSON.stringify({ license_key: demo.license_key });
  const curl = `curl -s -X POST ${api}/api/v1/validate -H 'Authorization: Bearer ${demo.product_key}' -H 'Content-Type: application/json' -d '${body}'`;
  return `\n${table}\nAsk it whether the demo licence is valid:\n  ${curl}\n\n`;
}
