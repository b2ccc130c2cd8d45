import type { Knex } from 'knex';
import { budgetAt } from '../../domain/program/budgets.ts';
import type { ModelState } from '../../domain/program/model.ts';
import type { BudgetState, BudgetStep, Program } from '../../domain/program/program.ts';
import { settledBudget } from '../../store/settled-programs.ts';

/** How quotas, balances and budgets of some programs stand, by the names that the model gives them. */
type Standing = Pick<ModelState, 'quotas' | 'credits' | 'budgets'>;

/** What is settled of the tenants of these programs, in the model's terms. */
export async function settledOfPrograms(db: Knex, programs: readonly Program[]): Promise<Standing> {
  const tenants = [...new Set(programs.map(({ tenant }) => tenant))];
  const rowsOf = async <Row>(table: string): Promise<(Row & { tenant: string; key: string })[]> => {
    const { rows } = await db.raw<{ rows: (Row & { tenant: string; key: string })[] }>(
      'select * from ?? where tenant = any(?::text[])',
      [table, tenants],
    );
    return rows;
  };
  const quotas = await rowsOf<{ period_key: string; used: number }>('usage_quotas');
  const balances = await rowsOf<{ balance: number; refilled_at_ms: number }>('usage_balances');
  const budgets = await rowsOf('usage_budgets');
  const stands = await Promise.all(budgets.map((one) => settledBudget(db, one)));
  const latestMs = latestOf(programs);
  return {
    quotas: new Map(quotas.map((row) => [name(row.tenant, 'quota', row.key, row.period_key), row.used])),
    credits: new Map(
      balances.map((row) => [
        name(row.tenant, 'credits', row.key),
        { balance: row.balance, refilledAtMs: row.refilled_at_ms },
      ]),
    ),
    budgets: new Map(budgets.map(({ tenant, key }, i) => [name(tenant, 'budget', key), at(stands[i]!, latestMs)])),
  };
}

/** The same of a model that has run these programs. */
export function standingOfModel({ quotas, credits, budgets }: ModelState, programs: readonly Program[]): Standing {
  const latestMs = latestOf(programs);
  return { quotas, credits, budgets: new Map([...budgets].map(([name, state]) => [name, at(state, latestMs)])) };
}

/** A budget at a moment when leases have run out and what is forgotten is gone, whoever was the last to look. */
const at = (state: BudgetState, nowMs: number): BudgetState =>
  budgetAt(state, { periodKey: '', startsAtMs: 0 } as BudgetStep, nowMs);

const latestOf = (programs: readonly Program[]): number => Math.max(...programs.map(({ nowMs }) => nowMs));

const name = (tenant: string, ...identity: string[]): string => JSON.stringify([tenant, JSON.stringify(identity)]);
