import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appliedMigrations } from '../../../store/health.ts';
import { migrate, pendingMigrations } from '../../../store/migrate.ts';
import { aScratchDatabase, type ScratchDatabase } from '../../support/scratch.ts';

const FOLDER = new URL('../../../migrations/', import.meta.url);
const NAMES = (await readdir(FOLDER))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

let database: ScratchDatabase;
let db: Knex;
beforeEach(async () => {
  database = await aScratchDatabase();
  db = database.connect();
});
afterEach(() => database.drop());

/** Everything in the schema that a migration could have made: tables with their columns, constraints, indexes, functions. */
async function schemaOf(pool: Knex): Promise<string[]> {
  const { rows } = await pool.raw<{ rows: { line: string }[] }>(`
    select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
      from information_schema.columns where table_schema = 'public'
    union select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'public'::regnamespace
    union select indexdef from pg_indexes where schemaname = 'public'
    union select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    union select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    order by 1`);
  return rows.map(({ line }) => line).filter((line) => !/knex_migrations/.test(line));
}

describe('the migrations', () => {
  test('make the schema from nothing, and once made do nothing', async () => {
    expect(await pendingMigrations(db)).toEqual(NAMES);
    expect(await migrate(db)).toHaveLength(NAMES.length);
    expect(await appliedMigrations(db)).toEqual(NAMES);
    expect(await pendingMigrations(db)).toEqual([]);
    const schema = await schemaOf(db);
    expect(schema.length).toBeGreaterThan(50);

    expect(await migrate(db)).toEqual([]);
    expect(await schemaOf(db)).toEqual(schema);
  });

  test('can be taken back to nothing and made again, and come to the same', async () => {
    await migrate(db);
    const schema = await schemaOf(db);
    for (const name of NAMES.toReversed()) {
      const migration = (await import(new URL(`${name}.ts`, FOLDER).href)) as Knex.Migration;
      await migration.down!(db);
      await db('knex_migrations').where({ name }).delete();
    }
    expect(await schemaOf(db)).toEqual([]);
    await migrate(db);
    expect(await schemaOf(db)).toEqual(schema);
  });

  test('run once when several migrators start at once, on an empty database', async () => {
    const done = await Promise.all(Array.from({ length: 4 }, () => migrate(database.connect())));
    expect(done.filter((names) => names.length > 0)).toHaveLength(1);
    expect(done.flat()).toHaveLength(NAMES.length);
    expect(await appliedMigrations(db)).toEqual(NAMES);
  });

  test('run after a migrator was killed in the middle', async () => {
    await migrate(db);
    const last = NAMES.at(-1)!;
    const migration = (await import(new URL(`${last}.ts`, FOLDER).href)) as Knex.Migration;
    await migration.down!(db);
    await db('knex_migrations').where({ name: last }).delete();
    // What knex leaves in its table when its process dies.
    await db('knex_migrations_lock').update({ is_locked: 1 });
    expect(await migrate(db, 1_000)).toHaveLength(1);
  });

  test('wait for a migrator that is at work, and give up in time', async () => {
    const other = await database.connect().transaction();
    await other.raw('select pg_advisory_xact_lock(7046001)');
    await expect(migrate(db, 200)).rejects.toThrow('Another migration has been running');
    const waiting = migrate(db);
    await other.commit();
    expect(await waiting).toHaveLength(NAMES.length);
  });
});
