import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectRedis, openRedis } from '../../../counters/redis.ts';
import { createUsageStream } from '../../../counters/usage.ts';
import { connectDatabase } from '../../../store/database.ts';
import { settledUse } from '../../../store/settled-use.ts';
import { takePosition } from '../../../store/usage-positions.ts';
import { type Drain, startDrain } from '../../../worker/drain.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { testStack } from '../../support/stack.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { aCall, aUsageBench, type UsageBench } from '../../support/usage.ts';
import { waitUntil } from '../../support/wait.ts';

const { config } = testStack();
let bench: UsageBench;
beforeAll(async () => {
  bench = await aUsageBench();
});
afterAll(() => bench?.close());

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A drain as a worker has one, with what it says. */
function aDrain(overrides: Partial<Parameters<typeof startDrain>[0]> = {}) {
  const metrics = new Registry();
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const drain: Drain = startDrain({
    db: bench.db,
    stream: bench.stream,
    mostLagMs: 60_000,
    metrics,
    log,
    ...overrides,
  });
  ends.push(() => drain.stop());
  return {
    drain,
    said: (what: string): number => lines.filter((line) => line.includes(what)).length,
    metric: async (name: string): Promise<number> => {
      const { values } = (await metrics.getSingleMetric(`plimsoll_usage_${name}`)!.get()) as {
        values: { value: number }[];
      };
      return values[0]?.value ?? 0;
    },
  };
}

const settled = (call: ReturnType<typeof aCall>, cost = call.cost) =>
  waitUntil(
    `${cost} of ${call.productId} are settled`,
    async () => (await settledUse(bench.db, call.productId, call.periodKey)) === cost,
  );

describe('a drain', { timeout: 60_000 }, () => {
  test('settles what comes within a second, and says how far behind it is', async () => {
    const { metric } = aDrain();
    const call = aCall();
    await bench.append({ calls: [call] });
    const startedAt = performance.now();
    await settled(call);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await waitUntil('nothing is left', async () => (await metric('lag_entries')) === 0);
    expect(await metric('settled_calls_total')).toBe(1);
    expect(await metric('failures_total')).toBe(0);
  });

  test('shares a partition with others: many workers settle each call once', async () => {
    const drains = [aDrain(), aDrain(), aDrain()];
    const { productId } = aCall();
    for (let i = 0; i < 300; i += 1) await bench.append({ calls: [aCall({ productId }), aCall({ productId })] });
    await settled(aCall({ productId, cost: 600 }));
    await waitUntil('nothing is left', async () => (await bench.redis.xlen('{p0}:usage')) === 0);
    const told = async (): Promise<number> => {
      const counts = await Promise.all(drains.map(({ metric }) => metric('settled_calls_total')));
      return counts.reduce((a, b) => a + b);
    };
    // Whoever forgot the last entry tells of it after that.
    await waitUntil('they have told of all', async () => (await told()) >= 600);
    expect(await told()).toBe(600);
  });

  test('leaves a partition to whoever has it, and takes it over when that one is gone', async () => {
    const other = await bench.db.transaction();
    await takePosition(other, 0);
    const { metric } = aDrain();
    const call = aCall();
    await bench.append({ calls: [call] });
    await waitUntil('it has seen the call', async () => (await metric('lag_entries')) === 1);
    expect(await settledUse(bench.db, call.productId, call.periodKey)).toBe(0);
    expect(await metric('failures_total')).toBe(0);
    await other.rollback();
    await settled(call);
  });

  test("takes a partition over from one whose machine has died, within twice the database's time limit", async () => {
    const proxy = await startPostgresProxy(bench.database.url);
    ends.push(() => proxy.close());
    const databaseTimeoutMs = 1_000;
    const options = { ...config, databaseUrl: proxy.url, databasePoolSize: 1, databaseTimeoutMs };
    const theirs = connectDatabase(options, 'dead-machine');
    const batch = await theirs.transaction();
    await takePosition(batch, 0);
    // No end of the connection is told: Postgres alone can find out that nobody is there.
    expect(proxy.silence('dead-machine')).toBe(1);
    const diedAt = performance.now();

    aDrain();
    const call = aCall();
    await bench.append({ calls: [call] });
    await pause(databaseTimeoutMs);
    expect(await settledUse(bench.db, call.productId, call.periodKey)).toBe(0);
    await settled(call);
    // A second more is the pause of a drain that has found the partition taken; the rest is a busy machine's.
    expect(performance.now() - diedAt).toBeLessThan(2 * databaseTimeoutMs + 2_000);
    await proxy.close();
    await batch.rollback();
    await theirs.destroy();
  });

  test('is not behind for ever by what it settled before Redis came back with older data', async () => {
    await bench.beginGeneration({ flush: true });
    const [kept, lost] = [aCall(), aCall()];
    const ids = { kept: `${Date.now() - 300_000}-0`, lost: `${Date.now() - 200_000}-0` };
    await bench.append({ calls: [kept], id: ids.kept });
    const comeBack = await bench.backup();
    await bench.append({ calls: [lost], id: ids.lost });
    await bench.settleAll();
    await comeBack();

    // Nobody calls any more: nothing new comes that would take the old entry with it.
    const { metric, said } = aDrain();
    await waitUntil('it has seen the entry', () => said('settled too slowly') === 1);
    await waitUntil(
      'a new generation has begun',
      async () => (await bench.stream.generation(0)) !== bench.generation(),
    );
    await waitUntil(
      'it is not behind',
      async () => (await metric('lag_entries')) + (await metric('lag_seconds')) === 0,
    );
    await waitUntil('it logs all again', async () => (await metric('log_is_sampled')) === 0);
    expect(await settledUse(bench.db, kept.productId, kept.periodKey)).toBe(1);
  });

  test('waits for a Postgres that is away, tells it once, and goes on', async () => {
    const at = new URL(bench.database.url);
    const proxy = await startTcpProxy(at.host);
    ends.push(() => proxy.close());
    at.host = proxy.address;
    const db = connectDatabase({ ...config, databaseUrl: at.href, databasePoolSize: 2, databaseTimeoutMs: 1_000 });
    ends.push(() => db.destroy());
    const { metric, said } = aDrain({ db });
    const [before, during] = [aCall(), aCall()];
    await bench.append({ calls: [before] });
    await settled(before);

    await proxy.close();
    await bench.append({ calls: [during] });
    await waitUntil('it has failed twice', async () => (await metric('failures_total')) >= 2);
    expect(await settledUse(bench.db, during.productId, during.periodKey)).toBe(0);
    await proxy.open();
    await settled(during);
    await waitUntil('it says so', () => said('settling usage again') === 1);
    expect(said('could not be settled')).toBe(1);
  });

  test('waits for a Redis that is away, and goes on', async () => {
    const at = new URL(bench.server.url);
    const proxy = await startTcpProxy(at.host);
    ends.push(() => proxy.close());
    at.host = proxy.address;
    const redis = connectRedis({ redisUrl: at.href, redisTimeoutMs: 500 }, () => undefined);
    ends.push(async () => redis.disconnect());
    await openRedis(redis);
    const { metric } = aDrain({ stream: createUsageStream(redis) });
    await proxy.close();
    const call = aCall();
    await bench.append({ calls: [call] });
    await waitUntil('it has failed', async () => (await metric('failures_total')) >= 1);
    await proxy.open();
    await settled(call);
  });

  test('keeps an entry that can not be read for a person, and settles those around it', async () => {
    const { metric, said } = aDrain();
    const [first, last] = [aCall(), aCall()];
    await bench.append({ calls: [first] });
    for (const fields of [
      ['g', bench.generation(), 'c', 'nonsense'],
      ['g', bench.generation(), 'x', '[]'],
      ['c', '[]'],
    ])
      await bench.redis.xadd('{p0}:usage', '*', ...fields);
    const wrong = [
      { cost: -5 },
      { atMs: 0 },
      { productId: 'no id' },
      { licenseId: "'; drop table usage_periods" },
      { periodKey: null as unknown as string },
    ];
    for (const each of wrong) await bench.append({ calls: [aCall({ ...aCall(), ...each })] });
    await bench.append({ calls: [last] });
    await settled(first);
    await settled(last);
    await waitUntil('they are told', async () => (await metric('unreadable_total')) === 8);
    expect(await bench.db('usage_unreadable').select('entry')).toHaveLength(8);
    expect(said('usage_unreadable')).toBe(8);
  });

  test('settles texts and addresses as callers send them', async () => {
    aDrain();
    const productId = randomUUID();
    const texts = ['', '\\N', '\\.', 'a\tb\nc\r\\d', '"x","y" {}', "'); drop table validations; --", 'ä€😀', '\\x41'];
    const calls = texts.map((text) => aCall({ productId, version: text, deviceId: text }));
    calls.push(
      aCall({ productId, version: 'a\0b', deviceId: 'half \ud800' }),
      aCall({ productId, ip: '::ffff:198.51.100.1' }),
      aCall({ productId, ip: 'fe80::1%eth0' }),
      aCall({ productId, ip: 'nowhere' }),
    );
    await bench.append({ calls });
    await settled(aCall({ productId, cost: calls.length }));
    const rows = await bench
      .db('validations')
      .where({ product_id: productId })
      .select<{ version: string | null; device_id: string | null; ip: string | null }[]>(
        'version',
        'device_id',
        bench.db.raw('host(ip) as ip'),
      );
    // NUL and half a character are no text to Postgres; all else comes back as it was.
    const told = rows.map((row) => JSON.stringify([row.version, row.device_id]));
    const sent = [
      ...texts.map((text) => [text, text]),
      ['a\ufffdb', 'half \ufffd'],
      ...[1, 2, 3].map(() => [null, null]),
    ];
    expect(told.sort()).toEqual(sent.map((each) => JSON.stringify(each)).sort());
    expect(
      rows
        .map(({ ip }) => ip)
        .filter((ip) => ip !== null)
        .sort(),
    ).toEqual(['198.51.100.1', 'fe80::1']);
  });

  test('logs every tenth call only when it is too far behind, counts all of them, says so, and recovers', async () => {
    await bench.beginGeneration({ flush: true });
    const productId = randomUUID();
    const ids = Array.from({ length: 20 }, (_, i) => `${Date.now() - 120_000}-${i}`);
    for (const id of ids) await bench.append({ calls: Array.from({ length: 10 }, () => aCall({ productId })), id });
    const { metric, said } = aDrain();
    await settled(aCall({ productId, cost: 200 }));
    const log = await bench.db('validations').where({ product_id: productId }).select<{ weight: number }[]>('weight');
    expect(log).toEqual(Array.from({ length: 20 }, () => ({ weight: 10 })));
    const sums = await bench.db('usage_by_verdict').where({ product_id: productId }).select('calls');
    expect(sums).toEqual([{ calls: 200 }]);
    expect(await metric('log_left_out_total')).toBe(180);
    expect(said('settled too slowly')).toBe(1);
    await waitUntil(
      'it logs all again',
      async () => said('in time again') === 1 && (await metric('log_is_sampled')) === 0,
    );
  });
});

describe('a table of the log', () => {
  test('is made for whatever day a call is of, also when somebody has dropped it meanwhile', async () => {
    aDrain();
    const atMs = Date.parse('2026-01-05T12:00:00Z');
    const first = aCall({ atMs });
    await bench.append({ calls: [first] });
    await settled(first);
    await bench.db.raw('drop table validations_20260105');
    const second = aCall({ atMs });
    await bench.append({ calls: [second] });
    await settled(second);
    expect(await bench.db('validations_20260105').select('product_id')).toEqual([{ product_id: second.productId }]);
  });

  test('is there for tomorrow before anybody calls', async () => {
    aDrain();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    await waitUntil('it is there', () => bench.db.schema.hasTable(`validations_${tomorrow}`));
  });
});

describe('a drain of many partitions', { timeout: 60_000 }, () => {
  test('settles each of them, two at a time at most', async () => {
    const stream = createUsageStream(bench.redis, { partitions: 16 });
    let [reading, most] = [0, 0];
    const read: typeof stream.read = async (...asked) => {
      reading += 1;
      most = Math.max(most, reading);
      await pause(20);
      reading -= 1;
      return stream.read(...asked);
    };
    const calls = Array.from({ length: 16 }, () => aCall());
    for (const [partition, call] of calls.entries()) await bench.append({ calls: [call], partition });
    const db = connectDatabase({ ...config, databaseUrl: bench.database.url, databasePoolSize: 8 });
    ends.push(() => db.destroy());
    const { metric } = aDrain({ db, stream: { ...stream, read } });
    for (const call of calls) await settled(call);
    expect(most).toBe(2);
    expect(await metric('failures_total')).toBe(0);
  });
});
