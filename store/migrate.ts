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

/** Brings the schema up to date and says which migrations ran. Of two migrators at once, the second waits for the first. */
export async function migrate(db: Knex, waitMs = 60_000): Promise<string[]> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      const [, done] = (await db.migrate.latest({ migrationSource })) as [number, string[]];
      return done;
    } catch (error) {
      if (!isMigrationLock(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
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

/** Two migrators at once: knex refuses the second, or its table of migrations was just made by the first. */
function isMigrationLock(error: unknown): boolean {
  const { name, message, code } = error as Error & { code?: string };
  return (
    name === 'MigrationLocked' ||
    /[Ll]ock/.test(message) ||
    (code === '23505' && /knex|pg_type/.test(message)) ||
    code === '42P07'
  );
}
