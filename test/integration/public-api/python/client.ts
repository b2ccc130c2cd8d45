import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A package of the index, and what is tested with it. */
export interface Wanted {
  name: string;
  called: string;
}

const CLIENT: Wanted = { name: 'keyport==1.0.1', called: 'The official Python client' };
const INSTALL_MS = 90_000;

export type PythonPackage =
  | { python: string; reason?: never; remove(): Promise<void> }
  /** Why there is no client to test with. */
  | { python?: never; reason: string; remove(): Promise<void> };

export type PythonClient = PythonPackage;

/** What pip and the machine say when there is no way to the package index, rather than something wrong with what we ask. */
const OUT_OF_REACH =
  /NewConnectionError|Failed to establish a new connection|Name or service not known|Temporary failure in name resolution|Network is unreachable|Connection (refused|reset|aborted|timed out)|ConnectTimeout|ReadTimeout|ProxyError|Cannot connect to proxy/i;

/**
 * Installs the official client into an environment of its own, which `remove` takes away again.
 *
 * A machine without Python 3.10, or without a way to the package index, gives a reason instead, so that the tests are skipped
 * loudly. With `CI=true` a machine that has a Python must be able to install it.
 * @throws {Error} with what Python said, where anything else goes wrong
 */
export async function installPythonClient(env: NodeJS.ProcessEnv = process.env): Promise<PythonClient> {
  return installPythonPackage(CLIENT, env);
}

/** The same for any package of the index. */
export async function installPythonPackage(
  wanted: Wanted,
  env: NodeJS.ProcessEnv = process.env,
): Promise<PythonPackage> {
  const made = await aPython(env, wanted);
  if (made.python === undefined) return made;
  try {
    const reason = await installInto(made.python, env, wanted);
    if (reason === undefined) return made;
    await made.remove();
    return { reason, remove: () => made.remove() };
  } catch (error) {
    await made.remove();
    throw error;
  }
}

/** A Python environment with nothing in it. @throws {Error} with what Python said */
export async function aPython(env: NodeJS.ProcessEnv, wanted = CLIENT): Promise<PythonPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-python-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    if (!(await hasPython(env))) {
      await remove();
      return { reason: untested(wanted, 'there is no Python 3.10 or newer'), remove };
    }
    await run('python3', ['-m', 'venv', join(folder, 'venv')], { timeout: INSTALL_MS, env });
    return { python: join(folder, 'venv', 'bin', 'python'), remove };
  } catch (error) {
    await remove();
    throw uninstallable(wanted, error);
  }
}

/** Installs the client into an environment, or says why it can't. @throws {Error} with what pip said, where that is no reason to skip */
export async function installInto(
  python: string,
  env: NodeJS.ProcessEnv,
  wanted = CLIENT,
): Promise<string | undefined> {
  try {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--retries', '1', wanted.name], { timeout: INSTALL_MS, env });
    return undefined;
  } catch (error) {
    if (env['CI'] === 'true' || !OUT_OF_REACH.test(String((error as { stderr?: string }).stderr)))
      throw uninstallable(wanted, error);
    return untested(wanted, `the package index can't be reached for ${wanted.name}`);
  }
}

function untested({ called }: Wanted, why: string): string {
  return `${called} was not tested: ${why}.`;
}

function uninstallable({ called }: Wanted, error: unknown): Error {
  return new Error(`${called} could not be installed: ${(error as Error).message}`, { cause: error });
}

/** Whether there is a Python that is new enough. @throws whatever else becomes of asking */
async function hasPython(env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await run('python3', ['-c', 'import sys; sys.exit(3 if sys.version_info < (3, 10) else 0)'], { env });
    return true;
  } catch (error) {
    const { code } = error as { code?: string | number };
    if (code === 'ENOENT' || code === 3) return false;
    throw error;
  }
}
