import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCustomerEvents } from '../../../api/accounts/customer-events.ts';
import { createDashboardAuth } from '../../../api/accounts/dashboard.ts';
import { createPeopleEvents } from '../../../api/accounts/people-events.ts';
import { createPortalAuth } from '../../../api/accounts/portal.ts';
import { createLogger } from '../../../runtime/log.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { createCarrying } from '../../../store/carried.ts';
import { aSignedInPerson } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { testStack } from '../../support/stack.ts';
import { Visitor } from '../../support/visitor.ts';

/** Every route that the library has, with what nobody should send: never a fault of ours. */

const { config } = testStack();
const carrying = createCarrying(undefined as never, () => false);
const secrets = new SecretBox(config.secretKeys);
const parts = {
  config: { ...config, discordClientId: '1', discordClientSecret: 'x' },
  pool: carrying.pool,
  attempts: async () => ({ counted: true, remaining: 1, resetsInMs: 1, isExact: true }),
  log: createLogger({ logLevel: 'silent' }, { name: 'test' }),
  publicUrl: 'https://plimsoll.example',
  isConfigured: true,
};
const audiences = [
  createDashboardAuth(parts, createPeopleEvents({ carrying, secrets, attempts: parts.attempts })),
  createPortalAuth(parts, createCustomerEvents({ carrying, secrets })),
];
/** Those that are closed answer 404, and what would sign the walker out is tested elsewhere. */
const endpoints = audiences.flatMap(({ api, options: { basePath, disabledPaths } }) => {
  const paths = (Object.values(api) as { path?: string }[]).flatMap(({ path }) => path ?? []);
  const left = [...disabledPaths, '/delete-user', '/sign-out'];
  return [...new Set(paths)].filter((path) => !left.includes(path)).map((path) => basePath + path);
});

/** Every name that a body of the library has. */
const NAMES = [
  'email',
  'password',
  'name',
  'image',
  'newPassword',
  'currentPassword',
  'token',
  'code',
  'otp',
  'type',
  'provider',
  'providerId',
  'accountId',
  'callbackURL',
  'redirectTo',
  'errorCallbackURL',
  'newUserCallbackURL',
  'idToken',
  'scopes',
  'trustDevice',
  'userId',
  'revokeOtherSessions',
  'rememberMe',
  'method',
  'issuer',
  'newEmail',
  'state',
  'error',
  'additionalData',
  'metadata',
  'loginHint',
];
const JUNK: unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  ' ',
  'x',
  'a@b.co',
  '\u0000',
  '\ud800',
  "'; drop table users; --",
  '%00',
  '../../x',
  'https://evil.example',
  'x'.repeat(5_000),
  [],
  ['x'],
  {},
  { token: 'x' },
  { $ne: null },
  '00000000-0000-0000-0000-000000000000',
  'discord',
  'sign-in',
  '🦆'.repeat(30),
];

let platform: TestPlatform;
let browser: Visitor;

beforeAll(async () => {
  platform = await startPlatform({
    trustedProxies: ['127.0.0.1'],
    signInLimit: 1_000_000,
    discordClientId: '1',
    discordClientSecret: 'x',
  });
  browser = (await aSignedInPerson(platform)).browser;
});
afterAll(() => platform?.close());

test('the library has the routes that are walked', () => {
  expect(endpoints.length).toBeGreaterThan(40);
  expect(endpoints).toContain('/auth/sign-in/email');
  expect(endpoints).toContain('/v1/portal/auth/sign-in/email-otp');
});

describe.each(endpoints)('%s', (path) => {
  test('answers whatever is sent, and never with a fault of ours', async () => {
    const answers: { sent: unknown; status: number; type: string | null }[] = [];
    const asked = async (sent: unknown, ask: Promise<{ status: number; headers: Headers }>): Promise<void> => {
      const { status, headers } = await ask;
      answers.push({ sent, status, type: headers.get('content-type') });
    };
    const visitor = new Visitor(platform.url);
    // What signs somebody out would leave nobody for the rest.
    visitor.cookies.set('plimsoll.session_token', browser.cookies.get('plimsoll.session_token')!);
    const target = path.replaceAll(/:[a-zA-Z]+/g, 'x');
    for (const junk of JUNK) {
      const body = Object.fromEntries(NAMES.map((name) => [name, junk]));
      await asked(junk, visitor.post(target, body));
    }
    for (const junk of ['', 'x', '\u0000']) {
      const query = NAMES.map((name) => `${name}=${encodeURIComponent(junk)}`).join('&');
      await asked(query, visitor.get(`${target}?${query}`));
    }
    for (const raw of ['', '{', '[]', '"x"', '{"email":{"a":{"b":1}}}']) await asked(raw, visitor.post(target, raw));
    await asked('a broken encoding', visitor.get(`${target}/%E0%A4%A?x=%`));
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const refusals = answers.filter(({ status }) => status >= 400);
    expect(new Set(refusals.map(({ type }) => type))).toEqual(
      new Set(refusals.length > 0 ? ['application/problem+json'] : []),
    );
  });
});
