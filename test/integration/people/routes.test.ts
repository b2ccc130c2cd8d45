import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ALL_PERMISSIONS } from '../../../domain/permissions/permissions.ts';
import { changePlan } from '../../../store/organizations.ts';
import { mailsTo } from '../../support/visitor.ts';
import { waitUntil } from '../../support/wait.ts';
import { at, type HttpCall, type HttpCaller, httpPeople, tokenIn } from './http.ts';

const world = httpPeople();

describe('an organisation', () => {
  test('is made by whoever is signed in, who owns it, up to the number that one may have', async () => {
    const id = await world.anOrganization();
    expect((await world.call(world.owner, 'GET', at(id))).body).toMatchObject({
      id,
      name: 'Acme',
      plan: 'pro',
      owner_id: world.owner.id,
    });
    const { slug } = (await world.call(world.owner, 'GET', at(id))).body;
    const taken = await world.call(world.owner, 'POST', '/v1/organizations', { name: 'Other', slug });
    expect(taken).toMatchObject({ status: 409, body: { code: 'name_taken', errors: [{ pointer: '/slug' }] } });
    const second = await world.call(world.owner, 'POST', '/v1/organizations', {
      name: 'Other',
      slug: `t-${randomUUID()}`,
    });
    expect(second.status).toBe(201);
    const third = await world.call(world.owner, 'POST', '/v1/organizations', {
      name: 'Third',
      slug: `t-${randomUUID()}`,
    });
    expect(third).toMatchObject({
      status: 403,
      body: { code: 'plan_limit_reached', limit: 'organizations', used: 2, allowed: 2, remaining: 0 },
    });
    const list = await world.call(world.owner, 'GET', '/v1/organizations?limit=1');
    expect(list.body).toMatchObject({ data: [{ id, is_owner: true, role: null }] });
    const rest = await world.call(
      world.owner,
      'GET',
      `/v1/organizations?limit=1&cursor=${String(list.body.next_cursor)}`,
    );
    expect(rest.body).toMatchObject({ data: [{ id: second.body.id }], next_cursor: null });
  });

  test('is renamed, and keeps its slug', async () => {
    const id = await world.anOrganization();
    const before = await world.call(world.owner, 'GET', at(id));
    const etag = before.headers.get('etag')!;
    const renamed = await world.call(world.owner, 'PATCH', at(id), { name: 'Acme Tools' }, { 'if-match': etag });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Acme Tools', slug: before.body.slug } });
    expect((await world.call(world.owner, 'PATCH', at(id), { name: 'X' }, { 'if-match': etag })).status).toBe(412);
    expect(await world.call(world.owner, 'PATCH', at(id), { slug: 'other' })).toMatchObject({ status: 422 });
  });

  test('is not there for others, whoever they are', async () => {
    const id = await world.anOrganization();
    const paths = ['', '/members', '/members/me', '/roles', '/invites', '/access-tokens'];
    for (const path of paths) {
      expect((await world.call(world.stranger, 'GET', at(id, path))).status).toBe(404);
      expect((await world.call('nobody', 'GET', at(id, path))).status).toBe(401);
    }
    expect((await world.call(world.stranger, 'PATCH', at(id), { name: 'Mine' })).status).toBe(404);
  });
});

describe('somebody who was invited', () => {
  test('joins by the link in the mail, with exactly the rights of the role', async () => {
    const id = await world.anOrganization();
    await world.join(id, 'members:view', 'licenses:view');
    expect((await world.call(world.colleague, 'GET', at(id, '/members/me'))).body).toMatchObject({
      user_id: world.colleague.id,
      is_owner: false,
      permissions: ['members:view', 'licenses:view'],
    });
    const { body } = await world.call(world.colleague, 'GET', at(id, '/members'));
    expect(body.data).toMatchObject([
      { user_id: world.owner.id, is_owner: true, role: null },
      { user_id: world.colleague.id, email: world.colleague.email, is_owner: false },
    ]);
    const refused = await world.call(world.colleague, 'GET', at(id, '/roles'));
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden', permissions: ['roles:view'] } });
    const told = await mailsTo(world.platform.db, world.owner.email, { template: 'invite_accepted' });
    expect(told.at(-1)!.text).toContain('Bob Miller');
  });

  test('sees it in a list of their own, and needs no token there', async () => {
    const id = await world.anOrganization();
    const role_id = await world.aRole(id, 'products:view');
    const { body } = await world.call(world.owner, 'POST', at(id, '/invites'), {
      email: world.colleague.email.toUpperCase(),
      role_id,
    });
    expect(body).toMatchObject({ email: world.colleague.email, state: 'pending' });
    const path = `/v1/users/me/invites/${String(body.id)}/accept`;
    expect((await world.call(world.colleague, 'GET', '/v1/users/me/invites')).body.data).toMatchObject([
      { id: body.id, organization: { id, name: 'Acme' } },
    ]);
    expect((await world.call(world.stranger, 'GET', '/v1/users/me/invites')).body.data).toEqual([]);
    expect((await world.call(world.stranger, 'POST', path)).status).toBe(404);
    const accepted = await world.call(world.colleague, 'POST', path);
    expect(accepted.status).toBe(200);
    expect(await world.call(world.colleague, 'POST', path)).toMatchObject({ status: 200, body: accepted.body });
  });

  test('must be who was invited, with an address that is verified', async () => {
    const id = await world.anOrganization();
    const role_id = await world.aRole(id, 'products:view');
    const { body } = await world.call(world.owner, 'POST', at(id, '/invites'), {
      email: world.colleague.email,
      role_id,
    });
    const mails = await mailsTo(world.platform.db, world.colleague.email, { template: 'invite' });
    await waitUntil('the mail is there', async () => {
      mails.splice(
        0,
        mails.length,
        ...(await mailsTo(world.platform.db, world.colleague.email, { template: 'invite' })),
      );
      return (
        (await world.call(world.stranger, 'POST', '/v1/invites/accept', { token: tokenIn(mails.at(-1)!) })).status ===
        403
      );
    });
    const token = tokenIn(mails.at(-1)!);
    expect((await world.call('nobody', 'POST', '/v1/invites/accept', { token })).status).toBe(401);
    expect((await world.call(world.colleague, 'POST', '/v1/invites/accept', { token: 'made-up' })).status).toBe(404);
    await world.platform.db('users').where({ id: world.colleague.id }).update({ email_verified: false });
    const unverified = await world.call(world.colleague, 'POST', '/v1/invites/accept', { token });
    await world.platform.db('users').where({ id: world.colleague.id }).update({ email_verified: true });
    expect(unverified.status).toBe(403);
    expect((await world.call(world.owner, 'DELETE', at(id, `/invites/${String(body.id)}`))).status).toBe(204);
    expect(await world.call(world.colleague, 'POST', '/v1/invites/accept', { token })).toMatchObject({
      status: 409,
      body: { detail: 'This invite was withdrawn.' },
    });
  });

  test('finds an old link dead when the invite was sent again, and a lapsed one as lapsed', async () => {
    const id = await world.anOrganization();
    const role_id = await world.aRole(id, 'products:view');
    const email = `${randomUUID()}@example.com`;
    const { body } = await world.call(world.owner, 'POST', at(id, '/invites'), { email, role_id });
    const path = at(id, `/invites/${String(body.id)}`);
    expect((await world.call(world.owner, 'POST', `${path}/resend`)).status).toBe(409);
    const before = await world.platform.db('invites').where({ id: body.id }).first('token_hash');
    world.platform.clock.nowMs = Date.now() + 120_000;
    const again = await world.call(world.owner, 'POST', `${path}/resend`);
    expect(again.status).toBe(200);
    const after = await world.platform.db('invites').where({ id: body.id }).first('token_hash');
    expect(after.token_hash).not.toEqual(before.token_hash);
    world.platform.clock.nowMs = Date.parse(again.body.expires_at as string);
    const { body: listed } = await world.call(world.owner, 'GET', at(id, '/invites'));
    world.platform.clock.nowMs = undefined;
    expect(listed.data).toMatchObject([{ id: body.id, state: 'lapsed' }]);
    const used = await world.platform.db('limit_usage').where({ scope_id: id, limit_name: 'members' }).first('used');
    expect(used.used).toBe(1);
  });

  test('is not invited twice, nor who is a member already', async () => {
    const id = await world.anOrganization();
    const role_id = await world.join(id, 'products:view');
    const member = await world.call(world.owner, 'POST', at(id, '/invites'), { email: world.colleague.email, role_id });
    expect(member).toMatchObject({ status: 409, body: { detail: `${world.colleague.email} is a member already.` } });
    const email = `${randomUUID()}@example.com`;
    expect((await world.call(world.owner, 'POST', at(id, '/invites'), { email, role_id })).status).toBe(201);
    expect((await world.call(world.owner, 'POST', at(id, '/invites'), { email, role_id })).status).toBe(409);
  });
});

describe('a role', () => {
  test('takes a plan that has them to be made and changed, and works on without', async () => {
    const id = await world.anOrganization();
    const roleId = await world.join(id, 'members:view', 'roles:edit');
    await world.platform.write((trx) => changePlan(trx, id, 'free'));
    const refusal = {
      status: 403,
      body: { code: 'feature_not_available', feature: 'custom_roles', admitting_plan: 'pro' },
    };
    expect(await world.call(world.owner, 'POST', at(id, '/roles'), { name: 'x', permissions: [] })).toMatchObject(
      refusal,
    );
    expect(await world.call(world.owner, 'PATCH', at(id, `/roles/${roleId}`), { name: 'y' })).toMatchObject(refusal);
    const email = `${randomUUID()}@example.com`;
    expect(await world.call(world.owner, 'POST', at(id, '/invites'), { email, role_id: roleId })).toMatchObject(
      refusal,
    );
    expect((await world.call(world.colleague, 'GET', at(id, '/members'))).status).toBe(200);
  });

  test('that somebody has is not deleted, and says who has it', async () => {
    const id = await world.anOrganization();
    const roleId = await world.join(id, 'members:view');
    await world.call(world.owner, 'POST', at(id, '/invites'), { email: 'zed@example.com', role_id: roleId });
    const refused = await world.call(world.owner, 'DELETE', at(id, `/roles/${roleId}`));
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain(`1 member (${world.colleague.email}) and 1 pending invite (zed@example.com)`);
    const free = await world.aRole(id, 'members:view');
    expect((await world.call(world.owner, 'DELETE', at(id, `/roles/${free}`))).status).toBe(204);
    expect((await world.call(world.owner, 'GET', at(id, `/roles/${free}`))).status).toBe(404);
  });

  test('has a name of its own, and codes that there are', async () => {
    const id = await world.anOrganization();
    const path = at(id, '/roles');
    const made = await world.call(world.owner, 'POST', path, {
      name: 'Support',
      permissions: ['roles:view', 'members:view', 'roles:view'],
    });
    expect(made.body).toMatchObject({ name: 'Support', permissions: ['members:view', 'roles:view'] });
    expect(await world.call(world.owner, 'POST', path, { name: 'SUPPORT', permissions: [] })).toMatchObject({
      status: 409,
    });
    const unknown = await world.call(world.owner, 'POST', path, { name: 'x', permissions: ['moons:move'] });
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ pointer: '/permissions/0' }] } });
    const other = await world.aRole(id, 'members:view');
    expect((await world.call(world.owner, 'PATCH', at(id, `/roles/${other}`), { name: 'support' })).status).toBe(409);
    expect((await world.call(world.owner, 'PATCH', at(id, `/roles/${other}`), {})).status).toBe(422);
  });

  test('of another organisation is none', async () => {
    const theirs = await world.platform.anOrganization({ plan: 'pro' });
    const roleId = randomUUID();
    await world.platform.db('roles').insert({ id: roleId, organization_id: theirs.id, name: 'x', permissions: [] });
    const id = await world.anOrganization();
    await world.join(id, 'members:view');
    for (const attempt of [
      world.call(world.owner, 'GET', at(id, `/roles/${roleId}`)),
      world.call(world.owner, 'PATCH', at(id, `/roles/${roleId}`), { name: 'y' }),
      world.call(world.owner, 'DELETE', at(id, `/roles/${roleId}`)),
      world.call(world.owner, 'POST', at(id, '/invites'), { email: 'zed@example.com', role_id: roleId }),
      world.call(world.owner, 'PATCH', at(id, `/members/${world.colleague.id}`), { role_id: roleId }),
    ]) {
      expect((await attempt).status).toBe(404);
    }
  });
});

test('all permissions are listed with what they mean, for everybody', async () => {
  const { status, body } = await world.call('nobody', 'GET', '/v1/permissions');
  expect(status).toBe(200);
  expect((body.data as { code: string }[]).map(({ code }) => code)).toEqual(ALL_PERMISSIONS);
});

describe('nobody grants what they do not hold', () => {
  const HELD = ['members:view', 'members:invite', 'members:edit', 'roles:view', 'roles:edit', 'tokens:manage'];
  const lacking = { status: 403, body: { code: 'forbidden', permissions: ['billing:manage'] } };

  test('in a role that they make or change, an invite, a change of role, or a token', async () => {
    const id = await world.anOrganization();
    const own = await world.join(id, ...HELD);
    const greater = await world.aRole(id, 'members:view', 'billing:manage');
    const permissions = ['members:view', 'billing:manage'];
    const attempts: [Parameters<HttpCall>[1], string, unknown][] = [
      ['POST', '/roles', { name: 'x', permissions }],
      ['PATCH', `/roles/${own}`, { permissions: [...HELD, 'billing:manage'] }],
      ['POST', '/invites', { email: 'zed@example.com', role_id: greater }],
      ['PATCH', `/members/${world.colleague.id}`, { role_id: greater }],
      ['POST', '/access-tokens', { name: 'x', scopes: permissions }],
    ];
    for (const [method, path, body] of attempts) {
      expect(await world.call(world.colleague, method, at(id, path), body)).toMatchObject(lacking);
    }
    for (const [method, path, body] of attempts) {
      expect((await world.call(world.owner, method, at(id, path), body)).status).toBeLessThan(300);
    }
  });

  test('but may take away, and pass on what they hold', async () => {
    const id = await world.anOrganization();
    await world.join(id, ...HELD);
    const greater = await world.aRole(id, 'members:view', 'billing:manage');
    const less = await world.call(world.colleague, 'PATCH', at(id, `/roles/${greater}`), {
      permissions: ['members:view'],
    });
    expect(less).toMatchObject({ status: 200, body: { permissions: ['members:view'] } });
    const invite = { email: 'zed@example.com', role_id: greater };
    expect((await world.call(world.colleague, 'POST', at(id, '/invites'), invite)).status).toBe(201);
  });

  test('by a token, not even what its person holds, where the token does not', async () => {
    const id = await world.anOrganization();
    const scopes = ['roles:edit', 'members:view'];
    const { body } = await world.call(world.owner, 'POST', '/v1/users/me/access-tokens', { name: 'x', scopes });
    const token: HttpCaller = { token: body.token as string };
    const role = { name: 'x', permissions: ['members:view', 'billing:manage'] };
    expect(await world.call(token, 'POST', at(id, '/roles'), role)).toMatchObject(lacking);
    expect((await world.call(token, 'POST', at(id, '/roles'), { ...role, permissions: scopes })).status).toBe(201);
  });
});

describe('a member', () => {
  test('who is removed is out with the next call, and so are the tokens that they made here', async () => {
    const id = await world.anOrganization();
    await world.join(id, 'members:view', 'tokens:manage', 'roles:edit');
    const made = await world.call(world.colleague, 'POST', at(id, '/access-tokens'), {
      name: 'a',
      scopes: ['members:view'],
    });
    const own = await world.call(world.colleague, 'POST', '/v1/users/me/access-tokens', {
      name: 'c',
      scopes: ['members:view'],
    });
    const tokens = [made, own].map(({ body }): HttpCaller => ({ token: body.token as string }));
    for (const token of tokens) expect((await world.call(token, 'GET', at(id, '/members'))).status).toBe(200);

    expect((await world.call(world.owner, 'DELETE', at(id, `/members/${world.colleague.id}`))).status).toBe(204);
    expect((await world.call(world.colleague, 'GET', at(id, '/members'))).status).toBe(404);
    const statuses = await Promise.all(
      tokens.map(async (token) => (await world.call(token, 'GET', at(id, '/members'))).status),
    );
    expect(statuses).toEqual([401, 404]);
    expect((await world.call(world.owner, 'DELETE', at(id, `/members/${world.colleague.id}`))).status).toBe(404);
  });

  test('leaves by themselves, in person; the owner does not, and is not removed or demoted', async () => {
    const id = await world.anOrganization();
    const roleId = await world.join(id, 'members:remove', 'members:edit', 'members:view');
    const { body } = await world.call(world.colleague, 'POST', '/v1/users/me/access-tokens', {
      name: 'x',
      scopes: ['members:view'],
    });
    expect((await world.call({ token: body.token as string }, 'DELETE', at(id, '/members/me'))).status).toBe(403);
    expect((await world.call(world.colleague, 'DELETE', at(id, `/members/${world.owner.id}`))).status).toBe(409);
    expect(
      (await world.call(world.colleague, 'PATCH', at(id, `/members/${world.owner.id}`), { role_id: roleId })).status,
    ).toBe(409);
    expect((await world.call(world.owner, 'DELETE', at(id, '/members/me'))).status).toBe(409);
    expect((await world.call(world.colleague, 'DELETE', at(id, '/members/me'))).status).toBe(204);
    expect((await world.call(world.colleague, 'GET', at(id))).status).toBe(404);
  });

  test('has the rights of a new role with the next call', async () => {
    const id = await world.anOrganization();
    await world.join(id, 'members:view');
    const role_id = await world.aRole(id, 'roles:view');
    const changed = await world.call(world.owner, 'PATCH', at(id, `/members/${world.colleague.id}`), { role_id });
    expect(changed).toMatchObject({ status: 200, body: { role: { id: role_id } } });
    expect((await world.call(world.colleague, 'GET', at(id, '/roles'))).status).toBe(200);
    expect((await world.call(world.colleague, 'GET', at(id, '/members'))).status).toBe(403);
  });
});
