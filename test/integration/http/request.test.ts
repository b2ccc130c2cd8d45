import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, requestText } from '../../support/raw-http.ts';
import { expectError, startTarget, type Target, VALIDATE } from './support.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  const answer = await target.product.validate({ license_key: target.licenseKey });
  expect(answer.body).toMatchObject({ valid: true, status: 'active' });
  await target.platform.close();
});

const LOOKUP = '/api/v1/license/NONE';
const body = () => JSON.stringify({ license_key: target.licenseKey });
const validateText = (headers: Record<string, string | number> = {}) =>
  requestText('POST', VALIDATE, { ...target.authorization, ...headers }, body());

describe('a method that a path does not take', () => {
  const methods = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'PURGE', 'M-SEARCH'];
  test.each(methods)('%s to validate is 405 and names POST; nothing is counted', async (method) => {
    const counted = await target.counted(async () => {
      const answer = await target.send(method, VALIDATE, { headers: target.authorization });
      expectError(answer, { status: 405, code: 'method_not_allowed' });
      expect(answer.headers.allow).toBe('POST');
    });
    expect(counted).toBe(0);
  });

  test.each(methods.filter((method) => method !== 'GET').concat('POST'))(
    '%s to a look-up is 405 and names GET and HEAD',
    async (method) => {
      const answer = await target.send(method, LOOKUP, { headers: target.authorization });
      expectError(answer, { status: 405, code: 'method_not_allowed' });
      expect(answer.headers.allow).toBe('GET, HEAD');
    },
  );

  test.each(['/health/live', '/health/ready', '/metrics'])('POST to %s is a problem that names GET', async (path) => {
    const answer = await target.send('POST', path, { body: '{}' });
    expectError(answer, { status: 405, code: 'method_not_allowed', problem: true });
    expect(answer.headers.allow).toBe('GET, HEAD');
  });

  test('HEAD to validate is 405 without a body', async () => {
    const [answer] = await exchange(target.platform.url, requestText('HEAD', VALIDATE), { bodiless: true });
    expect(answer).toMatchObject({ status: 405, body: '', headers: { allow: 'POST' } });
  });

  test('HEAD to a look-up is a GET without the body, and counted', async () => {
    const counted = await target.counted(async () => {
      const text = requestText('HEAD', LOOKUP, target.authorization);
      const [answer] = await exchange(target.platform.url, text, { bodiless: true });
      expect(answer).toMatchObject({ status: 404, body: '' });
      expect(Number(answer?.headers['content-length'])).toBeGreaterThan(0);
    });
    expect(counted).toBe(1);
  });

  test.each(['HELLO', 'get', 'POST2', 'GET:'])('%s, which nobody knows, is 400', async (method) => {
    expectError(await target.send(method, LOOKUP), { status: 400, code: 'invalid_request' });
  });

  test('CONNECT is 405: this is no proxy', async () => {
    const answer = await target.send('CONNECT', 'example.com:443');
    expectError(answer, { status: 405, code: 'method_not_allowed' });
  });

  test('OPTIONS for the whole server finds nothing', async () => {
    expectError(await target.send('OPTIONS', '*'), { status: 404, code: 'not_found' });
  });
});

describe('a path where nothing is', () => {
  test.each([
    '/api/v1/validate/',
    '/api/v1//validate',
    '/api//v1/validate',
    '/api/v1/./validate',
    '/api/v1/license/../validate',
    '/api/v1/x/../validate',
    '/api/v1/VALIDATE',
    '/api/v1/valid%61te',
    '/api/v1%2Fvalidate',
    '/api/v1/validate%00',
    '/api/v1/validate%20',
    '/api/v1/validate;x=1',
    '/api/v1/validate.json',
    '/api/v2/validate',
    '/api/v1',
    '/api/',
    '/api',
    '/api/v1/license',
    '/api/v1/license/',
    '/api/v1/license/a/b',
    '/api/v1/license/a/',
    '/api/%c0%af',
    '/api/%zz',
    '/api/%',
  ])('%s: 404 as clients of the public API read it, and nothing is counted', async (path) => {
    const counted = await target.counted(async () => {
      const answer = await target.send('POST', path, { headers: target.authorization, body: body() });
      const isLookup = path.startsWith('/api/v1/license/') && /^[^/]+$/.test(path.slice(16));
      expectError(answer, isLookup ? { status: 405, code: 'method_not_allowed' } : { status: 404, code: 'not_found' });
      expect(answer.headers.location).toBeUndefined();
    });
    expect(counted).toBe(0);
  });

  test.each([
    '/',
    '//',
    '///api/v1/validate',
    '//api/v1/validate',
    '/./api/v1/validate',
    '/../api/v1/validate',
    '/apiv1/validate',
    '/api%2Fv1/validate',
    '/%61pi/v1/validate',
    '/\\api\\v1\\validate',
    '/API/v1/validate',
    '/v1/nothing',
    '/health',
    '/health/live/',
    '/metrics/',
    '/.env',
    '/%00',
    '/%',
    '/%zz',
    '/%ff%fe',
    '/%c0%ae%c0%ae/',
    '/__proto__',
    '/constructor',
    '/?',
  ])('%s: 404 is a problem outside of it', async (path) => {
    const answer = await target.send('GET', path, { headers: target.authorization });
    expectError(answer, { status: 404, code: 'not_found', problem: true });
  });
});

describe('a licence key in a path', () => {
  test.each([
    ['a slash, encoded', 'a%2Fb', 404],
    ['a slash, encoded in lower case', 'a%2fb', 404],
    ['an encoded percent sign before 2F', 'a%252Fb', 404],
    ['a NUL', '%00', 404],
    ['a NUL in the middle', 'AAAA%00', 404],
    ['only dots', '..', 404],
    ['dots, encoded', '%2e%2e', 404],
    ['a blank', '%20', 404],
    ['a line break', 'a%0d%0aSet-Cookie:%20a=b', 404],
    ['a letter beyond ASCII', '%C3%84', 404],
    ['a plus', 'a+b', 404],
    ['15,000 letters', 'A'.repeat(15_000), 404],
    ['a percent sign alone', '%', 400],
    ['half an escape', 'a%2', 400],
    ['no hexadecimal digits', '%zz', 400],
    ['an overlong slash', '%c0%af', 400],
    ['an encoded surrogate', '%ed%a0%80', 400],
    ['bytes that are no UTF-8', '%ff', 400],
  ])('with %s is decoded once: %#', async (_name, segment, status) => {
    const counted = await target.counted(async () => {
      const answer = await target.send('GET', `/api/v1/license/${segment}`, { headers: target.authorization });
      if (status === 404) expectError(answer, { status, code: 'license_not_found' });
      else expectError(answer, { status, code: 'invalid_request', pointer: '/key', accepts: /percent-encoded/ });
    });
    expect(counted).toBe(1);
  });

  test('is found when each of its characters is encoded, and with blanks around it', async () => {
    const encoded = target.licenseKey
      .split('')
      .map((each) => `%${each.charCodeAt(0).toString(16)}`)
      .join('');
    for (const segment of [encoded, `%20${target.licenseKey}%09`, `${target.licenseKey}?a=b/c`]) {
      const answer = await target.send('GET', `/api/v1/license/${segment}`, { headers: target.authorization });
      expect(JSON.parse(answer.body)).toMatchObject({ license_key: target.licenseKey });
    }
  });
});

describe('a request target', () => {
  test.each(['http://plimsoll.test', 'https://plimsoll.test', 'HTTP://plimsoll.test:8080', 'http://[::1]:80'])(
    'in absolute form leads where its path leads: %s',
    async (origin) => {
      const answer = await target.send('POST', `${origin}${VALIDATE}?x=1`, {
        headers: target.authorization,
        body: body(),
      });
      expect(answer.status).toBe(200);
    },
  );

  test.each(['http://plimsoll.test', 'http://plimsoll.test/', 'http://plimsoll.test?/api/v1/validate', 'http://[::1/'])(
    'in absolute form may have no path: %s',
    async (text) => {
      expectError(await target.send('GET', text), { status: 404, code: 'not_found', problem: true });
    },
  );

  test.each([
    'api/v1/validate',
    'http:/api/v1/validate',
    'http:///api/v1/validate',
    'ftp://plimsoll.test/api/v1/validate',
    'javascript:alert(1)',
    `${VALIDATE}#x`,
    `#${VALIDATE}`,
    `${VALIDATE}\u00a0`,
    '/api/v1/license/\u00e4',
    `${VALIDATE}\t`,
    `${VALIDATE}\0`,
    `${VALIDATE}\u007f`,
    'http://%zz/#',
    '?',
  ])('that is none is 400: %j', async (text) => {
    const bytes = Buffer.from(requestText('POST', text, target.authorization, body()), 'latin1');
    expectError(await target.sendBytes(bytes), { status: 400, code: 'invalid_request' });
  });

  test('of 100 kB is 431', async () => {
    const answer = await target.send('GET', `/${'a'.repeat(100_000)}`);
    expectError(answer, { status: 431, code: 'headers_too_large' });
  });
});

describe('an Authorization header', () => {
  test.each([
    ['is missing', {}],
    ['is empty', { Authorization: '' }],
    ['has no token', { Authorization: 'Bearer' }],
    ['has a blank for a token', { Authorization: 'Bearer  ' }],
    ['has two tokens', { Authorization: 'Bearer a b' }],
    ['has another scheme', { Authorization: 'Basic dXNlcjpwYXNz' }],
    ['has no scheme', { Authorization: 'kp_live_1234' }],
    ['has a colon', { Authorization: 'Bearer: a' }],
    ['has a token of 10 kB', { Authorization: `Bearer ${'a'.repeat(10_000)}` }],
    ['has a token beyond ASCII', { Authorization: 'Bearer \u00e4\u00f6\u00fc' }],
    ['has quotes', { Authorization: 'Bearer "a"' }],
    ['has a prototype for a token', { Authorization: 'Bearer __proto__' }],
    ['is called otherwise', { 'X-Api-Key': 'a' }],
  ] as [string, Record<string, string>][])('that %s: 401 on both routes says how it must look', async (_n, headers) => {
    for (const [method, path] of [
      ['POST', VALIDATE],
      ['GET', LOOKUP],
    ] as const) {
      const bytes = Buffer.from(requestText(method, path, headers, method === 'POST' ? '{' : undefined), 'latin1');
      const answer = await target.sendBytes(bytes);
      const { message } = expectError(answer, { status: 401, code: 'invalid_api_key' });
      expect(message).toMatch(/Authorization|unknown/);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('that stands there twice is 401 whichever of the two is right, and nothing is counted', async () => {
    const right = `Authorization: ${target.authorization.Authorization}\r\n`;
    const counted = await target.counted(async () => {
      for (const both of [
        `${right}authorization: Bearer x\r\n`,
        `AUTHORIZATION: Bearer x\r\n${right}`,
        right + right,
      ]) {
        const text = `POST ${VALIDATE} HTTP/1.1\r\nHost: a\r\n${both}Content-Length: ${body().length}\r\n\r\n${body()}`;
        expectError(await target.sendBytes(text), { status: 401, code: 'invalid_api_key' });
      }
    });
    expect(counted).toBe(0);
  });

  test('may write its scheme in any case, with blanks before the token', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer   ']) {
      const answer = await target.sendBytes(validateText({ Authorization: `${scheme} ${target.product.apiKey}` }));
      expect(answer.status).toBe(200);
    }
  });

  test('with a key whose letters are in another case is unknown', async () => {
    const answer = await target.sendBytes(
      validateText({ Authorization: `Bearer ${target.product.apiKey.toUpperCase()}` }),
    );
    expectError(answer, { status: 401, code: 'invalid_api_key' });
  });
});

describe('headers', () => {
  test.each([
    ['one of 60 kB', { 'X-Big': 'a'.repeat(60_000) }],
    ['one with a name of 60 kB', { ['a'.repeat(60_000)]: 'x' }],
    ['a cookie of a megabyte', { Cookie: 'a'.repeat(1_000_000) }],
  ] as [string, Record<string, string>][])('%s: 431', async (_name, headers) => {
    expectError(await target.sendBytes(validateText(headers)), { status: 431, code: 'headers_too_large' });
  });

  test('of 2,000 and more none is lost', async () => {
    const many = 'a:b\r\n'.repeat(2_500);
    const key = `Authorization: ${target.authorization.Authorization}\r\n`;
    const text = `POST ${VALIDATE} HTTP/1.1\r\nHost: a\r\n${many}${key}Content-Length: ${body().length}\r\n\r\n${body()}`;
    expect((await target.sendBytes(text)).status).toBe(200);
  });

  test.each([
    ['a name with a blank', 'X Y: a'],
    ['a blank before the colon', 'X-Y : a'],
    ['no colon', 'absurd'],
    ['an empty name', ': a'],
    ['a NUL in a value', 'X-Y: a\0b'],
    ['a line break alone in a value', 'X-Y: a\nAuthorization: Bearer x'],
    ['a carriage return alone in a value', 'X-Y: a\rb: c'],
    ['a folded line', 'X-Y: a\r\n b'],
    ['a name in parentheses', '(X): a'],
  ])('with %s: 400', async (_name, line) => {
    const text = `GET ${LOOKUP} HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;
    expectError(await target.sendBytes(text), { status: 400, code: 'invalid_request' });
  });

  test('a request id that is decent comes back', async () => {
    const answer = await target.sendBytes(validateText({ 'X-Request-Id': 'my-Id_1.2~3' }));
    expect(answer.headers['x-request-id']).toBe('my-Id_1.2~3');
  });

  test.each(['a b', 'a"b', '<script>', '\u00e4', '', 'a'.repeat(129), 'a,b', 'a%0d%0ab: c'])(
    'a request id that is none is replaced: %j',
    async (id) => {
      const answer = await target.sendBytes(Buffer.from(validateText({ 'X-Request-Id': id }), 'latin1'));
      expect(answer.status).toBe(200);
      expect(answer.headers['x-request-id']).toMatch(/^req_[0-9a-f-]{36}$/);
    },
  );

  test('that ask for another protocol are passed over', async () => {
    for (const upgrade of ['websocket', 'h2c', 'TLS/1.0']) {
      const answer = await target.sendBytes(validateText({ Connection: 'Upgrade, HTTP2-Settings', Upgrade: upgrade }));
      expect({ status: answer.status, body: JSON.parse(answer.body) }).toMatchObject({
        status: 200,
        body: { valid: true },
      });
    }
  });

  test('that would choose another method, address or form of answer are passed over', async () => {
    const answer = await target.sendBytes(
      validateText({
        'X-HTTP-Method-Override': 'DELETE',
        'X-Original-URL': '/metrics',
        'X-Rewrite-URL': '/metrics',
        Accept: 'text/html',
        'Accept-Encoding': 'gzip',
        Range: 'bytes=0-1',
        'If-None-Match': '*',
        Origin: 'https://evil.example',
      }),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ valid: true });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['content-encoding']).toBeUndefined();
  });
});

const withHosts = (hosts: string, version = '1.1') =>
  `POST ${VALIDATE} HTTP/${version}\r\n${hosts}Authorization: ${target.authorization.Authorization}\r\n` +
  `Content-Length: ${body().length}\r\n\r\n${body()}`;

describe('the Host header', () => {
  test.each([
    ['is missing', ''],
    ['stands there twice', 'Host: a\r\nHost: a\r\n'],
    ['stands there twice with different hosts', 'Host: a\r\nhost: b\r\n'],
    ['holds a blank', 'Host: a b\r\n'],
    ['holds a path', 'Host: a/b\r\n'],
    ['holds a user', 'Host: a@b\r\n'],
    ['holds a list', 'Host: a, b\r\n'],
  ])('that %s: 400, and nothing is counted', async (_name, hosts) => {
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(withHosts(hosts));
      const { message } = expectError(answer, { status: 400, code: 'invalid_request' });
      expect(message).toMatch(/Host/);
    });
    expect(counted).toBe(0);
  });

  test.each(['Host: \r\n', 'Host: [::1]:8080\r\n', 'Host: xn--bcher-kva.example\r\n', 'host:127.0.0.1\r\n'])(
    'may be any host: %j',
    async (hosts) => {
      expect((await target.sendBytes(withHosts(hosts))).status).toBe(200);
    },
  );

  test('may be missing in HTTP/1.0, whose connection ends after the answer', async () => {
    const answers = await exchange(target.platform.url, withHosts('', '1.0'), { count: 2 });
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });
});
