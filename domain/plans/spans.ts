import type { BudgetLimit, CreditsLimit, LimitDefinition, QuotaLimit } from './catalogue.ts';
import { type PeriodSpan, periodAt, refillAt } from './periods.ts';
import type { Standing } from './standing.ts';

/** The zone that means the subject's own: a subject that tells none lives in UTC. */
const SUBJECTS_OWN = 'subject';

/**
 * The period of a quota that holds the instant of the question. A billing period is the calendar month where nothing is billed: on a
 * plan without billing, on a line's fallback, and while billing is cancelled (docs/spec/keel.md §2.4).
 * @throws {RangeError} for a zone that there is none of
 */
export function spanOf(standing: Standing, { period, zone, line }: QuotaLimit): PeriodSpan {
  const { nowMs, subject } = standing;
  const held = standing.lines.get(line);
  const isBilled = held !== undefined && held.source !== 'default' && held.plan.billing !== 'none';
  return periodAt(period, nowMs, { zone: zoneOf(standing, zone), billing: isBilled ? subject.billing : null });
}

/** The same of a budget; `null` for one without periods. */
export function budgetSpan(
  standing: Standing,
  { period, zone }: Pick<BudgetLimit, 'period' | 'zone'>,
): PeriodSpan | null {
  return period === 'total' ? null : periodAt(period, standing.nowMs, { zone: zoneOf(standing, zone) });
}

/** When a refill was last due, and when it is next. @throws {RangeError} for a zone that there is none of */
export function refillSpan(
  standing: Standing,
  refill: NonNullable<CreditsLimit['refill']>,
  zone: string,
): { dueAtMs: number; nextAtMs: number } {
  return refillAt(refill, standing.nowMs, zoneOf(standing, zone));
}

/** When counting begins anew, or the balance is filled up, if nothing else happens; `null` where waiting brings nothing. */
export function resetsAtMs(standing: Standing, definition: LimitDefinition): number | null {
  switch (definition.kind) {
    case 'quota':
      return spanOf(standing, definition).endsAtMs;
    case 'budget':
      return budgetSpan(standing, definition)?.endsAtMs ?? null;
    case 'credits':
      return definition.refill && refillSpan(standing, definition.refill, definition.zone).nextAtMs;
    default:
      return null;
  }
}

function zoneOf({ subject }: Standing, zone: string): string {
  return zone === SUBJECTS_OWN ? (subject.zone ?? 'UTC') : zone;
}
