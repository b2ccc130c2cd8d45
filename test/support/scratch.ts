import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
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

/** An empty database on the stack's Postgres, for what would disturb everybody else in theirs. */
export async function aScratchDatabase(): Promise<ScratchDatabase> {
  const { config } = testStack();
  const admin = connectDatabase({ ...config, databasePoolSize: 2 }, 'plimsoll-test');
  const name = `scratch_${randomUUID().replaceAll('-', '')}`;
  await admin.raw('create database ??', [name]);
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
  const database = await aScratchDatabase();
  const path = new URL('../../plans/platform.yaml', import.meta.url);
  const catalogue = loadCatalogue(readFileSync(path, 'utf8'), 'platform.yaml');
  const db = database.connect();
  await migrate(db);
  await write(db, (trx) => publishCatalogue(trx, catalogue));
  return database;
}
