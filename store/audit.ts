import type { Knex } from 'knex';
import { changesOf } from '../domain/audit/changes.ts';
import { note } from './acting.ts';

/** One change, as the function that makes it tells of it. */
export interface Audited {
  /** Whose chain it belongs to; `null`: the platform's own. */
  organizationId: string | null;
  /** `noun.verb_in_past`: `product.created`. */
  action: string;
  target: { type: string; id: string };
  /** In the store's words (`expiresAtMs`); kept in the API's (`expires_at`). Secrets and hashes never stand in it. */
  before?: object | null;
  after?: object | null;
}

/**
 * Puts a change down in the audit log, as the actor of this transaction (`acting`): the entry commits with it or not at all. Where a
 * before and an after are given, only what differs is kept, and two that are alike make no entry. A statement that changes many rows
 * makes one entry. @throws {Error} when nobody acts in the transaction
 */
export async function audit(trx: Knex.Transaction, entry: Audited): Promise<void> {
  const { before = null, after = null, ...rest } = entry;
  const changes = changesOf(before, after);
  if (changes) note(trx, { ...rest, ...changes });
}
