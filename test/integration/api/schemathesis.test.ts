import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aToken } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { installPythonPackage, type PythonPackage } from '../public-api/python/client.ts';
import { aWorld } from './world.ts';

/** The document as others read it: a fuzzer that knows nothing of us holds the API against it. */

const run = promisify(execFile);
const PACKAGE = { name: 'schemathesis==4.32.5', called: 'The document' };
const CASES_A_ROUTE = 60;

// Whether valid input is accepted depends on what there is: an id that fits its form mostly belongs to nothing. Whether an id that a
// DELETE has answered for is gone is asked with ids that others delete meanwhile.
const NOT_OURS = 'positive_data_acceptance,use_after_free,ensure_resource_availability';

const isDeep = process.env['PLIMSOLL_DEEP'] === '1';

let platform: TestPlatform;
let fuzzer: PythonPackage;
let folder: string;

beforeAll(async () => {
  if (!isDeep) return;
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-fuzzer-'));
  [fuzzer, platform] = await Promise.all([
    installPythonPackage(PACKAGE),
    startPlatform({ callsAMinute: 1_000_000, trustedProxies: ['127.0.0.1'] }),
  ]);
}, 180_000);
afterAll(async () => {
  await fuzzer?.remove();
  await platform?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('the API answers as its document says, whatever it is asked', async (context) => {
  if (!isDeep) context.skip('Only in bin/test deep: it takes minutes, and a package from the index.');
  if (fuzzer.reason !== undefined) context.skip(fuzzer.reason);
  const { ids, owner } = await aWorld(platform);
  await platform.db('users').where({ id: owner.id }).update({ is_staff: true });
  const { apiKey } = await platform.aProduct();
  const [[name, cookie]] = [...owner.browser.cookies] as [[string, string]];
  expect(name).toBe('plimsoll.session_token');
  const config = join(folder, 'schemathesis.toml');
  const lines = [
    '[parameters]',
    ...Object.entries(ids).map(([each, id]) => `"path.${each}" = "${id}"`),
    `[auth.openapi.session]\napi_key = "${cookie}"`,
    `[auth.openapi.token]\nbearer = "${await aToken(platform.db, { user_id: owner.id })}"`,
    `[auth.openapi.product_key]\nbearer = "${apiKey}"`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const command = [
    '-m',
    'schemathesis.cli',
    `--config-file=${config}`,
    'run',
    `${platform.url}/v1/openapi.json`,
    `--header=Origin: ${platform.url}`,
    '--checks=all',
    `--exclude-checks=${NOT_OURS}`,
    '--phases=examples,coverage,fuzzing',
    `--max-examples=${CASES_A_ROUTE}`,
    '--continue-on-failure',
    '--seed=1',
    '--no-color',
  ];
  const { code, output } = await run(fuzzer.python!, command, { cwd: folder, maxBuffer: 64 * 1_048_576 }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
  expect(output.slice(-20_000)).toMatch(/[1-9]\d* generated/);
  expect(code, output.slice(-20_000)).toBe(0);
}, 1_200_000);
