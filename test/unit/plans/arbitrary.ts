import * as fc from 'fast-check';
import type { Catalogue, Limit } from '../../../domain/plans/catalogue.ts';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import type { Override, SubjectState } from '../../../domain/plans/subject.ts';
import type { Resource } from '../../../domain/plans/writable.ts';
import { NOON } from './catalogues.ts';

/**
 * Random catalogues of one shape: two lines of three plans, in no order of their values; a limit of every kind in the line `a`, one
 * that `b` gives while `a` has no plan, features of both types. Values are few and small, so that edges are met all the time.
 */
const A = ['a0', 'a1', 'a2'] as const;
const B = ['b0', 'b1', 'b2'] as const;
const LEVELS = ['low', 'middle', 'high'] as const;

/** The plans of the first line, lowest first. */
export const PLANS_OF_A: readonly string[] = A;

export const someLimit: fc.Arbitrary<Limit> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(6) },
  fc.constant('unlimited' as const),
);

const valuesOf = <T>(plans: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.tuple(...plans.map(() => value)).map((values) => Object.fromEntries(plans.map((plan, at) => [plan, values[at]!])));

const limits = valuesOf(A, someLimit);
const base = { line: 'a', scope: 'subject', overridable: true };

export const someCatalogue: fc.Arbitrary<Catalogue> = fc
  .record({
    things: limits,
    sums: limits,
    sizes: limits,
    calls: limits,
    rates: limits,
    credits: limits,
    money: limits,
    days: limits,
    borrowed: limits,
    lent: valuesOf(B, someLimit),
    flag: valuesOf(A, fc.boolean()),
    kept: valuesOf(A, fc.boolean()),
    grade: valuesOf(A, fc.constantFrom(...LEVELS)),
    edge: fc.constantFrom('hard', 'soft', 'by_feature'),
    overridable: valuesOf([...A, ...B], fc.boolean()),
  })
  .map((random) =>
    parseCatalogue({
      catalogue: 'random',
      version: '1',
      subject: 'subject',
      lines: { a: { fallback: 'a0' }, b: { fallback: 'b0' } },
      scopes: { subject: {}, thing: { parent: 'subject', attributes: { colour: ['red', 'blue'] } } },
      plans: Object.fromEntries(
        [...A, ...B].map((plan, rank) => [plan, { rank, line: plan[0], overridable: random.overridable[plan] }]),
      ),
      limits: {
        things: {
          ...base,
          kind: 'count',
          counts: 'thing',
          where: { colour: 'red' },
          edge: 'refuse',
          over: { treatment: 'read_only_newest', order: ['created_at', 'id'], reason: 'too_many' },
          values: random.things,
        },
        sums: { ...base, kind: 'sum', counts: 'thing', edge: 'refuse', values: random.sums },
        sizes: { ...base, kind: 'size', edge: 'invalid', values: random.sizes },
        calls: {
          ...base,
          kind: 'quota',
          counts: ['call'],
          period: 'day',
          // oxlint-disable-next-line unicorn/no-thenable -- a field of an edge, never awaited
          edge: random.edge === 'by_feature' ? { if_feature: 'flag', then: 'overage', otherwise: 'hard' } : random.edge,
          values: random.calls,
        },
        rates: { ...base, kind: 'rate', window_seconds: 60, edge: 'refuse', values: random.rates },
        credits: { ...base, kind: 'credits', edge: 'hard', values: random.credits },
        money: { ...base, kind: 'budget', period: 'total', edge: 'hard', values: random.money },
        days: { ...base, kind: 'retention', unit: 'days', records: ['record'], values: random.days },
        borrowed: {
          ...base,
          kind: 'count',
          counts: 'loan',
          edge: 'refuse',
          values: random.borrowed,
          without_line: random.lent,
        },
      },
      features: {
        flag: { type: 'boolean', line: 'a', overridable: true, on_loss: 'stop', values: random.flag },
        kept: {
          type: 'boolean',
          line: 'a',
          on_loss: { treatment: 'read_only', resource: 'thing', where: { colour: 'blue' }, reason: 'not_kept' },
          values: random.kept,
        },
        grade: {
          type: 'level',
          line: 'a',
          overridable: true,
          levels: [...LEVELS],
          on_loss: 'clamp',
          values: random.grade,
        },
      },
    }),
  );

const term = { startsAtMs: fc.constantFrom(0, NOON, NOON + 1), endsAtMs: fc.constantFrom(null, NOON, NOON + 1) };
const someOverride: fc.Arbitrary<Override> = fc.oneof(
  fc.record({
    kind: fc.constant('limit' as const),
    name: fc.constantFrom('things', 'sums', 'calls', 'days', 'borrowed', 'rates'),
    value: someLimit,
    ...term,
  }),
  fc.record({ kind: fc.constant('feature' as const), name: fc.constant('flag'), value: fc.boolean(), ...term }),
  fc.record({
    kind: fc.constant('feature' as const),
    name: fc.constant('grade'),
    value: fc.constantFrom(...LEVELS),
    ...term,
  }),
  fc.record({ kind: fc.constant('plan' as const), name: fc.constant('a'), value: fc.constantFrom(...A), ...term }),
);

export const someSubject: fc.Arbitrary<SubjectState> = fc.record({
  plans: fc
    .tuple(fc.constantFrom(null, ...A), fc.constantFrom(null, ...B))
    .map((plans) => plans.filter((plan) => plan !== null)),
  billingCancelled: fc.boolean(),
  overrides: fc.array(someOverride, { maxLength: 3 }),
  billing: fc.constant(null),
});

export const someResources: fc.Arbitrary<Resource[]> = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('thing', 'loan'),
    id: fc.constantFrom('p', 'q', 'r', 's', 't', 'u', 'v'),
    createdAtMs: fc.nat(3),
    attributes: fc.record({ colour: fc.constantFrom('red', 'blue') }),
  }),
  { selector: ({ id }) => id, maxLength: 7 },
);
