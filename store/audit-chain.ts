import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { type AuditActor, FIRST_PREVIOUS_HASH, sealEntry } from '../domain/audit/entry.ts';
import { unreachable } from '../domain/unreachable.ts';
import type { Actor, Origin } from './acting.ts';

/** What an entry will say of a change; who and from where is known of the transaction, the rest when it is appended. */
export interface Note {
  organizationId: string | null;
  action: string;
  target: { type: string; id: string };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** The chain of the platform's own changes. */
export const PLATFORM_CHAIN = '00000000-0000-0000-0000-000000000000';

/** A client may send what it likes as its name; nobody reads more than this of it. */
const LONGEST_USER_AGENT = 512;

/**
 * Appends to the chains, in the order of their ids, so that two transactions that change the same organisations never wait for each
 * other. Called once, at the end of a transaction (`acting`).
 */
export async function appendEntries(
  trx: Knex.Transaction,
  { actor, origin, notes }: { actor: Actor; origin: Origin; notes: readonly Note[] },
): Promise<void> {
  const chains = Map.groupBy(notes, ({ organizationId }) => organizationId ?? PLATFORM_CHAIN);
  for (const [chainId, ofChain] of [...chains].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let head = await lockHead(trx, chainId);
    const rows = ofChain.map(({ organizationId, action, target, before, after }) => {
      const entry = sealEntry(
        {
          version: 1,
          organization_id: organizationId,
          seq: head.seq + 1,
          previous_hash: head.hash,
          at: new Date(head.atMs).toISOString(),
          actor: toAuditActor(actor),
          action,
          target,
          before,
          after,
          origin: {
            ip: origin.ip,
            user_agent: origin.userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
            request_id: origin.requestId,
          },
        },
        sha256Hex,
      );
      head = { seq: entry.seq, hash: entry.hash, atMs: head.atMs };
      return {
        chain_id: chainId,
        seq: entry.seq,
        version: entry.version,
        previous_hash: Buffer.from(entry.previous_hash, 'hex'),
        hash: Buffer.from(entry.hash, 'hex'),
        at: entry.at,
        actor_kind: actor.kind,
        actor_id: idOf(actor),
        actor_user_id: actor.kind === 'token' ? actor.userId : null,
        action,
        target_type: target.type,
        target_id: target.id,
        before: before && JSON.stringify(before),
        after: after && JSON.stringify(after),
        ...entry.origin,
      };
    });
    await trx('audit_entries').insert(rows);
    await trx('audit_heads')
      .where({ chain_id: chainId })
      .update({ seq: head.seq, hash: Buffer.from(head.hash, 'hex'), at: new Date(head.atMs) });
  }
}

interface Head {
  seq: number;
  hash: string;
  /** Of the entries to come: now by the database's clock, and never before the last entry. */
  atMs: number;
}

/** Locks the end of a chain, which is made where there is none yet. */
async function lockHead(trx: Knex.Transaction, chainId: string): Promise<Head> {
  const read = () =>
    trx('audit_heads')
      .where({ chain_id: chainId })
      .forNoKeyUpdate()
      .first<{ seq: number; hash: Buffer; at: number } | undefined>(
        'seq',
        'hash',
        trx.raw('greatest(at, clock_timestamp()::timestamptz(3)) as at'),
      );
  let row = await read();
  if (!row) {
    await trx('audit_heads')
      .insert({ chain_id: chainId, seq: 0, hash: Buffer.from(FIRST_PREVIOUS_HASH, 'hex'), at: trx.fn.now(3) })
      .onConflict('chain_id')
      .ignore();
    row = await read();
  }
  return { seq: row!.seq, hash: row!.hash.toString('hex'), atMs: row!.at };
}

function idOf(actor: Actor): string {
  if (actor.kind === 'server') return actor.by;
  return actor.kind === 'system' ? actor.process : actor.id;
}

/** Field by field: whatever else an actor carries is nobody's business in a log. */
function toAuditActor(actor: Actor): AuditActor {
  switch (actor.kind) {
    case 'user':
    case 'customer':
      return { kind: actor.kind, id: actor.id };
    case 'token':
      return { kind: 'token', id: actor.id, user_id: actor.userId };
    case 'server':
      return { kind: 'server', by: actor.by };
    case 'system':
      return { kind: 'system', process: actor.process };
    default:
      return unreachable(actor);
  }
}

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}
