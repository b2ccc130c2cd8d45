import type { Knex } from 'knex';

/** How far a partition's stream is settled. Ids are only comparable within one generation. */
export interface UsagePosition {
  /** `null` before the first entry. */
  generation: string | null;
  streamId: string;
}

/** Makes the row that whoever settles a partition locks. Made already is fine. */
export async function ensurePosition(db: Knex, partition: number): Promise<void> {
  await db('usage_positions').insert({ partition }).onConflict('partition').ignore();
}

/**
 * Takes a partition for this transaction, and says how far it is settled; `undefined` when somebody else has it. The row's
 * lock is the right to settle: it goes with the transaction, or with the process that dies in it.
 */
export async function takePosition(trx: Knex.Transaction, partition: number): Promise<UsagePosition | undefined> {
  const row = await trx('usage_positions')
    .where({ partition })
    .forUpdate()
    .skipLocked()
    .first<{ generation: string | null; stream_id: string } | undefined>('generation', 'stream_id');
  return row && { generation: row.generation, streamId: row.stream_id };
}

/** The last settled id of each of these generations; none for one that nothing was settled from. */
export async function settledIds(
  db: Knex,
  partition: number,
  generations: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db('usage_generations')
    .where({ partition })
    .whereIn('generation', [...generations])
    .select<{ generation: string; stream_id: string }[]>('generation', 'stream_id');
  return new Map(rows.map(({ generation, stream_id }) => [generation, stream_id]));
}

/** Moves the position on: for each generation of the batch its last entry, in the order of the stream. */
export async function movePosition(
  trx: Knex.Transaction,
  partition: number,
  lasts: readonly { generation: string; id: string }[],
): Promise<void> {
  const last = lasts.at(-1);
  if (!last) return;
  await trx.raw(
    `insert into usage_generations (partition, generation, stream_id)
     select ?, each.* from unnest(?::text[], ?::text[]) as each (generation, stream_id)
     on conflict (partition, generation) do update set stream_id = excluded.stream_id`,
    [partition, lasts.map(({ generation }) => generation), lasts.map(({ id }) => id)],
  );
  await trx('usage_positions')
    .where({ partition })
    .update({ generation: last.generation, stream_id: last.id, moved_at: trx.fn.now(3) });
}

/** Keeps entries that can't be read, for a person to look at. */
export async function keepUnreadable(
  trx: Knex.Transaction,
  partition: number,
  entries: readonly { generation: string; id: string; unreadable?: string }[],
): Promise<void> {
  await trx('usage_unreadable')
    .insert(
      entries.map(({ generation, id, unreadable = '' }) => ({
        partition,
        generation,
        stream_id: id,
        entry: unreadable.replaceAll('\0', '\ufffd'),
      })),
    )
    .onConflict(['partition', 'generation', 'stream_id'])
    .ignore();
}
