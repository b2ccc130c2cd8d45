import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, renameSync } from 'node:fs';
import { StackFault, sentenceFor } from './fault.ts';
import { type ProcessIdentity, pause, spawned } from './process.ts';
import { type Enrolled, endProcess, type Kind, type Roster } from './roster.ts';
import { seconds, stopIfAborted } from './run.ts';

/** How one long-running process is run. */
export interface Program {
  kind: Kind;
  /** For people: `Postgres`, `API process 2`. */
  title: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  user?: { uid: number; gid: number } | undefined;
  logFile: string;
  /** Whether it can be used now; asked again and again until it can. Throws only what asking again won't mend. */
  ready: () => Promise<boolean>;
  readyWithinMs: number;
  /** How long it may take to end after it was asked to. */
  endsWithinMs: number;
}

export interface Service {
  /** Nothing between its end and its new start. */
  readonly pid: number | undefined;
  /** Ends it for good. @param hasten when aborted, waiting ends. */
  stop(hasten: AbortSignal): Promise<void>;
}

export interface Supervision {
  roster: Roster;
  say: (line: string) => void;
  /** Aborted when the person wants to stop. */
  abort: AbortSignal;
  /** Aborted when stopping must not wait for graceful ends. */
  hasten?: AbortSignal | undefined;
  /** Called whenever a process has taken another's place. */
  changed: () => void;
}

/** Waits for several starts: all are ready then, or the first failure is thrown and the others have ended. */
export type Together = <T extends readonly Promise<unknown>[]>(
  jobs: [...T],
) => Promise<{ [K in keyof T]: Awaited<T[K]> }>;

/** A process that was up this long starts anew with the shortest back-off. */
const SETTLED_MS = 30_000;
const BACK_OFF_MS = { first: 250, most: 10_000 };

/**
 * Starts a process, waits until it is ready, and from then on starts it again whenever it ends, with back-off.
 * @throws {StackFault} when it doesn't become ready the first time: it is stopped then, and the sentence names its log
 */
export async function startService(program: Program, supervision: Supervision): Promise<Service> {
  const { roster, say, abort, changed, hasten = new AbortController().signal } = supervision;
  const { title, logFile } = program;
  rotate(program.logFile);
  const stopping = new AbortController();
  let current = await launch(program, roster);
  let isUp = true;

  const failure = await becomesReady(program, current, abort);
  if (failure) {
    await endChild(program, current, roster, hasten);
    stopIfAborted(abort);
    throw new StackFault(`${program.title} ${failure}; its log is ${program.logFile}${lastWords(program.logFile)}`);
  }

  /** Lets a program run until it ends, and says how it did. */
  async function attend(): Promise<string> {
    const how = await current.ended;
    isUp = false;
    roster.strike(current.pid);
    return `ended ${how}`;
  }

  /** Starts it anew; says why that failed, if it did. */
  async function again(): Promise<string | undefined> {
    current = await launch(program, roster);
    isUp = true;
    changed();
    const failed = await becomesReady(program, current, stopping.signal);
    if (stopping.signal.aborted) return undefined;
    // One that lives and doesn't get ready would never be tried again.
    if (failed) await endChild(program, current, roster, stopping.signal);
    else say(`${title} is ready again (process ${current.pid}).`);
    return failed;
  }

  async function keepAlive(): Promise<void> {
    let backOffMs = BACK_OFF_MS.first;
    let began = Date.now();
    for (;;) {
      const what = await attend();
      if (stopping.signal.aborted) return;
      if (Date.now() - began > SETTLED_MS) backOffMs = BACK_OFF_MS.first;
      say(`${title} (process ${current.pid}) ${what}; starting it again in ${seconds(backOffMs)}. Its log: ${logFile}`);
      // Whatever fails here (a full disk, say) may be better at the next attempt; giving up would help nobody.
      for (let isStarted = false; !isStarted; backOffMs = Math.min(backOffMs * 2, BACK_OFF_MS.most)) {
        await pause(backOffMs, stopping.signal);
        if (stopping.signal.aborted) return;
        try {
          changed();
          began = Date.now();
          const failed = await again();
          if (failed) say(`${title} ${failed}.`);
          isStarted = true;
        } catch (error) {
          say(`${sentenceFor(error)} Trying again in ${seconds(Math.min(backOffMs * 2, BACK_OFF_MS.most))}.`);
        }
      }
    }
  }
  const kept = keepAlive();

  return {
    get pid() {
      return isUp ? current.pid : undefined;
    },
    async stop(hasten) {
      stopping.abort();
      await endChild(program, current, roster, hasten);
      await kept;
      // One may have been started in the very moment of the stop.
      await endChild(program, current, roster, hasten);
    },
  };
}

interface Running {
  pid: number;
  identity: ProcessIdentity | undefined;
  /** Resolves with how it ended: `with exit code 1`, `by SIGKILL`. */
  ended: Promise<string>;
  child: ChildProcess;
}

async function launch(program: Program, roster: Roster): Promise<Running> {
  const log = openSync(program.logFile, 'a', 0o600);
  try {
    const child = spawn(program.command, program.args, {
      cwd: program.cwd,
      env: program.env,
      stdio: ['ignore', log, log],
      // A process group of its own: a terminal's Ctrl-C reaches the supervisor alone, which stops things in order.
      detached: true,
      ...program.user,
    });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, name) => resolve(name ? `by ${name}` : `with exit code ${code}`));
    });
    // Noted before anything is awaited: a supervisor killed now must not leave an unknown process.
    const identity = noted(child, program.kind, roster);
    await spawned(child);
    return { pid: child.pid as number, identity, ended, child };
  } catch (error) {
    throw new StackFault(`${program.title} can't be started. ${sentenceFor(error)}`, { cause: error });
  } finally {
    closeSync(log);
  }
}

/** A process that can't be noted (a full disk) is ended at once: nobody would find it again. */
function noted(child: ChildProcess, kind: Kind, roster: Roster): ProcessIdentity | undefined {
  try {
    return child.pid === undefined ? undefined : roster.enrol(kind, child.pid);
  } catch (error) {
    child.once('error', () => undefined); // What matters is thrown below.
    child.kill('SIGKILL');
    throw error;
  }
}

/** Waits until a program is ready; else says, as the rest of a sentence, why it isn't. */
async function becomesReady(program: Program, running: Running, abort: AbortSignal): Promise<string | undefined> {
  const until = Date.now() + program.readyWithinMs;
  for (;;) {
    const ended = await Promise.race([running.ended, pause(50, abort)]);
    if (abort.aborted) return 'was stopped';
    if (ended) return `ended ${ended} while it started`;
    try {
      if (await program.ready()) return undefined;
    } catch (error) {
      return `can't be used: ${(error as Error).message}`;
    }
    if (Date.now() > until) return `was not ready after ${seconds(program.readyWithinMs)}`;
  }
}

async function endChild(program: Program, running: Running, roster: Roster, hasten: AbortSignal): Promise<void> {
  const { identity, pid, ended } = running;
  if (identity) {
    const enrolled: Enrolled = { kind: program.kind, ...identity };
    await endProcess(enrolled, program.endsWithinMs, hasten);
    await ended;
  }
  roster.strike(pid);
}

/** The last lines of a log, to be read below the sentence that something failed. */
export function lastWords(logFile: string, lines = 12): string {
  const file = openSync(logFile, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 4_000));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const last = buffer.toString('utf8').trimEnd().split('\n').slice(-lines);
    return last.join('').trim() === ''
      ? ''
      : `, and ends:\n${last.map((line) => `  | ${line.slice(0, 300)}`).join('\n')}`;
  } finally {
    closeSync(file);
  }
}

/** Sets a log of more than 20 MB aside as `….1`; the one before that goes. */
function rotate(logFile: string): void {
  const file = openSync(logFile, 'a', 0o600);
  const { size } = fstatSync(file);
  closeSync(file);
  if (size > 20_000_000) renameSync(logFile, `${logFile}.1`);
}
