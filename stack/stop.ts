import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, takeLock } from './lock.ts';
import { gone, signal } from './process.ts';
import { stopLeftovers } from './roster.ts';
import { supervisorLock } from './up.ts';

/** The application's grace, then each server's, with something to spare. */
const ENDS_WITHIN_MS = 120_000;

/**
 * Stops whatever runs in a home, by whomever it was started: asks its supervisor, which stops the rest; kills it when it
 * doesn't end; and stops what a dead one has left. Says what became of the supervisor, and how many processes were left.
 * A home that doesn't exist, or where nothing runs, is no fault.
 */
export async function stopHome(
  home: string,
): Promise<{ supervisor: 'ended' | 'killed' | 'absent'; leftovers: number }> {
  if (!existsSync(home)) return { supervisor: 'absent', leftovers: 0 };
  const holder = lockHolder(supervisorLock(home));
  let supervisor: 'ended' | 'killed' | 'absent' = 'absent';
  if (holder) {
    supervisor = 'ended';
    signal(holder, 'SIGTERM');
    if (!(await gone(holder, ENDS_WITHIN_MS))) {
      supervisor = 'killed';
      signal(holder, 'SIGKILL');
      await gone(holder, 5_000);
    }
  }
  return { supervisor, leftovers: existsSync(home) ? await clearUp(home) : 0 };
}

/** Stops what is left of a home that nobody supervises, and says how many processes that was. */
async function clearUp(home: string): Promise<number> {
  const lock = takeLock(supervisorLock(home));
  // A new start has taken over: what runs now is its own.
  if (!('release' in lock)) return 0;
  try {
    rmSync(join(home, 'stack.json'), { force: true });
    return await stopLeftovers(home);
  } finally {
    lock.release();
  }
}
