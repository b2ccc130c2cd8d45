import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createLogger } from '../../runtime/log.ts';
import { CHECKOUT } from '../../stack/home.ts';
import { ensureTimeSkippingServer } from '../../stack/time-skipping.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { PATHS, runSelfCheckWith } from './self-check.paths.ts';
import { startTimeSkipping } from './support.ts';

/**
 * Records the paths that have no history yet: `npm run record-histories`. A history that exists is never recorded again, for
 * it stands for runs that began with the code of its day. Where a change needs a patch, add a path; delete a history only when
 * no run like it can be open any more.
 */
const folder = fileURLToPath(new URL('../histories/self-check/', import.meta.url));
mkdirSync(folder, { recursive: true });
const missing = Object.entries(PATHS).filter(([name]) => !existsSync(`${folder}${name}.json`));

const bundle = await workflowBundle(createLogger({ logLevel: 'warn' }, { name: 'record' }));
for (const [name, activities] of missing) {
  // Clocks leap after a run has closed, so each path gets a server of its own.
  const env = await startTimeSkipping(await ensureTimeSkippingServer());
  try {
    const { handle } = await runSelfCheckWith(env, bundle, activities());
    // Stack traces name the machine's folders; replay reads none of them.
    const text = historyToJSON(await handle.fetchHistory()).replaceAll(`${CHECKOUT}/`, '');
    writeFileSync(`${folder}${name}.json`, `${text}\n`);
    process.stdout.write(`recorded self-check/${name}\n`);
  } finally {
    await env.teardown();
  }
}
process.stdout.write(`${missing.length} recorded, ${Object.keys(PATHS).length - missing.length} were there.\n`);
