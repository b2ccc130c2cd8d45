import { userInfo } from 'node:os';
import type { Knex } from 'knex';
import { readSettings } from '../runtime/config.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { readHomeEnv, resolveHome } from '../stack/home.ts';
import { acting } from '../store/acting.ts';
import { connectDatabase } from '../store/database.ts';

/** Where a command finds the platform: what the environment says, and what it doesn't, from the home that `bin/up` keeps. */
export function commandEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const said = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const ofHome = readHomeEnv(resolveHome(env));
  // `X_FILE` speaks of `X` too, and both together would be refused.
  for (const [name] of said) delete ofHome[name.replace(/_FILE$/, '')];
  return { ...ofHome, ...Object.fromEntries(said) };
}

/**
 * Runs a command with a connection to Postgres and closes it afterwards, whatever happens. `statementMs` is how long one
 * statement may take, where that is more than the setting for processes that serve (a migration, say).
 */
export async function withDatabase<T>(
  work: (db: Knex) => Promise<T>,
  { statementMs }: { statementMs?: number } = {},
): Promise<T> {
  const settings = readSettings(['databaseUrl', 'databaseTimeoutMs'], commandEnvironment());
  const databaseTimeoutMs = statementMs ?? settings.databaseTimeoutMs;
  const db = connectDatabase({ ...settings, databaseTimeoutMs, databasePoolSize: 2 }, 'plimsoll-cli');
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** Does one thing of the store in a transaction of its own, put down to whoever runs the command on this server. */
export function onServer<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return acting(db, { kind: 'server', by: operatingSystemUser() }, work);
}

/** Their name; the number where a container runs as nobody that it knows. */
function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** The keys that encrypt secrets at rest, the newest first. @throws {ConfigError} when none are configured */
export function commandSecretKeys(): string[] {
  return readSettings(['secretKeys'], commandEnvironment()).secretKeys;
}

/** What encrypts secrets at rest. @throws {ConfigError} when no keys are configured */
export function commandSecrets(): SecretBox {
  return new SecretBox(commandSecretKeys());
}
