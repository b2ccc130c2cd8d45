import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptInvite, createInvite, lapseInvites, resendInvite, withdrawInvite } from '../../../store/invites.ts';
import { leaveEveryOrganization, removeMember } from '../../../store/members.ts';
import { changePlan, createOrganization, lockOrganization } from '../../../store/organizations.ts';
import { setOwner } from '../../../store/owners.ts';
import { createPersonOverride } from '../../../store/person-limits.ts';
import { recountPage } from '../../../store/recounts.ts';
import { race, tallied } from '../../support/racing.ts';
import type { Attempt } from './racing-process.ts';
import { DAY_MS, type People, people, type TestPerson, waitForALock } from './world.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

/** Lets two processes make these attempts, each every second one, at the same moment. */
async function raced(attempts: Attempt[]): Promise<Record<string, number>> {
  const { databaseUrl, secretKeys } = world.config;
  const halves = [0, 1].map((half) => attempts.filter((_, i) => i % 2 === half));
  const script = new URL('./racing-process.ts', import.meta.url);
  return tallied(
    await race(
      script,
      halves.map((half) => ({ databaseUrl, secretKeys, attempts: half })),
    ),
  );
}

const anOwned = (owner: TestPerson, plan = 'free') => world.anOrganization({ owner, plan });
const invited = async (person: TestPerson): Promise<{ organizationId: string; inviteId: string }> => {
  const { organization } = await world.anOrganization();
  const role = await world.aRole(organization.id, 'products:view');
  const input = { organizationId: organization.id, email: person.email, roleId: role.id };
  const invite = await world.as('server', (trx) => createInvite(trx, input, world.terms()));
  return { organizationId: organization.id, inviteId: invite.id };
};

/** Whether what limits say is in use in these scopes is what there is. */
async function expectAgreement(...scopeIds: string[]): Promise<void> {
  const differing: unknown[] = [];
  let after: Parameters<typeof recountPage>[1]['after'] = null;
  do {
    const page: Awaited<ReturnType<typeof recountPage>> = await recountPage(world.db, { after, limit: 1_000 });
    differing.push(...page.differing.filter(({ scopeId }) => scopeIds.includes(scopeId)));
    after = page.next;
  } while (after);
  expect(differing).toEqual([]);
}

describe('the organisations of a person', { timeout: 120_000 }, () => {
  test('a hundred parallel creates and accepts in two processes at 1 of 2 make exactly one', async () => {
    const person = await world.aPerson();
    await anOwned(person);
    const invites = await Promise.all(Array.from({ length: 20 }, () => invited(person)));
    const attempts = Array.from({ length: 100 }, (_, i): Attempt => {
      const invite = i % 5 === 0 ? invites[i / 5] : undefined;
      return invite
        ? { kind: 'accept', userId: person.id, inviteId: invite.inviteId }
        : { kind: 'create', userId: person.id };
    });
    expect(await raced(attempts)).toEqual({ made: 1, plan_limit_reached: 99 });
    expect(await world.db('members').where({ user_id: person.id })).toHaveLength(2);
    expect(await world.usedIn(person.id)).toEqual({ organizations: 2 });
    await expectAgreement(person.id, ...invites.map(({ organizationId }) => organizationId));
  });

  test('count owned and joined ones alike, and tell who refuses and why', async () => {
    const person = await world.aPerson();
    await anOwned(person);
    const first = await invited(person);
    const second = await invited(person);
    const accept = (inviteId: string) =>
      world.as(person, (trx) => acceptInvite(trx, { userId: person.id, by: { inviteId } }, world.terms()));
    await accept(first.inviteId);
    const refusal = {
      code: 'plan_limit_reached',
      details: { limit: 'organizations', used: 2, allowed: 2, remaining: 0 },
    };
    await expect(accept(second.inviteId)).rejects.toMatchObject(refusal);
    await expect(anOwned(person)).rejects.toMatchObject(refusal);
    await world.as(person, (trx) => removeMember(trx, { organizationId: first.organizationId, userId: person.id }));
    await accept(second.inviteId);
    await expectAgreement(person.id, first.organizationId, second.organizationId);
  });

  test('are recounted like everything else that is limited', async () => {
    const person = await world.aPerson();
    await anOwned(person);
    const row = () => world.db('limit_usage').where({ scope_id: person.id, limit_name: 'organizations' });
    await row().update({ used: 5 });
    const { differing } = await recountPage(world.db, {
      after: { scopeId: person.id, limitName: 'a' },
      limit: 1,
    });
    await row().update({ used: 1 });
    expect(differing).toEqual([{ scopeId: person.id, limitName: 'organizations', used: 5, counted: 1 }]);
  });

  test('can be more by an override, while the person has an Enterprise organisation', async () => {
    const person = await world.aPerson();
    const { organization } = await anOwned(person, 'enterprise');
    await anOwned(person);
    const override = {
      userId: person.id,
      name: 'organizations',
      value: 3,
      reason: 'test',
      startsAtMs: 0,
      endsAtMs: null,
    };
    await world.as('server', (trx) => createPersonOverride(trx, override));
    await world.as('server', (trx) => changePlan(trx, organization.id, 'pro'));
    await expect(anOwned(person)).rejects.toMatchObject({ details: { allowed: 2 } });
    await world.as('server', (trx) => changePlan(trx, organization.id, 'enterprise'));
    await anOwned(person);
    await expect(anOwned(person)).rejects.toMatchObject({ details: { used: 3, allowed: 3 } });
  });

  test.each([
    ['of a limit of organisations', 'products', 3, 'not_overridable'],
    ['of a limit that there is not', 'moons', 3, 'unknown_name'],
    ['of no number', 'organizations', -1, 'wrong_value'],
  ])('an override %s is refused', async (_what, name, value, code) => {
    const { id: userId } = await world.aPerson();
    const override = { userId, name, value, reason: 'test', startsAtMs: 0, endsAtMs: null };
    await expect(world.as('server', (trx) => createPersonOverride(trx, override))).rejects.toMatchObject({
      details: { errors: [{ code }] },
    });
  });
});

describe('the seats of an organisation', { timeout: 120_000 }, () => {
  test('a hundred parallel invites in two processes at 14 of 15 make exactly one', async () => {
    const { organization, owner } = await world.anOrganization();
    const role = await world.aRole(organization.id, 'products:view');
    const wanted = (): Attempt => ({
      kind: 'invite',
      userId: owner.id,
      organizationId: organization.id,
      roleId: role.id,
    });
    expect(await raced(Array.from({ length: 13 }, wanted))).toEqual({ made: 13 });
    expect(await raced(Array.from({ length: 100 }, wanted))).toEqual({ made: 1, plan_limit_reached: 99 });
    expect(await world.usedIn(organization.id)).toMatchObject({ members: 15 });
    await expectAgreement(organization.id);
  });

  test('pass over from an invite to its member, also where the last one is taken', async () => {
    const { organization } = await world.anOrganization();
    const role = await world.aRole(organization.id, 'products:view');
    const persons = await Promise.all(Array.from({ length: 14 }, () => world.aPerson()));
    const attempts: Attempt[] = [];
    for (const person of persons) {
      const input = { organizationId: organization.id, email: person.email, roleId: role.id };
      const invite = await world.as('server', (trx) => createInvite(trx, input, world.terms()));
      attempts.push({ kind: 'accept', userId: person.id, inviteId: invite.id });
    }
    expect(await world.usedIn(organization.id)).toMatchObject({ members: 15 });
    expect(await raced(attempts)).toEqual({ made: 14 });
    expect(await world.usedIn(organization.id)).toMatchObject({ members: 15 });
    await expectAgreement(organization.id, ...persons.map(({ id }) => id));
  });

  test('an invite accepted a hundred times at once makes one member', async () => {
    const person = await world.aPerson();
    const { organizationId, inviteId } = await invited(person);
    const accept: Attempt = { kind: 'accept', userId: person.id, inviteId };
    expect(await raced(Array.from({ length: 100 }, () => accept))).toEqual({ made: 100 });
    expect(await world.db('members').where({ organization_id: organizationId })).toHaveLength(2);
    await expectAgreement(organizationId, person.id);
  });

  test('are not taken by an invite that the plan has no room for any more', async () => {
    const person = await world.aPerson();
    const { organizationId, inviteId } = await invited(person);
    await world.as('server', (trx) => changePlan(trx, organizationId, 'free'));
    const accept = () =>
      world.as(person, (trx) => acceptInvite(trx, { userId: person.id, by: { inviteId } }, world.terms()));
    await expect(accept()).rejects.toMatchObject({
      code: 'plan_limit_reached',
      details: { limit: 'members', used: 1, allowed: 1 },
    });
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 2 });
    await world.as('server', (trx) => changePlan(trx, organizationId, 'pro'));
    await accept();
    await expectAgreement(organizationId, person.id);
  });

  test('are free again when an invite is withdrawn', async () => {
    const { organizationId, inviteId } = await invited(await world.aPerson());
    const withdraw = () =>
      world.as('server', (trx) => withdrawInvite(trx, { organizationId, inviteId, nowMs: Date.now() }));
    await withdraw();
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 1 });
    await expect(withdraw()).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 1 });
    await expectAgreement(organizationId);
  });

  test('of invites that are over go to whoever asks next', async () => {
    const { organization } = await world.anOrganization();
    const organizationId = organization.id;
    const role = await world.aRole(organizationId, 'products:view');
    const invite = (email: string, nowMs: number) =>
      world.as('server', (trx) => createInvite(trx, { organizationId, email, roleId: role.id }, world.terms(nowMs)));
    const startMs = Date.now() - 7 * DAY_MS;
    const first = await invite('first@example.com', startMs);
    for (let i = 0; i < 13; i += 1) await invite(`${i}@example.com`, startMs + 60_000);
    await expect(invite('late@example.com', startMs + 120_000)).rejects.toMatchObject({ code: 'plan_limit_reached' });
    // In its last millisecond it takes its seat, at its end no more.
    await expect(invite('late@example.com', first.expiresAtMs - 1)).rejects.toMatchObject({
      code: 'plan_limit_reached',
    });
    await invite('late@example.com', first.expiresAtMs);
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 15 });
    const [lapsed] = await world.db('invites').where({ id: first.id });
    expect(lapsed).toMatchObject({ state: 'lapsed' });
    // The address may be invited again, by a later invite.
    expect(await world.as('server', (trx) => lapseInvites(trx, organizationId, startMs + 8 * DAY_MS))).toBe(13);
    await invite('first@example.com', startMs + 8 * DAY_MS);
    await expectAgreement(organizationId);
  });

  test('are kept by an invite that is sent again, once a minute at most', async () => {
    const { organizationId, inviteId } = await invited(await world.aPerson());
    const again = (nowMs: number) =>
      world.as('server', (trx) => resendInvite(trx, { organizationId, inviteId }, world.terms(nowMs)));
    const startMs = Date.now();
    await expect(again(startMs + 30_000)).rejects.toMatchObject({ code: 'conflict' });
    const { expiresAtMs } = await again(startMs + DAY_MS);
    expect(expiresAtMs).toBe(startMs + 8 * DAY_MS);
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 2 });
    await expect(again(expiresAtMs)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('an owner', () => {
  test('who was set takes a seat and a place, and who was before gives both back', async () => {
    const { organization, owner } = await world.anOrganization();
    const next = await world.aPerson();
    const set = (ownerId: string) =>
      world.as('server', (trx) => setOwner(trx, { organizationId: organization.id, ownerId }));
    expect(await set(next.id)).toMatchObject({ ownerId: next.id });
    expect(await set(next.id)).toMatchObject({ ownerId: next.id });
    expect(await world.usedIn(owner.id)).toEqual({ organizations: 0 });
    expect(await world.usedIn(next.id)).toEqual({ organizations: 1 });
    expect(await world.usedIn(organization.id)).toMatchObject({ members: 1 });
    await expect(set(randomUUID())).rejects.toMatchObject({ code: 'not_found' });
    await expectAgreement(organization.id, owner.id, next.id);
  });

  test('can change crosswise with that of another organisation, many times at once', async () => {
    const [one, other] = [await world.aPerson(), await world.aPerson()];
    const organizations = [await anOwned(one, 'pro'), await anOwned(other, 'pro')].map(
      ({ organization }) => organization.id,
    );
    const settled = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => {
        const ownerId = [one, other][(i + Math.floor(i / 2)) % 2]!.id;
        return world.as('server', (trx) => setOwner(trx, { organizationId: organizations[i % 2]!, ownerId }));
      }),
    );
    const codes = settled.flatMap((each) =>
      each.status === 'rejected' ? [(each.reason as { code?: string }).code] : [],
    );
    expect(codes.filter((code) => code !== 'conflict')).toEqual([]);
    await expectAgreement(one.id, other.id, ...organizations);
  });

  test('can be a member before', async () => {
    const { organization } = await world.anOrganization();
    const role = await world.aRole(organization.id, 'products:view');
    const member = await world.aMember(organization.id, role.id);
    await world.as('server', (trx) => setOwner(trx, { organizationId: organization.id, ownerId: member.id }));
    expect(await world.db('members').where({ organization_id: organization.id })).toMatchObject([
      { user_id: member.id, role_id: null },
    ]);
    await expectAgreement(organization.id, member.id);
  });

  test('can be invited before: the invite is over, and the seat taken once', async () => {
    const person = await world.aPerson();
    const { organizationId, inviteId } = await invited(person);
    await world.as('server', (trx) => setOwner(trx, { organizationId, ownerId: person.id }));
    expect(await world.db('invites').where({ id: inviteId })).toMatchObject([{ state: 'withdrawn' }]);
    expect(await world.usedIn(organizationId)).toMatchObject({ members: 1 });
    await expectAgreement(organizationId, person.id);
  });

  test('of an organisation that the server made without one is the first who is set', async () => {
    const person = await world.aPerson();
    const input = { name: 'x', slug: `t-${randomUUID()}`, plan: 'free' };
    const { id: organizationId, ownerId } = await world.as('server', (trx) => createOrganization(trx, input));
    expect(ownerId).toBeNull();
    await world.as('server', (trx) => setOwner(trx, { organizationId, ownerId: person.id }));
    expect(await world.usedIn(person.id)).toEqual({ organizations: 1 });
    expect(await world.usedIn(organizationId)).toEqual({ members: 1 });
    await expectAgreement(organizationId, person.id);
  });

  test('can leave no organisation that is theirs; a member leaves all that they have joined', async () => {
    const { organization, owner } = await world.anOrganization();
    const leave = (person: TestPerson) => world.as(person, (trx) => leaveEveryOrganization(trx, person.id));
    await expect(leave(owner)).rejects.toMatchObject({
      code: 'conflict',
      details: { message: expect.stringContaining('Test') },
    });
    const role = await world.aRole(organization.id, 'products:view');
    const member = await world.aMember(organization.id, role.id);
    await leave(member);
    expect(await world.usedIn(member.id)).toEqual({ organizations: 0 });
    await expectAgreement(organization.id, member.id);
  });
});

/** Somebody who has joined two, the one with the lesser id first. */
async function inTwo(): Promise<{ person: TestPerson; ids: [string, string] }> {
  const person = await world.aPerson();
  const joined = [await invited(person), await invited(person)];
  for (const { inviteId } of joined)
    await world.as(person, (trx) => acceptInvite(trx, { userId: person.id, by: { inviteId } }, world.terms()));
  return { person, ids: joined.map(({ organizationId }) => organizationId).sort() as [string, string] };
}

describe('whoever leaves every organisation', () => {
  test.each([
    ['first', 0],
    ['second', 1],
  ] as const)('while the %s one removes them leaves the other, and neither waits for good', async (_which, i) => {
    const { person, ids } = await inTwo();
    let leaving: Promise<void> | undefined;
    await world.as('server', async (trx) => {
      await lockOrganization(trx, ids[i]);
      leaving = world.as(person, (own) => leaveEveryOrganization(own, person.id));
      // Told below; here the removal's own failure comes first.
      leaving.catch(() => undefined);
      await waitForALock(world.db);
      await removeMember(trx, { organizationId: ids[i], userId: person.id });
    });
    await leaving;
    expect(await world.db('members').where({ user_id: person.id })).toEqual([]);
    expect(await world.usedIn(person.id)).toEqual({ organizations: 0 });
    await expectAgreement(person.id, ...ids);
  });
});
