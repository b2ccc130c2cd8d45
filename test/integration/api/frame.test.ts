import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson, aToken, type TestPerson } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { randomAddress } from '../../support/visitor.ts';

const ADDRESS = randomAddress();

let platform: TestPlatform;
let person: TestPerson;
let token: string;

beforeAll(async () => {
  platform = await startPlatform({ callsAMinute: 600, trustedProxies: ['127.0.0.1'] });
  person = await aPerson(platform.db);
  token = await aToken(platform.db, { user_id: person.id });
});
afterAll(() => platform?.close());

async function get(path: string, headers: Record<string, string> = {}) {
  // An address of this file's own: all tests would share the calls of one.
  const response = await fetch(platform.url + path, { headers: { 'x-forwarded-for': ADDRESS, ...headers } });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>,
  };
}

const me = (headers: Record<string, string> = {}, search = '') =>
  get(`/v1/users/me${search}`, { authorization: `Bearer ${token}`, ...headers });

describe('who calls', () => {
  test('a personal token is its person', async () => {
    const { status, body } = await me();
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: person.id, email: person.email, is_staff: false });
  });

  test('nobody, and whoever sends something else, is told how to sign in', async () => {
    const product = await platform.aProduct();
    const wrong: Record<string, string>[] = [
      {},
      { authorization: '' },
      { authorization: 'Basic abcd' },
      { authorization: 'Bearer' },
      { authorization: `Bearer ${product.apiKey}` },
      { authorization: `Bearer ${token.slice(0, -1)}x` },
      { cookie: 'plimsoll.session_token=made-up' },
    ];
    for (const headers of wrong) {
      const { status, body, headers: answered } = await get('/v1/users/me', headers);
      expect({ headers, status, code: body.code }).toEqual({ headers, status: 401, code: 'unauthenticated' });
      expect(answered.get('www-authenticate')).toBe('Bearer');
      expect(answered.get('content-type')).toBe('application/problem+json');
    }
  });

  test('a token that was revoked is dead for the next call', async () => {
    const short = await aToken(platform.db, { user_id: person.id });
    expect((await me({ authorization: `Bearer ${short}` })).status).toBe(200);
    await platform
      .db('access_tokens')
      .where({ token_prefix: short.slice(0, 8), user_id: person.id })
      .update({ revoked_at: new Date() });
    expect((await me({ authorization: `Bearer ${short}` })).status).toBe(401);
  });
});

describe('every answer', () => {
  test('has the headers that keep a browser from doing more with it than it should', async () => {
    for (const path of ['/v1/users/me', '/v1/nowhere']) {
      const { headers } = await get(path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('says what is left of the minute', async () => {
    const own = await aToken(platform.db, { user_id: (await aPerson(platform.db)).id });
    const left = [];
    for (let i = 0; i < 3; i += 1) {
      const { headers } = await me({ authorization: `Bearer ${own}` });
      expect(headers.get('ratelimit-limit')).toBe('600');
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
      left.push(Number(headers.get('ratelimit-remaining')));
    }
    expect(left).toEqual([599, 598, 597]);
  });

  test('has an ETag, with which it is not sent twice', async () => {
    const first = await me();
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { status, text, headers } = await me({ 'if-none-match': known });
      expect({ known, status, text, etag: headers.get('etag') }).toEqual({ known, status: 304, text: '', etag });
    }
    expect((await me({ 'if-none-match': '"other"' })).status).toBe(200);
  });
});

describe('what is asked for', () => {
  test('a query parameter that nobody knows is told, with those that are known', async () => {
    const { status, body } = await me({}, '?x=1&y');
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      {
        pointer: '/x',
        code: 'unknown_member',
        message: 'x is not known here: this takes no query parameters.',
        accepts: 'no query parameters',
      },
      {
        pointer: '/y',
        code: 'unknown_member',
        message: 'y is not known here: this takes no query parameters.',
        accepts: 'no query parameters',
      },
    ]);
  });

  test('HEAD is GET without its body, OPTIONS tells the methods', async () => {
    const head = await fetch(`${platform.url}/v1/users/me`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token}` },
    });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = await fetch(`${platform.url}/v1/users/me`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  test('a path with a slash more is another path, a method that it does not take is told', async () => {
    expect((await get('/v1/users/me/')).body.code).toBe('not_found');
    const wrong = await fetch(`${platform.url}/v1/users/me`, { method: 'PUT' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    // A name that stands where others have an id is a path of its own.
    const path = `${platform.url}/v1/organizations/${person.id}/members/me`;
    for (const method of ['PATCH', 'PUT']) {
      const refused = await fetch(path, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD']);
    }
    expect((await fetch(path, { method: 'OPTIONS' })).headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS');
  });
});
