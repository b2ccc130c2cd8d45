import { describe, expect, test } from 'vitest';
import type { Mail, MailData, MailTemplate } from '../../../domain/mails.ts';
import { compose, isOver } from '../../../worker/mails/compose.ts';
import { named } from '../../../worker/mails/letter.ts';
import { LETTERS } from '../../../worker/mails/templates.ts';

const EVIL = '<script>alert(1)</script>"\'&\r\nBcc: all@example.com https://evil.example/x';
const expiresAtMs = Date.UTC(2026, 10, 21, 18, 30);
const link = '/verify?token=abc&x=1';
const event = { atMs: expiresAtMs, ip: '192.0.2.1' };

const EVERY: { [Template in MailTemplate]: MailData[Template] } = {
  verify_email: { name: EVIL, link, expiresAtMs },
  account_exists: { name: EVIL, ...event },
  reset_password: { name: EVIL, link, expiresAtMs },
  password_changed: { name: EVIL, ...event },
  two_factor_changed: { name: EVIL, isEnabled: true, ...event },
  provider_linked: { name: EVIL, provider: 'GitHub', ...event },
  account_deleted: { name: EVIL, atMs: expiresAtMs },
  invite: { organization: EVIL, inviter: EVIL, role: EVIL, link, expiresAtMs },
  invite_accepted: { organization: EVIL, member: EVIL, memberEmail: 'm@example.com' },
  sign_in_link: { link, expiresAtMs },
  sign_in_code: { code: '123456', expiresAtMs },
};

const mailOf = (template: string): Mail =>
  ({ template, to: 'ada@example.com', data: EVERY[template as MailTemplate] }) as Mail;

describe.each(Object.keys(LETTERS))('%s', (template) => {
  const { subject, text, html } = compose(mailOf(template), 'https://plimsoll.example');

  test('says its subject on one line, without anything unseen but the characters that keep names from being links', () => {
    expect(subject).toMatch(/^[^\p{Cc}]{5,}$/u);
  });

  test('keeps what somebody typed from being markup, a header or a link', () => {
    expect(html).not.toContain('<script');
    expect(text).not.toMatch(/^Bcc:/m);
    for (const part of [subject, text, html]) expect(part).not.toContain('https://evil');
  });

  test('says in text what it says in HTML, and loads nothing', () => {
    expect(html).not.toMatch(/<img|<link|url\(|src=/i);
    const read = html
      .replaceAll(/<style[\s\S]*?<\/style>|<head>[\s\S]*?<\/head>|<[^>]+>/g, ' ')
      .replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]!);
    for (const word of words(text.replace('Plimsoll\n', ''))) expect(words(read)).toContain(word);
  });

  test('says what to do if it was not expected', () => {
    expect(text).toMatch(/if it wasn't you|if you did(?:n't| not)|if you don't/i);
  });

  test('leads nowhere but to the platform', () => {
    const addresses = [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(text.includes('https://') ? ['https://plimsoll.example/verify?token=abc&amp;x=1'] : []);
  });
});

function words(from: string): Set<string> {
  return new Set(from.match(/\p{L}{3,}/gu));
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

const reset = (to: string): Mail => ({
  template: 'reset_password',
  to: 'ada@example.com',
  data: { name: 'Ada', link: to, expiresAtMs: 1_000 },
});

describe('a mail', () => {
  test('is over when what it offers is', () => {
    expect(isOver(reset('/x'), 999)).toBe(false);
    expect(isOver(reset('/x'), 1_000)).toBe(true);
    expect(isOver(mailOf('password_changed'), Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  test('keeps an absolute link, and refuses one that leads nowhere near the web', () => {
    expect(compose(reset('https://other.example/a?b=c'), 'https://x.example').text).toContain(
      'https://other.example/a?b=c',
    );
    expect(() => compose(reset('javascript:alert(1)'), 'https://x.example')).toThrow('javascript:');
  });

  test('reads like a person wrote it', () => {
    expect(compose(reset('/new-password?token=abc'), 'https://plimsoll.example').text).toBe(
      `Hello Ada,

Somebody, we hope you, asked for a new password. Here you can choose one:

Choose a new password:
https://plimsoll.example/new-password?token=abc

The link works once, until 1 January 1970, 00:00 UTC.

If it wasn't you, ignore this mail: your password stays as it is.

-- 
Plimsoll
`,
    );
  });
});

test('a name stays as it is where nothing in it could be taken for an address', () => {
  expect(named('Größe & Söhne Inc.')).toBe('Größe & Söhne Inc.');
  expect(named('  a\n\tb\u202e ')).toBe('a b');
  expect(named('x'.repeat(300))).toHaveLength(100);
  expect(named('evil.example')).toBe('evil.\u200bexample');
});
