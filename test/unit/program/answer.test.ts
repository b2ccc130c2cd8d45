import { describe, expect, test } from 'vitest';
import { tellAnswer } from '../../../domain/program/answer.ts';
import type { Program, Step } from '../../../domain/program/program.ts';
import { aQuota, aRate, aTenant, budget, credits, dailyRefill, MINUTE_MS, NOON, reserve } from './programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;

describe('what remains', () => {
  test('of what is unlimited is unlimited', () => {
    expect(aTenant().rate(aRate({ limit: 'unlimited' })).remaining).toBe('unlimited');
    expect(aTenant().quota(aQuota({ limit: 'unlimited' })).remaining).toBe('unlimited');
  });
});

describe('the moment at which it would fit', () => {
  test('is the end of the period for a cost that is the whole quota', () => {
    const tenant = aTenant();
    tenant.quota(aQuota());
    expect(tenant.quota(aQuota({ cost: 5 }))).toMatchObject({ passed: false, fitsAtMs: Date.UTC(2026, 10, 22) });
  });

  test.each([
    ['another key', { key: 'other' }],
    ['another window', { windowMs: 2 * MINUTE_MS }],
  ] as const)('counts nothing in that is asked of %s', (_other, more) => {
    const tenant = aTenant();
    tenant.rate(aRate({ cost: 5 }));
    const alone = tenant.rate(aRate({ cost: 2 })).fitsAtMs;
    expect(tenant.steps([aRate({ cost: 2, ...more }), aRate({ cost: 2 })]).steps[1]).toMatchObject({ fitsAtMs: alone });
  });

  test('is none for credits that are added, whatever a refill brings', () => {
    const refill = dailyRefill(10, NOON);
    const step = credits({ kind: 'add', amount: MOST }, { refill });
    expect(aTenant().credits(step)).toMatchObject({ passed: false, fitsAtMs: null });
  });
});

test('a quota and a rate beside it are no run: one is taken without the other', () => {
  const answer = aTenant().steps([aQuota({ limit: 0, when: 'always' }), aRate({ when: 'always' })]);
  expect(answer.steps.map(({ taken }) => taken)).toEqual([false, true]);
});

test('what is not taken crosses no threshold', () => {
  const tenant = aTenant();
  tenant.quota(aQuota({ cost: 5 }));
  expect(tenant.quota(aQuota({ thresholds: [5] }))).toMatchObject({ taken: false, crossed: [] });
  expect(tenant.quota(aQuota({ cost: 0, thresholds: [5] })).crossed).toEqual([]);
});

test('the figures of another kind of step are a bug, and said to be', () => {
  const figures = {
    rate: { kind: 'rate', passed: true, cell: 0, current: 0, previous: 0 },
    quota: { kind: 'quota', passed: true, used: 0 },
    credits: { kind: 'credits', passed: true, balance: 0, refilled: false },
    budget: { kind: 'budget', passed: true, reserved: 0, spent: 0, added: 0, state: 'spent' },
  } as const;
  const all: Step[] = [aRate(), aQuota(), credits(1), budget(reserve('r', 1))];
  for (const step of all) {
    const program: Program = {
      nowMs: NOON,
      tenant: 'a',
      steps: [step],
      isSuccess: true,
      idempotency: null,
    };
    for (const told of Object.values(figures)) {
      if (told.kind === step.kind) expect(tellAnswer(program, [told], false)).toMatchObject({ outcome: 'admitted' });
      else {
        const message = `step 0 is of the kind '${step.kind}', and its figures are of '${told.kind}'`;
        expect(() => tellAnswer(program, [told], false)).toThrow(new TypeError(message));
      }
    }
  }
});
