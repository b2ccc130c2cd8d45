import type { Knex } from 'knex';
import type { OutboxKind, OutboxPayloads } from '../domain/outbox.ts';
import { newId } from '../runtime/ids.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import { afterCommit } from './acting.ts';

/** An entry that this process has taken, and may act upon until its lease is over. */
export interface TakenEntry<Kind extends OutboxKind = OutboxKind> {
  id: string;
  kind: Kind;
  /** Rejects what was changed or sealed by a key that is not configured any more. */
  open(secrets: SecretBox): OutboxPayloads[Kind];
  /** How often it was taken, this time included. */
  attempts: number;
}

const listeners = new WeakMap<Knex, () => void>();

/**
 * Writes down what is to be done when this transaction has committed: then, and only then, some worker's relay does it, once (at
 * least once where the other side keeps no record of ids: docs/guarantees.md). Gives the entry's id. @throws {Error} when nobody
 * acts in the transaction
 */
export async function enqueue<Kind extends OutboxKind>(
  trx: Knex.Transaction,
  { kind, payload }: { kind: Kind; payload: OutboxPayloads[Kind] },
  secrets: SecretBox,
): Promise<string> {
  afterCommit(trx, tellListener);
  const id = newId();
  await trx('outbox').insert({ id, kind, payload_encrypted: secrets.seal(JSON.stringify(payload), id) });
  return id;
}

/** Has something done whenever a transaction of this pool has committed entries. Best effort: relays look by themselves. */
export function onEnqueued(db: Knex, listener: () => void): void {
  listeners.set(db, listener);
}

function tellListener(db: Knex): void {
  listeners.get(db)?.();
}

/**
 * Takes entries of a kind that are due, the oldest first, for `leaseMs`: nobody else gets them before that is over, and a process that
 * died gives them back by its silence. Any number of processes may ask at once. What was taken `mostAttempts` times is parked instead.
 */
export async function takeEntries<Kind extends OutboxKind>(
  db: Knex,
  { kind, limit, leaseMs, mostAttempts }: { kind: Kind; limit: number; leaseMs: number; mostAttempts: number },
): Promise<{ taken: TakenEntry<Kind>[]; parked: string[] }> {
  const { rows } = await db.raw<{
    rows: { id: string; payload_encrypted: string; attempts: number; parked_at: number | null }[];
  }>(
    // Materialised, or the planner may run the choice once for each row it looks at, and take more than `limit`.
    `with due as materialized (
       select id from outbox where kind = :kind and parked_at is null and due_at <= now()
       order by due_at, id limit :limit for update skip locked)
     update outbox o set
       attempts = case when attempts < :mostAttempts then attempts + 1 else attempts end,
       due_at = now() + :leaseMs * interval '1 millisecond',
       parked_at = case when attempts < :mostAttempts then null else now() end
     from due where o.id = due.id
     returning o.id, o.payload_encrypted, o.attempts, o.parked_at`,
    { kind, limit, leaseMs, mostAttempts },
  );
  return {
    taken: rows
      .filter(({ parked_at }) => parked_at === null)
      .map(({ id, payload_encrypted: sealed, attempts }) => ({
        id,
        kind,
        attempts,
        open: (secrets) => JSON.parse(secrets.open(sealed, id)) as OutboxPayloads[Kind],
      })),
    parked: rows.filter(({ parked_at }) => parked_at !== null).map(({ id }) => id),
  };
}

/**
 * Erases an entry that was acted upon, if it is still this attempt's; `false`: its lease was over, and another process has it. Where
 * the act is itself a write, doing both in one transaction makes it happen exactly once.
 */
export async function finishEntry(db: Knex, { id, attempts }: { id: string; attempts: number }): Promise<boolean> {
  return (await db('outbox').where({ id, attempts }).delete()) === 1;
}

/** Gives an entry back after a failure: due again after a pause, or parked where `pauseMs` is null. */
export async function postponeEntry(
  db: Knex,
  { id, attempts }: { id: string; attempts: number },
  { pauseMs, error }: { pauseMs: number | null; error: string },
): Promise<void> {
  await db('outbox')
    .where({ id, attempts })
    .update({
      last_error: error.slice(0, 1_000),
      ...(pauseMs === null
        ? { parked_at: db.fn.now(3) }
        : { due_at: db.raw(`now() + ? * interval '1 millisecond'`, [pauseMs]) }),
    });
}

/** Has parked entries tried again from the beginning; `undefined`: all of them. Gives how many there were. */
export async function unparkEntries(db: Knex, id: string | undefined): Promise<number> {
  const parked = db('outbox').whereNotNull('parked_at');
  if (id !== undefined) parked.where({ id });
  return parked.update({ parked_at: null, attempts: 0, due_at: db.fn.now(3) });
}

/** What of a kind waits, for metrics. */
export interface OutboxState {
  kind: string;
  waiting: number;
  parked: number;
  /** Age of the oldest entry that waits; 0 when there is none. */
  lagSeconds: number;
}

export async function readOutboxState(db: Knex): Promise<OutboxState[]> {
  const { rows } = await db.raw<{ rows: { kind: string; waiting: number; parked: number; lag: number | null }[] }>(
    `select kind, count(*) filter (where parked_at is null) as waiting, count(parked_at) as parked,
       extract(epoch from now() - min(created_at) filter (where parked_at is null))::float8 as lag
     from outbox group by kind`,
  );
  return rows.map(({ lag, ...row }) => ({ ...row, lagSeconds: Math.max(0, lag ?? 0) }));
}
