import type { Knex } from 'knex';

// A request that carries an Idempotency-Key is done once: what it was answered with is kept here for a day, in the transaction that did
// it. The answer is encrypted, since it may hold a secret that is shown once; of the request only a hash is kept.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('idempotency_keys', (t) => {
    // Who sent it, as kind and id: keys are a caller's own.
    t.text('caller').notNullable();
    t.text('key').notNullable();
    t.binary('fingerprint').notNullable();
    t.text('answer').notNullable();
    t.timestamp('expires_at', { useTz: true, precision: 3 }).notNullable();
    t.primary(['caller', 'key']);
    t.index(['expires_at']);
  });
  await knex.raw(`alter table idempotency_keys
    add constraint idempotency_keys_key_length check (char_length(key) between 1 and 255),
    add constraint idempotency_keys_fingerprint_length check (octet_length(fingerprint) = 32)`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('idempotency_keys');
}
