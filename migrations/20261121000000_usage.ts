import type { Knex } from 'knex';

// What was counted in Redis settles here, together with the position up to which it has: an entry of the stream is in all of these
// tables or in none. None of them points at products or licences: what was counted was counted, also of a product or a licence
// that is deleted meanwhile, and a reference that fails would stop the settlement of everybody. The log is one table a day, so
// that a day is forgotten by dropping it.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('usage_positions', (t) => {
    t.integer('partition').primary();
    t.text('generation');
    t.text('stream_id').notNullable().defaultTo('0-0');
    t.timestamp('moved_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  });
  // Every generation that was ever settled from, with its last entry: ids of another stream say nothing about this one.
  await knex.schema.createTable('usage_generations', (t) => {
    t.integer('partition').notNullable().references('usage_positions.partition').onDelete('cascade');
    t.text('generation').notNullable();
    t.text('stream_id').notNullable();
    t.timestamp('begun_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['partition', 'generation']);
  });
  await knex.schema.createTable('usage_periods', (t) => {
    t.uuid('product_id').notNullable();
    t.text('period_key').notNullable();
    t.bigInteger('used').notNullable();
    t.primary(['product_id', 'period_key']);
    t.index(['period_key', 'product_id']);
  });
  // An entry that nobody can read is kept for a person, and stops no other.
  await knex.schema.createTable('usage_unreadable', (t) => {
    t.integer('partition').notNullable();
    t.text('generation').notNullable();
    t.text('stream_id').notNullable();
    t.text('entry').notNullable();
    t.timestamp('found_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['partition', 'generation', 'stream_id']);
  });

  // Version '' is a call that named none.
  await knex.schema.createTable('usage_by_verdict', (t) => {
    t.uuid('product_id').notNullable();
    t.date('day').notNullable();
    t.text('status').notNullable();
    t.text('version').notNullable();
    t.bigInteger('calls').notNullable();
    t.primary(['product_id', 'day', 'status', 'version']);
  });
  await knex.schema.createTable('usage_by_license', (t) => {
    t.uuid('license_id').notNullable();
    t.date('day').notNullable();
    t.uuid('product_id').notNullable();
    t.bigInteger('calls').notNullable();
    t.primary(['license_id', 'day']);
    t.index(['product_id', 'day']);
  });
  await knex.schema.createTable('usage_sketches', (t) => {
    t.uuid('product_id').notNullable();
    t.date('day').notNullable();
    t.text('kind').notNullable();
    t.binary('registers').notNullable();
    t.primary(['product_id', 'day', 'kind']);
  });
  await knex.raw(`alter table usage_sketches add constraint usage_sketches_kind check (kind in ('ips', 'licenses'))`);
  for (const [table, column] of [
    ['usage_periods', 'used'],
    ['usage_by_verdict', 'calls'],
    ['usage_by_license', 'calls'],
  ] as const) {
    await knex.raw('alter table ?? add constraint ?? check (?? >= 0)', [table, `${table}_is_never_negative`, column]);
    // Rows that change with every batch: free room on the page keeps their indexes out of it.
    await knex.raw('alter table ?? set (fillfactor = 60)', [table]);
  }

  // Calls whose verdict is still on its way, by the id that the verdict will name.
  await knex.schema.createTable('usage_pending', (t) => {
    t.uuid('call_id').primary();
    t.uuid('product_id').notNullable();
    t.timestamp('at', { useTz: true, precision: 3 }).notNullable().index();
    t.text('version').notNullable();
    t.uuid('license_id');
  });

  // weight: how many calls a row stands for, more than 1 where the log was sampled.
  await knex.raw(`
    create table validations (
      at timestamptz(3) not null,
      product_id uuid not null,
      license_id uuid,
      ip inet,
      version text,
      device_id text,
      status text not null,
      call_id uuid,
      weight smallint not null default 1 constraint validations_weight check (weight >= 1)
    ) partition by range (at)`);
  await knex.raw('create index validations_product on validations (product_id, at)');
  await knex.raw('create index validations_license on validations (license_id, at) where license_id is not null');
  await knex.raw(`create index validations_unknown on validations (call_id) where status = 'unknown'`);

  // A closed day of a product: what it used, told once. What is settled later than that is told apart.
  await knex.schema.createTable('usage_closings', (t) => {
    t.uuid('product_id').notNullable();
    t.date('day').notNullable();
    t.uuid('organization_id');
    t.bigInteger('used').notNullable();
    t.bigInteger('late').notNullable().defaultTo(0);
    t.timestamp('closed_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['product_id', 'day']);
    t.index(['organization_id', 'day']);
  });
  await knex.raw(
    `alter table usage_closings add constraint usage_closings_are_never_negative check (used >= 0 and late >= 0)`,
  );
  await knex.schema.createTable('usage_closed_days', (t) => {
    t.date('day').primary();
    t.integer('products').notNullable();
    t.bigInteger('used').notNullable();
    t.timestamp('closed_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'usage_closed_days',
    'usage_closings',
    'validations',
    'usage_pending',
    'usage_sketches',
    'usage_by_license',
    'usage_by_verdict',
    'usage_unreadable',
    'usage_periods',
    'usage_generations',
    'usage_positions',
  ]) {
    await knex.schema.dropTable(table);
  }
}
