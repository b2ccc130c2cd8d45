import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Config } from '../../runtime/config.ts';
import { createTemporal } from '../../temporal/client.ts';
import { waitUntil } from './wait.ts';

/**
 * A namespace of a test file's own on the stack's Temporal: workers that are stopped and cut off there take no task from
 * those that other files wait for.
 */
export async function aNamespace(config: Config): Promise<string> {
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const temporal = createTemporal({ ...config, temporalNamespace: namespace });
  const { workflowService } = temporal.connection;
  try {
    await temporal.call(() =>
      workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') }),
    );
    // Parts of the server learn of it one after the other.
    await waitUntil('the namespace can be used', async () => {
      const found = await Promise.allSettled([
        temporal.call(() => workflowService.listWorkflowExecutions({ namespace, pageSize: 1 })),
      ]);
      return found[0].status === 'fulfilled';
    });
    return namespace;
  } finally {
    await temporal.close();
  }
}
