import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const NOTES = 'plans/examples/notes.yaml';

/** As a process that knows of no platform: nothing is configured, and no home is there. */
async function plans(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], PLIMSOLL_HOME: '/nowhere' };
  const child = spawn(process.execPath, ['cli/main.ts', 'plans', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, ...said };
}

describe('plimsoll plans, where nothing runs and nothing is configured,', () => {
  test('answers a question', async () => {
    const { code, stdout, stderr } = await plans('explain', NOTES, '--json', '--question', 'use export');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ allowed: false, required_plan: 'pro' });
  });

  test('says what is wrong with one, and ends with 64', async () => {
    const { code, stdout, stderr } = await plans('explain', NOTES, '--question', 'use exports');
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toBe('--question /feature: found "exports"; it takes the name of a feature; did you mean export?\n');
  });

  test('ends with 78 for a file that is no catalogue, and with 1 where that was the question', async () => {
    const told = await Promise.all([plans('show', 'package.json'), plans('check', 'package.json')]);
    expect(told.map(({ code }) => code)).toEqual([78, 1]);
    for (const { stdout, stderr } of told) expect(stdout + stderr).toMatch(/^package.json:\d+:\d+ \/\S* ?found /m);
  });
});
