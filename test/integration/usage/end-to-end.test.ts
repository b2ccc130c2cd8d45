import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { publishCatalogue } from '../../../store/catalogues.ts';
import { settledUse } from '../../../store/settled-use.ts';
import { type Drain, startDrain } from '../../../worker/drain.ts';
import { write } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aUsageBench, type UsageBench } from '../../support/usage.ts';
import { waitUntil } from '../../support/wait.ts';

const CATALOGUE = new URL('../../../plans/platform.yaml', import.meta.url);

let bench: UsageBench;
let platform: TestPlatform;
let drain: Drain;
beforeAll(async () => {
  bench = await aUsageBench();
  // As a Redis is that nobody has counted in yet: the API begins the generation.
  await bench.redis.flushall();
  const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
  await write(bench.db, (trx) => publishCatalogue(trx, catalogue));
  platform = await startPlatform({ databaseUrl: bench.database.url, redisUrl: bench.server.url });
  drain = startDrain({ ...bench, mostLagMs: 60_000, metrics: new Registry(), log: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await platform?.close();
  await drain?.stop();
  await bench?.close();
});

describe('calls of the public API', () => {
  test('settle with what became of them: each counted call once, refused ones not at all', async () => {
    const caller = await platform.aProduct();
    const { product } = caller;
    const { id: licenseId, licenseKey } = await platform.aLicense(product.id);
    const day = new Date().toISOString().slice(0, 10);

    // The first one registers the address, the second one knows it.
    for (let i = 0; i < 2; i += 1)
      expect((await caller.validate({ license_key: licenseKey, version: '1.0' })).status).toBe(200);
    await caller.validate({ license_key: 'AAAA-AAAA-AAAA-AAAA' });
    await caller.validate('no json');
    await caller.lookup(licenseKey);
    await caller.lookup('AAAA-AAAA-AAAA-AAAA');

    await waitUntil('all are settled', async () => (await settledUse(bench.db, product.id, day)) === 6);
    const verdicts = () =>
      bench
        .db('usage_by_verdict')
        .where({ product_id: product.id })
        .where('calls', '>', 0)
        .orderBy('status')
        .select<{ status: string; calls: number }[]>('status', bench.db.raw('sum(calls)::int as calls'))
        .groupBy('status');
    await waitUntil(
      'every verdict is known',
      async () => !(await verdicts()).some(({ status }) => status === 'unknown'),
    );
    expect(await verdicts()).toEqual([
      { status: 'active', calls: 2 },
      { status: 'invalid_request', calls: 1 },
      { status: 'license_not_found', calls: 1 },
      { status: 'lookup', calls: 1 },
      { status: 'lookup_not_found', calls: 1 },
    ]);
    const log = await bench
      .db('validations')
      .where({ product_id: product.id, license_id: licenseId, status: 'active' })
      .select('version', bench.db.raw('host(ip) as ip'));
    expect(log).toEqual(Array.from({ length: 2 }, () => ({ version: '1.0', ip: '127.0.0.1' })));
  });
});
