import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, rawConnection, requestText } from '../../support/raw-http.ts';
import { startTarget, type Target, VALIDATE } from './support.ts';

/** Fixed, so that a run can be had again; fast-check prints it with the smallest case when a run fails. */
const SEED = 20_260_301;
const DEEP = process.env.PLIMSOLL_DEEP === '1';
const runs = (usual: number) => ({ seed: SEED, numRuns: DEEP ? usual * 40 : usual, endOnFailure: true });
const timeout = DEEP ? 600_000 : 60_000;

const ALLOWED = [200, 400, 401, 404, 405, 408, 413, 415, 417, 431];

let target: Target;
beforeAll(async () => {
  target = await startTarget({ headersTimeoutMs: 2_000, requestTimeoutMs: 2_000 });
});
afterAll(async () => {
  const answer = await target.product.validate({ license_key: target.licenseKey });
  expect(answer.body).toMatchObject({ valid: true, status: 'active' });
  await target.platform.close();
});

interface Seen {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What holds for every answer. Says whether the call is one that counts: only a counted one is told what is left. */
function check({ status, headers, body }: Seen): boolean {
  expect(ALLOWED).toContain(status);
  expect(headers['content-type']).toMatch(/^(application\/(problem\+)?json|text\/plain; version=)/);
  expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._~-]{1,128}$/);
  if (headers['content-type']?.startsWith('application') && body !== '') {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    if (status >= 400) expect(parsed.code ?? parsed.status).toMatch(/^[a-z_]+$/);
  }
  const isCounted = headers['ratelimit-remaining'] !== undefined;
  // Every answer behind the count says so, whatever it is, and no other.
  if (isCounted) expect([200, 400, 404]).toContain(status);
  return isCounted;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('whatever is sent', () => {
  test(
    'as mutated bytes of good requests is answered in JSON or ended, and counted as often as it says',
    async () => {
      const body = JSON.stringify({ license_key: target.licenseKey, version: '1.0.0', device_id: 'd' });
      const seeds = [
        requestText('POST', VALIDATE, { ...target.authorization, 'Content-Type': 'application/json' }, body),
        requestText('POST', VALIDATE, { ...target.authorization, 'Transfer-Encoding': 'chunked' }).concat(
          `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        ),
        requestText('POST', VALIDATE, { ...target.authorization, Expect: '100-continue' }, body),
        requestText('GET', `/api/v1/license/${target.licenseKey}`, { ...target.authorization, 'X-Request-Id': 'a' }),
        requestText('GET', '/health/live'),
        requestText('OPTIONS', '*'),
      ].map(bytes);

      const mutation = fc.oneof(
        fc.record({
          kind: fc.constant('set' as const),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          byte: fc.nat(255),
        }),
        fc.record({
          kind: fc.constant('cut' as const),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.nat(40),
        }),
        fc.record({
          kind: fc.constant('insert' as const),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          what: fc.oneof(
            fc.uint8Array({ maxLength: 30 }).map((each) => Buffer.from(each)),
            fc
              .constantFrom(
                '\r\n',
                '\r\n\r\n',
                '\n',
                '\0',
                ' ',
                ':',
                '%00',
                '%',
                '"',
                '{',
                '[',
                '\u00ff',
                'Host: b\r\n',
                '#',
              )
              .map(bytes),
            fc
              .constantFrom(
                'Content-Length: 3\r\n',
                'Transfer-Encoding: chunked\r\n',
                'Connection: close\r\n',
                '0\r\n\r\n',
              )
              .map(bytes),
            fc.constantFrom(100, 20_000, 70_000).map((size) => Buffer.alloc(size, 'a')),
          ),
        }),
        fc.record({
          kind: fc.constant('repeat' as const),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.nat(60),
        }),
      );
      type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;
      const mutate = (given: Buffer, each: Mutation): Buffer => {
        const at = Math.floor(each.at * given.length);
        const [before, after] = [given.subarray(0, at), given.subarray(at)];
        if (each.kind === 'set') return Buffer.concat([before, Buffer.of(each.byte), after.subarray(1)]);
        if (each.kind === 'cut') return Buffer.concat([before, after.subarray(each.length)]);
        if (each.kind === 'insert') return Buffer.concat([before, each.what, after]);
        return Buffer.concat([before, after.subarray(0, each.length), after]);
      };

      let told = 0;
      const counted = await target.counted(() =>
        fc.assert(
          fc.asyncProperty(
            fc.array(fc.record({ seed: fc.constantFrom(...seeds), mutations: fc.array(mutation, { maxLength: 4 }) }), {
              minLength: 1,
              maxLength: 3,
            }),
            async (parts) => {
              const sent = Buffer.concat(parts.map(({ seed, mutations }) => mutations.reduce(mutate, seed)));
              const connection = await rawConnection(target.platform.url);
              // The half is closed behind it: a request that still waits for its rest is over at once.
              connection.socket.end(sent);
              let answers = 0;
              try {
                for (;;) {
                  const answer = await connection.answer();
                  if (!answer) break;
                  answers += 1;
                  if (check(answer)) told += 1;
                }
              } finally {
                connection.socket.destroy();
              }
              if (/[^\r\n]/.test(sent.toString('latin1'))) expect(answers).toBeGreaterThan(0);
            },
          ),
          runs(400),
        ),
      );
      expect(counted).toBe(told);
      // The mutations leave enough whole for the count to mean something.
      expect(told).toBeGreaterThan(50);
    },
    timeout,
  );

  test(
    'as a value of any field is a verdict or a fault of that field, and counted once',
    async () => {
      const anything = fc.oneof(
        fc.jsonValue({ noUnicodeString: false }),
        fc.string({ unit: 'binary', maxLength: 50 }),
        fc.constantFrom('', '\0', '\ud800', '\u202e', ' ', "'", '${x}', '../..', '1.0.0', 'A'.repeat(5_000)),
        fc.constantFrom(1e308, -0, 2 ** 53),
        fc.constant(target.licenseKey),
      );
      const request = fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ license_key: anything, version: anything, device_id: anything }, { requiredKeys: [] }),
        },
        { weight: 1, arbitrary: fc.dictionary(fc.string({ maxLength: 12 }), anything, { maxKeys: 5 }) },
        { weight: 1, arbitrary: anything },
      );
      let sent = 0;
      const counted = await target.counted(() =>
        fc.assert(
          fc.asyncProperty(request, async (value) => {
            sent += 1;
            const text = JSON.stringify(value);
            const answer = await fetchText(VALIDATE, { method: 'POST', headers: target.authorization, body: text });
            expect(check(answer)).toBe(true);

            const fields = fieldsOf(value);
            const isText = (name: string) => typeof fields?.[name] === 'string';
            const optional = (name: string) => fields?.[name] === undefined || fields[name] === null || isText(name);
            const isGood =
              fields !== undefined && isText('license_key') && optional('version') && optional('device_id');
            expect(answer.status).toBe(isGood ? 200 : 400);
            const body = JSON.parse(answer.body) as { valid: boolean; status: string };
            if (isGood) {
              const isRight = (fields.license_key as string).trim() === target.licenseKey;
              expect(body.status).toBe(isRight ? 'active' : 'license_not_found');
            }
          }),
          runs(400),
        ),
      );
      expect(counted).toBe(sent);
    },
    timeout,
  );

  test(
    'as method, path and headers is answered in JSON, and counted as often as it says',
    async () => {
      const segment = fc.oneof(
        fc.constantFrom(
          'api',
          'v1',
          'validate',
          'license',
          'health',
          'live',
          'ready',
          '..',
          '.',
          '',
          '%2F',
          '%00',
          '%zz',
        ),
        fc.constantFrom('%c0%af', '%ff', 'NONE', '__proto__', 'a;b', '*', '?', '#', '\\'),
        fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).map((text) => text.replaceAll(' ', '')),
      );
      const path = fc.oneof(
        fc.constantFrom(VALIDATE, '/health/live', '*', `http://h${VALIDATE}`),
        segment.map((each) => `/api/v1/license/${each}`),
        fc.array(segment, { maxLength: 5 }).map((each) => `/${each.join('/')}`),
      );
      const method = fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('GET', 'POST') },
        { weight: 1, arbitrary: fc.constantFrom('PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'REPORT', 'X') },
      );
      const header = fc.tuple(
        fc.constantFrom(
          'Accept',
          'Content-Type',
          'Authorization',
          'Host',
          'X-Forwarded-For',
          'Cookie',
          'Expect',
          'Upgrade',
          'X-Y',
        ),
        fc.oneof(
          fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
          fc.constantFrom('Bearer x', 'gzip', '100-continue', 'a'.repeat(3_000), '127.0.0.1', '\u00e4'),
        ),
      );
      let told = 0;
      const counted = await target.counted(() =>
        fc.assert(
          fc.asyncProperty(
            method,
            path,
            fc.array(header, { maxLength: 4 }),
            fc.boolean(),
            async (method, path, headers, hasKey) => {
              const body = method === 'GET' ? '' : '{"license_key": "A"}';
              const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
              const key = hasKey ? `Authorization: ${target.authorization.Authorization}\r\n` : '';
              const text = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${key}${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
              const [answer] = await exchange(target.platform.url, bytes(text));
              if (check(answer!)) told += 1;
            },
          ),
          runs(400),
        ),
      );
      expect(counted).toBe(told);
      expect(told).toBeGreaterThan(10);
    },
    timeout,
  );
});

function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value)) : undefined;
}

async function fetchText(path: string, init: RequestInit): Promise<Seen> {
  const response = await fetch(target.platform.url + path, init);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}
