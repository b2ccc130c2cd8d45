import type { Knex } from 'knex';

// Nothing in a signed answer is fresh, so it could be played back. A product may ask for a header beside the field that binds
// the answer to a moment and a licence key (docs/spec/keyport.md §3.7, §13.4); the field stays as it is.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (t) => {
    t.boolean('signature_header_enabled').notNullable().defaultTo(false);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (t) => {
    t.dropColumn('signature_header_enabled');
  });
}
