import type { Knex } from 'knex';

// What waits to be counted belongs to one partition: its counters and its stream are on one node of a cluster, which may be away
// while the others answer.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('usage_metered', (t) => {
    t.integer('partition').notNullable().defaultTo(0);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('usage_metered', (t) => {
    t.dropColumn('partition');
  });
}
