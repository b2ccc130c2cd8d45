import type { BudgetStep, CreditsStep, Program, QuotaStep, RateStep } from '../../../domain/program/program.ts';

/** Steps whose state is new, since their periods begin after every generation. */

export const DAY_MS = 86_400_000;
/** A noon after every generation. */
export const NOON = Date.UTC(2099, 10, 21, 12);
const MIDNIGHT = Date.UTC(2099, 10, 21);
const DAY = { periodKey: '2099-11-21', startsAtMs: MIDNIGHT, endsAtMs: MIDNIGHT + DAY_MS };

export const aProgram = (more: Partial<Program>): Program => ({
  nowMs: NOON,
  tenant: 'a',
  steps: [],
  isSuccess: true,
  idempotency: null,
  ...more,
});

export const aRate = (more: Partial<RateStep> = {}): RateStep => ({
  kind: 'rate',
  key: 'key',
  name: 'requests',
  when: 'passed',
  limit: 5,
  windowMs: 60_000,
  cost: 1,
  ...more,
});

export const aQuota = (more: Partial<QuotaStep> = {}): QuotaStep => ({
  kind: 'quota',
  key: 'product',
  name: 'calls',
  when: 'passed',
  limit: 5,
  edge: 'hard',
  ...DAY,
  cost: 1,
  thresholds: [],
  settled: null,
  ...more,
});

export const aCredits = (more: Partial<CreditsStep> = {}): CreditsStep => ({
  kind: 'credits',
  key: 'key',
  name: 'credits',
  when: 'passed',
  op: { kind: 'spend', cost: 1 },
  unlimited: false,
  refill: null,
  initial: { balance: 5, refilledAtMs: MIDNIGHT },
  bornAtMs: MIDNIGHT,
  settled: null,
  ...more,
});

export const aBudget = (more: Partial<BudgetStep> = {}): BudgetStep => ({
  kind: 'budget',
  key: 'envelope',
  name: 'spend',
  when: 'passed',
  op: { kind: 'spend', amount: 1 },
  total: 100,
  edge: 'hard',
  paused: false,
  ...DAY,
  thresholds: [],
  bornAtMs: MIDNIGHT,
  settled: null,
  ...more,
});
