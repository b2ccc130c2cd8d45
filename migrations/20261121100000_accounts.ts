import type { Knex } from 'knex';

// People sign in. Two audiences that share nothing: `users` work in the dashboard, `portal_users` are customers who look after
// their licences. Each has tables of its own, so that no session of one can be taken for one of the other. Columns and indexes are
// those that the library of accounts works with (a test compares them); the checks are ours.
//
// Staff is a flag that no sign-up can set. A portal user belongs to the global customer record that its proof is for
// (docs/spec/keyport.md §1.2, §10.1); two of them may belong to one customer: one by e-mail, one by Discord.
export async function up(knex: Knex): Promise<void> {
  await people(knex, {
    users: 'users',
    sessions: 'user_sessions',
    accounts: 'user_accounts',
    proofs: 'user_verifications',
  });
  await knex.schema.alterTable('users', (t) => {
    t.boolean('two_factor_enabled').notNullable().defaultTo(false);
    t.boolean('is_staff').notNullable().defaultTo(false);
  });
  await knex.schema.createTable('user_two_factors', (t) => {
    t.uuid('id').primary();
    t.uuid('user_id').notNullable().references('users.id').onDelete('cascade');
    t.text('secret').notNullable();
    t.text('backup_codes').notNullable();
    t.boolean('verified').notNullable().defaultTo(true);
    t.integer('failed_verification_count').notNullable().defaultTo(0);
    t.timestamp('locked_until', { useTz: true, precision: 3 });
  });
  await knex.raw('create index "user_two_factors_secret_idx" on user_two_factors (secret)');
  await knex.raw('create index "user_two_factors_user_id_idx" on user_two_factors (user_id)');

  await people(knex, {
    users: 'portal_users',
    sessions: 'portal_sessions',
    accounts: 'portal_accounts',
    proofs: 'portal_verifications',
  });
  await knex.schema.alterTable('portal_users', (t) => {
    t.uuid('customer_id').references('customers.id').onDelete('restrict').index();
  });
}

async function people(
  knex: Knex,
  tables: { users: string; sessions: string; accounts: string; proofs: string },
): Promise<void> {
  const created = (t: Knex.CreateTableBuilder): void => {
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  };
  await knex.schema.createTable(tables.users, (t) => {
    t.uuid('id').primary();
    t.text('name').notNullable();
    t.text('email').notNullable().unique();
    t.boolean('email_verified').notNullable().defaultTo(false);
    t.text('image');
    created(t);
  });
  await knex.raw(
    'alter table ?? add constraint ?? check (email = lower(email)), add constraint ?? check (char_length(name) <= 200)',
    [tables.users, `${tables.users}_email_is_lower_case`, `${tables.users}_name_length`],
  );

  await knex.schema.createTable(tables.sessions, (t) => {
    t.uuid('id').primary();
    t.uuid('user_id').notNullable().references(`${tables.users}.id`).onDelete('cascade');
    t.text('token').notNullable().unique();
    t.timestamp('expires_at', { useTz: true, precision: 3 }).notNullable();
    t.text('ip_address');
    t.text('user_agent');
    created(t);
    t.index(['user_id'], `${tables.sessions}_user_id_idx`);
    t.index(['expires_at']);
  });

  await knex.schema.createTable(tables.accounts, (t) => {
    t.uuid('id').primary();
    t.uuid('user_id').notNullable().references(`${tables.users}.id`).onDelete('cascade');
    t.text('provider_id').notNullable();
    t.text('account_id').notNullable();
    t.text('access_token');
    t.text('refresh_token');
    t.text('id_token');
    t.timestamp('access_token_expires_at', { useTz: true, precision: 3 });
    t.timestamp('refresh_token_expires_at', { useTz: true, precision: 3 });
    t.text('scope');
    t.text('password');
    created(t);
    // Who someone is elsewhere belongs to one person here.
    t.unique(['provider_id', 'account_id']);
    t.index(['user_id'], `${tables.accounts}_user_id_idx`);
  });

  await knex.schema.createTable(tables.proofs, (t) => {
    t.uuid('id').primary();
    t.text('identifier').notNullable();
    t.text('value').notNullable();
    t.timestamp('expires_at', { useTz: true, precision: 3 }).notNullable();
    created(t);
    t.index(['identifier'], `${tables.proofs}_identifier_idx`);
    t.index(['expires_at']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'portal_verifications',
    'portal_accounts',
    'portal_sessions',
    'portal_users',
    'user_two_factors',
    'user_verifications',
    'user_accounts',
    'user_sessions',
    'users',
  ]) {
    await knex.schema.dropTable(table);
  }
}
