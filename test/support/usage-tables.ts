import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { ensurePosition } from '../../store/usage-positions.ts';

/** When a row was written: the one thing in which two runs over the same entries may differ. */
const CLOCKS = ['moved_at', 'begun_at', 'found_at', 'closed_at'];

/** Every table that settling writes to, whole and in an order of its own; a table that is added later is among them by itself. */
export async function settledTables(db: Knex): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  for (const table of await usageTables(db)) {
    const { rows } = await db.raw<{ rows: { row: string }[] }>(
      'select (to_jsonb(t) - ?::text[])::text as row from ?? t',
      [CLOCKS, table],
    );
    tables[table] = rows.map(({ row }) => shown(row)).sort();
  }
  const seen = await db('license_ips').select<{ row: string }[]>(
    db.raw("license_id || ' ' || host(address) || ' ' || last_seen_at as row"),
  );
  return { ...tables, license_ips: seen.map(({ row }) => row).sort() };
}

/** Sketches are thousands of digits: a difference shows, and doesn't bury the rest. */
function shown(row: string): string {
  return row.length < 500 ? row : `${row.slice(0, 60)}… ${createHash('sha256').update(row).digest('hex')}`;
}

/** Makes all of it as if nothing had ever been settled. */
export async function forgetSettled(db: Knex): Promise<void> {
  const tables = await usageTables(db);
  await db.raw(`truncate ${tables.map(() => '??').join(', ')}`, tables);
  await db('license_ips').update({ last_seen_at: new Date(0) });
  await ensurePosition(db, 0);
}

async function usageTables(db: Knex): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and (relname like 'usage\\_%' or relname = 'validations') order by relname`,
  );
  return rows.map(({ name }) => name);
}
