import type { Knex } from 'knex';

// People form organisations: one owns it, others are members with one role each, more are invited. An organisation that was made on
// the server's command line has no owner yet. Scripts act by access tokens, a person's own or the organisation's.
//
// What must never be wrong, Postgres holds: an organisation's owner is one of its members, the only one without a role, and can be
// neither removed nor demoted while being the owner; roles, members and invites stay within their organisation; a person is invited once
// at a time; a role that somebody has can't go (docs/spec/keyport.md §7).
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('roles', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('restrict');
    t.text('name').notNullable();
    t.specificType('permissions', 'text[]').notNullable();
    stamps(knex, t);
    t.unique(['id', 'organization_id']);
  });
  await knex.raw(`alter table roles
    add constraint roles_name_length check (char_length(name) between 1 and 80),
    add constraint roles_permissions_form check (${areCodes('permissions')})`);
  await knex.raw('create unique index roles_name on roles (organization_id, lower(name))');

  await knex.schema.createTable('members', (t) => {
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('restrict');
    t.uuid('user_id').notNullable().references('users.id').onDelete('restrict');
    // Without one: the owner.
    t.uuid('role_id').index();
    t.timestamp('joined_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
    t.primary(['organization_id', 'user_id']);
    t.foreign(['role_id', 'organization_id'])
      .references(['id', 'organization_id'])
      .inTable('roles')
      .onDelete('restrict');
    t.index(['user_id']);
  });
  await knex.raw('alter table members add column is_owner boolean generated always as (role_id is null) stored');
  await knex.raw('create unique index members_one_owner on members (organization_id) where role_id is null');
  await knex.raw('create unique index members_as_owner on members (organization_id, user_id, is_owner)');

  await knex.raw(`alter table organizations
    add column owner_id uuid,
    add column is_owned boolean generated always as (case when owner_id is not null then true end) stored`);
  // At the end of a transaction: the organisation comes before its first member, and an owner is replaced in two steps.
  await knex.raw(`alter table organizations add constraint organizations_owner_is_member
    foreign key (id, owner_id, is_owned) references members (organization_id, user_id, is_owner) deferrable initially deferred`);
  await knex.raw('create index organizations_owner on organizations (owner_id)');

  await knex.schema.createTable('invites', (t) => {
    t.uuid('id').primary();
    t.uuid('organization_id').notNullable().references('organizations.id').onDelete('restrict');
    t.text('email').notNullable();
    t.uuid('role_id').index();
    t.text('state').notNullable().defaultTo('pending');
    // Of the token in the mail, which is kept nowhere.
    t.binary('token_hash').notNullable().unique();
    t.uuid('invited_by').references('users.id').onDelete('set null');
    t.uuid('accepted_by').references('users.id').onDelete('set null');
    t.timestamp('sent_at', { useTz: true, precision: 3 }).notNullable();
    t.timestamp('expires_at', { useTz: true, precision: 3 }).notNullable();
    t.timestamp('settled_at', { useTz: true, precision: 3 });
    stamps(knex, t);
    t.index(['organization_id', 'id']);
  });
  await knex.raw(`alter table invites
    add constraint invites_email_is_lower_case
      check (email = lower(email) and char_length(email) between 3 and 254 and position('@' in email) > 1),
    add constraint invites_state check (state in ('pending', 'accepted', 'withdrawn', 'lapsed')),
    add constraint invites_token_hash_length check (octet_length(token_hash) = 32),
    add constraint invites_term check (expires_at > sent_at),
    add constraint invites_pending_have_a_role check (state <> 'pending' or role_id is not null),
    add constraint invites_settled_once check ((state = 'pending') = (settled_at is null)),
    -- What is settled doesn't keep its role; what is pending does, by the check above.
    add constraint invites_role_foreign foreign key (role_id, organization_id)
      references roles (id, organization_id) on delete set null (role_id)`);
  await knex.raw("create unique index invites_one_pending on invites (organization_id, email) where state = 'pending'");
  await knex.raw("create index invites_pending_of on invites (email) where state = 'pending'");
  await knex.raw("create index invites_due on invites (expires_at) where state = 'pending'");

  // What takes a seat: members, and invites while they are pending (docs/spec/keyport.md §2.3). One place to count them.
  await knex.raw(`create view seats as
    select organization_id, 'member'::text as state from members
    union all
    select organization_id, state from invites`);

  await knex.schema.createTable('access_tokens', (t) => {
    t.uuid('id').primary();
    // One of the two: a person's own, or the organisation's.
    t.uuid('user_id').references('users.id').onDelete('cascade').index();
    t.uuid('organization_id').references('organizations.id').onDelete('restrict').index();
    t.uuid('created_by').references('users.id').onDelete('set null').index();
    t.text('name').notNullable();
    t.binary('token_hash').notNullable().unique();
    t.text('token_prefix').notNullable();
    t.specificType('scopes', 'text[]').notNullable();
    t.specificType('networks', 'cidr[]');
    t.timestamp('expires_at', { useTz: true, precision: 3 });
    t.timestamp('last_used_at', { useTz: true, precision: 3 });
    t.timestamp('revoked_at', { useTz: true, precision: 3 });
    stamps(knex, t);
  });
  await knex.raw(`alter table access_tokens
    add constraint access_tokens_holder check ((user_id is null) <> (organization_id is null)),
    add constraint access_tokens_name_length check (char_length(name) between 1 and 80),
    add constraint access_tokens_token_hash_length check (octet_length(token_hash) = 32),
    add constraint access_tokens_scopes_form check (${areCodes('scopes')}),
    add constraint access_tokens_networks_number
      check (networks is null or (cardinality(networks) between 1 and 50 and array_position(networks, null) is null)),
    add constraint access_tokens_term check (expires_at is null or expires_at > created_at)`);

  // How many organisations somebody may be in belongs to the person (docs/spec/keyport.md §2.5), as do overrides of it.
  await knex.schema.createTable('user_overrides', (t) => {
    t.uuid('id').primary();
    t.uuid('user_id').notNullable().references('users.id').onDelete('cascade').index();
    t.text('name').notNullable();
    t.jsonb('value').notNullable();
    t.text('reason').notNullable();
    t.timestamp('starts_at', { useTz: true, precision: 3 }).notNullable();
    t.timestamp('ends_at', { useTz: true, precision: 3 });
    t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  });
  await knex.raw(`alter table user_overrides
    add constraint user_overrides_value
      check ((jsonb_typeof(value) = 'number' and value::text ~ '^[0-9]{1,15}$') or value = '"unlimited"'),
    add constraint user_overrides_term check (ends_at is null or ends_at > starts_at)`);
}

function stamps(knex: Knex, t: Knex.CreateTableBuilder): void {
  t.timestamp('created_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
  t.timestamp('updated_at', { useTz: true, precision: 3 }).notNullable().defaultTo(knex.fn.now());
}

/** Codes as `noun:verb`, none of them null, at most 200. Which there are is the program's. */
function areCodes(column: string): string {
  return `cardinality(${column}) <= 200 and array_to_string(${column}, ',', '-') ~ '^([a-z_]+:[a-z_]+(,[a-z_]+:[a-z_]+)*)\\?$'`;
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table organizations drop constraint organizations_owner_is_member');
  await knex.raw('alter table organizations drop column is_owned, drop column owner_id');
  await knex.raw('drop view seats');
  for (const table of ['user_overrides', 'access_tokens', 'invites', 'members', 'roles'])
    await knex.schema.dropTable(table);
}
