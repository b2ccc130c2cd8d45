import { hashPassword, verifyPassword } from 'better-auth/crypto';
import type { Knex } from 'knex';
import { ALL_PERMISSIONS } from '../domain/permissions/permissions.ts';
import { newMailToken } from '../runtime/access-token.ts';
import type { Demo } from '../stack/home.ts';
import { createPersonalToken, listTokens, revokeToken } from '../store/access-tokens.ts';
import type { Organization } from '../store/organizations.ts';
import { setOwner } from '../store/owners.ts';
import { createPersonWithPassword, findPasswordHash, replacePassword } from '../store/passwords.ts';
import { findPersonByEmail } from '../store/people.ts';
import { findToken } from '../store/token-lookup.ts';

/** An address that no mail ever reaches (RFC 2606). */
const OWNER = { name: 'Demo owner', email: 'owner@example.com' };
const TOKEN = 'Demo';

export type DemoOwner = Pick<Demo, 'owner_email' | 'owner_password' | 'access_token'>;

/**
 * Sees to it that the demo's organisation has an owner who can sign in, and an access token that may do all that they may. What was kept is
 * given back while this database takes it; otherwise password and token are replaced, since the old ones are readable nowhere.
 */
export async function demoOwner(
  trx: Knex.Transaction,
  organization: Organization,
  kept: Partial<DemoOwner>,
): Promise<DemoOwner> {
  const found = await findPersonByEmail(trx, OWNER.email);
  const password = kept.owner_password;
  const hash = found && (await findPasswordHash(trx, found.id));
  const isKept = password !== undefined && hash !== undefined && (await verifyPassword({ hash, password }));
  const owner_password = isKept ? password : newMailToken().token;
  const { id: userId } =
    found ?? (await createPersonWithPassword(trx, { ...OWNER, passwordHash: await hashPassword(owner_password) }));
  if (found && !isKept) await replacePassword(trx, { userId, passwordHash: await hashPassword(owner_password) });
  if (organization.ownerId === null) await setOwner(trx, { organizationId: organization.id, ownerId: userId });
  return { owner_email: OWNER.email, owner_password, access_token: await tokenOf(trx, userId, kept.access_token) };
}

async function tokenOf(trx: Knex.Transaction, userId: string, kept: string | undefined): Promise<string> {
  const living = kept && (await findToken(trx, kept, { ip: '127.0.0.1', nowMs: Date.now() }));
  if (kept && living && living.userId === userId) return kept;
  for (const { id, name } of await listTokens(trx, { userId }, { limit: 100, after: null }))
    if (name === TOKEN) await revokeToken(trx, { userId }, id);
  const wanted = { name: TOKEN, scopes: ALL_PERMISSIONS, networks: null, expiresAtMs: null };
  return (await createPersonalToken(trx, { userId, ...wanted })).token;
}
