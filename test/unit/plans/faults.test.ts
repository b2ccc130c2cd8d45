import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { nearestName } from '../../../domain/plans/nearest-name.ts';
import { absentFor, faultsOf, LIMIT_VALUE, SMALL_TEXT, smallWith, unmarked } from './catalogues.ts';

const NAME_FORM = 'give a name of small letters, digits and underscores, beginning with a letter, 63 at most';

describe('a bad catalogue', () => {
  // What is replaced, by what, and the faults that this makes: pointer, found, what would be right. A ‸ stands where each fault
  // must be located; it is taken out before the text is read.
  test.each<[string, string, string, [string, string, string][]]>([
    [
      'with an unknown field is told which one was meant',
      'gold: { rank: 30, overridable: true }',
      'gold: { rank: 30, ‸overrideable: true }',
      [['/plans/gold/overrideable', '"overrideable"', 'no such field; did you mean overridable?']],
    ],
    [
      'with a field like no other is told which there are',
      'site: { parent: team }',
      'site: { parent: team, ‸colour: red }',
      [['/scopes/site/colour', '"colour"', 'no such field; there is parent, attributes']],
    ],
    [
      'with a field that would reach for a prototype is refused',
      'subject: team',
      'subject: team\n‸__proto__: { plans: {} }',
      [
        [
          '/__proto__',
          '"__proto__"',
          'no such field; there is catalogue, version, subject, currency, fallback, lines, scopes, plans, limits, features, constraints, presentation',
        ],
      ],
    ],
    [
      'without a field is told where it belongs',
      "catalogue: small\nversion: '1'\n",
      '‸catalogue: small\n',
      [['/version', 'nothing', "give version: names this version, such as '2026-11-01'"]],
    ],
    [
      'that leaves a limit out of a plan means neither zero nor unlimited',
      'values: { bronze: 1, silver: 5, ',
      '‸values: { bronze: 1, ',
      [['/limits/seats/values/silver', 'nothing', absentFor('silver')]],
    ],
    [
      'that leaves a feature out of a plan is refused alike',
      'values: { bronze: false, silver: true, ',
      '‸values: { silver: true, ',
      [['/features/themes/values/bronze', 'nothing', absentFor('bronze')]],
    ],
    [
      'with an empty value is told what to give',
      'silver: 5,',
      'silver: ‸,',
      [['/limits/seats/values/silver', 'null', LIMIT_VALUE]],
    ],
    [
      'that misspells a plan among the values lacks that plan too',
      'values: { bronze: false, silver: false, gold: true }',
      '‸values: { bronze: false, silver: false, ‸glod: true }',
      [
        ['/features/export/values/gold', 'nothing', absentFor('gold')],
        ['/features/export/values/glod', '"glod"', 'no such plan; did you mean gold?'],
      ],
    ],
    [
      'with a fallback that is no plan is told',
      'fallback: bronze',
      'fallback: ‸bronce',
      [['/fallback', '"bronce"', 'no such plan; did you mean bronze?']],
    ],
    [
      'with a subject that is no scope is told',
      'subject: team',
      'subject: ‸everybody',
      [['/subject', '"everybody"', 'no such scope; there is team, site']],
    ],
    [
      'with a limit in an unknown scope is told',
      'scope: site, counts: door',
      'scope: ‸sites, counts: door',
      [['/limits/doors/scope', '"sites"', 'no such scope; did you mean site?']],
    ],
    [
      'with a scope below an unknown one is told',
      'parent: team',
      'parent: ‸taem',
      [['/scopes/site/parent', '"taem"', 'no such scope; did you mean team?']],
    ],
    [
      'with scopes in a ring is told of each',
      'team: {}\n  site: { parent: team }',
      'team: { parent: ‸site }\n  site: { parent: ‸team }',
      [
        ['/scopes/team/parent', '"site"', 'give a scope that is not below this one'],
        ['/scopes/site/parent', '"team"', 'give a scope that is not below this one'],
      ],
    ],
    [
      'with two plans of one rank is told of the second',
      'rank: 20',
      'rank: ‸30',
      [['/plans/silver/rank', '30', 'give a rank of its own; plan gold has this one']],
    ],
    [
      'with a plan that has no rank while others have one is told',
      'bronze: { rank: 10 }',
      '‸bronze: {}',
      [['/plans/bronze/rank', 'nothing', 'give rank: other plans have one, so their order in the file does not count']],
    ],
    [
      'with a name that is none is told the form',
      'doors: {',
      '‸Doors!: {',
      [['/limits/Doors!', '"Doors!"', NAME_FORM]],
    ],
    [
      'with an unknown kind is told the known ones',
      'kind: quota',
      'kind: ‸quotta',
      [
        [
          '/limits/calls/kind',
          '"quotta"',
          'give one of count, sum, size, quota, rate, credits, budget, retention; did you mean quota?',
        ],
      ],
    ],
    [
      'with an unknown period is told',
      'period: utc_day',
      'period: ‸fortnight',
      [['/limits/calls/period', '"fortnight"', 'give one of utc_day, day, month, billing_period']],
    ],
    [
      'with a period on a count is told that counts have none',
      'counts: door, ',
      'counts: door, ‸period: utc_day, ',
      [
        [
          '/limits/doors/period',
          '"period"',
          'no such field; there is kind, scope, line, unit, overridable, contract, order, applies_to, values, without_line, notices, remind_every_seconds, counts, where, over, edge',
        ],
      ],
    ],
    [
      'with a quota without a period is told',
      'calls: { kind: quota, scope: site, counts: call, period: utc_day,',
      '‸calls: { kind: quota, scope: site, counts: call,',
      [
        [
          '/limits/calls/period',
          'nothing',
          'give period: what it is counted in: from midnight to midnight UTC, days or months of the zone, or billing periods',
        ],
      ],
    ],
    [
      "with another kind's edge is told",
      'edge: hard',
      'edge: ‸refuse',
      [
        [
          '/limits/calls/edge',
          '"refuse"',
          'give hard (at the limit, calls are refused and not counted), soft (served and told) or overage (served and metered); or if_feature, then and otherwise, where it hangs on a feature',
        ],
      ],
    ],
    [
      'with a text for a feature is told',
      'silver: true, gold: false',
      "silver: ‸'yes', gold: false",
      [['/features/themes/values/silver', '"yes"', 'give true or false']],
    ],
    ['with a list for a map is told', 'team: {}', 'team: ‸[]', [['/scopes/team', 'a list', 'give a map']]],
    [
      'with a map for a list is told',
      '[entry]',
      '‸{ entry: 1 }',
      [['/limits/log_days/records', 'a map', 'give a list']],
    ],
    [
      'with a number for a name is told its form',
      '[entry]',
      '[entry, ‸7]',
      [['/limits/log_days/records/1', '7', NAME_FORM]],
    ],
    [
      'without records for a retention is told',
      'records: [entry]',
      'records: ‸[]',
      [['/limits/log_days/records', 'none', 'give at least one']],
    ],
    [
      'with a record twice is told',
      'records: [entry]',
      'records: ‸[entry, entry]',
      [['/limits/log_days/records', 'a list', 'name each one once']],
    ],
    [
      'with a field twice is told of the second',
      'bronze: { rank: 10 }',
      'bronze: { rank: 10, ‸rank: 11 }',
      [['/plans/bronze/rank', '"rank"', 'give each field once']],
    ],
    [
      'with a plan twice is told of the second',
      'bronze: { rank: 10 }',
      'bronze: { rank: 10 }\n  ‸bronze: { rank: 11 }',
      [['/plans/bronze', '"bronze"', 'give each field once']],
    ],
  ])('%s', (_behaviour, piece, replacement, expected) => {
    const { text, places } = unmarked(smallWith(piece, replacement));
    const faults = faultsOf(() => loadCatalogue(text, 'small.yaml'));
    expect(faults.map(({ path, found, message }) => [path, found, message])).toEqual(expected);
    expect(faults.map(({ line, column }) => ({ line, column }))).toEqual(places);
  });

  test.each([
    ['.nan', '.nan'],
    ['.inf', '.inf'],
    ['-.inf', '-.inf'],
    ['-1', '-1'],
    ['1.5', '1.5'],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['1e300', '1e300'],
    ['true', 'true'],
    ['null', 'null'],
    ['"5"', '"5"'],
    ['[5]', 'a list'],
    ['{}', 'a map'],
  ])('with the limit %s is told what a limit is', (value, found) => {
    const faults = faultsOf(() => loadCatalogue(smallWith('silver: 5', `silver: ${value}`), 'small.yaml'));
    expect(faults).toEqual([
      { path: '/limits/seats/values/silver', line: 13, column: 114, found, message: LIMIT_VALUE },
    ]);
  });

  test.each(['Unlimited', 'unlimted', 'UNLIMITED'])('with the limit %s is told that unlimited was meant', (value) => {
    const [fault] = faultsOf(() => loadCatalogue(smallWith('silver: 5', `silver: ${value}`), 'small.yaml'));
    expect(fault?.message).toBe(`${LIMIT_VALUE}; did you mean unlimited?`);
  });

  test('is told all its faults at once, in the order of the file', () => {
    const text = SMALL_TEXT.replace('fallback: bronze', 'fallback: bronce')
      .replace('rank: 20', 'rank: -1')
      .replace('silver: 5', 'silver: .nan')
      .replace('kind: quota', 'kind: quotta')
      .replace('on_loss: stop', 'on_los: stop')
      .replace('bronze: { rank: 10 }', 'bronze: { rank: 10, rank: 11 }');
    const faults = faultsOf(() => loadCatalogue(text, 'small.yaml'));
    expect(faults.map(({ path, line, column }) => `${line}:${column} ${path}`)).toEqual([
      '4:11 /fallback',
      '10:23 /plans/bronze/rank',
      '11:19 /plans/silver/rank',
      '13:114 /limits/seats/values/silver',
      '15:18 /limits/calls/kind',
      '18:3 /features/export/on_loss',
      '18:28 /features/export/on_los',
    ]);
  });

  test('says in its message what stands where, a line a fault', () => {
    const text = smallWith('silver: 5', 'silver: -1').replace('rank: 20', 'rank: 10');
    expect(() => loadCatalogue(text, 'plans/small.yaml')).toThrow(
      [
        'plans/small.yaml:11:19 /plans/silver/rank: found 10; give a rank of its own; plan bronze has this one',
        `plans/small.yaml:13:114 /limits/seats/values/silver: found -1; ${LIMIT_VALUE}`,
      ].join('\n'),
    );
  });
});

describe('a text that is no catalogue', () => {
  test.each([
    ['empty', '', { path: '', line: 1, column: 1, found: 'null', message: 'give a map' }],
    ['a number', '42', { path: '', line: 1, column: 1, found: '42', message: 'give a map' }],
    ['a list', '- a\n- b', { path: '', line: 1, column: 1, found: 'a list', message: 'give a map' }],
    [
      'two documents',
      'a: 1\n---\nb: 2\n',
      { line: 2, column: 1, message: 'give one document: a file holds one catalogue' },
    ],
    ['a key that is a map', '? { a: 1 }\n: 2\n', { line: 1, column: 3, found: '"{"', message: 'give a name' }],
    ['a tag', 'a: 1\nb: !secret x\n', { path: '/b', line: 2, column: 4, found: '"!secret"' }],
    ['an alias', 'a: &x 1\nb: { c: [0, *x] }\n', { path: '/b/c/1', line: 2, column: 13, found: '*x' }],
    ['an alias of nothing', 'a: *x\n', { path: '/a', line: 1, column: 4, found: '*x' }],
    [
      'text larger than any catalogue',
      'x'.repeat(262_145),
      { path: '', line: 1, column: 1, found: '262145 characters' },
    ],
    [
      'lists in lists without end',
      '['.repeat(20_000),
      { path: '', found: 'a nesting too deep', message: 'nest at most 32 levels' },
    ],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, { path: '', found: 'a nesting too deep' }],
  ])('is refused: %s', (_name, text, fault) => {
    expect(faultsOf(() => loadCatalogue(text, 'x.yaml'))).toMatchObject([fault]);
  });

  test('is refused where its YAML breaks', () => {
    const [fault] = faultsOf(() => loadCatalogue('a: 1\nb: [1, 2\n', 'x.yaml'));
    expect(fault).toMatchObject({ path: '/b/1', line: 3, column: 1, found: 'the end of the text' });
  });

  test('is refused before an alias bomb goes off', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
    const text = ['l0: &l0 [x, x, x]', ...levels].join('\n');
    const faults = faultsOf(() => loadCatalogue(text, 'x.yaml'));
    expect(faults).toHaveLength(81);
    expect(faults[0]).toMatchObject({ path: '/l1/0', line: 2, found: '*l0' });
  });

  test('is refused whatever it is, and nothing but a catalogue error is thrown', () => {
    const pieces = fc.constantFrom(
      ...SMALL_TEXT.split(/(\W)/),
      '*a',
      '&a',
      '!t',
      '\t',
      '? ',
      '\0',
      '\uFEFF',
      '%YAML 1.1\n---\n',
      '.nan',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => faultsOf(() => loadCatalogue(text, 'x.yaml')).length > 0),
      { numRuns: 200 },
    );
  });
});

describe('the nearest name', () => {
  const known = ['free', 'pro', 'enterprise', 'organizations'];
  test.each([
    ['fre', 'free'],
    ['FREE', 'free'],
    ['rpo', 'pro'],
    ['prod', 'pro'],
    ['enterpirse', 'enterprise'],
    ['entreprises', 'enterprise'],
    ['entreprisess', undefined],
    ['organisation', 'organizations'],
    ['basic', undefined],
    ['p', undefined],
    ['', undefined],
  ])('to %j is %j', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });
});
