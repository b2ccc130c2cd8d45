import type { BudgetLimit, CreditsLimit, LimitDefinition, QuotaLimit } from './catalogue.ts';
import { type PeriodSpan, periodAt } from './periods.ts';
import type { Standing } from './standing.ts';

/** The period of a quota that holds the instant of the question. */
export function spanOf({ nowMs }: Standing, { period }: QuotaLimit): PeriodSpan {
  return periodAt(period, nowMs);
}

/** The same of a budget; `null` for one without periods. */
export function budgetSpan({ nowMs }: Standing, { period }: Pick<BudgetLimit, 'period' | 'zone'>): PeriodSpan | null {
  return period === 'total' ? null : periodAt(period, nowMs);
}

/** The refill that is due now, and the next one. */
export function refillAt(
  _standing: Standing,
  _refill: NonNullable<CreditsLimit['refill']>,
  _zone: string,
): { dueAtMs: number; nextAtMs: number } {
  throw new RangeError('there is no refill calendar');
}

/** When counting begins anew, or the balance is filled up, if nothing else happens; `null` where waiting brings nothing. */
export function resetsAtMs(standing: Standing, definition: LimitDefinition): number | null {
  switch (definition.kind) {
    case 'quota':
      return spanOf(standing, definition).endsAtMs;
    case 'budget':
      return budgetSpan(standing, definition)?.endsAtMs ?? null;
    case 'credits':
      return definition.refill && refillAt(standing, definition.refill, definition.zone).nextAtMs;
    default:
      return null;
  }
}
