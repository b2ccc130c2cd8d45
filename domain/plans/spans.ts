import type { BudgetLimit, CreditsLimit, LimitDefinition, QuotaLimit } from './catalogue.ts';
import { type PeriodSpan, periodAt } from './periods.ts';
import type { Standing } from './standing.ts';

/** The period of a quota or budget that holds the instant of the question; `null` for a budget without periods. */
export function spanOf({ nowMs }: Standing, { period }: QuotaLimit | BudgetLimit): PeriodSpan | null {
  return period === 'total' ? null : periodAt(period, nowMs);
}

/** When counting begins anew, or the balance is filled up, if nothing else happens; `null` where waiting brings nothing. */
export function resetsAtMs(standing: Standing, definition: LimitDefinition): number | null {
  if (definition.kind === 'quota' || definition.kind === 'budget')
    return spanOf(standing, definition)?.endsAtMs ?? null;
  if (definition.kind === 'credits') return nextRefillAtMs(standing, definition);
  return null;
}

function nextRefillAtMs(_standing: Standing, { refill }: CreditsLimit): number | null {
  return refill && null;
}
