import type { Knex } from 'knex';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { notifyChange, tagOf } from './notices.ts';

/** How a developer names a customer. At least one of e-mail and Discord id is given; e-mails are lower case. */
export interface CustomerReference {
  email: string | null;
  discordId: string | null;
  name: string | null;
}

/**
 * Finds the person that a developer means, or makes a record of them, and keeps what was typed in this organisation's profile.
 *
 * The e-mail decides, then the Discord id. Nothing that a developer types is ever added to the record of a person who exists:
 * that would let anybody attach an identity of their own to somebody else's licences. Records are merged by the person's
 * proof or by staff (docs/spec/keyport.md §10.1).
 */
export async function resolveCustomer(
  trx: Knex.Transaction,
  organizationId: string,
  reference: CustomerReference,
): Promise<string> {
  const customerId = (await findCustomer(trx, reference)) ?? (await insertCustomer(trx, reference));
  const typed = { email: reference.email, discord_id: reference.discordId, name: reference.name };
  const profile = { organization_id: organizationId, customer_id: customerId };
  const [made] = await trx('customer_profiles')
    .insert({ ...profile, ...typed })
    .onConflict(['organization_id', 'customer_id'])
    .ignore()
    .returning('customer_id');
  // What was typed about a person is not repeated in a log that can't forget: their id is enough.
  const told = { organizationId, target: { type: 'customer', id: customerId } };
  if (made) await audit(trx, { ...told, action: 'customer.added' });
  else if (await keepTyped(trx, profile, typed)) await audit(trx, { ...told, action: 'customer.changed' });
  return customerId;
}

/** What was typed now replaces what was typed before; what was left out stays. Says whether anything differs now. */
async function keepTyped(
  trx: Knex.Transaction,
  profile: { organization_id: string; customer_id: string },
  typed: Record<string, string | null>,
): Promise<boolean> {
  const given = Object.entries(typed).filter(([, value]) => value !== null);
  if (given.length === 0) return false;
  const changed = await trx('customer_profiles')
    .where(profile)
    .where((anyOf) =>
      given.forEach(([column, value]) => void anyOf.orWhereRaw('?? is distinct from ?', [column, value])),
    )
    .update({ ...Object.fromEntries(given), updated_at: trx.fn.now(3) });
  if (changed > 0) await notifyChange(trx, tagOf.customer(profile.organization_id, profile.customer_id));
  return changed > 0;
}

async function findCustomer(
  trx: Knex.Transaction,
  { email, discordId }: CustomerReference,
): Promise<string | undefined> {
  const byEmail = email !== null && (await trx('customers').where({ email }).first<{ id: string } | undefined>('id'));
  if (byEmail) return byEmail.id;
  const byDiscord =
    discordId !== null &&
    (await trx('customers').where({ discord_id: discordId }).first<{ id: string } | undefined>('id'));
  return byDiscord ? byDiscord.id : undefined;
}

async function insertCustomer(trx: Knex.Transaction, reference: CustomerReference): Promise<string> {
  // One identity alone: that two belong together is for the person to prove. A pair that somebody typed would let whoever has the one come
  // by the licences of whoever has the other (`portal-users.ts`).
  const identity = reference.email === null ? { discord_id: reference.discordId } : { email: reference.email };
  const [row] = await trx('customers')
    .insert({ id: newId(), ...identity })
    .onConflict()
    .ignore()
    .returning<{ id: string }[]>('id');
  if (row) return row.id;
  // Somebody else made the same person in the meantime; their commit is visible now.
  const found = await findCustomer(trx, reference);
  if (found === undefined) throw new Error('A customer was neither found nor made');
  return found;
}
