import { hashPassword } from 'better-auth/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replacePassword } from '../../../store/passwords.ts';
import { aSignedInPerson, PASSWORD, signIn, whoIs } from '../../support/account-people.ts';
import { write } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { linkIn, mailsTo, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

const visitor = () => new Visitor(platform.url);
const COOKIE = 'plimsoll.session_token';

describe('a session', () => {
  test('is a cookie that scripts and other sites can not use, and knows from where it came', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    expect([...browser.cookies.keys()]).toEqual([COOKIE]);
    expect(browser.attributes.get(COOKIE)).toMatch(/^Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    const [session] = await platform.db('user_sessions').where({ user_id: id });
    expect(session).toMatchObject({
      ip_address: expect.stringMatching(/^2001:0?db8:/),
      user_agent: expect.any(String),
    });
    expect((await browser.get('/auth/get-session')).headers.get('cache-control')).toBe('no-store');
  });

  test('travels over https alone where people reach the platform by https', async () => {
    const secure = await startPlatform({ trustedProxies: ['127.0.0.1'], publicUrl: 'https://plimsoll.example' });
    try {
      const { email } = await aSignedInPerson(platform);
      const browser = new Visitor(secure.url);
      const origin = { origin: 'https://plimsoll.example' };
      expect((await browser.post('/auth/sign-in/email', { email, password: PASSWORD }, origin)).status).toBe(200);
      expect(browser.attributes.get(`__Secure-${COOKIE}`)).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
      expect((await browser.get('/v1/users/me')).status).toBe(200);
      // The address of the API itself is none that people use then.
      expect((await browser.post('/auth/sign-out')).body).toMatchObject({ code: 'origin_not_allowed' });
      await browser.post('/auth/request-password-reset', { email }, origin);
      const [mail] = await mailsTo(platform.db, email, { template: 'reset_password' });
      expect(linkIn(mail!)).toMatch(/^https:\/\/plimsoll\.example\/auth\/reset-password\//);
    } finally {
      await secure.close();
    }
  });

  test('can be listed, and ended by another, at once', async () => {
    const { browser: laptop, email, id } = await aSignedInPerson(platform);
    const phone = visitor();
    await signIn(phone, email);
    expect(await whoIs(phone)).toBe(id);

    const { body } = await laptop.get('/auth/list-sessions');
    const sessions = body as unknown as { token: string; ipAddress: string }[];
    expect(sessions).toHaveLength(2);
    const token = decodeURIComponent(phone.cookies.get(COOKIE)!).split('.')[0];
    expect(sessions.map((each) => each.token)).toContain(token);

    expect((await laptop.post('/auth/revoke-session', { token })).status).toBe(200);
    expect(await whoIs(phone)).toBeUndefined();
    expect(await whoIs(laptop)).toBe(id);

    await signIn(phone, email);
    expect((await laptop.post('/auth/revoke-other-sessions')).status).toBe(200);
    expect(await whoIs(phone)).toBeUndefined();
    expect((await laptop.post('/auth/sign-out')).status).toBe(200);
    expect(laptop.cookies.size).toBe(0);
    expect(await platform.db('user_sessions').where({ user_id: id })).toEqual([]);
  });

  test('can not be ended by somebody else', async () => {
    const ann = await aSignedInPerson(platform);
    const mallory = await aSignedInPerson(platform);
    const token = decodeURIComponent(ann.browser.cookies.get(COOKIE)!).split('.')[0];
    await mallory.browser.post('/auth/revoke-session', { token });
    expect(await whoIs(ann.browser)).toBe(ann.id);
  });

  test('that was deleted in the database, or has ended, opens nothing', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    await platform
      .db('user_sessions')
      .where({ user_id: id })
      .update({ expires_at: new Date(Date.now() - 1) });
    const cookie = `${COOKIE}=${browser.cookies.get(COOKIE)}`;
    expect((await visitor().get('/v1/users/me', { cookie })).status).toBe(401);
    expect((await visitor().get('/auth/list-sessions', { cookie })).body).toMatchObject({ code: 'unauthenticated' });
  });

  test('is nobody without the signature of the server', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    const { token } = await platform.db('user_sessions').where({ user_id: id }).first('token');
    const [, signature] = decodeURIComponent(browser.cookies.get(COOKIE)!).split('.');
    for (const value of [token, `${token}.`, `${token}.${'A'.repeat(43)}=`, `x${token}.${signature}`]) {
      const cookie = `${COOKIE}=${encodeURIComponent(value)}`;
      expect((await visitor().get('/v1/users/me', { cookie })).status).toBe(401);
      expect((await visitor().get('/auth/get-session', { cookie })).text).toBe('null');
    }
  });

  test('changes nothing for pages of others', async () => {
    const { browser, id } = await aSignedInPerson(platform);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: '' }]) {
      const answer = await browser.post('/auth/sign-out', {}, headers);
      expect(answer.body).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    }
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await visitor().post('/auth/sign-in/email', { email: 'a@b.c', password: PASSWORD }, foreign)).status).toBe(
      403,
    );
    expect(await whoIs(browser)).toBe(id);
  });
});

describe('signing in', () => {
  test('does not tell whether the address or the password is wrong', async () => {
    const { email } = await aSignedInPerson(platform);
    const wrongPassword = await signIn(visitor(), email, 'not my password');
    const wrongAddress = await signIn(visitor(), `x${email}`);
    const { request_id: _one, ...first } = wrongPassword.body;
    const { request_id: _two, ...second } = wrongAddress.body;
    expect(first).toEqual(second);
    expect(first).toMatchObject({ status: 401, code: 'invalid_credentials', reason: 'INVALID_EMAIL_OR_PASSWORD' });
  });

  test('leads nowhere but to pages of ours', async () => {
    const { email } = await aSignedInPerson(platform);
    for (const callbackURL of ['https://evil.example', '//evil.example', 'javascript:alert(1)', '/\\evil.example']) {
      const answer = await visitor().post('/auth/sign-in/email', { email, password: PASSWORD, callbackURL });
      expect({ callbackURL, ...answer.body }).toMatchObject({ callbackURL, code: 'validation_failed' });
    }
  });
});

test('a changed name is written down as such, and not what it was or is', async () => {
  const { browser, id } = await aSignedInPerson(platform, { name: 'Ann Formerly' });
  expect((await browser.post('/auth/update-user', { name: 'Ann Lately' })).status).toBe(200);
  expect(await platform.db('users').where({ id }).first('name')).toEqual({ name: 'Ann Lately' });
  const entries = await platform.db('audit_entries').where({ target_id: id, action: 'user.changed' });
  expect(entries).toMatchObject([{ actor_kind: 'user', actor_id: id, after: { fields: ['name'] } }]);
  expect(JSON.stringify(entries)).not.toMatch(/Formerly|Lately/);
});

describe('a password', () => {
  test('is changed by who knows it, which ends all other sessions', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    const other = visitor();
    await signIn(other, email);
    const newPassword = 'ten geese in a field';
    const wrong = await browser.post('/auth/change-password', { currentPassword: 'not my password', newPassword });
    expect(wrong.body).toMatchObject({ code: 'invalid_credentials' });
    const common = await browser.post('/auth/change-password', {
      currentPassword: PASSWORD,
      newPassword: 'Password2026',
    });
    expect(common.body).toMatchObject({ errors: [{ pointer: '/newPassword', code: 'too_common' }] });
    // Whatever stands behind the path.
    const changed = await browser.post('/auth/change-password?from=settings', {
      currentPassword: PASSWORD,
      newPassword,
    });
    expect(changed.status).toBe(200);

    expect(await whoIs(other)).toBeUndefined();
    expect(await whoIs(browser)).toBe(id);
    expect((await signIn(visitor(), email)).status).toBe(401);
    expect((await signIn(visitor(), email, newPassword)).status).toBe(200);
    await mailsTo(platform.db, email, { template: 'password_changed' });
    const [entry] = await platform.db('audit_entries').where({ target_id: id, action: 'user.password_changed' });
    expect(entry).toMatchObject({ actor_kind: 'user', actor_id: id });
    expect(JSON.stringify(entry)).not.toContain(email);
  });

  test('that is replaced on the server ends every session, and opens instead of the old one', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    const password = 'ten geese in a field';
    const passwordHash = await hashPassword(password);
    await write(platform.db, (trx) => replacePassword(trx, { userId: id, passwordHash }));
    expect(await whoIs(browser)).toBeUndefined();
    expect((await signIn(visitor(), email)).body).toMatchObject({ code: 'invalid_credentials' });
    expect((await signIn(visitor(), email, password)).status).toBe(200);
    const entries = await platform.db('audit_entries').where({ target_id: id }).orderBy('seq').pluck('action');
    expect(entries).toEqual(['user.created', 'user.password_replaced']);
  });

  test('stands nowhere as it was typed', async () => {
    const { id } = await aSignedInPerson(platform);
    const [account] = await platform.db('user_accounts').where({ user_id: id });
    expect(account).toMatchObject({ provider_id: 'credential', access_token: null });
    expect(account.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/);
  });
});
