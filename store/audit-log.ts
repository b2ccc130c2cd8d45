import type { Knex } from 'knex';
import type { AuditActor, AuditEntry } from '../domain/audit/entry.ts';
import { type AuditSignature, isSignature, type VerifyText } from '../domain/audit/signature.ts';
import {
  type ChainBreak,
  isBreak,
  NOTHING_VERIFIED,
  type Verified,
  verifyHead,
  verifyNext,
  verifySigned,
} from '../domain/audit/verify.ts';
import { visibleSince } from '../domain/plans/retention.ts';
import { PLATFORM_CHAIN, sha256Hex } from './audit-chain.ts';
import { listSignatures, readLastSignedSeq } from './audit-signatures.ts';
import { getCatalogue } from './catalogues.ts';
import { readSubject } from './organizations.ts';

/** Which entries of an organisation's log are asked for. Instants are epoch milliseconds, `from` inclusive, `until` exclusive. */
export interface AuditFilters {
  /** Who: the id of a person (what their tokens did included), a token or a customer, or the name of a process. */
  actor?: string | undefined;
  action?: string | undefined;
  /** The id of what was changed. */
  target?: string | undefined;
  fromMs?: number | undefined;
  untilMs?: number | undefined;
}

/** How many entries are held in memory at once where all of a chain is read. */
const PAGE = 200;

/** From when on an organisation sees its entries: its plan says so (docs/catalogues.md), at once. `null`: all of them. */
export async function readVisibleSince(db: Knex, organizationId: string, nowMs: number): Promise<number | null> {
  const { catalogueId, subject } = await readSubject(db, organizationId);
  return visibleSince(await getCatalogue(db, catalogueId), subject, 'audit_entry', nowMs).sinceMs;
}

/** Entries of a chain, the newest first, behind `beforeSeq`, or the oldest first behind `afterSeq`. */
export async function listEntries(
  db: Knex,
  organizationId: string | null,
  {
    filters = {},
    sinceMs,
    limit,
    ...place
  }: {
    filters?: AuditFilters;
    /** Older ones are hidden. */
    sinceMs: number | null;
    limit: number;
  } & ({ beforeSeq: number | undefined } | { afterSeq: number }),
): Promise<AuditEntry[]> {
  const { actor, action, target, fromMs, untilMs } = filters;
  const query = db('audit_entries')
    .where({ chain_id: organizationId ?? PLATFORM_CHAIN })
    .limit(limit);
  const from = Math.max(sinceMs ?? 0, fromMs ?? 0);
  if (from > 0) query.where('at', '>=', new Date(from));
  if (untilMs !== undefined) query.where('at', '<', new Date(untilMs));
  if (action !== undefined) query.where({ action });
  if (target !== undefined) query.where({ target_id: target });
  if (actor !== undefined)
    query.where((either) => void either.where({ actor_id: actor }).orWhereRaw('actor_user_id::text = ?', [actor]));
  if ('afterSeq' in place) query.where('seq', '>', place.afterSeq).orderBy('seq', 'asc');
  else {
    if (place.beforeSeq !== undefined) query.where('seq', '<', place.beforeSeq);
    query.orderBy('seq', 'desc');
  }
  return (await query.select<EntryRow[]>(COLUMNS)).map(toEntry);
}

/** All entries from `sinceMs` on, the oldest first, a page at a time. */
export async function* readEntries(
  db: Knex,
  organizationId: string | null,
  { filters = {}, sinceMs }: { filters?: AuditFilters; sinceMs: number | null },
): AsyncGenerator<AuditEntry[]> {
  for (let afterSeq = 0; ; ) {
    const page = await listEntries(db, organizationId, { filters, sinceMs, limit: PAGE, afterSeq });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    afterSeq = page.at(-1)!.seq;
  }
}

/**
 * All entries from `sinceMs` on with the signatures of heads, each behind the entry that it speaks of: what an export is made of. Behind
 * the last entry stand those of entries that were there once.
 */
export async function* readSigned(
  db: Knex,
  organizationId: string | null,
  { sinceMs }: { sinceMs: number | null },
): AsyncGenerator<(AuditEntry | AuditSignature)[]> {
  // Read first: what is signed from now on may be of entries behind the last page.
  const lastSigned = await readLastSignedSeq(db, organizationId);
  let seq = 0;
  for await (const page of readEntries(db, organizationId, { sinceMs })) {
    yield await withSignatures(db, organizationId, page);
    seq = page.at(-1)!.seq;
  }
  if (seq > 0 && lastSigned > seq)
    yield await listSignatures(db, organizationId, { fromSeq: seq + 1, toSeq: lastSigned });
}

async function withSignatures(
  db: Knex,
  organizationId: string | null,
  page: AuditEntry[],
): Promise<(AuditEntry | AuditSignature)[]> {
  const range = { fromSeq: page[0]!.seq, toSeq: page.at(-1)!.seq };
  const signatures = new Map(
    (await listSignatures(db, organizationId, range)).map((each): [number, AuditSignature] => [each.seq, each]),
  );
  return page.flatMap((entry) => {
    const signed = signatures.get(entry.seq);
    return signed ? [entry, signed] : [entry];
  });
}

/**
 * Verifies a whole chain, hidden entries included, against its signatures and its head, all as they were at one moment: an entry behind
 * the head is no later one then, but one that was put there. Gives the first break, if any.
 */
export function findBreak(
  db: Knex,
  organizationId: string | null,
  verify: VerifyText,
): Promise<{ verified: Verified; broken: ChainBreak | undefined }> {
  return db.transaction((trx) => findBreakIn(trx, organizationId, verify), {
    isolationLevel: 'repeatable read',
    readOnly: true,
  });
}

async function findBreakIn(
  trx: Knex.Transaction,
  organizationId: string | null,
  verify: VerifyText,
): Promise<{ verified: Verified; broken: ChainBreak | undefined }> {
  const lastSigned = await readLastSignedSeq(trx, organizationId);
  const head = await trx('audit_heads')
    .where({ chain_id: organizationId ?? PLATFORM_CHAIN })
    .first<{ seq: number; hash: Buffer } | undefined>('seq', 'hash');
  let verified = NOTHING_VERIFIED;
  for await (const page of readEntries(trx, organizationId, { sinceMs: null })) {
    for (const each of await withSignatures(trx, organizationId, page)) {
      const next = verifyWhole(verified, each, organizationId, verify);
      if (isBreak(next)) return { verified, broken: next };
      verified = next;
    }
  }
  const broken = head
    ? verifyHead(verified, headOf(head))
    : verified.entries === 0
      ? undefined
      : ({ seq: 1, reason: 'not_the_head' } as const);
  if (broken || lastSigned <= verified.seq) return { verified, broken };
  const [missing] = await listSignatures(trx, organizationId, { fromSeq: verified.seq + 1, toSeq: lastSigned });
  const next = missing ? verifySigned(verified, missing, verify) : verified;
  if (!isBreak(next)) return { verified: next, broken: undefined };
  // Of a chain of which nothing is left, the first entry is the first that is missing.
  return { verified, broken: verified.entries === 0 && next.reason === 'not_as_signed' ? { ...next, seq: 1 } : next };
}

/** Of a whole chain the first entry is the first, and of this chain: there is nothing to be taken at its word. */
function verifyWhole(
  before: Verified,
  each: AuditEntry | AuditSignature,
  organizationId: string | null,
  verify: VerifyText,
): Verified | ChainBreak {
  if (isSignature(each)) return verifySigned(before, each, verify);
  if (before.entries === 0 && each.seq !== 1) return { seq: 1, reason: 'out_of_order' };
  const next = verifyNext(before, each, sha256Hex);
  if (isBreak(next) || each.organization_id === organizationId) return next;
  return { seq: each.seq, reason: 'of_another_chain' };
}

function headOf({ seq, hash }: { seq: number; hash: Buffer }): { seq: number; hash: string } {
  return { seq, hash: hash.toString('hex') };
}

const COLUMNS = [
  'chain_id',
  'seq',
  'version',
  'previous_hash',
  'hash',
  'at',
  'actor_kind',
  'actor_id',
  'actor_user_id',
  'action',
  'target_type',
  'target_id',
  'before',
  'after',
  'ip',
  'user_agent',
  'request_id',
];

interface EntryRow {
  chain_id: string;
  seq: number;
  version: 1;
  previous_hash: Buffer;
  hash: Buffer;
  at: number;
  actor_kind: AuditActor['kind'];
  actor_id: string;
  actor_user_id: string | null;
  action: string;
  target_type: string;
  target_id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
}

function toEntry(row: EntryRow): AuditEntry {
  return {
    version: row.version,
    organization_id: row.chain_id === PLATFORM_CHAIN ? null : row.chain_id,
    seq: row.seq,
    previous_hash: row.previous_hash.toString('hex'),
    at: new Date(row.at).toISOString(),
    actor: toActor(row),
    action: row.action,
    target: { type: row.target_type, id: row.target_id },
    before: row.before,
    after: row.after,
    origin: { ip: row.ip, user_agent: row.user_agent, request_id: row.request_id },
    hash: row.hash.toString('hex'),
  };
}

function toActor({ actor_kind: kind, actor_id: id, actor_user_id }: EntryRow): AuditActor {
  if (kind === 'token') return { kind, id, user_id: actor_user_id };
  if (kind === 'server') return { kind, by: id };
  return kind === 'system' ? { kind, process: id } : { kind, id };
}
