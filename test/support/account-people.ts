import { randomUUID } from 'node:crypto';
import type { Mail } from '../../domain/mails.ts';
import { SecretBox } from '../../runtime/secrets.ts';
import type { TestPlatform } from './platform.ts';
import { Visitor } from './visitor.ts';

/** A password that nobody tries first. */
export const PASSWORD = 'nine ducks in a row';

export interface AccountHolder {
  id: string;
  email: string;
  name: string;
  browser: Visitor;
}

export function anAddress(): string {
  return `${randomUUID()}@example.com`;
}

/** Somebody who has signed up and signed in by HTTP. That their address is proven is written down here, to save the way of the mail. */
export async function aSignedInPerson(
  { db, url }: TestPlatform,
  { email = anAddress(), name = 'Ann Cooper' } = {},
): Promise<AccountHolder> {
  const browser = new Visitor(url);
  const signedUp = await browser.post('/auth/sign-up/email', { name, email, password: PASSWORD });
  if (signedUp.status !== 200) throw new Error(`Sign-up: ${signedUp.status} ${signedUp.text}`);
  await db('users').where({ email }).update({ email_verified: true });
  const signedIn = await signIn(browser, email);
  if (signedIn.status !== 200) throw new Error(`Sign-in: ${signedIn.status} ${signedIn.text}`);
  return { id: (signedIn.body['user'] as { id: string }).id, email, name, browser };
}

export function signIn(browser: Visitor, email: string, password = PASSWORD) {
  return browser.post('/auth/sign-in/email', { email, password });
}

/** How many mails to somebody wait to be sent, of a template or of all: what the outbox holds is sealed, so each entry is opened. */
export async function mailsWaitingFor({ db, config }: TestPlatform, to: string, template?: string): Promise<number> {
  const secrets = new SecretBox(config.secretKeys);
  const rows = await db('outbox')
    .where({ kind: 'mail' })
    .select<{ id: string; sealed: string }[]>('id', 'payload_encrypted as sealed');
  const mails = rows.map(({ id, sealed }) => JSON.parse(secrets.open(sealed, id)) as Mail);
  return mails.filter((mail) => mail.to === to && (template === undefined || mail.template === template)).length;
}

/** Who a browser is signed in as, by the library and by the routes of the API alike. */
export async function whoIs(browser: Visitor): Promise<string | undefined> {
  const [{ body }, me] = [await browser.get('/auth/get-session'), await browser.get('/v1/users/me')];
  const id = (body['user'] as { id: string } | undefined)?.id;
  const seen = me.status === 200 ? me.body['id'] : undefined;
  if (id !== seen) throw new Error(`/auth says ${id}, /v1 says ${me.status} ${me.text}`);
  return id;
}
