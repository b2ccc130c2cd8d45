import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { loadCatalogue } from '../../domain/plans/load.ts';
import { publishCatalogue } from '../../store/catalogues.ts';
import { connectDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { write } from './acting.ts';
import { testStack } from './stack.ts';

export interface ScratchDatabase {
  url: string;
  /** Another pool on it, as another process would have; closed with the database. */
  connect(): Knex;
  drop(): Promise<void>;
}

/** An empty database on the stack's Postgres, for what would disturb everybody else in theirs; or a copy of another one. */
export async function aScratchDatabase({ template = 'template1' } = {}): Promise<ScratchDatabase> {
  const { config } = testStack();
  const admin = connectDatabase({ ...config, databasePoolSize: 2 }, 'plimsoll-test');
  const name = `scratch_${randomUUID().replaceAll('-', '')}`;
  await admin.raw('create database ?? template ??', [name, template]);
  const at = new URL(config.databaseUrl);
  at.pathname = `/${name}`;
  const pools: Knex[] = [];

  return {
    url: at.href,
    connect() {
      const pool = connectDatabase({ ...config, databaseUrl: at.href, databasePoolSize: 2 }, 'plimsoll-test');
      pools.push(pool);
      return pool;
    },
    async drop() {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await admin.raw('drop database ?? with (force)', [name]);
      await admin.destroy();
    },
  };
}

/** A database of its own that an API can run on: migrated, with the platform's catalogue published. */
export async function aPlatformDatabase(): Promise<ScratchDatabase> {
  return aScratchDatabase({ template: await aTemplate() });
}

const CATALOGUE = new URL('../../plans/platform.yaml', import.meta.url);
const MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** Making it takes seconds, and whoever comes meanwhile waits for that. */
const WITHIN_MS = 60_000;

/** The name of a migrated database to copy, which takes a tenth of the time. It is made by whoever needs it first, once for each schema. */
async function aTemplate(): Promise<string> {
  const { config } = testStack();
  const name = `platform_${digestOfSchema()}`;
  // One connection: the lock is its own.
  const admin = connectDatabase({ ...config, databasePoolSize: 1, databaseTimeoutMs: WITHIN_MS }, 'plimsoll-test');
  try {
    await admin.raw('select pg_advisory_lock(hashtext(?))', [name]);
    if (await admin('pg_database').where({ datname: name }).first('oid')) return name;
    const making = `${name}_in_the_making`;
    await admin.raw('drop database if exists ??', [making]);
    await admin.raw('create database ??', [making]);
    const at = new URL(config.databaseUrl);
    at.pathname = `/${making}`;
    const db = connectDatabase({ ...config, databaseUrl: at.href, databasePoolSize: 2 }, 'plimsoll-test');
    try {
      await migrate(db);
      const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'platform.yaml');
      await write(db, (trx) => publishCatalogue(trx, catalogue));
    } finally {
      await db.destroy();
    }
    await admin.raw('alter database ?? rename to ??', [making, name]);
    return name;
  } finally {
    await admin.destroy();
  }
}

function digestOfSchema(): string {
  const hash = createHash('sha256').update(readFileSync(CATALOGUE));
  for (const file of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(new URL(file, MIGRATIONS)));
  return hash.digest('hex').slice(0, 16);
}
