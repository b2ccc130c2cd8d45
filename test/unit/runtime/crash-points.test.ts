import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('../../../runtime/crash-points.ts', import.meta.url));

/** Runs a process that passes `a`, `b`, `b` and says where it is. */
async function pass(env: Record<string, string>): Promise<{ signal: string | null; said: string }> {
  const script = `const { crashPoint } = await import(${JSON.stringify(MODULE)});
    for (const name of ['a', 'b', 'b']) { process.stdout.write(name); crashPoint(name); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => void (said += String(chunk)));
  await once(child, 'close');
  return { signal: child.signalCode, said };
}

describe('a crash point', () => {
  test('does nothing where no test has armed it', async () => {
    expect(await pass({})).toEqual({ signal: null, said: 'abb' });
  });

  test('ends the process by SIGKILL where one has, at the passing it names', async () => {
    expect(await pass({ PLIMSOLL_CRASH_AT: 'a' })).toEqual({ signal: 'SIGKILL', said: 'a' });
    expect(await pass({ PLIMSOLL_CRASH_AT: 'b:2' })).toEqual({ signal: 'SIGKILL', said: 'abb' });
    expect(await pass({ PLIMSOLL_CRASH_AT: 'b:3' })).toEqual({ signal: null, said: 'abb' });
  });

  test('does nothing in production, whatever the environment says', async () => {
    expect(await pass({ PLIMSOLL_CRASH_AT: 'a', NODE_ENV: 'production' })).toEqual({ signal: null, said: 'abb' });
  });
});
