import type { BudgetEdge, Catalogue, Limit } from '../plans/catalogue.ts';
import type { RateNumbers, SubjectState } from '../plans/subject.ts';
import type { BudgetState, CreditsOp, CreditsState, Step, When } from './program.ts';

/**
 * One thing that a call consumes: of a limit of the catalogue, named, or of one that somebody authored, told in full (the rates and
 * credits of a key, the budget of a customer). `when` is what `program.ts` says of it; unless told, a step is reached while nothing
 * has refused, and a quota that counts successes only with one.
 */
export type ConsumeStep = { key: string; when?: When } & (RateTake | QuotaTake | CreditsTake | BudgetTake);

export type RateTake = {
  take: 'rate';
  cost?: number;
  limit: string | OwnRate;
  /** Of a limit by name: what patterns are matched against, and numbers that the call brings along. */
  identifier?: string;
  numbers?: RateNumbers;
};

export type QuotaTake = {
  take: 'quota';
  limit: string;
  /** One of those that the limit counts, for its cost; a cost that is told goes before. */
  event?: string;
  cost?: number;
  settled?: number | null;
};

export type CreditsTake = {
  take: 'credits';
  limit: string | OwnCredits;
  /** Spending 1 unless told. */
  op?: CreditsOp;
  bornAtMs: number;
  settled?: CreditsState | null;
};

export type BudgetTake = {
  take: 'budget';
  limit: string | OwnBudget;
  op: BudgetTakeOp;
  paused?: boolean;
  bornAtMs: number;
  settled?: BudgetState | null;
};

/** A lease lasts as long as the budget says, unless told. */
export type BudgetTakeOp =
  | { kind: 'reserve'; reservationId: string; amount: number; leaseMs?: number }
  | { kind: 'extend'; reservationId: string; leaseMs?: number }
  | { kind: 'commit'; reservationId: string; amount: number }
  | { kind: 'release'; reservationId: string }
  | { kind: 'spend'; amount: number };

export type OwnRate = { name: string; limit: Limit; windowMs: number };

export type OwnCredits = {
  name: string;
  unlimited: boolean;
  /** What the balance begins with. */
  balance: number;
  refill: { interval: 'day' | 'month'; dayOfMonth: number; amount: number } | null;
  zone: string;
};

export type OwnBudget = {
  name: string;
  total: Limit;
  edge: BudgetEdge;
  period: 'day' | 'month' | 'total';
  zone: string;
  leaseSeconds: number;
  /** Percent of the total, ascending. */
  notices: readonly number[];
};

/** Who consumes, and when. */
export type Consumer = { catalogue: Catalogue; subject: SubjectState; nowMs: number };

const ORDER: Record<Step['kind'], number> = { rate: 0, quota: 1, credits: 2, budget: 3 };

/**
 * The places of the steps in the order in which they are decided: rates, quotas, credits, budgets, and of one kind as they were
 * told. Source: docs/spec/unkey.md §4.2.
 */
export function decidingOrder(steps: readonly ConsumeStep[]): number[] {
  return steps.map((_step, at) => at).sort((a, b) => ORDER[steps[a]!.take] - ORDER[steps[b]!.take] || a - b);
}
