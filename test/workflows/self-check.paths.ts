import { randomUUID } from 'node:crypto';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { SelfCheckActivities } from '../../activities/self-check.ts';
import { SELF_CHECK, type SelfCheckWorkflow, type SelfReading } from '../../workflows/self-check/messages.ts';
import { withWorker } from './support.ts';

/** What a healthy worker finds. */
export const READING: SelfReading = {
  databaseMs: 1.5,
  redisMs: 0.5,
  databaseTime: '2027-01-01T00:00:00.000Z',
  schemaVersion: '20270101000000_first',
  worker: 'worker@test:1',
};

/** The ways a self check can go, each as the activity that brings it about; recorded in test/histories/self-check. */
export const PATHS: Record<string, () => SelfCheckActivities> = {
  answered: () => ({ readSelf: async () => READING }),
  'schema-missing': () => ({
    readSelf: async () => {
      throw ApplicationFailure.nonRetryable('The database has no schema', 'SchemaMissing');
    },
  }),
  'given-up': () => ({
    readSelf: async () => {
      throw new Error('connect ECONNREFUSED');
    },
  }),
};

/** Runs a self check with these activities to its end, whatever that is, and gives its handle to look at. */
export async function runSelfCheckWith(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleOption,
  activities: SelfCheckActivities,
): Promise<{ handle: WorkflowHandle<SelfCheckWorkflow>; outcome: PromiseSettledResult<SelfReading> }> {
  return withWorker(env, { workflowBundle, activities }, async (taskQueue) => {
    const handle = await env.client.workflow.start<SelfCheckWorkflow>(SELF_CHECK, {
      workflowId: `self-check:${randomUUID()}`,
      taskQueue,
      args: [{ askedBy: 'test' }],
    });
    const [outcome] = await Promise.allSettled([handle.result()]);
    return { handle, outcome };
  });
}
