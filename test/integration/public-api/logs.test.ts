import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiProcess, type LogLine, startApiProcess } from '../../support/api-process.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../../support/platform.ts';
import { waitUntil } from '../../support/wait.ts';

/** What the API process itself writes and counts: to stdout as people collect it, and at /metrics. */

let platform: TestPlatform;
let api: ApiProcess;
let product: TestProduct;
let licenseKey: string;
beforeAll(async () => {
  [platform, api] = await Promise.all([
    startPlatform(),
    startApiProcess({ PLIMSOLL_LOG_LEVEL: 'trace', PLIMSOLL_LOG_SUCCESSES: 'each' }),
  ]);
  product = await platform.aProduct();
  ({ licenseKey } = await platform.aLicense(product.product.id));
});
afterAll(async () => {
  expect(await api.stop()).toBe(0);
  await platform.close();
});

const STRANGER = 'QQQQ-WWWW-EEEE-RRRR';
/** A product key that nobody has; it must not be written either, for it may be one of tomorrow's or yesterday's. */
const UNKNOWN_KEY = `kp_live_${'a1b2c3d4'.repeat(8)}`;

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

async function call(path: string, init: Sent = {}): Promise<{ status: number; requestId: string }> {
  const authorization = `Bearer ${product.apiKey}`;
  const response = await fetch(api.url + path, { ...init, headers: { authorization, ...init.headers } });
  await response.arrayBuffer();
  return { status: response.status, requestId: response.headers.get('x-request-id') ?? '' };
}

const validate = (body: unknown, headers: Record<string, string> = {}) =>
  call('/api/v1/validate', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

/** The lines about a call, once there is one: the answer may be here before the line is. */
async function linesAbout(requestId: string): Promise<LogLine[]> {
  const about = () => api.log().filter((line) => line.requestId === requestId);
  await waitUntil(`a line tells of ${requestId}`, () => about().length > 0);
  return about();
}

describe('where successes are logged each, a call is one line, with the id that its answer carries', () => {
  test.each<[what: string, status: number, route: string, act: () => ReturnType<typeof call>]>([
    ['a validation', 200, '/api/v1/validate', () => validate({ license_key: licenseKey })],
    ['a look-up', 200, '/api/v1/license/:key', () => call(`/api/v1/license/${licenseKey}`)],
    ['a look-up that finds nothing', 404, '/api/v1/license/:key', () => call(`/api/v1/license/${STRANGER}`)],
    ['a body that is no JSON', 400, '/api/v1/validate', () => validate(`{"license_key":"${licenseKey}"`)],
    [
      'an unknown key',
      401,
      '/api/v1/validate',
      () => validate({ license_key: licenseKey }, { authorization: `Bearer ${UNKNOWN_KEY}` }),
    ],
    ['a path that is none', 404, 'none', () => call(`/api/v1/licence/${licenseKey}?key=${product.apiKey}`)],
    ['a method that is none', 405, 'none', () => call('/api/v1/validate', { method: 'DELETE' })],
  ])('%s', async (_what, status, route, act) => {
    const answer = await act();
    expect(answer.status).toBe(status);
    expect(answer.requestId).not.toBe('');
    const lines = await linesAbout(answer.requestId);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'info', msg: 'answered', route, status, ms: expect.any(Number) });
  });

  test("the caller's own id is taken where it is a decent one", async () => {
    const mine = `mine-${Date.now()}`;
    const { requestId } = await validate({ license_key: licenseKey }, { 'x-request-id': mine });
    expect(requestId).toBe(mine);
    expect(await linesAbout(mine)).toHaveLength(1);

    for (const bad of ['', 'a b', 'x'.repeat(129), '{"level":"fatal"}', licenseKey.toLowerCase()]) {
      const answer = await validate({ license_key: licenseKey }, { 'x-request-id': bad });
      expect(answer.requestId).toMatch(/^req_[0-9a-f-]{36}$/);
    }
  });
});

test('no licence key, product key or authorization is ever written, wherever it was sent', async () => {
  const encoded = licenseKey.replaceAll(/./g, (symbol) => `%${symbol.charCodeAt(0).toString(16)}`);
  const answers = [
    await validate({ license_key: licenseKey }),
    await validate({ license_key: STRANGER, device_id: licenseKey }),
    await validate({ license_key: 7, version: licenseKey }),
    await validate(`not JSON, but ${licenseKey} and ${product.apiKey}`),
    await validate({ license_key: licenseKey }, { authorization: `Basic ${product.apiKey}` }),
    await validate({ license_key: licenseKey }, { authorization: `Bearer ${UNKNOWN_KEY}` }),
    await validate({ license_key: licenseKey }, { 'x-request-id': licenseKey }),
    await validate({ license_key: licenseKey }, { 'x-request-id': `x${licenseKey}_` }),
    await validate({ license_key: licenseKey }, { 'x-request-id': `zz_${product.apiKey}` }),
    await validate({ license_key: licenseKey }, { 'x-request-id': product.apiKey, cookie: product.apiKey }),
    await call(`/api/v1/license/${licenseKey}`),
    await call(`/api/v1/license/${encoded}`),
    await call(`/api/v1/license/${STRANGER}/more`),
    await call(`/${licenseKey}/${product.apiKey}`),
    await call(`/api/v1/validate?license_key=${licenseKey}&key=${product.apiKey}`),
  ];
  for (const { requestId } of answers) await waitUntil('all of it is logged', () => api.output().includes(requestId));

  const written = api.output();
  const digits = product.apiKey.slice('kp_live_'.length);
  for (const secret of [licenseKey, STRANGER, encoded, product.apiKey, digits, UNKNOWN_KEY]) {
    expect(written.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false);
  }
  expect(written).not.toMatch(/bearer (?!\[)/i);
});

test('calls and verdicts are counted by route, status and verdict, and by nothing that a caller made up', async () => {
  const read = async () => {
    const text = await (await fetch(`${api.url}/metrics`)).text();
    return (line: string) =>
      Number(
        text
          .split('\n')
          .find((each) => each.startsWith(`${line} `))
          ?.split(' ')[1] ?? 0,
      );
  };
  const active = 'plimsoll_validations_total{status="active"}';
  const answered = 'plimsoll_http_requests_total{route="/api/v1/validate",method="POST",status="200"}';
  const missing = 'plimsoll_http_requests_total{route="none",method="GET",status="404"}';
  const before = await read();
  for (let i = 0; i < 3; i += 1) await validate({ license_key: licenseKey });
  await validate({ license_key: STRANGER });
  await call('/made/up');
  const after = await read();
  expect(after(active) - before(active)).toBe(3);
  expect(after(answered) - before(answered)).toBe(4);
  expect(after(missing) - before(missing)).toBe(1);

  const text = await (await fetch(`${api.url}/metrics`)).text();
  for (const made of [licenseKey, '/made/up', product.product.id]) expect(text).not.toContain(made);
});

test('what can not be read is refused with an id of its own, which is logged', async () => {
  const answer = await call('/api/v1/validate', { method: 'POST', headers: { 'x-filler': 'x'.repeat(20_000) } });
  expect(answer.status).toBe(431);
  const lines = await linesAbout(answer.requestId);
  expect(lines).toMatchObject([{ status: 431 }]);
});

test('as shipped, successes are summed, refusals have their lines, and nothing is lost at the end', async () => {
  const quiet = await startApiProcess({});
  const validateThere = async (body: string) => {
    const headers = { authorization: `Bearer ${product.apiKey}` };
    const response = await fetch(`${quiet.url}/api/v1/validate`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.headers.get('x-request-id');
  };
  for (let i = 0; i < 5; i += 1) await validateThere(JSON.stringify({ license_key: licenseKey }));
  const refusedId = await validateThere('no JSON');
  expect(await quiet.stop()).toBe(0);

  const lines = quiet.log().filter(({ msg }) => msg === 'answered');
  const summed = { route: '/api/v1/validate', method: 'POST', status: 200, calls: 5 };
  expect(lines.filter((line) => line['calls'] !== undefined && line['route'] === summed.route)).toMatchObject([summed]);
  expect(lines.filter(({ requestId }) => requestId !== undefined)).toMatchObject([
    { requestId: refusedId, status: 400, code: 'invalid_request' },
  ]);
});
