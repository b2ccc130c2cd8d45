import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalAddress, normalNetwork } from '../../../domain/validation/addresses.ts';
import { addIp } from '../../../store/licenses.ts';
import { findLicense } from '../../../store/validation.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

const SEED = 20261121;

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

// The database writes ::102:304 as ::1.2.3.4, which is no IPv4 address for all that.
describe('an address that the database spells in its own way', () => {
  test('is registered once, and known afterwards', async () => {
    const { product } = await platform.aProduct({ plan: 'pro' });
    const license = await platform.aLicense(product.id, { maxIps: 5 });
    await platform.register(license.id, '::102:304', '2001:db8:0:0:1:0:0:1');
    await platform.write((trx) => addIp(trx, license.id, '::1.2.3.4'));

    const found = await findLicense(platform.db, { productId: product.id, licenseKey: license.licenseKey });
    const { ips } = found!.facts;
    expect(ips.size).toBe(2);
    expect(ips.has('::102:304')).toBe(true);
    expect(ips.has('2001:db8::1:0:0:1')).toBe(true);
    expect(ips.has('1.2.3.4')).toBe(false);
  });

  test(`comes back as what went in, and so does a network (seed ${SEED})`, async () => {
    // Groups of zeros at every place, which each side shortens by rules of its own.
    const group = fc.constantFrom('0', '0', '0', '1', 'ffff', 'db8');
    const address = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
    const texts = fc.sample(fc.oneof(fc.ipV4(), fc.ipV6(), address), { seed: SEED, numRuns: 500 });
    const addresses = texts.map((text) => normalAddress(text)!);
    const networks = texts.map((text, i) => normalNetwork(`${text}/${text.includes(':') ? 96 + (i % 33) : i % 33}`)!);
    expect([...addresses, ...networks]).not.toContain(undefined);

    const { rows } = await platform.db.raw<{ rows: { address: string; network: string }[] }>(
      `select host(address::inet) as address, network::cidr::text as network
         from unnest(?::text[], ?::text[]) with ordinality as given (address, network, place) order by place`,
      [addresses, networks],
    );
    expect(rows.map((row) => normalAddress(row.address))).toEqual(addresses);
    expect(rows.map((row) => normalNetwork(row.network))).toEqual(networks);
  });
});
