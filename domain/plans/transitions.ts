import { type Catalogue, type Plan, planNamed, plansByRank } from './catalogue.ts';

/** A change to another plan of the same line, as it follows from what the catalogue tells of the two. */
export interface Transition {
  to: string;
  /** By the monthly price where both have one, else by rank; `same` between two of one price. */
  direction: 'up' | 'down' | 'same';
  /** Bought by oneself; taken by ending what one pays for; agreed with a person. */
  by: 'checkout' | 'cancellation' | 'agreement';
  effective: 'after_payment' | 'at_once' | 'period_end';
  /** Rates of which the subject's own numbers end with it (docs/spec/unkey.md §2.10). */
  clears: string[];
}

/**
 * Which plans one can move to from `plan`, and how, lowest first.
 *
 * Whatever a person sells or bills by hand is agreed, coming and going. The plan that everybody starts on isn't bought: one falls
 * back to it by ending the other. All else is bought. An upgrade takes effect when it is paid, a change at the same price at once,
 * a downgrade at the end of what is paid for; nothing is paid for on a plan without a bill.
 * Source: docs/spec/keel.md §4.1, docs/spec/unkey.md §3.4, docs/spec/keyway.md §4.1.
 * @throws {RangeError} for a plan that the catalogue doesn't have
 */
export function allowedTransitions(catalogue: Catalogue, plan: string): Transition[] {
  const from = planNamed(catalogue, plan);
  return plansByRank(catalogue, from.line)
    .filter((to) => to.name !== from.name)
    .map((to) => {
      const direction = directionOf(from, to);
      const by = isAgreed(from) || isAgreed(to) ? 'agreement' : isStart(catalogue, to) ? 'cancellation' : 'checkout';
      return {
        to: to.name,
        direction,
        by,
        effective: effectiveFrom(from, to, direction, by),
        clears: cleared(catalogue, from, direction),
      };
    });
}

/** Whether a plan can be bought without a person. @throws {RangeError} for a plan that the catalogue doesn't have */
export function isSelfServe(catalogue: Catalogue, plan: string): boolean {
  const wanted = planNamed(catalogue, plan);
  return !isAgreed(wanted) && !isStart(catalogue, wanted);
}

function directionOf(from: Plan, to: Plan): Transition['direction'] {
  const [before, after] = [monthly(from), monthly(to)];
  if (before !== null && after !== null) return after > before ? 'up' : after < before ? 'down' : 'same';
  return to.rank > from.rank ? 'up' : 'down';
}

function effectiveFrom(
  from: Plan,
  to: Plan,
  direction: Transition['direction'],
  by: Transition['by'],
): Transition['effective'] {
  if (direction === 'down') return isFree(from) ? 'at_once' : 'period_end';
  return direction === 'up' && by === 'checkout' && !isFree(to) ? 'after_payment' : 'at_once';
}

function cleared(catalogue: Catalogue, { line }: Plan, direction: Transition['direction']): string[] {
  if (direction !== 'up') return [];
  const limits = Object.values(catalogue.limits).filter((limit) => limit.line === line);
  return limits.flatMap((limit) => (limit.kind === 'rate' && limit.clearOn === 'upgrade' ? [limit.name] : []));
}

function isAgreed({ acquisition, billing, price }: Plan): boolean {
  return acquisition === 'sales_led' || billing === 'manual' || price === 'by_agreement';
}

function isStart(catalogue: Catalogue, { name, line, acquisition }: Plan): boolean {
  return acquisition === 'default' || catalogue.lines[line]!.fallback === name;
}

function isFree({ billing, price }: Plan): boolean {
  return billing === 'none' || (price !== null && price !== 'by_agreement' && price.month === 0);
}

function monthly({ price }: Plan): number | null {
  return price === null || price === 'by_agreement' ? null : price.month;
}
