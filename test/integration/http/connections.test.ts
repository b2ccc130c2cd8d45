import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawConnection, requestText } from '../../support/raw-http.ts';
import { expectError, startTarget, type Target, VALIDATE } from './support.ts';

const HEADERS_TIMEOUT_MS = 300;
const REQUEST_TIMEOUT_MS = 700;

let target: Target;
beforeAll(async () => {
  target = await startTarget({
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: 400,
  });
});
afterAll(async () => {
  const answer = await target.product.validate({ license_key: target.licenseKey });
  expect(answer.body).toMatchObject({ valid: true, status: 'active' });
  await target.platform.close();
});

const body = () => JSON.stringify({ license_key: target.licenseKey });
const head = (headers: Record<string, string | number>) =>
  requestText('POST', VALIDATE, { ...target.authorization, ...headers });
const valid = () => requestText('POST', VALIDATE, target.authorization, body());

describe('a caller that is too slow', () => {
  test('anywhere in a request: 408 in time, the end, and nothing is counted', async () => {
    const beginnings: Record<string, string> = {
      'before anything': '',
      'in the request line': 'POST /api',
      'in the headers': `POST ${VALIDATE} HTTP/1.1\r\nHost: a\r\n`,
      'before the body': head({ 'Content-Length': 50 }),
      'in the body': `${head({ 'Content-Length': 50 })}{"license_key":`,
      'in a chunk': `${head({ 'Transfer-Encoding': 'chunked' })}32\r\n{"license_key":`,
      'before the last chunk': `${head({ 'Transfer-Encoding': 'chunked' })}2\r\n{}\r\n`,
    };
    const counted = await target.counted(async () => {
      const outcomes = Object.entries(beginnings).map(async ([where, text]) => {
        const connection = await rawConnection(target.platform.url);
        connection.send(text);
        // The time-outs are looked at every 300 ms here.
        const answer = await connection.answer({ deadlineMs: REQUEST_TIMEOUT_MS + 1_500 });
        expectError(answer!, { status: 408, code: 'request_timeout' });
        await connection.ended();
        connection.socket.destroy();
        return [where, answer!.headers.connection];
      });
      expect(await Promise.all(outcomes)).toEqual(Object.keys(beginnings).map((where) => [where, 'close']));
    });
    expect(counted).toBe(0);
  });

  test('and sends a byte now and then gains no time by it', async () => {
    for (const begin of [`POST ${VALIDATE} HTTP/1.1\r\nX-Slow: `, `${head({ 'Content-Length': 10_000 })}{`]) {
      const connection = await rawConnection(target.platform.url);
      connection.send(begin);
      const drip = setInterval(() => connection.send('a'), 20);
      try {
        const answer = await connection.answer({ deadlineMs: REQUEST_TIMEOUT_MS + 1_500 });
        expectError(answer!, { status: 408, code: 'request_timeout' });
        await connection.ended();
      } finally {
        clearInterval(drip);
        connection.socket.destroy();
      }
    }
  });

  test('and was refused before its body came is not answered twice', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.send(requestText('POST', '/nowhere', { 'Content-Length': 1_000 }));
    expect((await connection.answer())?.status).toBe(404);
    // Slowly enough never to be whole, and never to be idle.
    const drip = setInterval(() => connection.send('a'), 250);
    try {
      expect(await connection.answer({ deadlineMs: REQUEST_TIMEOUT_MS + 1_300 })).toBeUndefined();
    } finally {
      clearInterval(drip);
      connection.socket.destroy();
    }
  });

  test('and has nothing more to say is let go without a word', async () => {
    const connection = await rawConnection(target.platform.url);
    connection.send(valid());
    expect((await connection.answer())?.status).toBe(200);
    // Node adds a second to the time of an idle connection.
    expect(await connection.answer({ deadlineMs: 4_000 })).toBeUndefined();
    connection.socket.destroy();
  });
});

describe('a caller that reads only when it has said all', () => {
  const MUCH = 10_000_000;

  // Whoever closes a connection on which something still arrives resets it, and takes the answer away from who has not read it.
  test.each<[string, () => string, number]>([
    ['a body that is not wanted', () => head({ Authorization: 'x', Connection: 'close', 'Content-Length': MUCH }), 401],
    ['what is no HTTP', () => 'BROKEN\r\n\r\n', 400],
    ['a header without an end', () => `GET / HTTP/1.1\r\nX-Big: `, 431],
    ['chunks that are none', () => `${head({ 'Transfer-Encoding': 'chunked' })}zz\r\n`, 400],
    ['what follows CONNECT', () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ])('still finds its answer behind %s', async (_name, text, status) => {
    const { socket, ...connection } = await rawConnection(target.platform.url);
    socket.pause();
    connection.send(text());
    await new Promise((resolve) => socket.write(Buffer.alloc(MUCH, 'a'), resolve));
    socket.resume();
    expect((await connection.answer())?.status).toBe(status);
    socket.destroy();
  });
});

describe('a caller that goes away', () => {
  test.each<[string, () => string]>([
    ['at once', () => ''],
    ['in the headers', () => `POST ${VALIDATE} HTTP/1.1\r\nHost: a\r\n`],
    ['in the body', () => `${head({ 'Content-Length': 50 })}{"lic`],
    ['behind CONNECT', () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'behind a request for another protocol',
      () => head({ Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Length': 50 }),
    ],
    ['behind something broken', () => 'BROKEN\r\n\r\n'],
    ['behind too much', () => `GET /${'a'.repeat(200_000)}`],
  ])('%s, by reset, fifty times: nothing is counted and nothing breaks', async (_name, text) => {
    const counted = await target.counted(() => Promise.all(Array.from({ length: 50 }, () => hitAndRun(text()))));
    expect(counted).toBe(0);
    expect((await target.product.validate({ license_key: target.licenseKey })).status).toBe(200);
  });

  test('behind a whole call has made at most that call, and registered no other address than its own', async () => {
    const product = await target.platform.aProduct();
    const license = await target.platform.aLicense(product.product.id, { maxIps: 5 });
    const text = requestText(
      'POST',
      VALIDATE,
      { Authorization: `Bearer ${product.apiKey}` },
      JSON.stringify({ license_key: license.licenseKey }),
    );
    await Promise.all(Array.from({ length: 50 }, () => hitAndRun(text)));
    const { body } = await product.validate({ license_key: license.licenseKey });
    expect(body).toMatchObject({ valid: true, ip_count: 1 });
    const rows = await target.platform.db('license_ips').where({ license_id: license.id }).select('address');
    expect(rows.map(({ address }) => String(address))).toEqual([expect.stringContaining('127.0.0.1')]);
  });

  test('leaves no connection behind', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => hitAndRun(i % 2 ? valid() : `${head({})}{`)));
    // What is left are the few that others of this file keep for a moment.
    await expect.poll(openSockets, { timeout: 5_000 }).toBeLessThan(30);
  });
});

/** In this process are the server's ends as well as ours. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
}

/** Sends a text and tears the connection down as soon as the text is on its way. */
function hitAndRun(text: string): Promise<void> {
  const { hostname, port } = new URL(target.platform.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('error', reject).once('close', () => resolve());
    socket.once('connect', () => socket.write(text, () => setImmediate(() => socket.resetAndDestroy())));
    if (text === '') socket.once('connect', () => socket.resetAndDestroy());
  });
}
