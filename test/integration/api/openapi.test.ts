import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../../api/errors.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import type { ApiDocument } from '../../../api/openapi/document.ts';
import { ROUTES } from '../../../api/routes.ts';
import { createClient } from '../../../client/index.ts';
import { aPerson, aToken } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.close());

function inBraces(path: string): string {
  return path.replaceAll(/:([a-zA-Z_]+)/g, '{$1}');
}

/** What stands in a path may have other names in the document. */
function nameless(path: string): string {
  return path.replaceAll(/\{[a-z_]+\}/g, '{}');
}

function byText(a: string, b: string): number {
  return a.localeCompare(b);
}

describe('the document', () => {
  test('is served to anyone, and names every route', async () => {
    const response = await fetch(`${platform.url}/v1/openapi.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const { openapi, paths } = (await response.json()) as ApiDocument;
    expect(openapi).toBe('3.1.1');
    const told = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
    );
    const managed = managementRoutes.map(
      ({ operationId, method, path }) => `${operationId}: ${method} ${inBraces(path)}`,
    );
    const validation = ['validateLicense: post /api/v1/validate', 'lookUpLicense: get /api/v1/license/{license_key}'];
    expect(told.toSorted(byText)).toEqual([...managed, ...validation].toSorted(byText));
  });

  test('names all that the platform serves, but for health, metrics, accounts and itself', async () => {
    const { paths } = (await (await fetch(`${platform.url}/v1/openapi.json`)).json()) as ApiDocument;
    const served = ROUTES.map(({ path }) => inBraces(path)).filter(
      (path) => !/^\/(health|metrics|docs|problems|auth|dev|v1\/portal\/auth|v1\/openapi\.json)\b/.test(path),
    );
    expect([...new Set(served.map(nameless))].toSorted(byText)).toEqual(
      Object.keys(paths).map(nameless).toSorted(byText),
    );
  });
});

describe('the pages', () => {
  test('are whole without a script and without the internet', async () => {
    const response = await fetch(`${platform.url}/docs`);
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page).toContain('Who is signed in');
    expect(page).not.toMatch(/<script|<link|<img|src=|href="https?:/);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('there is one for every code, at the address that its errors name', async () => {
    for (const [code, { title }] of Object.entries(ERRORS)) {
      const response = await fetch(`${platform.url}/problems/${code}`);
      expect([code, response.status]).toEqual([code, 200]);
      expect(await response.text()).toContain(title.slice(0, 10));
    }
    expect((await fetch(`${platform.url}/problems/no_such_code`)).status).toBe(404);
  });
});

describe('the client', () => {
  test('gives data where there is some, and the problem where there is none', async () => {
    const person = await aPerson(platform.db);
    const token = await aToken(platform.db, { user_id: person.id });
    const known = await createClient({ baseUrl: platform.url, token }).GET('/v1/users/me');
    expect([known.data?.email, known.error]).toEqual([person.email, undefined]);
    const unknown = await createClient({ baseUrl: platform.url, token: 'plm_wrong' }).GET('/v1/users/me');
    expect([unknown.data, unknown.error?.code]).toEqual([undefined, 'unauthenticated']);
  });
});
