import { randomUUID } from 'node:crypto';
import { SELF_CHECK, type SelfCheckWorkflow, type SelfReading } from '../workflows/self-check/messages.ts';
import { QUEUES } from '../workflows/shared/queues.ts';
import type { Temporal } from './client.ts';

/**
 * Asks a worker to look at itself, and gives its answer.
 * @throws {TemporalOutage} when no answer came in time: the server is away, no worker runs, or one of its parts is away
 * @throws {WorkflowFailedError} when the worker found something that waiting doesn't mend; its innermost cause says what
 */
export async function runSelfCheck(
  temporal: Temporal,
  { askedBy, timeoutMs }: { askedBy: string; timeoutMs: number },
): Promise<SelfReading> {
  return temporal.call(
    () =>
      temporal.client.workflow.execute<SelfCheckWorkflow>(SELF_CHECK, {
        workflowId: `self-check:${randomUUID()}`,
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: QUEUES.platform,
        args: [{ askedBy }],
        staticSummary: `self check for ${askedBy}`,
        // No process of ours has a time-out, for a time-out runs no code; this one has nothing to tidy up, and without
        // it every question that was asked while no worker ran would stay open until one does.
        workflowExecutionTimeout: '10 minutes',
      }),
    timeoutMs,
  );
}
