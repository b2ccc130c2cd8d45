import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { type AuditEntry, sealEntry } from '../../../domain/audit/entry.ts';
import { audit } from '../../../store/audit.ts';
import { sha256Hex } from '../../../store/audit-chain.ts';
import { listEntries, readSigned } from '../../../store/audit-log.ts';
import { write } from '../../support/acting.ts';
import { plimsoll } from '../../support/cli.ts';

/** Chains of the audit log, and what whoever owns the database can do to them. */

/** A chain of its own; gives whose it is. */
export async function aChain(db: Knex, length = 6): Promise<string> {
  const organizationId = randomUUID();
  await grow(db, organizationId, 1, length);
  return organizationId;
}

/** Appends the entries from the `from`th to the `to`th thing. */
export async function grow(db: Knex, organizationId: string, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i += 1) {
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
}

/** Writes as somebody who owns the database does: past every trigger. */
export const tamper = (db: Knex, work: (trx: Knex.Transaction) => Promise<unknown>): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw(`set local session_replication_role = 'replica'`);
    await work(trx);
  });

/** Changes an entry and computes all that follow anew: what whoever owns the database can do. Gives the last. */
export async function rechain(trx: Knex.Transaction, chainId: string, from: number): Promise<AuditEntry> {
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

/** Sets the head of a chain to an entry, as if it were the last. */
export async function setHead(trx: Knex.Transaction, chainId: string, { seq, hash }: AuditEntry): Promise<void> {
  await trx('audit_heads')
    .where({ chain_id: chainId })
    .update({ seq, hash: Buffer.from(hash, 'hex') });
}

/** The chain's export, signatures included. */
export async function exported(db: Knex, chainId: string): Promise<string> {
  const lines: string[] = [];
  for await (const page of readSigned(db, chainId, { sinceMs: null }))
    for (const each of page) lines.push(JSON.stringify(each));
  return lines.join('\n');
}

/** What `plimsoll audit verify` says of an export. */
export async function verifyOffline(
  text: string,
  { keys }: { keys?: string } = {},
): Promise<{ code: number | null; result: Record<string, unknown> }> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-audit-'));
  try {
    const file = join(folder, 'export.ndjson');
    writeFileSync(file, text);
    const { code, stdout } = await plimsoll(['audit', 'verify', file, ...(keys ? ['--keys', keys] : []), '--json']);
    return { code, result: JSON.parse(stdout) as Record<string, unknown> };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
