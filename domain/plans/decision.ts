import { type Catalogue, featureNamed, type Limit, limitNamed, limitOfKind, plansByRank } from './catalogue.ts';
import { effectiveFeature, effectiveLimit, effectivePlan } from './entitlements.ts';
import { periodAt, secondsUntil } from './periods.ts';
import type { SubjectState } from './subject.ts';

/**
 * An answer with the facts that decided it. It carries no text: how a "no" is worded is up to whoever speaks to the caller.
 * Facts are given with a "yes" too, as they were before the thing asked for.
 */
export type Decision<F extends Facts = Facts> = { allowed: true; by: F } | { allowed: false; by: F };

export type Facts = FeatureFacts | CountFacts | QuotaFacts;
export type FeatureFacts = Lifting & { class: 'feature'; used: null; allowed: null; remaining: null } & Final;
export type CountFacts = Lifting & Amounts & { class: 'limit' } & Final;
export type QuotaFacts = Lifting &
  Amounts & {
    class: 'quota';
    /** When the period ends and counting begins at zero: ISO 8601, UTC, milliseconds. */
    resetsAt: string;
    /** With a "no" that waiting cures: whole seconds until `resetsAt`, rounded up, at least 1; else `null`. */
    retryAfterSeconds: number | null;
  };

type Lifting = {
  /** Of the limit or the feature. */
  name: string;
  /** With a "no": the plan that would say yes, see {@link admittingPlan}; else `null`. */
  admittingPlan: string | null;
  /** Whether an override of this would hold for the subject as it stands. */
  overrideable: boolean;
};
/** `remaining` is never below zero, however far `used` is beyond `allowed` (after a downgrade, say). */
type Amounts = { used: number; allowed: Limit; remaining: Limit };
/** Waiting changes nothing. */
type Final = { resetsAt: null; retryAfterSeconds: null };

const FINAL: Final = { resetsAt: null, retryAfterSeconds: null };

/** Whether the subject has the feature at `nowMs`. @throws {RangeError} for names that the catalogue doesn't have */
export function mayUse(
  catalogue: Catalogue,
  subject: SubjectState,
  feature: string,
  nowMs: number,
): Decision<FeatureFacts> {
  const question: Question = { kind: 'feature', name: feature };
  const lifting = liftingOf(catalogue, subject, question);
  const facts = { ...lifting, class: 'feature', used: null, allowed: null, remaining: null, ...FINAL } as const;

  if (admits(catalogue, subject, question, nowMs)) return { allowed: true, by: facts };
  return { allowed: false, by: { ...facts, admittingPlan: admittingPlan(catalogue, subject, question, nowMs) } };
}

/**
 * Whether `amount` more may exist of what `limit`, a `count`, counts, when `used` exist already.
 *
 * The last one that fits is allowed, the next is not: with a limit of 10 the 10th succeeds (docs/spec/keyport.md §2.3). An amount
 * of 0 adds nothing and is always allowed, beyond the limit too: what exists keeps working (§2.5).
 * @throws {RangeError} for names that the catalogue doesn't have, or amounts that are no whole numbers from 0 to 2^53 − 1
 */
export function mayAdd(
  catalogue: Catalogue,
  subject: SubjectState,
  limit: string,
  used: number,
  amount: number,
  nowMs: number,
): Decision<CountFacts> {
  limitOfKind(catalogue, limit, 'count');
  const question: Question = { kind: 'limit', name: limit, used, amount };
  const amounts = amountsOf(catalogue, subject, question, nowMs);
  const facts = { ...liftingOf(catalogue, subject, question), class: 'limit', ...amounts, ...FINAL } as const;

  if (admits(catalogue, subject, question, nowMs)) return { allowed: true, by: facts };
  return { allowed: false, by: { ...facts, admittingPlan: admittingPlan(catalogue, subject, question, nowMs) } };
}

/**
 * Whether a call of `cost` fits into what is left of `limit`, a hard `quota`, when `used` were consumed in the period of `nowMs`.
 *
 * Exactly as many calls of cost 1 are admitted in a period as the limit says (docs/spec/keyport.md §2.4). A cost of 0 consumes
 * nothing and is always admitted: the way to look. A cost that is more than the whole limit isn't cured by waiting, so
 * `retryAfterSeconds` is `null` with that "no".
 * @throws {RangeError} for names that the catalogue doesn't have, or amounts that are no whole numbers from 0 to 2^53 − 1
 */
export function quotaState(
  catalogue: Catalogue,
  subject: SubjectState,
  limit: string,
  used: number,
  cost: number,
  nowMs: number,
): Decision<QuotaFacts> {
  const { period } = limitOfKind(catalogue, limit, 'quota');
  const question: Question = { kind: 'limit', name: limit, used, amount: cost };
  const amounts = amountsOf(catalogue, subject, question, nowMs);
  const { endsAtMs } = periodAt(period, nowMs);
  const facts = {
    ...liftingOf(catalogue, subject, question),
    class: 'quota',
    ...amounts,
    resetsAt: new Date(endsAtMs).toISOString(),
    retryAfterSeconds: null,
  } as const;

  if (admits(catalogue, subject, question, nowMs)) return { allowed: true, by: facts };

  const retryAfterSeconds = fits(amounts.allowed, 0, cost) ? secondsUntil(endsAtMs, nowMs) : null;
  const lifting = admittingPlan(catalogue, subject, question, nowMs);
  return { allowed: false, by: { ...facts, retryAfterSeconds, admittingPlan: lifting } };
}

/** What may be asked of any plan, so that the plans can be compared by their answers. */
export type Question =
  | { kind: 'feature'; name: string }
  | { kind: 'limit'; name: string; used: number; amount: number };

/**
 * The lowest plan above the subject's effective one whose answer to the question would be yes; `null` when there is none.
 *
 * Only plans of a higher rank are looked at: this names an upgrade, and a lower plan is none, even where an override has made the
 * present one narrower. The subject's overrides are taken along: they hold there as `entitlements.ts` says.
 * @throws {RangeError} as {@link mayUse} and {@link mayAdd}
 */
export function admittingPlan(
  catalogue: Catalogue,
  subject: SubjectState,
  question: Question,
  nowMs: number,
): string | null {
  const present = effectivePlan(catalogue, subject);
  const lifting = plansByRank(catalogue)
    .filter((plan) => plan.rank > present.rank)
    .find((plan) => admits(catalogue, { ...subject, plans: [plan.name], billingCancelled: false }, question, nowMs));
  return lifting?.name ?? null;
}

function admits(catalogue: Catalogue, subject: SubjectState, question: Question, nowMs: number): boolean {
  if (question.kind === 'feature') return effectiveFeature(catalogue, subject, question.name, nowMs).enabled;
  return fits(effectiveLimit(catalogue, subject, question.name, nowMs).value, question.used, question.amount);
}

/** Beyond 2^53 a sum is inexact but still beyond every limit, so comparing it is safe. */
function fits(allowed: Limit, used: number, amount: number): boolean {
  return amount === 0 || allowed === 'unlimited' || used + amount <= allowed;
}

function amountsOf(
  catalogue: Catalogue,
  subject: SubjectState,
  { name, used, amount }: Extract<Question, { kind: 'limit' }>,
  nowMs: number,
): Amounts {
  for (const number of [used, amount]) {
    if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${number} is no amount for limit '${name}'`);
  }
  const { value: allowed } = effectiveLimit(catalogue, subject, name, nowMs);
  return { used, allowed, remaining: allowed === 'unlimited' ? allowed : Math.max(0, allowed - used) };
}

function liftingOf(catalogue: Catalogue, subject: SubjectState, { kind, name }: Question): Lifting {
  const definition = kind === 'feature' ? featureNamed(catalogue, name) : limitNamed(catalogue, name);
  const { overridable } = effectivePlan(catalogue, subject);
  return { name, admittingPlan: null, overrideable: overridable && definition.overridable };
}
