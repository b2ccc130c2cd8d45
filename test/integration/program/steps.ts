import type { Program } from '../../../domain/program/program.ts';
import { stepsAt } from '../../support/steps.ts';

export { DAY_MS } from '../../support/steps.ts';

/** A noon after every generation: steps whose state is new, since their periods begin later. */
export const NOON = Date.UTC(2099, 10, 21, 12);

export const { aRate, aQuota, aCredits, aBudget } = stepsAt(NOON);

export const aProgram = (more: Partial<Program>): Program => ({
  nowMs: NOON,
  tenant: 'a',
  steps: [],
  isSuccess: true,
  idempotency: null,
  ...more,
});
