import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createLogger } from '../../runtime/log.ts';
import { dataConverter } from '../../temporal/data-converter.ts';
import { workflowBundle } from '../../worker/bundle.ts';

const HISTORIES = fileURLToPath(new URL('../histories', import.meta.url));
const WORKFLOWS = fileURLToPath(new URL('../../workflows', import.meta.url));
const CHANGED = fileURLToPath(new URL('./fixtures/changed-workflows.ts', import.meta.url));

/** Every recorded history, as `<subject>/<path>`. */
const recorded = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    workflowId: file.replace(/\.json$/, ''),
    history: JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as unknown,
  }));

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
});

describe('the recorded histories', () => {
  test('can all be replayed by the workflows as they are', async () => {
    const { replayed, faults } = await replayAll({ codePath: inject('workflowBundle') });

    expect(replayed).toBe(recorded.length);
    expect(replayed).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test('hold at least one run of every workflow', () => {
    const subjects = readdirSync(WORKFLOWS, { recursive: true, encoding: 'utf8' })
      .filter((file) => basename(file) === 'workflow.ts')
      .map((file) => file.split('/')[0]);
    const known = new Set(recorded.map(({ workflowId }) => workflowId.split('/')[0]));

    expect(subjects.length).toBeGreaterThan(0);
    expect(subjects.filter((subject) => !known.has(subject))).toEqual([]);
  });

  test('give a workflow away whose commands were changed without a patch', async () => {
    const changed = await workflowBundle(createLogger({ logLevel: 'warn' }, { name: 'bundle' }), {
      workflowsPath: CHANGED,
    });
    const { replayed, faults } = await replayAll(changed);

    expect(replayed).toBe(recorded.length);
    expect(faults.map(({ workflowId }) => workflowId)).toEqual(
      expect.arrayContaining([
        'self-check/answered',
        'daily-close/a-week',
        'recount/in-parts',
        'audit-signing/in-parts',
      ]),
    );
    expect(faults.every(({ error }) => error instanceof DeterminismViolationError)).toBe(true);
  });
});

async function replayAll(
  workflowBundle: WorkflowBundleOption,
): Promise<{ replayed: number; faults: { workflowId: string; error: Error }[] }> {
  const faults: { workflowId: string; error: Error }[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, dataConverter }, recorded)) {
    replayed += 1;
    if (error) faults.push({ workflowId, error });
  }
  return { replayed, faults };
}
