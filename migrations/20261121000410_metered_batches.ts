import type { Knex } from 'knex';

// A row that waits to be counted says what it holds of each counter, so that an outage which follows another sees it; under which name and
// number it was asked for before, where a process ended without an answer; and which generation of Redis' data lived when it was sent
// first, so that one that was perhaps counted in data that are lost is not counted again.
// And one row says into how many partitions everybody divides.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('usage_metered', (t) => {
    t.jsonb('costs').notNullable().defaultTo('{}');
    t.text('memory');
    t.integer('number');
    t.text('sent_under');
  });
  await knex.raw('create index usage_metered_costs on usage_metered using gin (costs)');
  await knex.raw(
    'alter table usage_metered add constraint usage_metered_asked check ((memory is null) = (number is null))',
  );
  await knex.schema.createTable('usage_partitions', (t) => {
    t.boolean('is_the_only_row').primary().defaultTo(true);
    t.integer('partitions').notNullable();
  });
  await knex.raw('alter table usage_partitions add constraint usage_partitions_one check (is_the_only_row)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('usage_partitions');
  await knex.schema.alterTable('usage_metered', (t) => {
    t.dropColumns('costs', 'memory', 'number', 'sent_under');
  });
}
