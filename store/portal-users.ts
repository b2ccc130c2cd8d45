import type { Knex } from 'knex';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';

interface PortalUserRow {
  id: string;
  email: string;
  email_verified: boolean;
  customer_id: string | null;
}

/** What somebody has proven to be theirs. */
interface Proofs {
  email: string | null;
  discordId: string | null;
}

/**
 * Ties a portal user to the global customer that their proofs are of, and gives its id: the one with the proven e-mail, else the one with
 * the proven Discord id, else a new one. A proof that comes later is added to the customer's record, unless it is of another customer
 * already: those are two records then, which staff may merge (docs/spec/keyport.md §1.2, §10.1).
 *
 * Nothing but proofs is looked at here, and records hold no pair of identities that somebody typed (`customers.ts`): nobody comes by
 * another's licences by having had both typed together. Needs somebody who acts; two at once make one record.
 */
export async function tieToCustomer(trx: Knex.Transaction, userId: string): Promise<string> {
  const user = await trx('portal_users')
    .where({ id: userId })
    .forNoKeyUpdate()
    .first<PortalUserRow | undefined>('id', 'email', 'email_verified', 'customer_id');
  if (!user) throw new Error('A portal user was proven that is not there');
  const proofs = await proofsOf(trx, user);
  if (user.customer_id !== null) {
    await addProofs(trx, user.customer_id, proofs);
    return user.customer_id;
  }
  const customerId = await customerOf(trx, proofs);
  await trx('portal_users').where({ id: userId }).update({ customer_id: customerId });
  await addProofs(trx, customerId, proofs);
  await audit(trx, {
    organizationId: null,
    action: 'customer.identified',
    target: { type: 'customer', id: customerId },
    after: { portalUserId: userId, by: proofs.email === null ? 'discord' : 'email' },
  });
  return customerId;
}

async function proofsOf(trx: Knex.Transaction, user: PortalUserRow): Promise<Proofs> {
  const discord = await trx('portal_accounts')
    .where({ user_id: user.id, provider_id: 'discord' })
    .orderBy('created_at')
    .first<{ account_id: string } | undefined>('account_id');
  const isAddress = user.email_verified && !user.email.endsWith('.invalid');
  return { email: isAddress ? user.email : null, discordId: discord?.account_id ?? null };
}

async function customerOf(trx: Knex.Transaction, { email, discordId }: Proofs): Promise<string> {
  const identity = email === null ? { discord_id: discordId } : { email };
  if (email === null && discordId === null) throw new Error('Somebody signed in to the portal without any proof');
  const [made] = await trx('customers')
    .insert({ id: newId(), ...identity })
    .onConflict()
    .ignore()
    .returning<{ id: string }[]>('id');
  if (made) return made.id;
  const found = await trx('customers').where(identity).first<{ id: string } | undefined>('id');
  if (!found) throw new Error('A customer was neither found nor made');
  return found.id;
}

/** Adds what was proven and is missing in the record, where no other record has it. */
async function addProofs(trx: Knex.Transaction, customerId: string, { email, discordId }: Proofs): Promise<void> {
  for (const [column, value] of [
    ['email', email],
    ['discord_id', discordId],
  ] as const) {
    if (value === null) continue;
    const added = await trx('customers')
      .where({ id: customerId })
      .whereNull(column)
      .whereNotExists(trx('customers as other').where(`other.${column}`, value).select('other.id'))
      .update({ [column]: value });
    if (added === 0) continue;
    await audit(trx, {
      organizationId: null,
      action: 'customer.identity_added',
      target: { type: 'customer', id: customerId },
      after: { by: column === 'email' ? 'email' : 'discord' },
    });
  }
}
