import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { StackFault } from './fault.ts';
import { readText } from './home.ts';
import { lockHolder, takeLock } from './lock.ts';
import { gone } from './process.ts';
import { answerOf, CommandFailed, findExecutable, run, type Setting, seconds, stopIfAborted } from './run.ts';

/** Where a package manager put something: folders to look in for its programs, and what they need to run. */
export interface Got {
  /** The root that the package's own paths (`/usr/bin/…`) are below: empty for the system's. */
  root: string;
  env: Record<string, string>;
}

/** How one part is called by the package managers. */
export interface PackageNames {
  /** For people: `Postgres`. */
  part: string;
  apt: string;
  /** The oldest major version that serves. */
  atLeast: number;
  brew?: string;
}

/**
 * Gets a part from a package manager, if there is one that has it new enough: as root by apt-get into the system (without
 * starting its services), as anybody else by apt's download into the user's cache, on macOS by Homebrew.
 * Gives nothing where none has it; why is in the log.
 */
export async function getPackage(setting: Setting, names: PackageNames): Promise<Got | undefined> {
  try {
    if (names.brew && findExecutable(setting.env, 'brew')) return await byHomebrew(setting, names, names.brew);
    if (!findExecutable(setting.env, 'apt-get')) return undefined;
    return process.getuid?.() === 0 ? await byAptAsRoot(setting, names) : await byAptForUser(setting, names);
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

async function byHomebrew(setting: Setting, names: PackageNames, formula: string): Promise<Got> {
  await told(setting, `Installing ${names.part} by Homebrew`, () =>
    run(setting, 'brew', ['install', formula], { whole: true }),
  );
  return { root: (await run(setting, 'brew', ['--prefix', formula])).trim(), env: {} };
}

async function byAptAsRoot(setting: Setting, names: PackageNames): Promise<Got | undefined> {
  return withAptLock(setting, async () => {
    if (!(await hasNewEnough(setting, names))) return undefined;
    await told(setting, `Installing ${names.part} by apt-get`, () =>
      withoutServices(() => aptInstall(setting, names.apt)),
    );
    return { root: '', env: {} };
  });
}

async function aptInstall(setting: Setting, name: string): Promise<void> {
  const install = async (each: string) => {
    const args = ['install', '-y', '-q', '--no-install-recommends', each];
    await run(setting, 'apt-get', args, { whole: true, env: { DEBIAN_FRONTEND: 'noninteractive' } });
  };
  if (name !== 'postgresql') return install(name);

  // Debian's Postgres makes a cluster of its own when it is installed, unless this file says no. It comes with the common
  // package, which therefore goes first; its content is put back, for the next Postgres of this machine is not ours.
  await install('postgresql-common');
  const file = '/etc/postgresql-common/createcluster.conf';
  const before = readText(file) ?? '';
  writeFileSync(file, `${before}\ncreate_main_cluster = false\n`);
  try {
    await install(name);
  } finally {
    writeFileSync(file, before);
  }
}

/** Installs without starting: Debian asks this script before it starts a service. Left alone where there is one already. */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const script = '/usr/sbin/policy-rc.d';
  if (existsSync(script)) return work();
  writeFileSync(script, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(script, { force: true });
  }
}

async function byAptForUser(setting: Setting, names: PackageNames): Promise<Got | undefined> {
  const root = join(cacheFolder(setting.env, 'packages'), names.apt);
  return withAptLock(setting, async () => {
    if (!existsSync(root)) {
      if (!(await hasNewEnough(setting, names))) return undefined;
      await told(setting, `Fetching ${names.part}'s packages into the cache`, () => unpack(setting, names, root));
    }
    return { root, env: { LD_LIBRARY_PATH: libraryFolders(root).join(':') } };
  });
}

/** Downloads a package and what it still needs on this machine, without installing anything. */
async function unpack(setting: Setting, names: PackageNames, root: string): Promise<void> {
  const temporary = cacheFolder(setting.env, 'packages', `${names.apt}.${process.pid}`);
  try {
    const plan = await run(setting, 'apt-get', ['install', '-s', '--no-install-recommends', names.apt]);
    const needed = plan
      .split('\n')
      .filter((line) => line.startsWith('Inst '))
      .map((line) => line.split(' ')[1] as string);
    await run(setting, 'apt-get', ['download', ...needed], { cwd: temporary });
    for (const archive of readdirSync(temporary).filter((name) => name.endsWith('.deb'))) {
      await run(setting, 'dpkg', ['-x', archive, 'root'], { cwd: temporary });
    }
    renameSync(join(temporary, 'root'), root);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function libraryFolders(root: string): string[] {
  const base = [join(root, 'usr/lib'), join(root, 'lib')].filter((folder) => existsSync(folder));
  const triplets = base.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
      .map((entry) => join(folder, entry.name)),
  );
  return [...triplets, ...base];
}

/** Whether apt knows the package in a version that serves; its lists are fetched first when they are missing or old. */
async function hasNewEnough(setting: Setting, names: PackageNames): Promise<boolean> {
  let major = await candidateMajor(setting, names.apt);
  if (major === undefined && process.getuid?.() === 0) {
    await updateLists(setting);
    major = await candidateMajor(setting, names.apt);
  } else if (listsAreOld() && process.getuid?.() === 0) {
    await updateLists(setting);
  }
  return major !== undefined && major >= names.atLeast;
}

async function candidateMajor(setting: Setting, name: string): Promise<number | undefined> {
  const shown = await answerOf(setting, 'apt-cache', ['show', '--no-all-versions', name]);
  // An epoch (`5:7.0.15`) says nothing of the version.
  const major = /^Version: (?:\d+:)?(\d+)/m.exec(shown ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}

async function updateLists(setting: Setting): Promise<void> {
  await told(setting, "Fetching apt's lists of packages", () =>
    run(setting, 'apt-get', ['update', '-q'], { whole: true }),
  );
}

function listsAreOld(): boolean {
  const folder = '/var/lib/apt/lists';
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('Release'))
    .map((name) => statSync(join(folder, name)).mtimeMs)
    .reduce((a, b) => Math.max(a, b), 0);
  // Older lists name versions that the archive has deleted since.
  return Date.now() - Math.max(newest, statSync(folder).mtimeMs) > 24 * 3_600_000;
}

/** One at a time for this user: apt itself refuses a second one, and the redirections above are put back once. */
async function withAptLock<T>(setting: Setting, work: () => Promise<T>): Promise<T> {
  const path = join(cacheFolder(setting.env), 'packages.lock');
  for (;;) {
    stopIfAborted(setting.abort);
    const lock = takeLock(path);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    const holder = lockHolder(path);
    if (holder) await gone(holder, 1_000, setting.abort);
  }
}

/** Says what is done, and how long it took. */
export async function told<T>({ say }: Setting, what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  say(`${what} …`);
  const result = await work();
  // Named again, because several parts are got at once.
  say(`${what}: done in ${seconds(Date.now() - began)}.`);
  return result;
}

/** Whether a Docker engine answers. */
export async function hasDocker(setting: Setting): Promise<boolean> {
  if (!findExecutable(setting.env, 'docker')) return false;
  return (await answerOf(setting, 'docker', ['info', '--format', '{{.ServerVersion}}'])) !== undefined;
}

/** Warns below a gigabyte; refuses below 100 MB, where Postgres can't even begin. */
export function checkSpace(freeBytes: number, folder: string, say: (line: string) => void): void {
  const megabytes = Math.floor(freeBytes / 1_048_576);
  if (megabytes < 100) {
    throw new StackFault(`Only ${megabytes} MB are free where ${folder} lies: free some space and start again.`);
  }
  if (megabytes < 1024) say(`Only ${megabytes} MB are free where ${folder} lies; that may not last.`);
}

/** The distribution's name, for sentences: `Debian GNU/Linux 12`. */
export function systemName(): string {
  if (!existsSync('/etc/os-release')) return process.platform;
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
}
