import { describe, expect, test } from 'vitest';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { aSubjectOn, NOON } from './catalogues.ts';

// When what a subject has begins anew, by whose clocks and whose billing. The periods themselves are tested beside `periods.ts`.
const base = { scope: 'account', values: { all: 5 } };
const CATALOGUE = parseCatalogue({
  catalogue: 'spans',
  version: '1',
  subject: 'account',
  fallback: 'free',
  scopes: { account: {} },
  plans: { free: { rank: 0, billing: 'card' }, open: { rank: 1, billing: 'none' }, pro: { rank: 2, billing: 'card' } },
  limits: {
    billed: { ...base, kind: 'quota', counts: 'call', period: 'billing_period', edge: 'hard' },
    daily: { ...base, kind: 'quota', counts: 'call', period: 'day', zone: 'subject', edge: 'hard' },
    fixed: { ...base, kind: 'quota', counts: 'call', period: 'day', zone: 'Asia/Kolkata', edge: 'hard' },
    money: { ...base, kind: 'budget', period: 'day', zone: 'subject', edge: 'hard' },
    abroad: { ...base, kind: 'budget', period: 'month', zone: 'Asia/Kolkata', edge: 'hard' },
    once: { ...base, kind: 'budget', period: 'total', edge: 'hard' },
    coins: { ...base, kind: 'credits', edge: 'hard', refill: { interval: 'day' }, zone: 'subject' },
    purse: { ...base, kind: 'credits', edge: 'hard' },
    seats: { ...base, kind: 'count', counts: 'seat', edge: 'refuse' },
  },
  features: {},
});

const resets = (plan: string | null, more: Partial<SubjectState> = {}) => {
  const subject = { ...aSubjectOn(plan ?? ''), plans: plan === null ? [] : [plan], ...more };
  const { limits } = entitlements(CATALOGUE, subject, NOON);
  return (name: string): string | null => {
    const { resetsAtMs } = limits[name]!;
    return resetsAtMs === null ? null : new Date(resetsAtMs).toISOString();
  };
};
const BILLED = { billing: { anchorMs: Date.parse('2026-01-10T09:30:00Z'), interval: 'month' } } as const;
const ANNIVERSARY = '2026-12-10T09:30:00.000Z';
const NEXT_MONTH = '2026-12-01T00:00:00.000Z';
const MIDNIGHT = '2026-11-22T00:00:00.000Z';

describe('a billing period', () => {
  test.each([
    ['begins with the day that is paid for', 'pro', BILLED, ANNIVERSARY],
    ['is the calendar month on a plan without a bill', 'open', BILLED, NEXT_MONTH],
    ['is the calendar month for who has no plan', null, BILLED, NEXT_MONTH],
    ['is the calendar month while billing is cancelled', 'pro', { ...BILLED, billingCancelled: true }, NEXT_MONTH],
    ['is the calendar month where no billing is known', 'pro', {}, NEXT_MONTH],
    ['is that of the bill for whoever pays for the plan that others have for nothing', 'free', BILLED, ANNIVERSARY],
  ])('%s', (_rule, plan, more, expected) => {
    expect(resets(plan, more)('billed')).toBe(expected);
  });
});

describe("a day of the subject's own", () => {
  test.each([
    ['daily', '2026-11-21T23:00:00.000Z'],
    ['money', '2026-11-21T23:00:00.000Z'],
    ['coins', '2026-11-21T23:00:00.000Z'],
  ])('ends with its midnight: %s', (limit, expected) => {
    expect(resets('pro', { zone: 'Europe/Berlin' })(limit)).toBe(expected);
  });

  test.each(['daily', 'money', 'coins'])('is that of UTC where it tells none: %s', (limit) => {
    expect(resets('pro')(limit)).toBe(MIDNIGHT);
  });

  test.each([
    ['fixed', '2026-11-21T18:30:00.000Z'],
    ['abroad', '2026-11-30T18:30:00.000Z'],
  ])('changes nothing where the catalogue names a zone: %s', (limit, expected) => {
    expect(resets('pro', { zone: 'Europe/Berlin' })(limit)).toBe(expected);
  });
});

test('waiting brings nothing to a total, to credits without a refill, and to what exists', () => {
  expect(['once', 'purse', 'seats'].map(resets('pro'))).toEqual([null, null, null]);
});
