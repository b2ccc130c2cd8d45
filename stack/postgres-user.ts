import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StackFault } from './fault.ts';
import { readText } from './home.ts';

/** Where the data of homes lies that Postgres' user can't reach. */
const ELSEWHERE = '/var/lib/plimsoll';

export interface User {
  uid: number;
  gid: number;
}

/**
 * Whom Postgres, which refuses root, runs as: nobody else where we aren't root, else the owner of the home's data, else
 * `postgres`, else `nobody`.
 */
export function unprivilegedUser(home: string, passwd: string = readText('/etc/passwd') ?? ''): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const made = statSync(join(home, 'postgres', 'PG_VERSION'), { throwIfNoEntry: false });
  if (made && made.uid !== 0) return { uid: made.uid, gid: made.gid };
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] =
      passwd
        .split('\n')
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':') ?? [];
    if (uid && gid && uid !== '0') return { uid: Number(uid), gid: Number(gid) };
  }
  throw new StackFault(
    'Postgres refuses to run as root, and there is no user postgres or nobody: run this as another user.',
  );
}

/**
 * The folder of a home's Postgres, made if need be: `postgres/` in the home. Where Postgres runs as another user who can't
 * reach that (a home below a closed folder such as root's own), the data lies in /var/lib/plimsoll, linked to from there.
 */
export function dataFolder(home: string, user: User | undefined, say: (line: string) => void): string {
  const here = join(home, 'postgres');
  const present = lstatSync(here, { throwIfNoEntry: false });
  if (present?.isSymbolicLink()) return own(realpathOf(here, home), user);
  if (present || !user || canEnter(home, user)) {
    mkdirSync(here, { recursive: true, mode: 0o700 });
    if (user && !canEnter(home, user)) {
      throw new StackFault(
        `Postgres runs as user ${user.uid}, who can't enter ${home}: let others enter the folders above it, or move the home.`,
      );
    }
    return own(here, user);
  }
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  mkdirSync(ELSEWHERE, { recursive: true });
  chmodSync(ELSEWHERE, 0o755);
  for (const earlier of readdirSync(ELSEWHERE).filter((name) => name.startsWith(`${hash}-`))) {
    say(`${join(ELSEWHERE, earlier)} holds data of a home that was deleted here; nothing uses it any more.`);
  }
  // Never the folder of a home that lay here before: its data has another password, and may still be wanted.
  const folder = mkdtempSync(join(ELSEWHERE, `${hash}-`));
  chmodSync(folder, 0o755);
  const elsewhere = join(folder, 'postgres');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, here);
  say(`Postgres may not run as root, and its user can't reach ${home}: its data lies in ${elsewhere}.`);
  return own(elsewhere, user);
}

/** Removes a home with all its data, also that which lies elsewhere. For homes that are thrown away. */
export function removeHome(home: string): void {
  const link = join(home, 'postgres');
  const isLink = lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink();
  const target = isLink ? dirname(readlinkSync(link)) : '';
  if (dirname(target) === ELSEWHERE) rmSync(target, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}

function realpathOf(link: string, home: string): string {
  try {
    return realpathSync(link);
  } catch (error) {
    throw new StackFault(
      `${link} leads nowhere: bring its data back, or name an empty folder instead of ${home} by PLIMSOLL_HOME.`,
      { cause: error },
    );
  }
}

function own(folder: string, user: User | undefined): string {
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return folder;
}

/** Whether a user can go into a folder: tried as that user, since modes, groups and access lists all have a say. */
function canEnter(folder: string, user: User): boolean {
  const { status, error } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  if (error) throw error;
  return status === 0;
}
