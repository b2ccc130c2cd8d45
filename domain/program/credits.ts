import type { CreditsOp, CreditsState, CreditsStep } from './program.ts';
import { MOST } from './rates.ts';

/** What a step would make of a balance. */
export interface CreditsChange {
  readonly passed: boolean;
  /** With the due refill and nothing else. */
  readonly before: CreditsState;
  /** What is kept if the step is taken. */
  readonly after: CreditsState;
  readonly refilled: boolean;
}

/**
 * What a step would make of a balance that is not unlimited: first the refill that is due, then what the step asks.
 * Source: docs/spec/unkey.md §5.3, §5.5, §5.6.
 */
export function changeCredits(state: CreditsState, { op, refill }: Pick<CreditsStep, 'op' | 'refill'>): CreditsChange {
  const before = refilledTo(state, refill);
  const balance = balanceAfter(before.balance, op);
  return {
    passed: balance !== null,
    before,
    after: balance === null ? before : { ...before, balance },
    refilled: before.balance !== state.balance,
  };
}

/**
 * The state with its due refill. It sets and never adds, and only what is below; several missed ones are as one. The due instant is
 * noted also where nothing was below: what is spent afterwards waits for the next one. A clock that goes back finds it noted.
 */
function refilledTo(state: CreditsState, refill: CreditsStep['refill']): CreditsState {
  if (!refill || refill.dueAtMs <= state.refilledAtMs) return state;
  return { balance: Math.max(state.balance, refill.amount), refilledAtMs: refill.dueAtMs };
}

/** `null` where it doesn't fit. A cost is taken whole or not at all; only `subtract` stops at 0. */
function balanceAfter(balance: number, op: CreditsOp): number | null {
  if (op.kind === 'spend') return op.cost <= balance ? balance - op.cost : null;
  if (op.kind === 'set') return op.balance;
  if (op.kind === 'add') return op.amount <= MOST - balance ? balance + op.amount : null;
  return Math.max(0, balance - op.amount);
}
