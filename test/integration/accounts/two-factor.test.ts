import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccountHolder, aSignedInPerson, PASSWORD, signIn, whoIs } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { mailsTo, Visitor } from '../../support/visitor.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'], signInLimit: 1_000 });
});
afterAll(() => platform?.close());

const visitor = () => new Visitor(platform.url);

/** The six digits that an authenticator shows for an `otpauth:` address at a time (RFC 6238 §4). */
function codeOf(uri: string, atMs = Date.now()): string {
  const secret = new URL(uri).searchParams.get('secret')!;
  const bits = Array.from(secret.replace(/=+$/, ''), (each) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0'),
  ).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

interface Protected extends AccountHolder {
  uri: string;
  recoveryCodes: string[];
}

async function aProtectedPerson(): Promise<Protected> {
  const person = await aSignedInPerson(platform);
  const enabled = await person.browser.post('/auth/two-factor/enable', { password: PASSWORD });
  const { totpURI: uri, backupCodes: recoveryCodes } = enabled.body as { totpURI: string; backupCodes: string[] };
  const verified = await person.browser.post('/auth/two-factor/verify-totp', { code: codeOf(uri) });
  if (verified.status !== 200) throw new Error(`Verify: ${verified.status} ${verified.text}`);
  return { ...person, uri, recoveryCodes };
}

describe('a second factor', () => {
  test('is asked for once it was proven to work, and a password alone opens nothing then', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    expect((await browser.post('/auth/two-factor/enable', { password: 'not my password' })).body).toMatchObject({
      code: 'invalid_credentials',
    });
    const { body } = await browser.post('/auth/two-factor/enable', { password: PASSWORD });
    const { totpURI, backupCodes } = body as { totpURI: string; backupCodes: string[] };
    expect(totpURI).toMatch(/^otpauth:\/\/totp\/Plimsoll:/);
    expect(new Set(backupCodes).size).toBe(10);
    // Not yet: whoever typed the secret wrong would be locked out.
    expect((await signIn(visitor(), email)).body).toMatchObject({ user: { id } });
    expect((await browser.post('/auth/two-factor/verify-totp', { code: '000000' })).body).toMatchObject({
      code: 'invalid_code',
    });
    expect((await browser.post('/auth/two-factor/verify-totp', { code: codeOf(totpURI) })).status).toBe(200);
    await mailsTo(platform.db, email, { template: 'two_factor_changed' });

    const phone = visitor();
    const half = await signIn(phone, email);
    expect(half.body).toEqual({ twoFactorRedirect: true, twoFactorMethods: ['totp'] });
    expect(await whoIs(phone)).toBeUndefined();
    expect([...phone.cookies.keys()]).toEqual(['plimsoll.two_factor']);
    const whole = await phone.post('/auth/two-factor/verify-totp', { code: codeOf(totpURI) });
    expect(whole.status).toBe(200);
    expect(await whoIs(phone)).toBe(id);
    expect(await platform.db('audit_entries').where({ target_id: id }).orderBy('seq').pluck('action')).toEqual([
      'user.created',
      'user.two_factor_enabled',
    ]);
  });

  test('is kept encrypted, its recovery codes too, and is never shown again', async () => {
    const { browser, id, uri, recoveryCodes } = await aProtectedPerson();
    const kept = JSON.stringify(await platform.db('user_two_factors').where({ user_id: id }));
    expect(kept).not.toContain(new URL(uri).searchParams.get('secret'));
    for (const code of recoveryCodes) expect(kept).not.toContain(code);
    const session = await browser.get('/auth/get-session');
    expect(session.body).toMatchObject({ user: { twoFactorEnabled: true } });
    expect(session.text).not.toMatch(/secret|backup/i);
  });

  test('can be replaced by a recovery code, each of them once', async () => {
    const { email, id, recoveryCodes } = await aProtectedPerson();
    const phone = visitor();
    await signIn(phone, email);
    const [code] = recoveryCodes;
    expect((await phone.post('/auth/two-factor/verify-backup-code', { code: 'aaaaa-aaaaa' })).body).toMatchObject({
      code: 'invalid_code',
    });
    expect((await phone.post('/auth/two-factor/verify-backup-code', { code })).status).toBe(200);
    expect(await whoIs(phone)).toBe(id);
    const thief = visitor();
    await signIn(thief, email);
    expect((await thief.post('/auth/two-factor/verify-backup-code', { code })).body).toMatchObject({
      code: 'invalid_code',
    });
    expect(await platform.db('audit_entries').where({ target_id: id }).pluck('action')).toContain(
      'user.recovery_code_used',
    );
  });

  test('is not found by trying: after five codes one signs in anew, after ten the account rests', async () => {
    const { email, uri } = await aProtectedPerson();
    const tryTwice = async (): Promise<unknown[]> => {
      const thief = visitor();
      await signIn(thief, email);
      const codes = [];
      for (let i = 0; i < 6; i += 1) {
        codes.push((await thief.post('/auth/two-factor/verify-totp', { code: '000000' })).body['reason']);
      }
      return codes;
    };
    expect(await tryTwice()).toEqual([...Array(5).fill('INVALID_CODE'), 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE']);
    expect(await tryTwice()).toEqual([...Array(5).fill('INVALID_CODE'), 'ACCOUNT_TEMPORARILY_LOCKED']);
    const owner = visitor();
    await signIn(owner, email);
    const answer = await owner.post('/auth/two-factor/verify-totp', { code: codeOf(uri) });
    expect(answer.body).toMatchObject({ status: 429, code: 'rate_limited', reason: 'ACCOUNT_TEMPORARILY_LOCKED' });
    expect(await whoIs(owner)).toBeUndefined();
  });

  test('is not asked for again on a device that is trusted, until the password changes', async () => {
    const { email, id, uri } = await aProtectedPerson();
    const phone = visitor();
    await signIn(phone, email);
    await phone.post('/auth/two-factor/verify-totp', { code: codeOf(uri), trustDevice: true });
    await phone.post('/auth/sign-out');
    expect((await signIn(phone, email)).body).toMatchObject({ user: { id } });
    const newPassword = 'ten geese in a field';
    await phone.post('/auth/change-password', { currentPassword: PASSWORD, newPassword });
    expect(await whoIs(phone)).toBe(id);
    await phone.post('/auth/sign-out');
    expect((await signIn(phone, email, newPassword)).body).toMatchObject({ twoFactorRedirect: true });
  });

  test('is turned off by the password alone of who is signed in, and that is told', async () => {
    const { browser, email, id } = await aProtectedPerson();
    expect((await browser.post('/auth/two-factor/disable', { password: 'not my password' })).status).toBe(401);
    expect((await browser.post('/auth/two-factor/disable', { password: PASSWORD })).status).toBe(200);
    expect(await platform.db('user_two_factors').where({ user_id: id })).toEqual([]);
    expect((await signIn(visitor(), email)).body).toMatchObject({ user: { id } });
    expect(await mailsTo(platform.db, email, { template: 'two_factor_changed', count: 2 })).toMatchObject([
      { subject: 'Two-factor sign-in is on' },
      { subject: 'Two-factor sign-in was turned off' },
    ]);
    expect(await platform.db('audit_entries').where({ target_id: id }).orderBy('seq')).toMatchObject([
      { action: 'user.created' },
      { action: 'user.two_factor_enabled' },
      { action: 'user.two_factor_disabled', actor_kind: 'user', actor_id: id },
    ]);
  });

  test('gets new recovery codes, which make the old ones nothing', async () => {
    const { browser, email, id, recoveryCodes } = await aProtectedPerson();
    const renewed = await browser.post('/auth/two-factor/generate-backup-codes', { password: PASSWORD });
    const { backupCodes } = renewed.body as { backupCodes: string[] };
    expect(new Set([...backupCodes, ...recoveryCodes]).size).toBe(20);
    const entries = await platform.db('audit_entries').where({ target_id: id, action: 'user.recovery_codes_renewed' });
    expect(entries).toMatchObject([{ actor_kind: 'user', actor_id: id }]);
    const phone = visitor();
    await signIn(phone, email);
    const verify = (code: string) => phone.post('/auth/two-factor/verify-backup-code', { code });
    expect((await verify(recoveryCodes[0]!)).body).toMatchObject({ code: 'invalid_code' });
    expect((await verify(backupCodes[0]!)).status).toBe(200);
  });

  test('outlives a rotation of the keys that encrypt it', async () => {
    const { email, uri, id } = await aProtectedPerson();
    const keys = [`next:${Buffer.alloc(32, 7).toString('base64')}`, ...platform.config.secretKeys];
    const rotated = await startPlatform({ trustedProxies: ['127.0.0.1'], signInLimit: 1_000, secretKeys: keys });
    try {
      // What signs cookies is the new key: everybody signs in anew.
      const phone = new Visitor(rotated.url);
      await signIn(phone, email);
      expect((await phone.post('/auth/two-factor/verify-totp', { code: codeOf(uri) })).status).toBe(200);
      expect(await whoIs(phone)).toBe(id);
    } finally {
      await rotated.close();
    }
  });
});
