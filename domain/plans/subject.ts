import type { Limit } from './catalogue.ts';

/** What must be known of a subject to say what it may do: facts from its record, told anew with every question. */
export interface SubjectState {
  /** The plans in its record, at most one of each line, whatever billing says. A line without one is served its fallback. */
  readonly plans: readonly string[];
  /** Whether every line is served its fallback. */
  readonly billingCancelled: boolean;
  readonly overrides: readonly Override[];
  /** When billing periods begin; `null` where nothing is billed: a billing period is then the calendar month in UTC. */
  readonly billing: { readonly anchorMs: number; readonly interval: 'month' | 'year' } | null;
  /** IANA name of the subject's own zone, for limits whose zone is `subject`. */
  readonly zone?: string;
}

/** Something agreed for one subject. Whether it fits the catalogue is checked where it would matter. */
export type Override = OverrideTerm &
  (
    | { readonly kind: 'limit'; readonly name: string; readonly value: Limit }
    /** `value` is the name of a level where the feature has levels. */
    | { readonly kind: 'feature'; readonly name: string; readonly value: boolean | string }
    /** The plan `value` takes the place of the subject's own plan of the line `name`: a trial, say. */
    | { readonly kind: 'plan'; readonly name: string; readonly value: string }
    /**
     * Other numbers of the rate `name` for identifiers that match: the pattern itself, else by `*` for any run of characters; of
     * several matching the one with most literal characters, of those the oldest. Source: docs/spec/unkey.md §6.8.
     */
    | { readonly kind: 'rate_pattern'; readonly name: string; readonly pattern: string; readonly value: RateNumbers }
  );

/** From `startsAtMs` on and before `endsAtMs` (epoch milliseconds); `null` means without end. */
export interface OverrideTerm {
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly approvedBy?: string;
  readonly reason?: string;
}

/** Numbers of a rate: so many in a window of so many seconds. */
export interface RateNumbers {
  readonly limit: Limit;
  readonly windowSeconds: number;
}

/** One thing that limits are counted for, as the product tells of it. */
export interface ScopeState {
  readonly scope: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}
