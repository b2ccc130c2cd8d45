import type { Knex } from 'knex';
import type {
  BudgetState,
  BudgetStep,
  CreditsState,
  CreditsStep,
  EndedReservation,
  QuotaStep,
  Reservation,
} from '../domain/program/program.ts';
import {
  type KnownStates,
  nameOf,
  type ProgramTally,
  type ReservationMove,
  type Taken,
} from '../domain/program/settling.ts';
import { column } from './columns.ts';

/**
 * What programs took, settled: quotas by period, balances, budgets and their reservations. Writers take rows in the order of their keys,
 * one statement each, in the batch's transaction. Readers give a state as a program finds it, where Redis may have lost it.
 */

interface Named {
  tenant: string;
  key: string;
}

/** Adds what was used to its periods; no sum leaves what a number holds. */
export async function addToQuotas(trx: Knex.Transaction, rows: ProgramTally['quotas']): Promise<void> {
  await trx.raw(
    `insert into usage_quotas (tenant, key, period_key, used)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::bigint[])
     on conflict (tenant, key, period_key)
       do update set used = least(usage_quotas.used + excluded.used, ${Number.MAX_SAFE_INTEGER})`,
    [...names(rows), column(rows, ({ periodKey }) => periodKey), column(rows, ({ used }) => used)],
  );
}

/** Writes how balances stand, and adds to what was spent of each. */
export async function setBalances(trx: Knex.Transaction, rows: ProgramTally['balances']): Promise<void> {
  await trx.raw(
    `insert into usage_balances (tenant, key, balance, refilled_at_ms, version, spent)
     select * from unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::numeric[])
     on conflict (tenant, key) do update
       set balance = excluded.balance, refilled_at_ms = excluded.refilled_at_ms, version = excluded.version,
           spent = usage_balances.spent + excluded.spent`,
    [
      ...names(rows),
      column(rows, ({ balance }) => balance),
      column(rows, ({ refilledAtMs }) => refilledAtMs),
      column(rows, ({ version }) => version),
      column(rows, ({ spent }) => String(spent)),
    ],
  );
}

/** Writes in which period budgets stand. */
export async function setBudgets(trx: Knex.Transaction, rows: ProgramTally['budgets']): Promise<void> {
  await trx.raw(
    `insert into usage_budgets (tenant, key, period_key, starts_at_ms, version)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[])
     on conflict (tenant, key) do update
       set period_key = excluded.period_key, starts_at_ms = excluded.starts_at_ms, version = excluded.version`,
    [
      ...names(rows),
      column(rows, ({ periodKey }) => periodKey),
      column(rows, ({ startsAtMs }) => startsAtMs),
      column(rows, ({ version }) => version),
    ],
  );
}

/** Adds what was spent to its periods. */
export async function addToBudgetPeriods(trx: Knex.Transaction, rows: ProgramTally['budgetPeriods']): Promise<void> {
  await trx.raw(
    `insert into usage_budget_periods (tenant, key, period_key, spent)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::bigint[])
     on conflict (tenant, key, period_key)
       do update set spent = least(usage_budget_periods.spent + excluded.spent, ${Number.MAX_SAFE_INTEGER})`,
    [...names(rows), column(rows, ({ periodKey }) => periodKey), column(rows, ({ spent }) => spent)],
  );
}

/** Writes what became of reservations. */
export async function setReservations(trx: Knex.Transaction, rows: ProgramTally['reservations']): Promise<void> {
  await trx.raw(
    `insert into usage_reservations (tenant, key, reservation_id, state, amount, at_ms)
     select * from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[])
     on conflict (tenant, key, reservation_id) do update
       set state = excluded.state, amount = excluded.amount, at_ms = excluded.at_ms`,
    [
      ...names(rows),
      column(rows, ({ id }) => id),
      column(rows, ({ state }) => state),
      column(rows, ({ amount }) => amount),
      column(rows, ({ atMs }) => atMs),
    ],
  );
}

/** Forgets reservations whose lease ran out, or that were to be forgotten, before that instant. */
export async function forgetReservations(db: Knex, beforeMs: number): Promise<number> {
  return db('usage_reservations').where('at_ms', '<', beforeMs).delete();
}

/** What is settled of all that these touch. */
export async function knownStates(db: Knex, taken: readonly Taken[]): Promise<KnownStates> {
  const moved = taken.filter((one) => one.kind === 'credits');
  const budgets = taken.filter((one) => one.kind === 'budget');
  const reservations = budgets.flatMap(({ tenant, key, reservations: all }) =>
    all.map(({ id }) => ({ tenant, key, id })),
  );
  const byBudget = new Map<string, Map<string, ReservationMove>>();
  for (const { tenant, key, ...move } of await reservationsOf(db, reservations)) {
    const name = nameOf({ tenant, key });
    const own = byBudget.get(name) ?? new Map<string, ReservationMove>();
    byBudget.set(name, own.set(move.id, move));
  }
  return {
    balances: new Map((await balancesOf(db, distinct(moved))).map((row) => [nameOf(row), row])),
    budgets: new Map((await placesOf(db, distinct(budgets))).map((row) => [nameOf(row), row])),
    reservations: byBudget,
  };
}

/** What is settled of these quotas, in their order; 0 where nothing is. */
export async function settledQuotas(db: Knex, quotas: readonly (Named & { periodKey: string })[]): Promise<number[]> {
  if (quotas.length === 0) return [];
  const { rows } = await db.raw<{ rows: { used: number }[] }>(
    `select coalesce(q.used, 0) as used
       from unnest(?::text[], ?::text[], ?::text[]) with ordinality as each (tenant, key, period_key, n)
       left join usage_quotas q using (tenant, key, period_key)
      order by each.n`,
    [...names(quotas), column(quotas, ({ periodKey }) => periodKey)],
  );
  return rows.map(({ used }) => used);
}

export type SettledBalance = CreditsState & { readonly version: number };

/** How balances stand by what is settled; those that were never touched are not among them. */
export async function balancesOf(db: Knex, balances: readonly Named[]): Promise<(Named & SettledBalance)[]> {
  if (balances.length === 0) return [];
  const { rows } = await db.raw<{ rows: (Named & SettledBalance)[] }>(
    `select tenant, key, balance, refilled_at_ms as "refilledAtMs", version
       from unnest(?::text[], ?::text[]) as each (tenant, key) join usage_balances using (tenant, key)`,
    names(balances),
  );
  return rows;
}

export type SettledBudgetState = BudgetState & { readonly version: number };

/** How a budget stands by what is settled, with its reservations; `null` if it was never touched. */
export async function settledBudget(db: Knex, { tenant, key }: Named): Promise<SettledBudgetState | null> {
  // One statement: what is settled together is read together.
  const { rows } = await db.raw<{ rows: StoredBudget[] }>(
    `select b.period_key, b.starts_at_ms, b.version, coalesce(p.spent, 0) as spent,
            coalesce((select json_agg(json_build_array(r.reservation_id, r.state, r.amount, r.at_ms) order by r.at_ms, r.reservation_id)
                        from usage_reservations r where r.tenant = b.tenant and r.key = b.key), '[]') as reservations
       from usage_budgets b left join usage_budget_periods p using (tenant, key, period_key)
      where b.tenant = ? and b.key = ?`,
    [tenant, key],
  );
  const [row] = rows;
  if (!row) return null;
  const reserved = new Map<string, Reservation>();
  const ended = new Map<string, EndedReservation>();
  for (const [id, state, amount, atMs] of row.reservations) {
    if (state === 'reserved') reserved.set(id, { amount, expiresAtMs: atMs });
    else ended.set(id, { state, forgottenAtMs: atMs });
  }
  const { period_key: periodKey, starts_at_ms: startsAtMs, version, spent } = row;
  return { periodKey, startsAtMs, version, spent, reserved, ended };
}

/** What is settled of a step's state: there it begins where Redis may have lost it. `null`: nothing ever was. */
export async function settledState(
  db: Knex,
  { tenant, step }: { tenant: string; step: QuotaStep | CreditsStep | BudgetStep },
): Promise<number | SettledBalance | SettledBudgetState | null> {
  const { key } = step;
  if (step.kind === 'quota') return (await settledQuotas(db, [{ tenant, key, periodKey: step.periodKey }]))[0]!;
  if (step.kind === 'budget') return settledBudget(db, { tenant, key });
  const [row] = await balancesOf(db, [{ tenant, key }]);
  return row ? { balance: row.balance, refilledAtMs: row.refilledAtMs, version: row.version } : null;
}

interface StoredBudget {
  period_key: string;
  starts_at_ms: number;
  version: number;
  spent: number;
  reservations: [id: string, state: ReservationMove['state'], amount: number, atMs: number][];
}

async function placesOf(
  db: Knex,
  budgets: readonly Named[],
): Promise<(Named & { periodKey: string; startsAtMs: number; version: number })[]> {
  if (budgets.length === 0) return [];
  const { rows } = await db.raw<{ rows: (Named & { periodKey: string; startsAtMs: number; version: number })[] }>(
    `select tenant, key, period_key as "periodKey", starts_at_ms as "startsAtMs", version
       from unnest(?::text[], ?::text[]) as each (tenant, key) join usage_budgets using (tenant, key)`,
    names(budgets),
  );
  return rows;
}

async function reservationsOf(
  db: Knex,
  reservations: readonly (Named & { id: string })[],
): Promise<(Named & ReservationMove)[]> {
  if (reservations.length === 0) return [];
  const { rows } = await db.raw<{ rows: (Named & ReservationMove)[] }>(
    `select distinct tenant, key, reservation_id as id, state, amount, at_ms as "atMs"
       from unnest(?::text[], ?::text[], ?::text[]) as each (tenant, key, reservation_id)
       join usage_reservations using (tenant, key, reservation_id)`,
    [...names(reservations), column(reservations, ({ id }) => id)],
  );
  return rows;
}

function names(rows: readonly Named[]): [Knex.Value, Knex.Value] {
  return [column(rows, ({ tenant }) => tenant), column(rows, ({ key }) => key)];
}

function distinct(rows: readonly Named[]): Named[] {
  return [...new Map(rows.map((row) => [nameOf(row), row])).values()];
}
