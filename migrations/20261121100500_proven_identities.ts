import type { Knex } from 'knex';

// Two identities in one customer's record are proven to be one person's, by that person. Until now they were also there where a developer
// had typed both: with sign-in to the portal, whoever has the one would come by the licences of whoever has the other. The e-mail stays, as
// it is what decided; what was typed stays in the organisation's profile (docs/spec/keyport.md §1.2, §10.1).
export async function up(knex: Knex): Promise<void> {
  await knex('customers').whereNotNull('email').whereNotNull('discord_id').update({ discord_id: null });
}

export async function down(): Promise<void> {}
