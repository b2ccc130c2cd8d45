import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aSignedInPerson, mailsWaitingFor, PASSWORD, signIn, whoIs } from '../../support/account-people.ts';
import { memberWith, ownedBy } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { mailsTo, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

const remove = (browser: Visitor, body: object = { password: PASSWORD }) => browser.post('/auth/delete-user', body);

describe('deleting an account', () => {
  test('takes all that is its person away, and leaves that it happened', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    expect((await remove(browser)).status).toBe(200);
    expect(browser.cookies.size).toBe(0);
    for (const [table, column] of [
      ['users', 'id'],
      ['user_sessions', 'user_id'],
      ['user_accounts', 'user_id'],
    ] as const) {
      expect(await platform.db(table).where({ [column]: id })).toEqual([]);
    }
    await mailsTo(platform.db, email, { template: 'account_deleted' });
    const entries = await platform.db('audit_entries').where({ target_id: id }).orderBy('seq');
    expect(entries.map(({ action }) => action as string)).toEqual(['user.created', 'user.deleted']);
    expect(JSON.stringify(entries)).not.toContain(email);
    expect((await signIn(new Visitor(platform.url), email)).status).toBe(401);
  });

  test('takes the password', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    expect((await remove(browser, {})).body).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/password', code: 'missing' }],
    });
    expect((await remove(browser, { password: 'not my password' })).body).toMatchObject({
      code: 'invalid_credentials',
    });
    expect(await whoIs(browser)).toBe(id);
  });

  test('without a password takes that one signed in lately', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    await platform.db('user_accounts').where({ user_id: id }).update({ provider_id: 'github' });
    await platform
      .db('user_sessions')
      .where({ user_id: id })
      .update({ created_at: new Date(Date.now() - 2 * 3_600_000) });
    expect((await remove(browser, {})).body).toMatchObject({ code: 'forbidden' });
    await platform.db('user_sessions').where({ user_id: id }).update({ created_at: new Date() });
    expect((await remove(browser, {})).status).toBe(200);
  });

  test('without a password is by the session that is signed in, whatever other token is sent beside it', async () => {
    const secure = await startPlatform({ trustedProxies: ['127.0.0.1'], publicUrl: 'https://plimsoll.example' });
    try {
      const [ann, mallory] = [await aSignedInPerson(platform), await aSignedInPerson(platform)];
      const origin = { origin: 'https://plimsoll.example' };
      const stolen = new Visitor(secure.url);
      await stolen.post('/auth/sign-in/email', { email: ann.email, password: PASSWORD }, origin);
      await platform.db('user_accounts').where({ user_id: ann.id }).update({ provider_id: 'github' });
      await platform
        .db('user_sessions')
        .where({ user_id: ann.id })
        .update({ created_at: new Date(Date.now() - 2 * 3_600_000) });
      const secureName = '__Secure-plimsoll.session_token';
      const old = stolen.cookies.get(secureName)!;
      const hers = await platform.db('user_sessions').where({ user_id: mallory.id }).first('token');
      // Of her own she can list tokens, which carry no signature.
      const annsNew = `${ann.id}.fresh`;
      await platform
        .db('user_sessions')
        .insert({ id: randomUUID(), user_id: ann.id, token: annsNew, expires_at: new Date(Date.now() + 60_000) });
      for (const fresh of [hers.token, annsNew]) {
        for (const cookie of [
          `plimsoll.session_token=${fresh}; ${secureName}=${old}`,
          `${secureName}=${old}; plimsoll.session_token=${fresh}`,
        ]) {
          const answer = await new Visitor(secure.url).post('/auth/delete-user', {}, { ...origin, cookie });
          expect(answer.body).toMatchObject({ status: 403, code: 'forbidden' });
        }
      }
      expect(await platform.db('users').where({ id: ann.id }).first('id')).toEqual({ id: ann.id });
    } finally {
      await secure.close();
    }
  });

  test('is refused to who owns an organisation, which is named, and changes nothing', async () => {
    const { browser, id, email } = await aSignedInPerson(platform);
    const owned = await platform.anOrganization();
    await ownedBy(platform.db, owned.id, id);
    const { name } = await platform.db('organizations').where({ id: owned.id }).first('name');
    const answer = await remove(browser);
    expect(answer.body).toMatchObject({ status: 409, code: 'conflict', detail: expect.stringContaining(name) });
    expect(answer.body['detail']).toContain('org set-owner');
    expect(await whoIs(browser)).toBe(id);
    expect(await platform.db('audit_entries').where({ target_id: id, action: 'user.deleted' })).toEqual([]);
    expect(await mailsWaitingFor(platform, email, 'account_deleted')).toBe(0);
    expect(await platform.db('sent_mails').where({ recipient: email, template: 'account_deleted' })).toEqual([]);
  });

  test('ends memberships', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    const { id: organizationId } = await platform.anOrganization({ plan: 'pro' });
    await memberWith(platform.db, organizationId, { userId: id, permissions: [] });
    expect((await remove(browser)).status).toBe(200);
    expect(await platform.db('members').where({ user_id: id })).toEqual([]);
    const entries = await platform
      .db('audit_entries')
      .where({ chain_id: organizationId, target_id: id })
      .pluck('action');
    expect(entries).toEqual(['member.left']);
  });
});
