import type { Knex } from 'knex';

// Customers are people above tenants; what an organisation typed about one is a profile of that organisation, and only that
// is shown to it. A licence belongs to one product and one customer, and its organisation is part of every key.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('customers', (t) => {
    t.uuid('id').primary();
    t.text('email').unique();
    t.text('discord_id').unique();
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  });
  await knex.raw(`alter table customers
    add constraint customers_can_be_reached check (email is not null or discord_id is not null),
    add constraint customers_email_is_lower_case check (email = lower(email))`);

  await knex.schema.createTable('customer_profiles', (t) => {
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('cascade');
    t.uuid('customer_id').notNullable().references('customers.id').onDelete('restrict');
    t.text('email');
    t.text('discord_id');
    t.text('name');
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['organization_id', 'customer_id']);
  });

  await knex.schema.createTable('licenses', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').notNullable();
    t.uuid('product_id').notNullable();
    t.uuid('customer_id').notNullable();
    t.text('license_key').notNullable().unique();
    t.text('status').notNullable().defaultTo('active');
    t.timestamp('expires_at', { useTz: true, precision: 3 });
    t.integer('max_ips');
    t.text('notes');
    t.text('version_pin_mode');
    t.text('version_pinned');
    t.text('version_range_min');
    t.text('version_range_max');
    t.json('custom_override');
    t.timestamp('revoked_at', { useTz: true, precision: 3 });
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.unique(['id', 'organization_id']);
    t.index(['product_id', 'created_at']);
    t.index(['organization_id', 'customer_id']);
    t.foreign(['product_id', 'organization_id'])
      .references(['id', 'organization_id'])
      .inTable('products')
      .onDelete('restrict');
    t.foreign(['organization_id', 'customer_id'])
      .references(['organization_id', 'customer_id'])
      .inTable('customer_profiles')
      .onDelete('restrict');
  });
  await knex.raw(`alter table licenses
    add constraint licenses_status check (status in ('active', 'revoked')),
    add constraint licenses_revoked_has_a_time check ((status = 'revoked') = (revoked_at is not null)),
    add constraint licenses_max_ips check (max_ips between 1 and 1000000),
    add constraint licenses_notes_length check (char_length(notes) <= 10000),
    add constraint licenses_custom_override check (json_typeof(custom_override) = 'object'),
    add constraint licenses_pin check (case version_pin_mode
      when 'exact' then version_pinned is not null and num_nonnulls(version_range_min, version_range_max) = 0
      when 'range' then version_pinned is null and num_nonnulls(version_range_min, version_range_max) > 0
      else num_nonnulls(version_pin_mode, version_pinned, version_range_min, version_range_max) = 0 end)`);

  await knex.schema.createTable('license_ips', (t) => {
    t.uuid('organization_id').notNullable();
    t.uuid('license_id').notNullable();
    t.specificType('address', 'inet').notNullable();
    t.text('origin').notNullable();
    t.timestamp('first_seen_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('last_seen_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['license_id', 'address']);
    t.foreign(['license_id', 'organization_id'])
      .references(['id', 'organization_id'])
      .inTable('licenses')
      .onDelete('cascade');
  });
  await knex.raw(`alter table license_ips
    add constraint license_ips_are_addresses check (masklen(address) = case family(address) when 4 then 32 else 128 end),
    add constraint license_ips_origin check (origin in ('validation', 'manual'))`);

  // One table for the four blacklists (docs/spec/keyport.md §6.1): what a row hangs at tells which of them it is.
  await knex.schema.createTable('ip_blacklist', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').references('organizations.id').onDelete('cascade');
    t.uuid('customer_id');
    t.uuid('license_id');
    t.specificType('network', 'cidr').notNullable();
    t.text('reason');
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.foreign(['organization_id', 'customer_id'])
      .references(['organization_id', 'customer_id'])
      .inTable('customer_profiles')
      .onDelete('cascade');
    t.foreign(['license_id', 'organization_id'])
      .references(['id', 'organization_id'])
      .inTable('licenses')
      .onDelete('cascade');
  });
  await knex.raw(`alter table ip_blacklist
    add constraint ip_blacklist_hangs_at_one_thing check (
      num_nonnulls(customer_id, license_id) <= 1 and (organization_id is not null or num_nonnulls(customer_id, license_id) = 0))`);
  await knex.raw(
    'create unique index ip_blacklist_once on ip_blacklist (organization_id, customer_id, license_id, network) nulls not distinct',
  );
  await knex.raw('create index ip_blacklist_license on ip_blacklist (license_id) where license_id is not null');
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['ip_blacklist', 'license_ips', 'licenses', 'customer_profiles', 'customers']) {
    await knex.schema.dropTable(table);
  }
}
