import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { anAddress, aSignedInPerson, whoIs } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { mailsTo, Visitor } from '../../support/visitor.ts';

/** Who is signed in at the stand-in for Discord, which is the one part that can't be run here. */
interface DiscordUser {
  id: string;
  email: string;
  verified: boolean;
}

let platform: TestPlatform;
const users = new Map<string, DiscordUser>();
const asked: string[] = [];

beforeAll(async () => {
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith('https://discord.com/')) return real(input, init);
    asked.push(url);
    const said = new Headers(init?.headers).get('authorization') ?? '';
    if (url.endsWith('/oauth2/token')) {
      const code = (init!.body as URLSearchParams).get('code')!;
      return Response.json({
        access_token: `secret-of-${code}`,
        refresh_token: 'more',
        token_type: 'Bearer',
        expires_in: 3_600,
      });
    }
    const user = users.get(said.replace('Bearer secret-of-', ''))!;
    return Response.json({ ...user, username: 'zoe', global_name: 'Zoë', avatar: null, discriminator: '0' });
  });
  platform = await startPlatform({
    trustedProxies: ['127.0.0.1'],
    discordClientId: '4711',
    discordClientSecret: 'a secret of ours',
  });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await platform?.close();
});

const visitor = () => new Visitor(platform.url);
const PORTAL = '/v1/portal/auth';

function aDiscordUser(more: Partial<DiscordUser> = {}): DiscordUser & { code: string } {
  const user = { id: String(randomInt(1e12)), email: anAddress(), verified: true, ...more };
  const code = `code-${user.id}`;
  users.set(code, user);
  return { ...user, code };
}

/** Goes to Discord and comes back, as a browser does. */
async function byDiscord(browser: Visitor, base: string, { code }: { code: string }, how = 'sign-in/social') {
  const begun = await browser.post(`${base}/${how}`, {
    provider: 'discord',
    callbackURL: '/here',
    errorCallbackURL: '/wrong',
  });
  const there = new URL(String(begun.body['url']));
  expect(there.origin + there.pathname).toBe('https://discord.com/api/oauth2/authorize');
  expect(there.searchParams.get('client_id')).toBe('4711');
  expect(there.searchParams.get('redirect_uri')).toBe(`${platform.url}${base}/callback/discord`);
  const state = there.searchParams.get('state')!;
  return browser.get(`${base}/callback/discord?code=${code}&state=${encodeURIComponent(state)}`);
}

const customerOf = async (browser: Visitor): Promise<unknown> =>
  ((await browser.get(`${PORTAL}/get-session`)).body['user'] as { customerId?: string } | undefined)?.customerId;

describe('a customer who signs in by Discord', () => {
  test('is who the licences for that Discord id are for', async () => {
    const discord = aDiscordUser();
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
    const thief = aDiscordUser();
    const victim = anAddress();
    const { product } = await platform.aProduct();
    const typed = await platform.aLicense(product.id, { customer: { email: victim, discordId: thief.id, name: null } });
    const browser = visitor();
    await byDiscord(browser, PORTAL, thief);
    const theirs = await customerOf(browser);
    expect(theirs).toEqual(expect.any(String));
    expect(theirs).not.toBe(typed.customerId);

    const impostor = aDiscordUser({ email: victim, verified: true });
    const other = visitor();
    await byDiscord(other, PORTAL, impostor);
    expect(await customerOf(other)).not.toBe(typed.customerId);
  });

  test('and proves an address too, has both in one record', async () => {
    const discord = aDiscordUser();
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

    const later = visitor();
    await byDiscord(later, PORTAL, discord);
    expect(await customerOf(later)).toBe(customerId);
  });
});

describe('somebody who signs in to the dashboard by Discord', () => {
  test('has an account with the address that Discord has verified', async () => {
    const discord = aDiscordUser();
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
  });

  test('has none with an address that nobody verified', async () => {
    const victim = await aSignedInPerson(platform);
    for (const email of [anAddress(), victim.email]) {
      const browser = visitor();
      const answer = await byDiscord(browser, '/auth', aDiscordUser({ email, verified: false }));
      expect(answer.headers.get('location')).toMatch(/^\/wrong\?.*error=/);
      expect(await whoIs(browser)).toBeUndefined();
    }
  });

  test('is nobody with a state that was not theirs, or was used', async () => {
    const discord = aDiscordUser();
    const browser = visitor();
    const begun = await browser.post('/auth/sign-in/social', { provider: 'discord', callbackURL: '/here' });
    const state = new URL(String(begun.body['url'])).searchParams.get('state')!;
    const path = `/auth/callback/discord?code=${discord.code}&state=${encodeURIComponent(state)}`;
    const thief = visitor();
    expect((await thief.get(path)).headers.get('location')).toContain('error=');
    expect(thief.cookies.size).toBe(0);
  });

  test('goes nowhere where no provider is configured', async () => {
    const answer = await visitor().post('/auth/sign-in/social', { provider: 'github', callbackURL: '/here' });
    expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
    expect(asked.every((url) => url.startsWith('https://discord.com/api/'))).toBe(true);
  });
});
