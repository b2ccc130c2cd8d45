import type { Knex } from 'knex';

// Who changed what, in a chain for each organisation and one for the platform (the nil UUID): each entry's hash covers its content and
// the hash before it, so that a changed, missing or moved entry shows (docs/audit.md). Rows are only ever added, whatever the program
// does. No foreign key: an entry outlives what it tells of. Addresses are texts and before and after are `json`, since both are hashed as
// they were written.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('audit_entries', (t) => {
    t.uuid('chain_id').notNullable();
    t.bigInteger('seq').notNullable();
    t.smallint('version').notNullable();
    t.binary('previous_hash').notNullable();
    t.binary('hash').notNullable();
    t.timestamp('at', { useTz: true, precision: 3 }).notNullable();
    t.text('actor_kind').notNullable();
    t.text('actor_id').notNullable();
    t.uuid('actor_user_id');
    t.text('action').notNullable();
    t.text('target_type').notNullable();
    t.text('target_id').notNullable();
    t.json('before');
    t.json('after');
    t.text('ip');
    t.text('user_agent');
    t.text('request_id');
    t.primary(['chain_id', 'seq']);
    // Filters of the list, each in the chain's order.
    t.index(['chain_id', 'actor_id', 'seq']);
    t.index(['chain_id', 'actor_user_id', 'seq']);
    t.index(['chain_id', 'action', 'seq']);
    t.index(['chain_id', 'target_id', 'seq']);
    t.index(['chain_id', 'at', 'seq']);
  });
  await knex.raw(`alter table audit_entries
    add constraint audit_entries_begin_at_one check (seq >= 1),
    add constraint audit_entries_actor_kind check (actor_kind in ('user', 'token', 'customer', 'server', 'system')),
    add constraint audit_entries_action check (action ~ '^[a-z_]+[.][a-z_]+$'),
    add constraint audit_entries_hashes check (octet_length(hash) = 32 and octet_length(previous_hash) = 32)`);

  // The last entry of each chain. Its row's lock is the right to append, and the last lock that a transaction takes.
  await knex.schema.createTable('audit_heads', (t) => {
    t.uuid('chain_id').primary();
    t.bigInteger('seq').notNullable();
    t.binary('hash').notNullable();
    t.timestamp('at', { useTz: true, precision: 3 }).notNullable();
  });
  await knex.raw('alter table audit_heads set (fillfactor = 60)');
  await knex.raw(`
    create function refuse_to_go_back() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new.chain_id = old.chain_id and new.seq > old.seq then return new; end if;
      raise exception 'a chain only ever grows' using errcode = 'restrict_violation';
    end $$`);
  await knex.raw(`
    create trigger audit_heads_only_move_on before update or delete on audit_heads
    for each row execute function refuse_to_go_back()`);

  // What a head was at some time, signed: who writes the tail of a chain anew can't write these.
  await knex.schema.createTable('audit_signatures', (t) => {
    t.uuid('chain_id').notNullable();
    t.bigInteger('seq').notNullable();
    t.binary('hash').notNullable();
    t.timestamp('signed_at', { useTz: true, precision: 3 }).notNullable();
    t.text('key_id').notNullable();
    t.binary('signature').notNullable();
    t.primary(['chain_id', 'seq']);
  });
  for (const table of ['audit_entries', 'audit_signatures']) {
    await knex.raw(`create trigger ${table}_are_never_changed before update or delete on ${table}
      for each row execute function refuse_change()`);
  }
  for (const table of ['audit_entries', 'audit_heads', 'audit_signatures']) {
    await knex.raw(`create trigger ${table}_are_never_emptied before truncate on ${table}
      for each statement execute function refuse_change()`);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['audit_signatures', 'audit_heads', 'audit_entries']) await knex.schema.dropTable(table);
  await knex.raw('drop function refuse_to_go_back()');
}
