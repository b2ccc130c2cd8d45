import type { Limit } from '../plans/catalogue.ts';
import { groupsOf } from './answer.ts';
import { type BudgetStep, type CreditsStep, MOST_SPAN_MS, type Program, type Step } from './program.ts';

const LATEST_INSTANT_MS = 8.64e15;
const MOST_KEPT_SECONDS = 86_400;
/** What one call takes, a hundred checks together with what they cost included. A batch of many such still ends soon. */
const MOST_STEPS = 256;
/** Three of them are a key in Postgres, in which four bytes a character have to fit. */
const MOST_NAME = 200;

/**
 * Refuses a program that can't be run exactly: an amount that is no integer from 0 to 2^53 − 1, an instant that is none, a period
 * that doesn't hold the clock, a key that two steps share, too many steps. @throws {RangeError} naming the field: `steps[2].cost is …`
 */
export function checkProgram(program: Program): void {
  const { nowMs, tenant, steps, idempotency } = program;
  check('nowMs', nowMs, isInstant(nowMs), 'an instant in whole milliseconds, from 1970 on');
  checkName('tenant', tenant);
  check('steps.length', steps.length, steps.length <= MOST_STEPS, `at most ${MOST_STEPS}`);
  if (idempotency) {
    const { key, keptSeconds } = idempotency;
    check('idempotency.key', key, key !== '', 'a text');
    const isKept = isAmount(keptSeconds) && keptSeconds >= 1 && keptSeconds <= MOST_KEPT_SECONDS;
    check('idempotency.keptSeconds', keptSeconds, isKept, `an integer from 1 to ${MOST_KEPT_SECONDS}`);
  }
  for (const [at, step] of steps.entries()) checkStep(`steps[${at}]`, step, nowMs);
  checkKeys(steps);
}

/** What of the state a step touches, as a text: two steps touch the same exactly when these are equal. */
export function identityOf(step: Step): string {
  if (step.kind === 'rate') return JSON.stringify([step.kind, step.key, step.windowMs]);
  if (step.kind === 'quota') return JSON.stringify([step.kind, step.key, step.periodKey]);
  return JSON.stringify([step.kind, step.key]);
}

function checkStep(path: string, step: Step, nowMs: number): void {
  // A rate settles nothing: its key may be whatever a caller is known by.
  if (step.kind === 'rate') check(`${path}.key`, step.key, step.key !== '', 'a text');
  else checkName(`${path}.key`, step.key);
  switch (step.kind) {
    case 'rate': {
      const { limit, windowMs, cost } = step;
      checkLimit(`${path}.limit`, limit);
      checkSpan(`${path}.windowMs`, windowMs);
      return checkAmount(`${path}.cost`, cost);
    }
    case 'quota':
      checkLimit(`${path}.limit`, step.limit);
      checkAmount(`${path}.cost`, step.cost);
      checkPeriod(path, step, nowMs);
      return checkThresholds(path, step.thresholds);
    case 'credits':
      return checkCredits(path, step, nowMs);
    case 'budget':
      checkLimit(`${path}.total`, step.total);
      checkPeriod(path, step, nowMs);
      checkThresholds(path, step.thresholds);
      return checkBudgetOp(`${path}.op`, step.op);
  }
}

function checkCredits(path: string, { op, initial, refill }: CreditsStep, nowMs: number): void {
  const amount = op.kind === 'spend' ? op.cost : op.kind === 'set' ? op.balance : op.amount;
  checkAmount(`${path}.op`, amount);
  checkAmount(`${path}.initial.balance`, initial.balance);
  if (!refill) return;
  checkAmount(`${path}.refill.amount`, refill.amount);
  checkPeriod(`${path}.refill`, { startsAtMs: refill.dueAtMs, endsAtMs: refill.nextAtMs }, nowMs);
}

function checkBudgetOp(path: string, op: BudgetStep['op']): void {
  if ('amount' in op) checkAmount(`${path}.amount`, op.amount);
  if ('leaseMs' in op) checkSpan(`${path}.leaseMs`, op.leaseMs);
  if ('reservationId' in op) checkName(`${path}.reservationId`, op.reservationId);
}

function checkKeys(steps: readonly Step[]): void {
  const groupOf = new Map<string, number>();
  for (const [from, to] of groupsOf(steps)) {
    for (let at = from; at < to; at += 1) {
      const step = steps[at]!;
      const identity = identityOf(step);
      const isNew = groupOf.has(identity) ? groupOf.get(identity) === from && step.kind === 'rate' : true;
      check(`steps[${at}].key`, step.key, isNew, 'a key that no step outside its run of rates has');
      groupOf.set(identity, from);
    }
  }
}

function checkPeriod(path: string, period: { startsAtMs: number; endsAtMs: number | null }, nowMs: number): void {
  const { startsAtMs, endsAtMs } = period;
  const holds = startsAtMs <= nowMs && (endsAtMs === null || nowMs < endsAtMs);
  check(`${path}'s period`, `${startsAtMs} to ${endsAtMs}`, holds, `one that holds ${nowMs}`);
}

function checkThresholds(path: string, thresholds: readonly number[]): void {
  const areAscending = thresholds.every((amount, at) => isAmount(amount) && amount > (thresholds[at - 1] ?? 0));
  check(`${path}.thresholds`, thresholds, areAscending, 'integers from 1 on, ascending');
}

/** What ends in columns and their indexes, where a text can be too long, and no half of a surrogate pair and no NUL is one. */
function checkName(path: string, name: string): void {
  const isName = name !== '' && name.length <= MOST_NAME && name.isWellFormed() && !name.includes('\0');
  check(path, name, isName, `a text of at most ${MOST_NAME} characters`);
}

function checkLimit(path: string, limit: Limit): void {
  check(path, limit, limit === 'unlimited' || isAmount(limit), "an integer from 0 to 2^53 − 1, or 'unlimited'");
}

function checkAmount(path: string, amount: number): void {
  check(path, amount, isAmount(amount), 'an integer from 0 to 2^53 − 1');
}

function checkSpan(path: string, ms: number): void {
  check(path, ms, isAmount(ms) && ms >= 1 && ms <= MOST_SPAN_MS, `an integer from 1 to ${MOST_SPAN_MS}`);
}

function isAmount(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 0;
}

function isInstant(ms: number): boolean {
  return isAmount(ms) && ms <= LATEST_INSTANT_MS;
}

function check(path: string, found: unknown, isRight: boolean, right: string): void {
  if (!isRight) throw new RangeError(`${path} is ${String(found)}, and not ${right}`);
}
