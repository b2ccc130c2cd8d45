import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admittingPlan, requiredPlan } from '../../../domain/plans/admitting.ts';
import type { Catalogue, Limit } from '../../../domain/plans/catalogue.ts';
import { decide, mayAdd, mayChange } from '../../../domain/plans/decision.ts';
import { effectiveLimit, effectivePlan, entitlements } from '../../../domain/plans/entitlements.ts';
import type { Question } from '../../../domain/plans/questions.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { type Resource, writable } from '../../../domain/plans/writable.ts';
import { PLANS_OF_A, someCatalogue, someResources, someSubject } from './arbitrary.ts';
import { NOON } from './catalogues.ts';

// The engine against slow and obvious definitions; a failure prints its seed.
const RUNS = { numRuns: 500 };
const amount = fc.nat(8);

const someQuestion: fc.Arbitrary<Question> = fc.oneof(
  fc.record({ ask: fc.constant('use' as const), feature: fc.constantFrom('flag', 'kept') }),
  fc.record({
    ask: fc.constant('use' as const),
    feature: fc.constant('grade'),
    level: fc.constantFrom('low', 'middle', 'high'),
  }),
  fc.record({
    ask: fc.constant('add' as const),
    limit: fc.constantFrom('things', 'sums', 'borrowed'),
    used: amount,
    amount,
  }),
  fc.record({
    ask: fc.constant('change' as const),
    limit: fc.constantFrom('things', 'sums'),
    before: amount,
    after: amount,
  }),
  fc.record({ ask: fc.constant('send' as const), limit: fc.constant('sizes'), size: amount }),
  fc.record({
    ask: fc.constant('consume' as const),
    limit: fc.constantFrom('calls', 'rates', 'money'),
    used: amount,
    cost: amount,
  }),
  fc.record({ ask: fc.constant('spend' as const), limit: fc.constant('credits'), balance: amount, cost: amount }),
  fc.record({
    ask: fc.constant('see' as const),
    records: fc.constant('record'),
    createdAtMs: fc.nat(8).map((days) => NOON - days * 86_400_000),
  }),
);

/** The subject on that plan of the first line and nothing else agreed about its plans. */
function moved(subject: SubjectState, catalogue: Catalogue, plan: string): SubjectState {
  const other = subject.billingCancelled ? [] : subject.plans.filter((name) => catalogue.plans[name]?.line !== 'a');
  const overrides = subject.overrides.filter(({ kind }) => kind !== 'plan');
  return { ...subject, plans: [...other, plan], billingCancelled: false, overrides };
}

describe('the admitting plan', () => {
  test('is what trying every plan above finds first, for every kind of question, and none with a yes', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, someQuestion, (catalogue, subject, question) => {
        const { allowed, by } = decide(catalogue, subject, question, NOON);
        const present = PLANS_OF_A.indexOf(effectivePlan(catalogue, subject, NOON, 'a').name);
        const passes = (plan: string) => decide(catalogue, moved(subject, catalogue, plan), question, NOON).allowed;
        const above = PLANS_OF_A.slice(present + 1).find(passes) ?? null;
        expect(by?.admittingPlan).toBe(allowed ? null : above);
        expect(admittingPlan(catalogue, subject, question, NOON)).toBe(above);
        expect(requiredPlan(catalogue, subject, question, NOON)).toBe(PLANS_OF_A.find(passes) ?? null);
      }),
      RUNS,
    );
  });
});

describe('a change', () => {
  test('is refused exactly when it ends beyond the limit and above where it began', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, amount, amount, (catalogue, subject, before, after) => {
        const limit = effectiveLimit(catalogue, subject, 'things', NOON).value;
        const isBeyond = limit !== 'unlimited' && after > limit;
        const decision = mayChange(catalogue, subject, { limit: 'things', before, after }, NOON);
        expect(decision.allowed).toBe(!(isBeyond && after > before));
      }),
      RUNS,
    );
  });

  test('upwards is the addition of the difference', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, amount, amount, (catalogue, subject, before, more) => {
        const change = mayChange(catalogue, subject, { limit: 'things', before, after: before + more }, NOON);
        expect(change).toEqual(mayAdd(catalogue, subject, 'things', before, more, NOON));
      }),
      RUNS,
    );
  });
});

describe('entitlements', () => {
  test('tell of each limit what the question for it tells', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, amount, (catalogue, subject, used) => {
        const all = entitlements(catalogue, subject, NOON, { things: used, calls: used });
        for (const name of Object.keys(catalogue.limits)) {
          expect(all.limits[name]).toMatchObject(effectiveLimit(catalogue, subject, name, NOON));
        }
        const { by } = mayAdd(catalogue, subject, 'things', used, 1, NOON);
        expect(all.limits['things']).toMatchObject({ value: by?.allowed, used, remaining: by?.remaining });
      }),
      { numRuns: 200 },
    );
  });

  test('come from an override only where the plan that decides allows one', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, (catalogue, subject) => {
        const { overridable } = effectivePlan(catalogue, subject, NOON, 'a');
        const { source } = effectiveLimit(catalogue, subject, 'things', NOON);
        const isHeld = subject.overrides.some(
          ({ kind, name, startsAtMs, endsAtMs }) =>
            kind === 'limit' && name === 'things' && startsAtMs <= NOON && (endsAtMs === null || NOON < endsAtMs),
        );
        expect(source === 'override').toBe(overridable && isHeld);
      }),
      RUNS,
    );
  });
});

/** Sort, cut, done: the obvious way. */
function model(limit: Limit, kept: boolean, resources: readonly Resource[]): string[] {
  const reds = resources.filter(({ kind, attributes }) => kind === 'thing' && attributes['colour'] === 'red');
  const sorted = reds.toSorted((a, b) => a.createdAtMs - b.createdAtMs || a.id.localeCompare(b.id));
  const beyond = limit === 'unlimited' ? [] : sorted.slice(limit);
  const blues = resources.filter(({ kind, attributes }) => kind === 'thing' && attributes['colour'] === 'blue');
  return [...beyond, ...(kept ? [] : blues)].map(({ id }) => id).sort();
}

const readOnly = (catalogue: Catalogue, subject: SubjectState, resources: readonly Resource[]) =>
  writable(catalogue, subject, resources, NOON)
    .flatMap((each) => (each.writable ? [] : [each.id]))
    .sort();

describe('what is writable', () => {
  test('is what sorting and cutting leaves, in whatever order things are told', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, someResources, (catalogue, subject, resources) => {
        const { limits, features } = entitlements(catalogue, subject, NOON);
        const expected = model(limits['things']!.value, features['kept']!.enabled, resources);
        expect(readOnly(catalogue, subject, resources)).toEqual(expected);
        expect(readOnly(catalogue, subject, resources.toReversed())).toEqual(expected);
      }),
      RUNS,
    );
  });

  test('names the plan that trying every plan above finds first', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, someResources, (catalogue, subject, resources) => {
        const present = PLANS_OF_A.indexOf(effectivePlan(catalogue, subject, NOON, 'a').name);
        for (const { id, by } of writable(catalogue, subject, resources, NOON)) {
          if (by === null) continue;
          const isWritable = (plan: string) =>
            !readOnly(catalogue, moved(subject, catalogue, plan), resources).includes(id);
          expect(by.admittingPlan).toBe(PLANS_OF_A.slice(present + 1).find(isWritable) ?? null);
        }
      }),
      RUNS,
    );
  });

  test('never shrinks by deleting: what could be written to still can', () => {
    fc.assert(
      fc.property(someCatalogue, someSubject, someResources, (catalogue, subject, resources) => {
        const [gone, ...left] = resources;
        const before = readOnly(catalogue, subject, resources).filter((id) => id !== gone?.id);
        expect(before).toEqual(expect.arrayContaining(readOnly(catalogue, subject, left)));
      }),
      RUNS,
    );
  });
});
