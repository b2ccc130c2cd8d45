import type { Knex } from 'knex';

// What is to be done outside of Postgres stands here, written by the transaction that decides it, until it is done: then its row is gone.
// A worker takes an entry by moving its `due_at` into the future; one that dies leaves it to be due again. What failed too often is
// parked: it waits for a person and keeps nobody else waiting. Payloads are encrypted: links in them open accounts.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('outbox', (t) => {
    t.uuid('id').primary();
    t.text('kind').notNullable();
    t.text('payload_encrypted').notNullable();
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    t.timestamp('due_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now(3));
    t.integer('attempts').notNullable().defaultTo(0);
    t.timestamp('parked_at', { useTz: true, precision: 3 });
    t.text('last_error');
  });
  await knex.raw('create index outbox_due on outbox (kind, due_at, id) where parked_at is null');
  // Rows live for moments, and each is updated once or twice.
  await knex.raw('alter table outbox set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)');

  // Mails of a platform that has no SMTP server, for the inbox page of developers.
  await knex.schema.createTable('sent_mails', (t) => {
    t.uuid('id').primary();
    t.timestamp('sent_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now(3)).index();
    t.text('template').notNullable();
    t.text('sender').notNullable();
    t.text('recipient').notNullable();
    t.text('subject').notNullable();
    t.text('text').notNullable();
    t.text('html').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['sent_mails', 'outbox']) await knex.schema.dropTable(table);
}
