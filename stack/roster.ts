import { join } from 'node:path';
import { readJson, writePrivate } from './home.ts';
import { gone, identify, isAlive, type ProcessIdentity, signal } from './process.ts';

/** The kinds of processes of a home, in the order in which they are stopped. */
export const KINDS = ['api', 'worker', 'temporal', 'redis', 'postgres'] as const;
export type Kind = (typeof KINDS)[number];

export interface Enrolled extends ProcessIdentity {
  kind: Kind;
}

/**
 * Which processes a home has started and not yet seen end: `processes.json`, written with every change, so that whoever
 * comes after a supervisor that was killed can stop what it left, and nobody else's process.
 */
export interface Roster {
  /** Notes a process that has just been started. */
  enrol(kind: Kind, pid: number): ProcessIdentity | undefined;
  strike(pid: number): void;
  /** Ids by kind, of those that are noted now. */
  pids(kind: Kind): number[];
}

export function openRoster(home: string): Roster {
  let enrolled = readRoster(home).filter((each) => isAlive(each));
  const keep = () => writePrivate(join(home, 'processes.json'), `${JSON.stringify(enrolled, null, 2)}\n`);
  keep();
  return {
    enrol(kind, pid) {
      const identity = identify(pid);
      if (!identity) return undefined;
      enrolled.push({ kind, ...identity });
      try {
        keep();
      } catch (error) {
        enrolled.pop();
        throw error;
      }
      return identity;
    },
    strike(pid) {
      enrolled = enrolled.filter((each) => each.pid !== pid);
      try {
        keep();
      } catch {
        // On a full disk the note stays too long, which is harmless: it names a process by its start as well.
      }
    },
    pids: (kind) => enrolled.filter((each) => each.kind === kind).map(({ pid }) => pid),
  };
}

export function readRoster(home: string): Enrolled[] {
  return (readJson(join(home, 'processes.json')) ?? []) as Enrolled[];
}

/** The signal that makes a process end in order: Postgres' own meaning of SIGTERM is to wait for its clients. */
export function endSignal(kind: Kind): NodeJS.Signals {
  return kind === 'postgres' ? 'SIGINT' : 'SIGTERM';
}

/**
 * Stops what a supervisor that was killed has left, in order, and says how many there were. Only processes that are still
 * the ones it started.
 */
export async function stopLeftovers(home: string): Promise<number> {
  const living = readRoster(home).filter((each) => isAlive(each));
  for (const kinds of [['api', 'worker'], ['temporal'], ['redis'], ['postgres']]) {
    const together = living.filter(({ kind }) => kinds.includes(kind));
    await Promise.all(together.map((each) => endProcess(each, 15_000)));
  }
  return living.length;
}

/** Ends one process: asked first, killed when it hasn't ended after `graceMs` (Postgres recovers from that by itself). */
export async function endProcess(process: Enrolled, graceMs: number, hasten?: AbortSignal): Promise<void> {
  if (!signal(process, endSignal(process.kind))) return;
  if (await gone(process, graceMs, hasten)) return;
  // What holds data gets a moment more even in a hurry.
  const holdsData = process.kind === 'postgres' || process.kind === 'redis';
  if (hasten?.aborted && holdsData && (await gone(process, 5_000))) return;
  signal(process, 'SIGKILL');
  await gone(process, 5_000);
}
