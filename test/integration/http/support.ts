import { expect } from 'vitest';
import type { Config } from '../../../runtime/config.ts';
import { startPlatform, type TestPlatform, type TestProduct } from '../../support/platform.ts';
import { exchange, type RawAnswer, requestText } from '../../support/raw-http.ts';

export const VALIDATE = '/api/v1/validate';

/** A platform with one product and one licence, to be sent bad input. */
export interface Target {
  platform: TestPlatform;
  product: TestProduct;
  licenseKey: string;
  authorization: { Authorization: string };
  /** What was counted for the product while `act` ran. */
  counted(act: () => Promise<unknown>): Promise<number>;
  /** Sends one request on a connection of its own; there must be exactly one answer. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string | number>; body?: string },
  ): Promise<RawAnswer>;
  sendBytes(bytes: string | Uint8Array): Promise<RawAnswer>;
}

export async function startTarget(overrides: Partial<Config> = {}): Promise<Target> {
  const platform = await startPlatform(overrides);
  // All of a test is on one day of the quota, whenever it runs.
  platform.clock.nowMs = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
  const { id: organizationId } = await platform.anOrganization({ plan: 'enterprise' });
  await platform.allow(organizationId, 'api_calls', 1_000_000_000);
  const product = await platform.aProduct({ organizationId });
  const license = await platform.aLicense(product.product.id);
  const authorization = { Authorization: `Bearer ${product.apiKey}` };

  const sendBytes = async (bytes: string | Uint8Array) => {
    const [answer] = await exchange(platform.url, bytes);
    if (!answer) throw new Error('The connection ended without an answer');
    return answer;
  };
  /** What is counted so far, this question included: what the API itself tells. */
  const used = async () => {
    const { headers } = await product.lookup('NONE');
    return Number(headers.get('ratelimit-limit')) - Number(headers.get('ratelimit-remaining'));
  };

  return {
    platform,
    product,
    licenseKey: license.licenseKey,
    authorization,
    async counted(act) {
      const before = await used();
      await act();
      return (await used()) - before - 1;
    },
    send: (method, path, { headers = {}, body } = {}) => sendBytes(requestText(method, path, headers, body)),
    sendBytes,
  };
}

interface ExpectedError {
  status: number;
  code: string;
  /** Whether the answer is a problem, as outside `/api`. */
  problem?: boolean;
  pointer?: string;
  accepts?: RegExp;
}

/** An error as all of ours are: JSON of the right type, a code, words, a request id. Gives the body. */
export function expectError(answer: RawAnswer, { status, code, problem, pointer, accepts }: ExpectedError) {
  expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.any(String) });
  expect(answer.headers['content-type']).toMatch(
    problem ? /^application\/problem\+json$/ : /^application\/json(; charset=utf-8)?$/,
  );
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  if (problem) {
    expect(body).toMatchObject({ status, code, title: expect.any(String), type: `/problems/${code}` });
    expect(body.detail).toMatch(/^[A-Z].*\.$/);
    expect(body.request_id).toBe(answer.headers['x-request-id']);
  } else {
    expect(body).toMatchObject({ valid: false, status: code });
    expect(body.message).toMatch(/\w.*\w/);
  }
  expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9._~-]{1,128}$/);
  expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  if (pointer !== undefined) {
    const errors = body.errors as { pointer: string; message: string; accepts: string }[];
    expect(errors.map((each) => each.pointer)).toContain(pointer);
    for (const each of errors) expect(each.accepts).toMatch(accepts ?? /\w/);
  }
  return body;
}
