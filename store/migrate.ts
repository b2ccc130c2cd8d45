import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';

const FOLDER = new URL('../migrations/', import.meta.url);

const migrationSource: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(fileURLToPath(FOLDER));
    return files.filter((file) => /^\d{14}_.*\.ts$/.test(file)).sort();
  },
  // Without its extension, so that a name in the database outlives how we write files.
  getMigrationName: (file) => file.replace(/\.ts$/, ''),
  getMigration: (file) => import(new URL(file, FOLDER).href) as Promise<Knex.Migration>,
};

/** Any number will do, as long as no other program takes it in the same database. */
const MIGRATION_LOCK = 7_046_001;
const LOOK_AGAIN_MS = 100;

/**
 * Brings the schema up to date and says which migrations ran. Of two migrators at once, the second waits for the first, for at
 * most `waitMs`. Takes two connections of the pool.
 *
 * The lock is Postgres' own and goes with the connection that holds it. Knex keeps a flag in a table instead, which a migrator
 * that was killed leaves behind for ever; under the lock that flag can only be such a leftover, and is cleared.
 */
export async function migrate(db: Knex, waitMs = 60_000): Promise<string[]> {
  const client = db.client as Knex.Client;
  const connection: unknown = await client.acquireConnection();
  const ask = async (what: string): Promise<boolean> => {
    const { rows } = await db
      .raw<{ rows: { done: boolean }[] }>(`select ${what}(?) as done`, [MIGRATION_LOCK])
      .connection(connection);
    return rows[0]!.done;
  };
  try {
    const deadline = Date.now() + waitMs;
    while (!(await ask('pg_try_advisory_lock'))) {
      if (Date.now() > deadline) throw new Error(`Another migration has been running for more than ${waitMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    try {
      await db.migrate.forceFreeMigrationsLock({ migrationSource });
      const [, done] = (await db.migrate.latest({ migrationSource })) as [number, string[]];
      return done;
    } finally {
      await ask('pg_advisory_unlock');
    }
  } finally {
    await client.releaseConnection(connection);
  }
}

/** Migrations that this release has and the database has not, in their order. */
export async function pendingMigrations(db: Knex): Promise<string[]> {
  const [, pending] = (await db.migrate.list({ migrationSource })) as [unknown, unknown[]];
  // Knex hands over what the source listed, or an object with the file's name.
  return pending.map((each) =>
    (typeof each === 'string' ? each : (each as { file: string }).file).replace(/\.ts$/, ''),
  );
}
