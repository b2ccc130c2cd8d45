import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_PERMISSIONS } from '../../../domain/permissions/permissions.ts';
import { changePlan } from '../../../store/organizations.ts';
import { type AccountHolder, aSignedInPerson } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { linkIn, mailsTo } from '../../support/visitor.ts';
import { waitUntil } from '../../support/wait.ts';
import { type HttpCaller, httpCalls } from './http.ts';

let platform: TestPlatform;
let call: ReturnType<typeof httpCalls>;
let owner: AccountHolder;
let colleague: AccountHolder;
let stranger: AccountHolder;
beforeAll(async () => {
  platform = await startPlatform();
  call = httpCalls(platform.url);
  [owner, colleague, stranger] = await Promise.all([
    aSignedInPerson(platform, { name: 'Ann Cooper' }),
    aSignedInPerson(platform, { name: 'Bob Miller' }),
    aSignedInPerson(platform, { name: 'Eve Stone' }),
  ]);
}, 60_000);
afterAll(() => platform?.close());

/** Everybody begins each test with no organisation. */
async function anOrganization(plan = 'pro'): Promise<string> {
  const ids = await platform
    .db('organizations')
    .whereIn('owner_id', [owner.id, colleague.id, stranger.id])
    .select('id');
  await forget(ids.map(({ id }) => id as string));
  const made = await call(owner, 'POST', '/v1/organizations', { name: 'Acme', slug: `t-${randomUUID()}` });
  expect(made).toMatchObject({ status: 201, body: { name: 'Acme', plan: 'free', owner_id: owner.id } });
  const id = made.body.id as string;
  if (plan !== 'free') await platform.write((trx) => changePlan(trx, id, plan));
  return id;
}

async function forget(ids: string[]): Promise<void> {
  await platform.db.transaction(async (trx) => {
    await trx('organizations').whereIn('id', ids).update({ owner_id: null });
    await trx('invites').whereIn('organization_id', ids).delete();
    await trx('access_tokens').whereIn('organization_id', ids).delete();
    await trx('members').whereIn('organization_id', ids).delete();
    await trx('limit_usage').whereIn('scope_id', [owner.id, colleague.id, stranger.id]).delete();
  });
}

const at = (organizationId: string, rest = '') => `/v1/organizations/${organizationId}${rest}`;

async function aRole(organizationId: string, ...permissions: string[]): Promise<string> {
  const made = await call(owner, 'POST', at(organizationId, '/roles'), { name: `r ${randomUUID()}`, permissions });
  expect(made.status).toBe(201);
  return made.body.id as string;
}

/** Makes the colleague a member: invited by mail, accepted by the link in it. */
async function join(organizationId: string, ...permissions: string[]): Promise<string> {
  const role_id = await aRole(organizationId, ...permissions);
  const before = (await platform.db('sent_mails').where({ recipient: colleague.email, template: 'invite' })).length;
  const invited = await call(owner, 'POST', at(organizationId, '/invites'), { email: colleague.email, role_id });
  expect(invited.status).toBe(201);
  const mails = await mailsTo(platform.db, colleague.email, { template: 'invite', count: before + 1 });
  const token = new URL(linkIn(mails.at(-1)!)).searchParams.get('token');
  const accepted = await call(colleague, 'POST', '/v1/invites/accept', { token });
  expect(accepted).toMatchObject({ status: 200, body: { organization_id: organizationId } });
  return role_id;
}

describe('an organisation', () => {
  test('is made by whoever is signed in, who owns it, up to the number that one may have', async () => {
    const id = await anOrganization();
    expect((await call(owner, 'GET', at(id))).body).toMatchObject({
      id,
      name: 'Acme',
      plan: 'pro',
      owner_id: owner.id,
    });
    const { slug } = (await call(owner, 'GET', at(id))).body;
    const taken = await call(owner, 'POST', '/v1/organizations', { name: 'Other', slug });
    expect(taken).toMatchObject({ status: 409, body: { code: 'name_taken', errors: [{ pointer: '/slug' }] } });
    const second = await call(owner, 'POST', '/v1/organizations', { name: 'Other', slug: `t-${randomUUID()}` });
    expect(second.status).toBe(201);
    const third = await call(owner, 'POST', '/v1/organizations', { name: 'Third', slug: `t-${randomUUID()}` });
    expect(third).toMatchObject({
      status: 403,
      body: { code: 'plan_limit_reached', limit: 'organizations', used: 2, allowed: 2, remaining: 0 },
    });
    const list = await call(owner, 'GET', '/v1/organizations?limit=1');
    expect(list.body).toMatchObject({ data: [{ id, is_owner: true, role: null }] });
    const rest = await call(owner, 'GET', `/v1/organizations?limit=1&cursor=${String(list.body.next_cursor)}`);
    expect(rest.body).toMatchObject({ data: [{ id: second.body.id }], next_cursor: null });
  });

  test('is renamed, and keeps its slug', async () => {
    const id = await anOrganization();
    const before = await call(owner, 'GET', at(id));
    const etag = before.headers.get('etag')!;
    const renamed = await call(owner, 'PATCH', at(id), { name: 'Acme Tools' }, { 'if-match': etag });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Acme Tools', slug: before.body.slug } });
    expect((await call(owner, 'PATCH', at(id), { name: 'X' }, { 'if-match': etag })).status).toBe(412);
    expect(await call(owner, 'PATCH', at(id), { slug: 'other' })).toMatchObject({ status: 422 });
  });

  test('is not there for others, whoever they are', async () => {
    const id = await anOrganization();
    const paths = ['', '/members', '/members/me', '/roles', '/invites', '/access-tokens'];
    for (const path of paths) {
      expect((await call(stranger, 'GET', at(id, path))).status).toBe(404);
      expect((await call('nobody', 'GET', at(id, path))).status).toBe(401);
    }
    expect((await call(stranger, 'PATCH', at(id), { name: 'Mine' })).status).toBe(404);
  });
});

describe('somebody who was invited', () => {
  test('joins by the link in the mail, with exactly the rights of the role', async () => {
    const id = await anOrganization();
    await join(id, 'members:view', 'licenses:view');
    expect((await call(colleague, 'GET', at(id, '/members/me'))).body).toMatchObject({
      user_id: colleague.id,
      is_owner: false,
      permissions: ['members:view', 'licenses:view'],
    });
    const { body } = await call(colleague, 'GET', at(id, '/members'));
    expect(body.data).toMatchObject([
      { user_id: owner.id, is_owner: true, role: null },
      { user_id: colleague.id, email: colleague.email, is_owner: false },
    ]);
    const refused = await call(colleague, 'GET', at(id, '/roles'));
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden', permissions: ['roles:view'] } });
    const told = await mailsTo(platform.db, owner.email, { template: 'invite_accepted' });
    expect(told.at(-1)!.text).toContain('Bob Miller');
  });

  test('sees it in a list of their own, and needs no token there', async () => {
    const id = await anOrganization();
    const role_id = await aRole(id, 'products:view');
    const { body } = await call(owner, 'POST', at(id, '/invites'), { email: colleague.email.toUpperCase(), role_id });
    expect(body).toMatchObject({ email: colleague.email, state: 'pending' });
    const path = `/v1/users/me/invites/${String(body.id)}/accept`;
    expect((await call(colleague, 'GET', '/v1/users/me/invites')).body.data).toMatchObject([
      { id: body.id, organization: { id, name: 'Acme' } },
    ]);
    expect((await call(stranger, 'GET', '/v1/users/me/invites')).body.data).toEqual([]);
    expect((await call(stranger, 'POST', path)).status).toBe(404);
    const accepted = await call(colleague, 'POST', path);
    expect(accepted.status).toBe(200);
    expect(await call(colleague, 'POST', path)).toMatchObject({ status: 200, body: accepted.body });
  });

  test('must be who was invited, with an address that is verified', async () => {
    const id = await anOrganization();
    const role_id = await aRole(id, 'products:view');
    const { body } = await call(owner, 'POST', at(id, '/invites'), { email: colleague.email, role_id });
    const mails = await mailsTo(platform.db, colleague.email, { template: 'invite' });
    await waitUntil('the mail is there', async () => {
      mails.splice(0, mails.length, ...(await mailsTo(platform.db, colleague.email, { template: 'invite' })));
      return (await call(stranger, 'POST', '/v1/invites/accept', { token: tokenOf(mails.at(-1)!) })).status === 403;
    });
    const token = tokenOf(mails.at(-1)!);
    expect((await call('nobody', 'POST', '/v1/invites/accept', { token })).status).toBe(401);
    expect((await call(colleague, 'POST', '/v1/invites/accept', { token: 'made-up' })).status).toBe(404);
    await platform.db('users').where({ id: colleague.id }).update({ email_verified: false });
    const unverified = await call(colleague, 'POST', '/v1/invites/accept', { token });
    await platform.db('users').where({ id: colleague.id }).update({ email_verified: true });
    expect(unverified.status).toBe(403);
    expect((await call(owner, 'DELETE', at(id, `/invites/${String(body.id)}`))).status).toBe(204);
    expect(await call(colleague, 'POST', '/v1/invites/accept', { token })).toMatchObject({
      status: 409,
      body: { detail: 'This invite was withdrawn.' },
    });
  });

  test('finds an old link dead when the invite was sent again, and a lapsed one as lapsed', async () => {
    const id = await anOrganization();
    const role_id = await aRole(id, 'products:view');
    const email = `${randomUUID()}@example.com`;
    const { body } = await call(owner, 'POST', at(id, '/invites'), { email, role_id });
    const path = at(id, `/invites/${String(body.id)}`);
    expect((await call(owner, 'POST', `${path}/resend`)).status).toBe(409);
    const before = await platform.db('invites').where({ id: body.id }).first('token_hash');
    platform.clock.nowMs = Date.now() + 120_000;
    const again = await call(owner, 'POST', `${path}/resend`);
    expect(again.status).toBe(200);
    const after = await platform.db('invites').where({ id: body.id }).first('token_hash');
    expect(after.token_hash).not.toEqual(before.token_hash);
    platform.clock.nowMs = Date.parse(again.body.expires_at as string);
    const { body: listed } = await call(owner, 'GET', at(id, '/invites'));
    platform.clock.nowMs = undefined;
    expect(listed.data).toMatchObject([{ id: body.id, state: 'lapsed' }]);
    const used = await platform.db('limit_usage').where({ scope_id: id, limit_name: 'members' }).first('used');
    expect(used.used).toBe(1);
  });

  test('is not invited twice, nor who is a member already', async () => {
    const id = await anOrganization();
    const role_id = await join(id, 'products:view');
    const member = await call(owner, 'POST', at(id, '/invites'), { email: colleague.email, role_id });
    expect(member).toMatchObject({ status: 409, body: { detail: `${colleague.email} is a member already.` } });
    const email = `${randomUUID()}@example.com`;
    expect((await call(owner, 'POST', at(id, '/invites'), { email, role_id })).status).toBe(201);
    expect((await call(owner, 'POST', at(id, '/invites'), { email, role_id })).status).toBe(409);
  });
});

function tokenOf(mail: Parameters<typeof linkIn>[0]): string {
  return new URL(linkIn(mail)).searchParams.get('token')!;
}

describe('a role', () => {
  test('takes a plan that has them to be made and changed, and works on without', async () => {
    const id = await anOrganization();
    const roleId = await join(id, 'members:view', 'roles:edit');
    await platform.write((trx) => changePlan(trx, id, 'free'));
    const refusal = {
      status: 403,
      body: { code: 'feature_not_available', feature: 'custom_roles', admitting_plan: 'pro' },
    };
    expect(await call(owner, 'POST', at(id, '/roles'), { name: 'x', permissions: [] })).toMatchObject(refusal);
    expect(await call(owner, 'PATCH', at(id, `/roles/${roleId}`), { name: 'y' })).toMatchObject(refusal);
    const email = `${randomUUID()}@example.com`;
    expect(await call(owner, 'POST', at(id, '/invites'), { email, role_id: roleId })).toMatchObject(refusal);
    expect((await call(colleague, 'GET', at(id, '/members'))).status).toBe(200);
  });

  test('that somebody has is not deleted, and says who has it', async () => {
    const id = await anOrganization();
    const roleId = await join(id, 'members:view');
    await call(owner, 'POST', at(id, '/invites'), { email: 'zed@example.com', role_id: roleId });
    const refused = await call(owner, 'DELETE', at(id, `/roles/${roleId}`));
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain(`1 member (${colleague.email}) and 1 pending invite (zed@example.com)`);
    const free = await aRole(id, 'members:view');
    expect((await call(owner, 'DELETE', at(id, `/roles/${free}`))).status).toBe(204);
    expect((await call(owner, 'GET', at(id, `/roles/${free}`))).status).toBe(404);
  });

  test('has a name of its own, and codes that there are', async () => {
    const id = await anOrganization();
    const path = at(id, '/roles');
    const made = await call(owner, 'POST', path, {
      name: 'Support',
      permissions: ['roles:view', 'members:view', 'roles:view'],
    });
    expect(made.body).toMatchObject({ name: 'Support', permissions: ['members:view', 'roles:view'] });
    expect(await call(owner, 'POST', path, { name: 'SUPPORT', permissions: [] })).toMatchObject({ status: 409 });
    const unknown = await call(owner, 'POST', path, { name: 'x', permissions: ['moons:move'] });
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ pointer: '/permissions/0' }] } });
    const other = await aRole(id, 'members:view');
    expect((await call(owner, 'PATCH', at(id, `/roles/${other}`), { name: 'support' })).status).toBe(409);
    expect((await call(owner, 'PATCH', at(id, `/roles/${other}`), {})).status).toBe(422);
  });

  test('of another organisation is none', async () => {
    const theirs = await platform.anOrganization({ plan: 'pro' });
    const roleId = randomUUID();
    await platform.db('roles').insert({ id: roleId, organization_id: theirs.id, name: 'x', permissions: [] });
    const id = await anOrganization();
    await join(id, 'members:view');
    for (const attempt of [
      call(owner, 'GET', at(id, `/roles/${roleId}`)),
      call(owner, 'PATCH', at(id, `/roles/${roleId}`), { name: 'y' }),
      call(owner, 'DELETE', at(id, `/roles/${roleId}`)),
      call(owner, 'POST', at(id, '/invites'), { email: 'zed@example.com', role_id: roleId }),
      call(owner, 'PATCH', at(id, `/members/${colleague.id}`), { role_id: roleId }),
    ]) {
      expect((await attempt).status).toBe(404);
    }
  });
});

test('all permissions are listed with what they mean, for everybody', async () => {
  const { status, body } = await call('nobody', 'GET', '/v1/permissions');
  expect(status).toBe(200);
  expect((body.data as { code: string }[]).map(({ code }) => code)).toEqual(ALL_PERMISSIONS);
});

describe('nobody grants what they do not hold', () => {
  const HELD = ['members:view', 'members:invite', 'members:edit', 'roles:view', 'roles:edit', 'tokens:manage'];
  const lacking = { status: 403, body: { code: 'forbidden', permissions: ['billing:manage'] } };

  test('in a role that they make or change, an invite, a change of role, or a token', async () => {
    const id = await anOrganization();
    const own = await join(id, ...HELD);
    const greater = await aRole(id, 'members:view', 'billing:manage');
    const permissions = ['members:view', 'billing:manage'];
    const attempts: [Parameters<typeof call>[1], string, unknown][] = [
      ['POST', '/roles', { name: 'x', permissions }],
      ['PATCH', `/roles/${own}`, { permissions: [...HELD, 'billing:manage'] }],
      ['POST', '/invites', { email: 'zed@example.com', role_id: greater }],
      ['PATCH', `/members/${colleague.id}`, { role_id: greater }],
      ['POST', '/access-tokens', { name: 'x', scopes: permissions }],
    ];
    for (const [method, path, body] of attempts) {
      expect(await call(colleague, method, at(id, path), body)).toMatchObject(lacking);
    }
    for (const [method, path, body] of attempts) {
      expect((await call(owner, method, at(id, path), body)).status).toBeLessThan(300);
    }
  });

  test('but may take away, and pass on what they hold', async () => {
    const id = await anOrganization();
    await join(id, ...HELD);
    const greater = await aRole(id, 'members:view', 'billing:manage');
    const less = await call(colleague, 'PATCH', at(id, `/roles/${greater}`), { permissions: ['members:view'] });
    expect(less).toMatchObject({ status: 200, body: { permissions: ['members:view'] } });
    const invite = { email: 'zed@example.com', role_id: greater };
    expect((await call(colleague, 'POST', at(id, '/invites'), invite)).status).toBe(201);
  });

  test('by a token, not even what its person holds, where the token does not', async () => {
    const id = await anOrganization();
    const scopes = ['roles:edit', 'members:view'];
    const { body } = await call(owner, 'POST', '/v1/users/me/access-tokens', { name: 'x', scopes });
    const token: HttpCaller = { token: body.token as string };
    const role = { name: 'x', permissions: ['members:view', 'billing:manage'] };
    expect(await call(token, 'POST', at(id, '/roles'), role)).toMatchObject(lacking);
    expect((await call(token, 'POST', at(id, '/roles'), { ...role, permissions: scopes })).status).toBe(201);
  });
});

describe('a member', () => {
  test('who is removed is out with the next call, and so are the tokens that they made here', async () => {
    const id = await anOrganization();
    await join(id, 'members:view', 'tokens:manage', 'roles:edit');
    const made = await call(colleague, 'POST', at(id, '/access-tokens'), {
      name: 'a',
      scopes: ['members:view', 'tokens:manage'],
    });
    const first: HttpCaller = { token: made.body.token as string };
    const second = await call(first, 'POST', at(id, '/access-tokens'), { name: 'b', scopes: ['members:view'] });
    const own = await call(colleague, 'POST', '/v1/users/me/access-tokens', { name: 'c', scopes: ['members:view'] });
    const tokens = [first, ...[second, own].map(({ body }) => ({ token: body.token as string }))];
    for (const token of tokens) expect((await call(token, 'GET', at(id, '/members'))).status).toBe(200);

    expect((await call(owner, 'DELETE', at(id, `/members/${colleague.id}`))).status).toBe(204);
    expect((await call(colleague, 'GET', at(id, '/members'))).status).toBe(404);
    const statuses = await Promise.all(
      tokens.map(async (token) => (await call(token, 'GET', at(id, '/members'))).status),
    );
    expect(statuses).toEqual([401, 401, 404]);
    expect((await call(owner, 'DELETE', at(id, `/members/${colleague.id}`))).status).toBe(404);
  });

  test('leaves by themselves, in person; the owner does not, and is not removed or demoted', async () => {
    const id = await anOrganization();
    const roleId = await join(id, 'members:remove', 'members:edit', 'members:view');
    const { body } = await call(colleague, 'POST', '/v1/users/me/access-tokens', {
      name: 'x',
      scopes: ['members:view'],
    });
    expect((await call({ token: body.token as string }, 'DELETE', at(id, '/members/me'))).status).toBe(403);
    expect((await call(colleague, 'DELETE', at(id, `/members/${owner.id}`))).status).toBe(409);
    expect((await call(colleague, 'PATCH', at(id, `/members/${owner.id}`), { role_id: roleId })).status).toBe(409);
    expect((await call(owner, 'DELETE', at(id, '/members/me'))).status).toBe(409);
    expect((await call(colleague, 'DELETE', at(id, '/members/me'))).status).toBe(204);
    expect((await call(colleague, 'GET', at(id))).status).toBe(404);
  });

  test('has the rights of a new role with the next call', async () => {
    const id = await anOrganization();
    await join(id, 'members:view');
    const role_id = await aRole(id, 'roles:view');
    const changed = await call(owner, 'PATCH', at(id, `/members/${colleague.id}`), { role_id });
    expect(changed).toMatchObject({ status: 200, body: { role: { id: role_id } } });
    expect((await call(colleague, 'GET', at(id, '/roles'))).status).toBe(200);
    expect((await call(colleague, 'GET', at(id, '/members'))).status).toBe(403);
  });
});

describe('an access token', () => {
  test('is shown once, listed without its secret, and dead with the call after its revocation', async () => {
    const id = await anOrganization();
    const made = await call(owner, 'POST', at(id, '/access-tokens'), { name: 'CI', scopes: ['members:view'] });
    const token = made.body.token as string;
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'CI', prefix: token.slice(0, 8), networks: null, expires_at: null },
    });
    const path = at(id, `/access-tokens/${String(made.body.id)}`);
    const list = await call(owner, 'GET', at(id, '/access-tokens'));
    expect(list.body.data).toMatchObject([{ id: made.body.id, scopes: ['members:view'] }]);
    expect(list.text).not.toContain(token);
    expect((await call(owner, 'GET', path)).text).not.toContain(token);
    const rows = await platform.db.raw('select t::text as row from access_tokens t where id = ?', [
      String(made.body.id),
    ]);
    expect(rows.rows[0].row).not.toContain(token.slice(8));

    expect((await call({ token }, 'GET', at(id, '/members'))).status).toBe(200);
    expect((await call({ token }, 'GET', at(id, '/roles'))).body).toMatchObject({ permissions: ['roles:view'] });
    expect((await call({ token }, 'GET', '/v1/users/me')).status).toBe(403);
    const used = await waitUntil('its use is noted', async () => (await call(owner, 'GET', path)).body.last_used_at);
    expect(Math.abs(Date.parse(String(used)) - Date.now())).toBeLessThan(60_000);
    expect((await call(owner, 'DELETE', path)).status).toBe(204);
    expect((await call({ token }, 'GET', at(id, '/members'))).status).toBe(401);
    expect((await call(owner, 'DELETE', path)).status).toBe(404);
    expect((await call(owner, 'GET', at(id, '/access-tokens'))).body.data).toEqual([]);
  });

  test('of a person may do what they may, in each of their organisations, and no more than it was made for', async () => {
    const id = await anOrganization();
    await join(id, 'members:view', 'roles:view');
    const wanted = { name: 'x', scopes: ['roles:view', 'billing:view'] };
    expect(await call(colleague, 'POST', '/v1/users/me/access-tokens', wanted)).toMatchObject({
      status: 403,
      body: { permissions: ['billing:view'] },
    });
    // What they hold in one of their organisations is enough to ask for it.
    const own = await call(colleague, 'POST', '/v1/organizations', { name: 'Own', slug: `t-${randomUUID()}` });
    const made = await call(colleague, 'POST', '/v1/users/me/access-tokens', wanted);
    const token: HttpCaller = { token: made.body.token as string };
    const standing = async (organizationId: unknown) =>
      (await call(token, 'GET', at(String(organizationId), '/members/me'))).body.permissions;
    expect(await standing(id)).toEqual(['roles:view']);
    expect(await standing(own.body.id)).toEqual(['roles:view', 'billing:view']);
    const role_id = await aRole(id, 'members:view');
    await call(owner, 'PATCH', at(id, `/members/${colleague.id}`), { role_id });
    expect(await standing(id)).toEqual([]);
  });

  test('neither makes nor shows tokens of a person, and makes no organisation', async () => {
    const id = await anOrganization();
    const { body } = await call(owner, 'POST', '/v1/users/me/access-tokens', { name: 'x', scopes: ALL_PERMISSIONS });
    const token: HttpCaller = { token: body.token as string };
    for (const [method, path, sent] of [
      ['GET', '/v1/users/me/access-tokens', undefined],
      ['POST', '/v1/users/me/access-tokens', { name: 'y', scopes: [] }],
      ['DELETE', `/v1/users/me/access-tokens/${String(body.id)}`, undefined],
      ['POST', '/v1/organizations', { name: 'y', slug: `t-${randomUUID()}` }],
      ['POST', '/v1/invites/accept', { token: 'x' }],
    ] as const) {
      expect((await call(token, method, path, sent)).status).toBe(403);
    }
    expect((await call(token, 'GET', at(id))).status).toBe(200);
  });

  test('ends when it was told to, and opens nothing from elsewhere', async () => {
    const id = await anOrganization();
    const path = at(id, '/access-tokens');
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const make = async (more: object) => {
      const made = await call(owner, 'POST', path, { name: 'x', scopes: ['members:view'], ...more });
      expect(made.status).toBe(201);
      return { token: made.body.token as string };
    };
    const status = async (token: HttpCaller) => (await call(token, 'GET', at(id, '/members'))).status;
    const short = await make({ expires_at });
    const here = await make({ networks: ['127.0.0.1/8', '2001:db8::/32'] });
    const elsewhere = await make({ networks: ['192.0.2.0/24'] });
    expect([await status(short), await status(here), await status(elsewhere)]).toEqual([200, 200, 401]);
    platform.clock.nowMs = Date.parse(expires_at) - 1;
    expect(await status(short)).toBe(200);
    platform.clock.nowMs = Date.parse(expires_at);
    expect(await status(short)).toBe(401);
    platform.clock.nowMs = undefined;
    const { body } = await call(owner, 'GET', path);
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
    const { status, body } = await call(owner, 'POST', '/v1/users/me/access-tokens', wanted);
    expect({ status, pointers: (body.errors as { pointer: string }[]).map((each) => each.pointer) }).toEqual({
      status: 422,
      pointers: [pointer],
    });
  });
});
