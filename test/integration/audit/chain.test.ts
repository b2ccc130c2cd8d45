import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Actor, actIn, acting } from '../../../store/acting.ts';
import { audit } from '../../../store/audit.ts';
import { connectDatabase } from '../../../store/database.ts';
import { testStack } from '../../support/stack.ts';

let db: Knex;
let other: Knex;
beforeAll(() => {
  const { config } = testStack();
  db = connectDatabase({ ...config, databasePoolSize: 10 }, 'plimsoll-test');
  other = connectDatabase({ ...config, databasePoolSize: 10 }, 'plimsoll-test-2');
});
afterAll(async () => {
  await db.destroy();
  await other.destroy();
});

const ADA: Actor = { kind: 'user', id: randomUUID() };
const thing = (id: string) => ({ action: 'thing.changed', target: { type: 'thing', id } });

interface Row {
  seq: number;
  hash: Buffer;
  previous_hash: Buffer;
  at: number;
  target_id: string;
}

const entriesOf = (chainId: string): Promise<Row[]> =>
  db('audit_entries').where({ chain_id: chainId }).orderBy('seq').select<Row[]>('*');

function expectChain(rows: readonly Row[]): void {
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
  let previous: Buffer = Buffer.alloc(32);
  for (const row of rows) {
    expect(row.previous_hash).toEqual(previous);
    previous = row.hash;
  }
}

async function both(pool: Knex, order: string[]): Promise<void> {
  await acting(pool, ADA, async (trx) => {
    for (const organizationId of order) await audit(trx, { organizationId, ...thing('x') });
  });
}

describe('a chain', () => {
  test('has no gap and no fork after a hundred transactions at once, by two pools', async () => {
    const organizationId = randomUUID();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        acting(i % 2 ? db : other, ADA, async (trx) => {
          await audit(trx, { organizationId, ...thing(`${i} a`) });
          await audit(trx, { organizationId, ...thing(`${i} b`) });
        }),
      ),
    );
    const rows = await entriesOf(organizationId);
    expect(rows).toHaveLength(200);
    expectChain(rows);
    expect(rows.every((row, i) => i === 0 || row.at >= rows[i - 1]!.at)).toBe(true);
    // What one transaction did stands together.
    for (let i = 0; i < 200; i += 2) expect(rows[i + 1]!.target_id).toBe(rows[i]!.target_id.replace('a', 'b'));
  });

  test('gets nothing of a transaction that is rolled back, and no gap either', async () => {
    const organizationId = randomUUID();
    await acting(db, ADA, (trx) => audit(trx, { organizationId, ...thing('first') }));
    const failed = acting(db, ADA, async (trx) => {
      await audit(trx, { organizationId, ...thing('never') });
      throw new Error('undone');
    });
    await expect(failed).rejects.toThrow('undone');
    await acting(db, ADA, (trx) => audit(trx, { organizationId, ...thing('second') }));
    const rows = await entriesOf(organizationId);
    expect(rows.map(({ target_id }) => target_id)).toEqual(['first', 'second']);
    expectChain(rows);
  });

  test('is locked last: two transactions that change two organisations in opposite order both commit', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await Promise.all(Array.from({ length: 20 }, (_, i) => both(i % 2 ? db : other, i % 2 ? [one, two] : [two, one])));
    expectChain(await entriesOf(one));
    expect(await entriesOf(two)).toHaveLength(20);
  });

  test('keeps who, from where, and what was before and after', async () => {
    const organizationId = randomUUID();
    const userId = randomUUID();
    const origin = { ip: '192.0.2.7', userAgent: 'x'.repeat(1000), requestId: 'req-1' };
    await acting(
      db,
      { kind: 'token', id: 'token-1', userId },
      (trx) => audit(trx, { organizationId, ...thing('t'), before: { aB: 1, c: 2 }, after: { aB: 3, c: 2 } }),
      origin,
    );
    const [row] = await entriesOf(organizationId);
    expect(row).toMatchObject({
      actor_kind: 'token',
      actor_id: 'token-1',
      actor_user_id: userId,
      before: { a_b: 1 },
      after: { a_b: 3 },
      ip: '192.0.2.7',
      user_agent: 'x'.repeat(512),
      request_id: 'req-1',
    });
  });
});

describe('who acts', () => {
  test('must be known: a write in a transaction without an actor is refused', async () => {
    const attempt = db.transaction((trx) => audit(trx, { organizationId: null, ...thing('x') }));
    await expect(attempt).rejects.toThrow('Nobody acts in this transaction');
  });

  test('is one: acting does not nest', async () => {
    await expect(acting(db, ADA, (trx) => acting(trx, ADA, async () => {}))).rejects.toThrow('of its own');
    await expect(acting(db, ADA, (trx) => actIn(trx, ADA, async () => {}))).rejects.toThrow('already');
  });

  test('may act in a transaction that somebody else opened', async () => {
    const organizationId = randomUUID();
    await db.transaction((trx) => actIn(trx, ADA, () => audit(trx, { organizationId, ...thing('x') })));
    expect(await entriesOf(organizationId)).toHaveLength(1);
  });
});

describe('the tables', () => {
  test.each([
    [
      'an entry',
      'edited',
      (trx: Knex, id: string) => trx('audit_entries').where({ chain_id: id }).update({ action: 'a.b' }),
    ],
    ['an entry', 'deleted', (trx: Knex, id: string) => trx('audit_entries').where({ chain_id: id }).delete()],
    ['all entries', 'emptied', (trx: Knex) => trx.raw('truncate audit_entries')],
    ['a head', 'put back', (trx: Knex, id: string) => trx('audit_heads').where({ chain_id: id }).update({ seq: 0 })],
    [
      'a head',
      'written anew',
      (trx: Knex, id: string) =>
        trx('audit_heads')
          .where({ chain_id: id })
          .update({ hash: Buffer.alloc(32) }),
    ],
    ['a head', 'deleted', (trx: Knex, id: string) => trx('audit_heads').where({ chain_id: id }).delete()],
    ['all heads', 'emptied', (trx: Knex) => trx.raw('truncate audit_heads')],
    ['all signatures', 'emptied', (trx: Knex) => trx.raw('truncate audit_signatures')],
  ] as const)('refuse %s being %s', async (_what, _how, act) => {
    const organizationId = randomUUID();
    await acting(db, ADA, (trx) => audit(trx, { organizationId, ...thing('x') }));
    await expect(db.transaction(async (trx) => await act(trx, organizationId))).rejects.toThrow(
      /never changed|only ever grows/,
    );
  });
});
