import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { quotaKey } from '../../../counters/partitions.ts';
import { createQuotaCounter } from '../../../counters/quota.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { settledUse } from '../../../store/settled-use.ts';
import { aCall, aUsageBench, aUsageBenchOnACluster, type StreamBench, verdictOf } from '../../support/usage.ts';

let bench: StreamBench;

const STREAM = '{p0}:usage';

/** A product, and what of it is settled. */
function aProduct() {
  const productId = randomUUID();
  return {
    id: productId,
    call: (cost = 1) => aCall({ productId, cost }),
    /** As an API process counts it. */
    counted: () => ({ ...aCall({ productId }), status: 'active' as const }),
    used: () => settledUse(bench.db, productId, aCall().periodKey),
  };
}

/** Settles two entries, then lets Redis come back as it was before the second one, as a replica that lagged. */
async function fallBack(product: ReturnType<typeof aProduct>): Promise<void> {
  await bench.append({ calls: [product.call(1)], id: '1000-0' });
  const comeBack = await bench.backup();
  await bench.append({ calls: [product.call(2)], id: '2000-0' });
  await bench.settleAll();
  await comeBack();
}

describe.each([
  ['one Redis', aUsageBench],
  ['a cluster', aUsageBenchOnACluster],
] as const)('on %s', (_name, start) => {
  beforeAll(async () => {
    bench = await start();
  }, 60_000);
  afterAll(() => bench?.close());
  afterEach(async () => {
    await bench.beginGeneration({ flush: true });
    await bench.db('usage_generations').delete();
  });

  describe('a Redis that has lost its data', () => {
    test.each([
      ['smaller', '5-0'],
      ['larger', '9999999999999-0'],
      ['the same', '2000-0'],
    ])('begins a new generation, whose entries settle though their ids are %s', async (_than, id) => {
      const product = aProduct();
      await bench.append({ calls: [product.call(1)], id: '2000-0' });
      await bench.settleAll();
      await bench.beginGeneration({ flush: true });
      await bench.append({ calls: [product.call(10)], id });
      await bench.settleAll();
      expect(await product.used()).toBe(11);
      expect(await bench.redis.xlen(STREAM)).toBe(0);
    });

    test('costs what was not settled, and nothing that was', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call(3)] });
      await bench.settleAll();
      await bench.append({ calls: [product.call(100)] });
      await bench.beginGeneration({ flush: true });
      await bench.append({ calls: [product.call(4)] });
      await bench.settleAll();
      expect(await product.used()).toBe(7);
    });

    test('may lose its data between the commit and the forgetting: the new entries are not forgotten with the old ones', async () => {
      const product = aProduct();
      const old = { generation: bench.generation(), id: await bench.append({ calls: [product.call()], id: '9000-0' }) };
      await bench.settleAll();
      await bench.beginGeneration({ flush: true });
      await bench.append({ calls: [product.call(5)], id: '100-0' });
      expect(await bench.stream.trim(0, old)).toBe(0);
      await bench.settleAll();
      expect(await product.used()).toBe(6);
    });

    test('leaves verdicts without their calls, which change nothing', async () => {
      const lost = aCall({ callId: randomUUID(), status: null });
      await bench.append({ verdicts: [verdictOf(lost)] });
      expect(await bench.settle()).toMatchObject({ outcome: 'settled', calls: 0, orphans: 1 });
      expect(await bench.db('usage_by_verdict').where({ product_id: lost.productId })).toEqual([]);
    });
  });

  describe('a generation that begins in a stream that is kept', () => {
    test('settles after what the former one has left, each entry once', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call(1)] });
      await bench.beginGeneration();
      await bench.append({ calls: [product.call(10)] });
      await bench.settleAll();
      await bench.append({ calls: [product.call(100)] });
      await bench.settleAll();
      expect(await product.used()).toBe(111);
      expect(await bench.redis.xlen(STREAM)).toBe(0);
    });
  });

  describe('a Redis that came back with older data', () => {
    test('counts nothing again that was settled, and begins a new generation', async () => {
      const product = aProduct();
      await fallBack(product);
      await bench.settleAll();
      expect(await product.used()).toBe(3);
      const { id, bornAtMs } = await bench.redis.hgetall('{p0}:generation');
      expect(id).not.toBe(bench.generation());
      expect(Math.abs(Number(bornAtMs) - Date.now())).toBeLessThan(5_000);
    });

    test('settles what comes then under an id that was settled before', async () => {
      const product = aProduct();
      await fallBack(product);
      await bench.settleAll();
      const generation = (await bench.redis.hget('{p0}:generation', 'id'))!;
      await bench.append({ calls: [product.call(40)], id: '2000-0', generation });
      await bench.settleAll();
      expect(await product.used()).toBe(43);
    });

    test('is found out although its stream goes on with later ids than those that were settled', async () => {
      const product = aProduct();
      await fallBack(product);
      await bench.append({ calls: [product.call(10)], id: '3000-0' });
      await bench.settleAll();
      expect(await product.used()).toBe(13);
      expect(await bench.stream.generation(0)).not.toBe(bench.generation());
    });

    test('is found out when a generation lives again that another one has followed', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call(1)], id: '1000-0' });
      await bench.settleAll();
      const [old, comeBack] = [bench.generation(), await bench.backup()];
      await bench.beginGeneration({ flush: true });
      await bench.append({ calls: [product.call(2)], id: '500-0' });
      await bench.settleAll();
      await comeBack();
      expect(await bench.stream.generation(0)).toBe(old);
      await bench.settle();
      expect(await bench.stream.generation(0)).not.toBe(old);
    });

    test('has each counter compared with what is settled before it counts again, and raised to that', async () => {
      const product = aProduct();
      const key = quotaKey(0, product.id, aCall().periodKey);
      await bench.append({ calls: [product.call(60)], id: '1000-0' });
      await bench.redis.set(key, 60);
      const comeBack = await bench.backup();
      await bench.append({ calls: [product.call(20)], id: '2000-0' });
      await bench.redis.set(key, 80);
      await bench.settleAll();
      await comeBack();
      await bench.settle();
      // A process that has never called before: it knows nothing of what was lost.
      const counter = createQuotaCounter(bench.redis, {
        timeoutMs: 1_000,
        settledUse: (productId, periodKey) => settledUse(bench.db, productId, periodKey),
        onError: (error) => {
          throw error;
        },
      });
      const period = utcDay(Date.now());
      const one = { organizationId: product.id, period, allowed: 100, call: product.counted() };
      expect(await counter.count(one)).toEqual({ counted: true, used: 81 });
      expect(await counter.count(one)).toEqual({ counted: true, used: 82 });
      await counter.close();
    });

    test('has a counter that is below what is settled raised when its next calls settle', async () => {
      const product = aProduct();
      const key = quotaKey(0, product.id, aCall().periodKey);
      await bench.append({ calls: [product.call(80)] });
      await bench.settleAll();
      await bench.redis.set(key, 61, 'EX', 1_000);
      await bench.append({ calls: [product.call(1)] });
      await bench.settleAll();
      expect(await bench.redis.get(key)).toBe('81');
      expect(await bench.redis.ttl(key)).toBeGreaterThan(900);
      // One that is ahead, because more waits in the stream, is left alone.
      await bench.redis.set(key, 90);
      await bench.append({ calls: [product.call(1)] });
      await bench.settleAll();
      expect(await bench.redis.get(key)).toBe('90');
    });

    test('is not suspected where another worker has settled and forgotten more than this one', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call(1)], id: '1000-0' });
      await bench.append({ calls: [product.call(1)], id: '2000-0' });
      await bench.settleAll();
      await bench.stream.trim(0, { generation: bench.generation(), id: '1000-0' });
      await bench.settle();
      expect(await bench.stream.generation(0)).toBe(bench.generation());
    });

    test('is not suspected where who settled it died before it could forget it', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call(1)], id: '1000-0' });
      const comeBack = await bench.backup();
      await bench.settleAll();
      await comeBack();
      await bench.settle();
      expect(await bench.stream.generation(0)).toBe(bench.generation());
      expect(await product.used()).toBe(1);
    });

    test('is not suspected where the stream just has nothing new', async () => {
      const product = aProduct();
      await bench.append({ calls: [product.call()] });
      await bench.settleAll();
      expect(await bench.settle()).toEqual({ outcome: 'nothing' });
      expect(await bench.redis.hget('{p0}:generation', 'id')).toBe(bench.generation());
    });
  });

  describe('a Postgres that came back with older data', () => {
    test('settles nothing twice, and lowers no counter; what was settled and forgotten since is missing in its sums', async () => {
      const product = aProduct();
      const key = quotaKey(0, product.id, aCall().periodKey);
      const tables = ['usage_positions', 'usage_generations', 'usage_periods'] as const;
      await bench.append({ calls: [product.call(1)] });
      await bench.settleAll();
      for (const table of tables) await bench.db.raw('create table ?? as table ??', [`old_${table}`, table]);
      await bench.append({ calls: [product.call(10)] });
      await bench.redis.set(key, 11);
      await bench.settleAll();

      for (const table of tables.toReversed()) await bench.db(table).delete();
      for (const table of tables) await bench.db.raw('insert into ?? select * from ??', [table, `old_${table}`]);
      await bench.append({ calls: [product.call(100)] });
      await bench.redis.incrby(key, 100);
      await bench.settleAll();
      expect(await product.used()).toBe(101);
      expect(await bench.redis.get(key)).toBe('111');
      expect(await bench.stream.generation(0)).toBe(bench.generation());
    });
  });
});
