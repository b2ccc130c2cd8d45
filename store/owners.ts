import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { revokeTokensMadeBy } from './access-tokens.ts';
import { audit } from './audit.ts';
import { returnPlaces, takePlaces } from './holding.ts';
import { lapseInvites, withdrawInvite } from './invites.ts';
import {
  createOrganization,
  getOrganization,
  lockOrganization,
  type Organization,
  organizationHolder,
} from './organizations.ts';
import { lockPerson, type Person } from './people.ts';
import { inPerson, personHolder } from './person-limits.ts';

/**
 * Creates an organisation that somebody owns, if they may be in one more (docs/spec/keyport.md §7.1, §13.13).
 * @throws {Refusal} `plan_limit_reached`, `name_taken` (the slug), `validation_failed`, `not_found` (the person)
 */
export async function createOwnedOrganization(
  trx: Knex.Transaction,
  { ownerId, ...input }: { name: string; slug: string; plan: string; ownerId: string },
): Promise<Organization> {
  await lockPerson(trx, ownerId);
  const made = await createOrganization(trx, input);
  await takePlaces(trx, personHolder(ownerId), inPerson(ownerId, { resource: 'organization' }));
  await takePlaces(trx, organizationHolder(made.id), { resource: 'member' });
  await trx('members').insert({ organization_id: made.id, user_id: ownerId, role_id: null });
  await trx('organizations').where({ id: made.id }).update({ owner_id: ownerId });
  await audit(trx, {
    organizationId: made.id,
    action: 'organization.owner_set',
    target: { type: 'organization', id: made.id },
    after: { ownerId },
  });
  return { ...made, ownerId };
}

/**
 * Gives an organisation to somebody, by order of whoever runs the server: to the owner-to-be of one that was made without, or when
 * an owner is out of reach for good. A former owner leaves it, and tokens of the organisation that they made end. Between people
 * it changes hands by a transfer instead. The new owner takes a place like everybody else; an invite of theirs is withdrawn.
 * @throws {Refusal} `not_found`, `plan_limit_reached`, `conflict` where somebody else gives it away at that moment
 */
export async function setOwner(
  trx: Knex.Transaction,
  { organizationId, ownerId }: { organizationId: string; ownerId: string },
): Promise<Organization> {
  const { ownerId: formerId } = await getOrganization(trx, organizationId);
  // Both, always in one order: else two organisations that change hands crosswise would wait for each other.
  const persons = new Map<string, Person>();
  for (const id of [...new Set([ownerId, ...(formerId === null ? [] : [formerId])])].sort())
    persons.set(id, await lockPerson(trx, id));
  const organization = await lockOrganization(trx, organizationId);
  if (organization.ownerId !== formerId)
    throw new Refusal('conflict', { message: 'It was given to somebody else at this moment: look again.' });
  if (formerId === ownerId) return organization;
  const revokedTokens = formerId === null ? 0 : await removeFormer(trx, organizationId, formerId);
  await withdrawInviteOf(trx, organizationId, persons.get(ownerId)!);

  const joined = await trx('members')
    .where({ organization_id: organizationId, user_id: ownerId })
    .update({ role_id: null });
  if (joined === 0) await addAsOwner(trx, organizationId, ownerId);
  await trx('organizations')
    .where({ id: organizationId })
    .update({ owner_id: ownerId, updated_at: trx.fn.now(3) });
  await audit(trx, {
    organizationId,
    action: 'organization.owner_set',
    target: { type: 'organization', id: organizationId },
    before: { ownerId: formerId, revokedTokens },
    after: { ownerId },
  });
  return getOrganization(trx, organizationId);
}

/** Gives how many of the organisation's tokens end with it. */
async function removeFormer(trx: Knex.Transaction, organizationId: string, userId: string): Promise<number> {
  await trx('members').where({ organization_id: organizationId, user_id: userId }).delete();
  await returnPlaces(trx, personHolder(userId), inPerson(userId, { resource: 'organization' }));
  await returnPlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  return revokeTokensMadeBy(trx, organizationId, userId);
}

/** Whoever owns an organisation can't join it any more: an invite of theirs would hold a second seat until it lapsed. */
async function withdrawInviteOf(trx: Knex.Transaction, organizationId: string, { email }: Person): Promise<void> {
  const invite = await trx('invites')
    .where({ organization_id: organizationId, email, state: 'pending' })
    .first<{ id: string } | undefined>('id');
  if (invite) await withdrawInvite(trx, { organizationId, inviteId: invite.id, nowMs: Date.now() });
}

async function addAsOwner(trx: Knex.Transaction, organizationId: string, userId: string): Promise<void> {
  await lapseInvites(trx, organizationId, Date.now());
  await takePlaces(trx, personHolder(userId), inPerson(userId, { resource: 'organization' }));
  await takePlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  await trx('members').insert({ organization_id: organizationId, user_id: userId, role_id: null });
}
