import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawConnection, requestText } from '../../support/raw-http.ts';
import { expectError, startTarget, type Target, VALIDATE } from './support.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  // Whatever was sent, the server is as it was.
  const answer = await target.product.validate({ license_key: target.licenseKey });
  expect(answer.body).toMatchObject({ valid: true, status: 'active' });
  await target.platform.close();
});

/** A `POST /api/v1/validate` with exactly these bytes as its body. */
function post(body: string | Uint8Array, headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body);
  const head = requestText('POST', VALIDATE, {
    ...target.authorization,
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    ...headers,
  });
  return Buffer.concat([Buffer.from(head), bytes]);
}

const key = (value: unknown) => JSON.stringify({ license_key: value });

describe('a body that is no request', () => {
  test.each<[string, string | Uint8Array, { pointer: string; accepts: RegExp; fault: string }]>(
    (
      [
        ['is empty', '', '', /JSON object/, 'not_json'],
        ['is white space', ' \r\n\t ', '', /JSON object/, 'not_json'],
        ['is cut off', '{"license_key": "A', '', /JSON object/, 'not_json'],
        ['has single quotes', "{'license_key': 'A'}", '', /JSON object/, 'not_json'],
        ['ends in a comma', '{"license_key": "A",}', '', /JSON object/, 'not_json'],
        ['is followed by more', '{"license_key": "A"}{}', '', /JSON object/, 'not_json'],
        ['is a form', 'license_key=A', '', /JSON object/, 'not_json'],
        ['is NaN', 'NaN', '', /JSON object/, 'not_json'],
        ['has a bare NUL in a string', '{"license_key": "A\0"}', '', /JSON object/, 'not_json'],
        ['is a NUL', '\0', '', /JSON object/, 'not_json'],
        ['opens 64,000 arrays', '['.repeat(64_000), '', /JSON object/, 'not_json'],
        ['begins with a byte order mark', '\ufeff{"license_key": "A"}', '', /JSON object/, 'not_json'],
        ['is UTF-16', Buffer.from('\ufeff{"license_key": "A"}', 'utf16le'), '', /JSON object/, 'not_json'],
        ['is Latin-1', Buffer.from('{"license_key": "é"}', 'latin1'), '', /JSON object/, 'not_json'],
        ['holds an overlong byte', Buffer.from('{"license_key": "\xc0\xaf"}', 'latin1'), '', /JSON/, 'not_json'],
        [
          'holds an encoded surrogate',
          Buffer.from('{"license_key": "\xed\xa0\x80"}', 'latin1'),
          '',
          /JSON/,
          'not_json',
        ],
        ['is null', 'null', '', /JSON object/, 'wrong_type'],
        ['is true', 'true', '', /JSON object/, 'wrong_type'],
        ['is a number', '1e999', '', /JSON object/, 'wrong_type'],
        ['is a string', '"A"', '', /JSON object/, 'wrong_type'],
        ['is an array', '[{"license_key": "A"}]', '', /JSON object/, 'wrong_type'],
        ['is 30,000 arrays deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, '', /JSON object/, 'wrong_type'],
        ['has no key', '{}', '/license_key', /string/, 'required'],
        ["has a key of another's name", '{"licence_key": "A"}', '/license_key', /string/, 'required'],
        ['has a key in another case', '{"License_Key": "A"}', '/license_key', /string/, 'required'],
        ['has null for a key', key(null), '/license_key', /string/, 'wrong_type'],
        ['has a number for a key', key(1), '/license_key', /string/, 'wrong_type'],
        ['has a boolean for a key', key(false), '/license_key', /string/, 'wrong_type'],
        ['has a list for a key', key(['A']), '/license_key', /string/, 'wrong_type'],
        ['has an object for a key', key({ $ne: null }), '/license_key', /string/, 'wrong_type'],
        [
          'has a deep thing for a key',
          `{"license_key": ${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
          '/license_key',
          /string/,
          'wrong_type',
        ],
        ['has null after a key', '{"license_key": "A", "license_key": null}', '/license_key', /string/, 'wrong_type'],
        ['has a key in its prototype', '{"__proto__": {"license_key": "A"}}', '/license_key', /string/, 'required'],
        ['has a number for a version', '{"license_key": "A", "version": 1}', '/version', /string/, 'wrong_type'],
        ['has a list for a version', '{"license_key": "A", "version": []}', '/version', /string/, 'wrong_type'],
        ['has an object for a device', '{"license_key": "A", "device_id": {}}', '/device_id', /string/, 'wrong_type'],
        ['has a boolean for a device', '{"license_key": "A", "device_id": true}', '/device_id', /string/, 'wrong_type'],
      ] as const
    ).map(([name, body, pointer, accepts, fault]) => [name, body, { pointer, accepts, fault }]),
  )('%s: 400 says where and what is accepted, and the call is counted', async (_name, body, { fault, ...expected }) => {
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(post(body));
      const { errors } = expectError(answer, { status: 400, code: 'invalid_request', ...expected });
      expect(errors).toMatchObject([{ code: fault }]);
      expect(answer.headers['ratelimit-remaining']).toMatch(/^\d+$/);
    });
    expect(counted).toBe(1);
  });

  test('all faults are told at once', async () => {
    const answer = await target.sendBytes(post('{"version": 1, "device_id": 2}'));
    const { errors } = expectError(answer, { status: 400, code: 'invalid_request' });
    expect((errors as { pointer: string }[]).map((each) => each.pointer).sort()).toEqual([
      '/device_id',
      '/license_key',
      '/version',
    ]);
  });

  test('nothing of a body is in its refusal', async () => {
    const secret = 'AAAA-BBBB-CCCC-DDDD';
    for (const body of [`{"license_key": ["${secret}"]}`, `{"${secret}`, `"${secret}"`]) {
      expect((await target.sendBytes(post(body))).body).not.toContain(secret);
    }
  });
});

describe('a key that no licence can have', () => {
  test.each([
    ['is empty', ''],
    ['is white space', ' \t\n'],
    ['holds a NUL', 'A\0'],
    ['is a NUL', '\0'],
    ['is a lone surrogate', '\ud800'],
    ['is beyond ASCII', 'ÄÖÜ-😀'],
    ['turns the direction of writing', '\u202eA'],
    ['is 60,000 letters', 'A'.repeat(60_000)],
    ['is SQL', "' or 1=1 --"],
    ['is a pattern', '%'],
    ['is a format', '{0} ${x} %s'],
  ])('%s: it is not found, and the call is counted', async (_name, licenseKey) => {
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(post(key(licenseKey)));
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ valid: false, status: 'license_not_found' });
    });
    expect(counted).toBe(1);
  });
});

const verdictOf = async (bytes: Uint8Array) => {
  const answer = await target.sendBytes(bytes);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as { status: string };
};

describe('a body that can be read', () => {
  test.each([
    'application/x-www-form-urlencoded',
    'text/plain; charset=iso-8859-1',
    'multipart/form-data',
    'application/xml',
    '',
    'absurd',
  ])('is JSON whatever the media type says: %j', async (type) => {
    expect(await verdictOf(post(key(target.licenseKey), { 'Content-Type': type }))).toMatchObject({ valid: true });
  });

  test('of one name that stands twice, the last counts', async () => {
    const body = `{"license_key": "A", "license_key": "${target.licenseKey}"}`;
    expect(await verdictOf(post(body))).toMatchObject({ valid: true });
  });

  test.each([
    ['unknown members, deep ones as well', `"more": ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['null for what may be absent', '"version": null, "device_id": null'],
    ['a NUL in a version', '"version": "\\u0000"'],
    ['a lone surrogate in a version', '"version": "\\ud800"'],
    ['a NUL in a device', '"device_id": "\\u0000"'],
    ['a member that is called __proto__', '"__proto__": {"license_key": 1}'],
  ])('%s is taken', async (_name, more) => {
    expect(await verdictOf(post(`{"license_key": "${target.licenseKey}", ${more}}`))).toMatchObject({ valid: true });
  });

  test('in chunks, one byte each', async () => {
    const chunks = key(target.licenseKey)
      .split('')
      .map((byte) => `1\r\n${byte}\r\n`)
      .join('');
    const head = requestText('POST', VALIDATE, { ...target.authorization, 'Transfer-Encoding': 'chunked' });
    expect(await verdictOf(Buffer.from(`${head}${chunks}0\r\n\r\n`))).toMatchObject({ valid: true });
  });

  test('of exactly the limit, and not of one byte more', async () => {
    const limit = target.platform.config.publicBodyLimitBytes;
    const body = key(target.licenseKey);
    expect(await verdictOf(post(body.padEnd(limit, ' ')))).toMatchObject({ valid: true });
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(post(body.padEnd(limit + 1, ' ')));
      expectError(answer, { status: 413, code: 'payload_too_large', pointer: '', accepts: /65536 bytes/ });
    });
    expect(counted).toBe(0);
  });
});

describe('a body of 10 MB', () => {
  const big = Buffer.alloc(10_000_000, '{"license_key": "A", "x": "aaaa');

  test('with its length announced: 413, and nothing is counted', async () => {
    const counted = await target.counted(async () => {
      expectError(await target.sendBytes(post(big)), { status: 413, code: 'payload_too_large' });
    });
    expect(counted).toBe(0);
  });

  test('in chunks: 413, and the connection goes on', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.send(requestText('POST', VALIDATE, { ...target.authorization, 'Transfer-Encoding': 'chunked' }));
    for (let sent = 0; sent < big.length; sent += 50_000) {
      connection.send(`c350\r\n`);
      connection.send(big.subarray(sent, sent + 50_000));
      connection.send('\r\n');
    }
    connection.send('0\r\n\r\n');
    expectError((await connection.answer())!, { status: 413, code: 'payload_too_large' });
    connection.send(post(key(target.licenseKey)));
    expect((await connection.answer())!.status).toBe(200);
    connection.socket.destroy();
  });

  test('with an unknown API key: 401 arrives although the body is still on its way', async () => {
    const headers = { Authorization: 'Bearer kp_live_nobody', Connection: 'close' };
    const answer = await target.sendBytes(post(big, headers));
    expectError(answer, { status: 401, code: 'invalid_api_key' });
  });

  test('a gigabyte is refused as soon as it is announced', async () => {
    const answer = await target.send('POST', VALIDATE, {
      headers: { ...target.authorization, 'Content-Length': 1_000_000_000 },
    });
    expectError(answer, { status: 413, code: 'payload_too_large' });
    expect(answer.headers.connection).toBe('close');
  });
});

const expecting = (headers: Record<string, string | number>) =>
  requestText('POST', VALIDATE, { Expect: '100-continue', ...headers });

describe('a caller that expects 100-continue', () => {
  test('is told to go on when its body is wanted', async () => {
    const body = key(target.licenseKey);
    const connection = await rawConnection(target.platform.url);
    connection.send(expecting({ ...target.authorization, 'Content-Length': body.length }));
    const answer = connection.answer();
    await expect.poll(() => connection.socket.bytesRead).toBeGreaterThan(0);
    connection.send(body);
    expect((await answer)?.status).toBe(200);
    expect(connection.interim).toBe(1);
    connection.socket.destroy();
  });

  test.each([
    ['an unknown key', { Authorization: 'Bearer x', 'Content-Length': 10 }, 401, 'invalid_api_key'],
    ['a gigabyte to send', { 'Content-Length': 1_000_000_000 }, 413, 'payload_too_large'],
  ])('and has %s is refused before it sends its body', async (_name, headers, status, code) => {
    const connection = await rawConnection(target.platform.url);
    connection.send(expecting({ ...target.authorization, ...headers }));
    expectError((await connection.answer())!, { status, code });
    expect(connection.interim).toBe(0);
    await connection.ended();
    connection.socket.destroy();
  });

  test('another expectation is 417, and nothing is counted', async () => {
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(post(key(target.licenseKey), { Expect: 'the unexpected' }));
      expectError(answer, { status: 417, code: 'expectation_failed' });
    });
    expect(counted).toBe(0);
  });
});

describe('a body that is encoded', () => {
  test.each([
    ['gzip', { 'Content-Encoding': 'gzip' }],
    ['deflate twice', { 'Content-Encoding': 'deflate, gzip' }],
    ['something unknown', { 'Content-Encoding': 'absurd' }],
  ])('by %s is 415, and nothing is counted', async (_name, headers) => {
    const counted = await target.counted(async () => {
      const answer = await target.sendBytes(post(gzipSync(key(target.licenseKey)), headers));
      expectError(answer, { status: 415, code: 'unsupported_media_type' });
    });
    expect(counted).toBe(0);
  });

  test('for its transfer, too', async () => {
    const head = requestText('POST', VALIDATE, { ...target.authorization, 'Transfer-Encoding': 'gzip, chunked' });
    expectError(await target.sendBytes(`${head}1\r\nx\r\n0\r\n\r\n`), { status: 415, code: 'unsupported_media_type' });
  });

  test('by nothing at all is read', async () => {
    const answer = await target.sendBytes(post(key(target.licenseKey), { 'Content-Encoding': 'Identity' }));
    expect(answer.status).toBe(200);
  });
});
