import type { Knex } from 'knex';
import { type Config, readSettings } from '../runtime/config.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { readHomeEnv, resolveHome } from '../stack/home.ts';
import { connectDatabase } from '../store/database.ts';

/** Where a command finds the platform: what the environment says, and what it doesn't, from the home that `bin/up` keeps. */
export function commandEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const said = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  return { ...readHomeEnv(resolveHome(env)), ...Object.fromEntries(said) };
}

export interface Toolbox {
  db: Knex;
  secrets: SecretBox;
}

/** Runs a command with a connection to Postgres and closes it afterwards, whatever happens. */
export async function withDatabase<T>(
  work: (tools: Toolbox) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const settings: Pick<Config, 'databaseUrl' | 'databasePoolSize' | 'databaseTimeoutMs' | 'secretKeys'> = readSettings(
    ['databaseUrl', 'databasePoolSize', 'databaseTimeoutMs', 'secretKeys'],
    commandEnvironment(env),
  );
  const db = connectDatabase({ ...settings, databasePoolSize: 2 }, 'plimsoll-cli');
  try {
    return await work({ db, secrets: new SecretBox(settings.secretKeys) });
  } finally {
    await db.destroy();
  }
}
