import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { AuditSigningActivities, SigningPart } from '../../activities/audit-signing.ts';
import {
  AUDIT_SIGNING,
  type AuditSigning,
  type AuditSigningResult,
  type AuditSigningWorkflow,
} from '../../workflows/audit-signing/messages.ts';
import { withWorker } from './support.ts';

/** Heads to be signed, in parts, kept in memory; notes behind what each call went on. */
export interface FakeHeads {
  activities: AuditSigningActivities;
  asked: (string | null)[];
}

/** `parts`: how many calls it takes. */
export function fakeHeads({ parts = 1, hasKey = true } = {}): FakeHeads {
  const asked: FakeHeads['asked'] = [];
  return {
    asked,
    activities: {
      async signHeads({ after }): Promise<SigningPart> {
        asked.push(after);
        if (!hasKey) return { signed: 0, hasKey, next: null };
        const part = Number(after ?? 0) + 1;
        return { signed: 10, hasKey, next: part < parts ? String(part) : null };
      },
    },
  };
}

/** The ways the signing can go, recorded in test/histories/audit-signing. */
export const PATHS: Record<string, () => FakeHeads> = {
  'no-key': () => fakeHeads({ hasKey: false }),
  'in-parts': () => fakeHeads({ parts: 3 }),
};

/** Runs a signing to its end, and gives its handle to look at. */
export async function runSigningWith(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleOption,
  activities: AuditSigningActivities,
  input: AuditSigning = {},
): Promise<{ handle: WorkflowHandle<AuditSigningWorkflow>; result: AuditSigningResult }> {
  return withWorker(env, { workflowBundle, activities }, async (taskQueue) => {
    const handle = await env.client.workflow.start<AuditSigningWorkflow>(AUDIT_SIGNING, {
      workflowId: `audit-signing-${randomUUID()}`,
      taskQueue,
      args: [input],
    });
    return { handle, result: await handle.result() };
  });
}
