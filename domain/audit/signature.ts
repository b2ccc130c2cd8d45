import { canonicalJson } from './canonical.ts';

/**
 * What the head of a chain was at some time, signed (ed25519). An export carries it as a line of its own behind the entry that it
 * speaks of; `type` tells it from an entry (docs/audit.md). Fields are never renamed; a new shape gets a new `version`.
 */
export interface AuditSignature extends SignedHead {
  /** 64 bytes in base64: over the canonical JSON of all other fields. */
  signature: string;
}

export interface SignedHead {
  type: 'signature';
  version: 1;
  /** Whose chain it is; `null`: the platform's own. */
  organization_id: string | null;
  /** Of the entry that was the chain's last. */
  seq: number;
  /** The hash of that entry, in hexadecimal. */
  hash: string;
  /** RFC 3339, UTC, milliseconds. */
  signed_at: string;
  /** By which key. */
  key_id: string;
}

/** Signs a text's UTF-8 bytes; gives base64. The world's, since the domain has none. */
export type SignText = (text: string) => string;

/** Whether a key has signed this text; `undefined` where that key isn't known. */
export type VerifyText = (keyId: string, text: string, signature: string) => boolean | undefined;

/** Tells a signature from an entry, which has no `type`. */
export function isSignature(line: object): line is AuditSignature {
  return 'type' in line && line.type === 'signature';
}

/** The head with its signature. */
export function signHead(head: SignedHead, sign: SignText): AuditSignature {
  return { ...head, signature: sign(signedText(head)) };
}

/** Why a signature proves nothing; `undefined` where its key has signed exactly this. */
export function signatureFault(
  signed: AuditSignature,
  verify: VerifyText,
): 'unknown_key' | 'signature_changed' | undefined {
  const isBy = verify(signed.key_id, signedText(signed), signed.signature);
  if (isBy === undefined) return 'unknown_key';
  return isBy ? undefined : 'signature_changed';
}

/** A `signature` among the fields is passed over, any other field counts. */
function signedText(signed: SignedHead & { signature?: string }): string {
  const { signature: _claimed, ...head } = signed;
  return canonicalJson(head);
}
