import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sentenceFor } from './fault.ts';
import { resolveHome } from './home.ts';
import { lockHolder, takeLock } from './lock.ts';
import { gone, signal } from './process.ts';
import { stopLeftovers } from './roster.ts';
import { seconds } from './run.ts';
import { supervisorLock } from './up.ts';

const USAGE = `Usage: bin/down

Stops what bin/up runs in PLIMSOLL_HOME (.plimsoll in the checkout otherwise). The data stays.
`;
const EXIT_USAGE = 64;
/** The application's grace, then each server's, with something to spare. */
const STOPS_WITHIN_MS = 120_000;

try {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } }, strict: true });
  if (values.help) process.stdout.write(USAGE);
  else process.exitCode = await down(resolveHome());
} catch (error) {
  const isUsage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    isUsage ? `${(error as Error).message.split('. ')[0]}. See bin/down --help.\n` : `${sentenceFor(error)}\n`,
  );
  process.exitCode = isUsage ? EXIT_USAGE : 1;
}

/** Ends a home's supervisor, which stops the rest; where it is dead, stops what it left. */
async function down(home: string): Promise<number> {
  const began = Date.now();
  const lockFile = supervisorLock(home);
  const holder = existsSync(home) ? lockHolder(lockFile) : undefined;
  if (holder) {
    signal(holder, 'SIGTERM');
    if (!(await gone(holder, STOPS_WITHIN_MS))) {
      process.stderr.write(`Process ${holder.pid} did not end within ${seconds(STOPS_WITHIN_MS)}; killing it.\n`);
      signal(holder, 'SIGKILL');
      await gone(holder, 5_000);
    }
    // It may have been killed on its way.
    if (existsSync(home)) await clearUp(home);
    process.stdout.write(`Stopped in ${seconds(Date.now() - began)}.\n`);
    return 0;
  }
  const left = existsSync(home) ? await clearUp(home) : 0;
  process.stdout.write(
    left > 0
      ? `Its supervisor was gone; stopped the ${left} processes that it had left, in ${seconds(Date.now() - began)}.\n`
      : `Nothing is running in ${home}.\n`,
  );
  return 0;
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
