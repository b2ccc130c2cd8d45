import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlacklistScope, blockNetwork, unblockNetwork } from '../../../store/blacklists.ts';
import { resolveCustomer } from '../../../store/customers.ts';
import {
  addIp,
  changeLicense,
  deleteLicense,
  type License,
  removeIp,
  resetIps,
  revokeLicense,
} from '../../../store/licenses.ts';
import {
  changeBillingState,
  changeOrganizationSigning,
  changePlan,
  changeSuspension,
  createOverride,
} from '../../../store/organizations.ts';
import { removeVersion, setVersion } from '../../../store/product-versions.ts';
import { changeProduct, deleteProduct, rotateApiKey } from '../../../store/products.ts';
import { type Answer, type ApiFleet, lookupAt, startFleet, validateAt } from '../../support/api-fleet.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../../support/platform.ts';

/** How long two processes may take to obey a change; the bench holds them to far less. */
const CEILING_MS = 2_000;

let platform: TestPlatform;
let fleet: ApiFleet;
const measured: string[] = [];
beforeAll(async () => {
  [platform, fleet] = await Promise.all([startPlatform(), startFleet(2)]);
});
afterAll(async () => {
  process.stdout.write(`Obeyed by both processes after (ms from the commit):\n  ${measured.join('\n  ')}\n`);
  await platform.db('ip_blacklist').whereNull('organization_id').where({ network: platformAddress }).delete();
  await Promise.all([fleet.stop(), platform.close()]);
});

interface Subject {
  made: TestProduct;
  productId: string;
  organizationId: string;
  license: License;
  slug: string;
}

type Change = (trx: Knex.Transaction, subject: Subject) => Promise<unknown>;

interface Case {
  /** Made true before the processes look for the first time. */
  first?: Change;
  change: Change;
  /** What is looked at, from `192.0.2.1` where nothing else is said. */
  look?: (url: string, subject: Subject) => Promise<Answer>;
  /** What is seen of it, before and after. */
  see?: (answer: Answer) => unknown;
  before: unknown;
  after: unknown;
}

const ADDRESS = '192.0.2.1';
const NETWORK = '192.0.2.0/24';
const validate = (url: string, { made, license }: Subject) =>
  validateAt(url, { apiKey: made.apiKey, licenseKey: license.licenseKey, version: '1.0' });
const lookup = (url: string, { made, license }: Subject) =>
  lookupAt(url, { apiKey: made.apiKey, licenseKey: license.licenseKey });

const scopes: Record<string, (subject: Subject) => BlacklistScope> = {
  platform: () => ({ list: 'platform' }),
  "organisation's": ({ organizationId }) => ({ list: 'organization', organizationId }),
  "customer's": ({ organizationId, license: { customerId } }) => ({ list: 'customer', organizationId, customerId }),
  "licence's": ({ organizationId, license: { id } }) => ({ list: 'license', organizationId, licenseId: id }),
};
/** The platform's list is everybody's: an address that no other test calls from. */
const platformAddress = `2001:db8:${randomBytes(2)
  .toString('hex')
  .replace(/^0+(?=.)/, '')}::1`;
/** Both ways of a list. */
const blocking = (name: string, scope: (subject: Subject) => BlacklistScope): [string, Case][] => {
  const network = name === 'platform' ? platformAddress : NETWORK;
  const ip = name === 'platform' ? platformAddress : ADDRESS;
  const look = (url: string, { made, license }: Subject) =>
    validateAt(url, { apiKey: made.apiKey, licenseKey: license.licenseKey, ip });
  const block: Change = (trx, subject) => blockNetwork(trx, scope(subject), network, null);
  const unblock: Change = (trx, subject) => unblockNetwork(trx, scope(subject), network);
  return [
    [`an entry on the ${name} blacklist`, { change: block, look, before: 'active', after: 'ip_blocked' }],
    [
      `an entry taken off the ${name} blacklist`,
      { first: block, change: unblock, look, before: 'ip_blocked', after: 'active' },
    ],
  ];
};

const settings = (change: Parameters<typeof changeProduct>[2]): Change => {
  return (trx, { productId }) => changeProduct(trx, productId, change);
};
const dailyLimit = ({ headers }: Answer) => headers.get('ratelimit-limit');

const cases: [string, Case][] = [
  [
    'a revocation',
    { change: (trx, { license }) => revokeLicense(trx, license.id), before: 'active', after: 'revoked' },
  ],
  [
    'a deleted licence',
    { change: (trx, { license }) => deleteLicense(trx, license.id), before: 'active', after: 'license_not_found' },
  ],
  [
    'an expiry',
    {
      first: settings({ expiryEnforced: true }),
      change: (trx, { license }) => changeLicense(trx, license.id, { expiresAtMs: 1 }),
      before: 'active',
      after: 'expired',
    },
  ],
  [
    'a note',
    {
      change: (trx, { license }) => changeLicense(trx, license.id, { notes: 'called' }),
      look: lookup,
      see: ({ body }) => body.notes,
      before: null,
      after: 'called',
    },
  ],
  [
    "a customer's name",
    {
      change: async (trx, { organizationId, license: { customerId } }) => {
        const { email } = await trx('customers').where({ id: customerId }).first<{ email: string }>('email');
        return resolveCustomer(trx, organizationId, { email, discordId: null, name: 'Ada' });
      },
      look: lookup,
      see: ({ body }) => body.customer_name,
      before: null,
      after: 'Ada',
    },
  ],
  [
    'an upgrade',
    {
      first: (trx, { organizationId }) => changePlan(trx, organizationId, 'free'),
      change: (trx, { organizationId }) => changePlan(trx, organizationId, 'pro'),
      see: dailyLimit,
      before: '10000',
      after: '100000',
    },
  ],
  [
    'a downgrade',
    {
      first: (trx, { organizationId }) => changePlan(trx, organizationId, 'pro'),
      change: (trx, { organizationId }) => changePlan(trx, organizationId, 'free'),
      see: dailyLimit,
      before: '100000',
      after: '10000',
    },
  ],
  [
    'an override',
    {
      change: (trx, { organizationId }) =>
        createOverride(trx, {
          organizationId,
          kind: 'limit',
          name: 'api_calls',
          value: 777,
          reason: 'test',
          startsAtMs: 0,
          endsAtMs: null,
        }),
      see: dailyLimit,
      before: null,
      after: '777',
    },
  ],
  [
    'a suspension',
    {
      change: (trx, { organizationId }) => changeSuspension(trx, organizationId, 'abuse'),
      before: 'active',
      after: 'org_suspended',
    },
  ],
  [
    'a suspension that is lifted',
    {
      first: (trx, { organizationId }) => changeSuspension(trx, organizationId, 'abuse'),
      change: (trx, { organizationId }) => changeSuspension(trx, organizationId, null),
      before: 'org_suspended',
      after: 'active',
    },
  ],
  [
    'billing that is suspended',
    {
      change: (trx, { organizationId }) => changeBillingState(trx, organizationId, 'billing_suspended'),
      before: 'active',
      after: 'billing_suspended',
    },
  ],
  [
    'a key that was rotated away',
    {
      change: (trx, { productId }) => rotateApiKey(trx, productId),
      see: ({ code }) => code,
      before: 200,
      after: 401,
    },
  ],
  ['an archived product', { change: settings({ state: 'archived' }), before: 'active', after: 'product_archived' }],
  [
    'a deleted product',
    { change: (trx, { productId }) => deleteProduct(trx, productId), before: 'active', after: 'product_not_found' },
  ],
  [
    'the switch of the IP system',
    { change: settings({ ipSystemEnabled: false }), see: ({ body }) => body.ip_registered, before: true, after: null },
  ],
  [
    'a custom response',
    {
      first: settings({ customResponseEnabled: true, customResponseTemplate: { edition: 'one' } }),
      change: settings({ customResponseTemplate: { edition: 'two' } }),
      see: ({ body }) => body.custom,
      before: { edition: 'one' },
      after: { edition: 'two' },
    },
  ],
  [
    'a version that is put on the list',
    {
      first: settings({ versionsEnabled: true }),
      change: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }),
      see: ({ body }) => body.version_valid,
      before: false,
      after: true,
    },
  ],
  [
    'a version that is taken off',
    {
      first: async (trx, { productId }) => {
        await changeProduct(trx, productId, { versionsEnabled: true });
        await setVersion(trx, { productId, version: '1.0', state: 'latest' });
      },
      change: (trx, { productId }) => removeVersion(trx, { productId, version: '1.0' }),
      see: ({ body }) => body.version_valid,
      before: true,
      after: false,
    },
  ],
  [
    "the organisation's switch for signing",
    {
      change: (trx, { organizationId }) => changeOrganizationSigning(trx, organizationId, false),
      see: ({ body }) => body.signature !== null,
      before: true,
      after: false,
    },
  ],
  [
    'a reset of the addresses',
    {
      // Somebody else's address fills the cap, until it is reset and the caller's own is the first.
      first: async (trx, { license }) => {
        await resetIps(trx, license.id);
        await addIp(trx, license.id, '198.51.100.1');
      },
      change: (trx, { license }) => resetIps(trx, license.id),
      before: 'ip_limit_reached',
      after: 'active',
    },
  ],
  [
    'an address that is removed',
    {
      first: settings({ autoRegisterIp: false }),
      change: (trx, { license }) => removeIp(trx, license.id, ADDRESS),
      before: 'active',
      after: 'ip_not_registered',
    },
  ],
  ...Object.entries(scopes).flatMap(([name, scope]) => blocking(name, scope)),
];

/** What one organisation on Enterprise has, all switches as they come, with the caller's address registered. */
async function aSubject(withPlatformAddress: boolean): Promise<Subject> {
  const { id: organizationId, slug } = await platform.anOrganization({ plan: 'enterprise', signing: true });
  const made = await platform.aProduct({ organizationId, signing: true });
  const license = await platform.aLicense(made.product.id, {
    maxIps: 1,
    customer: { email: `${randomUUID()}@example.com`, discordId: null, name: null },
  });
  await platform.register(license.id, withPlatformAddress ? platformAddress : ADDRESS);
  return { made, productId: made.product.id, organizationId, license, slug };
}

/** Asks a process again and again until it sees what it must; gives when that was answered. */
async function seenAt(url: string, subject: Subject, { look = validate, see, after }: Case): Promise<number> {
  const deadline = performance.now() + CEILING_MS;
  for (;;) {
    const answer = await look(url, subject);
    const seen = see ? see(answer) : answer.status;
    const nowMs = performance.now();
    if (JSON.stringify(seen) === JSON.stringify(after)) return nowMs;
    if (nowMs > deadline) throw new Error(`Still ${JSON.stringify(seen)} after ${CEILING_MS} ms`);
  }
}

describe('both processes obey', () => {
  test.each(cases)('%s', async (name, each) => {
    const subject = await aSubject(name.includes('platform'));
    if (each.first) await platform.write((trx) => each.first!(trx, subject));
    const { look = validate, see = ({ status }: Answer) => status } = each;
    for (const url of fleet.urls) expect(see(await look(url, subject))).toEqual(each.before);

    await platform.write((trx) => each.change(trx, subject));
    const committedMs = performance.now();
    const seen = await Promise.all(fleet.urls.map((url) => seenAt(url, subject, each)));
    const afterMs = Math.max(...seen) - committedMs;
    measured.push(`${afterMs.toFixed(1).padStart(6)}  ${name}`);
    expect(afterMs).toBeLessThan(CEILING_MS);
  });

  test('a rotation: the new key is taken at once, by a process that never saw it', async () => {
    const subject = await aSubject(false);
    const { apiKey } = await platform.write((trx) => rotateApiKey(trx, subject.productId));
    for (const url of fleet.urls) {
      expect(await validateAt(url, { apiKey, licenseKey: subject.license.licenseKey })).toMatchObject({ code: 200 });
    }
  });

  test('an address that the other process has just registered', async () => {
    const { made, license } = await aSubject(false);
    const [one = '', other = ''] = fleet.urls;
    const call = { apiKey: made.apiKey, licenseKey: license.licenseKey };
    await platform.write(async (trx) => {
      await resetIps(trx, license.id);
      await changeLicense(trx, license.id, { maxIps: 2 });
      await changeProduct(trx, made.product.id, { ipRegistration: 'up_to_max' });
    });
    expect(await validateAt(other, { ...call, ip: '198.51.100.9' })).toMatchObject({ status: expect.any(String) });
    expect(await validateAt(one, call)).toMatchObject({ status: 'active' });
    expect((await validateAt(other, call)).body).toMatchObject({ status: 'active', ip_registered: true });
  });
});
