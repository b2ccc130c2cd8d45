import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { dockerProgram } from './docker.ts';
import { StackFault } from './fault.ts';
import { readText, writePrivate } from './home.ts';
import { getPackage, hasDocker, systemName } from './packages.ts';
import { dataFolder, type User, unprivilegedUser } from './postgres-user.ts';
import { gone, identify, signal } from './process.ts';
import { answerOf, CommandFailed, findExecutables, run, type Setting, seconds } from './run.ts';
import type { Program } from './service.ts';

const AT_LEAST = 15;
const NAME = 'plimsoll';

export interface PostgresServer {
  program: Program;
  url: string;
}

interface Options {
  home: string;
  port: number;
  password: string;
  /** Gives up durability for speed: for homes that are thrown away (PLIMSOLL_STACK_FAST). */
  fast: boolean;
}

interface Installation {
  /** The folder with `postgres` and `initdb`. */
  folder: string;
  major: number;
  env: Record<string, string>;
}

/**
 * Finds or gets Postgres 15 or newer, makes the home's cluster if there is none, and says how to run it.
 * @throws {StackFault} when there is none, or the data belongs to another major version
 */
export async function preparePostgres(setting: Setting, options: Options): Promise<PostgresServer> {
  const { home, port, password, fast } = options;
  const url = `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}`;
  const common = {
    kind: 'postgres',
    title: 'Postgres',
    logFile: join(home, 'logs', 'postgres.log'),
    ready: () => answersPostgres(url),
    readyWithinMs: 60_000,
    endsWithinMs: 30_000,
  } as const;

  const dataMajor = majorOfData(join(home, 'postgres'));
  const found = await findPostgres(setting, dataMajor);
  if (found) {
    // Only now, since the package brings the user.
    const user = unprivilegedUser(home);
    const data = dataFolder(home, user, setting.say);
    if (dataMajor === undefined) await initialise(setting, found, { data, user, ...options });
    await dealWithPidFile(data);
    return { url, program: { ...common, ...serverCommand(setting, found, { data, user, port, fast }) } };
  }
  if (await hasDocker(setting)) {
    const docker = await dockerProgram(setting, {
      home,
      kind: 'postgres',
      image: 'postgres:17',
      publish: [[port, 5432]],
      volume: '/var/lib/postgresql/data',
      env: { POSTGRES_USER: NAME, POSTGRES_DB: NAME, POSTGRES_PASSWORD: password },
      args: ['postgres', '-c', 'max_connections=300'],
    });
    return { url, program: { ...common, ...docker } };
  }
  throw new StackFault(
    `Postgres ${AT_LEAST} or newer is not installed on this ${systemName()} and could not be fetched: install postgresql, or name a running one by DATABASE_URL.`,
  );
}

/** The major version that a data folder was made by; nothing for one that is to be made. */
function majorOfData(data: string): number | undefined {
  const file = join(data, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

async function findPostgres(setting: Setting, dataMajor: number | undefined): Promise<Installation | undefined> {
  let installed = await installations(setting, findExecutables(setting.env, 'postgres', usualFolders('')), {});
  if (!installed.some((each) => serves(each, dataMajor))) {
    const names = { part: 'Postgres', apt: 'postgresql', atLeast: AT_LEAST, brew: 'postgresql@17' };
    const got = installed.length > 0 && dataMajor ? undefined : await getPackage(setting, names);
    if (got) {
      const folders = [...usualFolders(got.root), join(got.root, 'bin')];
      installed = await installations(setting, findExecutables({ PATH: '' }, 'postgres', folders), got.env);
    }
  }
  const chosen = installed.find((each) => serves(each, dataMajor));
  if (!chosen && dataMajor !== undefined) {
    const have = installed.map(({ major }) => major).join(', ') || 'none';
    throw new StackFault(
      `This home's data was made by Postgres ${dataMajor}, and installed is ${have}: install Postgres ${dataMajor}, or upgrade the data with pg_upgrade, or name an empty folder by PLIMSOLL_HOME.`,
    );
  }
  return chosen;
}

function serves({ major }: Installation, dataMajor: number | undefined): boolean {
  return dataMajor === undefined ? major >= AT_LEAST : major === dataMajor;
}

/** Folders that packages put Postgres into outside of `PATH`, the newest version first. */
function usualFolders(root: string): string[] {
  const debian = `${root}/usr/lib/postgresql`;
  const versions = existsSync(debian) ? readdirSync(debian).filter((name) => /^\d+$/.test(name)) : [];
  const brew = ['/opt/homebrew/opt', '/usr/local/opt'].filter((folder) => existsSync(folder));
  return [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${debian}/${version}/bin`),
    ...brew.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.startsWith('postgresql'))
        .map((name) => join(folder, name, 'bin')),
    ),
  ];
}

async function installations(setting: Setting, paths: string[], env: Record<string, string>): Promise<Installation[]> {
  const found: Installation[] = [];
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const answer = await answerOf({ ...setting, env: { ...setting.env, ...env } }, path, ['--version']);
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(answer ?? '')?.[1] ?? 0);
    // A client package alone brings no initdb.
    if (major > 0 && existsSync(join(folder, 'initdb'))) found.push({ folder, major, env });
  }
  return found;
}

async function initialise(
  setting: Setting,
  { folder, env }: Installation,
  { data, user, password, fast }: Options & { data: string; user: User | undefined },
): Promise<void> {
  const began = Date.now();
  // A file of that user's: it can't read ours, and a command line is read by everybody.
  const secret = mkdtempSync(join(tmpdir(), 'plimsoll-'));
  const passwordFile = join(secret, 'password');
  writePrivate(passwordFile, `${password}\n`);
  if (user) for (const path of [secret, passwordFile]) chownSync(path, user.uid, user.gid);
  // Whole or not at all: a folder that initdb was torn off in would never start.
  const unfinished = `${data}.new`;
  const initdb = async (locale: string) => {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    if (user) chownSync(unfinished, user.uid, user.gid);
    const args = ['-D', unfinished, '-U', NAME, '-A', 'scram-sha-256', '-E', 'UTF8', `--locale=${locale}`];
    const rest = ['--pwfile', passwordFile, ...(fast ? ['--no-sync'] : [])];
    await run(setting, join(folder, 'initdb'), [...args, ...rest], { user, cwd: '/', env });
  };
  try {
    // Not every system knows the first one; plain C orders the same, and only upper and lower case know less.
    await initdb('C.UTF-8').catch((error: unknown) => {
      if (error instanceof CommandFailed && /invalid locale/i.test(error.output)) return initdb('C');
      throw error;
    });
    rmdirSync(data);
    renameSync(unfinished, data);
  } catch (error) {
    if (error instanceof CommandFailed) throw new StackFault(initdbSentence(error, setting.logFile), { cause: error });
    throw error;
  } finally {
    rmSync(secret, { recursive: true, force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
  setting.say(`Made a database cluster in ${seconds(Date.now() - began)}.`);
}

function initdbSentence({ output }: CommandFailed, logFile: string): string {
  if (/no space left|disk full/i.test(output)) return 'The disk is full: free some space and start again.';
  const reason = output.split('\n').find((line) => line.includes('error:')) ?? output.trim().split('\n').at(-1);
  return `Postgres' initdb failed (${reason?.trim()}); its output is in ${logFile}.`;
}

function serverCommand(
  setting: Setting,
  { folder, env }: Installation,
  { data, user, port, fast }: { data: string; user: User | undefined; port: number; fast: boolean },
): Pick<Program, 'command' | 'args' | 'env' | 'cwd' | 'user'> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No socket: its path may be at most 107 bytes long, and a home's may be longer.
    unix_socket_directories: '',
    max_connections: '300',
    ...(fast ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    command: join(folder, 'postgres'),
    args: ['-D', data, ...args],
    env: { ...setting.env, ...env },
    cwd: '/',
    user,
  };
}

/**
 * Clears the way for a start where an earlier server ended without a word. Postgres refuses to start while the id in its
 * `postmaster.pid` is any living process of its user's, even one that has nothing to do with it; and a server that still
 * runs on this very data (which only this home can have started) is stopped first.
 */
async function dealWithPidFile(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  const holder = pid > 0 ? identify(pid) : undefined;
  if (holder && (await commandLine(pid)).includes(data)) {
    signal(holder, 'SIGINT');
    if (!(await gone(holder, 30_000))) {
      throw new StackFault(
        `Another Postgres (process ${pid}) runs on ${data} and does not end: stop it and start again.`,
      );
    }
    return;
  }
  rmSync(file, { force: true });
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return (readText(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ');
  const silent = { env: process.env, say: () => undefined, logFile: '/dev/null', abort: new AbortController().signal };
  return (await answerOf(silent, 'ps', ['-o', 'args=', '-p', String(pid)])) ?? '';
}

/** Whether Postgres takes connections; makes our database in it if it isn't there yet. */
async function answersPostgres(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url.replace(/\/[^/]*$/, '/postgres'),
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined); // The promises tell; a connection that breaks later is closed below anyhow.
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`create database ${NAME}`);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '28P01') {
      throw new StackFault(
        "Postgres refuses this home's password: its file `secrets` and its data don't belong together.",
      );
    }
    // Not there, or still starting: whoever asks, asks again until a deadline of its own.
    return false;
  } finally {
    await client.end();
  }
}

/** Checks a Postgres that the environment names. @throws {StackFault} when it doesn't answer or is too old */
export async function checkNamedPostgres(url: string): Promise<void> {
  let version: number;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
    version = Math.floor(Number(rows[0]?.server_version_num) / 10_000);
  } catch (error) {
    throw new StackFault(
      `The Postgres that DATABASE_URL names does not answer (${(error as Error).message || (error as { code?: string }).code}): start it, or unset DATABASE_URL.`,
      { cause: error },
    );
  } finally {
    await client.end();
  }
  if (version < AT_LEAST)
    throw new StackFault(`DATABASE_URL names a Postgres ${version}; it must be ${AT_LEAST} or newer.`);
}
