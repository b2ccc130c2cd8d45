import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGE = 'keyport==1.0.1';
const INSTALL_MS = 90_000;

export type PythonClient =
  | { python: string; reason?: never; remove(): Promise<void> }
  /** Why there is no client to test with. */
  | { python?: never; reason: string; remove(): Promise<void> };

/**
 * Installs the official client into an environment of its own, which `remove` takes away again. A machine without Python, or
 * without a way to the package index, gives a reason instead.
 */
export async function installPythonClient(): Promise<PythonClient> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-python-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const python = join(folder, 'venv', 'bin', 'python');
  const steps: [command: string, args: string[], without: string][] = [
    ['python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], 'there is no Python 3.10 or newer'],
    ['python3', ['-m', 'venv', join(folder, 'venv')], 'Python can make no virtual environment (python3-venv)'],
    [python, ['-m', 'pip', 'install', '--quiet', '--retries', '1', PACKAGE], `${PACKAGE} could not be installed`],
  ];
  for (const [command, args, without] of steps) {
    try {
      await run(command, args, { timeout: INSTALL_MS });
    } catch (error) {
      const said = ((error as { stderr?: string }).stderr ?? '').trim();
      const reason = `The official Python client was not tested: ${without}. ${said.split('\n').at(-1)}`.trim();
      return { reason, remove };
    }
  }
  return { python, remove };
}
