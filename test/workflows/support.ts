import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { dataConverter } from '../../temporal/data-converter.ts';

/** A test server that skips time whenever nothing but timers is waited for. One for each file: clocks leap. */
export async function startTimeSkipping(executable: string): Promise<TestWorkflowEnvironment> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  return TestWorkflowEnvironment.createTimeSkipping({
    client: { identity: 'test', dataConverter },
    server: { executable: { type: 'existing-path', path: executable } },
  });
}

/** Runs `use` while a worker with these activities polls a queue of its own. */
export async function withWorker<T>(
  env: TestWorkflowEnvironment,
  {
    workflowBundle,
    activities,
    taskQueue = `test-${randomUUID()}`,
  }: { workflowBundle: WorkflowBundleOption; activities: object; taskQueue?: string },
  use: (taskQueue: string) => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities,
    dataConverter,
    identity: 'test-worker',
    // A thrown `Error` fails the run at once. In production a bug waits for its fix instead; here it would hang the test.
    workflowFailureErrorTypes: { '*': ['Error'] },
  });
  return worker.runUntil(() => use(taskQueue));
}
