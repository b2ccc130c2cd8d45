import { describe, expect, test } from 'vitest';
import type { Change } from '../../../domain/plans/diff.ts';
import type { Preview } from '../../../domain/plans/preview.ts';
import { diffInWords, previewInWords, summaryInWords } from '../../../domain/plans/words.ts';

const NOTHING: Preview = {
  over: [],
  narrows: [],
  losesEffect: [],
  becomesReadOnly: [],
  opensUp: { limits: [], features: [], resources: [] },
};
const said = (more: Partial<Preview>): string[] => previewInWords({ ...NOTHING, ...more });
const over = { limit: 'private_vaults', scope: null, before: 9, after: 3, wasOver: false } as const;

describe('of what is over', () => {
  test.each([
    ['keep_working', 4, 'Private vaults: 4 of 3 are used; what there is goes on working, more is refused.'],
    ['read_only_newest', 4, 'Private vaults: 4 of 3 are used; the newest become read-only, more is refused.'],
    ['refuse', 4_000, 'Private vaults: 4,000 of 3 are used; more is refused until it begins anew.'],
  ] as const)('it is said what becomes of it: %s', (treatment, used, sentence) => {
    expect(said({ over: [{ ...over, used, treatment }] })).toEqual([sentence]);
  });

  test('one is one, and where it is is said', () => {
    const one = { ...over, scope: 'site 7', used: 1, after: 0, treatment: 'refuse' } as const;
    expect(said({ over: [one] })).toEqual([
      "Private vaults in 'site 7': 1 of 0 is used; more is refused until it begins anew.",
    ]);
  });
});

describe('of a feature that is lost', () => {
  test.each([
    ['stop', false, 'Data export is lost: what was made with it is kept and has no effect.'],
    ['keep_working', null, 'Data export is lost: what was made with it goes on working, nothing new is made.'],
    ['keep_enforcing', false, 'Data export is lost: what protects goes on protecting, nothing is added.'],
    [
      'clamp',
      'basic',
      'Data export falls from full power to basic: what was set beyond it is kept and acts as far as is allowed.',
    ],
    ['read_only', false, 'Data export is lost: what was made with it can only be read.'],
  ] as const)('it is said what becomes of what was made with it: %s', (treatment, after, sentence) => {
    expect(said({ losesEffect: [{ feature: 'data.export', before: 'full_power', after, treatment }] })).toEqual([
      sentence,
    ]);
  });
});

describe('of a feature that opens up', () => {
  test.each([
    [false, true, 'Export becomes available.'],
    [null, true, 'Export becomes available.'],
    [false, 'full', 'Export becomes available: full.'],
    ['none', true, 'Export becomes available.'],
    ['basic', 'full', 'Export rises from basic to full.'],
  ])('it is said how: from %s to %s', (before, after, sentence) => {
    expect(said({ opensUp: { ...NOTHING.opensUp, features: [{ feature: 'export', before, after }] } })).toEqual([
      sentence,
    ]);
  });
});

describe('of a limit that changes', () => {
  test.each(['count', 'sum', 'size', 'quota', 'rate', 'credits', 'budget'] as const)(
    'both numbers are said, of the kind %s',
    (kind) => {
      const narrows = [{ limit: 'api.calls', kind, before: 'unlimited' as const, after: 1_500 }];
      expect(said({ narrows })).toEqual(['Api calls: 1,500 instead of unlimited.']);
      const limits = [{ limit: 'api.calls', kind, before: 5, after: null }];
      expect(said({ opensUp: { ...NOTHING.opensUp, limits } })).toEqual(['Api calls: none instead of 5.']);
    },
  );

  test('days are said of retention, and without end it is for ever', () => {
    const narrows = [{ limit: 'log_days', kind: 'retention' as const, before: 'unlimited' as const, after: 1 }];
    expect(said({ narrows })).toEqual(['Log days: records are shown for 1 day instead of ever.']);
  });
});

test('a summary counts subjects and things, and says one of one', () => {
  const one: Preview = {
    ...NOTHING,
    becomesReadOnly: [{ kind: 'vault', id: 'a', reason: 'over' }],
    over: [
      { ...over, used: 4, treatment: 'refuse' },
      { ...over, scope: 'b', used: 4, treatment: 'refuse' },
    ],
    losesEffect: [{ feature: 'export', before: true, after: false, treatment: 'stop' }],
  };
  expect(summaryInWords('account', [one, NOTHING])).toEqual([
    '1 account would lose write access to 1 vault.',
    '1 account would be over the limit of private vaults.',
    '1 account would lose export, wholly or in part.',
  ]);
});

const changed = (change: Partial<Change>): string =>
  diffInWords([
    { of: 'limit', name: 'calls', field: 'edge', plan: null, before: 1, after: 2, effect: 'changes', ...change },
  ])[0]!;

describe('of a difference', () => {
  test.each<[string, Partial<Change>, string]>([
    ['texts', { before: 'hard', after: 'soft' }, "The limit 'calls' has another edge: soft instead of hard."],
    ['a map for a text', { before: 'hard', after: { ifFeature: 'a' } }, "The limit 'calls' has other edge."],
    ['a text for a map', { before: { ifFeature: 'a' }, after: 'hard' }, "The limit 'calls' has other edge."],
    [
      'names of several words',
      { of: 'feature', field: 'onLoss', before: {}, after: {} },
      "The feature 'calls' has other on loss.",
    ],
    [
      'lists',
      { field: 'notices', before: [80, 1_000], after: [] },
      "The limit 'calls' has another notices: none instead of 80, 1,000.",
    ],
    [
      'nothing',
      { field: 'unit', before: null, after: undefined },
      "The limit 'calls' has another unit: none instead of none.",
    ],
    [
      'switches',
      { of: 'plan', name: 'pro', field: 'overridable', plan: 'pro', before: false, after: true },
      "The plan 'pro' has another overridable: yes instead of no.",
    ],
    [
      'the name of all',
      { of: 'catalogue', name: 'a', field: 'name', before: 'a', after: 'b' },
      'The catalogue has another name: b instead of a.',
    ],
    [
      'the name of a plan',
      { of: 'plan', name: 'a', field: 'name', plan: 'a', before: 'a', after: 'b' },
      "The plan 'a' goes on as 'b'.",
    ],
    ['what is gone', { field: 'exists', before: true, after: false }, "The limit 'calls' is gone."],
    [
      'values',
      { field: 'values', plan: 'pro', before: undefined, after: 'unlimited' },
      "On 'pro' calls goes from none to unlimited.",
    ],
    [
      'values without a line',
      { field: 'withoutLine', plan: 'compute', before: 7, after: 14, effect: 'gains' },
      "On 'compute', while nothing else gives it, calls goes from 7 to 14 (more).",
    ],
    [
      'values that fall',
      { field: 'values', plan: 'pro', before: 7, after: 1, effect: 'loses' },
      "On 'pro' calls goes from 7 to 1 (less).",
    ],
  ])('%s are said', (_what, change, sentence) => {
    expect(changed(change)).toBe(sentence);
  });
});
