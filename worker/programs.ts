import { type KnownStates, nameOf, type ProgramTally, settleTaken } from '../domain/program/settling.ts';
import {
  addToBudgetPeriods,
  addToQuotas,
  balancesOf,
  knownStates,
  setBalances,
  setBudgets,
  setReservations,
  settledBudget,
  settledQuotas,
} from '../store/settled-programs.ts';
import { entryKind, writer } from './entry-kind.ts';

const NOTHING_KNOWN: KnownStates = { balances: new Map(), budgets: new Map(), reservations: new Map() };

/** What programs took: of quotas, balances and budgets. Rates settle nothing. */
export const programs = entryKind<ProgramTally>({
  logDays: () => [],
  reads: 'states-read',
  async tally(trx, entries) {
    const taken = entries.flatMap((entry) => entry.taken);
    return settleTaken(taken, taken.length === 0 ? NOTHING_KNOWN : await knownStates(trx, taken));
  },
  writers: [
    writer('quotas', ({ quotas }) => quotas, addToQuotas),
    writer('balances', ({ balances }) => balances, setBalances),
    writer('budgets', ({ budgets }) => budgets, setBudgets),
    writer('budget-periods', ({ budgetPeriods }) => budgetPeriods, addToBudgetPeriods),
    writer('reservations', ({ reservations }) => reservations, setReservations),
  ],
  async held(trx, { quotas, behind }) {
    const used = await settledQuotas(trx, quotas);
    const balances = await balancesOf(trx, behind.balances);
    const budgets = [];
    for (const { tenant, key } of behind.budgets) {
      const settled = await settledBudget(trx, { tenant, key });
      if (!settled) throw new Error(`The budget ${nameOf({ tenant, key })} was settled, and isn't there`);
      budgets.push({ tenant, key, settled });
    }
    return {
      counters: quotas.map(({ tenant, key, periodKey }, i) => ({ tenant, key, periodKey, used: used[i]! })),
      balances: balances.map(({ tenant, key, ...settled }) => ({ tenant, key, settled })),
      budgets,
    };
  },
  told: () => ({ calls: 0, leftOut: 0, orphans: 0 }),
});
