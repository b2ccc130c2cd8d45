import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOrganizationToken, createPersonalToken } from '../../../store/access-tokens.ts';
import type { Actor } from '../../../store/acting.ts';
import { PLATFORM_CHAIN } from '../../../store/audit-chain.ts';
import { createInvite } from '../../../store/invites.ts';
import { type People, people } from '../people/world.ts';
import { MAKES_OF_PEOPLE, type PeopleSubject } from './people-writes.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

interface Row {
  chain_id: string;
  seq: number;
  action: string;
  target_type: string;
  target_id: string;
  actor_kind: string;
  before: unknown;
  after: unknown;
}

/** A world of its own, and what stands in its entries by the names that the table has for it. */
async function aSubject(): Promise<{ subject: PeopleSubject; names: Record<string, string> }> {
  const { organization, owner } = await world.anOrganization({ plan: 'enterprise' });
  const { id: organizationId } = organization;
  const [role, other] = [await world.aRole(organizationId, 'members:view'), await world.aRole(organizationId)];
  const member = await world.aMember(organizationId, role.id);
  const guest = await world.aPerson();
  const invite = await world.as('server', (trx) =>
    createInvite(trx, { organizationId, email: guest.email, roleId: other.id }, world.terms()),
  );
  const wanted = { name: 'CI', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
  const [token, own] = await world.as(member, async (trx) => [
    await createOrganizationToken(trx, { organizationId, ...wanted }),
    await createPersonalToken(trx, { userId: member.id, ...wanted }),
  ]);
  const subject = {
    organizationId,
    ownerId: owner.id,
    memberId: member.id,
    roleId: role.id,
    otherRoleId: other.id,
    guestId: guest.id,
    inviteId: invite.id,
    tokenId: token.accessToken.id,
    ownTokenId: own.accessToken.id,
  };
  const more = { 'guest address': guest.email, role: role.name, 'other role': other.name };
  return { subject, names: { ...subject, ...more } };
}

test.each(
  Object.entries(MAKES_OF_PEOPLE).flatMap(([name, cases]) => cases.map((each, i) => [name, i + 1, each] as const)),
)('%s (%i) makes one entry', async (_name, _number, { entry, chain, by, act }) => {
  const { subject, names } = await aSubject();
  const actor: Actor = by ? { kind: 'user', id: subject[by] } : { kind: 'server', by: `test ${randomUUID()}` };
  const actorId = actor.kind === 'user' ? actor.id : actor.by;
  const placeOf = ({ chain_id: id, seq }: Row) => `${id} ${seq}`;
  const entries = () => world.db('audit_entries').where({ actor_id: actorId }).orderBy('at').select<Row[]>('*');
  const before = new Set((await entries()).map(placeOf));
  await world.as(actor, (trx) => act(trx, subject, world));
  const made = (await entries()).filter((row) => !before.has(placeOf(row)));
  // A new organisation begins its chain by an entry of its own, which is told elsewhere.
  const told = made.filter(({ action }) => action !== 'organization.created');
  expect(told).toHaveLength(1);
  const [row] = told as [Row];
  const named = (value: unknown): unknown =>
    JSON.parse(Object.entries(names).reduce((text, [is, value]) => text.replaceAll(value, is), JSON.stringify(value)));
  expect([row.action, named(`${row.target_type} ${row.target_id}`), named(row.before), named(row.after)]).toEqual(
    entry,
  );
  expect(row.chain_id === PLATFORM_CHAIN ? 'platform' : 'organization').toBe(chain);
  expect(row.actor_kind).toBe(actor.kind);
});
