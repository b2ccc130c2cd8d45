import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { anAddress, aSignedInPerson, mailsWaitingFor, whoIs } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { mailsTo, Visitor } from '../../support/visitor.ts';

/** Who is signed in at the stand-ins for Discord and GitHub, which are the one part that can't be run here. */
interface ProviderUser {
  id: string;
  email: string;
  verified: boolean;
  name: string;
}

type Provider = 'discord' | 'github';

const AUTHORIZE: Record<Provider, string> = {
  discord: 'https://discord.com/api/oauth2/authorize',
  github: 'https://github.com/login/oauth/authorize',
};

let platform: TestPlatform;
const users = new Map<string, ProviderUser>();
const asked: string[] = [];

beforeAll(async () => {
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!/^https:\/\/(discord|(api\.)?github)\.com\//.test(url)) return real(input, init);
    asked.push(url);
    const said = new Headers(init?.headers).get('authorization') ?? '';
    if (/\/(oauth2\/token|access_token)$/.test(url)) {
      const code = (init!.body as URLSearchParams).get('code')!;
      return Response.json({
        access_token: `secret-of-${code}`,
        refresh_token: 'more',
        token_type: 'Bearer',
        expires_in: 3_600,
      });
    }
    const user = users.get(said.replace(/^Bearer secret-of-/i, ''))!;
    const { id, email, verified, name } = user;
    if (url === 'https://api.github.com/user/emails') return Response.json([{ email, verified, primary: true }]);
    if (url === 'https://api.github.com/user') {
      return Response.json({
        id: Number(id),
        login: 'zoe',
        name,
        email: null,
        avatar_url: 'https://example.com/a.png',
      });
    }
    return Response.json({ id, email, verified, username: 'zoe', global_name: name, avatar: null, discriminator: '0' });
  });
  platform = await startPlatform({
    trustedProxies: ['127.0.0.1'],
    discordClientId: '4711',
    discordClientSecret: 'a secret of ours',
    githubClientId: '4711',
    githubClientSecret: 'another secret of ours',
  });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await platform?.close();
});

const visitor = () => new Visitor(platform.url);
const PORTAL = '/v1/portal/auth';

function aProviderUser(more: Partial<ProviderUser> = {}): ProviderUser & { code: string } {
  const user = { id: String(randomInt(1e12)), email: anAddress(), verified: true, name: 'Zoë', ...more };
  const code = `code-${user.id}`;
  users.set(code, user);
  return { ...user, code };
}

/** Goes to a provider and comes back, as a browser does. */
async function byProvider(
  provider: Provider,
  browser: Visitor,
  base: string,
  { code }: { code: string },
  how = 'sign-in/social',
) {
  const begun = await browser.post(`${base}/${how}`, { provider, callbackURL: '/here', errorCallbackURL: '/wrong' });
  const there = new URL(String(begun.body['url']));
  expect(there.origin + there.pathname).toBe(AUTHORIZE[provider]);
  expect(there.searchParams.get('client_id')).toBe('4711');
  expect(there.searchParams.get('redirect_uri')).toBe(`${platform.url}${base}/callback/${provider}`);
  const state = there.searchParams.get('state')!;
  return browser.get(`${base}/callback/${provider}?code=${code}&state=${encodeURIComponent(state)}`);
}

const byDiscord = (browser: Visitor, base: string, user: { code: string }, how?: string) =>
  byProvider('discord', browser, base, user, how);

const customerOf = async (browser: Visitor): Promise<unknown> =>
  ((await browser.get(`${PORTAL}/get-session`)).body['user'] as { customerId?: string } | undefined)?.customerId;

describe('a customer who signs in by Discord', () => {
  test('is who the licences for that Discord id are for', async () => {
    const discord = aProviderUser();
    const { product } = await platform.aProduct();
    const customer = { email: null, discordId: discord.id, name: null };
    const license = await platform.aLicense(product.id, { customer });
    const browser = visitor();
    const answer = await byDiscord(browser, PORTAL, discord);
    expect(answer.headers.get('location')).toBe('/here');
    expect(await customerOf(browser)).toBe(license.customerId);
    const again = visitor();
    await byDiscord(again, PORTAL, discord);
    expect(await customerOf(again)).toBe(license.customerId);
    const accounts = await platform.db('portal_accounts').where({ account_id: discord.id });
    expect(accounts).toMatchObject([{ access_token: null, refresh_token: null, id_token: null }]);
  });

  test("does not come by another's licences because somebody typed both identities together, or Discord says so", async () => {
    const thief = aProviderUser();
    const victim = anAddress();
    const { product } = await platform.aProduct();
    const typed = await platform.aLicense(product.id, { customer: { email: victim, discordId: thief.id, name: null } });
    const browser = visitor();
    await byDiscord(browser, PORTAL, thief);
    const theirs = await customerOf(browser);
    expect(theirs).toEqual(expect.any(String));
    expect(theirs).not.toBe(typed.customerId);

    const impostor = aProviderUser({ email: victim, verified: true });
    const other = visitor();
    await byDiscord(other, PORTAL, impostor);
    expect(await customerOf(other)).not.toBe(typed.customerId);
  });

  test('and proves an address too, has both in one record', async () => {
    const discord = aProviderUser();
    const email = anAddress();
    const browser = visitor();
    await browser.post(`${PORTAL}/email-otp/send-verification-otp`, { email, type: 'sign-in' });
    const [mail] = await mailsTo(platform.db, email);
    await browser.post(`${PORTAL}/sign-in/email-otp`, { email, otp: /\b\d{6}\b/.exec(mail!.text)![0] });
    const customerId = await customerOf(browser);
    await byDiscord(browser, PORTAL, discord, 'link-social');
    expect(await platform.db('customers').where({ discord_id: discord.id }).first('id', 'email')).toEqual({
      id: customerId,
      email,
    });

    const entries = await platform
      .db('audit_entries')
      .where({ target_id: customerId, action: 'customer.identity_added' });
    expect(entries).toMatchObject([{ actor_kind: 'customer', actor_id: customerId }]);

    const later = visitor();
    await byDiscord(later, PORTAL, discord);
    expect(await customerOf(later)).toBe(customerId);
  });
});

describe('somebody who signs in to the dashboard by Discord', () => {
  test('has an account with the address that Discord has verified', async () => {
    const discord = aProviderUser();
    const browser = visitor();
    expect((await byDiscord(browser, '/auth', discord)).headers.get('location')).toBe('/here');
    const id = await whoIs(browser);
    expect(await platform.db('users').where({ id }).first('email', 'email_verified', 'is_staff')).toEqual({
      email: discord.email,
      email_verified: true,
      is_staff: false,
    });
    expect(await platform.db('user_accounts').where({ user_id: id }).first('access_token', 'provider_id')).toEqual({
      access_token: null,
      provider_id: 'discord',
    });
    expect(await platform.db('audit_entries').where({ target_id: id }).orderBy('seq').pluck('action')).toEqual([
      'user.created',
      'user.provider_linked',
    ]);
    // Who has just signed up by it needs no word of a way in.
    expect(await mailsWaitingFor(platform, discord.email)).toBe(0);
    expect(await platform.db('sent_mails').where({ recipient: discord.email })).toEqual([]);
  });

  test('has none with an address that nobody verified', async () => {
    const victim = await aSignedInPerson(platform);
    for (const email of [anAddress(), victim.email]) {
      const browser = visitor();
      const answer = await byDiscord(browser, '/auth', aProviderUser({ email, verified: false }));
      expect(answer.headers.get('location')).toMatch(/^\/wrong\?.*error=/);
      expect(await whoIs(browser)).toBeUndefined();
    }
  });

  test('is nobody with a state that was not theirs, or was used', async () => {
    const discord = aProviderUser();
    const browser = visitor();
    const begun = await browser.post('/auth/sign-in/social', { provider: 'discord', callbackURL: '/here' });
    const state = new URL(String(begun.body['url'])).searchParams.get('state')!;
    const path = `/auth/callback/discord?code=${discord.code}&state=${encodeURIComponent(state)}`;
    const thief = visitor();
    expect((await thief.get(path)).headers.get('location')).toContain('error=');
    expect(thief.cookies.size).toBe(0);
  });

  test('goes nowhere where the provider is not configured', async () => {
    const bare = await startPlatform({ trustedProxies: ['127.0.0.1'] });
    try {
      const answer = await new Visitor(bare.url).post('/auth/sign-in/social', {
        provider: 'github',
        callbackURL: '/here',
      });
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    } finally {
      await bare.close();
    }
    expect(asked.every((url) => /^https:\/\/(discord|(api\.)?github)\.com\//.test(url))).toBe(true);
  });
});

describe.each(['github', 'discord'] as const)('by %s', (provider) => {
  test('somebody signs in whatever their name is there', async () => {
    for (const [name, kept] of [
      ['🦆'.repeat(300), '🦆'.repeat(200)],
      ['Zoë\0 \ud800Cooper', 'Zoë \ufffdCooper'],
      ['', 'zoe'],
    ] as const) {
      const user = aProviderUser({ name });
      const browser = visitor();
      const answer = await byProvider(provider, browser, '/auth', user);
      expect({ status: answer.status, to: answer.headers.get('location') }).toEqual({ status: 302, to: '/here' });
      const id = await whoIs(browser);
      expect(await platform.db('users').where({ id }).first('name', 'email')).toEqual({
        name: kept,
        email: user.email,
      });
    }
  });

  test('who has an account adds a way in, is told by mail, and takes it away again', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    const user = aProviderUser({ email });
    await byProvider(provider, browser, '/auth', user, 'link-social');
    const [mail] = await mailsTo(platform.db, email, { template: 'provider_linked' });
    expect(mail!.text).toContain(provider === 'github' ? 'GitHub' : 'Discord');
    expect(mail!.text).toContain(browser.ip);
    const other = visitor();
    await byProvider(provider, other, '/auth', user);
    expect(await whoIs(other)).toBe(id);

    const { body } = await browser.get('/auth/list-accounts');
    const accounts = body as unknown as { id: string; providerId: string }[];
    const { id: accountId } = accounts.find((each) => each.providerId === provider)!;
    const unlinked = await browser.post('/auth/unlink-account', { accountId });
    expect(unlinked.status).toBe(200);
    const entries = await platform.db('audit_entries').where({ target_id: id }).orderBy('seq');
    expect(entries).toMatchObject([
      { action: 'user.created' },
      { action: 'user.provider_linked', after: { provider }, actor_id: id },
      { action: 'user.provider_unlinked', after: { provider }, actor_id: id },
    ]);
    expect(await mailsTo(platform.db, email, { template: 'provider_linked' })).toHaveLength(1);
  });
});
