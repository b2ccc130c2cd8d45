import type { Knex } from 'knex';
import { appliedMigrations, databaseFacts } from '../../store/health.ts';
import { pendingMigrations } from '../../store/migrate.ts';
import { type Finding, fail, ok, reason, timed, warn } from './part.ts';

const OLDEST = 15;

export async function checkPostgres(db: Knex, address: string): Promise<Finding> {
  try {
    // The first question also makes the connection, which is not what a query costs.
    const facts = await databaseFacts(db);
    const { latencyMs } = await timed(() => databaseFacts(db));
    const found = { address, version: facts.version, latencyMs };
    if (facts.versionNumber < OLDEST * 10_000) {
      return fail(
        `It is Postgres ${facts.version}, and Plimsoll needs ${OLDEST} or newer.`,
        `Upgrade it, or name another server by DATABASE_URL.`,
        found,
      );
    }
    return ok('It answers.', found);
  } catch (error) {
    return fail(reason(error), adviceFor(error), { address });
  }
}

/** Compares what was applied with what this release brings. */
export async function checkSchema(db: Knex, address: string): Promise<Finding> {
  let version: string | undefined;
  try {
    const applied = await appliedMigrations(db);
    version = applied.at(-1);
    if (version === undefined) {
      return fail('The database is empty.', 'Run `bin/plimsoll migrate`.', { address });
    }
    const { value: pending, latencyMs } = await timed(() => pendingMigrations(db));
    const found = { address, version, latencyMs };
    if (pending.length > 0) {
      return fail(
        `${pending.length} of ${applied.length + pending.length} migrations are not applied, from ${pending[0]} on.`,
        'Run `bin/plimsoll migrate`.',
        found,
      );
    }
    return ok(`All ${applied.length} migrations are applied.`, found);
  } catch (error) {
    if (/migration directory is corrupt/i.test(String(error))) {
      return warn(
        'The database holds migrations that this release does not know: a newer release has been here.',
        'Run the newer release, or restore a backup that fits this one.',
        { address, ...(version === undefined ? {} : { version }) },
      );
    }
    return warn(
      'It could not be looked at, because Postgres could not be asked.',
      'Mend postgres first, then look again.',
      { address },
    );
  }
}

function adviceFor(error: unknown): string {
  const { code = '' } = error as { code?: string };
  if (code.startsWith('28')) return "Correct user and password in DATABASE_URL, or the server's pg_hba.conf.";
  if (code === '3D000') return 'Create the database that DATABASE_URL names, or correct its name.';
  if (code.startsWith('53')) return 'Raise max_connections, or lower PLIMSOLL_DATABASE_POOL_SIZE.';
  return 'Start Postgres (`bin/up` does it here), or correct host and port in DATABASE_URL.';
}
