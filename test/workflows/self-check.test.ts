import { activityInfo } from '@temporalio/activity';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTemporal, type Temporal } from '../../temporal/client.ts';
import { runSelfCheck } from '../../temporal/self-check.ts';
import { QUEUES } from '../../workflows/shared/queues.ts';
import { PATHS, READING, runSelfCheckWith } from './self-check.paths.ts';
import { startTimeSkipping, withWorker } from './support.ts';

const workflowBundle = { codePath: inject('workflowBundle') };
let env: TestWorkflowEnvironment;
let temporal: Temporal;

beforeAll(async () => {
  env = await startTimeSkipping(inject('timeSkippingServer'));
  temporal = createTemporal({
    temporalAddress: env.address,
    temporalNamespace: 'default',
    temporalTimeoutMs: 5_000,
  });
});
afterAll(async () => {
  await temporal?.close();
  await env?.teardown();
});

describe('a self check', () => {
  test('answers with what the worker read, and its history can be replayed', async () => {
    const { handle, outcome } = await runSelfCheckWith(env, workflowBundle, PATHS['answered']!());

    expect(outcome).toEqual({ status: 'fulfilled', value: READING });
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  });

  test('waits for a part that is away for two minutes, which pass in a moment', async () => {
    const [startedAtMs, realStart] = [await env.currentTimeMs(), performance.now()];
    let attempts = 0;
    const { outcome } = await runSelfCheckWith(env, workflowBundle, {
      readSelf: async () => {
        attempts += 1;
        if ((await env.currentTimeMs()) - startedAtMs < 120_000) throw new Error('connect ECONNREFUSED');
        return READING;
      },
    });

    expect(outcome).toEqual({ status: 'fulfilled', value: READING });
    // After 1, 2, 4 … 64 seconds: the eighth attempt is the first beyond two minutes.
    expect(attempts).toBe(8);
    expect((await env.currentTimeMs()) - startedAtMs).toBeGreaterThanOrEqual(120_000);
    expect(performance.now() - realStart).toBeLessThan(20_000);
  });

  test('gives up after five minutes: nobody awaits its answer any more', async () => {
    const { handle, outcome } = await runSelfCheckWith(env, workflowBundle, PATHS['given-up']!());

    // The reason of the last attempt is kept for whoever looks.
    expect(reasons(outcome).at(-1)).toMatch(/ECONNREFUSED/);
    // Read from the history: the server's own clock may leap once the run has closed.
    const { events } = await handle.fetchHistory();
    const times = (events ?? []).map(({ eventTime }) => tsToMs(eventTime));
    const lastedMs = Math.max(...times) - Math.min(...times);
    expect(lastedMs).toBeGreaterThan(3 * 60_000);
    expect(lastedMs).toBeLessThanOrEqual(5 * 60_000 + 1_000);
  });

  test('does not try again where no waiting helps: a schema that is missing', async () => {
    let attempts = 0;
    const activities = PATHS['schema-missing']!();
    const { outcome } = await runSelfCheckWith(env, workflowBundle, {
      readSelf: () => {
        attempts += 1;
        return activities.readSelf();
      },
    });

    expect(reasons(outcome)).toEqual([
      'Workflow execution failed',
      'Activity task failed',
      'The database has no schema',
    ]);
    expect(attempts).toBe(1);
  });
});

describe('asking for a self check', () => {
  test('shows operations who asked, and who answered in what time', async () => {
    let workflowId = '';
    const activities = {
      readSelf: async () => {
        workflowId = activityInfo().workflowExecution?.workflowId ?? '';
        return READING;
      },
    };
    await withWorker(env, { workflowBundle, activities, taskQueue: QUEUES.platform }, async () => {
      expect(await runSelfCheck(temporal, { askedBy: 'doctor', timeoutMs: 10_000 })).toEqual(READING);

      expect(workflowId).toMatch(/^self-check:[0-9a-f-]{36}$/);
      const handle = env.client.workflow.getHandle(workflowId);
      expect(await (await handle.describe()).staticSummary()).toBe('self check for doctor');
      const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toContain('Answered by worker@test:1: Postgres in 1.5 ms, Redis in 0.5 ms');
    });
  });

  test('ends with an outage, soon after its deadline, where no worker runs', async () => {
    const startedAt = performance.now();
    await expect(runSelfCheck(temporal, { askedBy: 'test', timeoutMs: 800 })).rejects.toMatchObject({
      name: 'TemporalOutage',
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('ends with an outage, soon after its deadline, where no server runs', async () => {
    const nowhere = createTemporal({
      temporalAddress: '127.0.0.1:1',
      temporalNamespace: 'default',
      temporalTimeoutMs: 800,
    });
    const startedAt = performance.now();
    await expect(runSelfCheck(nowhere, { askedBy: 'test', timeoutMs: 800 })).rejects.toMatchObject({
      name: 'TemporalOutage',
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await nowhere.close();
  });
});

/** Why a run failed, from the outermost reason to the innermost. */
function reasons(outcome: PromiseSettledResult<unknown>): string[] {
  if (outcome.status === 'fulfilled') throw new Error('It answered, and should have failed');
  const messages: string[] = [];
  for (let inner: unknown = outcome.reason; inner instanceof Error; inner = inner.cause) messages.push(inner.message);
  return messages;
}
