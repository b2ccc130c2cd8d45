import { describe, expect, test } from 'vitest';
import { limitNamed, plansByRank } from '../../../domain/plans/catalogue.ts';
import { canonicalText, loadCatalogue, parseCatalogue } from '../../../domain/plans/load.ts';
import { KEEL, KEEL_LATER, KEYWAY, KEYWAY_LATER, PLATFORM, replaced, UNKEY } from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

const CATALOGUES = [EVERY_KIND, PLATFORM, UNKEY, KEYWAY, KEYWAY_LATER, KEEL, KEEL_LATER];

describe('a catalogue that says everything', () => {
  test('has its fields resolved', () => {
    expect(EVERY_KIND.limits['calls']).toEqual({
      name: 'calls',
      kind: 'quota',
      line: 'api',
      scope: 'team',
      unit: null,
      overridable: false,
      contract: false,
      order: 0,
      appliesTo: null,
      counts: ['call.read', 'call.write'],
      period: 'day',
      zone: 'Europe/Berlin',
      // oxlint-disable-next-line unicorn/no-thenable -- a field of the catalogue, never awaited
      edge: { ifFeature: 'overage', then: 'overage', otherwise: 'hard' },
      counted: 'success',
      costs: { 'call.read': 0, 'call.write': 5 },
      notices: [80, 100],
      remindEverySeconds: 604_800,
      over: null,
      values: { free: 10, paid: 100, firm: 100 },
      withoutLine: { some_of_it: 20 },
    });
    expect(EVERY_KIND.features['closed_sites']).toEqual({
      name: 'closed_sites',
      type: 'boolean',
      line: 'api',
      overridable: false,
      contract: false,
      gates: ['write'],
      onLoss: {
        treatment: 'read_only',
        resource: 'site',
        where: { visibility: ['closed'] },
        reason: 'no_closed_sites',
      },
      values: { free: false, paid: true, firm: true },
      withoutLine: {},
    });
    expect(EVERY_KIND.presentation).toMatchObject({
      unlimited: -1,
      usage: {
        plan: { of: 'plan' },
        limits: {
          of: 'fields',
          fields: { canExport: { of: 'has', name: 'export' }, maxSites: { of: 'allowed', name: 'sites' } },
        },
        sites: { of: 'used', name: 'sites' },
      },
    });
  });

  test.each([
    ['sums', 'stored', { kind: 'sum', counts: 'file', where: null, unit: 'byte', over: { treatment: 'keep_working' } }],
    ['rates', 'pace', { windowSeconds: 60, fallbackScope: 'address', onError: 'open', clearOn: 'upgrade' }],
    ['credits', 'coins', { refill: { interval: 'month', dayOfMonth: 31 }, zone: 'subject' }],
    ['budgets', 'spend', { period: 'month', zone: 'UTC', leaseSeconds: 60, edge: 'hard' }],
    ['retentions', 'log_days', { graceDays: 3, chain: 'boundary', edge: 'hide_then_prune' }],
    ['sizes', 'upload', { kind: 'size', edge: 'invalid' }],
    ['conditions', 'sites', { where: { visibility: ['closed'], owner: ['person', 'firm'] }, appliesTo: null }],
    ['scopes', 'pages', { where: null, appliesTo: { visibility: ['open'] }, edge: 'queue' }],
  ])('%s', (_what, name, fields) => {
    expect(limitNamed(EVERY_KIND, name)).toMatchObject(fields);
  });

  test('a plan has what the plan it extends has, unless it says otherwise; never its aliases', () => {
    expect(EVERY_KIND.plans['firm']).toEqual({
      name: 'firm',
      rank: 2,
      line: 'api',
      overridable: true,
      aliases: ['corp', 'big'],
      acquisition: 'sales_led',
      billing: 'manual',
      price: 'by_agreement',
      attributes: { seal: true, sla: 99.9 },
    });
    expect(EVERY_KIND.limits['sites']?.values).toEqual({ free: 1, paid: 10, firm: 'unlimited' });
  });

  test('of an attribute that both give, a plan has its own', () => {
    const text = replaced(
      EVERY_KIND_TEXT,
      'extends: paid, aliases',
      'extends: paid, attributes: { sla: 99.99 }, aliases',
    );
    expect(loadCatalogue(text, 'x.yaml').plans['firm']?.attributes).toEqual({ seal: true, sla: 99.99 });
  });

  test('without ranks, plans are in the order of the file', () => {
    expect(plansByRank(EVERY_KIND, 'api').map(({ name }) => name)).toEqual(['free', 'paid', 'firm']);
    expect(plansByRank(EVERY_KIND, 'disk').map(({ name }) => name)).toEqual(['none_of_it', 'some_of_it']);
  });
});

const pagesWith = (written: string) =>
  loadCatalogue(replaced(EVERY_KIND_TEXT, 'values: { all: 9, free: 3 }', `values: ${written}`), 'x.yaml').limits[
    'pages'
  ]?.values;

describe('a value of a plan', () => {
  test.each([
    ['its own before all', '{ all: 9, firm: 3 }', { free: 9, paid: 9, firm: 3 }],
    ['that of the plan it extends before all', '{ all: 9, paid: 3 }', { free: 9, paid: 3, firm: 3 }],
    ['all where it extends none', '{ all: 9, paid: 3, firm: 4 }', { free: 9, paid: 3, firm: 4 }],
  ])('is %s', (_what, written, expected) => {
    expect(pagesWith(written)).toEqual(expected);
  });

  test.each([
    ['paid', { free: false, paid: true, firm: true }],
    ['free', { free: true, paid: true, firm: true }],
    ['none', { free: false, paid: false, firm: false }],
  ])('from %s is true from there up', (from, expected) => {
    const text = replaced(EVERY_KIND_TEXT, 'contract: true, from: paid', `contract: true, from: ${from}`);
    expect(loadCatalogue(text, 'x.yaml').features['export']?.values).toEqual(expected);
  });
});

describe.each(CATALOGUES.map((catalogue) => [`${catalogue.name} ${catalogue.version}`, catalogue] as const))(
  '%s',
  (_name, catalogue) => {
    test('comes back from its canonical text, which is the same again', () => {
      const text = canonicalText(catalogue);
      const back = parseCatalogue(JSON.parse(text));
      expect(back).toEqual(catalogue);
      expect(canonicalText(back)).toBe(text);
      expect(canonicalText(loadCatalogue(text, 'canonical.json'))).toBe(text);
    });

    test('cannot be changed, however deep', () => {
      const all: object[] = [catalogue];
      for (const each of all) {
        expect(Object.isFrozen(each)).toBe(true);
        all.push(...Object.values(each).filter((part): part is object => typeof part === 'object' && part !== null));
      }
      expect(all.length).toBeGreaterThan(100);
    });

    test('gives every limit and every feature a value on every plan of its line, and on no other', () => {
      for (const definition of [...Object.values(catalogue.limits), ...Object.values(catalogue.features)]) {
        const plans = plansByRank(catalogue, definition.line).map(({ name }) => name);
        expect(Object.keys(definition.values).sort()).toEqual(plans.sort());
      }
    });
  },
);

describe('the canonical text', () => {
  test('is the same for a catalogue that is written short and one that is written in full', () => {
    const full = replaced(
      replaced(EVERY_KIND_TEXT, 'values: { all: 9, free: 3 }', 'values: { free: 3, firm: 9, paid: 9 }'),
      'firm: { extends: paid, aliases',
      'firm: { line: api, overridable: true, attributes: { sla: 99.9, seal: true }, extends: paid, aliases',
    );
    expect(canonicalText(loadCatalogue(full, 'x.yaml'))).toBe(canonicalText(EVERY_KIND));
  });

  test.each([
    ['a notice', 'notices: [80, 100]', 'notices: [80]'],
    ['a reason', 'reason: too_many', 'reason: too_much'],
    ['a lease', 'lease_seconds: 60', 'lease_seconds: 61'],
    ['a day of grace', 'grace_days: 3', 'grace_days: 4'],
    ['a cost', 'call.write: 5', 'call.write: 6'],
    ['a level', 'free: low, paid: mid', 'free: low, paid: low'],
    ['a fallback', 'disk: { fallback: none_of_it }', 'disk: { fallback: some_of_it }'],
    ['a code', 'quota: no,', 'quota: not_now,'],
    ['a constraint', 'max: 100 }', 'max: 101 }'],
    ['the currency', 'currency: EUR', 'currency: CHF'],
    ['a price', 'month: 900', 'month: 901'],
  ])('differs when %s differs', (_what, piece, replacement) => {
    const other = loadCatalogue(replaced(EVERY_KIND_TEXT, piece, replacement), 'x.yaml');
    expect(canonicalText(other)).not.toBe(canonicalText(EVERY_KIND));
  });
});
