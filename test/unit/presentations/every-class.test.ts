import { describe, expect, test } from 'vitest';
import { presenterOf, type Surface } from '../../../api/presentations/index.ts';
import { OCCASIONS, type Occasion, occasionOf } from '../../../api/presentations/occasions.ts';
import type { Catalogue, Presentation } from '../../../domain/plans/catalogue.ts';
import { decide, type Facts, mayUse } from '../../../domain/plans/decision.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { writable } from '../../../domain/plans/writable.ts';
import { aSubjectOn } from '../plans/catalogues.ts';
import { EVERY_KIND } from '../plans/catalogues-of-every-kind.ts';
import { consume, refused } from './examples.ts';

const NOW = Date.parse('2026-11-21T12:34:56.789Z');
/** What nobody may be told: ids, keys, and what the product says of its things. */
const SECRET = 'kp-live-secret';
const site = { scope: 'site', id: SECRET, attributes: { visibility: 'open', owner: 'person' } };
const free = aSubjectOn('free');
const BUDGET = {
  name: 'envelope',
  total: 10,
  edge: 'hard',
  period: 'month',
  zone: 'UTC',
  leaseSeconds: 60,
  notices: [],
} as const;

/** A "no" of each occasion, decided by the engine. */
const NOES: Record<Occasion, () => Facts> = {
  feature: () => refused(mayUse(EVERY_KIND, free, 'export', NOW)),
  limit: () => refused(decide(EVERY_KIND, free, { ask: 'add', limit: 'sites', used: 1, amount: 1 }, NOW)),
  quota: () => refused(decide(EVERY_KIND, free, { ask: 'consume', limit: 'calls', used: 10, cost: 1 }, NOW)),
  rate: () => consumption(free, { take: 'rate', key: SECRET, limit: 'pace', cost: 6, identifier: SECRET }),
  credits: () =>
    consumption(free, { take: 'credits', key: SECRET, limit: 'coins', op: { kind: 'spend', cost: 51 }, bornAtMs: NOW }),
  budget: () => {
    const op = { kind: 'reserve', reservationId: SECRET, amount: 11 } as const;
    return consumption(free, { take: 'budget', key: SECRET, limit: BUDGET, op, bornAtMs: NOW });
  },
  size: () => refused(decide(EVERY_KIND, free, { ask: 'send', limit: 'upload', size: 65_537, scope: site }, NOW)),
  state: () => {
    const sites = [1, 2].map((at) => ({
      kind: 'site',
      id: `${SECRET}${at}`,
      createdAtMs: at,
      attributes: { visibility: 'closed', owner: 'firm' },
    }));
    const allowing = { ...EVERY_KIND, features: { export: EVERY_KIND.features['export']! } };
    return writable(allowing, free, sites, NOW)[1]!.by!;
  },
  hidden: () => refused(decide(EVERY_KIND, free, { ask: 'see', records: 'entry', createdAtMs: 0 }, NOW)),
};

function consumption(subject: SubjectState, step: Parameters<typeof consume>[1][number]): Facts {
  return refused(consume({ catalogue: EVERY_KIND, subject, nowMs: NOW }, [step]).refusal);
}

const inStyle = (style: Presentation['style'], codes: Presentation['codes']): Catalogue => ({
  ...EVERY_KIND,
  presentation: { ...EVERY_KIND.presentation!, style, codes },
});
const CODES = EVERY_KIND.presentation!.codes;
const CATALOGUES: [string, Catalogue][] = [
  ['problem', inStyle('problem', CODES)],
  ['access_block', inStyle('access_block', CODES)],
  ['envelope', inStyle('envelope', CODES)],
  ["the host's", { ...EVERY_KIND, presentation: null }],
  ['problem, without codes', inStyle('problem', {})],
  ['access_block, without codes', inStyle('access_block', {})],
  ['envelope, without codes', inStyle('envelope', {})],
];
function codeIn(style: Presentation['style'], occasion: Occasion): string {
  return presenterOf(inStyle(style, CODES)).refusal(NOES[occasion](), { requestId: 'r', nowMs: NOW }).body;
}

const SURFACES: Surface[] = ['route', 'decision', 'execution'];

describe.each(CATALOGUES)('presentation %s', (_name, catalogue) => {
  describe.each(OCCASIONS)('of a refusal by %s', (occasion) => {
    test.each(SURFACES)('told to a %s', (surface) => {
      const by = NOES[occasion]();
      expect(occasionOf(by)).toBe(occasion);
      const answer = presenterOf(catalogue).refusal(by, { requestId: 'a-request', nowMs: NOW, surface });

      expect([200, 400, 403, 404, 422, 429]).toContain(answer.status);
      if (answer.status === 200) expect(surface).toBe('decision');
      expect(answer.contentType).toMatch(/^application\/(?:problem\+json|json; charset=utf-8)$/);
      const text = JSON.stringify(JSON.parse(answer.body));
      expect(text).toBe(answer.body);
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      expect(text).not.toContain(SECRET);
      for (const value of Object.values(answer.headers)) expect(value).toMatch(/^\d+$/);
      if (answer.status === 429) expect(Number(answer.headers['Retry-After'])).toBeGreaterThanOrEqual(1);
      else expect(answer.headers).not.toHaveProperty('Retry-After');
    });
  });
});

test('a cost that is more than the whole of a quota is never told to wait in vain', () => {
  const by = consumption(free, { take: 'quota', key: SECRET, limit: 'calls', cost: 11 });
  expect(by.retryAfterSeconds).toBeNull();
  for (const style of ['problem', 'access_block', 'envelope'] as const) {
    const { status, headers, body } = presenterOf(inStyle(style, CODES)).refusal(by, { requestId: 'r', nowMs: NOW });
    expect(status).toBe(403);
    expect(headers).toEqual({});
    expect(body).toContain('Of the 10 calls of this period 0 are used, and 11 more were asked for.');
  }
});

test('the codes of the catalogue are those that are told', () => {
  for (const style of ['problem', 'access_block', 'envelope'] as const) {
    expect(codeIn(style, 'rate')).toMatch(/"(?:https:\/\/example\.com\/errors\/)?slow"/);
    expect(codeIn(style, 'credits')).toMatch(/"(?:https:\/\/example\.com\/errors\/)?poor"/);
    expect(codeIn(style, 'size')).toMatch(/"(?:https:\/\/example\.com\/errors\/)?big"/);
    expect(codeIn(style, 'state')).toMatch(/"(?:https:\/\/example\.com\/errors\/)?frozen"/);
  }
});

test('without a code there is one that says the cause, the same in every product', () => {
  const neutral = OCCASIONS.map((occasion) => {
    const { body } = presenterOf(inStyle('envelope', {})).refusal(NOES[occasion](), { requestId: 'r', nowMs: NOW });
    return (JSON.parse(body) as { error: { type: string } }).error.type.replace('https://example.com/errors/', '');
  });
  expect(neutral).toEqual([
    'feature.not_in_plan',
    'limit.count_exceeded',
    'limit.quota_exceeded',
    'limit.rate_exceeded',
    'limit.credits_exceeded',
    'limit.budget_exceeded',
    'limit.size_exceeded',
    'resource.read_only',
    'data/record_not_found',
  ]);
});
