import type { Limit } from '../plans/catalogue.ts';

/**
 * A consuming decision, compiled: everything that one call takes at once, resolved to plain figures, with no catalogue in it.
 * `counters/program.lua` runs it in one step, `model.ts` runs it slowly and in plain words; both must always agree.
 *
 * **Decided first, then written.** The steps are decided in their order, each by itself, on what stands at `nowMs`. A step is
 * *reached* by its `when`; the first that is reached and does not fit is what refuses the program. Then what was reached and fits
 * is taken, also in a refused program: a call refused for its credits has consumed its rates (docs/spec/unkey.md §4.2).
 *
 * **A run of rates is all or nothing**: neighbouring rates with the same `when` are taken together or not at all, and each is
 * still answered by itself (docs/spec/unkey.md §6.4). The same key may stand several times in one run; the later one sees what
 * the earlier ones ask, whether they fit or not. No other two steps have one key.
 *
 * Instants are epoch milliseconds; amounts are integers from 0 to 2^53 − 1. A sum that would leave that range is refused.
 */
export interface Program {
  /** The caller's clock. It may go back; each kind of step says what that means. */
  readonly nowMs: number;
  /** Whose program it is: it decides on the partition, so all keys of a program are this tenant's. */
  readonly tenant: string;
  readonly steps: readonly Step[];
  /** Whether the caller's own verdict is a success; it decides about the steps that count successes. */
  readonly isSuccess: boolean;
  readonly idempotency: Idempotency | null;
}

/** A repeat under the same key gets the first answer, a refusal as well, and takes nothing. */
export interface Idempotency {
  readonly key: string;
  /** What the caller means by the key. Another meaning under the same key is a conflict. */
  readonly fingerprint: string;
  /** From the first run on, by the caller's clock. */
  readonly keptSeconds: number;
}

/**
 * - `always`: reached whatever the steps before it said;
 * - `passed`: reached if none before it refused;
 * - `success`: reached if none before it refused and the caller's verdict is a success; taken only if the whole program, the steps
 *   after it included, is admitted.
 */
export type When = 'always' | 'passed' | 'success';

export type Step = RateStep | QuotaStep | CreditsStep | BudgetStep;

interface StepBase {
  /** What is counted, without its period: unique within the tenant and the kind. */
  readonly key: string;
  /** The limit's name in the catalogue. */
  readonly name: string;
  readonly when: When;
}

/**
 * A sliding window over two weighted cells (docs/spec/unkey.md §6.5). A cost of 0 asks without taking; a limit of 0 refuses all.
 * A clock that goes back to an earlier cell is taken to stand at the start of the latest one that was counted in.
 */
export interface RateStep extends StepBase {
  readonly kind: 'rate';
  readonly limit: Limit;
  /** 1 to 366 days. It belongs to the identity of the cells: another window starts new ones. */
  readonly windowMs: number;
  readonly cost: number;
}

/**
 * An amount used up in a period. `hard` refuses what would overrun it; `soft` and `overage` take all. A cost of 0 always fits.
 * Each period is a counter of its own: a clock that goes back to an earlier period counts there.
 */
export interface QuotaStep extends StepBase {
  readonly kind: 'quota';
  readonly limit: Limit;
  readonly edge: 'hard' | 'soft' | 'overage';
  readonly periodKey: string;
  /** A counter that is missing although Redis has lived since then is new; else it may have been lost. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly cost: number;
  /** Amounts from 1 on, ascending. One is crossed by the call that takes `used` from below it to it or beyond. */
  readonly thresholds: readonly number[];
  /** What Postgres knows to be used, where the counter may have been lost; `null` when not asked yet. */
  readonly settled: number | null;
}

/**
 * A balance (docs/spec/unkey.md §5). A due refill is applied before anything else that happens to the balance, once for each due
 * instant, also when a clock goes back, and is kept when the step is taken.
 */
export interface CreditsStep extends StepBase {
  readonly kind: 'credits';
  readonly op: CreditsOp;
  /** Without a balance: everything fits, nothing is read or written. */
  readonly unlimited: boolean;
  readonly refill: { readonly amount: number; readonly dueAtMs: number; readonly nextAtMs: number } | null;
  /** What a balance begins with that was never touched. */
  readonly initial: CreditsState;
  /** When the balance came into being. One that is missing although Redis has lived since then is new; else it may have been lost. */
  readonly bornAtMs: number;
  readonly settled: CreditsState | null;
}

export type CreditsOp =
  | { readonly kind: 'spend'; readonly cost: number }
  | { readonly kind: 'set'; readonly balance: number }
  | { readonly kind: 'add'; readonly amount: number }
  /** Stops at 0. */
  | { readonly kind: 'subtract'; readonly amount: number };

export interface CreditsState {
  readonly balance: number;
  /** The latest due instant that was dealt with; at first when the balance came into being. */
  readonly refilledAtMs: number;
}

/**
 * Money, or anything else of which the amount is only known afterwards: reserved as an estimate, committed as what it was
 * (docs/spec/keel.md §6.2). `remaining = total − reserved − spent`, negative where more was spent than estimated.
 *
 * A budget has one state. When its period ends `spent` begins at 0; reservations live on and are committed in the period of their
 * commit. A clock that goes back to an earlier period is taken to stand in the latest one that anything was taken in; a
 * reservation whose lease had run out when anything was taken stays so.
 */
export interface BudgetStep extends StepBase {
  readonly kind: 'budget';
  readonly op: BudgetOp;
  readonly total: Limit;
  /** `notify` lets reservations beyond the total pass. */
  readonly edge: 'hard' | 'notify';
  /** A paused budget makes no new reservation; those that it has go on. */
  readonly paused: boolean;
  readonly periodKey: string;
  readonly startsAtMs: number;
  /** `null`: a total, which has no end. */
  readonly endsAtMs: number | null;
  /** Amounts of `spent` from 1 on, ascending. */
  readonly thresholds: readonly number[];
  /** When the budget came into being, as with credits. */
  readonly bornAtMs: number;
  readonly settled: BudgetState | null;
}

/**
 * - `reserve`: an id is used once. A repeat while it is reserved passes and changes nothing; after its end it is refused.
 * - `extend`: the lease lasts until `nowMs + leaseMs`, never shorter than before. Only while reserved.
 * - `commit`: returns what was reserved and spends the amount, whatever remains: it has happened. Also after the lease ran out. A
 *   repeat passes and changes nothing: the first amount stands. Refused if released or unknown.
 * - `release`: returns what was reserved. A repeat, or one after the lease ran out, passes and changes nothing. Refused if
 *   committed or unknown.
 * - `spend`: spends without reservation, whatever remains: it has happened.
 */
export type BudgetOp =
  | { readonly kind: 'reserve'; readonly reservationId: string; readonly amount: number; readonly leaseMs: number }
  | { readonly kind: 'extend'; readonly reservationId: string; readonly leaseMs: number }
  | { readonly kind: 'commit'; readonly reservationId: string; readonly amount: number }
  | { readonly kind: 'release'; readonly reservationId: string }
  | { readonly kind: 'spend'; readonly amount: number };

export interface BudgetState {
  readonly periodKey: string;
  readonly startsAtMs: number;
  readonly spent: number;
  /** Those that hold an amount back, by id. At `expiresAtMs` the lease has run out. */
  readonly reserved: ReadonlyMap<string, Reservation>;
  /** Those that have ended, by id, for as long as they are remembered. */
  readonly ended: ReadonlyMap<string, EndedReservation>;
}

export interface Reservation {
  readonly amount: number;
  readonly expiresAtMs: number;
}

export interface EndedReservation {
  readonly state: EndedState;
  readonly forgottenAtMs: number;
}

export type EndedState = 'committed' | 'released' | 'expired';

/** For how long a reservation that has ended is known, so that a repeat of its commit spends nothing. */
export const ENDED_KEPT_MS = 86_400_000;

/** The longest window and the longest lease: with it the weighted count is exact in doubles (`rates.ts`). */
export const MOST_SPAN_MS = 366 * 86_400_000;

export type ProgramAnswer =
  | {
      readonly outcome: 'admitted' | 'refused';
      /** Index of the first step that refused; `null` when admitted. */
      readonly refusedBy: number | null;
      readonly steps: readonly StepAnswer[];
      /** A repeat under an idempotency key: this is the first answer, and nothing was taken now. */
      readonly replayed: boolean;
    }
  /** The idempotency key is known with another fingerprint. Nothing was taken. */
  | { readonly outcome: 'conflict' };

export type StepAnswer = RateAnswer | QuotaAnswer | CreditsAnswer | BudgetAnswer;

/** All figures are those after the program. */
interface AnswerBase {
  /** Whether the step fits, by itself, reached or not. */
  readonly passed: boolean;
  readonly taken: boolean;
}

export interface RateAnswer extends AnswerBase {
  readonly kind: 'rate';
  /** The weighted count of the window. */
  readonly used: number;
  /** What fits now, never below 0: also where this cost, being more, did not pass. */
  readonly remaining: Limit;
  /** End of the present cell. */
  readonly cellEndsAtMs: number;
  /** First moment at which this step fits if nothing else happens: `nowMs` when it passed, `null` when never. */
  readonly fitsAtMs: number | null;
  /** First moment from `nowMs` on at which a cost of 1 fits if nothing else happens; `null` when never. */
  readonly resetsAtMs: number | null;
}

export interface QuotaAnswer extends AnswerBase {
  readonly kind: 'quota';
  readonly used: number;
  /** Never below 0. */
  readonly remaining: Limit;
  /** The thresholds that this program crossed, ascending; each is crossed once in a period. */
  readonly crossed: readonly number[];
  readonly fitsAtMs: number | null;
}

export interface CreditsAnswer extends AnswerBase {
  readonly kind: 'credits';
  /** Due refill included; `null` without a balance. */
  readonly balance: number | null;
  /** Whether this program raised the balance by a due refill, for good. */
  readonly refilled: boolean;
  readonly fitsAtMs: number | null;
}

export interface BudgetAnswer extends AnswerBase {
  readonly kind: 'budget';
  readonly reserved: number;
  readonly spent: number;
  /** Negative where more was spent than there was. */
  readonly remaining: Limit;
  /** Why it did not pass; else what the reservation is after the program (`spent` where there is none). */
  readonly state: 'reserved' | EndedState | 'unknown' | 'paused' | 'insufficient' | 'spent';
  readonly crossed: readonly number[];
}
