import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlacklistScope, blockNetwork, unblockNetwork } from '../../../store/blacklists.ts';
import { changeLicense, resetIps } from '../../../store/licenses.ts';
import { changeProduct, type ProductSettings } from '../../../store/products.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

// Two proxies are trusted: the test itself, which calls from 127.0.0.1, and a network that it only speaks of.
const TRUSTED = { trustedProxies: ['127.0.0.1', '10.200.0.0/16', '2001:db8:aaaa::/48'] };
let platform: TestPlatform;
let sibling: TestPlatform;
beforeAll(async () => {
  [platform, sibling] = await Promise.all([startPlatform(TRUSTED), startPlatform(TRUSTED)]);
});
afterAll(() => Promise.all([platform.close(), sibling.close()]));

/** A product with one licence that is called from many addresses. */
async function aLicenseIn(settings: Partial<ProductSettings> = {}, maxIps: number | null = 1, plan = 'pro') {
  const made = await platform.aProduct({ plan, settings });
  const license = await platform.aLicense(made.product.id, { maxIps });
  const answerTo = (forwarded: string) =>
    made.validate({ license_key: license.licenseKey }, { 'x-forwarded-for': forwarded });
  return {
    product: made.product,
    organizationId: made.product.organizationId,
    customerId: license.customerId,
    licenseId: license.id,
    licenseKey: license.licenseKey,
    apiKey: made.apiKey,
    lookup: () => made.lookup(license.licenseKey),
    registered: () => platform.addressesOf(license.id),
    /** Status, ip_registered and ip_count for a call from there. */
    from: async (forwarded: string) => {
      const { body } = await answerTo(forwarded);
      return [body.status, body.ip_registered, body.ip_count];
    },
  };
}

describe('registration', () => {
  test('with tracking off, every address passes, membership is told, and nothing is recorded', async () => {
    const license = await aLicenseIn({ trackIp: false }, 2);
    await platform.register(license.licenseId, '192.0.2.1');
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.2')).toEqual(['active', false, 1]);
    expect(await license.registered()).toEqual(['192.0.2.1']);
  });

  test('a registered address passes, also where it may not register itself', async () => {
    const license = await aLicenseIn({ autoRegisterIp: false });
    await platform.register(license.licenseId, '192.0.2.1');
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
  });

  test('with self-registration off, an unknown address is not registered, whatever is left of the cap', async () => {
    for (const cap of [1, 5, null]) {
      const license = await aLicenseIn({ autoRegisterIp: false }, cap);
      expect(await license.from('192.0.2.1')).toEqual(['ip_not_registered', false, 0]);
      expect(await license.registered()).toEqual([]);
    }
  });

  test('the first address registers itself, and the next one meets the cap', async () => {
    const license = await aLicenseIn({}, 1);
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.2')).toEqual(['ip_limit_reached', false, 1]);
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
    expect(await license.registered()).toEqual(['192.0.2.1']);
  });

  test('only the first registers itself, though the cap has room', async () => {
    const license = await aLicenseIn({}, 3);
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.2')).toEqual(['ip_not_registered', false, 1]);
    expect(await license.registered()).toEqual(['192.0.2.1']);
  });

  test('up_to_max fills the cap and stops there', async () => {
    const license = await aLicenseIn({ ipRegistration: 'up_to_max' }, 2);
    expect(await license.from('192.0.2.1')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.2')).toEqual(['active', true, 2]);
    expect(await license.from('192.0.2.3')).toEqual(['ip_limit_reached', false, 2]);
    expect(await license.registered()).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  test('without a cap every address registers', async () => {
    const license = await aLicenseIn({}, null);
    for (let i = 1; i <= 4; i += 1) expect(await license.from(`192.0.2.${i}`)).toEqual(['active', true, i]);
    expect(await license.registered()).toHaveLength(4);
  });

  test('a cap below what is registered keeps those that are, and adds none', async () => {
    const license = await aLicenseIn({ ipRegistration: 'up_to_max' }, 3);
    for (let i = 1; i <= 3; i += 1) await license.from(`192.0.2.${i}`);
    await platform.write((trx) => changeLicense(trx, license.licenseId, { maxIps: 1 }));
    for (let i = 1; i <= 3; i += 1) expect(await license.from(`192.0.2.${i}`)).toEqual(['active', true, 3]);
    expect(await license.from('192.0.2.4')).toEqual(['ip_limit_reached', false, 3]);
  });

  test('after a reset the next address is the first again', async () => {
    const license = await aLicenseIn();
    await license.from('192.0.2.1');
    await platform.write((trx) => resetIps(trx, license.licenseId));
    expect(await license.from('192.0.2.2')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.1')).toEqual(['ip_limit_reached', false, 1]);
  });

  test('with the IP system off nothing is looked at, told or recorded', async () => {
    const license = await aLicenseIn({ ipSystemEnabled: false });
    const { organizationId, licenseId } = license;
    await platform.write((trx) => blockNetwork(trx, { list: 'license', organizationId, licenseId }, '::/0', null));
    await platform.write((trx) => blockNetwork(trx, { list: 'license', organizationId, licenseId }, '0.0.0.0/0', null));
    expect(await license.from('192.0.2.1')).toEqual(['active', null, null]);
    expect(await license.registered()).toEqual([]);
  });

  test('a new default cap is copied onto licences made afterwards alone', async () => {
    const license = await aLicenseIn({}, 1);
    await platform.write((trx) => changeProduct(trx, license.product.id, { defaultMaxIps: 7 }));
    expect((await license.lookup()).body.max_ips).toBe(1);
    expect((await platform.aLicense(license.product.id)).maxIps).toBe(7);
  });
});

const statuses = (answers: unknown[][], status: string) => answers.filter(([each]) => each === status);

/** Calls of fifty clients, by turns to two processes that share nothing but the servers. */
async function fifty(license: Awaited<ReturnType<typeof aLicenseIn>>, addressOf: (i: number) => string) {
  const authorization = `Bearer ${license.apiKey}`;
  const body = JSON.stringify({ license_key: license.licenseKey });
  return Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const headers = { authorization, 'x-forwarded-for': addressOf(i) };
      const { url } = i % 2 === 0 ? platform : sibling;
      const response = await fetch(`${url}/api/v1/validate`, { method: 'POST', headers, body });
      const answer = (await response.json()) as Record<string, unknown>;
      return [answer.status, answer.ip_registered, answer.ip_count];
    }),
  );
}
const each = (i: number) => `192.0.2.${i + 1}`;

describe('parallel first calls', () => {
  test.each([1, 2, 3])(
    'from fifty addresses register exactly one where one is allowed, and each is answered rightly (round %i)',
    async () => {
      const license = await aLicenseIn({}, 1);
      const answers = await fifty(license, each);
      expect(statuses(answers, 'active')).toEqual([['active', true, 1]]);
      expect(statuses(answers, 'ip_limit_reached')).toEqual(
        Array.from({ length: 49 }, () => ['ip_limit_reached', false, 1]),
      );
      // The one that was told so is the one that stands.
      const winner = answers.findIndex(([status]) => status === 'active');
      expect(await license.registered()).toEqual([each(winner)]);
    },
  );

  test('from fifty addresses register exactly three where three are allowed to fill up', async () => {
    const license = await aLicenseIn({ ipRegistration: 'up_to_max' }, 3);
    const answers = await fifty(license, each);
    const counts = statuses(answers, 'active').map(([, , count]) => Number(count));
    expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(statuses(answers, 'ip_limit_reached')).toEqual(
      Array.from({ length: 47 }, () => ['ip_limit_reached', false, 3]),
    );
    expect(await license.registered()).toHaveLength(3);
  });

  test('from one address make one entry, and all of them pass', async () => {
    const license = await aLicenseIn({}, 1);
    const answers = await fifty(license, () => '192.0.2.1');
    expect(answers).toEqual(Array.from({ length: 50 }, () => ['active', true, 1]));
    expect(await license.registered()).toEqual(['192.0.2.1']);
  });
});

describe('blacklists', () => {
  /** Networks of this test alone, also on the list that is everybody's. */
  const site = `2001:db8:${randomBytes(2).toString('hex')}`;

  const lists: Record<string, (license: Awaited<ReturnType<typeof aLicenseIn>>) => BlacklistScope> = {
    platform: () => ({ list: 'platform' }),
    organization: ({ organizationId }) => ({ list: 'organization', organizationId }),
    customer: ({ organizationId, customerId }) => ({ list: 'customer', organizationId, customerId }),
    license: ({ organizationId, licenseId }) => ({ list: 'license', organizationId, licenseId }),
  };

  test.each(Object.keys(lists))('the list of the %s blocks networks, registered addresses among them', async (name) => {
    const license = await aLicenseIn({}, null);
    const scope = lists[name]!(license);
    expect(await license.from(`${site}::7`)).toEqual(['active', true, 1]);

    await platform.write((trx) => blockNetwork(trx, scope, `${site}::/64`, 'abuse'));
    expect(await license.from(`${site}::7`)).toEqual(['ip_blocked', true, 1]);
    expect(await license.from(`${site}::8`)).toEqual(['ip_blocked', false, 1]);
    // The neighbouring network is another one.
    expect(await license.from(`${site}:1::7`)).toEqual(['active', true, 2]);

    await platform.write((trx) => unblockNetwork(trx, scope, `${site}::/64`));
    expect(await license.from(`${site}::8`)).toEqual(['active', true, 3]);
  });

  test('IPv4 networks end where their mask says', async () => {
    const license = await aLicenseIn({}, null);
    await platform.write((trx) => blockNetwork(trx, lists.license!(license), '198.51.100.77/25', null));
    const statuses = async (...addresses: string[]) =>
      Promise.all(addresses.map(async (address) => (await license.from(address))[0]));
    expect(await statuses('198.51.100.0', '198.51.100.127')).toEqual(['ip_blocked', 'ip_blocked']);
    expect(await statuses('198.51.99.255', '198.51.100.128')).toEqual(['active', 'active']);
  });

  test('an address is the same however it is written', async () => {
    const license = await aLicenseIn({}, null);
    const list = lists.license!(license);
    await platform.write((trx) => blockNetwork(trx, list, '::ffff:192.0.2.9', null));
    await platform.write((trx) => blockNetwork(trx, list, '2001:DB8:0:0:0:0:0:BAD', null));
    for (const spelling of ['192.0.2.9', '::ffff:192.0.2.9', '::ffff:c000:209', '2001:db8::bad', '2001:0db8::0BAD'])
      expect((await license.from(spelling))[0]).toBe('ip_blocked');
    expect(await license.from('::ffff:192.0.2.10')).toEqual(['active', true, 1]);
    expect(await license.from('192.0.2.10')).toEqual(['active', true, 1]);
    expect(await license.registered()).toEqual(['192.0.2.10']);
  });

  test('an organisation’s list blocks nobody of another organisation, and a licence’s none of its siblings', async () => {
    const license = await aLicenseIn();
    const stranger = await aLicenseIn();
    const sibling = await platform.aLicense(license.product.id);
    await platform.write((trx) => blockNetwork(trx, lists.organization!(stranger), '192.0.2.1', null));
    await platform.write((trx) =>
      blockNetwork(
        trx,
        { list: 'license', organizationId: license.organizationId, licenseId: sibling.id },
        '192.0.2.1',
        null,
      ),
    );
    expect((await license.from('192.0.2.1'))[0]).toBe('active');
    expect((await stranger.from('192.0.2.1'))[0]).toBe('ip_blocked');
  });

  test('a customer’s list follows the customer through the organisation, and not into another one', async () => {
    const customer = { email: `${randomBytes(8).toString('hex')}@example.com`, discordId: null, name: null };
    const mine = await platform.aProduct({ settings: { defaultMaxIps: null } });
    const theirs = await platform.aProduct();
    const [one, two, elsewhere] = [
      await platform.aLicense(mine.product.id, { customer }),
      await platform.aLicense(mine.product.id, { customer }),
      await platform.aLicense(theirs.product.id, { customer }),
    ];
    const { organizationId } = mine.product;
    const scope = { list: 'customer', organizationId, customerId: one.customerId } as const;
    await platform.write((trx) => blockNetwork(trx, scope, '192.0.2.1', null));
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    for (const { licenseKey } of [one, two])
      expect((await mine.validate({ license_key: licenseKey }, headers)).body.status).toBe('ip_blocked');
    expect(elsewhere.customerId).toBe(one.customerId);
    expect((await theirs.validate({ license_key: elsewhere.licenseKey }, headers)).body.status).toBe('active');
  });

  test('Free has no list of the organisation', async () => {
    const license = await aLicenseIn({}, 1, 'free');
    const block = platform.write((trx) => blockNetwork(trx, lists.organization!(license), '192.0.2.1', null));
    await expect(block).rejects.toMatchObject({ code: 'feature_not_available' });
  });
});

describe("the caller's address", () => {
  test.each([
    ['is what the trusted proxy saw', '192.0.2.1', '192.0.2.1'],
    ['is the last one that no trusted proxy wrote', '203.0.113.9, 192.0.2.1, 10.200.3.4', '192.0.2.1'],
    ['is found past trusted proxies of both families', '192.0.2.1,2001:db8:aaaa::1 , 10.200.0.1', '192.0.2.1'],
    ['is the farthest proxy where all of them are trusted', '10.200.0.1, 10.200.0.2', '10.200.0.1'],
    ['may have a port', '192.0.2.1:4711', '192.0.2.1'],
    ['may be IPv6 in brackets', '[2001:DB8::1]:4711', '2001:db8::1'],
    ['may be IPv4 mapped into IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
    ['is the proxy that passed on what is no address', '192.0.2.1, unknown', '127.0.0.1'],
    ['is the proxy that passed on what is empty', '192.0.2.1,', '127.0.0.1'],
    ['is the peer where nothing was forwarded', '', '127.0.0.1'],
  ])('%s', async (_rule, forwarded, address) => {
    const license = await aLicenseIn();
    await license.from(forwarded);
    expect(await license.registered()).toEqual([address]);
  });

  test('is the peer where the peer is not trusted, whatever it forwards', async () => {
    const open = await startPlatform({ trustedProxies: ['192.0.2.0/24'] });
    try {
      const license = await aLicenseIn();
      const response = await fetch(`${open.url}/api/v1/validate`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${license.apiKey}`,
          'x-forwarded-for': '203.0.113.9',
          forwarded: 'for=203.0.113.9',
          'x-real-ip': '203.0.113.9',
        },
        body: JSON.stringify({ license_key: license.licenseKey }),
      });
      expect(response.status).toBe(200);
      expect(await license.registered()).toEqual(['127.0.0.1']);
    } finally {
      await open.close();
    }
  });
});
