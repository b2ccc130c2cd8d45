import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../../store/audit.ts';
import { createCarrying } from '../../../store/carried.ts';
import { connectDatabase } from '../../../store/database.ts';
import { pruneEnded } from '../../../store/ended-sessions.ts';
import { anAddress, PASSWORD, signIn } from '../../support/account-people.ts';
import { startApiProcess } from '../../support/api-process.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { testStack } from '../../support/stack.ts';
import { Visitor } from '../../support/visitor.ts';

const { config } = testStack();
const db = connectDatabase({ ...config, databasePoolSize: 2 }, 'plimsoll-test');
let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(async () => {
  await platform?.close();
  await db.destroy();
});

const carrying = createCarrying(db, (sql) => sql.includes('/* alone */'));
const as = { kind: 'user' as const, origin: { ip: null, userAgent: null, requestId: null } };

async function query(text: string, values: unknown[] = []) {
  const client = await carrying.pool.connect();
  try {
    return await client.query(text, values);
  } finally {
    client.release();
  }
}

const insert = (id: string, comment = '') =>
  query(`insert into users (id, name, email) values ($1, $2, $3) ${comment}`, [id, 'Ann', `${id}@example.com`]);
const isThere = async (id: string) => (await platform.db('users').where({ id })).length === 1;

describe('a request that a library writes in', () => {
  test('stands whole, with our own writes in it, put down to whom it turned out to be', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await carrying.carry(async () => {
      await insert(one);
      expect(await isThere(one)).toBe(false);
      // Within, one's own writes are seen.
      expect((await query('select id from users where id = $1', [one])).rows).toHaveLength(1);
      await insert(other);
      carrying.putDownTo(one);
      const target = { type: 'user', id: other };
      await audit(await carrying.transaction(), { organizationId: null, action: 'user.created', target });
    }, as);
    expect([await isThere(one), await isThere(other)]).toEqual([true, true]);
    const [entry] = await platform.db('audit_entries').where({ target_id: other });
    expect(entry).toMatchObject({ actor_kind: 'user', actor_id: one });
  });

  test('falls whole, whether it throws or a statement of it failed and was passed over', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const thrown = carrying.carry(async () => {
      await insert(one);
      throw new Error('no');
    }, as);
    await expect(thrown).rejects.toThrow('no');
    const passedOver = carrying.carry(async () => {
      await insert(other);
      await insert(other).catch(() => {});
      return 'all is well';
    }, as);
    await expect(passedOver).rejects.toMatchObject({ code: '23505' });
    expect([await isThere(one), await isThere(other)]).toEqual([false, false]);
  });

  test('holds no connection while it only reads, so that more may wait than there are connections', async () => {
    const all = Promise.withResolvers<void>();
    let reached = 0;
    const reads = Array.from({ length: 20 }, () =>
      carrying.carry(async () => {
        // Also where the library has begun what it calls a transaction.
        await query('begin');
        await query('select 1');
        reached += 1;
        if (reached === 20) all.resolve();
        // Of two connections, held meanwhile, eighteen would never come so far.
        await all.promise;
        const { rows } = await query('select 2 as two');
        await query('commit');
        return rows;
      }, as),
    );
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 20 }, () => [{ two: 2 }]));
  });

  test("takes the library's own transactions as parts of itself, which may fall alone", async () => {
    const [kept, undone] = [randomUUID(), randomUUID()];
    await carrying.carry(async () => {
      await query('begin');
      await insert(kept);
      await query('commit');
      await query('begin');
      await insert(undone);
      await query('rollback');
    }, as);
    expect([await isThere(kept), await isThere(undone)]).toEqual([true, false]);
  });

  test('commits at once what has to stand alone', async () => {
    const [alone, undone] = [randomUUID(), randomUUID()];
    const work = carrying.carry(async () => {
      await insert(undone);
      await insert(alone, '/* alone */');
      throw new Error('no');
    }, as);
    await expect(work).rejects.toThrow('no');
    expect([await isThere(alone), await isThere(undone)]).toEqual([true, false]);
  });

  test('is the only place for a transaction: elsewhere none would be what it says', async () => {
    await expect(query('BEGIN')).rejects.toThrow('nobody carries');
    expect(() => carrying.transaction()).toThrow('Nothing is being carried');
    const now = await query('select now() as at');
    expect((now.rows as { at: unknown }[])[0]!.at).toBeInstanceOf(Date);
  });
});

describe('signing up', () => {
  test('leaves nothing where its mail can not be written', async () => {
    const email = anAddress();
    // It refuses where it sees the account, and until that has committed nobody else does.
    await platform.db.raw(
      `create function refuse_mail() returns trigger language plpgsql as $$
       begin
         if exists (select from users where email = '${email}') then raise exception 'no mail today'; end if;
         return new;
       end $$`,
    );
    await platform.db.raw(
      'create trigger refuse_mail before insert on outbox for each row execute function refuse_mail()',
    );
    try {
      const answer = await new Visitor(platform.url).post('/auth/sign-up/email', {
        name: 'Ann',
        email,
        password: PASSWORD,
      });
      expect(answer.body).toMatchObject({ status: 500, code: 'internal_error' });
    } finally {
      await platform.db.raw('drop function refuse_mail() cascade');
    }
    expect(await platform.db('users').where({ email })).toEqual([]);
    expect(
      (await new Visitor(platform.url).post('/auth/sign-up/email', { name: 'Ann', email, password: PASSWORD })).status,
    ).toBe(200);
  });
});

describe('while Postgres is away', () => {
  test('accounts answer that it is, whoever asks', async () => {
    const api = await startApiProcess({
      DATABASE_URL: 'postgres://nobody:none@127.0.0.1:1/none',
      PLIMSOLL_DATABASE_TIMEOUT: 'PT0.3S',
    });
    try {
      const browser = new Visitor(api.url);
      for (const answer of [
        await signIn(browser, anAddress()),
        await browser.post('/auth/request-password-reset', { email: anAddress() }),
        await browser.post('/v1/portal/auth/sign-in/magic-link', { email: anAddress() }),
      ]) {
        expect(answer.body).toMatchObject({ status: 503, code: 'unavailable' });
        expect(answer.headers.get('retry-after')).toBe('2');
      }
    } finally {
      await api.stop();
    }
  });
});

describe('what has ended', () => {
  test('is forgotten in time, and nothing else', async () => {
    const id = randomUUID();
    await platform.db('users').insert({ id, name: 'Ann', email: `${id}@example.com` });
    const session = (token: string, expiresAtMs: number) => ({
      id: randomUUID(),
      user_id: id,
      token: `${id} ${token}`,
      expires_at: new Date(expiresAtMs),
    });
    await platform
      .db('user_sessions')
      .insert([session('ended', Date.now() - 1_000), session('living', Date.now() + 60_000)]);
    while ((await pruneEnded(db, { beforeMs: Date.now(), limit: 100 })) === 100);
    expect(await platform.db('user_sessions').where({ user_id: id }).pluck('token')).toEqual([`${id} living`]);
  });
});
