import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { estimateOf } from '../../../domain/usage/sketch.ts';
import type { SettledCall } from '../../../domain/usage/tally.ts';
import { settledUse } from '../../../store/settled-use.ts';
import { aCall, aUsageBench, type UsageBench, verdictOf } from '../../support/usage.ts';

let bench: UsageBench;
beforeAll(async () => {
  bench = await aUsageBench();
});
afterAll(() => bench?.close());

const usedOf = ({ productId, periodKey }: SettledCall): Promise<number> => settledUse(bench.db, productId, periodKey);

describe('settlement', () => {
  test('brings a counted call into its period, its sums and the log, and forgets it in Redis', async () => {
    const call = aCall({ licenseId: randomUUID(), ip: '203.0.113.7', version: '1.2', deviceId: 'box', cost: 3 });
    const id = await bench.append({ calls: [call] });
    expect(await bench.settle()).toMatchObject({ outcome: 'settled', entries: 1, calls: 1, isFull: false });

    const day = call.periodKey;
    const { productId, licenseId } = call;
    expect(await usedOf(call)).toBe(3);
    expect(
      await bench.db('usage_by_verdict').where({ product_id: productId }).select('status', 'version', 'calls'),
    ).toEqual([{ status: 'active', version: '1.2', calls: 1 }]);
    expect(await bench.db('usage_by_license').where({ license_id: licenseId }).select('product_id', 'calls')).toEqual([
      { product_id: productId, calls: 1 },
    ]);
    const log = await bench
      .db('validations')
      .where({ product_id: productId })
      .select('at', 'license_id', bench.db.raw('host(ip) as ip'), 'version', 'device_id', 'status', 'weight');
    expect(log).toEqual([
      {
        at: call.atMs,
        license_id: licenseId,
        ip: '203.0.113.7',
        version: '1.2',
        device_id: 'box',
        status: 'active',
        weight: 1,
      },
    ]);
    const sketches = await bench.db('usage_sketches').where({ product_id: productId, day }).orderBy('kind');
    expect(sketches.map(({ kind, registers }) => [kind, estimateOf(registers as Buffer)])).toEqual([
      ['ips', 1],
      ['licenses', 1],
    ]);
    expect(await bench.db('usage_positions').first('stream_id')).toEqual({ stream_id: id });
    expect(await bench.redis.xlen('{p0}:usage')).toBe(0);
    expect(await bench.settle()).toEqual({ outcome: 'nothing' });
  });

  test('gives a call the verdict that comes in a later batch', async () => {
    const call = aCall({ callId: randomUUID(), status: null, version: '9' });
    await bench.append({ calls: [call] });
    await bench.settleAll();
    const sums = () =>
      bench
        .db('usage_by_verdict')
        .where({ product_id: call.productId })
        .where('calls', '>', 0)
        .select('status', 'calls');
    expect(await sums()).toEqual([{ status: 'unknown', calls: 1 }]);

    const licenseId = randomUUID();
    await bench.append({ verdicts: [verdictOf(call, { status: 'expired', licenseId, ip: '2001:db8::1' })] });
    await bench.settleAll();
    expect(await sums()).toEqual([{ status: 'expired', calls: 1 }]);
    expect(await bench.db('validations').where({ product_id: call.productId }).select('status', 'license_id')).toEqual([
      { status: 'expired', license_id: licenseId },
    ]);
    expect(await usedOf(call)).toBe(1);
    expect(await bench.db('usage_pending').where({ call_id: call.callId })).toEqual([]);
  });
});
