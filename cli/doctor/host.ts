import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Finding, fail, ok, reason, warn } from './part.ts';

const NEEDED_NODE = 24;
const GIB = 1024 ** 3;

export function checkNode(version: string = process.version): Finding {
  const facts = { version: version.slice(1), address: process.execPath };
  if (Number.parseInt(version.slice(1), 10) >= NEEDED_NODE) return ok('It is new enough.', facts);
  return fail(
    `It is Node ${version.slice(1)}, and Plimsoll runs on ${NEEDED_NODE} or newer.`,
    'Start commands through `bin/`, which use the Node that `npm ci` installs.',
    facts,
  );
}

/** Free space where data and logs are; under 5 GiB is a warning, under 1 GiB a failure: a full disk stops Postgres. */
export async function checkDisk(home: string): Promise<Finding> {
  const address = home;
  try {
    const { bavail, bsize } = await statfsOfExisting(home);
    return diskFinding(Number(bavail) * Number(bsize), address);
  } catch (error) {
    return fail(reason(error), 'Name a folder that can be read by PLIMSOLL_HOME.', { address });
  }
}

export function diskFinding(freeBytes: number, address: string): Finding {
  const detail = `${(freeBytes / GIB).toFixed(1)} GiB are free.`;
  const advice = 'Free some space, or move PLIMSOLL_HOME to a larger disk.';
  if (freeBytes < GIB) return fail(detail, advice, { address });
  if (freeBytes < 5 * GIB) return warn(detail, advice, { address });
  return ok(detail, { address });
}

/** A home that nobody has started yet lies on the disk of the folder that it will be made in. */
async function statfsOfExisting(folder: string): ReturnType<typeof statfs> {
  try {
    return await statfs(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    return statfsOfExisting(dirname(folder));
  }
}
