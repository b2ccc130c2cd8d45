import type { Knex } from 'knex';

// A limit may hang below its subject (for each project, say): a row then says whose it is, so that a change of plan can lock all
// rows of a subject. `null`: the scope is the subject itself, as all rows of before are and those that older processes still make.
//
// Things that have to wait for a place stand in a queue by their tickets; what a recount found different is kept for a person.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('limit_usage', (t) => {
    t.uuid('subject_id');
  });
  await knex.raw('create index limit_usage_subject on limit_usage (subject_id) where subject_id is not null');
  await knex.raw('alter table limit_usage add constraint limit_usage_subject_is_above check (subject_id <> scope_id)');

  await knex.schema.createTable('limit_queue', (t) => {
    t.uuid('scope_id').notNullable();
    t.text('limit_name').notNullable();
    t.bigIncrements('ticket', { primaryKey: false });
    t.uuid('waiter_id').notNullable();
    t.timestamp('since', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['scope_id', 'limit_name', 'ticket']);
    t.unique(['waiter_id', 'scope_id', 'limit_name']);
    t.foreign(['scope_id', 'limit_name'])
      .references(['scope_id', 'limit_name'])
      .inTable('limit_usage')
      .onDelete('cascade');
  });

  await knex.schema.createTable('limit_recounts', (t) => {
    t.uuid('scope_id').notNullable();
    t.text('limit_name').notNullable();
    // Which recount found it: when it was due, or when somebody ordered it.
    t.timestamp('recounted_for', { useTz: true, precision: 3 }).notNullable();
    t.bigInteger('used').notNullable();
    t.bigInteger('counted').notNullable();
    t.timestamp('found_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('repaired_at', { useTz: true, precision: 3 });
    t.primary(['scope_id', 'limit_name', 'recounted_for']);
    t.index(['found_at']);
  });
  await knex.raw('alter table limit_recounts add constraint limit_recounts_differ check (used <> counted)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('limit_recounts');
  await knex.schema.dropTable('limit_queue');
  await knex.schema.alterTable('limit_usage', (t) => {
    t.dropColumn('subject_id');
  });
}
