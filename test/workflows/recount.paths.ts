import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { RecountActivities, RecountPart } from '../../activities/recount.ts';
import { RECOUNT, type Recount, type RecountResult, type RecountWorkflow } from '../../workflows/recount/messages.ts';
import { withWorker } from './support.ts';

/** Limits to be compared, in parts, kept in memory; notes what was asked for. */
export interface FakeLimits {
  activities: RecountActivities;
  asked: { recountedFor: string; after: string | null }[];
}

/** `parts`: how many calls it takes. `differing`: which of them finds one that differs. */
export function fakeLimits({ parts = 1, differing = [] as number[] } = {}): FakeLimits {
  const asked: FakeLimits['asked'] = [];
  return {
    asked,
    activities: {
      async recountLimits({ recountedFor, after }): Promise<RecountPart> {
        asked.push({ recountedFor, after: after?.scopeId ?? null });
        const part = after === null ? 1 : Number(after.scopeId) + 1;
        return {
          compared: 10,
          passedOver: 1,
          differing: differing.includes(part) ? 1 : 0,
          unconfirmed: 0,
          next: part < parts ? { scopeId: String(part), limitName: 'products' } : null,
        };
      },
    },
  };
}

/** The ways a recount can go, recorded in test/histories/recount. */
export const PATHS: Record<string, () => FakeLimits> = {
  nothing: () => fakeLimits(),
  'in-parts': () => fakeLimits({ parts: 3, differing: [2] }),
};

/** Runs a recount to its end, and gives its handle to look at. */
export async function runRecountWith(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleOption,
  activities: RecountActivities,
  input: Recount = { recountedFor: '2026-03-02T03:00:00.000Z' },
): Promise<{ handle: WorkflowHandle<RecountWorkflow>; result: RecountResult }> {
  return withWorker(env, { workflowBundle, activities }, async (taskQueue) => {
    const handle = await env.client.workflow.start<RecountWorkflow>(RECOUNT, {
      workflowId: `recount-${randomUUID()}`,
      taskQueue,
      args: [input],
    });
    return { handle, result: await handle.result() };
  });
}
