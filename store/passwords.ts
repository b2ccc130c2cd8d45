import type { Knex } from 'knex';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';

/**
 * People whose account is made on the server, with a password: the demo's owner. Everybody else signs up (`api/accounts/`), and rows are
 * as they are there. Passwords come as the library's hashes.
 */

/** What the library calls the account that a password opens. */
const BY_PASSWORD = 'credential';

/** Makes somebody whose address needs no proof. Gives the id. */
export async function createPersonWithPassword(
  trx: Knex.Transaction,
  { name, email, passwordHash }: { name: string; email: string; passwordHash: string },
): Promise<{ id: string }> {
  const id = newId();
  await trx('users').insert({ id, name, email: email.toLowerCase(), email_verified: true });
  await trx('user_accounts').insert({
    id: newId(),
    user_id: id,
    provider_id: BY_PASSWORD,
    account_id: id,
    password: passwordHash,
  });
  await audit(trx, {
    organizationId: null,
    action: 'user.created',
    target: { type: 'user', id },
    after: { emailVerified: true },
  });
  return { id };
}

/** The hash of somebody's password; `undefined` where they have none. */
export async function findPasswordHash(db: Knex, userId: string): Promise<string | undefined> {
  const row = await db('user_accounts')
    .where({ user_id: userId, provider_id: BY_PASSWORD })
    .first<{ password: string | null } | undefined>('password');
  return row?.password ?? undefined;
}

/** Replaces somebody's password, and ends every session that the old one began. */
export async function replacePassword(
  trx: Knex.Transaction,
  { userId, passwordHash }: { userId: string; passwordHash: string },
): Promise<void> {
  const replaced = await trx('user_accounts')
    .where({ user_id: userId, provider_id: BY_PASSWORD })
    .update({ password: passwordHash, updated_at: trx.fn.now(3) });
  if (replaced === 0) {
    const row = { id: newId(), user_id: userId, provider_id: BY_PASSWORD, account_id: userId, password: passwordHash };
    await trx('user_accounts').insert(row);
  }
  await trx('user_sessions').where({ user_id: userId }).delete();
  await audit(trx, { organizationId: null, action: 'user.password_replaced', target: { type: 'user', id: userId } });
}
