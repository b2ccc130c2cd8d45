import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anAddress, aSignedInPerson, mailsWaitingFor, PASSWORD, signIn, whoIs } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { linkIn, mailsTo, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

const visitor = () => new Visitor(platform.url);
const signUp = (browser: Visitor, email: string, more: object = {}) =>
  browser.post('/auth/sign-up/email', { name: 'Ann', email, password: PASSWORD, ...more });

const shape = ({ body }: { body: Record<string, unknown> }) => {
  const { id: _id, email: _email, createdAt: _c, updatedAt: _u, ...user } = body['user'] as Record<string, unknown>;
  return { ...body, user };
};
const names = ({ headers }: { headers: Headers }) => [...headers.keys()].filter((name) => name !== 'content-length');

describe('signing up', () => {
  test('makes an account that opens once its address is proven', async () => {
    const email = anAddress();
    const ann = visitor();
    const signedUp = await signUp(ann, email.toUpperCase());
    expect(signedUp.status).toBe(200);
    expect(signedUp.body).toMatchObject({ token: null, user: { email, emailVerified: false, isStaff: false } });
    expect(ann.cookies.size).toBe(0);

    const tooEarly = await signIn(ann, email);
    expect(tooEarly.body).toMatchObject({ status: 403, code: 'email_not_verified', reason: 'EMAIL_NOT_VERIFIED' });
    expect(ann.cookies.size).toBe(0);

    const [mail] = await mailsTo(platform.db, email, { template: 'verify_email', count: 2 });
    // Looked at by whoever scans mails, by HEAD, a link does nothing.
    const link = linkIn(mail!);
    const looked = await fetch(link, { method: 'HEAD', redirect: 'manual' });
    expect(looked.status).toBe(405);
    const followed = await ann.get(link);
    expect(followed.status).toBe(302);
    expect(followed.headers.get('location')).toBe('/');
    expect(ann.cookies.size).toBe(0);

    expect((await signIn(ann, email)).status).toBe(200);
    const id = await whoIs(ann);
    expect(id).toBeDefined();
    const entries = await platform.db('audit_entries').where({ target_id: id }).orderBy('seq');
    expect(entries).toMatchObject([
      { action: 'user.created', actor_kind: 'user', actor_id: id, ip: ann.ip },
      { action: 'user.email_verified', actor_kind: 'user', actor_id: id },
    ]);
  });

  test('answers alike whether the address is taken or not, and tells its owner alone', async () => {
    const { email, id } = await aSignedInPerson(platform);
    const fresh = anAddress();
    const taken = await signUp(visitor(), email, { name: 'Mallory' });
    const free = await signUp(visitor(), fresh, { name: 'Mallory' });

    expect(taken.status).toBe(free.status);
    expect(shape(taken)).toEqual(shape(free));
    expect((taken.body['user'] as { id: string }).id).not.toBe(id);
    expect(names(taken)).toEqual(names(free));

    await mailsTo(platform.db, email, { template: 'account_exists' });
    expect(await mailsTo(platform.db, fresh)).toMatchObject([{ template: 'verify_email' }]);
    expect(await platform.db('users').where({ email }).first('name')).toEqual({ name: 'Ann Cooper' });
  });

  test('at the same time with one address makes one account, and every answer is the same kind', async () => {
    const email = anAddress();
    const answers = await Promise.all(Array.from({ length: 8 }, () => signUp(visitor(), email)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await platform.db('users').where({ email }).count()).toEqual([{ count: 1 }]);
    const entries = await platform
      .db('audit_entries')
      .where({ action: 'user.created' })
      .whereIn('target_id', platform.db('users').where({ email }).select(platform.db.raw('id::text')));
    expect(entries).toHaveLength(1);
  });

  test('makes nobody staff, nor verified, whatever is sent along', async () => {
    const email = anAddress();
    const { status } = await signUp(visitor(), email, {
      isStaff: true,
      is_staff: true,
      twoFactorEnabled: true,
      role: 'admin',
    });
    expect(status).toBe(200);
    expect(
      await platform.db('users').where({ email }).first('is_staff', 'email_verified', 'two_factor_enabled'),
    ).toEqual({ is_staff: false, email_verified: false, two_factor_enabled: false });
    const { browser, id } = await aSignedInPerson(platform);
    await browser.post('/auth/update-user', { name: 'Ann', isStaff: true });
    expect(await platform.db('users').where({ id }).first('is_staff')).toEqual({ is_staff: false });
    const { body } = await browser.get('/v1/users/me');
    expect(body).toMatchObject({ is_staff: false });
  });

  test('takes passwords by their length and not by their kind of characters', async () => {
    const wrong: [string, string][] = [
      ['a1B!', 'too_short'],
      ['🦆'.repeat(9), 'too_short'],
      ['x'.repeat(300), 'too_long'],
      ['Password123!', 'too_common'],
      ['1q2w3e4r5t', 'too_common'],
      ['aaaaaaaaaaaa', 'too_simple'],
    ];
    for (const [password, code] of wrong) {
      const { status, body } = await signUp(visitor(), anAddress(), { password });
      expect({ password, status, body }).toMatchObject({
        password,
        status: 422,
        body: { code: 'validation_failed', errors: [{ pointer: '/password', code }] },
      });
    }
    const long = `${'correct staple '.repeat(16)}horse`;
    const email = anAddress();
    expect((await signUp(visitor(), email, { password: long })).status).toBe(200);
    await platform.db('users').where({ email }).update({ email_verified: true });
    // Nothing of it is cut off.
    expect((await signIn(visitor(), email, long.slice(0, -1))).body).toMatchObject({ code: 'invalid_credentials' });
    expect((await signIn(visitor(), email, long)).status).toBe(200);
  });

  test('answers bad input with what is wrong, never with a fault of ours', async () => {
    const bodies: [unknown, number][] = [
      ['', 422],
      ['{', 400],
      ['[]', 422],
      ['null', 422],
      [{}, 422],
      [{ name: 1, email: 2, password: 3 }, 422],
      [{ name: 'A', email: 'no address', password: PASSWORD }, 422],
      [{ name: 'A\0', email: anAddress(), password: PASSWORD }, 422],
      [{ name: '', email: anAddress(), password: PASSWORD }, 422],
      [{ name: 'A', email: anAddress(), password: PASSWORD, image: 'javascript:alert(1)' }, 422],
      [{ name: 'A'.repeat(201), email: anAddress(), password: PASSWORD }, 422],
      [{ name: 'A', email: `${'a'.repeat(250)}@example.com`, password: PASSWORD }, 422],
      [{ name: 'A', email: anAddress(), password: PASSWORD, callbackURL: 'https://evil.example' }, 422],
      [{ name: 'A', email: anAddress(), password: PASSWORD, callbackURL: { a: '\0' } }, 422],
      [`{"name":"\\ud800","email":"${anAddress()}","password":"${PASSWORD}"}`, 422],
      ['x'.repeat(70_000), 413],
    ];
    for (const [body, status] of bodies) {
      const answer = await visitor().post('/auth/sign-up/email', body);
      expect({ body, status: answer.status, text: answer.text }).toMatchObject({ body, status });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('x-request-id')).toBeTruthy();
      expect(answer.body['request_id']).toBe(answer.headers.get('x-request-id'));
    }
    const form = await visitor().post('/auth/sign-up/email', 'name=a', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(form.body).toMatchObject({ code: 'unsupported_media_type' });
    const nul = await visitor().get('/auth/reset-password/%00?callbackURL=/');
    expect(nul.body).toMatchObject({ code: 'validation_failed' });
    for (const path of ['/auth/nothing', '/auth/change-email', '/auth/get-access-token', '/auth/', '/auth']) {
      expect({ path, ...(await visitor().post(path)).body }).toMatchObject({ path, code: 'not_found' });
    }
  });
});

describe('a new password by mail', () => {
  test('ends all sessions, works once, and is told', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    const asked = await visitor().post('/auth/request-password-reset', { email, redirectTo: '/new-password' });
    expect(asked.status).toBe(200);
    const [mail] = await mailsTo(platform.db, email, { template: 'reset_password' });
    const followed = await visitor().get(linkIn(mail!));
    const token = new URL(followed.headers.get('location')!, platform.url).searchParams.get('token');

    const proofs = await platform.db('user_verifications').select('identifier', 'value');
    expect(JSON.stringify(proofs)).not.toContain(token);

    const tooShort = await visitor().post('/auth/reset-password', { token, newPassword: 'short' });
    expect(tooShort.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/newPassword' }] });
    const newPassword = 'ten geese in a field';
    const [first, second] = await Promise.all([
      visitor().post('/auth/reset-password', { token, newPassword }),
      visitor().post('/auth/reset-password', { token, newPassword }),
    ]);
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 400]);
    expect(await whoIs(browser)).toBeUndefined();
    expect((await signIn(visitor(), email)).body).toMatchObject({ code: 'invalid_credentials' });
    expect((await signIn(visitor(), email, newPassword)).status).toBe(200);

    expect(await mailsTo(platform.db, email, { template: 'password_changed' })).toHaveLength(1);
    const entries = await platform.db('audit_entries').where({ target_id: id }).orderBy('seq').pluck('action');
    expect(entries).toEqual(['user.created', 'user.password_changed']);
  });

  test('is promised to everybody, and mailed to who has an account', async () => {
    const { email } = await aSignedInPerson(platform);
    const nobody = anAddress();
    const began = performance.now();
    const unknown = await visitor().post('/auth/request-password-reset', { email: nobody });
    const took = performance.now() - began;
    const known = await visitor().post('/auth/request-password-reset', { email });
    expect(unknown.text).toBe(known.text);
    expect(unknown.status).toBe(200);
    expect(took).toBeGreaterThanOrEqual(240);
    await mailsTo(platform.db, email, { template: 'reset_password' });
    expect(await mailsWaitingFor(platform, nobody)).toBe(0);
    expect(await platform.db('sent_mails').where({ recipient: nobody })).toEqual([]);
  });

  test.for([{}, { redirectTo: '' }])('leads to our own page where none was named: %j', async (named) => {
    const { email } = await aSignedInPerson(platform);
    const asked = await visitor().post('/auth/request-password-reset?x', { email, ...named });
    expect(asked.status).toBe(200);
    const [mail] = await mailsTo(platform.db, email, { template: 'reset_password' });
    const followed = await visitor().get(linkIn(mail!));
    expect(followed.status).toBe(302);
    const page = new URL(followed.headers.get('location')!, platform.url);
    expect(page.origin + page.pathname).toBe(`${platform.url}/new-password`);
    const newPassword = 'ten geese in a field';
    const token = page.searchParams.get('token');
    expect((await visitor().post('/auth/reset-password', { token, newPassword })).status).toBe(200);
    expect((await signIn(visitor(), email, newPassword)).status).toBe(200);
  });

  test('leads nowhere but to pages of ours', async () => {
    const { email } = await aSignedInPerson(platform);
    const answer = await visitor().post('/auth/request-password-reset', { email, redirectTo: 'https://evil.example/' });
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_failed', reason: 'INVALID_REDIRECT_URL' });
  });
});
