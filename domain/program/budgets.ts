import {
  type BudgetAnswer,
  type BudgetState,
  type BudgetStep,
  ENDED_KEPT_MS,
  type EndedReservation,
  type EndedState,
  type Reservation,
} from './program.ts';
import { ceilingOf, MOST } from './rates.ts';

/** What a step would make of a budget. */
export interface BudgetChange {
  readonly passed: boolean;
  /** What is kept if the step is taken. */
  readonly after: BudgetState;
  /** What the step spends. */
  readonly added: number;
  /** Why it doesn't pass; else what its reservation is afterwards. */
  readonly state: BudgetAnswer['state'];
}

/**
 * A budget as it stands at a step's clock: in its latest period, with every lease that has run out ended and what ended long ago
 * forgotten. `undefined` was never touched.
 */
export function budgetAt(state: BudgetState | undefined, step: BudgetStep, nowMs: number): BudgetState {
  const { periodKey, startsAtMs } = step;
  if (!state) return { periodKey, startsAtMs, spent: 0, reserved: new Map(), ended: new Map() };

  const reserved = new Map<string, Reservation>();
  const ended = new Map<string, EndedReservation>();
  for (const [id, one] of state.ended) if (one.forgottenAtMs > nowMs) ended.set(id, one);
  for (const [id, one] of state.reserved) {
    const forgottenAtMs = one.expiresAtMs + ENDED_KEPT_MS;
    if (one.expiresAtMs > nowMs) reserved.set(id, one);
    else if (forgottenAtMs > nowMs) ended.set(id, { state: 'expired', forgottenAtMs });
  }
  const period = startsAtMs > state.startsAtMs ? { periodKey, startsAtMs, spent: 0 } : state;
  return { periodKey: period.periodKey, startsAtMs: period.startsAtMs, spent: period.spent, reserved, ended };
}

/** All that is held back. */
export function reservedOf({ reserved }: BudgetState): number {
  let sum = 0;
  for (const { amount } of reserved.values()) sum += amount;
  return sum;
}

/** What has become of a reservation. */
export function stateOf({ reserved, ended }: BudgetState, reservationId: string): 'reserved' | EndedState | 'unknown' {
  return reserved.has(reservationId) ? 'reserved' : (ended.get(reservationId)?.state ?? 'unknown');
}

/** What a step would make of a budget that stands at its clock. Source: docs/spec/keel.md §6.2; each operation: `BudgetOp`. */
export function changeBudget(budget: BudgetState, step: BudgetStep, nowMs: number): BudgetChange {
  const { op } = step;
  const keeps = (state: BudgetChange['state']): BudgetChange => ({ passed: true, after: budget, added: 0, state });
  const refuses = (state: BudgetChange['state']): BudgetChange => ({ ...keeps(state), passed: false });

  // Together they stay within what doubles count exactly, also where an edge or a fact lets more pass than the total.
  const held = budget.spent + reservedOf(budget);
  if (op.kind === 'spend') {
    if (op.amount > MOST - held) return refuses('insufficient');
    return { passed: true, after: { ...budget, spent: budget.spent + op.amount }, added: op.amount, state: 'spent' };
  }

  const id = op.reservationId;
  const state = stateOf(budget, id);
  const own = budget.reserved.get(id);
  if (op.kind === 'reserve') {
    if (state === 'reserved') return keeps(state);
    if (state !== 'unknown') return refuses(state);
    if (step.paused) return refuses('paused');
    const ceiling = step.edge === 'notify' ? MOST : ceilingOf(step.total);
    if (op.amount > 0 && op.amount > ceiling - held) return refuses('insufficient');
    return reserves({ amount: op.amount, expiresAtMs: nowMs + op.leaseMs });
  }
  if (op.kind === 'extend') {
    if (!own) return refuses(state);
    return reserves({ ...own, expiresAtMs: Math.max(own.expiresAtMs, nowMs + op.leaseMs) });
  }
  if (op.kind === 'commit') {
    if (state === 'committed') return keeps(state);
    if (state === 'released' || state === 'unknown') return refuses(state);
    if (op.amount > MOST - held + (own?.amount ?? 0)) return refuses('insufficient');
    return ends('committed', op.amount);
  }
  if (own) return ends('released', 0);
  return state === 'released' || state === 'expired' ? keeps(state) : refuses(state);

  function reserves(reservation: Reservation): BudgetChange {
    const after = { ...budget, reserved: new Map(budget.reserved).set(id, reservation) };
    return { passed: true, after, added: 0, state: 'reserved' };
  }

  function ends(as: EndedState, amount: number): BudgetChange {
    const reserved = new Map(budget.reserved);
    reserved.delete(id);
    const ended = new Map(budget.ended).set(id, { state: as, forgottenAtMs: nowMs + ENDED_KEPT_MS });
    return {
      passed: true,
      after: { ...budget, spent: budget.spent + amount, reserved, ended },
      added: amount,
      state: as,
    };
  }
}
