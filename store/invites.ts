import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { hashAccessToken, newMailToken } from '../runtime/access-token.ts';
import { newId } from '../runtime/ids.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import { type Actor, actorOf } from './acting.ts';
import { audit } from './audit.ts';
import { returnPlaces, takePlaces } from './holding.ts';
import { mustHaveFeature } from './limits.ts';
import { enqueueMail } from './mails.ts';
import { getMember, type Member } from './members.ts';
import { getOrganization, lockOrganization, organizationHolder } from './organizations.ts';
import { lockPerson, type Person } from './people.ts';
import { inPerson, personHolder } from './person-limits.ts';
import { mustHold } from './rights.ts';
import { getRole, ROLES_FEATURE, type Role } from './roles.ts';

/**
 * Invites: somebody is asked by mail to join with one role (docs/spec/keyport.md §7.3). While it is pending an invite takes a seat;
 * accepted, the seat is the member's; withdrawn or lapsed, it is free again. An invite that is over in time is still pending until
 * somebody notices: whoever asks for a seat, whoever lists them, and the worker each minute.
 */
export interface Invite {
  id: string;
  organizationId: string;
  email: string;
  /** `null` once it is settled and the role was deleted. */
  role: { id: string; name: string } | null;
  state: InviteState;
  sentAtMs: number;
  expiresAtMs: number;
  createdAtMs: number;
}

export type InviteState = 'pending' | 'accepted' | 'withdrawn' | 'lapsed';

/** What inviting needs beside its transaction. */
export interface InviteTerms {
  /** How long an invite may be accepted. */
  lifetimeMs: number;
  nowMs: number;
  secrets: SecretBox;
}

/** No more often is one invite sent, so that nobody's mailbox is flooded by way of us. */
const SENT_AGAIN_AFTER_MS = 60_000;

/**
 * Invites somebody, if there is a seat, with a role that grants nothing beyond what whoever invites holds.
 * @throws {Refusal} `not_found` (the role), `forbidden`, `conflict` for members and whoever is invited already,
 *   `feature_not_available`, `plan_limit_reached`
 */
export async function createInvite(
  trx: Knex.Transaction,
  { organizationId, email, roleId }: { organizationId: string; email: string; roleId: string },
  terms: InviteTerms,
): Promise<Invite> {
  const address = email.toLowerCase();
  await lockOrganization(trx, organizationId);
  const role = await getRole(trx, organizationId, roleId);
  await mustHold(trx, organizationId, role.permissions);
  await refuseMember(trx, organizationId, address);
  await lapseInvites(trx, organizationId, terms.nowMs);
  const pending = await trx('invites')
    .where({ organization_id: organizationId, email: address, state: 'pending' })
    .first('id');
  if (pending) throw new Refusal('conflict', { message: `${address} is invited already: send that invite again.` });
  await mustHaveFeature(trx, organizationId, ROLES_FEATURE);
  await takePlaces(trx, organizationHolder(organizationId), { resource: 'member' });

  const { token, hash } = newMailToken();
  const actor = actorOf(trx);
  const [row] = await trx('invites')
    .insert({
      id: newId(),
      organization_id: organizationId,
      email: address,
      role_id: roleId,
      token_hash: hash,
      invited_by: personOf(actor),
      ...sentNow(terms),
    })
    .returning<{ id: string }[]>('id');
  const invite = await getInvite(trx, organizationId, row!.id);
  await sendInvite(trx, { invite, role, token }, terms);
  await audit(trx, {
    organizationId,
    action: 'invite.created',
    target: { type: 'invite', id: invite.id },
    after: { email: address, roleId, role: role.name, expiresAtMs: invite.expiresAtMs },
  });
  return invite;
}

/**
 * Sends a pending invite again, with a new link and a new term; the old link is dead.
 * @throws {Refusal} `not_found`, `conflict` where it isn't pending or was sent within the last minute, `forbidden`,
 *   `feature_not_available`
 */
export async function resendInvite(
  trx: Knex.Transaction,
  { organizationId, inviteId }: { organizationId: string; inviteId: string },
  terms: InviteTerms,
): Promise<Invite> {
  await lockOrganization(trx, organizationId);
  const before = await getInvite(trx, organizationId, inviteId);
  mustBePending(before, terms.nowMs);
  const role = await getRole(trx, organizationId, before.role!.id);
  await mustHold(trx, organizationId, role.permissions);
  if (terms.nowMs - before.sentAtMs < SENT_AGAIN_AFTER_MS)
    throw new Refusal('conflict', { message: 'It was sent less than a minute ago: give the mail time to arrive.' });
  await mustHaveFeature(trx, organizationId, ROLES_FEATURE);

  const { token, hash } = newMailToken();
  await trx('invites')
    .where({ id: inviteId, organization_id: organizationId })
    .update({ token_hash: hash, ...sentNow(terms), updated_at: trx.fn.now(3) });
  const invite = await getInvite(trx, organizationId, inviteId);
  await sendInvite(trx, { invite, role, token }, terms);
  await audit(trx, {
    organizationId,
    action: 'invite.sent_again',
    target: { type: 'invite', id: inviteId },
    before: { expiresAtMs: before.expiresAtMs },
    after: { expiresAtMs: invite.expiresAtMs },
  });
  return invite;
}

/** Takes an invite back: its link is dead and its seat free. @throws {Refusal} `not_found`, `conflict` where it isn't pending */
export async function withdrawInvite(
  trx: Knex.Transaction,
  { organizationId, inviteId, nowMs }: { organizationId: string; inviteId: string; nowMs: number },
): Promise<void> {
  await lockOrganization(trx, organizationId);
  const invite = await getInvite(trx, organizationId, inviteId);
  if (invite.state !== 'pending') mustBePending(invite, nowMs);
  await trx('invites')
    .where({ id: inviteId, organization_id: organizationId })
    .update({ state: 'withdrawn', settled_at: trx.fn.now(3), updated_at: trx.fn.now(3) });
  await returnPlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  await audit(trx, {
    organizationId,
    action: 'invite.withdrawn',
    target: { type: 'invite', id: inviteId },
    before: { email: invite.email, role: invite.role?.name },
  });
}

/**
 * Gives back the seats of an organisation's invites whose time is over; gives how many. The organisation is locked here, so ask
 * before any limit is.
 */
export async function lapseInvites(trx: Knex.Transaction, organizationId: string, nowMs: number): Promise<number> {
  await lockOrganization(trx, organizationId);
  const lapsed = await trx('invites')
    .where({ organization_id: organizationId, state: 'pending' })
    .where('expires_at', '<=', new Date(nowMs))
    .update({ state: 'lapsed', settled_at: trx.fn.now(3), updated_at: trx.fn.now(3) })
    .returning<{ id: string; email: string }[]>(['id', 'email']);
  if (lapsed.length === 0) return 0;
  await returnPlaces(trx, organizationHolder(organizationId), { resource: 'member', number: lapsed.length });
  await audit(trx, {
    organizationId,
    action: 'invite.lapsed',
    target: { type: 'organization', id: organizationId },
    before: { invites: lapsed.map(({ id, email }) => ({ id, email })) },
  });
  return lapsed.length;
}

/** Organisations with invites whose time is over, by id, at most `limit` of them; `after` is the last one's. */
export async function organizationsWithLapsedInvites(
  db: Knex,
  { nowMs, limit, after }: { nowMs: number; limit: number; after: string | null },
): Promise<string[]> {
  const rows = db('invites')
    .where({ state: 'pending' })
    .where('expires_at', '<=', new Date(nowMs))
    .distinct<{ organization_id: string }[]>('organization_id')
    .orderBy('organization_id')
    .limit(limit);
  if (after !== null) void rows.where('organization_id', '>', after);
  return (await rows).map((row) => row.organization_id);
}

/**
 * Joins an organisation by an invite: by the token in its mail, or by its id for whoever has found it in their own list. Either way
 * the person's verified address must be the invited one. Its seat passes over to the member, judged as a create: where the
 * plan has become too small meanwhile it is refused (docs/spec/keyport.md §2.3, §2.5). Asked again by the same person it gives the same.
 * @throws {Refusal} `not_found`, `forbidden`, `conflict` where it is over, `plan_limit_reached` of the person or the organisation
 */
export async function acceptInvite(
  trx: Knex.Transaction,
  { userId, by }: { userId: string; by: { token: string } | { inviteId: string } },
  { nowMs, secrets }: Pick<InviteTerms, 'nowMs' | 'secrets'>,
): Promise<{ organizationId: string; member: Member }> {
  const person = await lockPerson(trx, userId);
  const found = await trx('invites')
    .where('token' in by ? { token_hash: hashAccessToken(by.token) } : { id: by.inviteId, email: person.email })
    .first<{ id: string; organization_id: string } | undefined>('id', 'organization_id');
  if (!found) throw new Refusal('not_found', { what: 'invite' });
  const { id: inviteId, organization_id: organizationId } = found;
  await lockOrganization(trx, organizationId);

  const invite = await getInvite(trx, organizationId, inviteId);
  refuseOthers(person, invite.email);
  if (invite.state === 'accepted') {
    const member = await memberIfAny(trx, organizationId, userId);
    if (member) return { organizationId, member };
  }
  mustBePending(invite, nowMs);
  await refuseMember(trx, organizationId, person.email);

  const role = invite.role!;
  await takePlaces(trx, personHolder(userId), inPerson(userId, { resource: 'organization' }));
  await trx('invites')
    .where({ id: inviteId, organization_id: organizationId })
    .update({ state: 'accepted', accepted_by: userId, settled_at: trx.fn.now(3), updated_at: trx.fn.now(3) });
  await returnPlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  await takePlaces(trx, organizationHolder(organizationId), { resource: 'member' });
  await trx('members').insert({ organization_id: organizationId, user_id: userId, role_id: role.id });
  await tellInviter(trx, { inviteId, organizationId, person, secrets });
  await audit(trx, {
    organizationId,
    action: 'member.joined',
    target: { type: 'user', id: userId },
    after: { inviteId, roleId: role.id, role: role.name },
  });
  return { organizationId, member: await getMember(trx, organizationId, userId) };
}

function refuseOthers(person: Person, email: string): void {
  if (person.email !== email) {
    const message = 'This invite is for another e-mail address. Sign in with the account that has it.';
    throw new Refusal('forbidden', { message, permissions: [] });
  }
  if (person.emailVerified) return;
  throw new Refusal('forbidden', { message: 'Verify your e-mail address first.', permissions: [] });
}

async function memberIfAny(trx: Knex.Transaction, organizationId: string, userId: string): Promise<Member | undefined> {
  const row = await trx('members').where({ organization_id: organizationId, user_id: userId }).first('user_id');
  return row && getMember(trx, organizationId, userId);
}

const OVER: Record<Exclude<InviteState, 'pending'>, string> = {
  accepted: 'This invite was accepted already.',
  withdrawn: 'This invite was withdrawn.',
  lapsed: 'The time of this invite is over: ask for another one.',
};

function mustBePending({ state, expiresAtMs }: Invite, nowMs: number): void {
  const now = state === 'pending' && expiresAtMs <= nowMs ? 'lapsed' : state;
  if (now !== 'pending') throw new Refusal('conflict', { message: OVER[now] });
}

async function refuseMember(trx: Knex.Transaction, organizationId: string, email: string): Promise<void> {
  const member = await trx('members as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where({ 'm.organization_id': organizationId, 'u.email': email })
    .first('m.user_id');
  if (member) throw new Refusal('conflict', { message: `${email} is a member already.` });
}

function sentNow({ nowMs, lifetimeMs }: InviteTerms): { sent_at: Date; expires_at: Date } {
  return { sent_at: new Date(nowMs), expires_at: new Date(nowMs + lifetimeMs) };
}

/** The page of the dashboard where an invite is accepted. */
function linkOf(token: string): string {
  return `/invites/accept?token=${token}`;
}

async function sendInvite(
  trx: Knex.Transaction,
  { invite, role, token }: { invite: Invite; role: Role; token: string },
  { secrets }: InviteTerms,
): Promise<void> {
  const { name: organization } = await getOrganization(trx, invite.organizationId);
  const personId = personOf(actorOf(trx));
  const person =
    personId === null ? undefined : await trx('users').where({ id: personId }).first<{ name: string }>('name');
  const { email: to, expiresAtMs } = invite;
  const data = {
    organization,
    inviter: person?.name ?? organization,
    role: role.name,
    link: linkOf(token),
    expiresAtMs,
  };
  await enqueueMail(trx, { template: 'invite', to, data }, secrets);
}

async function tellInviter(
  trx: Knex.Transaction,
  joined: { inviteId: string; organizationId: string; person: Person; secrets: SecretBox },
): Promise<void> {
  const inviter = await trx('invites as i')
    .join('users as u', 'u.id', 'i.invited_by')
    .where({ 'i.id': joined.inviteId })
    .first<{ email: string } | undefined>('u.email');
  if (!inviter) return;
  const { name: organization } = await getOrganization(trx, joined.organizationId);
  const data = { organization, member: joined.person.name, memberEmail: joined.person.email };
  await enqueueMail(trx, { template: 'invite_accepted', to: inviter.email, data }, joined.secrets);
}

/** The person who acts, in person or by a token of theirs. */
function personOf(actor: Actor): string | null {
  if (actor.kind === 'user') return actor.id;
  return actor.kind === 'token' ? actor.userId : null;
}

/** @throws {Refusal} `not_found`, also for one of another organisation */
export async function getInvite(db: Knex, organizationId: string, inviteId: string): Promise<Invite> {
  const row = await inviteRows(db).where({ 'i.id': inviteId, 'i.organization_id': organizationId }).first();
  if (!row) throw new Refusal('not_found', { what: 'invite' });
  return toInvite(row);
}

/** The newest first, of one state or all; `after` is the last one's id. */
export async function listInvites(
  db: Knex,
  organizationId: string,
  { state, limit, after }: { state: InviteState | null; limit: number; after: string | null },
): Promise<Invite[]> {
  const rows = inviteRows(db).where({ 'i.organization_id': organizationId }).orderBy('i.id', 'desc').limit(limit);
  if (state !== null) void rows.where({ 'i.state': state });
  if (after !== null) void rows.where('i.id', '<', after);
  return (await rows).map(toInvite);
}

/** An invite as the invited person sees it. */
export interface OwnInvite {
  invite: Invite;
  organization: { id: string; name: string };
}

/** What a person may accept now, the newest first: nothing, while their address isn't verified. */
export async function listInvitesOf(
  db: Knex,
  userId: string,
  { nowMs, limit, after }: { nowMs: number; limit: number; after: string | null },
): Promise<OwnInvite[]> {
  const rows = inviteRows(db)
    .join('organizations as o', 'o.id', 'i.organization_id')
    .join('users as u', 'u.email', 'i.email')
    .where({ 'u.id': userId, 'u.email_verified': true, 'i.state': 'pending' })
    .where('i.expires_at', '>', new Date(nowMs))
    .orderBy('i.id', 'desc')
    .limit(limit)
    .select<(InviteRow & { organization_name: string })[]>('o.name as organization_name');
  if (after !== null) void rows.where('i.id', '<', after);
  return (await rows).map((row) => ({
    invite: toInvite(row),
    organization: { id: row.organization_id, name: row.organization_name },
  }));
}

interface InviteRow {
  id: string;
  organization_id: string;
  email: string;
  role_id: string | null;
  role_name: string | null;
  state: InviteState;
  sent_at: number;
  expires_at: number;
  created_at: number;
}

function inviteRows(db: Knex) {
  return db('invites as i')
    .leftJoin('roles as r', 'r.id', 'i.role_id')
    .select<InviteRow[]>(
      'i.id',
      'i.organization_id',
      'i.email',
      'i.role_id',
      'r.name as role_name',
      'i.state',
      'i.sent_at',
      'i.expires_at',
      'i.created_at',
    );
}

function toInvite(row: InviteRow): Invite {
  return {
    id: row.id,
    organizationId: row.organization_id,
    email: row.email,
    role: row.role_id === null ? null : { id: row.role_id, name: row.role_name! },
    state: row.state,
    sentAtMs: row.sent_at,
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
  };
}
