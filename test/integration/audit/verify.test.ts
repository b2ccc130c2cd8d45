import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEntry, sealEntry } from '../../../domain/audit/entry.ts';
import { audit } from '../../../store/audit.ts';
import { sha256Hex } from '../../../store/audit-chain.ts';
import { findBreak, listEntries, readEntries } from '../../../store/audit-log.ts';
import { connectDatabase } from '../../../store/database.ts';
import { write } from '../../support/acting.ts';
import { plimsoll } from '../../support/cli.ts';
import { testStack } from '../../support/stack.ts';

let db: Knex;
let folder: string;
beforeAll(() => {
  db = connectDatabase({ ...testStack().config, databasePoolSize: 4 }, 'plimsoll-test');
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-audit-'));
});
afterAll(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

async function aChain(length = 6): Promise<string> {
  const organizationId = randomUUID();
  for (let i = 1; i <= length; i += 1) {
    const target = { type: 'thing', id: `${i}` };
    await write(db, (trx) =>
      audit(trx, {
        organizationId,
        action: 'thing.changed',
        target,
        before: { n: i },
        after: { n: i + 1, text: 'ü\u2028"' },
      }),
    );
  }
  return organizationId;
}

/** Writes as somebody who owns the database does: past every trigger. */
const tamper = (work: (trx: Knex.Transaction) => Promise<unknown>): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw(`set local session_replication_role = 'replica'`);
    await work(trx);
  });

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
      await trx('audit_entries').insert({
        ...row,
        seq: 4,
        before: JSON.stringify(row['before']),
        after: JSON.stringify(row['after']),
        at: new Date(row['at'] as number),
      });
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
];

/** Changes an entry and computes all that follow anew: what whoever owns the database can do. */
async function rechain(trx: Knex.Transaction, chainId: string, from: number): Promise<AuditEntry> {
  let entries: AuditEntry[] = await listEntries(trx, chainId, { sinceMs: null, limit: 100, afterSeq: from - 1 });
  let previous = entries[0]!.previous_hash;
  entries = entries.map(({ hash: _old, ...content }) => {
    const sealed = sealEntry({ ...content, after: { forged: true }, previous_hash: previous }, sha256Hex);
    previous = sealed.hash;
    return sealed;
  });
  for (const { seq, hash, previous_hash, after } of entries)
    await trx('audit_entries')
      .where({ chain_id: chainId, seq })
      .update({
        after: JSON.stringify(after),
        hash: Buffer.from(hash, 'hex'),
        previous_hash: Buffer.from(previous_hash, 'hex'),
      });
  return entries.at(-1)!;
}

async function exported(chainId: string): Promise<string> {
  const lines: string[] = [];
  for await (const page of readEntries(db, chainId, { sinceMs: null }))
    for (const each of page) lines.push(JSON.stringify(each));
  return lines.join('\n');
}

async function verifyOffline(text: string): Promise<{ code: number | null; result: Record<string, unknown> }> {
  const file = join(folder, `${randomUUID()}.ndjson`);
  writeFileSync(file, text);
  const { code, stdout } = await plimsoll(['audit', 'verify', file, '--json']);
  return { code, result: JSON.parse(stdout) as Record<string, unknown> };
}

describe('a chain', () => {
  test('that nobody touched verifies, on the server and offline, whole or from any entry on', async () => {
    const chain = await aChain();
    expect(await findBreak(db, chain)).toMatchObject({ verified: { entries: 6, seq: 6 }, broken: undefined });
    const text = await exported(chain);
    expect(await verifyOffline(text)).toMatchObject({ code: 0, result: { entries: 6, first_seq: 1, broken: 'no' } });
    const part = text.split('\n').slice(2).join('\n');
    expect(await verifyOffline(part)).toMatchObject({ code: 0, result: { entries: 4, first_seq: 3, broken: 'no' } });
  });

  test('that does not exist yet verifies', async () => {
    expect(await findBreak(db, randomUUID())).toMatchObject({ verified: { entries: 0 }, broken: undefined });
  });

  test.each(FRAUDS)('shows where %s', async (_what, act, broken) => {
    const chain = await aChain();
    await tamper((trx) => act(trx, chain));
    expect((await findBreak(db, chain)).broken).toEqual(broken);
  });

  test('shows offline which line was edited', async () => {
    const lines = (await exported(await aChain())).split('\n');
    lines[3] = lines[3]!.replace('"n":5', '"n":6');
    expect(await verifyOffline(lines.join('\n'))).toMatchObject({
      code: 1,
      result: { entries: 3, broken: 'entry 4: changed' },
    });
  });

  test('written anew with its head verifies: only a copy, or a signature of the head, tells', async () => {
    const chain = await aChain();
    const copy = await exported(chain);
    await tamper(async (trx) => {
      const last = await rechain(trx, chain, 3);
      await trx('audit_heads')
        .where({ chain_id: chain })
        .update({ hash: Buffer.from(last.hash, 'hex') });
    });
    expect((await findBreak(db, chain)).broken).toBeUndefined();
    expect(await exported(chain)).not.toBe(copy);
  });
});
