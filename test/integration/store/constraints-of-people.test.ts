import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { type Attempt, CHECK, FOREIGN_KEY, type Refused, type Tenant, tryConstraints, UNIQUE } from './attempts.ts';

/** What Postgres refuses, no race and no forgotten check slips past: owners, members, roles, invites, access tokens. */

const { refusal, refuses, admits, forgetsNothingOf } = tryConstraints();

async function aUser(trx: Knex.Transaction): Promise<string> {
  const id = randomUUID();
  await trx('users').insert({ id, name: 'x', email: `${id}@example.com` });
  return id;
}

async function aRole(trx: Knex.Transaction, organizationId: string, columns: object = {}): Promise<string> {
  const id = randomUUID();
  await trx('roles').insert({ id, organization_id: organizationId, name: id, permissions: ['a:b'], ...columns });
  return id;
}

async function aMember(trx: Knex.Transaction, { organizationId }: Tenant, roleId: string | null): Promise<string> {
  const userId = await aUser(trx);
  await trx('members').insert({ organization_id: organizationId, user_id: userId, role_id: roleId });
  return userId;
}

/** What is checked at the end of a transaction is checked now. */
async function atTheEnd(trx: Knex.Transaction): Promise<void> {
  await trx.raw('set constraints all immediate');
}

async function anOwner(trx: Knex.Transaction, tenant: Tenant): Promise<string> {
  const userId = await aMember(trx, tenant, null);
  await trx('organizations').where({ id: tenant.organizationId }).update({ owner_id: userId });
  await atTheEnd(trx);
  return userId;
}

const invite =
  (columns: (ids: { roleId: string; organizationId: string }) => object = () => ({})): Attempt =>
  async (trx, t) => {
    const roleId = await aRole(trx, t.organizationId);
    await trx('invites').insert({ ...inviteRow(t, roleId), ...columns({ roleId, organizationId: t.organizationId }) });
  };

const inviteRow = (t: Tenant, roleId: string) => ({
  id: randomUUID(),
  organization_id: t.organizationId,
  email: `${randomUUID()}@example.com`,
  role_id: roleId,
  token_hash: randomBytes(32),
  sent_at: new Date(0),
  expires_at: new Date(1),
});

const token =
  (columns: object, holder: 'user' | 'organization' | 'both' | 'none' = 'organization'): Attempt =>
  async (trx, t) => {
    await trx('access_tokens').insert({
      id: randomUUID(),
      ...(['user', 'both'].includes(holder) && { user_id: await aUser(trx) }),
      ...(['organization', 'both'].includes(holder) && { organization_id: t.organizationId }),
      name: 'x',
      token_hash: randomBytes(32),
      token_prefix: 'plm_abcd',
      scopes: ['a:b'],
      ...columns,
    });
  };

const override =
  (columns: object): Attempt =>
  async (trx) => {
    await trx('user_overrides').insert({
      id: randomUUID(),
      user_id: await aUser(trx),
      name: 'organizations',
      value: '3',
      reason: 'x',
      starts_at: new Date(0),
      ...columns,
    });
  };

const OWNER_IS_MEMBER = 'organizations_owner_is_member';
refuses('an owner', [
  [
    'who is no member',
    FOREIGN_KEY,
    OWNER_IS_MEMBER,
    async (trx, t) => {
      await trx('organizations')
        .where({ id: t.organizationId })
        .update({ owner_id: await aUser(trx) });
      await atTheEnd(trx);
    },
  ],
  [
    'who has a role',
    FOREIGN_KEY,
    OWNER_IS_MEMBER,
    async (trx, t) => {
      const member = await aMember(trx, t, await aRole(trx, t.organizationId));
      await trx('organizations').where({ id: t.organizationId }).update({ owner_id: member });
      await atTheEnd(trx);
    },
  ],
  [
    'of another organisation',
    FOREIGN_KEY,
    OWNER_IS_MEMBER,
    async (trx, t, foreign) => {
      const owner = await anOwner(trx, foreign);
      await trx('organizations').where({ id: t.organizationId }).update({ owner_id: owner });
      await atTheEnd(trx);
    },
  ],
  [
    'who is removed',
    FOREIGN_KEY,
    OWNER_IS_MEMBER,
    async (trx, t) => {
      const owner = await anOwner(trx, t);
      await trx('members').where({ user_id: owner }).delete();
      await atTheEnd(trx);
    },
  ],
  [
    'who is demoted',
    FOREIGN_KEY,
    OWNER_IS_MEMBER,
    async (trx, t) => {
      const owner = await anOwner(trx, t);
      const role_id = await aRole(trx, t.organizationId);
      await trx('members').where({ user_id: owner }).update({ role_id });
      await atTheEnd(trx);
    },
  ],
  [
    'beside another',
    UNIQUE,
    'members_one_owner',
    async (trx, t) => {
      await anOwner(trx, t);
      await aMember(trx, t, null);
    },
  ],
]);
admits('an owner', [
  ['of whom there is one', (trx, t) => anOwner(trx, t)],
  [
    'who takes the place of another in one transaction',
    async (trx, t) => {
      const [owner, roleId] = [await anOwner(trx, t), await aRole(trx, t.organizationId)];
      const next = await aMember(trx, t, roleId);
      await trx.raw('set constraints all deferred');
      await trx('members').where({ user_id: owner }).update({ role_id: roleId });
      await trx('members').where({ user_id: next }).update({ role_id: null });
      await trx('organizations').where({ id: t.organizationId }).update({ owner_id: next });
      await atTheEnd(trx);
    },
  ],
]);

refuses('a member', [
  [
    'twice',
    UNIQUE,
    'members_pkey',
    async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      const user = await aMember(trx, t, roleId);
      await trx('members').insert({ organization_id: t.organizationId, user_id: user, role_id: roleId });
    },
  ],
  [
    'with a role of another organisation',
    FOREIGN_KEY,
    'members_role_id_organization_id_foreign',
    async (trx, t, foreign) => aMember(trx, t, await aRole(trx, foreign.organizationId)),
  ],
  [
    'of no organisation',
    FOREIGN_KEY,
    'members_organization_id_foreign',
    async (trx) => trx('members').insert({ organization_id: randomUUID(), user_id: await aUser(trx), role_id: null }),
  ],
  [
    'who is nobody',
    FOREIGN_KEY,
    'members_user_id_foreign',
    (trx, t) => trx('members').insert({ organization_id: t.organizationId, user_id: randomUUID(), role_id: null }),
  ],
  [
    'whose account is deleted',
    FOREIGN_KEY,
    'members_user_id_foreign',
    async (trx, t) => {
      const user = await aMember(trx, t, await aRole(trx, t.organizationId));
      await trx('users').where({ id: user }).delete();
    },
  ],
  [
    'whose role is deleted',
    FOREIGN_KEY,
    'members_role_id_organization_id_foreign',
    async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      await aMember(trx, t, roleId);
      await trx('roles').where({ id: roleId }).delete();
    },
  ],
]);

const role =
  (columns: object): Attempt =>
  (trx, t) =>
    aRole(trx, t.organizationId, columns);
refuses('a role', [
  ['without a name', CHECK, 'roles_name_length', role({ name: '' })],
  ['with a name of 81 characters', CHECK, 'roles_name_length', role({ name: 'x'.repeat(81) })],
  [
    'with the name of another, whatever its case',
    UNIQUE,
    'roles_name',
    async (trx, t) => {
      await aRole(trx, t.organizationId, { name: 'Support' });
      await aRole(trx, t.organizationId, { name: 'SUPPORT' });
    },
  ],
  ['of no organisation', FOREIGN_KEY, 'roles_organization_id_foreign', (trx) => aRole(trx, randomUUID())],
  ...[
    ['x'],
    ['a:b:c'],
    ['A:b'],
    ['a:b', ''],
    [' a:b'],
    [null],
    ['a:b\n'],
    Array.from({ length: 201 }, () => 'a:b'),
  ].map(
    (permissions): Refused => [
      `that permits ${JSON.stringify(permissions).slice(0, 30)}`,
      CHECK,
      'roles_permissions_form',
      role({ permissions }),
    ],
  ),
]);
admits('a role', [
  ['that permits nothing', role({ permissions: [] })],
  ['that permits much', role({ permissions: ['a:b', 'products:rotate_key'], name: 'x'.repeat(80) })],
  [
    'with a name that another organisation has',
    async (trx, t, foreign) => {
      await aRole(trx, t.organizationId, { name: 'Support' });
      await aRole(trx, foreign.organizationId, { name: 'Support' });
    },
  ],
]);

refuses('an invite', [
  ...['', 'x', 'A@example.com', '@example.com', `${'x'.repeat(250)}@example.com`].map(
    (email): Refused => [
      `to ${email.slice(0, 20) || 'nowhere'}`,
      CHECK,
      'invites_email_is_lower_case',
      invite(() => ({ email })),
    ],
  ),
  ['in no state', CHECK, 'invites_state', invite(() => ({ state: 'x', settled_at: new Date() }))],
  ['that is settled and pending', CHECK, 'invites_settled_once', invite(() => ({ settled_at: new Date() }))],
  ['that was accepted at no time', CHECK, 'invites_settled_once', invite(() => ({ state: 'accepted' }))],
  ['that is pending without a role', CHECK, 'invites_pending_have_a_role', invite(() => ({ role_id: null }))],
  ['that ends as it begins', CHECK, 'invites_term', invite(() => ({ expires_at: new Date(0) }))],
  ['with half a token', CHECK, 'invites_token_hash_length', invite(() => ({ token_hash: randomBytes(16) }))],
  [
    'with the token of another',
    UNIQUE,
    'invites_token_hash_unique',
    async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      const token_hash = randomBytes(32);
      for (let i = 0; i < 2; i += 1) await trx('invites').insert({ ...inviteRow(t, roleId), token_hash });
    },
  ],
  [
    'to whom one is pending',
    UNIQUE,
    'invites_one_pending',
    async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      for (let i = 0; i < 2; i += 1) await trx('invites').insert({ ...inviteRow(t, roleId), email: 'a@b.example' });
    },
  ],
  [
    'with a role of another organisation',
    FOREIGN_KEY,
    'invites_role_foreign',
    async (trx, t, foreign) => {
      await trx('invites').insert(inviteRow(t, await aRole(trx, foreign.organizationId)));
    },
  ],
  ['by nobody', FOREIGN_KEY, 'invites_invited_by_foreign', invite(() => ({ invited_by: randomUUID() }))],
  ['accepted by nobody', FOREIGN_KEY, 'invites_accepted_by_foreign', invite(() => ({ accepted_by: randomUUID() }))],
  [
    'to no organisation',
    FOREIGN_KEY,
    'invites_organization_id_foreign',
    invite(() => ({ organization_id: randomUUID(), role_id: null, state: 'lapsed', settled_at: new Date() })),
  ],
]);
admits('an invite', [
  ['that is pending', invite()],
  [
    'to whom another was settled; its role may go',
    async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      const email = 'a@b.example';
      const settled = { ...inviteRow(t, roleId), email, state: 'withdrawn', settled_at: new Date() };
      await trx('invites').insert(settled);
      await trx('roles').where({ id: roleId }).delete();
      await trx('invites').insert({ ...inviteRow(t, await aRole(trx, t.organizationId)), email });
      expect(await trx('invites').where({ id: settled.id }).first('role_id')).toEqual({ role_id: null });
    },
  ],
]);

test('the role of a pending invite can not go', async () => {
  const error = await refusal(async (trx, t) => {
    const roleId = await aRole(trx, t.organizationId);
    await trx('invites').insert(inviteRow(t, roleId));
    await trx('roles').where({ id: roleId }).delete();
  });
  expect(error).toMatchObject({ code: CHECK, constraint: 'invites_pending_have_a_role' });
});

describe('seats', () => {
  test('are those of members and of pending invites', async () => {
    const counted: number[] = [];
    await refusal(async (trx, t) => {
      const roleId = await aRole(trx, t.organizationId);
      await aMember(trx, t, roleId);
      await trx('invites').insert(inviteRow(t, roleId));
      await trx('invites').insert({ ...inviteRow(t, roleId), state: 'lapsed', settled_at: new Date() });
      const rows = await trx('seats').where({ organization_id: t.organizationId }).select('state');
      counted.push(rows.length, rows.filter(({ state }) => ['member', 'pending'].includes(state as string)).length);
    });
    expect(counted).toEqual([3, 2]);
  });
});

refuses('an access token', [
  ['of nobody', CHECK, 'access_tokens_holder', token({}, 'none')],
  ['of a person and an organisation', CHECK, 'access_tokens_holder', token({}, 'both')],
  ['without a name', CHECK, 'access_tokens_name_length', token({ name: '' })],
  ['with half a hash', CHECK, 'access_tokens_token_hash_length', token({ token_hash: randomBytes(16) })],
  [
    'with the hash of another',
    UNIQUE,
    'access_tokens_token_hash_unique',
    async (...args) => {
      const token_hash = randomBytes(32);
      for (let i = 0; i < 2; i += 1) await token({ token_hash })(...args);
    },
  ],
  ['for what is no code', CHECK, 'access_tokens_scopes_form', token({ scopes: ['everything'] })],
  ['for no network', CHECK, 'access_tokens_networks_number', token({ networks: [] })],
  [
    'for 51 networks',
    CHECK,
    'access_tokens_networks_number',
    token({ networks: Array.from({ length: 51 }, (_, i) => `192.0.2.${i}`) }),
  ],
  ['that has ended before it began', CHECK, 'access_tokens_term', token({ expires_at: new Date(0) })],
  [
    'of no organisation',
    FOREIGN_KEY,
    'access_tokens_organization_id_foreign',
    token({ organization_id: randomUUID() }),
  ],
  ['of no person', FOREIGN_KEY, 'access_tokens_user_id_foreign', token({ user_id: randomUUID() }, 'none')],
  ['made by nobody', FOREIGN_KEY, 'access_tokens_created_by_foreign', token({ created_by: randomUUID() })],
]);
admits('an access token', [
  ['of an organisation', token({ networks: ['192.0.2.0/24', '2001:db8::/32'] })],
  ['of a person, for nothing', token({ scopes: [] }, 'user')],
]);

refuses('an override of a person', [
  ...['-1', '1.5', '"many"', 'true', 'null'].map(
    (value): Refused => [`to ${value}`, CHECK, 'user_overrides_value', override({ value })],
  ),
  ['that ends as it begins', CHECK, 'user_overrides_term', override({ ends_at: new Date(0) })],
  ['of nobody', FOREIGN_KEY, 'user_overrides_user_id_foreign', override({ user_id: randomUUID() })],
]);
admits('an override of a person', [
  ['to a number', override({})],
  ['to any number', override({ value: '"unlimited"', ends_at: new Date(1) })],
]);

forgetsNothingOf('roles', 'members', 'invites', 'access_tokens', 'user_overrides');
