import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { revokeTokensMadeBy } from './access-tokens.ts';
import { actorOf } from './acting.ts';
import { audit } from './audit.ts';
import { returnPlaces } from './holding.ts';
import { lockOrganization, organizationHolder } from './organizations.ts';
import { lockPerson } from './people.ts';
import { inPerson, personHolder } from './person-limits.ts';
import { mustHold } from './rights.ts';
import { getRole } from './roles.ts';

export interface Member {
  userId: string;
  name: string;
  email: string;
  isOwner: boolean;
  role: { id: string; name: string } | null;
  joinedAtMs: number;
}

/** Where a list of members goes on. */
export interface MemberKey {
  joinedAtMs: number;
  userId: string;
}

/** The members of an organisation in the order in which they joined. */
export async function listMembers(
  db: Knex,
  organizationId: string,
  { limit, after }: { limit: number; after: MemberKey | null },
): Promise<Member[]> {
  const rows = memberRows(db)
    .where({ 'm.organization_id': organizationId })
    .orderBy(['m.joined_at', 'm.user_id'])
    .limit(limit);
  if (after) void rows.whereRaw('(m.joined_at, m.user_id) > (?, ?)', [new Date(after.joinedAtMs), after.userId]);
  return (await rows).map(toMember);
}

/** @throws {Refusal} `not_found` */
export async function getMember(db: Knex, organizationId: string, userId: string): Promise<Member> {
  const row = await memberRows(db).where({ 'm.organization_id': organizationId, 'm.user_id': userId }).first();
  if (!row) throw new Refusal('not_found', { what: 'member' });
  return toMember(row);
}

/**
 * Gives a member another role, one that grants nothing beyond what whoever does it holds (docs/spec/keyport.md §7.2, §7.3).
 * @throws {Refusal} `not_found`, `forbidden`, `conflict` for the owner, who has none
 */
export async function changeMember(
  trx: Knex.Transaction,
  { organizationId, userId, roleId }: { organizationId: string; userId: string; roleId: string },
): Promise<Member> {
  await lockOrganization(trx, organizationId);
  const before = await getMember(trx, organizationId, userId);
  if (before.isOwner) throw new Refusal('conflict', { message: `${OWNER_STAYS} to give them a role.` });
  const role = await getRole(trx, organizationId, roleId);
  await mustHold(trx, organizationId, role.permissions);
  await trx('members').where({ organization_id: organizationId, user_id: userId }).update({ role_id: roleId });
  const after = await getMember(trx, organizationId, userId);
  await audit(trx, {
    organizationId,
    action: 'member.role_changed',
    target: { type: 'user', id: userId },
    before: { roleId: before.role?.id, role: before.role?.name },
    after: { roleId: role.id, role: role.name },
  });
  return after;
}

const OWNER_STAYS = 'The owner can be neither removed nor demoted: transfer the organisation first';

/**
 * Ends somebody's membership, and with it at once all access: theirs, and that of the organisation's tokens which they made.
 * Their personal tokens lose what they granted here by themselves.
 * @throws {Refusal} `not_found`, `conflict` for the owner (docs/spec/keyport.md §7.3)
 */
export async function removeMember(
  trx: Knex.Transaction,
  { organizationId, userId }: { organizationId: string; userId: string },
): Promise<void> {
  await lockOrganization(trx, organizationId);
  const { isOwner, role } = await getMember(trx, organizationId, userId);
  if (isOwner) throw new Refusal('conflict', { message: `${OWNER_STAYS}.` });
  await trx('members').where({ organization_id: organizationId, user_id: userId }).delete();
  await returnPlaces(trx, personHolder(userId), inPerson(userId, { resource: 'organization' }));
  await returnPlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  const revokedTokens = await revokeTokensMadeBy(trx, organizationId, userId);
  const actor = actorOf(trx);
  await audit(trx, {
    organizationId,
    action: actor.kind === 'user' && actor.id === userId ? 'member.left' : 'member.removed',
    target: { type: 'user', id: userId },
    before: { roleId: role?.id, role: role?.name, revokedTokens },
  });
}

/**
 * Has a person leave every organisation that they have joined, before they are deleted themselves.
 *
 * The person first, so that they join none meanwhile; then all these organisations in one order, before any limit: whoever removes them
 * from one holds it and waits for the person's limit. What they were in when nothing was locked may have ended by then.
 * @throws {Refusal} `conflict` where they own some, naming those; `not_found` (the person)
 */
export async function leaveEveryOrganization(trx: Knex.Transaction, userId: string): Promise<void> {
  await lockPerson(trx, userId);
  await trx('organizations')
    .whereIn('id', trx('members').where({ user_id: userId }).select('organization_id'))
    .orderBy('id')
    .forNoKeyUpdate()
    .select('id');
  const rows = await trx('members as m')
    .join('organizations as o', 'o.id', 'm.organization_id')
    .where({ 'm.user_id': userId })
    .orderBy('m.organization_id')
    .select<{ organization_id: string; name: string; is_owner: boolean }[]>(
      'm.organization_id',
      'o.name',
      'm.is_owner',
    );
  const owned = rows.filter((row) => row.is_owner).map((row) => row.name);
  if (owned.length > 0) {
    // What they can have done today: no route gives an organisation away, or deletes it.
    const message =
      `Still the owner of ${owned.join(', ')}. Ask whoever operates this platform to name another owner first: ` +
      'bin/plimsoll org set-owner <org> <email>';
    throw new Refusal('conflict', { message });
  }
  for (const { organization_id: organizationId } of rows) await removeMember(trx, { organizationId, userId });
}

/** An organisation as one of its members sees it in a list. */
export interface JoinedOrganization {
  id: string;
  name: string;
  slug: string;
  plan: string;
  isOwner: boolean;
  role: { id: string; name: string } | null;
}

/** The organisations that a person owns or has joined, the oldest first; `after` is the last one's id. */
export async function listOrganizationsOf(
  db: Knex,
  userId: string,
  { limit, after }: { limit: number; after: string | null },
): Promise<JoinedOrganization[]> {
  const rows = db('members as m')
    .join('organizations as o', 'o.id', 'm.organization_id')
    .leftJoin('roles as r', 'r.id', 'm.role_id')
    .where({ 'm.user_id': userId })
    .orderBy('o.id')
    .limit(limit)
    .select<(RoleColumns & { id: string; name: string; slug: string; plan: string })[]>(
      'o.id',
      'o.name',
      'o.slug',
      'o.plan',
      'm.is_owner',
      'm.role_id',
      'r.name as role_name',
    );
  if (after !== null) void rows.where('o.id', '>', after);
  return (await rows).map(({ id, name, slug, plan, ...row }) => ({ id, name, slug, plan, ...toRole(row) }));
}

interface RoleColumns {
  is_owner: boolean;
  role_id: string | null;
  role_name: string | null;
}

type MemberRow = RoleColumns & { user_id: string; name: string; email: string; joined_at: number };

function memberRows(db: Knex) {
  return db('members as m')
    .join('users as u', 'u.id', 'm.user_id')
    .leftJoin('roles as r', 'r.id', 'm.role_id')
    .select<MemberRow[]>(
      'm.user_id',
      'u.name',
      'u.email',
      'm.is_owner',
      'm.role_id',
      'r.name as role_name',
      'm.joined_at',
    );
}

function toMember({ user_id: userId, name, email, joined_at: joinedAtMs, ...row }: MemberRow): Member {
  return { userId, name, email, joinedAtMs, ...toRole(row) };
}

function toRole(row: RoleColumns): { isOwner: boolean; role: { id: string; name: string } | null } {
  return { isOwner: row.is_owner, role: row.role_id === null ? null : { id: row.role_id, name: row.role_name! } };
}
