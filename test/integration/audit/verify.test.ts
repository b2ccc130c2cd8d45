import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuditKeys } from '../../../runtime/audit-keys.ts';
import { audit } from '../../../store/audit.ts';
import { findBreak } from '../../../store/audit-log.ts';
import { connectDatabase } from '../../../store/database.ts';
import { write } from '../../support/acting.ts';
import { plimsoll } from '../../support/cli.ts';
import { aPlatformDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';
import { aChain, exported, rechain, tamper, verifyOffline } from './chains.ts';

let db: Knex;
/** Of the platform, whose worker may sign these chains too. */
let keys: AuditKeys;
beforeAll(() => {
  keys = new AuditKeys(testStack().config.auditKeys);
  db = connectDatabase({ ...testStack().config, databasePoolSize: 4 }, 'plimsoll-test');
});
afterAll(() => db.destroy());

/** What was done to a chain of six, and where it shows. */
const FRAUDS: [
  string,
  (trx: Knex.Transaction, chain_id: string) => Promise<unknown>,
  { seq: number; reason: string },
][] = [
  [
    'an entry is edited',
    (trx, chain_id) => trx('audit_entries').where({ chain_id, seq: 3 }).update({ after: '{"n":99}' }),
    { seq: 3, reason: 'changed' },
  ],
  [
    'who did it is edited',
    (trx, chain_id) => trx('audit_entries').where({ chain_id, seq: 2 }).update({ actor_id: 'eve' }),
    { seq: 2, reason: 'changed' },
  ],
  [
    'an entry is deleted',
    (trx, chain_id) => trx('audit_entries').where({ chain_id, seq: 3 }).delete(),
    { seq: 4, reason: 'out_of_order' },
  ],
  [
    'the first entry is deleted',
    (trx, chain_id) => trx('audit_entries').where({ chain_id, seq: 1 }).delete(),
    { seq: 1, reason: 'out_of_order' },
  ],
  [
    'two entries are swapped',
    async (trx, chain_id) => {
      await trx('audit_entries').where({ chain_id, seq: 3 }).update({ seq: 1000 });
      await trx('audit_entries').where({ chain_id, seq: 4 }).update({ seq: 3 });
      await trx('audit_entries').where({ chain_id, seq: 1000 }).update({ seq: 4 });
    },
    { seq: 3, reason: 'not_linked' },
  ],
  [
    'the tail is cut off',
    (trx, chain_id) => trx('audit_entries').where({ chain_id }).where('seq', '>', 4).delete(),
    { seq: 5, reason: 'not_the_head' },
  ],
  [
    'all is deleted',
    (trx, chain_id) => trx('audit_entries').where({ chain_id }).delete(),
    { seq: 1, reason: 'not_the_head' },
  ],
  [
    'an entry is inserted, and those behind it moved on',
    async (trx, chain_id) => {
      await trx('audit_entries')
        .where({ chain_id })
        .where('seq', '>', 3)
        .update({ seq: trx.raw('seq + 1000') });
      await trx('audit_entries')
        .where({ chain_id })
        .where('seq', '>', 1000)
        .update({ seq: trx.raw('seq - 999') });
      const row = await trx('audit_entries').where({ chain_id, seq: 3 }).first<Record<string, unknown>>('*');
      await trx('audit_entries').insert(copyOf(row, 4));
    },
    { seq: 4, reason: 'not_linked' },
  ],
  [
    'the tail is written anew from the third entry on, while the head stays',
    async (trx, chain_id) => {
      await rechain(trx, chain_id, 3);
    },
    { seq: 6, reason: 'not_the_head' },
  ],
  [
    'an entry is appended and linked, while the head stays',
    async (trx, chain_id) => {
      const row = await trx('audit_entries').where({ chain_id, seq: 6 }).first<Record<string, unknown>>('*');
      await trx('audit_entries').insert({ ...copyOf(row, 7), previous_hash: row['hash'] });
      await rechain(trx, chain_id, 7);
    },
    { seq: 7, reason: 'not_the_head' },
  ],
];

const copyOf = (row: Record<string, unknown>, seq: number): Record<string, unknown> => ({
  ...row,
  seq,
  before: JSON.stringify(row['before']),
  after: JSON.stringify(row['after']),
  at: new Date(row['at'] as number),
});

describe('a chain', () => {
  test('that nobody touched verifies, on the server and offline, whole or from any entry on', async () => {
    const chain = await aChain(db);
    expect(await findBreak(db, chain, keys.verify)).toMatchObject({
      verified: { entries: 6, seq: 6 },
      broken: undefined,
    });
    const text = await exported(db, chain);
    expect(await verifyOffline(text)).toMatchObject({ code: 0, result: { entries: 6, first_seq: 1, broken: 'no' } });
    const part = text.split('\n').slice(2).join('\n');
    expect(await verifyOffline(part)).toMatchObject({ code: 0, result: { entries: 4, first_seq: 3, broken: 'no' } });
  });

  test('that does not exist yet verifies', async () => {
    expect(await findBreak(db, randomUUID(), keys.verify)).toMatchObject({
      verified: { entries: 0 },
      broken: undefined,
    });
  });

  test.each(FRAUDS)('shows where %s', async (_what, act, broken) => {
    const chain = await aChain(db);
    await tamper(db, (trx) => act(trx, chain));
    expect((await findBreak(db, chain, keys.verify)).broken).toEqual(broken);
  });

  test('shows offline which line was edited', async () => {
    const lines = (await exported(db, await aChain(db))).split('\n');
    lines[3] = lines[3]!.replace('"n":5', '"n":6');
    expect(await verifyOffline(lines.join('\n'))).toMatchObject({
      code: 1,
      result: { entries: 3, broken: 'entry 4: changed' },
    });
  });
});

describe('plimsoll audit export', () => {
  test("gives the platform's own chain, with who was made staff, and what it gives verifies", async () => {
    const database = await aPlatformDatabase();
    const scratch = database.connect();
    const { url } = database;
    try {
      const who = randomUUID();
      await write(scratch, (trx) =>
        audit(trx, { organizationId: null, action: 'user.staff_changed', target: { type: 'user', id: who } }),
      );
      const { code, stdout } = await plimsoll(['audit', 'export'], { DATABASE_URL: url });
      expect(code).toBe(0);
      const lines = stdout.trim().split('\n');
      const last = JSON.parse(lines.at(-1)!) as { organization_id: null; target: { id: string } };
      expect([last.organization_id, last.target.id]).toEqual([null, who]);
      expect(await verifyOffline(stdout)).toMatchObject({ code: 0, result: { entries: lines.length, broken: 'no' } });
      const none = await plimsoll(['audit', 'export', '--organization', 'nobody'], { DATABASE_URL: url });
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("organization as 'nobody'")]);
    } finally {
      await database.drop();
    }
  });
});
