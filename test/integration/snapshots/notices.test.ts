import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Knex } from 'knex';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SecretBox } from '../../../runtime/secrets.ts';
import { blockNetwork, unblockNetwork } from '../../../store/blacklists.ts';
import { resolveCustomer } from '../../../store/customers.ts';
import * as licenses from '../../../store/licenses.ts';
import { notifyChange, type Tag, tagOf } from '../../../store/notices.ts';
import * as organizations from '../../../store/organizations.ts';
import { removeVersion, setVersion } from '../../../store/product-versions.ts';
import * as products from '../../../store/products.ts';
import { registerIps } from '../../../store/validation.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
let ear: Client;
let heard: { tag: string; processId: number }[] = [];
/** The server process that spoke last for a test. */
let speaker = 0;
/** What is resolved when its tag is heard. */
const marks = new Map<string, () => void>();
beforeAll(async () => {
  platform = await startPlatform();
  ear = new Client({ connectionString: platform.config.databaseUrl });
  ear.on('notification', ({ payload = '', processId }) => {
    heard.push({ tag: payload, processId });
    marks.get(payload)?.();
  });
  await ear.connect();
  await ear.query('listen plimsoll_snapshots');
});
afterAll(async () => {
  await ear.end();
  await platform.close();
});

interface Subject {
  organizationId: string;
  productId: string;
  customerId: string;
  licenseId: string;
  licenseKey: string;
  apiKey: string;
}

class Undone extends Error {}

type Act = (trx: Knex.Transaction, subject: Subject) => Promise<unknown>;

/**
 * What one transaction tells, with names for ids. Other tests talk on the same channel, so it is known by the server process that
 * spoke; a mark of our own comes after all that was told before.
 */
async function toldBy(subject: Subject, act: (trx: Knex.Transaction) => Promise<unknown>): Promise<string[]> {
  await silenceAfter();
  heard = [];
  await platform.write(async (trx) => {
    const { rows } = await trx.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
    speaker = rows[0]!.pid;
    await act(trx);
  });
  await silenceAfter();
  return named(subject);
}

async function silenceAfter(): Promise<void> {
  const tag = tagOf.license(`mark-${randomUUID()}`);
  const arrived = new Promise<void>((resolve) => marks.set(tag, resolve));
  await platform.write((trx) => notifyChange(trx, tag));
  await arrived;
}

function named(subject: Subject): string[] {
  const tags = heard.filter(({ tag, processId }) => processId === speaker && !marks.has(tag)).map(({ tag }) => tag);
  return tags.map((tag) => Object.entries(subject).reduce((text, [name, id]) => text.replace(id, name), tag));
}

async function aSubject(): Promise<Subject> {
  const made = await platform.aProduct({ plan: 'enterprise' });
  const license = await platform.aLicense(made.product.id, { maxIps: 5 });
  return {
    organizationId: made.product.organizationId,
    productId: made.product.id,
    customerId: license.customerId,
    licenseId: license.id,
    licenseKey: license.licenseKey,
    apiKey: made.apiKey,
  };
}

const PLATFORM_NETWORK = '2001:db8:ffff:fffe::/64';
const organization = ['organization:organizationId'];
const product = ['product:productId'];
const license = ['license:licenseId'];
const customer = ['customer:organizationId:customerId'];

/**
 * Every function of the store that changes what validation reads, with what it must tell. A list of what is told is compared
 * without repetitions.
 */
const TELLS: Record<string, { tells: string[]; first?: Act; act: Act }[]> = {
  blockNetwork: [
    { tells: ['platform'], act: (trx) => blockNetwork(trx, { list: 'platform' }, PLATFORM_NETWORK, null) },
    {
      tells: organization,
      act: (trx, { organizationId }) =>
        blockNetwork(trx, { list: 'organization', organizationId }, '198.51.100.0/24', null),
    },
    {
      tells: customer,
      act: (trx, { organizationId, customerId }) =>
        blockNetwork(trx, { list: 'customer', organizationId, customerId }, '198.51.100.0/24', null),
    },
    {
      tells: license,
      act: (trx, { organizationId, licenseId }) =>
        blockNetwork(trx, { list: 'license', organizationId, licenseId }, '198.51.100.0/24', null),
    },
  ],
  unblockNetwork: [
    {
      tells: license,
      first: (trx, { organizationId, licenseId }) =>
        blockNetwork(trx, { list: 'license', organizationId, licenseId }, '198.51.100.0/24', null),
      act: (trx, { organizationId, licenseId }) =>
        unblockNetwork(trx, { list: 'license', organizationId, licenseId }, '198.51.100.0/24'),
    },
    { tells: ['platform'], act: (trx) => unblockNetwork(trx, { list: 'platform' }, PLATFORM_NETWORK) },
  ],
  resolveCustomer: [
    {
      tells: customer,
      act: async (trx, { organizationId, customerId }) => {
        const { email } = await trx('customers').where({ id: customerId }).first<{ email: string }>('email');
        return resolveCustomer(trx, organizationId, { email, discordId: null, name: 'Ada' });
      },
    },
  ],
  changeLicense: [
    { tells: license, act: (trx, { licenseId }) => licenses.changeLicense(trx, licenseId, { maxIps: 2 }) },
  ],
  revokeLicense: [{ tells: license, act: (trx, { licenseId }) => licenses.revokeLicense(trx, licenseId) }],
  deleteLicense: [{ tells: license, act: (trx, { licenseId }) => licenses.deleteLicense(trx, licenseId) }],
  addIp: [{ tells: license, act: (trx, { licenseId }) => licenses.addIp(trx, licenseId, '192.0.2.7') }],
  removeIp: [
    {
      tells: license,
      first: (trx, { licenseId }) => licenses.addIp(trx, licenseId, '192.0.2.7'),
      act: (trx, { licenseId }) => licenses.removeIp(trx, licenseId, '192.0.2.7'),
    },
  ],
  resetIps: [{ tells: license, act: (trx, { licenseId }) => licenses.resetIps(trx, licenseId) }],
  registerIps: [
    {
      tells: license,
      act: (trx, { licenseKey, productId }) =>
        registerIps(trx, { licenseKey, productId }, [
          { request: { ip: '192.0.2.8', version: undefined }, nowMs: Date.now() },
        ]),
    },
  ],
  changePlan: [
    { tells: organization, act: (trx, { organizationId }) => organizations.changePlan(trx, organizationId, 'pro') },
  ],
  changeBillingState: [
    {
      tells: organization,
      act: (trx, { organizationId }) => organizations.changeBillingState(trx, organizationId, 'cancelled'),
    },
  ],
  changeSuspension: [
    { tells: organization, act: (trx, { organizationId }) => organizations.changeSuspension(trx, organizationId, 'x') },
  ],
  changeOrganizationSigning: [
    {
      tells: organization,
      act: (trx, { organizationId }) => organizations.changeOrganizationSigning(trx, organizationId, true),
    },
  ],
  createOverride: [
    {
      tells: organization,
      act: (trx, { organizationId }) =>
        organizations.createOverride(trx, {
          organizationId,
          kind: 'limit',
          name: 'api_calls',
          value: 5,
          reason: 'test',
          startsAtMs: 0,
          endsAtMs: null,
        }),
    },
  ],
  setVersion: [
    { tells: product, act: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }) },
  ],
  removeVersion: [
    {
      tells: product,
      first: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }),
      act: (trx, { productId }) => removeVersion(trx, { productId, version: '1.0' }),
    },
  ],
  changeProduct: [
    { tells: product, act: (trx, { productId }) => products.changeProduct(trx, productId, { state: 'archived' }) },
  ],
  rotateApiKey: [{ tells: product, act: (trx, { productId }) => products.rotateApiKey(trx, productId) }],
  rotateSigningSecret: [
    {
      tells: product,
      act: (trx, { productId }) =>
        products.rotateSigningSecret(trx, productId, new SecretBox(platform.config.secretKeys)),
    },
  ],
  deleteProduct: [
    {
      tells: [...product, 'licenses-of:productId'],
      act: (trx, { productId }) => products.deleteProduct(trx, productId),
    },
  ],
};

/** What else the store can do, and why it tells nothing. A function that is in neither list fails the first test. */
const TELLS_NOTHING: Record<string, string[]> = {
  'makes something that no snapshot can hold yet': ['createOrganization', 'createProduct', 'createLicense'],
  'publishes versions, which never change': ['publishCatalogue'],
  'counts places, which no snapshot holds': [
    'takePlaces',
    'changePlaces',
    'movePlaces',
    'returnPlaces',
    'takeOrWait',
    'leaveQueue',
    'adjustUsage',
    'forgetUsage',
    'repairCount',
  ],
  'only says something of a limit': [
    'organizationHolder',
    'heldLimits',
    'judge',
    'refusalOf',
    'countOf',
    'recountPage',
  ],
  'changes what no snapshot holds': ['renameOrganization'],
  'tells itself': ['notifyChange'],
};
/** By the first word of their names these only read; `lock…` and `hold…` keep others from changing what stands. */
const READS =
  /^((find|get|has|list|read|check|must|newest|lock|hold|with|is|to)(?![a-z])|(column|tagOf|listenToChanges|CatalogueChanged)$)/;
/** Rooms of their own: the schema, connections, and usage, which is settled from counters and is in no snapshot. */
const OTHER_FILES = /^(migrate|database|copy|health|usage.*|settled-.*|meter.*)\.ts$/;
/** People, what they may do, what is told them and written down of them, and secrets encrypted anew: a snapshot is none the wiser. */
const PEOPLES_FILES =
  /^(access-tokens|acting|audit.*|carried|ended-sessions|idempotency|invites|mails|members|outbox|owners|passwords|people|person-limits|portal-.*|rights|roles|secret-rotation|token-lookup)\.ts$/;

test('every function of the store that writes is known to tell, or known not to need to', async () => {
  const folder = new URL('../../../store/', import.meta.url);
  const files = readdirSync(folder).filter(
    (file) => file.endsWith('.ts') && !OTHER_FILES.test(file) && !PEOPLES_FILES.test(file),
  );
  const modules = await Promise.all(files.map(async (file) => import(new URL(file, folder).href) as Promise<object>));
  const functions = modules.flatMap((each) =>
    Object.entries(each)
      .filter(([name, value]) => typeof value === 'function' && !READS.test(name))
      .map(([name]) => name),
  );
  expect(functions.length).toBeGreaterThan(20);
  const known = [...Object.keys(TELLS), ...Object.values(TELLS_NOTHING).flat()];
  expect(functions.sort()).toEqual(known.sort());
});

describe('tells what changed', () => {
  test.each(
    Object.entries(TELLS).flatMap(([name, acts]) => acts.map((each) => [name, each.tells.join(', '), each] as const)),
  )('%s: %s', async (_name, _tells, { tells, first, act }) => {
    const subject = await aSubject();
    if (first) await platform.write((trx) => first(trx, subject));
    const told = await toldBy(subject, (trx) => act(trx, subject));
    expect([...new Set(told)].sort()).toEqual([...tells].sort());
  });

  test.each(
    Object.entries(TELLS).flatMap(([name, acts]) => acts.map((each) => [name, each.tells.join(', '), each] as const)),
  )('only if it commits: %s: %s', async (name, _tells, { first, act }) => {
    const subject = await aSubject();
    const undone = toldBy(subject, async (trx) => {
      if (first) await first(trx, subject);
      // Another test's entry must not be taken off the platform's list, so it is put there first.
      if (name === 'unblockNetwork') await blockNetwork(trx, { list: 'platform' }, PLATFORM_NETWORK, null);
      await act(trx, subject);
      throw new Undone();
    });
    await expect(undone).rejects.toThrow(Undone);
    await silenceAfter();
    const told = named(subject);
    expect(told).toEqual([]);
  });

  test('and what is made new tells nothing: no snapshot can hold what has a random key', async () => {
    const subject = await aSubject();
    const told = await toldBy(subject, async (trx) => {
      const { organizationId } = subject;
      const made = await products.createProduct(trx, { organizationId, name: `new ${randomUUID()}` });
      const reference = { email: `${randomUUID()}@example.com`, discordId: null, name: null };
      await licenses.createLicense(trx, { productId: made.product.id, customer: reference, expiresAtMs: null });
    });
    expect(told).toEqual([]);
  });
});

test('a tag stands for one thing: no two of different kinds are alike', () => {
  const id = randomUUID();
  const tags: Tag[] = [
    tagOf.organization(id),
    tagOf.product(id),
    tagOf.licensesOf(id),
    tagOf.license(id),
    tagOf.platform(),
  ];
  expect(new Set(tags).size).toBe(tags.length);
});
