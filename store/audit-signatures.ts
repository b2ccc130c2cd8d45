import type { Knex } from 'knex';
import type { AuditSignature } from '../domain/audit/signature.ts';
import { PLATFORM_CHAIN } from './audit-chain.ts';

/** The end of a chain that nobody has signed yet. */
export interface UnsignedHead {
  chainId: string;
  /** Whose chain it is; `null`: the platform's own. */
  organizationId: string | null;
  seq: number;
  hash: string;
  /** Epoch milliseconds by the database's clock, which entries go by too. */
  nowMs: number;
}

/** Chains that have grown since they were signed last, or never were, behind `afterChainId`. */
export async function listUnsignedHeads(
  db: Knex,
  { afterChainId, limit }: { afterChainId: string | null; limit: number },
): Promise<UnsignedHead[]> {
  const query = db('audit_heads as head')
    .where('head.seq', '>', 0)
    .whereNotExists(
      db('audit_signatures as signed').whereRaw('signed.chain_id = head.chain_id and signed.seq >= head.seq'),
    )
    .orderBy('head.chain_id')
    .limit(limit);
  if (afterChainId !== null) query.where('head.chain_id', '>', afterChainId);
  const rows = await query.select<{ chain_id: string; seq: number; hash: Buffer; now: number }[]>(
    'head.chain_id',
    'head.seq',
    'head.hash',
    db.raw('clock_timestamp()::timestamptz(3) as now'),
  );
  return rows.map(({ chain_id, seq, hash, now }) => ({
    chainId: chain_id,
    organizationId: organizationOf(chain_id),
    seq,
    hash: hash.toString('hex'),
    nowMs: now,
  }));
}

/** Keeps signatures; of two for one place the first stays, so doing it again is harmless. Gives how many are new. */
export async function keepSignatures(db: Knex, signatures: readonly AuditSignature[]): Promise<number> {
  if (signatures.length === 0) return 0;
  const kept = await db('audit_signatures')
    .insert(
      signatures.map((each) => ({
        chain_id: each.organization_id ?? PLATFORM_CHAIN,
        seq: each.seq,
        hash: Buffer.from(each.hash, 'hex'),
        signed_at: each.signed_at,
        key_id: each.key_id,
        signature: Buffer.from(each.signature, 'base64'),
      })),
    )
    .onConflict(['chain_id', 'seq'])
    .ignore()
    .returning('seq');
  return kept.length;
}

/** The signatures of entries from `fromSeq` to `toSeq`, both included, the oldest first. */
export async function listSignatures(
  db: Knex,
  organizationId: string | null,
  { fromSeq, toSeq }: { fromSeq: number; toSeq: number },
): Promise<AuditSignature[]> {
  const rows = await db('audit_signatures')
    .where({ chain_id: organizationId ?? PLATFORM_CHAIN })
    .whereBetween('seq', [fromSeq, toSeq])
    .orderBy('seq')
    .select<SignatureRow[]>('chain_id', 'seq', 'hash', 'signed_at', 'key_id', 'signature');
  return rows.map((row) => ({
    type: 'signature',
    version: 1,
    organization_id: organizationOf(row.chain_id),
    seq: row.seq,
    hash: row.hash.toString('hex'),
    signed_at: new Date(row.signed_at).toISOString(),
    key_id: row.key_id,
    signature: row.signature.toString('base64'),
  }));
}

/** The last entry of a chain that was ever signed, whatever the chain is now; 0 where none was. */
export async function readLastSignedSeq(db: Knex, organizationId: string | null): Promise<number> {
  const row = await db('audit_signatures')
    .where({ chain_id: organizationId ?? PLATFORM_CHAIN })
    .orderBy('seq', 'desc')
    .first<{ seq: number } | undefined>('seq');
  return row?.seq ?? 0;
}

interface SignatureRow {
  chain_id: string;
  seq: number;
  hash: Buffer;
  signed_at: number;
  key_id: string;
  signature: Buffer;
}

function organizationOf(chainId: string): string | null {
  return chainId === PLATFORM_CHAIN ? null : chainId;
}
