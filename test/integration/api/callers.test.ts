import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import { ROUTES } from '../../../api/routes.ts';
import { ALL_PERMISSIONS, type Permission } from '../../../domain/permissions/permissions.ts';
import { aSignedInPerson } from '../../support/account-people.ts';
import { aToken, memberWith, ownedBy } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aSignedInCustomer } from './customers.ts';
import { aWorld, cookieOf, pathOf, type World } from './world.ts';

/** Every route that there is, with every caller that it isn't for: 401, 403 or 404, and never data. */

type Headers = Record<string, string>;

let platform: TestPlatform;
/** Whose things are asked for. */
let theirs: World;
/** Who asks, in vain. */
let ours: World;
let callers: Record<
  'nobody' | 'ended' | 'product' | 'customer' | 'owner' | 'ownersToken' | 'organizationsToken',
  Headers
>;
/** A member of their organisation without any permission, and a token of its owner without any scope. */
let powerless: { member: Headers; membersToken: Headers; ownersToken: Headers };

beforeAll(async () => {
  platform = await startPlatform({ callsAMinute: 100_000, trustedProxies: ['127.0.0.1'] });
  const { db } = platform;
  [theirs, ours] = [await aWorld(platform), await aWorld(platform)];

  const gone = await aSignedInPerson(platform);
  await ownedBy(db, (await platform.anOrganization()).id, gone.id);
  const ended = cookieOf(gone.browser);
  await gone.browser.post('/auth/sign-out');

  callers = {
    nobody: {},
    ended,
    product: bearer((await platform.aProduct()).apiKey),
    customer: cookieOf(await aSignedInCustomer(platform)),
    owner: cookieOf(ours.owner.browser),
    ownersToken: bearer(await aToken(db, { user_id: ours.owner.id })),
    organizationsToken: bearer(await aToken(db, { organization_id: ours.ids.organization_id })),
  };
  const member = await aSignedInPerson(platform);
  await memberWith(db, theirs.ids.organization_id, { userId: member.id, permissions: [] });
  powerless = {
    member: cookieOf(member.browser),
    membersToken: bearer(await aToken(db, { user_id: member.id }, ALL_PERMISSIONS)),
    ownersToken: bearer(await aToken(db, { user_id: theirs.owner.id }, [])),
  };
});
afterAll(() => platform?.close());

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

async function ask(route: ManagedRoute, who: Headers, { ids, body }: { ids: World['ids']; body?: unknown }) {
  const sent = route.body ? (body ?? route.example.body) : undefined;
  const response = await fetch(platform.url + pathOf(route, ids), {
    method: route.method.toUpperCase(),
    headers: { ...who, ...(sent !== undefined && { 'content-type': 'application/json' }) },
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown>, text };
}

/** The answer is a refusal of these statuses, in problem details that hold nothing of the world that was asked about. */
function expectRefusal(answer: Awaited<ReturnType<typeof ask>>, statuses: number[], what: string): void {
  expect({ what, status: answer.status, isIn: statuses.includes(answer.status) }).toEqual({
    what,
    status: answer.status,
    isIn: true,
  });
  expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(['type', 'title', 'status', 'code', 'request_id']));
  for (const secret of theirs.secrets) expect(answer.text).not.toContain(secret);
}

const routes = managementRoutes.map((route): [string, ManagedRoute] => [route.operationId, route]);
const closed = routes.filter(([, { caller }]) => caller.kind !== 'anyone');
const ofMembers = closed.filter(([, { caller }]) => caller.kind === 'member' && caller.permission !== null);

test('every route says who may call it', () => {
  const open = ROUTES.filter(({ caller }) => caller === 'anyone').map(({ path }) => path);
  expect(open).toEqual([
    '/health/live',
    '/health/ready',
    '/metrics',
    '/v1/openapi.json',
    '/docs',
    '/problems/:code',
    ...open.slice(6).filter((path) => /^\/(auth|v1\/portal\/auth|dev)\b/.test(path)),
  ]);
  const forAnyone = routes.filter(([, { caller }]) => caller.kind === 'anyone').map(([name]) => name);
  expect(forAnyone).toEqual(['listPermissions', 'listAuditKeys']);
});

describe.each(closed)('%s', (name, route) => {
  test('is for nobody who is not known', async () => {
    const wrong = ['nobody', 'ended', 'product'] as const;
    for (const who of wrong) {
      expectRefusal(await ask(route, callers[who], { ids: theirs.ids }), [401], `${name} by ${who}`);
    }
  });

  test('is for its own audience alone', async () => {
    const wrong = route.caller.kind === 'customer' ? (['owner', 'ownersToken'] as const) : (['customer'] as const);
    for (const who of wrong) {
      expectRefusal(await ask(route, callers[who], { ids: theirs.ids }), [401], `${name} by ${who}`);
    }
  });

  test("tells nothing of others' things", async () => {
    if (!route.path.includes('/:')) return;
    for (const who of ['owner', 'ownersToken', 'organizationsToken'] as const) {
      // Who isn't staff learns nothing but that; others learn that there is nothing.
      const refused = route.caller.kind === 'staff' ? [403] : who === 'owner' ? [404] : [403, 404];
      expectRefusal(await ask(route, callers[who], { ids: theirs.ids }), refused, `${name} by ${who}`);
      // Their things below our own organisation.
      if (!route.path.startsWith('/v1/organizations/:organization_id/')) continue;
      if (!/:(?!organization_id)/.test(route.path)) continue;
      const ids = { ...theirs.ids, organization_id: ours.ids.organization_id };
      expectRefusal(await ask(route, callers[who], { ids }), refused, `${name} by ${who}, mixed`);
    }
  });

  test('answers for a foreign thing exactly as for one that is not there', async () => {
    if (!route.path.includes('/:')) return;
    const nowhere = Object.fromEntries(Object.keys(theirs.ids).map((each) => [each, randomUUID()])) as World['ids'];
    const [foreign, missing] = [
      await ask(route, callers.owner, { ids: theirs.ids }),
      await ask(route, callers.owner, { ids: nowhere }),
    ];
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
  });

  test('takes no id of somebody else in its body', async () => {
    const { body } = route.example;
    const fields = idFieldsOf(route);
    for (const field of fields) {
      const sent = { ...(body as object), [field]: (theirs.ids as Record<string, string>)[field] ?? randomUUID() };
      const answer = await ask(route, callers.owner, { ids: ours.ids, body: sent });
      expectRefusal(answer, [403, 404, 409, 422], `${name} with a foreign ${field}`);
    }
  });
});

describe('a filter', () => {
  test('by a thing of somebody else finds nothing, in every list', async () => {
    const lists = closed.filter(([, route]) => filtersOf(route).length > 0);
    // Theirs finds it: something was done there, to something, by somebody.
    const change = { name: `Renamed ${randomUUID()}` };
    const url = `${platform.url}/v1/organizations/${theirs.ids.organization_id}`;
    const their = { ...cookieOf(theirs.owner.browser), 'content-type': 'application/json' };
    const changed = await fetch(url, { method: 'PATCH', headers: their, body: JSON.stringify(change) });
    expect(changed.status).toBe(200);
    for (const filter of [`actor=${theirs.owner.id}`, `target=${theirs.ids.organization_id}`]) {
      const log = await (await fetch(`${url}/audit-log?${filter}`, { headers: their })).text();
      expect([filter, log]).toEqual([filter, expect.stringContaining(change.name)]);
    }

    let found = 0;
    for (const [name, route] of lists) {
      for (const filter of filtersOf(route)) {
        for (const [kind, id] of Object.entries({ ...theirs.ids, their_owner: theirs.owner.id })) {
          const path = `${pathOf(route, ours.ids)}?${filter}=${id}`;
          const response = await fetch(platform.url + path, { headers: callers.owner });
          const text = await response.text();
          const isNothing = isNothingFound(response.status, text);
          expect({ name, filter, kind, status: response.status, isNothing }).toMatchObject({ isNothing: true });
          if (response.status === 200) found += 1;
        }
      }
    }
    // Those of the audit log, in a list and in its export, at the least: else nothing was tried.
    expect(lists.map(([name]) => name)).toEqual(expect.arrayContaining(['listAuditLog', 'exportAuditLog']));
    expect(found).toBeGreaterThanOrEqual(6 * Object.keys(theirs.ids).length);
  });
});

/** The filters of a list that take text: what is a number, an instant or one of some names can't name a thing. */
function filtersOf({ query }: ManagedRoute): string[] {
  const { properties = {} } = (query ?? {}) as { properties?: Record<string, Filter> };
  return Object.entries(properties).flatMap(([name, { type, format, enum: names }]) => {
    const isText = type === 'string' && names === undefined && (format === undefined || format === 'uuid');
    return isText && name !== 'cursor' ? [name] : [];
  });
}

interface Filter {
  type?: string;
  format?: string;
  enum?: string[];
}

/** An empty list, an empty export, or that this filter takes no such thing. */
function isNothingFound(status: number, text: string): boolean {
  if (status === 422) return (JSON.parse(text) as { code: string }).code === 'validation_failed';
  if (status !== 200) return false;
  if (text === '') return true;
  return text.startsWith('{"data":[]');
}

/** Members of a body that are ids. */
function idFieldsOf({ body }: ManagedRoute): string[] {
  const { properties = {} } = (body ?? {}) as { properties?: Record<string, { format?: string }> };
  return Object.entries(properties).flatMap(([field, { format }]) => (format === 'uuid' ? [field] : []));
}

describe.each(ofMembers)('%s', (name, route) => {
  test('takes its permission, of a person and of a token', async () => {
    const permission = (route.caller as { permission: Permission }).permission;
    for (const who of ['member', 'membersToken', 'ownersToken'] as const) {
      const answer = await ask(route, powerless[who], { ids: theirs.ids });
      expectRefusal(answer, [403], `${name} by ${who}`);
      expect(answer.body).toMatchObject({ code: 'forbidden', permissions: [permission] });
    }
  });
});

describe('a cookie', () => {
  test('changes nothing from a page of somebody else, and nothing where it is not known from where it comes', async () => {
    const { cookie } = callers.owner as { cookie: string };
    const foreign: Headers[] = [
      { cookie },
      { cookie, origin: 'https://evil.example' },
      { cookie, origin: 'null' },
      { cookie, 'sec-fetch-site': 'cross-site' },
      { cookie, origin: `${platform.url}.evil.example` },
    ];
    for (const [, route] of closed.filter(([, { method, caller }]) => method !== 'get' && caller.kind !== 'customer')) {
      for (const headers of foreign) {
        const { status, body } = await ask(route, headers, { ids: ours.ids });
        expect([route.operationId, headers.origin, status, body.code]).toEqual([
          route.operationId,
          headers.origin,
          403,
          'origin_not_allowed',
        ]);
      }
    }
  });
});
