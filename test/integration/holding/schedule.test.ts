import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrganization } from '../../../store/organizations.ts';
import { createProduct } from '../../../store/products.ts';
import { createTemporal, type Temporal } from '../../../temporal/client.ts';
import { write } from '../../support/acting.ts';
import { plimsoll } from '../../support/cli.ts';
import { aNamespace } from '../../support/namespace.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';
import { waitUntil } from '../../support/wait.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const { env, config } = testStack();

let database: ScratchDatabase;
let db: Knex;
let temporal: Temporal;
let worker: WorkerProcess;
/** An organisation with two products. */
let organizationId: string;
beforeAll(async () => {
  const [scratch, namespace] = await Promise.all([aPlatformDatabase(), aNamespace(config)]);
  database = scratch;
  db = database.connect();
  organizationId = await write(db, async (trx) => {
    const { id } = await createOrganization(trx, { name: 'Test', slug: 'test', plan: 'free' });
    for (let i = 0; i < 2; i += 1) await createProduct(trx, { organizationId: id, name: randomUUID() });
    return id;
  });
  temporal = createTemporal({ ...config, temporalNamespace: namespace });
  worker = await startWorker({ ...env, TEMPORAL_NAMESPACE: namespace, DATABASE_URL: database.url });
  await waitUntil('the worker is ready', async () => (await fetch(`${worker.url}/health/ready`)).ok);
});
afterAll(async () => {
  await worker?.stop();
  await temporal?.close();
  await database?.drop();
});

const drift = () => db('limit_usage').where({ scope_id: organizationId }).update({ used: 7 });

const handle = () => temporal.client.schedule.getHandle('limit-recount');

describe('the schedule of the recount', { timeout: 60_000 }, () => {
  test('is there once a worker is: each night, one run at a time, missed ones not piled up', async () => {
    const { spec, policies, action } = await handle().describe();
    expect(spec).toMatchObject({ calendars: [{ comment: 'each night', hour: [{ start: 3 }] }], jitter: 600_000 });
    expect(policies).toMatchObject({ overlap: 'SKIP', pauseOnFailure: false, catchupWindow: 3_600_000 });
    expect(action).toMatchObject({ workflowType: 'recount', workflowId: 'limit-recount', taskQueue: 'maintenance' });
  });

  test('when triggered finds what was written by hand, and says so in a row, a metric, the log and the UI', async () => {
    await drift();
    await handle().trigger();
    const [row] = await waitUntil('it was found', async () => {
      const rows = await db('limit_recounts').select('limit_name', 'used', 'counted', 'repaired_at');
      return rows.length > 0 && rows;
    });
    expect(row).toEqual({ limit_name: 'products', used: 7, counted: 2, repaired_at: null });

    const { recentActions } = (await handle().describe()).info;
    const run = temporal.client.workflow.getHandle(recentActions.at(-1)!.action.workflow.workflowId);
    expect(await run.result()).toEqual({ compared: 1, passedOver: 0, differing: 1, unconfirmed: 0 });
    expect(await (await run.describe()).staticSummary()).toBe('recount: whether limits say what there is');
    expect(await (await fetch(`${worker.url}/metrics`)).text()).toMatch(
      /^plimsoll_limit_differences_total\{limit="products"\} 1$/m,
    );
    // What a process has written arrives a moment later.
    const said = /"level":(50|"error").*a limit says something else is in use than there is/;
    await waitUntil('the log says so', () => said.test(worker.output()));
  });
});

const clean = { compared: 1, passed_over: 0, unconfirmed: [] };
const found = () => ({ limit: 'products', scope_id: organizationId, used: 7, counted: 2 });

async function recount(...args: string[]) {
  const { code, stdout } = await plimsoll(['limits', 'recount', ...args, '--json'], { DATABASE_URL: database.url });
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) };
}

describe('plimsoll limits recount', { timeout: 60_000 }, () => {
  test('tells what differs and ends with 1; repairs it when told to, and ends with 0', async () => {
    await drift();
    expect(await recount()).toEqual({ code: 1, ...clean, differing: [found()], repaired: 0 });
    expect(await recount('--repair')).toEqual({ code: 0, ...clean, differing: [found()], repaired: 1 });
    expect(await recount()).toEqual({ code: 0, ...clean, differing: [], repaired: 0 });
    expect(await db('limit_usage').where({ scope_id: organizationId }).first('used')).toEqual({ used: 2 });
  });
});
