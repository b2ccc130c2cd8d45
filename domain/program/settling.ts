import type { CreditsState, EndedState } from './program.ts';
import { MOST } from './rates.ts';

/**
 * What programs took, as the usage stream tells it, added up to what is settled. A rate has nothing to settle: its window is over
 * before anybody could ask.
 *
 * States of balances and budgets have versions that rise with each change. A move that goes on from what is settled, or from later, is
 * taken as it stands. One that goes on from an *older* version comes from a Redis that lost its last part: then both are true, and what
 * the move changed is added to what is settled, under a version above both, so that Redis takes it over.
 */
export type Taken = QuotaUse | BalanceMove | BudgetMove;

interface Named {
  readonly tenant: string;
  readonly key: string;
}

/** What one batch added to a quota. */
export interface QuotaUse extends Named {
  readonly kind: 'quota';
  readonly periodKey: string;
  readonly added: number;
}

/** What one batch made of a balance. */
export interface BalanceMove extends Named {
  readonly kind: 'credits';
  readonly from: { readonly version: number; readonly balance: number };
  readonly to: CreditsState & { readonly version: number };
  readonly spent: number;
  /** Refills that raised the balance, in their order; each from `before` to `after`. */
  readonly refills: readonly { readonly dueAtMs: number; readonly before: number; readonly after: number }[];
}

/** What one batch made of a budget, in one period. */
export interface BudgetMove extends Named {
  readonly kind: 'budget';
  readonly fromVersion: number;
  readonly version: number;
  readonly periodKey: string;
  readonly startsAtMs: number;
  /** What was spent, of the period. */
  readonly added: number;
  readonly reservations: readonly ReservationMove[];
}

export interface ReservationMove {
  readonly id: string;
  readonly state: 'reserved' | EndedState;
  /** Held back, or committed. */
  readonly amount: number;
  /** When its lease runs out; of one that has ended, when it is forgotten. */
  readonly atMs: number;
}

/** What is settled of what a batch touches, by `nameOf`; what never was is not in it. */
export interface KnownStates {
  readonly balances: ReadonlyMap<string, CreditsState & { readonly version: number }>;
  readonly budgets: ReadonlyMap<string, BudgetPlace>;
  /** By the budget, then by id: at least those that the moves name. */
  readonly reservations: ReadonlyMap<string, ReadonlyMap<string, ReservationMove>>;
}

/** In which period a budget stands. */
export interface BudgetPlace {
  readonly periodKey: string;
  readonly startsAtMs: number;
  readonly version: number;
}

/** What a batch changes, row by row, in the order of the tables' keys. */
export interface ProgramTally {
  /** To be added. */
  readonly quotas: (Named & { periodKey: string; used: number })[];
  /** To stand; `spent` is to be added. */
  readonly balances: (Named & CreditsState & { version: number; spent: bigint })[];
  /** To stand. */
  readonly budgets: (Named & BudgetPlace)[];
  /** To be added. */
  readonly budgetPeriods: (Named & { periodKey: string; spent: number })[];
  /** To stand. */
  readonly reservations: (Named & ReservationMove)[];
  /** What Redis has an older state of, and must take over. */
  readonly behind: { readonly balances: Named[]; readonly budgets: Named[] };
}

/** One name for all that has this tenant and key. */
export function nameOf({ tenant, key }: Named, periodKey?: string): string {
  return JSON.stringify(periodKey === undefined ? [tenant, key] : [tenant, key, periodKey]);
}

/** Adds up what a batch changes, in the order of the stream. */
export function settleTaken(taken: readonly Taken[], known: KnownStates): ProgramTally {
  const quotas = new Map<string, ProgramTally['quotas'][number]>();
  const balances = new Map<string, ProgramTally['balances'][number]>();
  const budgets = new Map<string, ProgramTally['budgets'][number]>();
  const budgetPeriods = new Map<string, ProgramTally['budgetPeriods'][number]>();
  const reservations = new Map<string, Map<string, ProgramTally['reservations'][number]>>();
  const behind = { balances: new Map<string, Named>(), budgets: new Map<string, Named>() };

  for (const one of taken) {
    const { tenant, key } = one;
    const named = { tenant, key };
    const name = nameOf(one);
    if (one.kind === 'quota') {
      const place = nameOf(one, one.periodKey);
      const used = (quotas.get(place)?.used ?? 0) + one.added;
      quotas.set(place, { ...named, periodKey: one.periodKey, used: Math.min(used, MOST) });
    } else if (one.kind === 'credits') {
      const before = balances.get(name) ?? known.balances.get(name);
      const isOlder = before !== undefined && one.from.version < before.version;
      const after = isOlder ? withMove(before, one) : one.to;
      balances.set(name, { ...named, ...after, spent: (balances.get(name)?.spent ?? 0n) + BigInt(one.spent) });
      if (isOlder) behind.balances.set(name, named);
    } else {
      const before = budgets.get(name) ?? known.budgets.get(name);
      const isOlder = before !== undefined && one.fromVersion < before.version;
      budgets.set(name, { ...named, ...placeAfter(before, one, isOlder) });
      if (isOlder) behind.budgets.set(name, named);
      if (one.added > 0) {
        const place = nameOf(one, one.periodKey);
        const spent = (budgetPeriods.get(place)?.spent ?? 0) + one.added;
        budgetPeriods.set(place, { ...named, periodKey: one.periodKey, spent: Math.min(spent, MOST) });
      }
      const own = reservations.get(name) ?? new Map<string, ProgramTally['reservations'][number]>();
      reservations.set(name, own);
      for (const move of one.reservations) {
        const stands = own.get(move.id) ?? known.reservations.get(name)?.get(move.id);
        own.set(move.id, { ...named, ...(isOlder && stands ? both(stands, move) : move) });
      }
    }
  }
  return {
    quotas: inOrder(quotas),
    balances: inOrder(balances),
    budgets: inOrder(budgets),
    budgetPeriods: inOrder(budgetPeriods),
    reservations: inOrder(reservations).flatMap((own) => inOrder(own)),
    behind: { balances: inOrder(behind.balances), budgets: inOrder(behind.budgets) },
  };
}

/** What is settled, with what a move from older data did: refills that are not in it yet, then what was taken and given. */
function withMove(
  before: CreditsState & { readonly version: number },
  { from, to, refills }: BalanceMove,
): CreditsState & { version: number } {
  let { balance } = before;
  let given = to.balance - from.balance;
  for (const refill of refills) {
    given -= refill.after - refill.before;
    if (refill.dueAtMs > before.refilledAtMs) balance = Math.max(balance, refill.after);
  }
  return {
    balance: Math.min(MOST, Math.max(0, balance + given)),
    refilledAtMs: Math.max(before.refilledAtMs, to.refilledAtMs),
    version: Math.max(before.version, to.version) + 1,
  };
}

function placeAfter(before: BudgetPlace | undefined, move: BudgetMove, isOlder: boolean): BudgetPlace {
  const { periodKey, startsAtMs, version } = move;
  if (!before || !isOlder) return { periodKey, startsAtMs, version };
  const place = startsAtMs > before.startsAtMs ? { periodKey, startsAtMs } : before;
  const { periodKey: latest, startsAtMs: latestStartsAtMs } = place;
  return { periodKey: latest, startsAtMs: latestStartsAtMs, version: Math.max(before.version, version) + 1 };
}

/** Of one reservation what is settled and what a move from older data says: an end stands, a commit above all; else the longer lease. */
function both(stands: ReservationMove, move: ReservationMove): ReservationMove {
  if (stands.state === 'committed') return stands;
  if (move.state !== 'reserved') return move;
  if (stands.state !== 'reserved') return stands;
  return { ...move, atMs: Math.max(stands.atMs, move.atMs) };
}

function inOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
