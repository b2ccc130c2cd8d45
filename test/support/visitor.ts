import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';

export interface VisitAnswer {
  status: number;
  headers: Headers;
  /** The body where it is JSON. */
  body: Record<string, unknown>;
  text: string;
}

/** Somebody's browser: keeps cookies as they are set, says where it comes from, and has an address of its own. */
export class Visitor {
  readonly url: string;
  /** What `X-Forwarded-For` says; the API under test has to trust its peer. */
  readonly ip: string;
  readonly cookies = new Map<string, string>();
  /** The attributes that each cookie was last set with. */
  readonly attributes = new Map<string, string>();

  constructor(url: string, ip = randomAddress()) {
    this.url = url;
    this.ip = ip;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<VisitAnswer> {
    return this.#ask(path, { headers });
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<VisitAnswer> {
    return this.#ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async #ask(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<VisitAnswer> {
    const target = path.startsWith('http') ? new URL(path).pathname + new URL(path).search : path;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = new Headers({ origin: this.url, 'x-forwarded-for': this.ip });
    if (cookie !== '') headers.set('cookie', cookie);
    for (const [name, value] of Object.entries(init.headers)) headers.set(name, value);
    const response = await fetch(this.url + target, { ...init, redirect: 'manual', headers });
    for (const each of response.headers.getSetCookie()) this.#keep(each);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) ?? {}) : {} };
  }

  #keep(text: string): void {
    const [pair = '', ...attributes] = text.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    this.attributes.set(name, attributes.join('; '));
    if (attributes.some((each) => /^max-age=0$/i.test(each))) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(name.length + 1));
  }
}

/** An address of the network for documentation, 2001:db8::/32, in a network of 64 bits of its own. */
export function randomAddress(): string {
  return `2001:db8:${randomInt(1, 65_536).toString(16)}:${randomInt(1, 65_536).toString(16)}::1`;
}

export interface ReadMail {
  template: string;
  recipient: string;
  subject: string;
  text: string;
}

/** The mails that were written to somebody, the oldest first; waits until there are so many, or of so many of a template. */
export async function mailsTo(
  db: Knex,
  recipient: string,
  { count = 1, template }: { count?: number; template?: string } = {},
): Promise<ReadMail[]> {
  const deadlineMs = Date.now() + 15_000;
  for (;;) {
    const mails = await db('sent_mails')
      .where({ recipient, ...(template && { template }) })
      .orderBy(['sent_at', 'id'])
      .select<ReadMail[]>('template', 'recipient', 'subject', 'text');
    if (mails.length >= count) return mails;
    if (Date.now() > deadlineMs) {
      throw new Error(`${recipient} got ${mails.length} of ${count} mails ${template ?? ''}: ${JSON.stringify(mails)}`);
    }
    await pause(50);
  }
}

/** The only link in a mail. */
export function linkIn({ text }: ReadMail): string {
  const links = [...new Set(text.match(/https?:\/\/\S+/g))];
  if (links.length !== 1) throw new Error(`A mail with ${links.length} links:\n${text}`);
  return links[0]!;
}
