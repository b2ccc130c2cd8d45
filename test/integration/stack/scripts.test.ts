import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CHECKOUT, readHomeEnv, readStack, type Stack } from '../../../stack/home.ts';
import { isAlive, signal } from '../../../stack/process.ts';
import { bareEnvironment, command, identified, processesOf, stackOf, throwawayHomes, until } from './homes.ts';

const homes = throwawayHomes();
afterAll(() => homes.clear());

/** Pastes the curl line that `bin/up` printed into a shell. */
async function pasted(output: string): Promise<{ valid?: boolean; status?: string }> {
  const line = /^ +(curl .*)$/m.exec(output)?.[1];
  if (!line) throw new Error(`no curl line in:\n${output}`);
  const shell = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answer = '';
  shell.stdout.on('data', (text: Buffer) => (answer += text.toString()));
  await new Promise((resolve) => shell.once('close', resolve));
  return JSON.parse(answer) as { valid?: boolean };
}

function supervisorOf(home: string) {
  return identified((JSON.parse(readFileSync(join(home, 'up.lock'), 'utf8')) as { pid: number }).pid);
}

function upLog(home: string): string {
  return readFileSync(join(home, 'logs', 'up.log'), 'utf8');
}

// One home, from its first start until it is deleted: each test goes on from where the one before it ended.
describe('a home', { timeout: 60_000 }, () => {
  const home = homes.aHome();
  const env = { PLIMSOLL_HOME: home, PLIMSOLL_API_PROCESSES: '2' };
  let first: Stack;

  test('started by bin/up --detach is ready when that returns, with a curl line that works when pasted', async () => {
    const { code, output } = await command('bin/up', ['--detach'], env);
    expect([code, output]).toEqual([0, expect.stringContaining('Ready after')]);
    expect(await pasted(output)).toMatchObject({ valid: true, status: 'active' });

    first = stackOf(home);
    expect(Object.keys(first)).toEqual(
      'api api_nodes temporal_ui temporal_address database_url redis_url pids demo'.split(' '),
    );
    const made = 'owner_email owner_password access_token organization_id product_id product_key license_key';
    expect(Object.keys(first.demo ?? {})).toEqual(made.split(' '));
    expect(first.api_nodes.map(({ pid }) => pid)).toEqual(first.pids.api);
    expect(processesOf(first)).toHaveLength(2 + 1 + 3);
    for (const { url } of first.api_nodes) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(readHomeEnv(home)).toMatchObject({ DATABASE_URL: first.database_url, REDIS_URL: first.redis_url });
  });

  test('has no key and no password in any log', () => {
    const { product_key, license_key, owner_password, access_token } = first.demo!;
    const ofTheHome = Object.values(readHomeEnv(home)).filter((value) =>
      /^(postgres:|redis:|\w+:[\w+/]{40,}=*$)/.test(value),
    );
    const secrets = [product_key, license_key, owner_password, access_token, ...ofTheHome];
    expect(secrets).toHaveLength(8);
    for (const log of ['up', 'tools', 'cli', 'postgres', 'redis', 'temporal', 'api-1', 'api-2', 'worker']) {
      const text = readFileSync(join(home, 'logs', `${log}.log`), 'utf8');
      for (const secret of secrets) expect([log, text.includes(secret)]).toEqual([log, false]);
    }
  });

  test('that runs prints its addresses again when it is started again, and starts nothing', async () => {
    const { code, output } = await command('bin/up', ['--detach'], env);
    expect(code).toBe(0);
    expect(output).toContain(first.api);
    expect(await pasted(output)).toMatchObject({ valid: true });
    expect(stackOf(home)).toEqual(first);
  });

  test('that runs starts an API process that died again, and stack.json names the new one', async () => {
    const [victim, sibling] = first.api_nodes.map(({ pid }) => identified(pid));
    if (!victim || !sibling) throw new Error('two were asked for');
    signal(victim, 'SIGKILL');
    const node = await until('another API process at that address', () =>
      readStack(home)?.api_nodes.find(({ pid, url }) => pid !== victim.pid && url === first.api_nodes[0]?.url),
    );
    await until('that it is ready again', () =>
      upLog(home).includes(`API process 1 is ready again (process ${node.pid})`),
    );
    expect(upLog(home)).toContain(`API process 1 (process ${victim.pid}) ended by SIGKILL`);
    expect(isAlive(sibling)).toBe(true);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(200);
  });

  test('whose supervisor was killed stops what that left and starts anew, with the same demo', async () => {
    const left = processesOf(stackOf(home));
    signal(supervisorOf(home), 'SIGKILL');

    const { code, output } = await command('bin/up', ['--detach'], env);
    expect([code, output]).toEqual([0, expect.stringContaining('Stopped 6 processes of this home')]);
    expect(left.filter(isAlive)).toEqual([]);
    expect(stackOf(home).demo).toEqual(first.demo);
    expect(stackOf(home).api).toBe(first.api);
    expect(await pasted(output)).toMatchObject({ valid: true });
  });

  test('ends by bin/down, which may be asked again', async () => {
    const all = [supervisorOf(home), ...processesOf(stackOf(home))];
    const down = await command('bin/down', [], env);
    expect([down.code, down.output]).toEqual([0, expect.stringMatching(/^Stopped in/)]);
    expect(all.filter(isAlive)).toEqual([]);
    expect(readStack(home)).toBeUndefined();

    const again = await command('bin/down', [], env);
    expect(again).toEqual({ code: 0, output: `Nothing is running in ${home}.\n` });
  });

  test('that has lost its demo.json shows keys of the same demo that work', async () => {
    rmSync(join(home, 'demo.json'));
    const { code, output } = await command('bin/up', ['--detach'], env);
    expect([code, output]).toEqual([0, expect.stringContaining('The demo organisation is there')]);
    expect(stackOf(home).demo?.product_id).toBe(first.demo?.product_id);
    expect(await pasted(output)).toMatchObject({ valid: true });
  });

  test('whose supervisor was killed is stopped by bin/down', async () => {
    const left = processesOf(stackOf(home));
    signal(supervisorOf(home), 'SIGKILL');
    const down = await command('bin/down', [], env);
    expect(down).toEqual({ code: 0, output: expect.stringMatching(/supervisor was gone; stopped the 6 processes/) });
    expect(left.filter(isAlive)).toEqual([]);
  });

  test('started in the foreground stops all it started on Ctrl-C, the application before its servers, and nothing else', async () => {
    const bystander = homes.aBystander();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    // A process group of its own, as a shell gives it: Ctrl-C goes to the whole group.
    const child = spawn(join(CHECKOUT, 'bin/up'), ['--empty'], {
      env: bareEnvironment({ PLIMSOLL_HOME: home, PLIMSOLL_PORT: String(port) }),
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await Promise.race([until('readiness', () => output.includes('Ctrl-C stops it')), ended]);
    taken.close();

    const stack = stackOf(home);
    expect(stack.demo).toBeUndefined();
    expect(output).toContain(`because ${port} is taken`);
    const all = processesOf(stack);
    // Whoever is in the group gets the signal at the same moment as the supervisor, and no order would hold.
    const groups = all.map(({ pid }) =>
      Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' })),
    );
    expect(groups).not.toContain(child.pid);
    process.kill(-(child.pid as number), 'SIGINT');
    expect(await ended).toBe(0);
    expect(output).toMatch(/Stopping[^]*Stopped in/);
    expect(all.filter(isAlive)).toEqual([]);
    expect(readStack(home)).toBeUndefined();
    expect(isAlive(bystander.identity)).toBe(true);
    // It could still use its servers while it ended: nothing in its log speaks of a lost one.
    expect(readFileSync(join(home, 'logs', 'api.log'), 'utf8')).not.toContain('ECONNREFUSED');
  });

  test('that is deleted while it runs is stopped, for nobody could find its processes any more', async () => {
    const { code, output } = await command('bin/up', ['--detach', '--empty'], { PLIMSOLL_HOME: home });
    expect([code, output]).toEqual([0, expect.stringContaining('Ready after')]);
    const all = [supervisorOf(home), ...processesOf(stackOf(home))];
    rmSync(home, { recursive: true });
    await until('that all have ended', () => all.every((each) => !isAlive(each)));
    rmSync(home, { recursive: true, force: true });
  });
});

describe('a script that can not go on', () => {
  test('says what is wrong with its arguments', async () => {
    for (const script of ['bin/up', 'bin/down']) {
      const { code, output } = await command(script, ['--wat'], { PLIMSOLL_HOME: homes.aHome() });
      expect([code, output]).toEqual([64, `Unknown option '--wat'. See ${script} --help.\n`]);
    }
  });

  test('ends with a sentence and a code when the start fails, and keeps the details for the log', async () => {
    const home = homes.aHome();
    const env = { PLIMSOLL_HOME: home, DATABASE_URL: 'postgres://x@127.0.0.1:1/x' };
    for (const args of [[], ['--detach']]) {
      const { code, output } = await command('bin/up', args, env);
      expect(code).toBe(1);
      expect(output.trim().split('\n').at(-1)).toMatch(
        /^The Postgres that DATABASE_URL names does not answer .*unset DATABASE_URL\.$/,
      );
      expect(output).not.toMatch(/^\s+at /m);
      expect(readFileSync(join(home, 'logs', 'up.log'), 'utf8')).toMatch(/^\s+at /m);
    }
  });

  test.each([
    [
      'an old Node',
      { node: '#!/bin/sh\ncase $1 in -p) echo 18 ;; *) echo v18.20.0 ;; esac\n' },
      'Node v18.20.0 is too old: install Node 20',
    ],
    ['no Node', {}, 'Node is not installed: install Node 20'],
  ])('asks for a newer one on a machine with %s', async (_what, tools, sentence) => {
    const folder = join(homes.aHome(), 'bin');
    mkdirSync(folder);
    for (const tool of ['dirname', 'cat', 'cksum']) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
    for (const [name, text] of Object.entries(tools)) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    const { code, output } = await command('bin/up', [], { PATH: folder });
    expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  test('needs no Bash', () => {
    for (const name of ['up', 'down', 'plimsoll']) {
      expect(readFileSync(join(CHECKOUT, 'bin', name), 'utf8')).toMatch(/^#!\/bin\/sh\n/);
      expect(statSync(join(CHECKOUT, 'bin', name)).mode & 0o111).toBe(0o111);
    }
  });
});
