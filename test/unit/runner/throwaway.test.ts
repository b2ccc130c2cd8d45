import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ROOT } from '../../runner/process.ts';

// The runner's own promises about the stack that it starts. The stack here is a script that notes what is asked of it: what
// bin/up does is proved by the integration tests, which this runner runs on the real one.

const planted: string[] = [];

afterEach(() => {
  for (const root of planted.splice(0)) rmSync(root, { recursive: true });
});

/** A checkout with this runner, a stack that does `up`, and one integration test. */
function aCheckout({ up, body = 'expect(1).toBe(1);' }: { up: string; body?: string }): string {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-runner-'));
  planted.push(root);
  cpSync(join(ROOT, 'test', 'runner'), join(root, 'test', 'runner'), { recursive: true });
  const rooms = ['api', 'counters', 'domain', 'runtime', 'stack', 'store', 'temporal', 'workflows', 'plans'];
  for (const name of [...rooms, 'node_modules', 'package.json', 'vitest.config.ts']) {
    symlinkSync(join(ROOT, name), join(root, name));
  }
  mkdirSync(join(root, 'bin'));
  const script = (name: string, text: string): void => {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  };
  script('up', `echo "$PLIMSOLL_HOME" > ${root}/home; mkdir -p "$PLIMSOLL_HOME/logs"; ${up}`);
  script('down', `echo "$PLIMSOLL_HOME" >> ${root}/down`);
  mkdirSync(join(root, 'test', 'integration'));
  writeFileSync(
    join(root, 'test', 'integration', 'a.test.ts'),
    `import { expect, test } from 'vitest';\ntest('a test', (context) => { ${body} });\n`,
  );
  return root;
}

interface Run {
  code: number | null;
  stdout: string;
  home: string;
  /** The homes that `bin/down` was called for. */
  down: string[];
}

async function run(root: string, { interrupt = false } = {}): Promise<Run> {
  const env: NodeJS.ProcessEnv = { ...process.env, PLIMSOLL_TEST_HOME: '', PLIMSOLL_TEST_KEEP: '', VITEST: '' };
  const child = spawn(process.execPath, [join(root, 'test', 'runner', 'main.ts'), 'integration'], { env });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = once(child, 'exit');
  if (interrupt) {
    await vi.waitUntil(() => existsSync(join(root, 'home')), { timeout: 10_000 });
    child.kill('SIGINT');
  }
  const [code] = (await ended) as [number | null];
  const lines = (name: string): string[] => readFileSync(join(root, name), 'utf8').trim().split('\n');
  return { code, stdout, home: lines('home')[0]!, down: lines('down') };
}

const lastLine = ({ stdout }: Run): string => stdout.trimEnd().split('\n').at(-1)!;

describe('a run of the suite', { timeout: 60_000 }, () => {
  test('gives its tests a home of its own, stops the stack once and removes the home', async () => {
    const body = 'expect(process.env.PLIMSOLL_TEST_HOME).toMatch(/plimsoll-test-/);';
    const done = await run(aCheckout({ up: 'exit 0', body }));
    expect([done.code, lastLine(done)]).toEqual([0, '1 passed, 0 failed']);
    expect(done.down).toEqual([done.home]);
    expect(existsSync(done.home)).toBe(false);
  });

  test('has failed when a test did, shows the ends of the logs, and cleans up', async () => {
    const up = 'echo "the worker fell over" > "$PLIMSOLL_HOME/logs/worker.log"';
    const done = await run(aCheckout({ up, body: 'expect(1).toBe(2);' }));
    expect([done.code, lastLine(done)]).toEqual([1, '0 passed, 1 failed']);
    expect(done.stdout).toContain('the worker fell over');
    expect([done.down, existsSync(done.home)]).toEqual([[done.home], false]);
  });

  test('names what was skipped, with its reason', async () => {
    const done = await run(aCheckout({ up: 'exit 0', body: "context.skip('no Python here');" }));
    expect(done.stdout).toMatch(
      /SKIPPED, so not proved by this run:\n {2}test\/integration\/a.test.ts: a test: no Python here\n/,
    );
    expect(lastLine(done)).toBe('0 passed, 1 failed, 1 skipped');
    expect(done.code).toBe(1);
  });

  test('has failed when the stack does not start, says why, and cleans up', async () => {
    const up = 'echo "no space left" > "$PLIMSOLL_HOME/logs/postgres.log"; echo "Postgres did not start." >&2; exit 1';
    const done = await run(aCheckout({ up }));
    expect([done.code, lastLine(done)]).toEqual([1, '0 passed, 1 failed']);
    expect(done.stdout).toContain('Postgres did not start.');
    expect(done.stdout).toContain('no space left');
    expect([done.down, existsSync(done.home)]).toEqual([[done.home], false]);
  });

  test('stops the stack and removes the home when it is interrupted', async () => {
    const done = await run(aCheckout({ up: 'sleep 60' }), { interrupt: true });
    expect(done.code).toBe(130);
    expect(done.stdout).toContain('Interrupted: the counts below are incomplete.');
    expect([done.down, existsSync(done.home)]).toEqual([[done.home], false]);
  });
});
