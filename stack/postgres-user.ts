import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StackFault } from './fault.ts';
import { readText, writePrivate } from './home.ts';

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
  if (present?.isSymbolicLink()) return own(realpathOrMake(here, home), user);
  if (present || !user || canEnter(home, user)) {
    mkdirSync(here, { recursive: true, mode: 0o700 });
    if (user && !canEnter(home, user)) {
      throw new StackFault(
        `Postgres runs as user ${user.uid}, who can't enter ${home}: let others enter the folders above it, or move the home.`,
      );
    }
    return own(here, user);
  }
  const elsewhere = join('/var/lib/plimsoll', createHash('sha256').update(home).digest('hex').slice(0, 16), 'postgres');
  writePrivate(join(home, 'postgres-elsewhere'), `${dirname(elsewhere)}\n`);
  mkdirSync(elsewhere, { recursive: true });
  for (const folder of [dirname(dirname(elsewhere)), dirname(elsewhere)]) chmodSync(folder, 0o755);
  symlinkSync(elsewhere, here);
  say(`Postgres may not run as root, and its user can't reach ${home}: its data lies in ${elsewhere}.`);
  return own(elsewhere, user);
}

function realpathOrMake(link: string, home: string): string {
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
