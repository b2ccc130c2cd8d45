import { describe, expect, test } from 'vitest';
import { CatalogueError, canonicalText, loadCatalogue, parseCatalogue } from '../../../domain/plans/load.ts';
import { faultsOf, replaced } from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const within = (field: string, lines: string) => replaced(EVERY_KIND_TEXT, `\n${field}:\n`, `\n${field}:\n${lines}`);

// Alone on a core each of these takes well under two seconds; what grows with the square of the text would take minutes.
describe('a text that would cost much to read is refused soon:', { timeout: 30_000 }, () => {
  test.each([
    [
      '10,000 limits',
      within(
        'limits',
        many(10_000, (i) => `  l${i}: {kind: size}\n`),
      ),
      { path: '/limits', found: '10009 of them', message: 'give at most 500' },
    ],
    [
      '10,000 plans',
      within(
        'plans',
        many(10_000, (i) => `  p${i}: {line: api}\n`),
      ),
      { path: '/plans', found: '10005 of them', message: 'give at most 100' },
    ],
    ['one name 20,000 times', many(20_000, () => 'a: 1\n'), { path: '/a', found: '"a"' }],
    [
      '10,000 names that are none',
      many(10_000, (i) => `a${i}: 1\n`),
      { path: '/a0', message: expect.stringMatching(/^no such field/) },
    ],
    ['10,000 aliases', `a: &a 1\n${many(10_000, (i) => `b${i}: *a\n`)}`, { path: '/b0', found: '*a' }],
    ['50,000 lists in lists', '['.repeat(50_000), { path: '', found: 'a nesting too deep' }],
    ['50,000 items of nothing', `[${','.repeat(50_000)}]`, { path: '', found: '","' }],
    [
      'a list of 30,000',
      replaced(EVERY_KIND_TEXT, '[gratis]', `[${many(30_000, (i) => `a${i},`)}]`),
      { path: '/plans/free/aliases', found: '30000 of them' },
    ],
  ])('%s', (_what, text, fault) => {
    const faults = faultsOf(() => loadCatalogue(text, 'x.yaml'));
    expect(faults).toContainEqual(expect.objectContaining(fault));
  });

  test('as a published version as well', () => {
    const json = JSON.parse(canonicalText(EVERY_KIND)) as {
      limits: Record<string, unknown>;
      constraints: Record<string, unknown>;
    };
    const limits = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, json.limits['sites']]));
    expect(faultsOf(() => parseCatalogue({ ...json, limits }))).toMatchObject([
      { path: '/limits', found: '10000 of them' },
    ]);

    const form = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    const deep = { ...json, constraints: { form } };
    expect(faultsOf(() => parseCatalogue(deep))).toMatchObject([{ path: '', found: 'a nesting too deep' }]);
  });

  test('with a message that somebody can read', () => {
    const text = `${many(1_000, (i) => `a${i}: 1\n`)}${'b'.repeat(1_000)}: 1\n`;
    expect(() => loadCatalogue(text, 'x.yaml')).toThrow(CatalogueError);
    try {
      loadCatalogue(text, 'x.yaml');
    } catch (error) {
      const lines = (error as Error).message.split('\n');
      expect(lines).toHaveLength(101);
      expect(lines.at(-1)).toMatch(/^x\.yaml: and 9\d\d more$/);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(500);
    }
  });
});

describe('a ring in extends is told to each of it', () => {
  test.each([2, 3, 60])('of %i plans', (size) => {
    const text = within(
      'plans',
      many(size, (i) => `  p${i}: { line: api, extends: p${(i + 1) % size} }\n`),
    );
    const faults = faultsOf(() => loadCatalogue(text, 'x.yaml'));
    expect(faults.map(({ path }) => path)).toEqual(Array.from({ length: size }, (_, i) => `/plans/p${i}/extends`));
  });

  test('and a plan that extends itself', () => {
    const text = replaced(EVERY_KIND_TEXT, 'extends: paid', 'line: api, extends: firm');
    expect(faultsOf(() => loadCatalogue(text, 'x.yaml'))).toMatchObject([{ path: '/plans/firm/extends', line: 15 }]);
  });

  test('while a long chain is none', () => {
    const text = within(
      'plans',
      many(60, (i) => (i === 59 ? '  p59: { extends: paid }\n' : `  p${i}: { extends: p${i + 1} }\n`)),
    );
    expect(loadCatalogue(text, 'x.yaml').limits['calls']?.values['p0']).toBe(100);
  });
});

describe('a number that is none', () => {
  const PLACES = [
    ['/limits/calls/costs/call.write', 'call.write: 5', 'call.write: '],
    ['/limits/calls/remind_every_seconds', 'remind_every_seconds: 604800', 'remind_every_seconds: '],
    ['/limits/pace/window_seconds', 'window_seconds: 60', 'window_seconds: '],
    ['/limits/spend/lease_seconds', 'lease_seconds: 60', 'lease_seconds: '],
    ['/limits/log_days/grace_days', 'grace_days: 3', 'grace_days: '],
    ['/limits/coins/refill/day_of_month', 'day_of_month: 31', 'day_of_month: '],
    ['/limits/sites/order', 'order: 2', 'order: '],
    ['/plans/paid/price/month', 'month: 900', 'month: '],
    ['/limits/calls/values/paid', 'free: 10, paid: 100', 'free: 10, paid: '],
  ] as const;
  const NUMBERS = ['.nan', '.inf', '-.inf', '-1', '1.5', '9007199254740992', '1e400'];

  test.each(PLACES.flatMap(([path, piece, start]) => NUMBERS.map((number) => [path, number, piece, start] as const)))(
    'is refused at %s: %s',
    (path, number, piece, start) => {
      const faults = faultsOf(() => loadCatalogue(replaced(EVERY_KIND_TEXT, piece, start + number), 'x.yaml'));
      expect(faults).toMatchObject([
        { path, found: number, message: expect.stringMatching(/^(give )?a? ?.*whole number/) },
      ]);
    },
  );

  test.each(['.nan', '.inf', '1e400'])('is refused among what is only told: %s', (number) => {
    const constraint = replaced(EVERY_KIND_TEXT, "form: '^[a-z]+$'", `form: [{ deep: ${number} }]`);
    expect(faultsOf(() => loadCatalogue(constraint, 'x.yaml'))).toMatchObject([
      { path: '/constraints/form/0/deep', found: number },
    ]);
    const attribute = replaced(EVERY_KIND_TEXT, 'sla: 99.9', `sla: ${number}`);
    expect(faultsOf(() => loadCatalogue(attribute, 'x.yaml'))).toMatchObject([
      { path: '/plans/paid/attributes/sla', found: number },
    ]);
  });
});
