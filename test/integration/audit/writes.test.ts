import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SecretBox } from '../../../runtime/secrets.ts';
import { blockNetwork, unblockNetwork } from '../../../store/blacklists.ts';
import { resolveCustomer } from '../../../store/customers.ts';
import * as licenses from '../../../store/licenses.ts';
import * as organizations from '../../../store/organizations.ts';
import { removeVersion, setVersion } from '../../../store/product-versions.ts';
import * as products from '../../../store/products.ts';
import { repairCount } from '../../../store/recounts.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { IN_ACCOUNTS, OTHERWISE } from './other-writes.ts';
import { MAKES_OF_PEOPLE } from './people-writes.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

interface Subject {
  organizationId: string;
  productId: string;
  customerId: string;
  licenseId: string;
}
type Act = (trx: Knex.Transaction, subject: Subject) => Promise<unknown>;

const NETWORK = '198.51.100.0/24';
const license = (action: string, before: unknown, after: unknown) => [
  `license.${action}`,
  'license licenseId',
  before,
  after,
];
const product = (action: string, before: unknown, after: unknown) => [
  `product.${action}`,
  'product productId',
  before,
  after,
];
const organization = (action: string, before: unknown, after: unknown) => [
  `organization.${action}`,
  'organization organizationId',
  before,
  after,
];
const onLicense = ({ organizationId, licenseId }: Subject) => ({ list: 'license', organizationId, licenseId }) as const;

/** Every function of the store that was there before the log was, with the one entry that it makes: action, target, before, after. */
const MAKES: Record<string, { entry: unknown[]; first?: Act; act: Act }[]> = {
  blockNetwork: [
    {
      entry: ['network.blocked', 'license licenseId', null, { network: NETWORK, reason: 'abuse' }],
      act: (trx, subject) => blockNetwork(trx, onLicense(subject), NETWORK, 'abuse'),
    },
    {
      entry: ['network.blocked', 'license licenseId', { reason: 'old' }, { reason: 'new' }],
      first: (trx, subject) => blockNetwork(trx, onLicense(subject), NETWORK, 'old'),
      act: (trx, subject) => blockNetwork(trx, onLicense(subject), NETWORK, 'new'),
    },
  ],
  unblockNetwork: [
    {
      entry: ['network.unblocked', 'license licenseId', { network: NETWORK }, null],
      first: (trx, subject) => blockNetwork(trx, onLicense(subject), NETWORK, null),
      act: (trx, subject) => unblockNetwork(trx, onLicense(subject), NETWORK),
    },
  ],
  resolveCustomer: [
    {
      entry: ['customer.changed', 'customer customerId', null, null],
      act: async (trx, { organizationId, customerId }) => {
        const { email } = await trx('customers').where({ id: customerId }).first<{ email: string }>('email');
        await resolveCustomer(trx, organizationId, { email, discordId: null, name: 'Ada' });
      },
    },
  ],
  changeLicense: [
    {
      entry: license(
        'changed',
        { max_ips: 5, expires_at: null },
        { max_ips: 2, expires_at: '2030-01-01T00:00:00.000Z' },
      ),
      act: (trx, { licenseId }) =>
        licenses.changeLicense(trx, licenseId, { maxIps: 2, expiresAtMs: Date.UTC(2030, 0, 1) }),
    },
  ],
  revokeLicense: [
    { entry: license('revoked', null, null), act: (trx, { licenseId }) => licenses.revokeLicense(trx, licenseId) },
  ],
  deleteLicense: [
    {
      entry: license('deleted', expect.objectContaining({ max_ips: 5, product_id: 'productId' }), null),
      act: (trx, { licenseId }) => licenses.deleteLicense(trx, licenseId),
    },
  ],
  addIp: [
    {
      entry: license('ip_added', null, { address: '192.0.2.7' }),
      act: (trx, { licenseId }) => licenses.addIp(trx, licenseId, '192.0.2.7'),
    },
  ],
  removeIp: [
    {
      entry: license('ip_removed', { address: '192.0.2.7' }, null),
      first: (trx, { licenseId }) => licenses.addIp(trx, licenseId, '192.0.2.7'),
      act: (trx, { licenseId }) => licenses.removeIp(trx, licenseId, '192.0.2.7'),
    },
  ],
  resetIps: [
    {
      entry: license('ips_reset', { addresses: 1 }, null),
      first: (trx, { licenseId }) => licenses.addIp(trx, licenseId, '192.0.2.7'),
      act: (trx, { licenseId }) => licenses.resetIps(trx, licenseId),
    },
  ],
  changePlan: [
    {
      entry: organization('plan_changed', { plan: 'enterprise' }, { plan: 'pro' }),
      act: (trx, { organizationId }) => organizations.changePlan(trx, organizationId, 'pro'),
    },
  ],
  changeBillingState: [
    {
      entry: organization('billing_changed', { billing_state: 'active' }, { billing_state: 'cancelled' }),
      act: (trx, { organizationId }) => organizations.changeBillingState(trx, organizationId, 'cancelled'),
    },
  ],
  changeSuspension: [
    {
      entry: organization('suspended', null, { reason: 'fraud' }),
      act: (trx, { organizationId }) => organizations.changeSuspension(trx, organizationId, 'fraud'),
    },
    {
      entry: organization('unsuspended', null, null),
      first: (trx, { organizationId }) => organizations.changeSuspension(trx, organizationId, 'fraud'),
      act: (trx, { organizationId }) => organizations.changeSuspension(trx, organizationId, null),
    },
  ],
  changeOrganizationSigning: [
    {
      entry: organization('signing_changed', { signing_enabled: false }, { signing_enabled: true }),
      act: (trx, { organizationId }) => organizations.changeOrganizationSigning(trx, organizationId, true),
    },
  ],
  renameOrganization: [
    {
      entry: organization('renamed', { name: 'Test' }, { name: 'Best' }),
      act: (trx, { organizationId }) => organizations.renameOrganization(trx, organizationId, 'Best'),
    },
  ],
  createOverride: [
    {
      entry: [
        'override.granted',
        expect.stringMatching(/^override /),
        null,
        {
          kind: 'limit',
          name: 'api_calls',
          value: 5,
          reason: 'deal',
          starts_at: '1970-01-01T00:00:00.000Z',
          ends_at: null,
        },
      ],
      act: (trx, { organizationId }) => {
        const wanted = { organizationId, kind: 'limit', name: 'api_calls', value: 5, reason: 'deal' } as const;
        return organizations.createOverride(trx, { ...wanted, startsAtMs: 0, endsAtMs: null });
      },
    },
  ],
  setVersion: [
    {
      entry: product('version_set', { versions: { '1.0': null } }, { versions: { '1.0': 'latest' } }),
      act: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }),
    },
    {
      entry: product(
        'version_set',
        { versions: { '1.0': 'latest', 'V2-RC1': null } },
        { versions: { '1.0': 'allowed', 'V2-RC1': 'latest' } },
      ),
      first: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }),
      act: (trx, { productId }) => setVersion(trx, { productId, version: 'V2-RC1', state: 'latest' }),
    },
  ],
  removeVersion: [
    {
      entry: product('version_removed', { version: '1.0' }, null),
      first: (trx, { productId }) => setVersion(trx, { productId, version: '1.0', state: 'latest' }),
      act: (trx, { productId }) => removeVersion(trx, { productId, version: '1.0' }),
    },
  ],
  changeProduct: [
    {
      entry: product('changed', { state: 'active', default_max_ips: 1 }, { state: 'archived', default_max_ips: null }),
      first: (trx, { productId }) => products.changeProduct(trx, productId, { defaultMaxIps: 1 }),
      act: (trx, { productId }) =>
        products.changeProduct(trx, productId, { state: 'archived', defaultMaxIps: null, trackIp: true }),
    },
  ],
  rotateApiKey: [
    {
      entry: product(
        'key_rotated',
        { api_key_prefix: expect.stringMatching(/^kp_live_.{4}$/) },
        { api_key_prefix: expect.stringMatching(/^kp_live_.{4}$/) },
      ),
      act: (trx, { productId }) => products.rotateApiKey(trx, productId),
    },
  ],
  rotateSigningSecret: [
    {
      entry: product('signing_secret_rotated', null, null),
      act: (trx, { productId }) =>
        products.rotateSigningSecret(trx, productId, new SecretBox(platform.config.secretKeys)),
    },
  ],
  deleteProduct: [
    {
      entry: product('deleted', { name: expect.any(String), licenses: 1 }, null),
      act: (trx, { productId }) => products.deleteProduct(trx, productId),
    },
  ],
  createProduct: [
    {
      entry: ['product.created', expect.stringMatching(/^product /), null, expect.objectContaining({ name: 'fresh' })],
      act: (trx, { organizationId }) => products.createProduct(trx, { organizationId, name: 'fresh' }),
    },
  ],
  createLicense: [
    {
      entry: [
        'license.created',
        expect.stringMatching(/^license /),
        null,
        expect.objectContaining({ product_id: 'productId', customer_id: 'customerId', status: 'active' }),
      ],
      act: async (trx, { productId, customerId }) => {
        const { email } = await trx('customers').where({ id: customerId }).first<{ email: string }>('email');
        const customer = { email, discordId: null, name: null };
        await licenses.createLicense(trx, { productId, customer, expiresAtMs: null });
      },
    },
  ],
  repairCount: [
    {
      entry: ['limit.repaired', expect.stringMatching(/^limit products\//), { used: 7 }, { used: 1 }],
      first: async (trx, { organizationId }) =>
        trx('limit_usage').where({ scope_id: organizationId, limit_name: 'products' }).update({ used: 7 }),
      act: (trx, { organizationId }) =>
        repairCount(trx, {
          scopeId: organizationId,
          limitName: 'products',
          recountedForMs: Date.now(),
          repair: true,
          patienceMs: 5_000,
        }),
    },
  ],
};

/** By their names these only read; `lock…` and `hold…` keep others from changing what stands. */
const READS =
  /^(find|get|has|list|read|check|must|newest|lock|hold[A-Z]|with[A-Z]|is[A-Z]|to[A-Z](?!.*Customer)|column$|tagOf$|listenToChanges$|CatalogueChanged$)/;
/** Rooms of their own: the schema, connections, and usage, which is settled from counters and changed by nobody. */
const OTHER_FILES = /^(migrate|database|copy|health|usage.*|settled-.*|meter.*)\.ts$/;

test('every function of the store that writes is known to make an entry, or known not to need one', async () => {
  const folder = new URL('../../../store/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !OTHER_FILES.test(file));
  const modules = await Promise.all(files.map(async (file) => import(new URL(file, folder).href) as Promise<object>));
  const functions = modules.flatMap((each) =>
    Object.entries(each)
      .filter(([name, value]) => typeof value === 'function' && !READS.test(name))
      .map(([name]) => name),
  );
  expect(functions.length).toBeGreaterThan(40);
  const told = [MAKES, MAKES_OF_PEOPLE, IN_ACCOUNTS].flatMap((table) => Object.keys(table));
  const known = [...told, ...Object.values(OTHERWISE).flat()];
  expect([...new Set(functions)].sort()).toEqual(known.sort());
});

test('what is told of accounts is expected by a test there', () => {
  const folder = new URL('../accounts/', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const missing = Object.values(IN_ACCOUNTS)
    .flat()
    .filter((action) => !texts.some((text) => text.includes(`'${action}'`)));
  expect(missing).toEqual([]);
});

interface Row {
  seq: number;
  action: string;
  target_type: string;
  target_id: string;
  actor_kind: string;
  actor_id: string;
  before: unknown;
  after: unknown;
}

const entriesOf = (organizationId: string): Promise<Row[]> =>
  platform.db('audit_entries').where({ chain_id: organizationId }).orderBy('seq').select<Row[]>('*');

async function aSubject(): Promise<Subject> {
  const made = await platform.aProduct({ plan: 'enterprise' });
  const owned = await platform.aLicense(made.product.id, { maxIps: 5 });
  return {
    organizationId: made.product.organizationId,
    productId: made.product.id,
    customerId: owned.customerId,
    licenseId: owned.id,
  };
}

describe('makes one entry', () => {
  test.each(Object.entries(MAKES).flatMap(([name, acts]) => acts.map((each, i) => [name, i + 1, each] as const)))(
    '%s (%i)',
    async (_name, _number, { entry, first, act }) => {
      const subject = await aSubject();
      if (first) await platform.write((trx) => first(trx, subject));
      const { length } = await entriesOf(subject.organizationId);
      await platform.write((trx) => act(trx, subject));
      const made = (await entriesOf(subject.organizationId)).slice(length);
      expect(made).toHaveLength(1);
      const [row] = made as [Row];
      const named = (value: unknown): unknown =>
        JSON.parse(Object.entries(subject).reduce((text, [is, id]) => text.replaceAll(id, is), JSON.stringify(value)));
      expect([row.action, named(`${row.target_type} ${row.target_id}`), named(row.before), named(row.after)]).toEqual(
        entry,
      );
      expect(row).toMatchObject({ actor_kind: 'server', actor_id: 'test' });
    },
  );

  test('an organisation begins its chain', async () => {
    const { id, slug } = await platform.anOrganization({ plan: 'pro' });
    expect(await entriesOf(id)).toMatchObject([
      { seq: 1, action: 'organization.created', before: null, after: { name: 'Test', slug, plan: 'pro' } },
    ]);
  });

  test('and what changes nothing makes none', async () => {
    const subject = await aSubject();
    const { licenseId, productId, organizationId } = subject;
    await platform.write((trx) => licenses.revokeLicense(trx, licenseId));
    const before = await entriesOf(organizationId);
    await platform.write(async (trx) => {
      await licenses.revokeLicense(trx, licenseId);
      await products.changeProduct(trx, productId, { trackIp: true });
      await organizations.changePlan(trx, organizationId, 'enterprise');
    });
    expect(await entriesOf(organizationId)).toHaveLength(before.length);
  });

  test('and what somebody is told once never stands in it', async () => {
    const { organizationId } = await aSubject();
    const { apiKey, product: made } = await platform.write((trx) =>
      products.createProduct(trx, { organizationId, name: randomUUID() }),
    );
    const { licenseKey } = await platform.aLicense(made.id);
    const { signingSecret } = await platform.write((trx) =>
      products.rotateSigningSecret(trx, made.id, new SecretBox(platform.config.secretKeys)),
    );
    const text = JSON.stringify(await entriesOf(organizationId));
    for (const secret of [apiKey, licenseKey, signingSecret]) expect(text).not.toContain(secret);
  });
});
