import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { publishCatalogue } from '../../../store/catalogues.ts';
import { addIp, createLicense } from '../../../store/licenses.ts';
import { createOrganization } from '../../../store/organizations.ts';
import { changeProduct, createProduct } from '../../../store/products.ts';
import { write } from '../../support/acting.ts';
import { aCall, aUsageBench, type UsageBench, verdictOf } from '../../support/usage.ts';

const CATALOGUE = new URL('../../../plans/platform.yaml', import.meta.url);
const IP = '203.0.113.7';

let bench: UsageBench;
let productId = '';
let licenseId = '';
beforeAll(async () => {
  bench = await aUsageBench();
  const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
  await write(bench.db, (trx) => publishCatalogue(trx, catalogue));
});
afterAll(() => bench?.close());
beforeEach(async () => {
  await write(bench.db, async (trx) => {
    const organization = await createOrganization(trx, { name: 'Test', slug: `t-${randomUUID()}`, plan: 'free' });
    const made = await createProduct(trx, { organizationId: organization.id, name: 'p' });
    productId = made.product.id;
    const customer = { email: `${randomUUID()}@example.com`, discordId: null, name: null };
    const license = await createLicense(trx, { productId, customer, expiresAtMs: null });
    licenseId = license.id;
    await addIp(trx, licenseId, IP);
  });
});

const lastSeen = async (): Promise<number> =>
  (await bench.db('license_ips').where({ license_id: licenseId }).first<{ last_seen_at: number }>('last_seen_at'))
    .last_seen_at;
const inAnHour = (): number => Date.now() + 3_600_000;
const settleCall = async (options: Parameters<typeof aCall>[0], sampling = false): Promise<void> => {
  await bench.append({ calls: [aCall({ productId, licenseId, ip: IP, ...options })] });
  await bench.settleAll({ sampling });
};

describe('when a registered address was last seen', () => {
  test('is moved forward by a call that succeeded, to its very moment', async () => {
    const atMs = inAnHour();
    await settleCall({ atMs });
    expect(await lastSeen()).toBe(atMs);
  });

  test('is never moved back, by a later batch or within one', async () => {
    const atMs = inAnHour();
    await bench.append({
      calls: [aCall({ productId, licenseId, ip: IP, atMs }), aCall({ productId, licenseId, ip: IP, atMs: atMs - 10 })],
    });
    await bench.settleAll();
    await settleCall({ atMs: atMs - 20 });
    expect(await lastSeen()).toBe(atMs);
  });

  test('is moved by a verdict that follows its call', async () => {
    const call = aCall({ productId, callId: randomUUID(), status: null, atMs: inAnHour() });
    await bench.append({ calls: [call] });
    await bench.settleAll();
    await bench.append({ verdicts: [verdictOf(call, { licenseId, ip: IP })] });
    await bench.settleAll();
    expect(await lastSeen()).toBe(call.atMs);
  });

  test.each(['expired', 'ip_blocked', 'lookup', null])('is not moved by %s', async (status) => {
    const before = await lastSeen();
    await settleCall({ atMs: inAnHour(), status });
    expect(await lastSeen()).toBe(before);
  });

  test('is not moved where the product does not track addresses', async () => {
    const before = await lastSeen();
    await write(bench.db, (trx) => changeProduct(trx, productId, { trackIp: false }));
    await settleCall({ atMs: inAnHour() });
    expect(await lastSeen()).toBe(before);
  });

  test('is not waited for where somebody is changing the row', async () => {
    const before = await lastSeen();
    const other = await bench.db.transaction();
    await other('license_ips').where({ license_id: licenseId }).update({ origin: 'manual' });
    await settleCall({ atMs: inAnHour() });
    await other.rollback();
    expect(await lastSeen()).toBe(before);
    expect(await bench.redis.xlen('{p0}:usage')).toBe(0);
  });

  test('registers no address that is unknown', async () => {
    await settleCall({ ip: '203.0.113.99', atMs: inAnHour() });
    expect(await bench.db('license_ips').where({ license_id: licenseId })).toHaveLength(1);
  });

  test('is moved by a minute or more at a time while the drain is too far behind', async () => {
    const before = await lastSeen();
    await settleCall({ atMs: before + 59_000 }, true);
    expect(await lastSeen()).toBe(before);
    await settleCall({ atMs: before + 61_000 }, true);
    expect(await lastSeen()).toBe(before + 61_000);
  });
});
