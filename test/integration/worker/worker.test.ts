import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTemporal } from '../../../temporal/client.ts';
import { runSelfCheck } from '../../../temporal/self-check.ts';
import { aNamespace } from '../../support/namespace.ts';
import { testStack } from '../../support/stack.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { waitUntil } from '../../support/wait.ts';
import { runWorker, startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const { env, config } = testStack();
let namespace = '';
beforeAll(async () => {
  namespace = await aNamespace(config);
});

const workers: WorkerProcess[] = [];
const proxies: TcpProxy[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

async function aWorker(overrides: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await startWorker({ ...env, TEMPORAL_NAMESPACE: namespace, ...overrides });
  workers.push(worker);
  return worker;
}

async function aProxy(): Promise<TcpProxy> {
  const proxy = await startTcpProxy(config.temporalAddress);
  proxies.push(proxy);
  return proxy;
}

const statusOf = async (worker: WorkerProcess, path: string): Promise<number> =>
  (await fetch(worker.url + path)).status;
const isReady = (worker: WorkerProcess, ready: boolean) => async () =>
  (await statusOf(worker, '/health/ready')) === (ready ? 200 : 503);

describe('a worker', { timeout: 90_000 }, () => {
  test('becomes ready, shows its metrics with those of the Temporal SDK, and ends with 0 when told to', async () => {
    const worker = await aWorker();
    await waitUntil('it is ready', isReady(worker, true));

    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    expect(metrics).toMatch(/^temporal_worker_task_slots_available\{.*task_queue="platform"/m);
    expect(metrics).toMatch(/^temporal_worker_task_slots_available\{.*task_queue="maintenance"/m);

    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(worker.output()).toContain('"msg":"ended"');
  });

  test('ends with 0 on Ctrl-C too, while it still waits for Temporal', async () => {
    const proxy = await aProxy();
    await proxy.close();
    const worker = await aWorker({ TEMPORAL_ADDRESS: proxy.address });
    expect(await worker.stop('SIGINT')).toBe(0);
  });

  test('waits for a Temporal that is away when it starts, says so, and goes on when it is there', async () => {
    const proxy = await aProxy();
    await proxy.close();
    const worker = await aWorker({ TEMPORAL_ADDRESS: proxy.address });
    await waitUntil('it says what it waits for', () => worker.output().includes("the workers don't run"));
    expect(await statusOf(worker, '/health/live')).toBe(200);
    expect(await statusOf(worker, '/health/ready')).toBe(503);

    await proxy.open();
    await waitUntil('it is ready', isReady(worker, true));
  });

  test('is not ready while Temporal is away, and recovers by itself', async () => {
    const proxy = await aProxy();
    const worker = await aWorker({ TEMPORAL_ADDRESS: proxy.address });
    await waitUntil('it is ready', isReady(worker, true));

    await proxy.close();
    await waitUntil('it knows that Temporal is away', isReady(worker, false));
    expect(await statusOf(worker, '/health/live')).toBe(200);
    await proxy.open();
    await waitUntil('it is ready again', isReady(worker, true));
    expect(await worker.stop()).toBe(0);
  });

  test('names every fault of its configuration at once, and exits with 78', async () => {
    const { code, output } = await runWorker({ ...env, REDIS_URL: 'http://:hunter2@nowhere', PLIMSOLL_PORT: 'eighty' });
    expect(code).toBe(78);
    expect(output).toMatch(/REDIS_URL: .+\n.+PLIMSOLL_PORT: /);
    expect(output).not.toContain('hunter2');
  });
});

describe('a self check', () => {
  test('goes through Temporal to a worker with its Postgres and its Redis, and back', async () => {
    const temporal = createTemporal(config);
    try {
      const reading = await runSelfCheck(temporal, { askedBy: 'test', timeoutMs: 15_000 });
      expect(reading.worker).toMatch(/^worker@/);
      expect(Math.abs(Date.parse(reading.databaseTime) - Date.now())).toBeLessThan(60_000);
      expect(reading.schemaVersion).toMatch(/^\d{14}_/);
    } finally {
      await temporal.close();
    }
  });
});
