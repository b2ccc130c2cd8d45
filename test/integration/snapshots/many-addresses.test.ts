import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addIp, changeLicense, removeIp } from '../../../store/licenses.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform.close());

const MANY = 1_500;
const addressOf = (i: number) => `2001:db8::${i.toString(16)}`;

/** A licence with so many registered addresses, all of one network, written in one statement. */
async function aLicenseWith(count: number, maxIps: number | null) {
  const made = await platform.aProduct({ settings: { ipRegistration: 'up_to_max' } });
  const license = await platform.aLicense(made.product.id, { maxIps });
  await platform.db.raw(
    `insert into license_ips (organization_id, license_id, address, origin)
     select ?, ?, ('2001:db8::' || to_hex(i))::inet, 'manual' from generate_series(1, ?) i`,
    [made.product.organizationId, license.id, count],
  );
  return {
    id: license.id,
    from: async (ip: string) => {
      const { body } = await made.validate({ license_key: license.licenseKey }, { 'x-forwarded-for': ip });
      return [body.status, body.ip_registered, body.ip_count];
    },
    count: async () => (await platform.addressesOf(license.id)).length,
  };
}

describe.each([999, 1_000, 1_001, MANY])('a licence with %i registered addresses', (count) => {
  test('knows each of them, and none else, at its cap', async () => {
    const { from } = await aLicenseWith(count, count);
    for (const i of [1, 2, 500, count - 1, count]) expect(await from(addressOf(i))).toEqual(['active', true, count]);
    for (const i of [0xfff0, count + 1]) expect(await from(addressOf(i))).toEqual(['ip_limit_reached', false, count]);
    expect(await from('192.0.2.1')).toEqual(['ip_limit_reached', false, count]);
  });

  test('fills its cap to the last place', async () => {
    const { from, count: registered } = await aLicenseWith(count, count + 2);
    expect(await from('192.0.2.1')).toEqual(['active', true, count + 1]);
    expect(await from('192.0.2.1')).toEqual(['active', true, count + 1]);
    expect(await from('192.0.2.2')).toEqual(['active', true, count + 2]);
    expect(await from('192.0.2.3')).toEqual(['ip_limit_reached', false, count + 2]);
    expect(await registered()).toBe(count + 2);
  });
});

test('an address that is added or removed among many is known at once', async () => {
  const license = await aLicenseWith(MANY, MANY);
  expect(await license.from(addressOf(7))).toEqual(['active', true, MANY]);
  await platform.write((trx) => removeIp(trx, license.id, addressOf(7)));
  await platform.write((trx) => addIp(trx, license.id, '192.0.2.1'));
  expect(await license.from(addressOf(7))).toEqual(['ip_limit_reached', false, MANY]);
  expect(await license.from('192.0.2.1')).toEqual(['active', true, MANY]);
  await platform.write((trx) => changeLicense(trx, license.id, { maxIps: null }));
  expect(await license.from(addressOf(7))).toEqual(['active', true, MANY + 1]);
});

test('a cap that is lowered below them leaves them be, and admits no more', async () => {
  const license = await aLicenseWith(MANY, null);
  await platform.write((trx) => changeLicense(trx, license.id, { maxIps: 1_200 }));
  expect(await license.from(addressOf(MANY))).toEqual(['active', true, MANY]);
  expect(await license.from('192.0.2.1')).toEqual(['ip_limit_reached', false, MANY]);
});

test('twenty first calls at once from twenty addresses take exactly the three places that are left', async () => {
  const license = await aLicenseWith(MANY, MANY + 3);
  const seen = await Promise.all(Array.from({ length: 20 }, (_, i) => license.from(`192.0.2.${i + 1}`)));
  expect(seen.filter(([status]) => status === 'active')).toHaveLength(3);
  expect(seen.filter(([status]) => status === 'ip_limit_reached')).toHaveLength(17);
  expect(await license.count()).toBe(MANY + 3);
});

test('many addresses that are new to a licence are registered by few transactions: all that wait for one share the next', async () => {
  const { id, from, count } = await aLicenseWith(0, 30);
  // The first waits for this lock until the others have come.
  const holding = await platform.db.transaction();
  await holding('licenses').where({ id }).forNoKeyUpdate().select('id');
  const answers = Array.from({ length: 40 }, (_, i) => from(`198.51.100.${i + 1}`));
  await pause(1_500);
  await holding.commit();
  const told = await Promise.all(answers);
  const active = told.filter(([status]) => status === 'active');
  const counts = active.map(([, , ipCount]) => Number(ipCount)).sort((a, b) => a - b);
  expect(counts).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  const refused = told.filter(([status]) => status !== 'active');
  expect(refused).toEqual(Array.from({ length: 10 }, () => ['ip_limit_reached', false, 30]));
  expect(await count()).toBe(30);
  const writers = await platform.db('license_ips').where({ license_id: id }).distinct(platform.db.raw('xmin::text'));
  // The first's, and that of those that waited; one more for who came late.
  expect(writers.length).toBeLessThanOrEqual(3);
});
