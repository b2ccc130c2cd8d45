import { canonicalJson } from './canonical.ts';

/**
 * An entry of the audit log as the world sees it: the API's list, the export's lines, and what is hashed are this one shape, so that
 * whoever has the lines can verify them (docs/audit.md). Fields are never renamed; a new shape gets a new `version`.
 */
export interface AuditEntry extends AuditContent {
  /** SHA-256 over the canonical JSON of all other fields, in hexadecimal. */
  hash: string;
}

export interface AuditContent {
  version: 1;
  /** Whose chain this is; `null`: the platform's own. */
  organization_id: string | null;
  /** From 1, without gaps. */
  seq: number;
  /** The hash of the entry before, or `FIRST_PREVIOUS_HASH`. */
  previous_hash: string;
  /** RFC 3339, UTC, milliseconds. Never before the entry before. */
  at: string;
  actor: AuditActor;
  /** `noun.verb_in_past`. */
  action: string;
  target: { type: string; id: string };
  /** What was changed, as it was before: only what differs where there is an after too. */
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  origin: { ip: string | null; user_agent: string | null; request_id: string | null };
}

export type AuditActor =
  | { kind: 'user' | 'customer'; id: string }
  | { kind: 'token'; id: string; user_id: string | null }
  | { kind: 'server'; by: string }
  | { kind: 'system'; process: string };

/** What the first entry of a chain names as the hash before it. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal: the world's, since the domain has none. */
export type Sha256 = (text: string) => string;

/** The entry with its hash. */
export function sealEntry(content: AuditContent, sha256: Sha256): AuditEntry {
  return { ...content, hash: contentHash(content, sha256) };
}

/** The hash that an entry of this content has; a `hash` among the fields is passed over, any other field counts. */
export function contentHash(entry: AuditContent & { hash?: string }, sha256: Sha256): string {
  const { hash: _claimed, ...content } = entry;
  return sha256(canonicalJson(content));
}
