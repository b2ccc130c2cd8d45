import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { createLogger } from '../../runtime/log.ts';
import { CHECKOUT } from '../../stack/home.ts';
import { ensureTimeSkippingServer } from '../../stack/time-skipping.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import * as auditSigning from './audit-signing.paths.ts';
import * as dailyClose from './daily-close.paths.ts';
import * as recount from './recount.paths.ts';
import * as selfCheck from './self-check.paths.ts';
import { startTimeSkipping } from './support.ts';

/**
 * Records the paths that have no history yet: `npm run record-histories`. A history that exists is never recorded again, for
 * it stands for runs that began with the code of its day. Where a change needs a patch, add a path; delete a history only when
 * no run like it can be open any more.
 */
type Run = (env: TestWorkflowEnvironment, bundle: WorkflowBundleOption) => Promise<{ handle: WorkflowHandle }>;

const runs: Record<string, Run> = {
  ...runsOf('self-check', selfCheck.PATHS, (path) => (env, bundle) => selfCheck.runSelfCheckWith(env, bundle, path())),
  ...runsOf('daily-close', dailyClose.PATHS, (path) => (env, bundle) => {
    const { activities, input } = path();
    return dailyClose.runDailyCloseWith(env, bundle, activities, input);
  }),
  ...runsOf(
    'recount',
    recount.PATHS,
    (path) => (env, bundle) => recount.runRecountWith(env, bundle, path().activities),
  ),
  ...runsOf(
    'audit-signing',
    auditSigning.PATHS,
    (path) => (env, bundle) => auditSigning.runSigningWith(env, bundle, path().activities),
  ),
};
const fileOf = (name: string): string => fileURLToPath(new URL(`../histories/${name}.json`, import.meta.url));
const missing = Object.entries(runs).filter(([name]) => !existsSync(fileOf(name)));

const bundle = await workflowBundle(createLogger({ logLevel: 'warn' }, { name: 'record' }));
for (const [name, run] of missing) {
  // Clocks leap after a run has closed, so each path gets a server of its own.
  const env = await startTimeSkipping(await ensureTimeSkippingServer());
  try {
    const { handle } = await run(env, bundle);
    // Stack traces name the machine's folders; replay reads none of them.
    const text = historyToJSON(await handle.fetchHistory()).replaceAll(`${CHECKOUT}/`, '');
    mkdirSync(fileURLToPath(new URL('.', new URL(`../histories/${name}.json`, import.meta.url))), { recursive: true });
    writeFileSync(fileOf(name), `${text}\n`);
    process.stdout.write(`recorded ${name}\n`);
  } finally {
    await env.teardown();
  }
}
process.stdout.write(`${missing.length} recorded, ${Object.keys(runs).length - missing.length} were there.\n`);

function runsOf<Path>(subject: string, paths: Record<string, Path>, run: (path: Path) => Run): Record<string, Run> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [`${subject}/${name}`, run(path)]));
}
