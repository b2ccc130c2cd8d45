import type { Knex } from 'knex';

// Calls that were served while Redis was away wait here until it is back and they are counted there; a row is deleted then. They
// settle through the stream like all others, so there is one way into what is settled.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('usage_metered', (t) => {
    t.uuid('id').primary();
    t.json('items').notNullable();
    t.json('verdicts').notNullable();
    t.timestamp('metered_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.index(['metered_at']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('usage_metered');
}
