import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  CHECK,
  change,
  FOREIGN_KEY,
  into,
  RESTRICT,
  type Refused,
  row,
  tryConstraints,
  UNIQUE,
} from './attempts.ts';

/** What Postgres refuses, no race and no forgotten check slips past: catalogues, organisations and customers. */

const { refusal, refuses, admits, forgetsNothingOf } = tryConstraints();

describe('catalogues are published, never edited', () => {
  test.each<[string, Attempt]>([
    ['content', (trx, t) => trx('catalogues').where({ id: t.catalogueId }).update({ content: '{}' })],
    ['version', (trx, t) => trx('catalogues').where({ id: t.catalogueId }).update({ version: 'x' })],
    ['the row itself', (trx, t) => trx('catalogues').where({ id: t.catalogueId }).delete()],
  ])('%s', async (_what, attempt) => {
    const error = await refusal(attempt);
    expect([error?.code, error?.message]).toEqual([RESTRICT, expect.stringContaining('are never changed')]);
  });
});

refuses('two catalogues', [
  [
    'of one name and version',
    UNIQUE,
    'catalogues_name_version_unique',
    (trx, t) =>
      trx.raw(
        `insert into catalogues (id, name, version, content_hash, content)
         select gen_random_uuid(), name, version, content_hash, content from catalogues where id = ?`,
        [t.catalogueId],
      ),
  ],
]);

test("an organisation's slug never changes", async () => {
  const error = await refusal(change('organizations', { slug: `other-${randomUUID()}` }));
  expect([error?.code, error?.message]).toEqual([RESTRICT, expect.stringContaining('a slug is never changed')]);
});

refuses('an organisation', [
  ['without a name', CHECK, 'organizations_name_length', change('organizations', { name: '' })],
  [
    'with a name of 81 characters',
    CHECK,
    'organizations_name_length',
    change('organizations', { name: 'x'.repeat(81) }),
  ],
  [
    'in a state of billing that is none',
    CHECK,
    'organizations_billing_state',
    change('organizations', { billing_state: 'x' }),
  ],
  [
    'of no catalogue',
    FOREIGN_KEY,
    'organizations_catalogue_id_foreign',
    change('organizations', { catalogue_id: randomUUID() }),
  ],
  [
    'with an owner who is no member',
    FOREIGN_KEY,
    'organizations_owner_is_member',
    async (trx, t) => {
      await trx('organizations').where({ id: t.organizationId }).update({ owner_id: randomUUID() });
      // Checked at the end of a transaction otherwise.
      await trx.raw('set constraints all immediate');
    },
  ],
  ...['', '-a', 'a-', 'A', 'a b', 'ä', 'a_b', 'x'.repeat(49), 'a\n'].map(
    (slug): Refused => [
      `with the slug ${JSON.stringify(slug)}`,
      CHECK,
      'organizations_slug_form',
      into('organizations', (t) => row.organization(t, { slug })),
    ],
  ),
  [
    "with another one's slug",
    UNIQUE,
    'organizations_slug_unique',
    (trx, t) =>
      trx.raw(
        `insert into organizations (id, name, slug, catalogue_id, plan)
         select gen_random_uuid(), name, slug, catalogue_id, plan from organizations where id = ?`,
        [t.organizationId],
      ),
  ],
  [
    'that has products is not deleted',
    FOREIGN_KEY,
    'products_organization_id_foreign',
    (trx, t) => trx('organizations').where({ id: t.organizationId }).delete(),
  ],
]);
admits('an organisation', [
  ['with a slug of one letter', slugged('0')],
  ['with a slug of 48 letters', slugged(`a${'-'.repeat(46)}z`)],
]);
function slugged(slug: string): Attempt {
  return into('organizations', (t) => row.organization(t, { slug }));
}

refuses('an override', [
  ['of something else', CHECK, 'plan_overrides_kind', into('plan_overrides', (t) => row.override(t, 'plan', 5))],
  ...[-1, 1.5, 1e16, '5', 'none', true, null, [], {}].map(
    (value): Refused => [
      `of a limit with ${JSON.stringify(value)}`,
      CHECK,
      'plan_overrides_value',
      into('plan_overrides', (t) => row.override(t, 'limit', value)),
    ],
  ),
  ...[1, 'on', null].map(
    (value): Refused => [
      `of a feature with ${JSON.stringify(value)}`,
      CHECK,
      'plan_overrides_value',
      into('plan_overrides', (t) => row.override(t, 'feature', value)),
    ],
  ),
  [
    'of no organisation',
    FOREIGN_KEY,
    'plan_overrides_organization_id_foreign',
    into('plan_overrides', (t) => row.override(t, 'limit', 5, { organization_id: randomUUID() })),
  ],
  [
    'that ends as it begins',
    CHECK,
    'plan_overrides_term',
    into('plan_overrides', (t) => row.override(t, 'limit', 5, { ends_at: new Date(0) })),
  ],
]);
admits('an override', [
  ['of a limit with a number', into('plan_overrides', (t) => row.override(t, 'limit', 999_999_999_999_999))],
  ['of a limit with zero', into('plan_overrides', (t) => row.override(t, 'limit', 0))],
  ['of a limit without end', into('plan_overrides', (t) => row.override(t, 'limit', 'unlimited'))],
  ['of a feature', into('plan_overrides', (t) => row.override(t, 'feature', false))],
]);

refuses('a customer', [
  ['whom nobody can reach', CHECK, 'customers_can_be_reached', into('customers', () => ({ id: randomUUID() }))],
  [
    'with an e-mail in upper case',
    CHECK,
    'customers_email_is_lower_case',
    into('customers', () => ({ id: randomUUID(), email: `A${randomUUID()}@example.com` })),
  ],
  [
    'with the e-mail of another',
    UNIQUE,
    'customers_email_unique',
    into(
      'customers',
      () => ({ id: randomUUID(), email: 'twice@constraints.test' }),
      () => ({ id: randomUUID(), email: 'twice@constraints.test' }),
    ),
  ],
  [
    'with the Discord id of another',
    UNIQUE,
    'customers_discord_id_unique',
    into(
      'customers',
      () => ({ id: randomUUID(), discord_id: 'constraints-twice' }),
      () => ({ id: randomUUID(), discord_id: 'constraints-twice' }),
    ),
  ],
  [
    'whom an organisation knows that is none',
    FOREIGN_KEY,
    'customer_profiles_organization_id_foreign',
    into('customer_profiles', (t) => ({ organization_id: randomUUID(), customer_id: t.customerId })),
  ],
  [
    'who has licences is not deleted',
    FOREIGN_KEY,
    'customer_profiles_customer_id_foreign',
    (trx, t) => trx('customers').where({ id: t.customerId }).delete(),
  ],
]);

forgetsNothingOf('catalogues', 'organizations', 'plan_overrides', 'customers', 'customer_profiles');
