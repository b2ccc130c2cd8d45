import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, type RawAnswer, requestText } from '../../support/raw-http.ts';
import { startTarget, type Target, VALIDATE } from './support.ts';

/**
 * A validation has two ways in: ahead of Koa where the target is exactly the route's path, and through Koa for whatever else
 * leads to it. Both must answer the same; only the id and the time differ.
 */

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.platform.close());

/** The way through Koa: a query makes another target of it, and not another path. */
const THROUGH_KOA = `${VALIDATE}?`;

interface Sent {
  headers?: Record<string, string | number>;
  body?: string;
}

const CALLS: [what: string, status: number, sent: () => Sent][] = [
  ['a validation', 200, () => ({ headers: target.authorization, body: keyed(target.licenseKey) })],
  ['an unknown licence', 200, () => ({ headers: target.authorization, body: keyed('QQQQ-WWWW-EEEE-RRRR') })],
  ['no key', 401, () => ({ body: keyed(target.licenseKey) })],
  ['an unknown key', 401, () => ({ headers: { Authorization: `Bearer kp_live_${'0'.repeat(64)}` }, body: '{}' })],
  ['two keys', 401, () => ({ headers: { ...target.authorization, authorization: 'Bearer x' }, body: '{}' })],
  ['no JSON', 400, () => ({ headers: target.authorization, body: '{' })],
  ['a wrong type', 400, () => ({ headers: target.authorization, body: '{"license_key":7,"version":[]}' })],
  ['an empty body', 400, () => ({ headers: target.authorization, body: '' })],
  ['a body that is too large', 413, () => ({ headers: target.authorization, body: 'x'.repeat(70_000) })],
  ['an encoded body', 415, () => ({ headers: { ...target.authorization, 'Content-Encoding': 'gzip' }, body: '{}' })],
  ['no host', 400, () => ({ headers: { ...target.authorization, Host: 'a b' }, body: keyed(target.licenseKey) })],
  [
    'an id of the caller',
    200,
    () => ({ headers: { ...target.authorization, 'X-Request-Id': 'mine-1' }, body: keyed(target.licenseKey) }),
  ],
];

function keyed(licenseKey: string): string {
  return JSON.stringify({ license_key: licenseKey, version: '1.0.0', device_id: 'é' });
}

async function sendTo(path: string, { headers = {}, body = '' }: Sent): Promise<RawAnswer> {
  const [answer] = await exchange(target.platform.url, requestText('POST', path, headers, body));
  if (!answer) throw new Error('The connection ended without an answer');
  return answer;
}

/** What must be the same: all but the moment, a new id, and what is left of the day. */
function comparable({ status, headers, body }: RawAnswer) {
  const { date, 'ratelimit-remaining': remaining, 'x-request-id': id, ...rest } = headers;
  expect(date).toMatch(/ GMT$/);
  expect(remaining === undefined || Number(remaining) >= 0).toBe(true);
  return { status, headers: rest, id: id?.replace(/^req_[0-9a-f-]{36}$/, 'a new id'), body };
}

describe('both ways in answer the same', () => {
  test.each(CALLS)('%s: %i', async (_what, status, sent) => {
    const ahead = await sendTo(VALIDATE, sent());
    const throughKoa = await sendTo(THROUGH_KOA, sent());
    expect(ahead.status).toBe(status);
    expect(comparable(ahead)).toEqual(comparable(throughKoa));
  });

  test('and cost the same', async () => {
    const call = { headers: target.authorization, body: keyed(target.licenseKey) };
    expect(await target.counted(() => sendTo(VALIDATE, call))).toBe(1);
    expect(await target.counted(() => sendTo(THROUGH_KOA, call))).toBe(1);
  });
});
