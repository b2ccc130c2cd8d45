import type { Knex } from 'knex';

/** One request that is to be done once. */
export interface OnceAsked {
  /** Who asks, as kind and id: keys are a caller's own. */
  caller: string;
  key: string;
  /** SHA-256 of all that the request asks for. */
  fingerprint: Buffer;
  /** Epoch milliseconds. */
  nowMs: number;
}

/**
 * `new`: this transaction is the only one with this key, until it ends, and does it. `running`: another one is. `answered`: it was done,
 * with the sealed answer. `other`: the key belongs to another request.
 */
export type OnceState = { state: 'new' | 'running' | 'other' } | { state: 'answered'; answer: string };

/**
 * Claims a key for this transaction: the claim ends with it, whether it commits, rolls back, or its process is killed. So no claim is
 * left behind, and the answer of one that committed is always there for the next.
 */
export async function claimKey(
  trx: Knex.Transaction,
  { caller, key, fingerprint, nowMs }: OnceAsked,
): Promise<OnceState> {
  // Not by inserting first: a second insert would wait for the first transaction, and with it a connection of the pool.
  const { rows } = await trx.raw<{ rows: { claimed: boolean }[] }>(
    "select pg_try_advisory_xact_lock(hashtextextended('idempotency ' || ? || ' ' || ?, 0)) as claimed",
    [caller, key],
  );
  if (!rows[0]?.claimed) return { state: 'running' };
  const row = await trx('idempotency_keys')
    .where({ caller, key })
    .where('expires_at', '>', new Date(nowMs))
    .first<{ fingerprint: Buffer; answer: string } | undefined>('fingerprint', 'answer');
  if (!row) return { state: 'new' };
  return row.fingerprint.equals(fingerprint) ? { state: 'answered', answer: row.answer } : { state: 'other' };
}

/** Keeps the answer of a claimed key, and forgets some of those that have expired. */
export async function keepAnswer(
  trx: Knex.Transaction,
  { caller, key, fingerprint, nowMs }: OnceAsked,
  { answer, expiresAtMs }: { answer: string; expiresAtMs: number },
): Promise<void> {
  await trx('idempotency_keys')
    .insert({ caller, key, fingerprint, answer, expires_at: new Date(expiresAtMs) })
    .onConflict(['caller', 'key'])
    .merge();
  // As many as are made and more, so that there is no job for it; those that others are at are left to them.
  await trx.raw(
    `delete from idempotency_keys where (caller, key) in
       (select caller, key from idempotency_keys where expires_at <= ? order by expires_at limit 5 for update skip locked)`,
    [new Date(nowMs)],
  );
}
