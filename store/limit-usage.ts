import type { Knex } from 'knex';
import type { ScopeState } from '../domain/plans/subject.ts';
import { column } from './columns.ts';
import { type CountedThings, countOf, type HeldLimit } from './counted-things.ts';

/** The rows of `limit_usage`: what is in use of one limit in one scope. Everything else goes through `holding.ts`. */

/** One limit in one scope, and by how much a change moves what is in use. */
export interface Slot {
  limit: HeldLimit;
  scope: ScopeState;
  subjectId: string;
  delta: number;
}

/**
 * Locks the rows of these slots and gives what is in use, in the order of `slots`. A row that isn't there is made and counts what
 * is there already: a limit may come with a later version of a catalogue.
 *
 * Free of deadlocks, in whatever order callers name their limits: rows that are missing are made first and in the order of
 * their keys, rows that are there are locked after that and in the same order. Who waits for a row that is being made therefore
 * holds none that was there, and all others wait upwards.
 */
export async function lockUsage(
  trx: Knex.Transaction,
  things: CountedThings,
  slots: readonly Slot[],
): Promise<{ used: number; isNew: boolean }[]> {
  if (slots.length === 0) return [];
  const keys = [column(slots, ({ scope }) => scope.id), column(slots, ({ limit }) => limit.name)];
  const made = await makeMissing(trx, slots);
  const { rows } = await trx.raw<{ rows: UsageRow[] }>(
    `select scope_id, limit_name, used from limit_usage
      where (scope_id, limit_name) in (select * from unnest(?::uuid[], ?::text[]))
      order by scope_id, limit_name for no key update`,
    keys,
  );
  const used = new Map(rows.map((row) => [keyOf(row.scope_id, row.limit_name), row.used]));
  for (const slot of slots) {
    const key = keyOf(slot.scope.id, slot.limit.name);
    if (made.has(key)) used.set(key, await countAnew(trx, things, slot));
  }
  return slots.map(({ scope, limit }) => {
    const key = keyOf(scope.id, limit.name);
    const found = used.get(key);
    if (found === undefined) throw new Error(`${scope.scope} ${scope.id} was deleted while it was used`);
    return { used: found, isNew: made.has(key) };
  });
}

/**
 * Locks the rows of all limits of a subject, in its own scope and below it, so that every create that was decided under what
 * was agreed before is finished, and the next one sees what is agreed now. `limits`: those of the subject's own scope.
 */
export async function lockUsageOf(
  trx: Knex.Transaction,
  { subjectId, things, limits }: { subjectId: string; things: CountedThings; limits: readonly HeldLimit[] },
): Promise<void> {
  const slots = limits.map((limit): Slot => {
    return { limit, scope: { scope: limit.scope, id: subjectId, attributes: {} }, subjectId, delta: 0 };
  });
  // Else the very first create of all would have nothing in common with a change of plan.
  const made = await makeMissing(trx, slots);
  await trx('limit_usage')
    .where({ scope_id: subjectId })
    .orWhere({ subject_id: subjectId })
    .orderBy(['scope_id', 'limit_name'])
    .forNoKeyUpdate()
    .select('limit_name');
  for (const slot of slots) if (made.has(keyOf(subjectId, slot.limit.name))) await countAnew(trx, things, slot);
}

/** Adds to what is in use what each slot's change comes to; below zero it stays at zero. The rows are locked already. */
export async function adjustUsage(trx: Knex.Transaction, slots: readonly Slot[]): Promise<void> {
  if (slots.length === 0) return;
  await trx.raw(
    `update limit_usage u set used = greatest(0, u.used + change.delta)
       from unnest(?::uuid[], ?::text[], ?::bigint[]) as change (scope_id, limit_name, delta)
      where u.scope_id = change.scope_id and u.limit_name = change.limit_name`,
    [
      column(slots, ({ scope }) => scope.id),
      column(slots, ({ limit }) => limit.name),
      column(slots, ({ delta }) => delta),
    ],
  );
}

/** Forgets what was in use in a scope that this transaction has deleted, with everything in it. */
export async function forgetUsage(trx: Knex.Transaction, scopeId: string): Promise<void> {
  await trx('limit_usage').where({ scope_id: scopeId }).delete();
}

interface UsageRow {
  scope_id: string;
  limit_name: string;
  used: number;
}

/** Makes the rows that are missing, in the order of their keys, and gives the keys of those that it made. */
async function makeMissing(trx: Knex.Transaction, slots: readonly Slot[]): Promise<Set<string>> {
  const { rows } = await trx.raw<{ rows: UsageRow[] }>(
    `insert into limit_usage (scope_id, limit_name, subject_id, used)
     select scope_id, limit_name, nullif(subject_id, scope_id), 0
       from unnest(?::uuid[], ?::text[], ?::uuid[]) as missing (scope_id, limit_name, subject_id)
      order by scope_id, limit_name
     on conflict (scope_id, limit_name) do nothing
     returning scope_id, limit_name`,
    [
      column(slots, ({ scope }) => scope.id),
      column(slots, ({ limit }) => limit.name),
      column(slots, ({ subjectId }) => subjectId),
    ],
  );
  return new Set(rows.map((row) => keyOf(row.scope_id, row.limit_name)));
}

/** Sets what is in use to what there is. The row's lock is held, so nobody makes one more meanwhile. */
async function countAnew(trx: Knex.Transaction, things: CountedThings, { limit, scope }: Slot): Promise<number> {
  const key = { scope_id: scope.id, limit_name: limit.name };
  const [row] = await trx('limit_usage')
    .where(key)
    .update({ used: countOf(trx, things, limit, trx.raw('?::uuid', [scope.id])) })
    .returning<{ used: number }[]>('used');
  return row!.used;
}

function keyOf(scopeId: string, limitName: string): string {
  return `${scopeId} ${limitName}`;
}
