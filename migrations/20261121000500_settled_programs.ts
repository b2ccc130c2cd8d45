import type { Knex } from 'knex';

// What programs took settles here, beside what calls did: quotas by period, balances, budgets with their reservations. Rates settle nothing:
// their windows are over before anybody could ask. Names are the tenant's own texts and point at no row, as everywhere in usage.
// Instants are epoch milliseconds of the programs' clocks, which are compared with them again and nothing else.
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('usage_quotas', (t) => {
    named(t);
    t.text('period_key').notNullable();
    t.bigInteger('used').notNullable();
    t.primary(['tenant', 'key', 'period_key']);
  });
  // version: rises with each change, so that of two states the later one is known. spent: all that was ever spent; it may outgrow 2^53.
  await knex.schema.createTable('usage_balances', (t) => {
    named(t);
    t.bigInteger('balance').notNullable();
    t.bigInteger('refilled_at_ms').notNullable();
    t.bigInteger('version').notNullable();
    t.decimal('spent', 30, 0).notNullable();
    t.primary(['tenant', 'key']);
  });
  // A budget stands in one period; what it spent in each is a row of its own.
  await knex.schema.createTable('usage_budgets', (t) => {
    named(t);
    t.text('period_key').notNullable();
    t.bigInteger('starts_at_ms').notNullable();
    t.bigInteger('version').notNullable();
    t.primary(['tenant', 'key']);
  });
  await knex.schema.createTable('usage_budget_periods', (t) => {
    named(t);
    t.text('period_key').notNullable();
    t.bigInteger('spent').notNullable();
    t.primary(['tenant', 'key', 'period_key']);
  });
  // at_ms: when the lease runs out; of one that has ended, when it is forgotten. amount: held back, or committed.
  await knex.schema.createTable('usage_reservations', (t) => {
    named(t);
    t.text('reservation_id').notNullable();
    t.text('state').notNullable();
    t.bigInteger('amount').notNullable();
    t.bigInteger('at_ms').notNullable().index();
    t.primary(['tenant', 'key', 'reservation_id']);
  });
  await knex.raw(
    `alter table usage_reservations add constraint usage_reservations_state
       check (state in ('reserved', 'committed', 'released', 'expired'))`,
  );
  for (const [table, column] of [
    ['usage_quotas', 'used'],
    ['usage_balances', 'balance'],
    ['usage_budget_periods', 'spent'],
    ['usage_reservations', 'amount'],
  ] as const) {
    await knex.raw('alter table ?? add constraint ?? check (?? >= 0)', [table, `${table}_is_never_negative`, column]);
  }
  for (const table of TABLES) await knex.raw('alter table ?? set (fillfactor = 60)', [table]);
}

function named(t: Knex.CreateTableBuilder): void {
  t.text('tenant').notNullable();
  t.text('key').notNullable();
}

export async function down(knex: Knex): Promise<void> {
  for (const table of TABLES.toReversed()) await knex.schema.dropTable(table);
}

const TABLES = ['usage_quotas', 'usage_balances', 'usage_budgets', 'usage_budget_periods', 'usage_reservations'];
