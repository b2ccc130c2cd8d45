import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utcDay } from '../../../domain/plans/periods.ts';
import { createLogger } from '../../../runtime/log.ts';
import { takePosition } from '../../../store/usage-positions.ts';
import { createTemporal, type Temporal } from '../../../temporal/client.ts';
import { ensureSchedules } from '../../../temporal/schedules.ts';
import { aNamespace } from '../../support/namespace.ts';
import { testStack } from '../../support/stack.ts';
import { aCall, aUsageBench, type UsageBench } from '../../support/usage.ts';
import { waitUntil } from '../../support/wait.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const { env, config } = testStack();
const DAY_MS = 86_400_000;

let bench: UsageBench;
let temporal: Temporal;
let worker: WorkerProcess;
beforeAll(async () => {
  const [made, namespace] = await Promise.all([aUsageBench(), aNamespace(config)]);
  bench = made;
  temporal = createTemporal({ ...config, temporalNamespace: namespace });
  worker = await startWorker({
    ...env,
    TEMPORAL_NAMESPACE: namespace,
    DATABASE_URL: bench.database.url,
    REDIS_URL: bench.server.url,
  });
  await waitUntil('the worker is ready', async () => (await fetch(`${worker.url}/health/ready`)).ok);
});
afterAll(async () => {
  await worker?.stop();
  await temporal?.close();
  await bench?.close();
});

const handle = () => temporal.client.schedule.getHandle('daily-close');

const keyOf = (startsAtMs: number): string => utcDay(startsAtMs).key;

/** Starts a run now, as the schedule does at midnight, and gives its handle. */
async function trigger(): Promise<WorkflowHandle> {
  const before = (await handle().describe()).info.recentActions.length;
  await handle().trigger();
  await waitUntil('it has begun', async () => (await handle().describe()).info.recentActions.length > before);
  const { recentActions } = (await handle().describe()).info;
  return temporal.client.workflow.getHandle(recentActions.at(-1)!.action.workflow.workflowId);
}

/** What Temporal's UI shows of a run beside its summary. */
async function details(run: WorkflowHandle): Promise<string> {
  const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails;
}

describe('the schedule of the daily close', { timeout: 60_000 }, () => {
  test('is there once a worker is: at midnight UTC, one run at a time, missed ones not piled up', async () => {
    const { spec, policies, action, info } = await handle().describe();
    expect(spec.calendars).toMatchObject([{ comment: 'midnight UTC', hour: [{ start: 0 }], minute: [{ start: 0 }] }]);
    expect(policies).toMatchObject({ overlap: 'SKIP', pauseOnFailure: false, catchupWindow: 3_600_000 });
    expect(action).toMatchObject({ workflowType: 'dailyClose', workflowId: 'daily-close', taskQueue: 'maintenance' });
    for (const at of info.nextActionTimes) expect(at.getTime() % DAY_MS).toBe(0);
    expect(info.nextActionTimes.length).toBeGreaterThan(0);
  });

  test('stays paused where somebody has paused it, when the next worker starts', async () => {
    await handle().pause('looking into something');
    await ensureSchedules(temporal, createLogger({ logLevel: 'silent' }, { name: 'test' }));
    const { state } = await handle().describe();
    expect(state).toMatchObject({ paused: true, note: 'looking into something' });
    await handle().unpause();
  });

  test('closes each day of a week in which nothing ran once, when the drain has passed it, and tells what it waits for', async () => {
    const today = utcDay(Date.now()).startsAtMs;
    const week = [7, 6, 5, 4, 3, 2, 1].map((ago) => today - ago * DAY_MS);
    const used = [week[0]!, week[1]!, week[4]!, week[6]!];
    const productId = randomUUID();
    await bench.db('usage_closed_days').insert({ day: keyOf(today - 8 * DAY_MS), products: 0, used: 0 });
    // Somebody else has the partition, so that nothing settles.
    const other = await bench.db.transaction();
    await waitUntil('the partition is free', async () => (await takePosition(other, 0)) !== undefined);
    for (const atMs of used) {
      await bench.append({
        calls: [aCall({ productId, atMs, cost: 2 }), aCall({ productId, atMs })],
        id: `${atMs + 1}-0`,
      });
      await bench.redis.set(`{p0}:quota:${productId}:${keyOf(atMs)}`, 3);
    }
    const counters = () => bench.redis.exists(...used.map((atMs) => `{p0}:quota:${productId}:${keyOf(atMs)}`));

    const run = await trigger();
    await waitUntil('it tells what it waits for', async () =>
      (await details(run)).includes('partition 0 to be settled'),
    );
    expect(await bench.db('usage_closed_days')).toHaveLength(1);
    await other.rollback();
    expect(await run.result()).toEqual({ closedDays: 7 });
    expect(await bench.db('usage_closed_days')).toHaveLength(8);
    const closed = () =>
      bench
        .db('usage_closings')
        .orderBy('day')
        .select('product_id', 'used', 'late', bench.db.raw(`to_char(day, 'YYYY-MM-DD') as day`));
    const wanted = used.map((atMs) => ({ product_id: productId, used: 3, late: 0, day: keyOf(atMs) }));
    expect(await closed()).toEqual(wanted);
    expect(await counters()).toBe(0);
    expect(await (await run.describe()).staticSummary()).toBe('quota close: every UTC day that is over');
    expect(await details(run)).toContain('Closed 7 days; all that were over at');

    const again = await trigger();
    expect(await again.result()).toEqual({ closedDays: 0 });
    expect(await closed()).toEqual(wanted);
  });

  test("shows how far settling is in the worker's metrics", async () => {
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/^plimsoll_usage_settled_calls_total\{partition="0"\} 8$/m);
    expect(metrics).toMatch(/^plimsoll_usage_lag_entries\{partition="0"\} 0$/m);
    expect(metrics).toMatch(/^plimsoll_usage_lag_seconds\{partition="0"\} 0$/m);
    expect(metrics).toMatch(/^plimsoll_usage_batches_total\{partition="0"\} 1$/m);
  });
});
