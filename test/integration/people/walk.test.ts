import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refusal } from '../../../domain/refusal.ts';
import { createOrganizationToken } from '../../../store/access-tokens.ts';
import { acceptInvite, createInvite, lapseInvites, withdrawInvite } from '../../../store/invites.ts';
import { changeMember, leaveEveryOrganization, removeMember } from '../../../store/members.ts';
import { changePlan } from '../../../store/organizations.ts';
import { createOwnedOrganization, setOwner } from '../../../store/owners.ts';
import { recountPage, type UsageKey } from '../../../store/recounts.ts';
import { changeRole } from '../../../store/roles.ts';
import { createRandom } from '../../support/random.ts';
import { DAY_MS, type People, people, type TestPerson } from './world.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

/** Something done by whoever runs the server, later. */
const server = (work: (trx: Knex.Transaction) => Promise<unknown>) => () => world.as('server', work);

/** What limits say is in use in these scopes, against what there is. */
async function differences(scopeIds: ReadonlySet<string>): Promise<unknown[]> {
  const found: unknown[] = [];
  let after: UsageKey | null = null;
  do {
    const { differing, next }: Awaited<ReturnType<typeof recountPage>> = await recountPage(world.db, {
      after,
      limit: 500,
    });
    found.push(...differing.filter(({ scopeId }) => scopeIds.has(scopeId)));
    after = next;
  } while (after);
  return found;
}

test('whatever people do at once, nothing but a refusal stops it, and what limits say is what there is', {
  timeout: 120_000,
}, async () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  const persons = await Promise.all(Array.from({ length: 6 }, () => world.aPerson()));
  const organizations = await Promise.all(
    persons.slice(0, 3).map(async (owner) => {
      const { organization } = await world.anOrganization({ owner });
      const roles = [await world.aRole(organization.id, 'members:view'), await world.aRole(organization.id)];
      return { id: organization.id, owner, roles };
    }),
  );
  const made: string[] = [];

  /** One act of somebody, chosen now and done in a transaction of its own. */
  function anAct(): () => Promise<unknown> {
    const { id: organizationId, owner, roles } = random.pick(organizations);
    const person: TestPerson = random.pick(persons);
    const [roleId, kind] = [random.pick(roles).id, random.next()];
    const key = { organizationId, userId: person.id };
    if (kind < 0.2)
      return server((trx) => createInvite(trx, { organizationId, email: person.email, roleId }, world.terms()));
    if (kind < 0.45) {
      return async () => {
        const invites = await world.db('invites').where({ email: person.email, state: 'pending' }).select('id');
        if (invites.length === 0) return;
        const by = { inviteId: String(invites[0]!.id) };
        await world.as(person, (trx) => acceptInvite(trx, { userId: person.id, by }, world.terms()));
      };
    }
    if (kind < 0.55) return server((trx) => removeMember(trx, key));
    if (kind < 0.6) return () => world.as(person, (trx) => leaveEveryOrganization(trx, person.id));
    if (kind < 0.65) {
      return async () => {
        const input = { name: 'x', slug: `t-${randomUUID()}`, plan: 'free', ownerId: person.id };
        made.push((await world.as(person, (trx) => createOwnedOrganization(trx, input))).id);
      };
    }
    if (kind < 0.72) return server((trx) => changePlan(trx, organizationId, random.next() < 0.3 ? 'free' : 'pro'));
    if (kind < 0.8) return server((trx) => changeMember(trx, { ...key, roleId }));
    if (kind < 0.85) return server((trx) => changeRole(trx, { organizationId, roleId, permissions: ['members:view'] }));
    if (kind < 0.9) {
      const wanted = { name: 'x', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
      return () => world.as(owner, (trx) => createOrganizationToken(trx, { organizationId, ...wanted }));
    }
    if (kind < 0.95) {
      return async () => {
        const invites = await world
          .db('invites')
          .where({ organization_id: organizationId, state: 'pending' })
          .select('id');
        if (invites.length === 0) return;
        const inviteId = String(invites[0]!.id);
        await world.as('server', (trx) => withdrawInvite(trx, { organizationId, inviteId, nowMs: Date.now() }));
      };
    }
    if (kind < 0.98) return server((trx) => lapseInvites(trx, organizationId, Date.now() + 8 * DAY_MS));
    return server((trx) => setOwner(trx, { organizationId, ownerId: person.id }));
  }

  const unexpected: unknown[] = [];
  let done = 0;
  for (let round = 0; round < 12; round += 1) {
    const settled = await Promise.allSettled(Array.from({ length: 25 }, () => anAct()()));
    for (const each of settled) {
      if (each.status === 'fulfilled') done += 1;
      else if (!(each.reason instanceof Refusal)) unexpected.push(each.reason);
    }
    const scopes = new Set([...persons, ...organizations].map(({ id }) => id).concat(made));
    expect({ seed, round, unexpected, differing: await differences(scopes) }).toEqual({
      seed,
      round,
      unexpected: [],
      differing: [],
    });
  }
  expect(done).toBeGreaterThan(60);
  for (const { id } of persons) {
    expect((await world.db('members').where({ user_id: id })).length).toBeLessThanOrEqual(2);
  }
});
