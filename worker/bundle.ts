import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../runtime/log.ts';
import { PinoTemporalLogger } from './temporal-log.ts';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/**
 * The code that workflows run from: a file that was made before, where `codePath` names one, else made now (about a
 * second). All workers of a process share it. `workflowsPath` is for tests that need a changed workflow. Rejects when the
 * file can't be read.
 */
export async function workflowBundle(
  log: Logger,
  { codePath = '', workflowsPath = WORKFLOWS }: { codePath?: string; workflowsPath?: string } = {},
): Promise<WorkflowBundleOption> {
  if (codePath) {
    // Told now and once, rather than by each of the supervisor's attempts.
    await access(codePath);
    return { codePath };
  }
  // Webpack's own chatter is of use to nobody but who debugs the bundling.
  const quiet = log.child({ component: 'bundler' }, { level: log.isLevelEnabled('debug') ? 'debug' : 'warn' });
  return bundleWorkflowCode({ workflowsPath, logger: new PinoTemporalLogger(quiet) });
}
