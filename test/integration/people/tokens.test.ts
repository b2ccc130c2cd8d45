import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ALL_PERMISSIONS } from '../../../domain/permissions/permissions.ts';
import { waitUntil } from '../../support/wait.ts';
import { at, type HttpCaller, httpPeople } from './http.ts';

const world = httpPeople();

describe('an access token', () => {
  test('is shown once, listed without its secret, and dead with the call after its revocation', async () => {
    const id = await world.anOrganization();
    const made = await world.call(world.owner, 'POST', at(id, '/access-tokens'), {
      name: 'CI',
      scopes: ['members:view'],
    });
    const token = made.body.token as string;
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'CI', prefix: token.slice(0, 8), networks: null, expires_at: null },
    });
    const path = at(id, `/access-tokens/${String(made.body.id)}`);
    const list = await world.call(world.owner, 'GET', at(id, '/access-tokens'));
    expect(list.body.data).toMatchObject([{ id: made.body.id, scopes: ['members:view'] }]);
    expect(list.text).not.toContain(token);
    expect((await world.call(world.owner, 'GET', path)).text).not.toContain(token);
    const rows = await world.platform.db.raw('select t::text as row from access_tokens t where id = ?', [
      String(made.body.id),
    ]);
    expect(rows.rows[0].row).not.toContain(token.slice(8));

    expect((await world.call({ token }, 'GET', at(id, '/members'))).status).toBe(200);
    expect((await world.call({ token }, 'GET', at(id, '/roles'))).body).toMatchObject({ permissions: ['roles:view'] });
    expect((await world.call({ token }, 'GET', '/v1/users/me')).status).toBe(403);
    const used = await waitUntil(
      'its use is noted',
      async () => (await world.call(world.owner, 'GET', path)).body.last_used_at,
    );
    expect(Math.abs(Date.parse(String(used)) - Date.now())).toBeLessThan(60_000);
    expect((await world.call(world.owner, 'DELETE', path)).status).toBe(204);
    expect((await world.call({ token }, 'GET', at(id, '/members'))).status).toBe(401);
    expect((await world.call(world.owner, 'DELETE', path)).status).toBe(404);
    expect((await world.call(world.owner, 'GET', at(id, '/access-tokens'))).body.data).toEqual([]);
  });

  test('of a person may do what they may, in each of their organisations, and no more than it was made for', async () => {
    const id = await world.anOrganization();
    await world.join(id, 'members:view', 'roles:view');
    const wanted = { name: 'x', scopes: ['roles:view', 'billing:view'] };
    expect(await world.call(world.colleague, 'POST', '/v1/users/me/access-tokens', wanted)).toMatchObject({
      status: 403,
      body: { permissions: ['billing:view'] },
    });
    // What they hold in one of their organisations is enough to ask for it.
    const own = await world.call(world.colleague, 'POST', '/v1/organizations', {
      name: 'Own',
      slug: `t-${randomUUID()}`,
    });
    const made = await world.call(world.colleague, 'POST', '/v1/users/me/access-tokens', wanted);
    const token: HttpCaller = { token: made.body.token as string };
    const standing = async (organizationId: unknown) =>
      (await world.call(token, 'GET', at(String(organizationId), '/members/me'))).body.permissions;
    expect(await standing(id)).toEqual(['roles:view']);
    expect(await standing(own.body.id)).toEqual(['roles:view', 'billing:view']);
    const role_id = await world.aRole(id, 'members:view');
    await world.call(world.owner, 'PATCH', at(id, `/members/${world.colleague.id}`), { role_id });
    expect(await standing(id)).toEqual([]);
  });

  test('neither makes nor shows tokens of a person, and makes no organisation', async () => {
    const id = await world.anOrganization();
    const { body } = await world.call(world.owner, 'POST', '/v1/users/me/access-tokens', {
      name: 'x',
      scopes: ALL_PERMISSIONS,
    });
    const token: HttpCaller = { token: body.token as string };
    for (const [method, path, sent] of [
      ['GET', '/v1/users/me/access-tokens', undefined],
      ['POST', '/v1/users/me/access-tokens', { name: 'y', scopes: [] }],
      ['DELETE', `/v1/users/me/access-tokens/${String(body.id)}`, undefined],
      ['POST', '/v1/organizations', { name: 'y', slug: `t-${randomUUID()}` }],
      ['POST', '/v1/invites/accept', { token: 'x' }],
    ] as const) {
      expect((await world.call(token, method, path, sent)).status).toBe(403);
    }
    expect((await world.call(token, 'GET', at(id))).status).toBe(200);
  });

  test('makes none of an organisation, whoever it is of, so that none outlives its revocation', async () => {
    const id = await world.anOrganization();
    const wanted = { name: 'x', scopes: ['tokens:manage', 'members:view'] };
    const networks = ['127.0.0.0/8'];
    const made = await world.call(world.owner, 'POST', at(id, '/access-tokens'), { ...wanted, networks });
    const own = await world.call(world.owner, 'POST', '/v1/users/me/access-tokens', wanted);
    for (const { body } of [made, own]) {
      const token: HttpCaller = { token: body.token as string };
      expect(await world.call(token, 'POST', at(id, '/access-tokens'), wanted)).toMatchObject({
        status: 403,
        body: { code: 'forbidden', detail: 'No token may do this: sign in.' },
      });
      // It sees them, though, and a revocation is never too early.
      expect((await world.call(token, 'GET', at(id, '/access-tokens'))).body.data).toHaveLength(1);
    }
    const self: HttpCaller = { token: made.body.token as string };
    const path = at(id, `/access-tokens/${String(made.body.id)}`);
    expect((await world.call(self, 'DELETE', path)).status).toBe(204);
    expect((await world.call(self, 'GET', path)).status).toBe(401);
  });

  test('ends when it was told to, and opens nothing from elsewhere', async () => {
    const id = await world.anOrganization();
    const path = at(id, '/access-tokens');
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const make = async (more: object) => {
      const made = await world.call(world.owner, 'POST', path, { name: 'x', scopes: ['members:view'], ...more });
      expect(made.status).toBe(201);
      return { token: made.body.token as string };
    };
    const status = async (token: HttpCaller) => (await world.call(token, 'GET', at(id, '/members'))).status;
    const short = await make({ expires_at });
    const here = await make({ networks: ['127.0.0.1/8', '2001:db8::/32'] });
    const elsewhere = await make({ networks: ['192.0.2.0/24'] });
    expect([await status(short), await status(here), await status(elsewhere)]).toEqual([200, 200, 401]);
    world.platform.clock.nowMs = Date.parse(expires_at) - 1;
    expect(await status(short)).toBe(200);
    world.platform.clock.nowMs = Date.parse(expires_at);
    expect(await status(short)).toBe(401);
    world.platform.clock.nowMs = undefined;
    const { body } = await world.call(world.owner, 'GET', path);
    expect((body.data as { networks: unknown }[])[1]).toMatchObject({ networks: ['127.0.0.0/8', '2001:db8::/32'] });
  });

  test.each([
    ['a network that is none', { networks: ['192.0.2.0/33'] }, '/networks/0'],
    ['no network at all', { networks: [] }, '/networks'],
    ['an end that is over', { expires_at: '2020-01-01T00:00:00.000Z' }, '/expires_at'],
    ['an end in a moment', { expires_at: new Date(Date.now() + 5_000).toISOString() }, '/expires_at'],
    ['a scope that there is not', { scopes: ['moons:move'] }, '/scopes/0'],
    ['no name', { name: ' ' }, '/name'],
  ])('is not made with %s', async (_what, change, pointer) => {
    const wanted = { name: 'x', scopes: [], ...change };
    const { status, body } = await world.call(world.owner, 'POST', '/v1/users/me/access-tokens', wanted);
    expect({ status, pointers: (body.errors as { pointer: string }[]).map((each) => each.pointer) }).toEqual({
      status: 422,
      pointers: [pointer],
    });
  });
});
