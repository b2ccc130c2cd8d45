import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { brokenLinks, dependencyDrift, missingTests, undocumentedVariables } from '../../runner/docs.ts';
import { houseFaults, serverFaults } from '../../runner/house.ts';
import { ROOT } from '../../runner/process.ts';

const planted: string[] = [];

afterEach(() => {
  for (const root of planted.splice(0)) rmSync(root, { recursive: true });
});

function aCheckout(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-house-'));
  planted.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

describe('the house rules', () => {
  test('allow 450 lines and refuse 451', () => {
    expect(houseFaults(aCheckout({ 'tools/a.ts': 'x;\n'.repeat(450) }))).toEqual([]);
    expect(houseFaults(aCheckout({ 'tools/a.ts': 'x;\n'.repeat(451) }))).toEqual([
      'tools/a.ts: 451 lines; 450 are the most',
    ]);
  });

  test('find a test that is switched off or alone, in every spelling', () => {
    for (const call of ['only(', 'skip(', 'todo(', 'skip.each(', 'concurrent.only(']) {
      expect(houseFaults(aCheckout({ 'x/a.test.ts': `test.${call}'name');\n` }))).toHaveLength(1);
      expect(houseFaults(aCheckout({ 'x/a.test.ts': `describe.${call}'name');\n` }))).toHaveLength(1);
    }
    expect(houseFaults(aCheckout({ 'x/a.test.ts': "context.skip('no Python here');\ntest.skipIf(x)('');\n" }))).toEqual(
      [],
    );
  });

  test('find the host of a package registry in any text file, and leave binary files alone', () => {
    const host = ['registry', 'npmjs', 'org'].join('.');
    expect(houseFaults(aCheckout({ 'x/notes.md': `see\n${host}\n` }))).toEqual([
      `x/notes.md:2: names the package registry ${host}`,
    ]);
    expect(houseFaults(aCheckout({ 'x/image.png': `\0${host}` }))).toEqual([]);
  });

  test('want a README in each room that holds anything', () => {
    expect(houseFaults(aCheckout({ 'store/a.ts': '' }))).toEqual(['store/: has no README.md']);
    expect(houseFaults(aCheckout({ 'store/a.ts': '', 'store/README.md': '' }))).toEqual([]);
  });
});

describe('the servers', () => {
  test('are spoken to in their rooms alone, in this checkout', () => {
    expect(serverFaults(ROOT)).toEqual([]);
  });

  test.each([
    ['api/a.ts', 'await db.raw(`select 1`)', 'speaks SQL'],
    ['cli/a.ts', "await trx('products').first()", 'speaks SQL'],
    ['worker/a.ts', "await db<Row>('products').first()", 'speaks SQL'],
    ['activities/a.ts', 'await redis.ping()', 'speaks to Redis'],
    ['store/a.ts', "await redis.get('x')", 'speaks to Redis'],
    ['counters/a.ts', "await db('products')", 'speaks SQL'],
  ])('%s may not: %s', (file, text, fault) => {
    expect(serverFaults(aCheckout({ [file]: `${text};\n` }))).toEqual([`${file}:1: ${fault}`]);
  });

  test('are spoken to where they belong; a connection may be opened and closed anywhere', () => {
    const text = "await db.raw('select 1');\n";
    const files = { 'store/a.ts': text, 'stack/a.ts': text, 'counters/a.ts': 'redis.ping();\n' };
    expect(serverFaults(aCheckout({ ...files, 'api/a.ts': 'redis.on(x);\nredis.disconnect();\n' }))).toEqual([]);
  });
});

describe('the guarantees', () => {
  test('cite tests that are there', () => {
    expect(missingTests(ROOT)).toEqual([]);
  });

  test('that cite none that is there are found, with and without a folder', () => {
    const text = '| a | `usage/a.test.ts`: "x" |\n| b | `test/unit/b.test.ts`, `gone.test.ts` |\n';
    const there = { 'test/integration/usage/a.test.ts': '', 'test/unit/b.test.ts': '' };
    expect(missingTests(aCheckout({ 'docs/guarantees.md': text, ...there }))).toEqual([
      'docs/guarantees.md:2: cites gone.test.ts, which is not there',
    ]);
  });
});

describe('the dependencies page', () => {
  const manifest = JSON.stringify({ dependencies: { koa: '1' }, optionalDependencies: { node: '1' } });
  const page = (...rows: string[]) => ({ 'package.json': manifest, 'docs/dependencies.md': rows.join('\n') });
  const node = '| `node` | runs | nothing |';

  test('names every dependency of package.json with a reason, and none that is gone', () => {
    expect(dependencyDrift(ROOT)).toEqual([]);
  });

  test.each([
    ['misses one', [node], 'koa has no row'],
    ['names one that is gone', [node, '| `koa` | a | b |', '| `left` | a | b |'], 'left is gone'],
    ['names one twice', [node, '| `koa` | a | b |', '| `koa` | a | b |'], 'koa stands twice'],
    ['gives no reason', [node, '| `koa` |  | b |'], 'koa lacks a reason'],
    ['sets no bounds', [node, '| `koa` | a |  |'], 'koa lacks a reason'],
  ])('is refused when it %s', (_case, rows, fault) => {
    expect(dependencyDrift(aCheckout(page(...rows)))).toEqual([expect.stringContaining(fault)]);
  });
});

describe('the variables that code reads', () => {
  test('stand in the configuration reference', () => {
    expect(undocumentedVariables(ROOT)).toEqual([]);
    const code = "const a = env.PLIMSOLL_A;\nconst b = process.env['PLIMSOLL_B'];\n";
    const page = '| `PLIMSOLL_B` | | b |\n';
    expect(undocumentedVariables(aCheckout({ 'stack/a.ts': code, 'docs/configuration.md': page }))).toEqual([
      "stack/a.ts: reads PLIMSOLL_A, which docs/configuration.md doesn't name",
    ]);
  });
});

describe('links between documents', () => {
  test('lead somewhere', () => {
    const text = '[a](b.md) [b](gone.md#x) [c](https://example.org) [d](#here) [e](../x.md)\n';
    expect(brokenLinks(aCheckout({ 'docs/a.md': text, 'docs/b.md': '', 'x.md': '' }))).toEqual([
      'docs/a.md:1: leads to gone.md#x, which is not there',
    ]);
  });
});
