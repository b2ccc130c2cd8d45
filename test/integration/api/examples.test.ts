import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE } from '../../../api/management/examples.ts';
import { checkerOf } from '../../../api/management/input.ts';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import { newMailToken } from '../../../runtime/access-token.ts';
import { aSignedInPerson } from '../../support/account-people.ts';
import { aToken, memberWith } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aWorld, cookieOf, pathOf, rightCaller, type World } from './world.ts';

/**
 * The request that the reference shows for each route is done, and answered as the reference says. Only ids, and what may be there once
 * on a platform, are those of a world of its own.
 */

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ callsAMinute: 100_000, trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

interface Sent {
  who: Record<string, string>;
  ids: Record<string, string>;
  /** What stands in the body in the place of the example's. */
  body?: Record<string, unknown>;
}

/** What has to be there for a route before its example can be sent, beside what is in every world. */
const FIRST: Record<string, (world: World) => Promise<Partial<Sent>>> = {
  createOrganization: async () => ({ body: { slug: `t-${randomUUID()}` } }),
  getMyToken: aTokenOfTheirs,
  revokeMyToken: aTokenOfTheirs,
  // A role that somebody has stays.
  async deleteRole({ ids }) {
    for (const table of ['invites', 'members']) await platform.db(table).where({ role_id: ids['role_id'] }).delete();
    return {};
  },
  // The owner can't leave.
  async leaveOrganization({ ids }) {
    const member = await aSignedInPerson(platform);
    await memberWith(platform.db, ids.organization_id, { userId: member.id, permissions: [] });
    return { who: cookieOf(member.browser) };
  },
  async resendInvite({ ids }) {
    const sentAt = new Date(Date.now() - 3_600_000);
    await platform.db('invites').where({ id: ids['invite_id'] }).update({ sent_at: sentAt });
    return {};
  },
  acceptMyInvite: async (world) => ({ who: (await anInvitedPerson(world)).who }),
  async acceptInvite(world) {
    const { who, token } = await anInvitedPerson(world);
    return { who, body: { token } };
  },
};

async function aTokenOfTheirs({ owner, ids }: World): Promise<Partial<Sent>> {
  await aToken(platform.db, { user_id: owner.id });
  const token = await platform.db('access_tokens').where({ user_id: owner.id }).first<{ id: string }>('id');
  return { ids: { ...ids, access_token_id: token.id } };
}

async function anInvitedPerson({ ids }: World) {
  const person = await aSignedInPerson(platform);
  const { token, hash } = newMailToken();
  await platform.db('invites').where({ id: ids['invite_id'] }).update({ email: person.email, token_hash: hash });
  return { who: cookieOf(person.browser), token };
}

/** An example's body, with the world's ids in the place of the story's. */
function inWorld(value: unknown, ids: Record<string, string>): unknown {
  const text = JSON.stringify(value).replaceAll(EXAMPLE.roleId, ids['role_id']!);
  return JSON.parse(text) as unknown;
}

describe.each(managementRoutes.map((route): [string, ManagedRoute] => [route.operationId, route]))(
  '%s',
  (name, route) => {
    test('does what its example asks for', async () => {
      const world = await aWorld(platform);
      const first = await FIRST[name]?.(world);
      const { who, ids } = { who: await rightCaller(platform, world, route), ids: world.ids, ...first };
      const query = Object.entries(route.example.query ?? {}).map(([each, value]) => `${each}=${String(value)}`);
      const body = route.body && { ...(inWorld(route.example.body, ids) as object), ...first?.body };
      const response = await fetch(`${platform.url}${pathOf(route, ids)}?${query.join('&')}`, {
        method: route.method.toUpperCase(),
        headers: { ...who, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      expect([response.status, text]).toEqual([Number(Object.keys(route.answers)[0]), text]);
      const answer = route.answers[response.status];
      if (answer === null) expect(text).toBe('');
      else if (answer && !('media' in answer)) {
        const check = checkerOf(answer);
        expect(check(JSON.parse(text)) ? [] : check.errors).toEqual([]);
      }
    });
  },
);

test('what a route needs first is needed by a route that there is', () => {
  const names = managementRoutes.map(({ operationId }) => operationId);
  expect(Object.keys(FIRST).filter((name) => !names.includes(name))).toEqual([]);
});
