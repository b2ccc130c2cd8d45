import { randomUUID } from 'node:crypto';
import { CHECK, change, FOREIGN_KEY, into, type Refused, row, tryConstraints, UNIQUE } from './attempts.ts';

/** What Postgres refuses, no race and no forgotten check slips past: products and what belongs to them. */

const { refuses, admits, forgetsNothingOf } = tryConstraints();

refuses('a product', [
  ['without a name', CHECK, 'products_name_length', change('products', { name: '' })],
  ['with a name of 81 characters', CHECK, 'products_name_length', change('products', { name: 'x'.repeat(81) })],
  ['in another state', CHECK, 'products_state', change('products', { state: 'deleted' })],
  [
    'with another mode of registration',
    CHECK,
    'products_ip_registration',
    change('products', { ip_registration: 'all' }),
  ],
  ['with a default cap of 0', CHECK, 'products_default_max_ips', change('products', { default_max_ips: 0 })],
  [
    'with too large a default cap',
    CHECK,
    'products_default_max_ips',
    change('products', { default_max_ips: 1_000_001 }),
  ],
  [
    'with a template that is no object',
    CHECK,
    'products_custom_response_template',
    change('products', { custom_response_template: '[]' }),
  ],
  [
    'that signs without a secret',
    CHECK,
    'products_signing_needs_a_secret',
    change('products', { signing_enabled: true }),
  ],
  [
    'with the name of a living sibling, whatever its case',
    UNIQUE,
    'products_living_name',
    into(
      'products',
      (t) => row.product(t, { name: 'Same' }),
      (t) => row.product(t, { name: 'sAME' }),
    ),
  ],
  [
    "with another one's key, whoever's it is",
    UNIQUE,
    'products_api_key_hash_unique',
    into(
      'products',
      (t) => row.product(t, { api_key_hash: Buffer.alloc(32, 7) }),
      (_, foreign) => row.product(foreign, { api_key_hash: Buffer.alloc(32, 7) }),
    ),
  ],
  [
    'of no organisation',
    FOREIGN_KEY,
    'products_organization_id_foreign',
    into('products', (t) => row.product(t, { organization_id: randomUUID() })),
  ],
  [
    'that has licences is not deleted',
    FOREIGN_KEY,
    'licenses_product_id_organization_id_foreign',
    (trx, t) => trx('products').where({ id: t.productId }).delete(),
  ],
]);
admits('a product', [
  [
    'with the name of a deleted sibling',
    into(
      'products',
      (t) => row.product(t, { name: 'Same', deleted_at: new Date() }),
      (t) => row.product(t, { name: 'Same', deleted_at: new Date() }),
      (t) => row.product(t, { name: 'Same' }),
    ),
  ],
  [
    "with the name of a stranger's",
    into(
      'products',
      (t) => row.product(t, { name: 'Same' }),
      (_, foreign) => row.product(foreign, { name: 'Same' }),
    ),
  ],
]);

refuses('a version', [
  ['that is empty', CHECK, 'product_versions_length', into('product_versions', (t) => row.version(t, '', 'allowed'))],
  [
    'of 101 characters',
    CHECK,
    'product_versions_length',
    into('product_versions', (t) => row.version(t, '1'.repeat(101), 'allowed')),
  ],
  [
    'in another state',
    CHECK,
    'product_versions_state',
    into('product_versions', (t) => row.version(t, '1', 'current')),
  ],
  ...['2.0.x', '2.*', 'x', '*'].map(
    (family): Refused => [
      `${family}, a family, as the latest`,
      CHECK,
      'product_versions_latest_is_no_family',
      into('product_versions', (t) => row.version(t, family, 'latest')),
    ],
  ),
  [
    'as a second latest one',
    UNIQUE,
    'product_versions_one_latest',
    into(
      'product_versions',
      (t) => row.version(t, '1', 'latest'),
      (t) => row.version(t, '2', 'latest'),
    ),
  ],
  [
    'a second time',
    UNIQUE,
    'product_versions_pkey',
    into(
      'product_versions',
      (t) => row.version(t, '1', 'allowed'),
      (t) => row.version(t, '1', 'blocked'),
    ),
  ],
  [
    "of another tenant's product",
    FOREIGN_KEY,
    'product_versions_product_id_organization_id_foreign',
    into('product_versions', (t, foreign) => row.version(t, '1', 'allowed', { product_id: foreign.productId })),
  ],
]);
admits('a version', [['2.x.1 is no family', into('product_versions', (t) => row.version(t, '2.x.1', 'latest'))]]);

refuses('a licence', [
  ['in another state', CHECK, 'licenses_status', change('licenses', { status: 'expired' })],
  ['revoked at no time', CHECK, 'licenses_revoked_has_a_time', change('licenses', { status: 'revoked' })],
  [
    'active with a time of revocation',
    CHECK,
    'licenses_revoked_has_a_time',
    change('licenses', { revoked_at: new Date() }),
  ],
  ['with a cap of 0', CHECK, 'licenses_max_ips', change('licenses', { max_ips: 0 })],
  ['with a negative cap', CHECK, 'licenses_max_ips', change('licenses', { max_ips: -1 })],
  ['with too large a cap', CHECK, 'licenses_max_ips', change('licenses', { max_ips: 1_000_001 })],
  [
    'with notes of 10,001 characters',
    CHECK,
    'licenses_notes_length',
    change('licenses', { notes: 'x'.repeat(10_001) }),
  ],
  [
    'with an override that is no object',
    CHECK,
    'licenses_custom_override',
    change('licenses', { custom_override: '3' }),
  ],
  ...(
    [
      ['of another mode', { version_pin_mode: 'family', version_pinned: '1' }],
      ['without a mode', { version_pinned: '1' }],
      ['exact without a version', { version_pin_mode: 'exact' }],
      ['exact with a bound', { version_pin_mode: 'exact', version_pinned: '1', version_range_min: '1' }],
      ['of a range without bounds', { version_pin_mode: 'range' }],
      ['of a range with a version', { version_pin_mode: 'range', version_pinned: '1', version_range_min: '1' }],
    ] as const
  ).map(([what, columns]): Refused => [`with a pin ${what}`, CHECK, 'licenses_pin', change('licenses', columns)]),
  [
    "with another one's key, whoever's it is",
    UNIQUE,
    'licenses_license_key_unique',
    into(
      'licenses',
      (t) => row.license(t, { license_key: 'AAAA-0000-0000-0000' }),
      (_, foreign) => row.license(foreign, { license_key: 'AAAA-0000-0000-0000' }),
    ),
  ],
  [
    "of another tenant's product",
    FOREIGN_KEY,
    'licenses_product_id_organization_id_foreign',
    into('licenses', (t, foreign) => row.license(t, { product_id: foreign.productId })),
  ],
  [
    "for a customer of another tenant's",
    FOREIGN_KEY,
    'licenses_organization_id_customer_id_foreign',
    into('licenses', (t, foreign) => row.license(t, { customer_id: foreign.customerId })),
  ],
]);
admits('a licence', [
  ['with a range that is open at its end', change('licenses', { version_pin_mode: 'range', version_range_min: '1' })],
  ['with a range that is open at its start', change('licenses', { version_pin_mode: 'range', version_range_max: '1' })],
]);

refuses('a registered address', [
  ['that is a network', CHECK, 'license_ips_are_addresses', into('license_ips', (t) => row.address(t, '10.0.0.0/8'))],
  ['that is an IPv6 network', CHECK, 'license_ips_are_addresses', into('license_ips', (t) => row.address(t, '::1/64'))],
  [
    'of another origin',
    CHECK,
    'license_ips_origin',
    into('license_ips', (t) => row.address(t, '::1', { origin: 'x' })),
  ],
  [
    'a second time, however it is written',
    UNIQUE,
    'license_ips_pkey',
    into(
      'license_ips',
      (t) => row.address(t, '2001:db8::1'),
      (t) => row.address(t, '2001:DB8:0:0:0:0:0:1'),
    ),
  ],
  [
    "of another tenant's licence",
    FOREIGN_KEY,
    'license_ips_license_id_organization_id_foreign',
    into('license_ips', (t, foreign) => row.address(t, '::1', { license_id: foreign.licenseId })),
  ],
]);

refuses('an entry of a blacklist', [
  [
    'of no organisation',
    FOREIGN_KEY,
    'ip_blacklist_organization_id_foreign',
    into('ip_blacklist', () => row.blocked({ organization_id: randomUUID() })),
  ],
  [
    'of a customer and a licence at once',
    CHECK,
    'ip_blacklist_hangs_at_one_thing',
    into('ip_blacklist', (t) =>
      row.blocked({ organization_id: t.organizationId, customer_id: t.customerId, license_id: t.licenseId }),
    ),
  ],
  [
    'of a licence without its organisation',
    CHECK,
    'ip_blacklist_hangs_at_one_thing',
    into('ip_blacklist', (t) => row.blocked({ license_id: t.licenseId })),
  ],
  [
    'of a customer without an organisation',
    CHECK,
    'ip_blacklist_hangs_at_one_thing',
    into('ip_blacklist', (t) => row.blocked({ customer_id: t.customerId })),
  ],
  [
    'a second time',
    UNIQUE,
    'ip_blacklist_once',
    into(
      'ip_blacklist',
      (t) => row.blocked({ organization_id: t.organizationId }),
      (t) => row.blocked({ organization_id: t.organizationId }),
    ),
  ],
  [
    "of another tenant's licence",
    FOREIGN_KEY,
    'ip_blacklist_license_id_organization_id_foreign',
    into('ip_blacklist', (t, foreign) =>
      row.blocked({ organization_id: t.organizationId, license_id: foreign.licenseId }),
    ),
  ],
  [
    "of another tenant's customer",
    FOREIGN_KEY,
    'ip_blacklist_organization_id_customer_id_foreign',
    into('ip_blacklist', (t, foreign) =>
      row.blocked({ organization_id: t.organizationId, customer_id: foreign.customerId }),
    ),
  ],
]);
admits('an entry of a blacklist', [
  [
    'once on each list',
    into(
      'ip_blacklist',
      () => row.blocked({ network: '198.51.100.0/24' }),
      (t) => row.blocked({ organization_id: t.organizationId, network: '198.51.100.0/24' }),
      (t) => row.blocked({ organization_id: t.organizationId, customer_id: t.customerId, network: '198.51.100.0/24' }),
      (t) => row.blocked({ organization_id: t.organizationId, license_id: t.licenseId, network: '198.51.100.0/24' }),
    ),
  ],
]);

forgetsNothingOf('products', 'product_versions', 'licenses', 'license_ips', 'ip_blacklist');
