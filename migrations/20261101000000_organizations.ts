import type { Knex } from 'knex';

// Catalogues are published, never edited: a version is one row with its content and the hash of it, and an organisation is
// pinned to one row. The trigger keeps that true whatever the program does.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('catalogues', (t) => {
    t.uuid('id').primary();
    t.text('name').notNullable();
    t.text('version').notNullable();
    t.binary('content_hash').notNullable();
    t.jsonb('content').notNullable();
    t.timestamp('published_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.unique(['name', 'version']);
  });
  await knex.raw(`
    create function refuse_change() returns trigger language plpgsql as $$
    begin raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation'; end $$`);
  await knex.raw(`
    create trigger catalogues_are_never_edited before update or delete on catalogues
    for each row execute function refuse_change()`);

  await knex.schema.createTable('organizations', (t) => {
    t.uuid('id').primary();
    t.text('name').notNullable();
    t.text('slug').notNullable().unique();
    t.uuid('catalogue_id').notNullable().references('catalogues.id').onDelete('restrict');
    t.text('plan').notNullable();
    t.text('billing_state').notNullable().defaultTo('active');
    t.timestamp('suspended_at', { useTz: true, precision: 3 });
    t.text('suspended_reason');
    t.boolean('signing_enabled').notNullable().defaultTo(false);
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  });
  await knex.raw(`alter table organizations
    add constraint organizations_name_length check (char_length(name) between 1 and 80),
    add constraint organizations_slug_form check (slug ~ '^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])\\?$'),
    add constraint organizations_billing_state
      check (billing_state in ('active', 'billing_grace', 'billing_suspended', 'cancelled'))`);
  // The slug is in addresses that people keep (docs/spec/keyport.md §1.3): set once.
  await knex.raw(`
    create function refuse_new_slug() returns trigger language plpgsql as $$
    begin raise exception 'a slug is never changed' using errcode = 'restrict_violation'; end $$`);
  await knex.raw(`
    create trigger organizations_keep_their_slug before update of slug on organizations
    for each row when (old.slug is distinct from new.slug) execute function refuse_new_slug()`);

  await knex.schema.createTable('plan_overrides', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('cascade');
    t.text('kind').notNullable();
    t.text('name').notNullable();
    t.jsonb('value').notNullable();
    t.text('reason').notNullable();
    t.timestamp('starts_at', { useTz: true, precision: 3 }).notNullable();
    t.timestamp('ends_at', { useTz: true, precision: 3 });
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.index(['organization_id']);
  });
  await knex.raw(`alter table plan_overrides
    add constraint plan_overrides_kind check (kind in ('limit', 'feature')),
    add constraint plan_overrides_value check (
      (kind = 'limit' and ((jsonb_typeof(value) = 'number' and value::text ~ '^[0-9]{1,15}$') or value = '"unlimited"'))
      or (kind = 'feature' and jsonb_typeof(value) = 'boolean')),
    add constraint plan_overrides_term check (ends_at is null or ends_at > starts_at)`);

  // What an organisation uses of each limit on things that exist. Locked and kept by one helper, in the creating transaction.
  await knex.schema.createTable('limit_usage', (t) => {
    t.uuid('scope_id').notNullable();
    t.text('limit_name').notNullable();
    t.bigInteger('used').notNullable().defaultTo(0);
    t.primary(['scope_id', 'limit_name']);
  });
  await knex.raw('alter table limit_usage add constraint limit_usage_is_never_negative check (used >= 0)');
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['limit_usage', 'plan_overrides', 'organizations', 'catalogues'])
    await knex.schema.dropTable(table);
  await knex.raw('drop function refuse_new_slug()');
  await knex.raw('drop function refuse_change()');
}
