import type { Knex } from 'knex';

// A product that is deleted keeps its row, without its name and its licences: its key must go on being answered with
// `product_not_found` and counted, rather than with 401, which clients take for a fault of their own
// (docs/spec/keyport.md §3.4). Foreign keys carry the organisation, so that nothing can point across tenants.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('products', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('restrict');
    t.text('name').notNullable();
    t.text('state').notNullable().defaultTo('active');
    t.binary('api_key_hash').notNullable().unique();
    t.text('api_key_prefix').notNullable();
    // Defaults of a new product: docs/spec/keyport.md §6.4.
    t.boolean('ip_system_enabled').notNullable().defaultTo(true);
    t.boolean('auto_register_ip_on_validate').notNullable().defaultTo(true);
    t.boolean('track_ip_on_validate').notNullable().defaultTo(true);
    t.text('ip_registration').notNullable().defaultTo('first');
    t.integer('default_max_ips').defaultTo(1);
    t.boolean('expiry_enforced').notNullable().defaultTo(true);
    t.boolean('versions_enabled').notNullable().defaultTo(false);
    t.boolean('custom_response_enabled').notNullable().defaultTo(false);
    // json, not jsonb: the order of keys is the developer's, and is what gets signed.
    t.json('custom_response_template').notNullable().defaultTo('{}');
    t.boolean('webhooks_enabled').notNullable().defaultTo(false);
    t.boolean('transfers_allowed').notNullable().defaultTo(false);
    t.boolean('signing_enabled').notNullable().defaultTo(false);
    t.text('signing_secret_encrypted');
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('deleted_at', { useTz: true, precision: 3 });
    t.unique(['id', 'organization_id']);
  });
  await knex.raw(`alter table products
    add constraint products_name_length check (char_length(name) between 1 and 80),
    add constraint products_state check (state in ('active', 'archived', 'disabled')),
    add constraint products_ip_registration check (ip_registration in ('first', 'up_to_max')),
    add constraint products_default_max_ips check (default_max_ips between 1 and 1000000),
    add constraint products_custom_response_template check (json_typeof(custom_response_template) = 'object'),
    add constraint products_signing_needs_a_secret check (not signing_enabled or signing_secret_encrypted is not null)`);
  await knex.raw(
    'create unique index products_living_name on products (organization_id, lower(name)) where deleted_at is null',
  );

  await knex.schema.createTable('product_versions', (t) => {
    t.uuid('organization_id').notNullable();
    t.uuid('product_id').notNullable();
    t.text('version').notNullable();
    t.text('state').notNullable();
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['product_id', 'version']);
    t.foreign(['product_id', 'organization_id'])
      .references(['id', 'organization_id'])
      .inTable('products')
      .onDelete('cascade');
  });
  await knex.raw(`alter table product_versions
    add constraint product_versions_length check (char_length(version) between 1 and 100),
    add constraint product_versions_state check (state in ('allowed', 'deprecated', 'latest', 'blocked')),
    add constraint product_versions_latest_is_no_family check (state <> 'latest' or version !~ '(^|\\.)[x*]$')`);
  await knex.raw(
    `create unique index product_versions_one_latest on product_versions (product_id) where state = 'latest'`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('product_versions');
  await knex.schema.dropTable('products');
}
