import type { BudgetStep, CreditsStep, QuotaStep, RateStep } from '../../domain/program/program.ts';

export const DAY_MS = 86_400_000;

/** Steps of each kind as they stand at a noon: every field has a value, and a test says those that it is about. */
export function stepsAt(noonMs: number) {
  const midnightMs = noonMs - DAY_MS / 2;
  const day = {
    periodKey: new Date(midnightMs).toISOString().slice(0, 10),
    startsAtMs: midnightMs,
    endsAtMs: midnightMs + DAY_MS,
  };
  return {
    aRate: (more: Partial<RateStep> = {}): RateStep => ({
      kind: 'rate',
      key: 'key',
      name: 'requests',
      when: 'passed',
      limit: 5,
      windowMs: 60_000,
      cost: 1,
      ...more,
    }),

    aQuota: (more: Partial<QuotaStep> = {}): QuotaStep => ({
      kind: 'quota',
      key: 'product',
      name: 'calls',
      when: 'passed',
      limit: 5,
      edge: 'hard',
      ...day,
      cost: 1,
      thresholds: [],
      settled: null,
      ...more,
    }),

    aCredits: (more: Partial<CreditsStep> = {}): CreditsStep => ({
      kind: 'credits',
      key: 'key',
      name: 'credits',
      when: 'passed',
      op: { kind: 'spend', cost: 1 },
      unlimited: false,
      refill: null,
      initial: { balance: 5, refilledAtMs: midnightMs },
      bornAtMs: midnightMs,
      settled: null,
      ...more,
    }),

    aBudget: (more: Partial<BudgetStep> = {}): BudgetStep => ({
      kind: 'budget',
      key: 'envelope',
      name: 'spend',
      when: 'passed',
      op: { kind: 'spend', amount: 1 },
      total: 100,
      edge: 'hard',
      paused: false,
      ...day,
      thresholds: [],
      bornAtMs: midnightMs,
      settled: null,
      ...more,
    }),
  };
}
