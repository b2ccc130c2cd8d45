import type { Knex } from 'knex';

/** What `doctor` and the self check ask of Postgres itself, rather than of our tables. */
export interface DatabaseFacts {
  /** As people write it, such as `15.18`. */
  version: string;
  /** As programs compare it: 150018 is 15.18. */
  versionNumber: number;
}

export async function databaseFacts(db: Knex): Promise<DatabaseFacts> {
  const answer: { rows: { version: string; number: string }[] } = await db.raw(
    `select current_setting('server_version') as version, current_setting('server_version_num') as number`,
  );
  const [row] = answer.rows;
  if (!row) throw new Error('Postgres answered a question for its version with no row');
  // Distributions append their own: "15.18 (Debian 15.18-0+deb12u1)".
  return { version: row.version.split(' ', 1)[0] ?? row.version, versionNumber: Number(row.number) };
}

/** Asks for a sign of life. @throws what went wrong when there is none */
export async function pingDatabase(db: Knex): Promise<void> {
  await db.raw('select 1');
}

/** Postgres' clock at this moment (not at the beginning of a transaction), in epoch milliseconds. */
export async function databaseClock(db: Knex): Promise<number> {
  const answer: { rows: { ms: string }[] } = await db.raw(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
  );
  return Number(answer.rows[0]?.ms);
}

/** The migrations that were applied, oldest first, without file extension; nothing where there is no schema at all. */
export async function appliedMigrations(db: Knex): Promise<string[]> {
  const table: { rows: { name: string | null }[] } = await db.raw(`select to_regclass('knex_migrations') as name`);
  if (!table.rows[0]?.name) return [];
  const rows = await db<{ id: number; name: string }>('knex_migrations').select('name').orderBy('id');
  return rows.map(({ name }) => name.replace(/\.[cm]?[jt]s$/, ''));
}

/** The newest migration that was applied, or nothing where there is no schema. */
export async function schemaVersion(db: Knex): Promise<string | undefined> {
  return (await appliedMigrations(db)).at(-1);
}
