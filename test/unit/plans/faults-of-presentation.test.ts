import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import { faultsOf } from './catalogues.ts';

// A presentation has a code for each class of refusal that its catalogue can meet, and for no other it has to have one.
const limit = (kind: string, more: object) => ({ kind, scope: 'team', values: { all: 1 }, ...more });
const over = { treatment: 'read_only_newest', order: ['id'], reason: 'too_many' };
const readOnly = { treatment: 'read_only', resource: 'site', reason: 'lost' };
const FLAG = { type: 'boolean', on_loss: 'stop', values: { all: true } };

const missing = (content: object, given: string) =>
  faultsOf(() =>
    parseCatalogue({
      catalogue: 'presented',
      version: '1',
      subject: 'team',
      fallback: 'free',
      scopes: { team: {}, site: { parent: 'team' } },
      plans: { free: {} },
      limits: {},
      features: {},
      ...content,
      presentation: { style: 'problem', unlimited: null, codes: { [given]: 'a_code' } },
    }),
  ).map(({ path, found, message }) => [path, found, message]);

describe('a code is missed', () => {
  test.each([
    ['limit', 'limit it', { limits: { it: limit('count', { counts: 'seat', edge: 'refuse' }) } }],
    ['limit', 'limit it', { limits: { it: limit('sum', { counts: 'byte', edge: 'refuse' }) } }],
    ['quota', 'limit it', { limits: { it: limit('quota', { counts: 'call', period: 'day', edge: 'hard' }) } }],
    ['budget', 'limit it', { limits: { it: limit('budget', { period: 'day', edge: 'hard' }) } }],
    ['size', 'limit it', { limits: { it: limit('size', { edge: 'invalid' }) } }],
    ['rate', 'limit it', { limits: { it: limit('rate', { window_seconds: 1, edge: 'refuse' }) } }],
    ['credits', 'limit it', { limits: { it: limit('credits', { edge: 'hard' }) } }],
    ['feature', 'feature it', { features: { it: FLAG } }],
  ])('of %s, for %s', (each, cause, content) => {
    const given = each === 'size' ? 'rate' : 'size';
    expect(missing(content, given)).toEqual([
      [`/presentation/codes/${each}`, 'nothing', `give ${each}: the code of a refusal by ${cause}`],
    ]);
    expect(missing(content, each)).toEqual([]);
  });

  test.each([
    [
      'limit it, when it is exceeded',
      { limits: { it: limit('count', { counts: 'site', edge: 'queue', over }) } },
      'limit',
    ],
    ['feature it, when it is lost', { features: { it: { ...FLAG, on_loss: readOnly } } }, 'feature'],
  ])('of what can only be read, for %s', (cause, content, given) => {
    expect(missing(content, given)).toEqual([
      ['/presentation/codes/state', 'nothing', `give state: the code of a refusal by ${cause}`],
    ]);
  });

  test('of a quota whose edge is hard by a feature', () => {
    // oxlint-disable-next-line unicorn/no-thenable -- a field of an edge, never awaited
    const edge = { if_feature: 'flag', then: 'overage', otherwise: 'hard' };
    const content = {
      limits: { it: limit('quota', { counts: 'call', period: 'day', edge }) },
      features: { flag: FLAG },
    };
    expect(missing(content, 'feature')).toEqual([
      ['/presentation/codes/quota', 'nothing', 'give quota: the code of a refusal by limit it'],
    ]);
  });
});

test.each([
  ['an advisory count', limit('count', { counts: 'seat', edge: 'advisory' })],
  ['a queue', limit('count', { counts: 'seat', edge: 'queue' })],
  ['a soft quota', limit('quota', { counts: 'call', period: 'day', edge: 'soft' })],
  ['a budget that only notifies', limit('budget', { period: 'day', edge: 'notify' })],
  ['a retention', limit('retention', { unit: 'days', records: ['entry'] })],
  ['what keeps working', limit('count', { counts: 'seat', edge: 'advisory', over: { treatment: 'keep_working' } })],
])('nothing is refused by %s', (_what, it) => {
  expect(missing({ limits: { it } }, 'size')).toEqual([]);
});
