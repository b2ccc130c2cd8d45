import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readText } from './home.ts';
import { identify, isAlive, type ProcessIdentity } from './process.ts';

/** A held lock. It ends with its process, however that ends. */
export interface Lock {
  release(): void;
}

/** Takes the lock that a file stands for, or says which living process holds it. Never waits. */
export function takeLock(path: string): Lock | ProcessIdentity {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const self = identify(process.pid);
  if (!self) throw new Error('this process does not find itself');
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(mine, JSON.stringify(self), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all, so nobody ever reads an empty lock.
        linkSync(mine, path);
        return { release: () => releaseLock(path, self) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = lockHolder(path);
      if (holder) return holder;
      removeStale(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Who holds a lock now; nothing when nobody who lives does. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const identity = parseIdentity(readText(path));
  return identity && isAlive(identity) ? identity : undefined;
}

/** Takes a dead process's lock away. Moved first and looked at again, since another may have renewed it meanwhile. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = parseIdentity(readText(aside));
  if (holder && isAlive(holder)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function releaseLock(path: string, self: ProcessIdentity): void {
  const holder = parseIdentity(readText(path));
  if (holder?.pid === self.pid && holder.started === self.started) rmSync(path, { force: true });
}

function parseIdentity(text: string | undefined): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(text ?? '') as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    // Whatever isn't an identity names nobody: a file from a crash in the middle of writing, or a person's own.
    return undefined;
  }
}
