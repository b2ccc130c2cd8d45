import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '../../../runtime/log.ts';
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

  test('closes yesterday when triggered: from the stream through the drain to closed rows', async () => {
    const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
    const [productId, other] = [randomUUID(), randomUUID()];
    const atMs = Date.parse(yesterday) + 1_000;
    await bench.append({
      calls: [aCall({ productId, atMs, cost: 2 }), aCall({ productId, atMs }), aCall({ productId: other })],
    });
    await bench.redis.set(`{p0}:quota:${productId}:${yesterday}`, 3);
    await waitUntil('the drain has settled it', async () => (await bench.db('usage_periods')).length === 2);

    await handle().trigger();
    await waitUntil('the day is closed', async () => (await bench.db('usage_closed_days')).length === 1, 40_000);
    expect(await bench.db('usage_closings').select('product_id', 'used', 'late')).toEqual([
      { product_id: productId, used: 3, late: 0 },
    ]);
    expect(await bench.redis.exists(`{p0}:quota:${productId}:${yesterday}`)).toBe(0);

    const { recentActions } = (await handle().describe()).info;
    const started = recentActions.at(-1)!.action;
    const run = temporal.client.workflow.getHandle(started.workflow.workflowId);
    expect(await run.result()).toEqual({ closedDays: 1 });
    expect(await (await run.describe()).staticSummary()).toBe('quota close: every UTC day that is over');
  });

  test("shows how far settling is in the worker's metrics", async () => {
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/^plimsoll_usage_settled_calls_total\{partition="0"\} 3$/m);
    expect(metrics).toMatch(/^plimsoll_usage_lag_entries\{partition="0"\} 0$/m);
    expect(metrics).toMatch(/^plimsoll_usage_lag_seconds\{partition="0"\} 0$/m);
    expect(metrics).toMatch(/^plimsoll_usage_batches_total\{partition="0"\} 1$/m);
  });
});
