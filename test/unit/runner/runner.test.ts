import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../runner/arguments.ts';
import {
  closingLine,
  exitCode,
  failedPart,
  failureLines,
  type PartResult,
  partLine,
  skipLines,
  staticPart,
  total,
} from '../../runner/summary.ts';
import { countOf, slowestOf } from '../../runner/vitest.ts';

const part = (over: Partial<PartResult>): PartResult => ({
  name: 'unit',
  durationMs: 1,
  passed: 0,
  failed: 0,
  skipped: [],
  failures: [],
  notes: [],
  slowest: '',
  report: '',
  ...over,
});
const empty = { passed: 0, failed: 0, skipped: [], failures: [], faults: [], files: [] };
const whole = { filtered: false };

describe('the command line', () => {
  test.each([
    ['nothing means everything but mutation', [], ['static', 'unit', 'workflows', 'integration'], []],
    ['parts are taken by name', ['integration', 'unit'], ['unit', 'integration'], []],
    ['options go to vitest', ['unit', '-t', 'a name'], ['unit'], ['-t', 'a name']],
    ['what follows -- goes to vitest', ['unit', '--', 'periods'], ['unit'], ['periods']],
    ['deep is everything', ['deep'], ['static', 'unit', 'workflows', 'integration', 'mutation'], []],
    [
      'deep with a filter is no mutation',
      ['deep', '-t', 'x'],
      ['static', 'unit', 'workflows', 'integration'],
      ['-t', 'x'],
    ],
    ['mutation is run where it is named', ['mutation'], ['mutation'], []],
    ['its options go to stryker', ['mutation', '--mutate', 'a.ts'], ['mutation'], ['--mutate', 'a.ts']],
  ])('%s', (_rule, args, parts, toolOptions) => {
    expect(parseArguments(args)).toMatchObject({ parts, toolOptions, deep: args.includes('deep') });
  });

  test('refuses a part that is none, and options for parts that take none', () => {
    expect(parseArguments(['unti'])).toEqual({ fault: "There is no part 'unti'." });
    expect(parseArguments(['static', '-t', 'x'])).toEqual({ fault: 'The static checks take no options.' });
    expect(parseArguments(['unit', 'mutation', '-t', 'x'])).toEqual({
      fault: 'Mutation takes options only by itself: they go to stryker.',
    });
  });
});

describe('the closing line', () => {
  test('adds up all parts', () => {
    const sum = total([part({ passed: 3 }), part({ passed: 2, failed: 1 })], whole);
    expect(closingLine(sum)).toBe('5 passed, 1 failed');
    expect(exitCode(sum)).toBe(1);
  });

  test('tells skipped tests and names each with its reason', () => {
    const results = [
      part({
        passed: 1,
        skipped: [
          { name: 'a', reason: 'no Python' },
          { name: 'b', reason: undefined },
        ],
      }),
    ];
    expect(closingLine(total(results, whole))).toBe('1 passed, 0 failed, 2 skipped');
    expect(skipLines(results, whole).slice(2)).toEqual(['  a: no Python', '  b: no reason given']);
    expect(exitCode(total(results, whole))).toBe(0);
  });

  test('leaves out what a filter did not select', () => {
    const results = [
      part({
        passed: 1,
        skipped: [
          { name: 'a', reason: 'no Python' },
          { name: 'b', reason: undefined },
        ],
      }),
    ];
    expect(closingLine(total(results, { filtered: true }))).toBe('1 passed, 0 failed, 1 skipped');
  });

  test('says failed when nothing was executed', () => {
    expect(closingLine(total([], whole))).toBe('0 passed, 1 failed');
    expect(exitCode(total([part({})], { filtered: true }))).toBe(1);
  });
});

describe('the lines of what failed', () => {
  test('name each test and whatever else failed with its part, and are absent where all is well', () => {
    const found = { ...empty, passed: 1, failed: 1, failures: ['a.test.ts: a limit holds: expected 11 to be 10'] };
    const counted = countOf({ ...found, faults: ['b.test.ts: no such module'] }, { code: 1, filtered: false });
    expect(failureLines([part({ ...counted, name: 'integration' }), failedPart('types', 'no tsc\nat …', 1)])).toEqual([
      '',
      'FAILED:',
      '  integration: a.test.ts: a limit holds: expected 11 to be 10',
      '  integration: b.test.ts: no such module',
      '  types: no tsc',
    ]);
    expect(failureLines([part({ passed: 2 })])).toEqual([]);
  });
});

describe('the slowest files of a part', () => {
  test('stand under its line, longest first, where they took seconds', () => {
    const files = [
      { name: 'test/integration/a.test.ts', ms: 4_000 },
      { name: 'test/integration/http/b.test.ts', ms: 6_400 },
      { name: 'test/integration/c.test.ts', ms: 61_000 },
    ];
    expect(slowestOf(files)).toBe('c 61 s, http/b 6 s');
    expect(partLine(part({ passed: 1, slowest: slowestOf(files) }))).toContain('\n       slowest: c 61 s, http/b 6 s');
    expect(partLine(part({ passed: 1 }))).not.toContain('slowest');
  });
});

describe('the count of a vitest run', () => {
  test.each([
    ['takes passed and failed tests as they are', { ...empty, passed: 4, failed: 2 }, 1, 4, 2],
    ['has failed when it executed no test', empty, 0, 0, 1],
    [
      'has failed when a file could not be loaded',
      { ...empty, passed: 1, faults: ['a.test.ts: no such module'] },
      1,
      1,
      1,
    ],
    ['has failed when vitest says so without a test', { ...empty, passed: 1 }, 137, 1, 1],
  ])('%s', (_rule, found, code, passed, failed) => {
    expect(countOf(found, { code, filtered: false })).toMatchObject({ passed, failed });
  });

  test('may be empty where a filter was given, since other parts may hold what was meant', () => {
    expect(countOf(empty, { code: 0, filtered: true })).toMatchObject({ passed: 0, failed: 0 });
  });
});

describe('a static check', () => {
  test('counts as one, and one that throws has failed', async () => {
    expect(await staticPart({ name: 'x', run: async () => [] })).toMatchObject({ passed: 1, failed: 0 });
    expect(await staticPart({ name: 'x', run: async () => ['a', 'b'] })).toMatchObject({
      passed: 0,
      failed: 1,
      report: 'a\nb',
    });
    const thrown = await staticPart({ name: 'x', run: () => Promise.reject(new Error('no such tool')) });
    expect(thrown).toMatchObject({ passed: 0, failed: 1, report: expect.stringContaining('no such tool') });
  });
});
