import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { commandEnvironment } from '../../../cli/environment.ts';
import { readSettings } from '../../../runtime/config.ts';
import { readHomeEnv, readStack } from '../../../stack/home.ts';
import { isAlive, pause, signal } from '../../../stack/process.ts';
import { readRoster } from '../../../stack/roster.ts';
import { bareEnvironment, identified, processesOf, stackOf, throwawayHomes, until } from './homes.ts';

const homes = throwawayHomes();
const own = ['postgres'] as const;
afterEach(() => homes.clear());

async function queried(url: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

describe('two homes side by side', () => {
  test('share nothing, and the end of one is nothing to the other', async () => {
    const [one, other] = await Promise.all([homes.servers(homes.aHome()), homes.servers(homes.aHome())]);

    const addresses = [one, other].flatMap(({ stack }) => [
      stack.database_url.split('@')[1],
      stack.redis_url.split('@')[1],
      stack.temporal_address,
      stack.temporal_ui,
    ]);
    expect(new Set(addresses).size).toBe(8);

    const survivors = processesOf(other.stack);
    const ending = processesOf(one.stack);
    await one.stop();
    expect(ending.map(isAlive)).toEqual([false, false, false]);
    expect(survivors.map(isAlive)).toEqual([true, true, true]);
    expect(await queried(other.stack.database_url, 'select 1')).toEqual([[1]]);
  });

  test('can not both have one folder: the second start is refused and touches nothing', async () => {
    const home = homes.aHome();
    const first = await homes.servers(home, { own });
    const before = processesOf(first.stack);

    await expect(homes.servers(home, { own })).rejects.toThrow(/already runs .*bin\/down/);
    expect(before.map(isAlive)).toEqual([true]);
    expect(readStack(home)).toEqual(first.stack);
  });
});

describe("a home's servers", () => {
  test('keep data, password and ports from one start to the next', async () => {
    const home = homes.aHome();
    const both = { own: ['postgres', 'redis'] } as const;
    const first = await homes.servers(home, both);
    await queried(first.stack.database_url, 'create table kept as select 42 as answer');
    const redis = new Redis(first.stack.redis_url);
    await redis.set('kept', '42');
    redis.disconnect();
    await first.stop();
    expect(readStack(home)).toBeUndefined();

    const second = await homes.servers(home, both);
    expect({ ...second.stack, pids: null }).toEqual({ ...first.stack, pids: null });
    expect(await queried(second.stack.database_url, 'select answer from kept')).toEqual([[42]]);
    const again = new Redis(second.stack.redis_url);
    expect(await again.get('kept')).toBe('42');
    again.disconnect();
  });

  test.runIf(process.getuid?.() === 0)(
    'go on as the user who owns the data, not as who would be chosen today',
    async () => {
      const home = homes.aHome();
      const nobody = { uid: 65_534, gid: 65_534 };
      const first = await homes.servers(home, { own });
      await first.stop();
      execFileSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, join(home, 'postgres')]);
      const second = await homes.servers(home, { own });
      expect(statSync(`/proc/${second.stack.pids.postgres}`)).toMatchObject(nobody);
    },
  );

  test('let nobody in without the password, and lose nothing that they confirmed', async () => {
    const { stack } = await homes.servers(homes.aHome(), { own: ['postgres', 'redis'] });

    await expect(queried(stack.database_url.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/);
    const stranger = new Redis(stack.redis_url.replace(/:[0-9a-f]+@/, ''), { maxRetriesPerRequest: 0 });
    stranger.on('error', () => undefined); // The refusal below is what counts.
    await expect(stranger.get('x')).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();

    const redis = new Redis(stack.redis_url);
    const settings = await redis.config('GET', 'append*', 'maxmemory-policy', 'bind');
    redis.disconnect();
    expect(settings).toEqual(
      expect.arrayContaining(['appendfsync', 'always', 'appendonly', 'yes', 'noeviction', '127.0.0.1']),
    );
    const [encoding] = await queried(stack.database_url, 'show server_encoding');
    expect(encoding).toEqual(['UTF8']);
  });

  test('flush to disk unless the home is one that is thrown away', async () => {
    const durable = await homes.servers(homes.aHome(), { own, fast: false });
    expect(await queried(durable.stack.database_url, 'show fsync')).toEqual([['on']]);
    const thrownAway = await homes.servers(homes.aHome(), { own, fast: true });
    expect(await queried(thrownAway.stack.database_url, 'show fsync')).toEqual([['off']]);
  });

  test('keep secrets readable by their owner alone', async () => {
    const home = homes.aHome();
    await homes.servers(home, { own: ['postgres', 'redis'] });
    for (const file of ['env', 'secrets', 'stack.json', 'redis/redis.conf', 'logs/tools.log']) {
      expect([file, statSync(join(home, file)).mode & 0o077]).toEqual([file, 0]);
    }
    const secret = /POSTGRES_PASSWORD=(\w+)/.exec(readFileSync(join(home, 'secrets'), 'utf8'))?.[1] as string;
    for (const name of ['postgres', 'redis', 'tools']) {
      expect(readFileSync(join(home, 'logs', `${name}.log`), 'utf8')).not.toContain(secret);
    }
  });

  test('are started again when one dies, and stack.json names the new process', async () => {
    const home = homes.aHome();
    const said: string[] = [];
    const { stack } = await homes.servers(home, { own: ['redis'], say: (line) => said.push(line) });
    const victim = identified(stack.pids.redis as number);

    signal(victim, 'SIGKILL');
    const reborn = await until('another Redis', () => {
      const pid = readStack(home)?.pids.redis;
      return pid && pid !== victim.pid ? pid : undefined;
    });
    await until('ready again', () => said.some((line) => line === `Redis is ready again (process ${reborn}).`));
    expect(said).toContainEqual(expect.stringMatching(/^Redis \(process \d+\) ended by SIGKILL; .*redis\.log$/));
    expect(stackOf(home)).toEqual({ ...stack, pids: { ...stack.pids, redis: reborn } });
  });
});

describe('a home below a folder that only its owner may enter', () => {
  test('has its Postgres all the same', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'plimsoll-closed-'));
    try {
      chmodSync(closed, 0o700);
      const said: string[] = [];
      const home = homes.aHome(closed);
      const running = await homes.servers(home, { own, say: (line) => said.push(line) });
      expect(await queried(running.stack.database_url, 'select 1')).toEqual([[1]]);
      const isRoot = process.getuid?.() === 0;
      expect(said.filter((line) => line.includes('/var/lib/plimsoll'))).toHaveLength(isRoot ? 1 : 0);

      // Who deletes a home has deleted it, and one that is made in its place starts from nothing.
      await queried(running.stack.database_url, 'create table earlier ()');
      await running.stop();
      const elsewhere = isRoot ? dirname(readlinkSync(join(home, 'postgres'))) : home;
      rmSync(home, { recursive: true });
      const anew = await homes.servers(home, { own });
      expect(await queried(anew.stack.database_url, "select to_regclass('earlier')")).toEqual([[null]]);
      if (isRoot) rmSync(elsewhere, { recursive: true });
      await homes.clear();
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  });
});

describe('a port that the environment asks for', () => {
  test('is replaced by a free one when it is taken, and that is said in one line', async () => {
    const { openPorts } = await import('../../../stack/ports.ts');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const said: string[] = [];
    const home = homes.aHome();
    const ports = openPorts({ home, env: bareEnvironment(), say: (line) => said.push(line), anywhere: false });
    try {
      const chosen = await ports.choose('api', { wanted: port });
      expect(chosen).not.toBe(port);
      expect(said).toEqual([`The API listens on ${chosen}, because ${port} is taken.`]);
      // A second home must not get it either, although nobody listens there yet.
      const rival = openPorts({ home: homes.aHome(), env: bareEnvironment(), say: () => undefined, anywhere: false });
      expect(await rival.choose('api', { wanted: chosen })).not.toBe(chosen);
      rival.release();
    } finally {
      ports.release();
      taken.close();
    }
  });
});

describe('a start that fails', () => {
  test('on a server that the environment names leaves no process behind', async () => {
    const home = homes.aHome();
    // Port 1 on loopback: nothing listens there.
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
    await expect(homes.servers(home, { env })).rejects.toThrow(/TEMPORAL_ADDRESS .*(start it|unset)/);
    expect(readRoster(home)).toEqual([]);
    expect(readStack(home)).toBeUndefined();
    expect(statSync(join(home, 'postgres', 'postmaster.pid'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('on data of another Postgres says which one it needs', async () => {
    const home = homes.aHome();
    const running = await homes.servers(home, { own });
    await running.stop();
    writeFileSync(join(home, 'postgres', 'PG_VERSION'), '12\n');
    await expect(homes.servers(home, { own })).rejects.toThrow(
      /made by Postgres 12, and installed is \d+.*install Postgres 12/,
    );
    expect(readRoster(home)).toEqual([]);
  });

  test('for settings that are wrong names all of them, before anything is started', async () => {
    const home = homes.aHome();
    const env = { PLIMSOLL_PORT: 'many', PLIMSOLL_LOG_LEVEL: 'loud', REDIS_URL: 'http://x' };
    await expect(homes.servers(home, { env })).rejects.toThrow(/REDIS_URL[^]*PLIMSOLL_PORT[^]*PLIMSOLL_LOG_LEVEL/);
    expect(statSync(join(home, 'postgres'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('because a setting is given twice, by itself and by a file, says so', async () => {
    const env = { PLIMSOLL_LOG_LEVEL: 'info', PLIMSOLL_LOG_LEVEL_FILE: '/nowhere' };
    await expect(homes.servers(homes.aHome(), { env })).rejects.toThrow(/PLIMSOLL_LOG_LEVEL: is set twice/);
  });

  test('because it was told to stop leaves no process behind', async () => {
    const home = homes.aHome();
    const abort = new AbortController();
    const starting = homes.servers(home, { own, abort: abort.signal });
    await Promise.all([
      expect(starting).rejects.toThrow(/^Stopped/),
      until('a server that starts', () => readRoster(home).length > 0).then(() => abort.abort()),
    ]);
    expect(readRoster(home)).toEqual([]);
  });
});

describe('what an earlier start has left', () => {
  test('is only taken for its own when it is the very same process', async () => {
    const home = homes.aHome();
    const bystander = homes.aBystander();
    // A process id that was given to somebody else since: same id, other start.
    const reused = [{ kind: 'redis', pid: bystander.identity.pid, started: 'in another life' }];
    writeFileSync(join(home, 'processes.json'), JSON.stringify(reused));
    writeFileSync(join(home, 'up.lock'), JSON.stringify({ pid: bystander.identity.pid, started: 'in another life' }));
    writeFileSync(join(home, 'stack.json'), JSON.stringify({ api: 'http://127.0.0.1:1', pids: {} }));

    const running = await homes.servers(home, { own: ['redis'] });
    expect(stackOf(home)).toEqual(running.stack);
    await running.stop();
    await pause(50);
    expect(isAlive(bystander.identity)).toBe(true);
  });

  test("does not stop Postgres from starting, even where its pid file names another's process", async () => {
    const home = homes.aHome();
    const first = await homes.servers(home, { own });
    await first.stop();
    // Of Postgres' own user: only such a process does it mistake for another server.
    const { uid, gid } = statSync(join(home, 'postgres'));
    const bystander = homes.aBystander(process.getuid?.() === 0 ? { uid, gid } : undefined);
    writeFileSync(
      join(home, 'postgres', 'postmaster.pid'),
      `${bystander.identity.pid}\n${join(home, 'postgres')}\n1\n`,
    );

    const second = await homes.servers(home, { own });
    expect(await queried(second.stack.database_url, 'select 1')).toEqual([[1]]);
    expect(isAlive(bystander.identity)).toBe(true);
  });
});

describe('settings in files that the environment names', () => {
  test('come before what the home makes itself, and everybody gets their values', async () => {
    const home = homes.aHome();
    const key = `mine:${randomBytes(32).toString('base64')}`;
    const files = { PLIMSOLL_SECRET_KEYS: key, PLIMSOLL_LOG_LEVEL: 'warn' };
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(files)) {
      env[`${name}_FILE`] = join(home, name);
      writeFileSync(join(home, name), `${value}\n`);
    }
    const { env: given } = await homes.servers(home, { own: [], env });
    expect(given).toMatchObject(files);
    expect(readHomeEnv(home)).toEqual(given);

    // The same files, named to a command, are no second opinion beside what the home remembers of them.
    const settings = commandEnvironment({ PLIMSOLL_HOME: home, ...env });
    expect(readSettings(['secretKeys', 'logLevel'], settings)).toEqual({ secretKeys: [key], logLevel: 'warn' });
  });
});

describe('servers that the environment names', () => {
  test('are used, and stay when the home ends', async () => {
    const theirs = await homes.servers(homes.aHome());
    const env = {
      DATABASE_URL: theirs.stack.database_url,
      REDIS_URL: theirs.stack.redis_url,
      TEMPORAL_ADDRESS: theirs.stack.temporal_address,
      TEMPORAL_UI_URL: theirs.stack.temporal_ui,
    };
    const ours = await homes.servers(homes.aHome(), { env });
    expect(ours.stack).toEqual({
      ...theirs.stack,
      pids: { api: [], worker: [], postgres: null, redis: null, temporal: null },
    });
    const servers = processesOf(theirs.stack);
    await ours.stop();
    expect(servers.map(isAlive)).toEqual([true, true, true]);
  });
});
