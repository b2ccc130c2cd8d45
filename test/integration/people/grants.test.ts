import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenUses } from '../../../api/management/token-uses.ts';
import type { Permission } from '../../../domain/permissions/permissions.ts';
import { createOrganizationToken, createPersonalToken, revokeToken } from '../../../store/access-tokens.ts';
import { createInvite } from '../../../store/invites.ts';
import { changeMember, removeMember } from '../../../store/members.ts';
import { heldIn, membershipOf } from '../../../store/rights.ts';
import { changeRole, createRole, deleteRole } from '../../../store/roles.ts';
import { findToken } from '../../../store/token-lookup.ts';
import { type People, people, type TestPerson, waitForALock } from './world.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

const HELD: Permission[] = ['roles:edit', 'members:invite', 'members:edit', 'tokens:manage', 'members:view'];

interface Scene {
  organizationId: string;
  member: TestPerson;
  roleId: string;
  /** A role that grants something they hold, and one that grants nothing yet. */
  otherId: string;
  emptyId: string;
}

async function aScene(): Promise<Scene> {
  const { organization } = await world.anOrganization();
  const role = await world.aRole(organization.id, ...HELD);
  const [other, empty] = [await world.aRole(organization.id, 'members:view'), await world.aRole(organization.id)];
  const member = await world.aMember(organization.id, role.id);
  return { organizationId: organization.id, roleId: role.id, otherId: other.id, emptyId: empty.id, member };
}

/** What each grants, as the member. */
const GRANTS: [string, (scene: Scene) => Promise<unknown>][] = [
  [
    'a role that they make',
    ({ organizationId, member }) =>
      world.as(member, (trx) => createRole(trx, { organizationId, name: randomUUID(), permissions: ['members:view'] })),
  ],
  [
    'a role that they change',
    ({ organizationId, member, emptyId: roleId }) =>
      world.as(member, (trx) => changeRole(trx, { organizationId, roleId, permissions: ['members:view'] })),
  ],
  [
    'an invite',
    ({ organizationId, member, otherId: roleId }) =>
      world.as(member, (trx) =>
        createInvite(trx, { organizationId, email: `${randomUUID()}@example.com`, roleId }, world.terms()),
      ),
  ],
  [
    'a token',
    ({ organizationId, member }) =>
      world.as(member, (trx) => {
        const wanted = { name: 'x', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
        return createOrganizationToken(trx, { organizationId, ...wanted });
      }),
  ],
];

describe('whoever loses what they hold', () => {
  test.each(GRANTS)('no longer grants it by %s, though they asked before', async (_what, grant) => {
    const scene = await aScene();
    const { organizationId, member } = scene;
    // What doesn't fail here is refused below for the reason that is meant.
    await grant(await aScene());
    const nothing = await world.aRole(organizationId, 'roles:edit');
    const demoting = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const demotion = world.as('server', async (trx) => {
      await changeMember(trx, { organizationId, userId: member.id, roleId: nothing.id });
      demoting.resolve();
      await asked.promise;
    });
    await demoting.promise;
    // Waits for the organisation, and was let in by what the member held when it came.
    expect((await membershipOf(world.db, organizationId, member.id))?.permissions.has('members:view')).toBe(true);
    const granting = grant(scene).then(
      () => 'granted',
      (error: { code?: string }) => error.code,
    );
    await waitForALock(world.db);
    asked.resolve();
    await demotion;
    expect(await granting).toBe('forbidden');
  });

  test('by being removed grants nothing any more', async () => {
    const scene = await aScene();
    const { organizationId, member } = scene;
    await world.as('server', (trx) => removeMember(trx, { organizationId, userId: member.id }));
    for (const [, grant] of GRANTS) await expect(grant(scene)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('what a token may do', () => {
  test('in its own transaction is what it may do now', async () => {
    const { organizationId, member } = await aScene();
    const { accessToken } = await world.as(member, (trx) => {
      const wanted = { name: 'x', scopes: ['members:view', 'roles:edit'] as const, networks: null, expiresAtMs: null };
      return createPersonalToken(trx, { userId: member.id, ...wanted });
    });
    const actor = { kind: 'token', id: accessToken.id, userId: member.id } as const;
    const held = () => world.as(actor, (trx) => heldIn(trx, organizationId));
    expect(await held()).toEqual(new Set(['members:view', 'roles:edit']));
    const less = await world.aRole(organizationId, 'roles:edit', 'roles:view');
    await world.as('server', (trx) => changeMember(trx, { organizationId, userId: member.id, roleId: less.id }));
    expect(await held()).toEqual(new Set(['roles:edit']));
    const elsewhere = await world.anOrganization();
    expect(await world.as(actor, (trx) => heldIn(trx, elsewhere.organization.id))).toEqual(new Set());
    await world.as(member, (trx) => revokeToken(trx, { userId: member.id }, accessToken.id));
    expect(await held()).toEqual(new Set());
  });

  test('of an organisation ends at its borders', async () => {
    const { organizationId, member } = await aScene();
    const { accessToken } = await world.as(member, (trx) => {
      const wanted = { name: 'x', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
      return createOrganizationToken(trx, { organizationId, ...wanted });
    });
    const actor = { kind: 'token', id: accessToken.id, userId: null } as const;
    const elsewhere = await world.anOrganization();
    expect(await world.as(actor, (trx) => heldIn(trx, organizationId))).toEqual(new Set(['members:view']));
    expect(await world.as(actor, (trx) => heldIn(trx, elsewhere.organization.id))).toEqual(new Set());
  });

  test('is written down as used once a minute, however often it is', async () => {
    const { organizationId, member } = await aScene();
    const { token } = await world.as(member, (trx) => {
      const wanted = { name: 'x', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
      return createOrganizationToken(trx, { organizationId, ...wanted });
    });
    const uses = createTokenUses({ db: world.db, log: pino({ level: 'silent' }) });
    const startMs = Date.now();
    const useAt = async (nowMs: number) => {
      const found = (await findToken(world.db, token, { ip: '192.0.2.1', nowMs }))!;
      uses.note(found, nowMs);
      uses.note(found, nowMs);
      await uses.settled();
      return (await findToken(world.db, token, { ip: '192.0.2.1', nowMs }))!.lastUsedAtMs;
    };
    expect(await useAt(startMs)).toBe(startMs);
    expect(await useAt(startMs + 59_999)).toBe(startMs);
    expect(await useAt(startMs + 60_000)).toBe(startMs + 60_000);
    // A process whose clock is behind writes nothing older.
    expect(await useAt(startMs)).toBe(startMs + 60_000);
  });

  test('is asked for by the whole token: neither its id nor one with a slip is it', async () => {
    const { organizationId, member } = await aScene();
    const { token, accessToken } = await world.as(member, (trx) => {
      const wanted = { name: 'x', scopes: ['members:view'] as const, networks: null, expiresAtMs: null };
      return createOrganizationToken(trx, { organizationId, ...wanted });
    });
    const from = { ip: '192.0.2.1', nowMs: Date.now() };
    expect(await findToken(world.db, token, from)).toMatchObject({ id: accessToken.id, lastUsedAtMs: null });
    expect(await findToken(world.db, accessToken.id, from)).toBeUndefined();
    expect(await findToken(world.db, `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`, from)).toBeUndefined();
  });
});

test('a role that was deleted, or is of others, is not granted', async () => {
  const { organizationId, member } = await aScene();
  const gone = await world.aRole(organizationId);
  await world.as('server', (trx) => deleteRole(trx, { organizationId, roleId: gone.id }));
  const foreign = await aScene();
  for (const roleId of [gone.id, foreign.roleId]) {
    const attempt = world.as('server', (trx) => changeMember(trx, { organizationId, userId: member.id, roleId }));
    await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
  }
});

test('a role that is renamed keeps the codes of a newer release, which this one does not know', async () => {
  const { organizationId, otherId: roleId } = await aScene();
  const stored = async () =>
    (await world.db('roles').where({ id: roleId }).first('permissions')).permissions as string[];
  await world
    .db('roles')
    .where({ id: roleId })
    .update({ permissions: ['members:view', 'moons:move'] });
  await world.as('server', (trx) => changeRole(trx, { organizationId, roleId, name: 'Renamed' }));
  expect(await stored()).toEqual(['members:view', 'moons:move']);
  await world.as('server', (trx) => changeRole(trx, { organizationId, roleId, permissions: ['roles:view'] }));
  expect(await stored()).toEqual(['roles:view']);
});
