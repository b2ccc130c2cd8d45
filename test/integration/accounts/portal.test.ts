import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anAddress, aSignedInPerson, PASSWORD } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { linkIn, mailsTo, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

const visitor = () => new Visitor(platform.url);
const AUTH = '/v1/portal/auth';
const COOKIE = 'plimsoll-portal.session_token';

async function byCode(email: string, browser = visitor()): Promise<Visitor> {
  const asked = await browser.post(`${AUTH}/email-otp/send-verification-otp`, { email, type: 'sign-in' });
  expect(asked.status).toBe(200);
  const mails = await mailsTo(platform.db, email, { template: 'sign_in_code' });
  const otp = /\b\d{6}\b/.exec(mails.at(-1)!.text)![0];
  const signedIn = await browser.post(`${AUTH}/sign-in/email-otp`, { email, otp });
  expect({ status: signedIn.status, text: signedIn.text }).toMatchObject({ status: 200 });
  return browser;
}

const customerOf = async (browser: Visitor): Promise<unknown> =>
  ((await browser.get(`${AUTH}/get-session`)).body['user'] as { customerId?: string } | undefined)?.customerId;

describe('a customer', () => {
  test('signs in by a code from a mail, and is who the licences are for', async () => {
    const { product } = await platform.aProduct();
    const email = anAddress();
    const license = await platform.aLicense(product.id, { customer: { email, discordId: null, name: 'Zoë' } });
    const browser = await byCode(email.toUpperCase().replace('EXAMPLE.COM', 'example.com').toLowerCase());
    expect(await customerOf(browser)).toBe(license.customerId);
    expect([...browser.cookies.keys()]).toEqual([COOKIE]);
    expect(browser.attributes.get(COOKIE)).toMatch(/Path=\/v1\/portal; HttpOnly; SameSite=Lax$/);
    const entries = await platform
      .db('audit_entries')
      .where({ target_id: license.customerId, action: 'customer.identified' });
    expect(entries).toMatchObject([{ actor_kind: 'customer', actor_id: license.customerId }]);
  });

  test('signs in by a link from a mail, which works once', async () => {
    const email = anAddress();
    const browser = visitor();
    await browser.post(`${AUTH}/sign-in/magic-link`, { email, callbackURL: '/licences' });
    const [mail] = await mailsTo(platform.db, email, { template: 'sign_in_link' });
    const link = linkIn(mail!);
    const token = new URL(link).searchParams.get('token')!;
    expect(JSON.stringify(await platform.db('portal_verifications').select())).not.toContain(token);

    expect((await fetch(link, { method: 'HEAD', redirect: 'manual' })).status).toBe(405);
    const followed = await browser.get(link);
    expect(followed.headers.get('location')).toBe(`${platform.url}/licences`);
    const customer = await platform.db('customers').where({ email }).first('id');
    expect(await customerOf(browser)).toBe(customer.id);

    const thief = visitor();
    expect((await thief.get(link)).headers.get('location')).toContain('error=INVALID_TOKEN');
    expect(thief.cookies.size).toBe(0);
  });

  test('that nobody has heard of can not be told from one who has licences', async () => {
    const { product } = await platform.aProduct();
    const known = anAddress();
    await platform.aLicense(product.id, { customer: { email: known, discordId: null, name: null } });
    for (const [path, more] of [
      ['email-otp/send-verification-otp', { type: 'sign-in' }],
      ['sign-in/magic-link', {}],
    ] as const) {
      const answers = [];
      for (const email of [known, anAddress()])
        answers.push(await visitor().post(`${AUTH}/${path}`, { email, ...more }));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]!.text).toBe(answers[1]!.text);
    }
  });

  test('has three tries at a code, which stands nowhere as it is', async () => {
    const email = anAddress();
    const browser = visitor();
    await browser.post(`${AUTH}/email-otp/send-verification-otp`, { email, type: 'sign-in' });
    const [mail] = await mailsTo(platform.db, email, { template: 'sign_in_code' });
    const otp = /\b\d{6}\b/.exec(mail!.text)![0];
    const values = await platform.db('portal_verifications').pluck('value');
    expect(values.filter((value: string) => value.includes(otp))).toEqual([]);
    const wrong = otp === '123456' ? '654321' : '123456';
    const reasons = [];
    for (let i = 0; i < 4; i += 1) {
      reasons.push((await browser.post(`${AUTH}/sign-in/email-otp`, { email, otp: wrong })).body['code']);
    }
    expect(new Set(reasons)).toEqual(new Set(['invalid_code']));
    expect((await browser.post(`${AUTH}/sign-in/email-otp`, { email, otp })).body).toMatchObject({
      code: 'invalid_code',
    });
    expect(browser.cookies.size).toBe(0);
  });

  test('who signs in twice at the same time is one customer and one portal user', async () => {
    const email = anAddress();
    await Promise.all([1, 2, 3, 4].map(() => visitor().post(`${AUTH}/sign-in/magic-link`, { email })));
    const mails = await mailsTo(platform.db, email, { template: 'sign_in_link', count: 4 });
    const browsers = mails.map(() => visitor());
    await Promise.all(mails.map((mail, i) => browsers[i]!.get(linkIn(mail))));
    expect(new Set(await Promise.all(browsers.map(customerOf))).size).toBe(1);
    expect(await platform.db('portal_users').where({ email }).count()).toEqual([{ count: 1 }]);
    expect(await platform.db('customers').where({ email }).count()).toEqual([{ count: 1 }]);
  });

  test('has no password, and can be nothing but a customer', async () => {
    const browser = await byCode(anAddress());
    for (const path of [
      'sign-up/email',
      'sign-in/email',
      'change-password',
      'update-user',
      'delete-user',
      'email-otp/reset-password',
    ]) {
      const answer = await browser.post(`${AUTH}/${path}`, { name: 'x', email: anAddress(), password: PASSWORD });
      expect({ path, ...answer.body }).toMatchObject({ path, status: 404, code: 'not_found' });
    }
    const other = await browser.post(`${AUTH}/email-otp/send-verification-otp`, {
      email: anAddress(),
      type: 'forget-password',
    });
    expect(other.body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/type' }] });
    const email = anAddress();
    await visitor().post(`${AUTH}/sign-in/email-otp`, {
      email,
      otp: '000000',
      customerId: '00000000-0000-0000-0000-000000000000',
    });
    expect(await platform.db('portal_users').where({ email })).toEqual([]);
  });
});

describe('the two audiences', () => {
  test("open nothing of each other's, by whatever cookie", async () => {
    const email = anAddress();
    const person = await aSignedInPerson(platform, { email });
    const customer = await byCode(email);
    const theirs = customer.cookies.get(COOKIE)!;
    const hers = person.browser.cookies.get('plimsoll.session_token')!;

    // A customer's session is nobody in the dashboard: as it is, and under the other cookie's name.
    for (const cookie of [`${COOKIE}=${theirs}`, `plimsoll.session_token=${theirs}`]) {
      const browser = visitor();
      expect((await browser.get('/v1/users/me', { cookie })).status).toBe(401);
      expect((await browser.get('/auth/get-session', { cookie })).text).toBe('null');
      expect((await browser.get('/auth/list-sessions', { cookie })).status).toBe(401);
    }
    // And the other way around.
    for (const cookie of [`plimsoll.session_token=${hers}`, `${COOKIE}=${hers}`]) {
      const browser = visitor();
      expect((await browser.get(`${AUTH}/get-session`, { cookie })).text).toBe('null');
      expect((await browser.get(`${AUTH}/list-sessions`, { cookie })).status).toBe(401);
    }
    expect(
      await platform.db('portal_sessions').join('portal_users', 'portal_users.id', 'user_id').where({ email }).count(),
    ).toEqual([{ count: 1 }]);
  });

  test('share no token in the database, so none could be looked up in the other', async () => {
    const email = anAddress();
    const { browser, id } = await aSignedInPerson(platform, { email });
    const { token } = await platform.db('user_sessions').where({ user_id: id }).first('token');
    expect(await platform.db('portal_sessions').where({ token })).toEqual([]);
    expect(browser.cookies.has(COOKIE)).toBe(false);
  });
});
