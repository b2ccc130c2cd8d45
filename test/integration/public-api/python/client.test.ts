import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { aPython, installInto, installPythonClient } from './client.ts';

/** When the client's tests may be skipped, and when a failed installation is a failure. */

/** An index that nobody serves: nothing listens on this port. */
const OUT_OF_REACH = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_CONFIG_FILE: '/dev/null' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-no-python-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the Python client', () => {
  test('is skipped where there is no Python, in CI too', async () => {
    const { reason } = await installPythonClient({ PATH: folder, CI: 'true' });
    expect(reason).toMatch(/there is no Python 3\.10/);
  });

  test('whose package index is out of reach is skipped, but fails in CI', { timeout: 120_000 }, async (context) => {
    const env = { ...process.env, ...OUT_OF_REACH };
    const made = await aPython(env);
    onTestFinished(() => made.remove());
    if (made.python === undefined) context.skip(made.reason);
    const python = made.python!;
    expect(await installInto(python, { ...env, CI: '' })).toMatch(/package index can't be reached/);
    await expect(installInto(python, { ...env, CI: 'true' })).rejects.toThrow(/could not be installed/);
  });

  test('that can not be installed for another reason fails everywhere', async () => {
    const python = join(folder, 'python3');
    // New enough, but without environments.
    await writeFile(python, '#!/bin/sh\ncase "$1" in -c) exit 0 ;; esac\necho "No module named venv" >&2\nexit 1\n');
    await chmod(python, 0o755);
    const env = { PATH: [folder, process.env['PATH']].join(delimiter), CI: '' };
    await expect(installPythonClient(env)).rejects.toThrow(/No module named venv/);
  });
});
