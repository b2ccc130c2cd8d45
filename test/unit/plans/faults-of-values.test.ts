import { describe, expect, test } from 'vitest';
import { CatalogueError, describe as described, pointerOf, shortened } from '../../../domain/plans/faults.ts';
import { hint, hintOrList } from '../../../domain/plans/hints.ts';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import { nearestName } from '../../../domain/plans/nearest-name.ts';
import { faultsOf, LIMIT_VALUE } from './catalogues.ts';
import { told } from './told-faults.ts';

describe('values at a plan are of the right sort, which only the limit or feature knows:', () => {
  const loss = { on_loss: 'keep_working' };
  const faults = (values: object) =>
    faultsOf(() =>
      parseCatalogue({
        catalogue: 'a',
        version: '1',
        subject: 's',
        fallback: 'p',
        scopes: { s: {} },
        plans: { p: { values: { size: 1, days: 1, flag: true, grade: 'low', ...values } } },
        limits: {
          size: { kind: 'size', scope: 's', edge: 'invalid' },
          days: { kind: 'retention', scope: 's', unit: 'days', records: ['entry'] },
        },
        features: { flag: { type: 'boolean', ...loss }, grade: { type: 'level', levels: ['low', 'high'], ...loss } },
      }),
    ).map(({ path, found, message }) => [path, found, message]);

  test.each([
    ['size', -1, '-1', LIMIT_VALUE],
    ['size', true, 'true', LIMIT_VALUE],
    ['days', 36_501, '36501', 'give a whole number from 0 to 36500, or unlimited'],
    ['flag', 5, '5', 'give true or false'],
    ['flag', 'low', '"low"', 'give true or false'],
    ['grade', true, 'true', 'give a level: low, high'],
    ['grade', 'hihg', '"hihg"', 'no such level; did you mean high?'],
  ])('%s: %s', (name, value, found, message) => {
    expect(faults({ [name]: value })).toEqual([[`/plans/p/values/${name}`, found, message]]);
  });

  test('what fits is none', () => {
    expect(faults({ size: 'unlimited', days: 36_500, flag: false, grade: 'high' })).toEqual([]);
  });
});

describe('what a feature leaves on loss', () => {
  told([
    [
      'has no resource, condition or reason unless it becomes read-only',
      'gates: [write, read], on_loss: keep_working,',
      'gates: [write, read], on_loss: { treatment: keep_working, ‸resource: site, ‸where: { visibility: closed }, ‸reason: why },',
      [
        ['/features/export/on_loss/resource', '"resource"', 'leave it out: resource is for read_only alone'],
        ['/features/export/on_loss/where', '"where"', 'leave it out: where is for read_only alone'],
        ['/features/export/on_loss/reason', '"reason"', 'leave it out: reason is for read_only alone'],
      ],
    ],
    [
      'is clamped only where there are levels',
      'gates: [write, read], on_loss: keep_working,',
      'gates: [write, read], on_loss: ‸clamp,',
      [['/features/export/on_loss', '"clamp"', 'give another treatment: only a level can be clamped']],
    ],
    [
      'is clamped only where there are levels, in the long form too',
      'gates: [write, read], on_loss: keep_working,',
      'gates: [write, read], on_loss: { treatment: ‸clamp },',
      [['/features/export/on_loss/treatment', '"clamp"', 'give another treatment: only a level can be clamped']],
    ],
  ]);
});

describe('a zone', () => {
  told(
    [
      [
        'that is near to none gets an example',
        'zone: Europe/Berlin',
        'zone: ‸Nowhere/Atall',
        [['/limits/calls/zone', '"Nowhere/Atall"', 'no such zone; give one such as Europe/Berlin']],
      ],
      [
        'may be slipped into from UTC',
        'zone: Europe/Berlin',
        'zone: ‸UTTC',
        [['/limits/calls/zone', '"UTTC"', 'no such zone; did you mean UTC?']],
      ],
      [
        'may be slipped into from the subject’s own',
        'zone: Europe/Berlin',
        'zone: ‸subjekt',
        [['/limits/calls/zone', '"subjekt"', 'no such zone; did you mean subject?']],
      ],
      [
        'says nothing about a billing period',
        'period: day',
        'period: billing_period',
        [['/limits/calls/zone', '"zone"', 'leave it out: no zone changes what billing_period means']],
      ],
    ].map(([name, piece, text, faults]) => [
      name,
      piece === 'period: day' ? 'period: day\n    zone: Europe/Berlin' : piece,
      piece === 'period: day' ? 'period: billing_period\n    ‸zone: Europe/Berlin' : text,
      faults,
    ]) as Parameters<typeof told>[0],
  );
});

describe('of plans', () => {
  told([
    [
      'an alias that is the name of its own plan is none',
      'aliases: [gratis]',
      'aliases: [‸free]',
      [['/plans/free/aliases/0', '"free"', 'give another alias; plan free is called so']],
    ],
  ]);

  test('a catalogue without lines has a fallback', () => {
    const faults = faultsOf(() =>
      parseCatalogue({
        catalogue: 'a',
        version: '1',
        subject: 's',
        scopes: { s: {} },
        plans: { p: {} },
        limits: {},
        features: {},
      }),
    );
    expect(faults.map(({ path, found, message }) => [path, found, message])).toEqual([
      ['/fallback', 'nothing', 'give fallback: the plan of a subject that has none, or whose billing is cancelled'],
    ]);
  });

  test.each([
    ['all', 'give another name: among values, all stands for every plan'],
    ['none', 'give another name: after from, none stands for no plan'],
  ])('no plan is called %s', (name, message) => {
    const faults = faultsOf(() =>
      parseCatalogue({
        catalogue: 'a',
        version: '1',
        subject: 's',
        fallback: name,
        scopes: { s: {} },
        plans: { [name]: {} },
        limits: {},
        features: {},
      }),
    );
    expect(faults.map((fault) => [fault.path, fault.found, fault.message])).toEqual([
      [`/plans/${name}`, `"${name}"`, message],
    ]);
  });
});

describe('values of another line', () => {
  const lines = ['a', 'b', 'c'];
  const withThree = (definition: object) =>
    faultsOf(() =>
      parseCatalogue({
        catalogue: 'lines',
        version: '1',
        subject: 's',
        scopes: { s: {} },
        lines: Object.fromEntries(lines.map((line) => [line, { fallback: `${line}0` }])),
        plans: Object.fromEntries(lines.map((line) => [`${line}0`, { line }])),
        limits: { it: { kind: 'size', line: 'a', scope: 's', edge: 'invalid', values: { a0: 1 }, ...definition } },
        features: {},
      }),
    ).map(({ path, found, message }) => [path, found, message]);

  test('are of one other line: else two could contradict', () => {
    expect(withThree({ without_line: { b0: 1 } })).toEqual([]);
    expect(withThree({ without_line: { b0: 1, c0: 1 } })).toEqual([
      ['/limits/it/without_line/c0', '"c0"', 'give plans of one line: b0 is of line b, this one of c'],
    ]);
  });

  test('are of no plan of this line, nor of one that there is not', () => {
    expect(withThree({ without_line: { a0: 1 } })).toEqual([
      ['/limits/it/without_line/a0', '"a0"', 'plan a0 is of this line: put its value into values'],
    ]);
    expect(withThree({ without_line: { plan_zz: 1 } })).toEqual([
      ['/limits/it/without_line/plan_zz', '"plan_zz"', 'no such plan; there is b0, c0'],
    ]);
    expect(withThree({ values: { a0: 1, b0: 1 } })).toEqual([
      ['/limits/it/values/b0', '"b0"', 'plan b0 is of line b: put its value into without_line'],
    ]);
  });
});

describe('the name that was likely meant', () => {
  test.each([
    ['seats', ['seats', 'doors'], 'seats'],
    ['Seats', ['seats'], 'seats'],
    ['seat', ['seats'], 'seats'],
    ['saets', ['seats'], 'seats'],
    ['setas', ['seats'], 'seats'],
    ['tseas', ['seats'], undefined],
    ['private_valuts', ['private_vaults'], 'private_vaults'],
    ['prviate_valuts', ['private_vaults'], 'private_vaults'],
    ['prviate_valutss', ['private_vaults'], undefined],
    ['ab', ['ac'], undefined],
    ['abc', ['abd', 'abe'], 'abd'],
    ['abcdef', ['abcdxy', 'abcdex'], 'abcdex'],
    ['abcd', ['badc'], undefined],
    ['abcd', ['xacd'], undefined],
    ['abcd', ['bxcd'], undefined],
    ['abcd', ['abdc'], 'abdc'],
    ['abc', ['xyz'], undefined],
    ['abc', ['abcde'], undefined],
    ['', ['a'], undefined],
  ])('%s, of %j: %s', (name, known, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });
});

describe('a hint', () => {
  const many = Array.from({ length: 22 }, (_, i) => `name_${String(i).padStart(2, '0')}`);

  test('names the likely one, else those there are, twenty at most, and nothing where there are none', () => {
    expect(hint('saets', ['seats'])).toBe('; did you mean seats?');
    expect(hint('zzzz', ['seats', 'doors'])).toBe('; there is seats, doors');
    expect(hint('zzzz', [])).toBe('');
    expect(hint('zzzz', many.slice(0, 20))).toBe(`; there is ${many.slice(0, 20).join(', ')}`);
    expect(hint('zzzz', many)).toBe(`; there is ${many.slice(0, 20).join(', ')} and 2 more`);
  });

  test('of what may stand there names all of it, or the one', () => {
    expect(hintOrList('hrad', ['hard', 'soft'])).toBe('one of hard, soft; did you mean hard?');
    expect(hintOrList('nothing like it', ['hard', 'soft'])).toBe('one of hard, soft');
    expect(hintOrList(5, ['hard'])).toBe('hard');
  });
});

describe('what is told of a fault', () => {
  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    ['a "text"', '"a \\"text\\""'],
    [[1], 'a list'],
    [{}, 'a map'],
    ['x'.repeat(58), `"${'x'.repeat(58)}"`],
    ['x'.repeat(59), `"${'x'.repeat(58)}…`],
    [Symbol.iterator, 'symbol'],
  ])('is short, whatever stands there: %s', (value, expected) => {
    expect(described(value)).toBe(expected);
  });

  test('is cut at its end', () => {
    expect([shortened('abcd', 4), shortened('abcde', 4)]).toEqual(['abcd', 'abc…']);
  });

  test('is where it stands, as a JSON Pointer', () => {
    expect(pointerOf([])).toBe('');
    expect(pointerOf(['a/b', 'c~d', '~1'])).toBe('/a~1b/c~0d/~01');
  });

  test('is a line each, with its place in the file if there is one; a hundred at most', () => {
    const fault = { path: '/a', line: 3, column: 7, found: '5', message: 'give 6' };
    const error = (
      ...faults: (typeof fault | (Omit<typeof fault, 'line' | 'column'> & { line: null; column: null }))[]
    ) => new CatalogueError('a.yaml', faults);
    expect(error(fault)).toMatchObject({ name: 'CatalogueError', source: 'a.yaml', faults: [fault] });
    expect(error(fault).message).toBe('a.yaml:3:7 /a: found 5; give 6');
    expect(error({ ...fault, path: '', line: null, column: null }).message).toBe('a.yaml /: found 5; give 6');
    const hundred = Array.from({ length: 100 }, () => fault);
    expect(error(...hundred).message.split('\n')).toHaveLength(100);
    expect(
      error(...hundred, fault, fault)
        .message.split('\n')
        .slice(99),
    ).toEqual(['a.yaml:3:7 /a: found 5; give 6', 'a.yaml: and 2 more']);
  });
});
