import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { ALL_PERMISSIONS, type Permission } from '../../domain/permissions/permissions.ts';
import { newAccessToken } from '../../runtime/access-token.ts';
import { write } from './acting.ts';

/** People, organisations and tokens as rows, for tests of what is done by them rather than of how they come to be. */

export interface TestPerson {
  id: string;
  email: string;
  name: string;
}

export async function aPerson(db: Knex): Promise<TestPerson> {
  const person = { id: randomUUID(), email: `${randomUUID()}@example.com`, name: 'Ann Cooper' };
  await db('users').insert({ ...person, email_verified: true });
  return person;
}

/** Makes somebody the owner of an organisation that nobody owns. */
export async function ownedBy(db: Knex, organizationId: string, userId: string): Promise<void> {
  await write(db, async (trx) => {
    await trx('members').insert({ organization_id: organizationId, user_id: userId, role_id: null });
    await trx('organizations').where({ id: organizationId }).update({ owner_id: userId });
  });
}

/** Makes somebody a member with a role of their own. */
export async function memberWith(
  db: Knex,
  organizationId: string,
  { userId, permissions }: { userId: string; permissions: readonly Permission[] },
): Promise<void> {
  const roleId = randomUUID();
  await db('roles').insert({
    id: roleId,
    organization_id: organizationId,
    name: `role ${roleId}`,
    permissions: [...permissions],
  });
  await db('members').insert({ organization_id: organizationId, user_id: userId, role_id: roleId });
}

/** A token of a person or of an organisation, as it is sent. */
export async function aToken(
  db: Knex,
  holder: { user_id: string } | { organization_id: string },
  scopes: readonly Permission[] = ALL_PERMISSIONS,
): Promise<string> {
  const { token, hash, prefix } = newAccessToken();
  await db('access_tokens').insert({
    id: randomUUID(),
    ...holder,
    name: 'test',
    token_hash: hash,
    token_prefix: prefix,
    scopes: [...scopes],
  });
  return token;
}
