import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditKeys } from '../../../runtime/audit-keys.ts';
import { findBreak } from '../../../store/audit-log.ts';
import { createTemporal, type Temporal } from '../../../temporal/client.ts';
import { aNamespace } from '../../support/namespace.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';
import { waitUntil } from '../../support/wait.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';
import { aChain } from './chains.ts';

const { env, config } = testStack();

let database: ScratchDatabase;
let temporal: Temporal;
let worker: WorkerProcess;
beforeAll(async () => {
  const [scratch, namespace] = await Promise.all([aPlatformDatabase(), aNamespace(config)]);
  database = scratch;
  temporal = createTemporal({ ...config, temporalNamespace: namespace });
  worker = await startWorker({ ...env, TEMPORAL_NAMESPACE: namespace, DATABASE_URL: database.url });
  await waitUntil('the worker is ready', async () => (await fetch(`${worker.url}/health/ready`)).ok);
});
afterAll(async () => {
  await worker?.stop();
  await temporal?.close();
  await database?.drop();
});

const handle = () => temporal.client.schedule.getHandle('audit-signing');

describe('the schedule of the signing', { timeout: 60_000 }, () => {
  test('is there once a worker is: each hour, one run at a time, missed ones not piled up', async () => {
    const { spec, policies, action } = await handle().describe();
    expect(spec.calendars).toMatchObject([
      { comment: 'each hour', hour: [{ start: 0, end: 23, step: 1 }], minute: [{ start: 0, end: 0 }] },
    ]);
    expect(policies).toMatchObject({ overlap: 'SKIP', pauseOnFailure: false, catchupWindow: 3_600_000 });
    expect(action).toMatchObject({
      workflowType: 'auditSigning',
      workflowId: 'audit-signing',
      taskQueue: 'maintenance',
    });
  });

  test('when triggered signs what has grown with the key of the configuration, and a metric says so', async () => {
    const db = database.connect();
    const chain = await aChain(db, 3);
    await handle().trigger();
    await waitUntil('it was signed', () => db('audit_signatures').where({ chain_id: chain, seq: 3 }).first('seq'));
    const { verified, broken } = await findBreak(db, chain, new AuditKeys(config.auditKeys).verify);
    expect({ broken, signed: verified.signed?.seq }).toEqual({ broken: undefined, signed: 3 });

    const { recentActions } = (await handle().describe()).info;
    const run = temporal.client.workflow.getHandle(recentActions.at(-1)!.action.workflow.workflowId);
    expect(await run.result()).toMatchObject({ hasKey: true });
    expect(await (await fetch(`${worker.url}/metrics`)).text()).toMatch(
      /^plimsoll_audit_signed_timestamp_seconds [1-9]/m,
    );
  });
});
