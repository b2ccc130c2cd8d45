import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, rawConnection, requestText } from '../../support/raw-http.ts';
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

const body = () => JSON.stringify({ license_key: target.licenseKey });
/** A validation whose framing headers and body are given. */
const framed = (headers: string, rest: string) =>
  `POST ${VALIDATE} HTTP/1.1\r\nHost: a\r\nAuthorization: ${target.authorization.Authorization}\r\n${headers}\r\n\r\n${rest}`;
const valid = () => framed(`Content-Length: ${body().length}`, body());

/** One chunk with an extension, and the last. */
const chunks = (extension: string) => `${body().length.toString(16)};${extension}\r\n${body()}\r\n0\r\n\r\n`;

describe('a request whose length can be read in two ways', () => {
  test.each<[string, string, string]>([
    ['has a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['has chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
    ['has two lengths', 'Content-Length: 5\r\nContent-Length: 6', '{}   '],
    ['has one length twice', 'Content-Length: 5\r\nContent-Length: 5', '{}   '],
    ['has a list of lengths', 'Content-Length: 5, 5', '{}   '],
    ['has a negative length', 'Content-Length: -1', ''],
    ['has a signed length', 'Content-Length: +5', '{}   '],
    ['has a length in hexadecimal', 'Content-Length: 0x5', '{}   '],
    ['has a length with a fraction', 'Content-Length: 5.0', '{}   '],
    ['has an empty length', 'Content-Length: ', '{}   '],
    ['has a length beyond 64 bits', `Content-Length: ${'9'.repeat(30)}`, ''],
    ['has chunks that are not the last encoding', 'Transfer-Encoding: chunked, gzip', '0\r\n\r\n'],
    ['has an encoding without chunks', 'Transfer-Encoding: gzip', '0\r\n\r\n'],
    ['hides its chunks behind a tab', 'Transfer-Encoding:\tchunked\r\nContent-Length: 5', '0\r\n\r\n'],
    ['hides its chunks in a name', 'Transfer-Encoding : chunked', '0\r\n\r\n'],
    ['has chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  ])('%s: one refusal, the end, and nothing is smuggled behind it', async (_name, headers, rest) => {
    const counted = await target.counted(async () => {
      const answers = await exchange(target.platform.url, framed(headers, rest) + valid(), { count: 3 });
      expect(answers).toHaveLength(1);
      expect([400, 415]).toContain(answers[0]?.status);
      expectError(answers[0]!, {
        status: answers[0]!.status,
        code: answers[0]!.status === 400 ? 'invalid_request' : 'unsupported_media_type',
      });
      expect(answers[0]?.headers.connection).toBe('close');
    });
    expect(counted).toBe(0);
  });

  test.each<[string, string, string]>([
    ['a chunk whose size is no number', 'x\r\nabc\r\n', ''],
    ['a negative chunk', '-1\r\nabc\r\n', ''],
    ['a chunk that is longer than it says', '2\r\nabc\r\n0\r\n\r\n', ''],
    ['a chunk beyond 64 bits', 'fffffffffffffffff\r\n', ''],
    ['a chunk that ends in a line feed alone', '2\n{}\n0\n\n', ''],
    ['a chunk size with a blank', '2 \r\n{}\r\n', ''],
  ])('%s: 400 from the route that reads it, and nothing is counted', async (_name, rest) => {
    const counted = await target.counted(async () => {
      const text = framed('Transfer-Encoding: chunked\r\nX-Request-Id: mine', rest) + valid();
      const answers = await exchange(target.platform.url, text, { count: 3 });
      expect(answers).toHaveLength(1);
      expectError(answers[0]!, { status: 400, code: 'invalid_request' });
      // The request's own id: it was answered in its place, with its log line.
      expect(answers[0]?.headers).toMatchObject({ 'x-request-id': 'mine', connection: 'close' });
    });
    expect(counted).toBe(0);
  });

  test('extensions of chunks are passed over, and too long ones refused', async () => {
    const answer = await target.sendBytes(framed('Transfer-Encoding: chunked', chunks('a=b')));
    expect(answer.status).toBe(200);
    const refused = await target.sendBytes(framed('Transfer-Encoding: chunked', chunks('a'.repeat(100_000))));
    expectError(refused, { status: 413, code: 'payload_too_large' });
  });

  test('trailers behind the last chunk change nothing', async () => {
    const chunks = `${body().length.toString(16)}\r\n${body()}\r\n0\r\nAuthorization: Bearer x\r\nHost: b\r\n\r\n`;
    expect((await target.sendBytes(framed('Transfer-Encoding: chunked', chunks))).status).toBe(200);
  });

  test('a body behind a GET is read past: what it holds is not a request', async () => {
    const hidden = valid();
    const text = requestText('GET', '/health/live', { 'Content-Length': hidden.length }) + hidden;
    const counted = await target.counted(async () => {
      const answers = await exchange(target.platform.url, text + requestText('GET', '/nowhere'), { count: 2 });
      expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    });
    expect(counted).toBe(0);
  });
});

describe('what is no HTTP/1.1', () => {
  test.each<[string, string | Uint8Array]>([
    ['HTTP/0.9', 'GET /health/live\r\n\r\n'],
    ['HTTP/1.2', 'GET /health/live HTTP/1.2\r\nHost: a\r\n\r\n'],
    ['HTTP/2.0 in the request line', 'GET /health/live HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['HTTP/9.9', 'GET /health/live HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['a lower-case protocol', 'GET /health/live http/1.1\r\nHost: a\r\n\r\n'],
    ['an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a TLS hello', Buffer.from('16030100c8010000c40303'.padEnd(410, 'ab'), 'hex')],
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a Redis command', '*1\r\n$4\r\nPING\r\n'],
    ['a Postgres start', Buffer.from('0000000804d2162f', 'hex')],
    ['zeros', Buffer.alloc(1_000)],
    ['bytes beyond ASCII', Buffer.alloc(100_000, 0xff)],
    ['a request line without a path', 'GET HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a PROXY line', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${requestText('GET', '/health/live')}`],
  ])('%s: 400 in JSON, and the end', async (_name, bytes) => {
    const connection = await rawConnection(target.platform.url);
    connection.send(bytes);
    const answer = await connection.answer();
    const isProblem = answer?.headers['content-type'] === 'application/problem+json';
    expectError(answer!, { status: 400, code: 'invalid_request', problem: isProblem });
    expect(answer!.headers.connection).toBe('close');
    await connection.ended();
    connection.socket.destroy();
  });

  test('an HTTP/2 preface gets the end, as its caller expects frames', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await connection.ended();
    connection.socket.destroy();
  });

  test('empty lines before a request are passed over', async () => {
    expect((await target.sendBytes(`\r\n\r\n${valid()}`)).status).toBe(200);
  });
});

describe('requests that are sent before the one before is answered', () => {
  test('are answered in their order, however long each takes', async () => {
    const texts: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      texts.push(requestText('GET', `/nowhere/${i}`, { 'X-Request-Id': `n${i}` }));
      texts.push(valid().replace('Host: a', `Host: a\r\nX-Request-Id: v${i}`));
      texts.push(requestText('POST', VALIDATE, { ...target.authorization, 'X-Request-Id': `b${i}` }, '{'));
      texts.push(requestText('POST', VALIDATE, { 'X-Request-Id': `u${i}` }, '{}'));
    }
    const counted = await target.counted(async () => {
      const answers = await exchange(target.platform.url, texts.join(''), { count: texts.length });
      const got = answers.map(({ status, headers }) => `${headers['x-request-id']} ${status}`);
      const expected = Array.from({ length: 20 }, (_, i) => [
        `n${i} 404`,
        `v${i} 200`,
        `b${i} 400`,
        `u${i} 401`,
      ]).flat();
      expect(got).toEqual(expected);
    });
    expect(counted).toBe(40);
  });

  test('are answered before the refusal of something broken behind them', async () => {
    const counted = await target.counted(async () => {
      for (const [broken, status] of [
        ['BROKEN\r\n\r\n', 400],
        [`GET /${'a'.repeat(50_000)} HTTP/1.1\r\n`, 431],
        ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
        [framed('Transfer-Encoding: chunked', 'zz\r\n'), 400],
      ] as const) {
        const text = valid() + valid() + requestText('GET', '/nowhere') + broken;
        const answers = await exchange(target.platform.url, text, { count: 9 });
        expect(answers.map((each) => each.status)).toEqual([200, 200, 404, status]);
        for (const { headers } of answers) expect(headers['content-type']).toMatch(/json/);
      }
    });
    expect(counted).toBe(8);
  });

  test('are not answered behind one that asks for the end', async () => {
    const closing = valid().replace('Host: a', 'Host: a\r\nConnection: close');
    const counted = await target.counted(async () => {
      const answers = await exchange(target.platform.url, closing + valid(), { count: 2 });
      expect(answers.map((each) => each.status)).toEqual([200]);
    });
    expect(counted).toBe(1);
  });

  test('are neither answered nor counted behind one that was refused before it was told to go on', async () => {
    // One is refused at once, and one after a look at Postgres: the next is read after the answer, or before.
    const refusals = { 400: { Host: 'a b' }, 401: { Authorization: 'Bearer unknown' } };
    const counted = await target.counted(async () => {
      for (const [status, headers] of Object.entries(refusals)) {
        const refused = requestText('POST', VALIDATE, { ...headers, Expect: '100-continue' }, body());
        const answers = await exchange(target.platform.url, refused + valid() + valid(), { count: 3 });
        expect(answers.map((each) => each.status)).toEqual([Number(status)]);
      }
    });
    expect(counted).toBe(0);
  });

  test('are all answered behind one that was told to go on', async () => {
    const expecting = requestText('POST', VALIDATE, { ...target.authorization, Expect: '100-continue' }, body());
    const counted = await target.counted(async () => {
      const answers = await exchange(target.platform.url, expecting + valid() + expecting + valid(), { count: 4 });
      expect(answers.map((each) => each.status)).toEqual([200, 200, 200, 200]);
    });
    expect(counted).toBe(4);
  });

  test('byte by byte are answered as in one piece', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.socket.setNoDelay(true);
    for (const byte of Buffer.from(valid() + valid())) {
      connection.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([(await connection.answer())?.status, (await connection.answer())?.status]).toEqual([200, 200]);
    connection.socket.destroy();
  });
});

describe('a caller that has closed its half', () => {
  test('behind a whole request gets its answer', async () => {
    const counted = await target.counted(async () => {
      const connection = await rawConnection(target.platform.url);
      connection.socket.end(valid() + valid());
      expect([(await connection.answer())?.status, (await connection.answer())?.status]).toEqual([200, 200]);
      await connection.ended();
    });
    expect(counted).toBe(2);
  });

  test.each([
    ['in the middle of the request line', 'GET /hea'],
    ['in the middle of the headers', 'GET /health/live HTTP/1.1\r\nHost: a\r\n'],
    ['in the middle of a body', () => framed('Content-Length: 100', '{"license_key":')],
    ['in the middle of a chunk', () => framed('Transfer-Encoding: chunked', '64\r\n{"license_key":')],
  ])('%s is told that this is no request, and nothing is counted', async (_name, text) => {
    const counted = await target.counted(async () => {
      const connection = await rawConnection(target.platform.url);
      connection.socket.end(typeof text === 'string' ? text : text());
      expectError((await connection.answer())!, { status: 400, code: 'invalid_request' });
      await connection.ended();
    });
    expect(counted).toBe(0);
  });

  test('behind nothing gets nothing', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.socket.end();
    expect(await connection.answer()).toBeUndefined();
  });
});
