import { type AuditEntry, contentHash, FIRST_PREVIOUS_HASH, type Sha256 } from './entry.ts';
import { type AuditSignature, signatureFault, type VerifyText } from './signature.ts';

/** The first place where a chain is not what it was written as. */
export interface ChainBreak {
  /** Of the entry at fault, as it names itself; of a truncated tail the first one that is missing. */
  seq: number;
  reason: BreakReason;
}

export type BreakReason =
  /** Its content does not have its hash. */
  | 'changed'
  /** Its number is not the next one: entries are missing, or stand elsewhere. */
  | 'out_of_order'
  /** It does not name the hash of the entry before it. */
  | 'not_linked'
  /** It belongs to another chain. */
  | 'of_another_chain'
  /** The chain ends before or after its head says, or with another entry. */
  | 'not_the_head'
  /** The entry at a signed place has another hash than was signed, or the chain ends before it. */
  | 'not_as_signed'
  /** What stands as the signature of this entry was not made by its key for this entry. */
  | 'signature_changed'
  /** Signed by a key that whoever verifies doesn't know. */
  | 'unknown_key';

/** How far a chain was verified. */
export interface Verified {
  organizationId: string | null | undefined;
  entries: number;
  firstSeq: number | null;
  seq: number;
  hash: string;
  /** How many signatures agreed, and the last of them. What came later can still be written anew unseen. */
  signatures: number;
  signed: { seq: number; at: string } | null;
}

/** Before the first entry. A part of a chain may begin anywhere: its first entry is taken at its word for what came before. */
export const NOTHING_VERIFIED: Verified = {
  organizationId: undefined,
  entries: 0,
  firstSeq: null,
  seq: 0,
  hash: FIRST_PREVIOUS_HASH,
  signatures: 0,
  signed: null,
};

/** Verifies the next entry behind those before; constant memory, whatever the length of the chain. */
export function verifyNext(before: Verified, entry: AuditEntry, sha256: Sha256): Verified | ChainBreak {
  const { seq, hash, organization_id: organizationId } = entry;
  const isFirst = before.entries === 0;
  if (!isFirst && organizationId !== before.organizationId) return { seq, reason: 'of_another_chain' };
  if (!isFirst && seq !== before.seq + 1) return { seq, reason: 'out_of_order' };
  const previous = isFirst && seq > 1 ? entry.previous_hash : before.hash;
  if (entry.previous_hash !== previous) return { seq, reason: 'not_linked' };
  if (contentHash(entry, sha256) !== hash) return { seq, reason: 'changed' };
  return { ...before, organizationId, entries: before.entries + 1, firstSeq: before.firstSeq ?? seq, seq, hash };
}

/** Verifies that the last of the entries before is the one that was signed: a signature stands right behind its entry. */
export function verifySigned(before: Verified, signed: AuditSignature, verify: VerifyText): Verified | ChainBreak {
  const { seq, hash, organization_id: organizationId } = signed;
  const reason = signatureFault(signed, verify);
  if (reason) return { seq, reason };
  if (before.entries > 0 && organizationId !== before.organizationId) return { seq, reason: 'of_another_chain' };
  // The entries from here on to the signed one are missing.
  if (seq > before.seq) return { seq: before.entries === 0 ? seq : before.seq + 1, reason: 'not_as_signed' };
  if (seq < before.seq) return { seq, reason: 'out_of_order' };
  if (hash !== before.hash) return { seq, reason: 'not_as_signed' };
  return { ...before, signatures: before.signatures + 1, signed: { seq, at: signed.signed_at } };
}

/** Whether what was verified ends where the chain's head is. */
export function verifyHead(verified: Verified, head: { seq: number; hash: string }): ChainBreak | undefined {
  if (verified.seq === head.seq && verified.hash === head.hash) return undefined;
  return { seq: Math.min(verified.seq, head.seq) + (verified.seq === head.seq ? 0 : 1), reason: 'not_the_head' };
}

export function isBreak(outcome: Verified | ChainBreak): outcome is ChainBreak {
  return 'reason' in outcome;
}
