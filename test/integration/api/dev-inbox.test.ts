import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../../runtime/config.ts';
import { keepMail } from '../../../store/mails.ts';
import { anAddress, PASSWORD } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { mailsTo } from '../../support/visitor.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ smtpUrl: '', publicUrl: '', trustedProxies: [] });
});
afterAll(() => platform?.close());

/** A GET with exactly these headers; a browser's own client would not let a Host be chosen. */
function get(url: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    request(url, { headers }, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      text(response).then((body) => resolve({ status, headers: answered, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}
const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

async function aKeptMail(more: Partial<Parameters<typeof keepMail>[1]> = {}): Promise<string> {
  const id = randomUUID();
  const mail = { template: 't', sender: 's', recipient: 'r', subject: 'A mail', text: 'its text', html: '<p>h</p>' };
  await keepMail(platform.db, { ...mail, ...more, id });
  return id;
}

describe('the inbox of who develops', () => {
  test('shows the mail of a sign-up, with a link that proves the address', async () => {
    const email = anAddress();
    const signedUp = await fetch(`${platform.url}/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: platform.url },
      body: JSON.stringify({ name: 'Ann', email, password: PASSWORD }),
    });
    expect(signedUp.status).toBe(200);
    await mailsTo(platform.db, email);

    const list = await get(`${platform.url}/dev/inbox`);
    expect([list.status, list.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const row = list.body.split('<tr>').find((each) => each.includes(email))!;
    const mail = await get(platform.url + /href="(\/dev\/inbox\/[^"]+)"/.exec(row)![1]!);
    expect(mail.body).toContain(email);

    const link = new URL(unescaped(/<pre class="mail">[^]*?<a href="([^"]+)"/.exec(mail.body)![1]!));
    const followed = await fetch(platform.url + link.pathname + link.search, { redirect: 'manual' });
    expect(followed.status).toBe(302);
    expect(await platform.db('users').where({ email }).first('email_verified')).toEqual({ email_verified: true });
  });

  test('lets nothing in a mail be more than text, or do anything', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>&lt;';
    const id = await aKeptMail({
      subject: evil,
      sender: evil,
      recipient: evil,
      template: evil,
      text: evil,
      html: evil,
    });
    for (const path of ['/dev/inbox', `/dev/inbox/${id}`]) {
      const { body, headers } = await get(platform.url + path);
      expect(body).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(body).toContain('&amp;lt;');
      expect(body).not.toMatch(/<script|<img/);
      const policy = String(headers['content-security-policy']);
      for (const rule of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
        expect(policy.split('; ')).toContain(rule);
      expect(policy).not.toContain('script-src');
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    }
  });

  test('holds a mail in a frame that may run, open and send nothing', async () => {
    const html = '<p style="margin:0">Hello "you" & <b>you</b></p>';
    const { body } = await get(`${platform.url}/dev/inbox/${await aKeptMail({ html })}`);
    const frames = [...body.matchAll(/<iframe title="[^"]*" sandbox="" srcdoc="([^"]*)"><\/iframe>/g)];
    expect(frames.map(([, held]) => unescaped(held!))).toEqual([html]);
  });

  test.each(['nothing', '%00', randomUUID(), "' or 1=1"])('has no mail %s', async (id) => {
    const { status, body } = await get(`${platform.url}/dev/inbox/${encodeURIComponent(id)}`);
    expect([status, JSON.parse(body).code]).toEqual([404, 'not_found']);
  });
});

describe('there is no inbox', () => {
  const closed: [string, Partial<Config>][] = [
    ['an SMTP server is configured', { smtpUrl: 'smtp://127.0.0.1:2525' }],
    ['the API listens beyond this machine', { host: '0.0.0.0' }],
    ['people come from elsewhere', { publicUrl: 'https://plimsoll.example.com' }],
    ['a proxy is trusted', { trustedProxies: ['10.0.0.0/8'] }],
  ];
  test.each(closed)('where %s', async (_where, config) => {
    const id = await aKeptMail();
    const other = await startPlatform({ smtpUrl: '', publicUrl: '', trustedProxies: [], ...config });
    try {
      const url = `http://127.0.0.1:${new URL(other.url).port}`;
      for (const path of ['/dev/inbox', `/dev/inbox/${id}`]) {
        const { status, body } = await get(url + path);
        expect([path, status, JSON.parse(body).code]).toEqual([path, 404, 'not_found']);
      }
    } finally {
      await other.close();
    }
  });

  test.each([
    { host: 'rebound.example.com' },
    { host: '192.0.2.1' },
    { host: 'localhost.example.com' },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { via: '1.1 proxy' },
  ])('for a request with %j', async (headers) => {
    const { status, body } = await get(`${platform.url}/dev/inbox`, headers);
    expect([status, JSON.parse(body).code]).toEqual([404, 'not_found']);
  });

  test.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:8080'])('but for %s', async (host) => {
    expect((await get(`${platform.url}/dev/inbox`, { host })).status).toBe(200);
  });
});
