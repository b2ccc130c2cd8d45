import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createLogger } from '../../runtime/log.ts';
import { ensureTimeSkippingServer } from '../../stack/time-skipping.ts';
import { workflowBundle } from '../../worker/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that holds the bundled workflows. */
    workflowBundle: string;
    /** The executable of the time-skipping test server. */
    timeSkippingServer: string;
  }
}

/** Bundles the workflows and fetches the test server once for all files: both are slower than most tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-workflows-'));
  const file = join(folder, 'workflows.cjs');
  const bundle = await workflowBundle(createLogger({ logLevel: 'warn' }, { name: 'bundle' }));
  if (!('code' in bundle)) throw new Error('A bundle that was made just now has code, not a path');
  await writeFile(file, bundle.code);

  project.provide('workflowBundle', file);
  project.provide('timeSkippingServer', await ensureTimeSkippingServer());
  return () => rm(folder, { recursive: true, force: true });
}
