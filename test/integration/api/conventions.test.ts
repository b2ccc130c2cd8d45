import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import { createClient } from '../../../client/index.ts';
import { type ApiProcess, startApiProcess } from '../../support/api-process.ts';
import { aPerson, aToken } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { startRedis } from '../../support/redis-process.ts';
import { randomAddress } from '../../support/visitor.ts';
import { aWorld, pathOf, rightCaller, type World } from './world.ts';

const CORS = 'https://dashboard.example.com';

let platform: TestPlatform;
let world: World;
let token: string;

beforeAll(async () => {
  platform = await startPlatform({
    callsAMinute: 100_000,
    corsOrigins: [CORS],
  });
  world = await aWorld(platform);
  token = await aToken(platform.db, { user_id: world.owner.id });
});
afterAll(() => platform?.close());

async function ask(
  route: Pick<ManagedRoute, 'method' | 'path' | 'operationId'>,
  init: { who?: Record<string, string>; headers?: Record<string, string>; body?: string } = {},
) {
  const response = await fetch(platform.url + pathOf(route, world.ids), {
    method: route.method.toUpperCase(),
    headers: {
      ...(init.who ?? { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      ...init.headers,
    },
    ...(init.body !== undefined && { body: init.body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

function routeNamed(name: string): ManagedRoute {
  const route = managementRoutes.find(({ operationId }) => operationId === name);
  if (!route) throw new Error(`There is no ${name}`);
  return route;
}

function exampleOf({ operationId, example }: ManagedRoute): unknown {
  return operationId === 'changeMember' ? { role_id: world.ids.role_id } : example.body;
}

function place(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function getMe(origin?: string, method = 'GET', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${platform.url}/v1/users/me`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(origin !== undefined && { origin }), ...headers },
  });
}

describe('PATCH', () => {
  const patches = managementRoutes
    .filter(({ method }) => method === 'patch')
    .map((each): [string, ManagedRoute] => [each.operationId, each]);

  test.each(patches)('%s changes nothing that was changed since it was read', async (_name, route) => {
    const who = await rightCaller(platform, world, route);
    const { status, body, headers } = await ask(route, {
      who,
      headers: { 'if-match': '"as-it-was-once"' },
      body: JSON.stringify(exampleOf(route)),
    });
    expect([status, body.code]).toEqual([412, 'precondition_failed']);
    // What it is now.
    const now = await ask({ ...route, method: 'get' }, { who });
    expect(headers.get('etag')).toBe(now.headers.get('etag'));
  });

  test('with the ETag of GET goes through once, of many at the same time', async () => {
    const read = await ask(routeNamed('getOrganization'));
    const change = (name: string) =>
      ask(routeNamed('changeOrganization'), {
        headers: { 'if-match': `"x", ${read.headers.get('etag')}` },
        body: JSON.stringify({ name }),
      });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => change(`Name ${i}`)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 412)).toEqual([200]);
    const [won] = answers.filter(({ status }) => status === 200);
    const after = await ask(routeNamed('getOrganization'));
    expect([after.body.name, after.headers.get('etag')]).toEqual([won!.body.name, won!.headers.get('etag')]);
  });
});

describe('lists', () => {
  const listRoles = {
    method: 'get',
    path: '/v1/organizations/:organization_id/roles',
    operationId: 'listRoles',
  } as const;

  test('give every thing once, whatever comes and goes between the pages', async () => {
    const api = createClient({ baseUrl: platform.url, token });
    const params = { path: { organization_id: world.ids.organization_id } };
    const create = async (name: string): Promise<string> => {
      const made = await api.POST('/v1/organizations/{organization_id}/roles', {
        params,
        body: { name, permissions: [] },
      });
      return made.data!.id;
    };
    const stay: string[] = [];
    for (let i = 0; i < 6; i += 1) stay.push(await create(`stays ${i} ${randomUUID()}`));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 2, ...(cursor !== undefined && { cursor }) };
      const { data } = await api.GET('/v1/organizations/{organization_id}/roles', { params: { ...params, query } });
      expect(data!.data.length).toBeLessThanOrEqual(2);
      seen.push(...data!.data.map(({ id }) => id));
      cursor = data!.next_cursor ?? undefined;
      await create(`comes ${randomUUID()}`);
    } while (cursor !== undefined && seen.length < 40);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(stay));
  });

  test.each([
    'x',
    'null',
    place({}),
    place([]),
    place(['x']),
    place([randomUUID(), randomUUID(), 1]),
    place([1e300, 'x']),
    place(['\0']),
    place([null, null]),
  ])('take no cursor that they have not given: %s', async (cursor) => {
    const { status, body } = await ask({
      ...listRoles,
      path: `${listRoles.path}?cursor=${encodeURIComponent(cursor)}`,
    } as never);
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toMatchObject([{ pointer: '/cursor', code: 'bad_cursor' }]);
  });

  test.each(['0', '101', '-1', '1.5', 'x', '', '1e2', '1&limit=2'])('take no limit but 1 to 100: %s', async (limit) => {
    const { status, body } = await ask({ ...listRoles, path: `${listRoles.path}?limit=${limit}` } as never);
    expect([status, body.code]).toEqual([422, 'validation_failed']);
  });
});

describe('the order of checks', () => {
  const create = routeNamed('createRole');
  const bad = '{"name": 3, "extra": 1}';

  test('is 413, 401, 404, 422', async () => {
    const huge = Buffer.alloc(1_048_577, 'x').toString('latin1');
    const steps: [string, Parameters<typeof ask>[1], number][] = [
      ['too large, from nobody', { headers: { authorization: '' }, body: huge }, 413],
      ['bad, from nobody', { headers: { authorization: '' }, body: bad }, 401],
      ['bad, of another type', { headers: { 'content-type': 'text/plain' }, body: bad }, 415],
      ['no JSON', { body: '{' }, 400],
      ['bad', { body: bad }, 422],
    ];
    for (const [what, init, status] of steps) expect([what, (await ask(create, init)).status]).toEqual([what, status]);
    const elsewhere = { ...create, path: create.path.replace(':organization_id', randomUUID()) } as ManagedRoute;
    expect((await ask(elsewhere, { body: bad })).status).toBe(404);
  });

  test('422 names every fault at once, with what is accepted', async () => {
    const { body } = await ask(create, { body: bad });
    expect(
      (body.errors as { pointer: string; code: string }[])
        .map(({ pointer, code }) => `${pointer} ${code}`)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['/extra unknown_member', '/name wrong_type', '/permissions required']);
  });
});

describe('pages of other origins', () => {
  test('may read where they are configured, errors too', async () => {
    for (const authorization of [`Bearer ${token}`, 'Bearer wrong']) {
      const { headers } = await getMe(CORS, 'GET', { authorization });
      expect(headers.get('access-control-allow-origin')).toBe(CORS);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('access-control-expose-headers')).toContain('ETag');
      expect(headers.get('vary')).toBe('Origin');
    }
    const preflight = await getMe(CORS, 'OPTIONS', { 'access-control-request-method': 'PATCH' });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ]);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
  });

  test('may not where they are not', async () => {
    for (const origin of ['https://evil.example', `${CORS}.evil.example`, 'null', CORS.replace('https', 'http')]) {
      const { headers } = await getMe(origin);
      expect([origin, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
        origin,
        null,
        'Origin',
      ]);
      const preflight = await getMe(origin, 'OPTIONS', { 'access-control-request-method': 'GET' });
      expect(preflight.headers.get('access-control-allow-methods')).toBeNull();
    }
  });
});

describe('the calls of a minute', () => {
  let other: ApiProcess;
  let small: TestPlatform;
  beforeAll(async () => {
    [small, other] = await Promise.all([
      startPlatform({ callsAMinute: 10, trustedProxies: ['127.0.0.1'] }),
      startApiProcess({ PLIMSOLL_CALLS_A_MINUTE: '10' }),
    ]);
  });
  afterAll(async () => {
    await other?.stop();
    await small?.close();
  });

  test('are held for an address where nobody is known, whatever it tries', async () => {
    const guess = (i: number) => ({ authorization: `Bearer plm_${i}`, 'x-forwarded-for': address });
    const address = randomAddress();
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push((await fetch(`${small.url}/v1/users/me`, { headers: guess(i) })).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  test('are those of a whole IPv6 network of 64 bits, as nobody has fewer addresses', async () => {
    const network = randomAddress().replace(/::1$/, '');
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const headers = { authorization: `Bearer plm_${i}`, 'x-forwarded-for': `${network}::${i + 1}` };
      statuses.push((await fetch(`${small.url}/v1/users/me`, { headers })).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  test('are counted by each process alone while Redis is away, and the answers say so', async () => {
    const redis = await startRedis();
    const alone = await startPlatform({ callsAMinute: 10, redisUrl: redis.url });
    try {
      const own = await aToken(alone.db, { user_id: (await aPerson(alone.db)).id });
      const get = () => fetch(`${alone.url}/v1/users/me`, { headers: { authorization: `Bearer ${own}` } });
      expect((await get()).headers.get('plimsoll-degraded')).toBeNull();
      await redis.kill();
      const answers = [];
      for (let i = 0; i < 12; i += 1) answers.push(await get());
      expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429]);
      expect(answers.map(({ headers }) => headers.get('plimsoll-degraded'))).toEqual(answers.map(() => 'redis'));
    } finally {
      await alone.close();
      await redis.stop();
    }
  });

  test('are held exactly over all processes, for each caller', async () => {
    const person = await aPerson(small.db);
    for (let round = 0; round < 2; round += 1) {
      const own = await aToken(small.db, { user_id: person.id });
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          fetch(`${i % 2 === 0 ? small.url : other.url}/v1/users/me`, { headers: { authorization: `Bearer ${own}` } }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
      const refused = answers.filter(({ status }) => status !== 200);
      for (const each of refused) {
        expect([each.status, each.headers.get('ratelimit-remaining')]).toEqual([429, '0']);
        const wait = Number(each.headers.get('retry-after'));
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(60);
        expect(((await each.json()) as { code: string }).code).toBe('rate_limited');
      }
    }
  });
});
