import { Command } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf, quotaKey, streamKey } from '../../counters/partitions.ts';
import { isRedisOutage } from '../../counters/redis.ts';
import { utcDay } from '../../domain/plans/periods.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../support/platform.ts';
import { startRedisCluster, type TestCluster } from '../support/redis-cluster.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../support/scratch.ts';
import { waitUntil } from '../support/wait.ts';

/** A master of a cluster that is away with its replica: a third of the tenants is metered, the others notice nothing. */

const PARTITIONS = 64;

let cluster: TestCluster;
let database: ScratchDatabase;
let open: TestPlatform;
beforeAll(async () => {
  [cluster, database] = await Promise.all([startRedisCluster(), aPlatformDatabase()]);
  open = await startPlatform({
    databaseUrl: database.url,
    redisUrl: cluster.url,
    partitions: PARTITIONS,
    redisTimeoutMs: 800,
  });
}, 60_000);
afterAll(async () => {
  await open.close();
  await Promise.all([cluster.stop(), database.drop()]);
});

const partitionOfProduct = ({ product }: TestProduct): number => partitionOf(product.organizationId, PARTITIONS);

async function masterOf(product: TestProduct): Promise<number> {
  const slot = new Command('get', [streamKey(partitionOfProduct(product))]).getSlot() ?? -1;
  const masters = await cluster.masters();
  return masters.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))!.port;
}

async function counterOf(product: TestProduct, port: number): Promise<number> {
  const key = quotaKey(partitionOfProduct(product), product.product.id, utcDay(Date.now()).key);
  return Number((await cluster.node(port).get(key)) ?? 0);
}

/** How many calls of a product its stream holds: each that counted is there once. */
async function streamedOf(product: TestProduct, port: number): Promise<number> {
  const entries = await cluster.node(port).xrange(streamKey(partitionOfProduct(product)), '-', '+');
  const calls = entries.flatMap(([, fields]) => fields.filter((_text, i) => fields[i - 1] === 'c'));
  return calls.filter((text) => (JSON.parse(text) as unknown[])[2] === product.product.id).length;
}

/** A product that can be validated, warm. */
async function aWarmProduct() {
  const product = await open.aProduct({ plan: 'enterprise' });
  const license = await open.aLicense(product.product.id);
  await open.obeyed();
  const call = (): Promise<Response> =>
    fetch(`${open.url}/api/v1/validate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${product.apiKey}` },
      body: JSON.stringify({ license_key: license.licenseKey }),
    });
  expect((await call()).status).toBe(200);
  return { product, call, port: await masterOf(product) };
}

/** Waits until readiness says that Redis is away, or that it isn't. */
function readinessTells(isAway: boolean) {
  return waitUntil('readiness tells', async () => {
    const report = (await (await fetch(`${open.url}/health/ready`)).json()) as { status: string; degraded: string[] };
    return report.degraded.includes('redis') === isAway && report;
  });
}

describe('a master that is away with its replica, where calls are served through an outage', () => {
  test('its tenants are served, said to be degraded, and counted once when it is back; others notice nothing', async () => {
    const hit = await aWarmProduct();
    const spared = await waitUntil('a product is elsewhere', async () => {
      const other = await aWarmProduct();
      return other.port !== hit.port && other;
    });
    const answers: { to: typeof hit; answer: Promise<Response> }[] = [];
    const load = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i += 1) {
        for (const to of [hit, spared]) for (let n = 0; n < 5; n += 1) answers.push({ to, answer: to.call() });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await load(10);
    const replica = await cluster.replicaOf(hit.port);
    await cluster.kill(replica);
    await cluster.kill(hit.port);
    const [, during] = await Promise.all([load(150), readinessTells(true)]);
    // Two thirds of the tenants are served as always: this process stays in service.
    expect(during).toMatchObject({ status: 'ready', degraded: expect.arrayContaining(['redis']) as unknown });
    await Promise.all([cluster.restart(hit.port), cluster.restart(replica)]);
    await load(10);

    const told = await Promise.all(
      answers.map(async ({ to, answer }) => ({ to, status: (await answer).status, headers: (await answer).headers })),
    );
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
    const degraded = told.filter(({ headers }) => headers.get('plimsoll-degraded') === 'redis');
    expect(degraded.length).toBeGreaterThan(100);
    expect(degraded.every(({ to }) => to === hit)).toBe(true);

    for (const { product, port } of [hit, spared]) {
      const all = 1 + told.filter(({ to }) => to.product === product).length;
      await waitUntil('all are counted', async () => {
        try {
          return (await counterOf(product, port)) >= all;
        } catch (error) {
          // The node answers again before the cluster has agreed that it is whole.
          if (!isRedisOutage(error)) throw error;
          return undefined;
        }
      });
      expect(await counterOf(product, port)).toBe(all);
      expect(await streamedOf(product, port)).toBe(all);
    }
    await waitUntil('nothing waits', async () => {
      const waiting = await open.db('usage_metered').count<{ rows: number }[]>({ rows: '*' }).first();
      return Number(waiting?.rows) === 0;
    });
    await waitUntil('it is well again', async () => !(await hit.call()).headers.has('plimsoll-degraded'));
    await readinessTells(false);
  }, 90_000);
});
