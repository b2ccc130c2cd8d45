import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aSignedInPerson } from '../../support/account-people.ts';
import { type ApiProcess, startApiProcess } from '../../support/api-process.ts';
import { aToken, ownedBy } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import type { Visitor } from '../../support/visitor.ts';
import { waitUntil } from '../../support/wait.ts';
import { cookieOf } from './world.ts';

let platform: TestPlatform;
let other: ApiProcess;
let organizationId: string;
let userId: string;
let browser: Visitor;
let token: string;

beforeAll(async () => {
  [platform, other] = await Promise.all([
    startPlatform({ callsAMinute: 100_000 }),
    startApiProcess({ PLIMSOLL_CALLS_A_MINUTE: '100000' }),
  ]);
  ({ id: userId, browser } = await aSignedInPerson(platform));
  ({ id: organizationId } = await platform.anOrganization({ plan: 'enterprise' }));
  await ownedBy(platform.db, organizationId, userId);
  token = await aToken(platform.db, { user_id: userId });
});
afterAll(async () => {
  await other?.stop();
  await platform?.close();
});

interface Asked {
  url?: string;
  key?: string;
  by?: string | Visitor;
  path?: string;
}

async function post(body: unknown, { url = platform.url, key, by = token, path = 'roles' }: Asked = {}) {
  const response = await fetch(`${url}/v1/organizations/${organizationId}/${path}`, {
    method: 'POST',
    headers: {
      ...(typeof by === 'string' ? { authorization: `Bearer ${by}` } : { ...cookieOf(by), origin: url }),
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    isReplayed: response.headers.get('idempotent-replayed') === 'true',
    retryAfter: response.headers.get('retry-after'),
  };
}

function aRole(): { name: string; permissions: string[] } {
  return { name: `role ${randomUUID()}`, permissions: ['members:view'] };
}

/** Resolves when somebody waits for what a transaction holds: a request that has its key by then. */
async function waitsFor(held: Knex.Transaction): Promise<void> {
  const { rows } = await held.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
  await waitUntil('a request waits for the lock', async () => {
    const waiting = await platform.db.raw<{ rows: unknown[] }>(
      'select 1 from pg_stat_activity where ? = any(pg_blocking_pids(pid))',
      [rows[0]!.pid],
    );
    return waiting.rows.length > 0;
  });
}

async function rolesNamed(name: string): Promise<number> {
  return (await platform.db('roles').where({ organization_id: organizationId, name })).length;
}

describe('a request with an Idempotency-Key', () => {
  test('is done once, and answered again with what it was answered first, by every process', async () => {
    const [role, key] = [aRole(), randomUUID()];
    const first = await post(role, { key });
    expect([first.status, first.isReplayed]).toEqual([201, false]);
    for (const url of [platform.url, other.url]) {
      const again = await post(role, { key, url });
      expect(again).toEqual({ ...first, isReplayed: true });
    }
    expect(await rolesNamed(role.name)).toBe(1);
    expect(await platform.db('audit_entries').where({ target_id: first.body.id, action: 'role.created' })).toHaveLength(
      1,
    );
  });

  test('is done once however many come at the same time, to two processes', async () => {
    const [role, key] = [aRole(), randomUUID()];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => post(role, { key, url: i % 2 === 0 ? platform.url : other.url })),
    );
    const done = answers.filter(({ status }) => status === 201);
    expect(done.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect(new Set(done.map(({ body }) => body.id)).size).toBe(1);
    const rest = answers.filter(({ status }) => status !== 201);
    for (const { status, body, retryAfter } of rest) {
      expect([status, body.code, retryAfter]).toEqual([409, 'idempotency_running', '1']);
    }
    expect(await rolesNamed(role.name)).toBe(1);
  });

  test('is told at once that the first one is still running', async () => {
    const [wanted, key] = [{ name: 'script', scopes: ['members:view'] }, randomUUID()];
    const asked = { key, path: 'access-tokens', by: browser };
    const held = await platform.db.transaction();
    try {
      await held('organizations').where({ id: organizationId }).forUpdate().first('id');
      const first = post(wanted, asked);
      await waitsFor(held);
      const second = await post(wanted, { ...asked, url: other.url });
      expect(second).toMatchObject({ status: 409, body: { code: 'idempotency_running' }, retryAfter: '1' });
      await held.rollback();
      const done = await first;
      expect(done).toMatchObject({ status: 201, isReplayed: false });
      // A secret that is shown once is shown again to whoever repeats the request that made it.
      expect(await post(wanted, { ...asked, url: other.url })).toEqual({ ...done, isReplayed: true });
    } finally {
      if (!held.isCompleted()) await held.rollback();
    }
  });

  test('whose process is killed in the middle is done by the next one, once', async () => {
    const [wanted, key] = [{ name: `script ${randomUUID()}`, scopes: ['members:view'] }, randomUUID()];
    const asked = { key, path: 'access-tokens', by: browser };
    const doomed = await startApiProcess();
    const held = await platform.db.transaction();
    await held('organizations').where({ id: organizationId }).forUpdate().first('id');
    const first = post(wanted, { ...asked, url: doomed.url }).then(
      () => 'answered',
      () => 'lost',
    );
    await waitsFor(held);
    doomed.signal('SIGKILL');
    await doomed.ended;
    expect(await first).toBe('lost');
    await held.rollback();
    const done = await waitUntil('the key is free', async () => {
      const answer = await post(wanted, asked);
      return answer.status === 409 ? undefined : answer;
    });
    expect(done).toMatchObject({ status: 201, isReplayed: false });
    expect(await platform.db('access_tokens').where({ name: wanted.name })).toHaveLength(1);
  });

  test('is refused where the key belongs to another body or another path', async () => {
    const [role, key] = [aRole(), randomUUID()];
    await post(role, { key });
    expect((await post({ ...role, name: 'Another' }, { key })).body).toMatchObject({
      status: 422,
      code: 'idempotency_conflict',
    });
    const elsewhere = { email: 'ann@example.com', role_id: randomUUID() };
    const refused = await post(elsewhere, { key, path: 'invites' });
    expect(refused.body).toMatchObject({ status: 422, code: 'idempotency_conflict' });
    expect(await rolesNamed('Another')).toBe(0);
  });

  test('that was refused is decided anew', async () => {
    const [role, key] = [aRole(), randomUUID()];
    const taken = await post(role);
    expect((await post(role, { key })).body.code).toBe('name_taken');
    await platform.db('roles').where({ id: taken.body.id }).delete();
    expect(await post(role, { key })).toMatchObject({ status: 201, isReplayed: false });
  });

  test('has its key for itself: that of another caller is another key', async () => {
    const key = randomUUID();
    const others = await aToken(platform.db, { user_id: userId });
    const [first, second] = [await post(aRole(), { key }), await post(aRole(), { key, by: others })];
    expect([first, second].map(({ status, isReplayed }) => [status, isReplayed])).toEqual([
      [201, false],
      [201, false],
    ]);
    expect(first.body.id).not.toBe(second.body.id);
  });

  test('may be repeated for a day', async () => {
    const [role, key] = [aRole(), randomUUID()];
    const dayMs = 24 * 3_600_000;
    const nowMs = Date.now();
    try {
      platform.clock.nowMs = nowMs;
      await post(role, { key });
      platform.clock.nowMs = nowMs + dayMs - 1;
      expect((await post(role, { key })).isReplayed).toBe(true);
      platform.clock.nowMs = nowMs + dayMs;
      expect((await post(role, { key })).body.code).toBe('name_taken');
    } finally {
      platform.clock.nowMs = undefined;
    }
  });

  test('keeps its answer encrypted, bound to its own row', async () => {
    const [role, key] = [aRole(), randomUUID()];
    await post(role, { key });
    const row = await platform.db('idempotency_keys').where({ key }).first<{ answer: string; caller: string }>();
    expect(row.answer).toMatch(/^[A-Za-z0-9]+:[A-Za-z0-9+/=]+$/);
    expect(Buffer.from(row.answer.split(':')[1]!, 'base64').toString('latin1')).not.toContain('role');
    const moved = randomUUID();
    await platform.db('idempotency_keys').where({ key }).update({ key: moved });
    expect((await post(role, { key: moved })).status).toBe(500);
    await platform.db('idempotency_keys').where({ key: moved }).delete();
  });

  test.each([' ', 'ä'.repeat(3), 'x'.repeat(256), 'a b'])('is refused with a key that is none: %j', async (key) => {
    const { status, body } = await post(aRole(), { key: Buffer.from(key).toString('latin1') });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors).toMatchObject([{ pointer: '/Idempotency-Key', code: 'bad_key' }]);
  });
});
