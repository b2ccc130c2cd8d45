import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBoundaries, ROOMS } from '../../runner/boundaries.ts';
import { ROOT } from '../../runner/process.ts';
import { namesProduct } from '../../runner/purity.ts';

const planted: string[] = [];

afterEach(() => {
  for (const root of planted.splice(0)) rmSync(root, { recursive: true });
});

/** A checkout that holds these files alone, checked. */
function faultsIn(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-boundaries-'));
  planted.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return checkBoundaries(root).faults;
}

const ROOM_NAMES = Object.keys(ROOMS);

// The table of docs/architecture.md once more, by hand: a change of the rule's own table must be meant twice.
const ALLOWED: Record<string, string> = {
  plans: '',
  domain: '',
  runtime: '',
  migrations: '',
  client: '',
  store: 'domain runtime',
  counters: 'domain runtime',
  activities: 'domain runtime store counters',
  workflows: 'domain',
  temporal: 'domain runtime',
  api: 'domain runtime store counters temporal',
  worker: 'domain runtime store counters activities workflows temporal',
  dashboard: 'client',
  cli: 'domain runtime store counters temporal stack client',
  stack: 'runtime',
};
const EVERYTHING = ['bench', 'test'];

describe('the boundaries of the rooms', () => {
  test('hold in this checkout, in every room that has code', () => {
    const { modules, faults } = checkBoundaries(ROOT);
    expect(faults).toEqual([]);
    expect(modules).toBeGreaterThan(10);
  });

  test('are told for every room', () => {
    expect(ROOM_NAMES.toSorted()).toEqual([...Object.keys(ALLOWED), ...EVERYTHING].toSorted());
  });

  test.each(Object.keys(ALLOWED))('let %s import exactly what its row names', (room) => {
    const allowed = [room, ...ALLOWED[room]!.split(' ')];
    for (const other of ROOM_NAMES) {
      const faults = faultsIn({
        [`${room}/a/here.ts`]: `import { x } from '../../${other}/there.ts';\nexport const y = x;\n`,
      });
      expect([other, faults.length]).toEqual([other, allowed.includes(other) ? 0 : 1]);
    }
  });

  test.each(EVERYTHING)('let %s import every room', (room) => {
    const lines = ROOM_NAMES.map((other, i) => `export { x as x${i} } from '../${other}/there.ts';`);
    expect(faultsIn({ [`${room}/here.ts`]: lines.join('\n') })).toEqual([]);
  });

  test.each([
    ['a type', `import type { X } from '../store/x.ts';`],
    ['a type among values', `import { type X } from '../store/x.ts';`],
    ['a default', `import x from '../store/x.ts';`],
    ['a namespace', `import * as x from '../store/x.ts';`],
    ['an effect', `import '../store/x.ts';`],
    ['a name passed on', `export { x } from '../store/x.ts';`],
    ['everything passed on', `export * from '../store/x.ts';`],
    ['a type passed on', `export type { X } from '../store/x.ts';`],
    ['a dynamic import', `export const x = await import('../store/x.ts');`],
    ['a dynamic import by template', 'export const x = await import(`../store/x.ts`);'],
    ['a computed import', `export const load = (name: string) => import(name);`],
    ['a require', `export const x = require('../store/x.ts');`],
    ['an import assignment', `import x = require('../store/x.ts');`],
    ['a type query', `export type X = import('../store/x.ts').X;`],
    ['a way round by its own folder', `import { x } from '../runtime/../store/x.ts';`],
    ['its own name', `import { x } from 'plimsoll/store/x.ts';`],
    ['an import map', `import { x } from '#store/x.ts';`],
    ['an absolute path', `import { x } from '/store/x.ts';`],
  ])('see %s', (_form, line) => {
    expect(faultsIn({ 'runtime/here.ts': `${line}\n` })).toHaveLength(1);
  });

  test('let workflows take types from activities, and nothing else', () => {
    expect(faultsIn({ 'workflows/a/b.ts': `import type { A } from '../../activities/a.ts';` })).toEqual([]);
    expect(faultsIn({ 'workflows/a/b.ts': `export type A = import('../../activities/a.ts').A;` })).toEqual([]);
    expect(faultsIn({ 'workflows/a/b.ts': `import { type A } from '../../activities/a.ts';` })).toHaveLength(1);
    expect(faultsIn({ 'workflows/a/b.ts': `export * from '../../activities/a.ts';` })).toHaveLength(1);
    expect(faultsIn({ 'workflows/a/b.ts': `import type { S } from '../../store/s.ts';` })).toHaveLength(1);
  });

  test('let temporal take messages and shared names of workflows, and nothing else', () => {
    expect(faultsIn({ 'temporal/a.ts': `import { m } from '../workflows/transfer/messages.ts';` })).toEqual([]);
    expect(faultsIn({ 'temporal/a.ts': `import { m } from '../workflows/shared/queues.ts';` })).toEqual([]);
    expect(faultsIn({ 'temporal/a.ts': `import { m } from '../workflows/transfer/workflow.ts';` })).toHaveLength(1);
    expect(
      faultsIn({ 'temporal/a.ts': `import type { m } from '../workflows/transfer/messages.old.ts';` }),
    ).toHaveLength(1);
    expect(faultsIn({ 'api/a.ts': `import { m } from '../workflows/transfer/messages.ts';` })).toHaveLength(1);
  });

  test.each(['domain', 'workflows'])("keep the platform's own modules out of %s", (room) => {
    for (const name of ['node:fs', 'node:fs/promises', 'fs', 'crypto']) {
      expect(faultsIn({ [`${room}/a.ts`]: `import * as x from '${name}';` })).toHaveLength(1);
      expect(faultsIn({ [`${room}/a.ts`]: `import type * as x from '${name}';` })).toHaveLength(1);
    }
    expect(faultsIn({ 'store/a.ts': `import * as x from 'node:fs';` })).toEqual([]);
  });

  test('refuse a folder that is no room', () => {
    expect(faultsIn({ 'lib/a.ts': '' })).toEqual([expect.stringContaining("'lib/' is no room")]);
  });
});

describe('the packages that a room imports', () => {
  const manifest = JSON.stringify({ dependencies: { koa: '1', '@a/b': '1' }, devDependencies: { vitest: '1' } });
  const faults = (room: string, line: string) => faultsIn({ 'package.json': manifest, [`${room}/a.ts`]: line });

  test('stand in package.json, and in production are installed there', () => {
    expect(faults('api', `import koa from 'koa'; import '@a/b/c';`)).toEqual([]);
    expect(faults('api', `import 'vitest';`)).toEqual([expect.stringContaining('for development only')]);
    expect(faults('api', `import type { Test } from 'vitest';`)).toEqual([]);
    expect(faults('test', `import { test } from 'vitest/node';`)).toEqual([]);
    expect(faults('test', `import 'koa-compose';`)).toEqual([expect.stringContaining("doesn't name 'koa-compose'")]);
    expect(faults('api', `import '@a/c';`)).toEqual([expect.stringContaining("doesn't name '@a/c'")]);
  });
});

describe('the domain', () => {
  test.each([
    'Date.now()',
    "Date['now']()",
    'new Date()',
    'new Date',
    'Date()',
    'Math.random()',
    'const { now } = Date;',
    'const { random: chance } = Math;',
    '[1].map(Math.random)',
    'crypto.randomUUID()',
    'performance.now()',
    'process.env.HOME',
    "fetch('http://localhost')",
    'setTimeout(() => {}, 1)',
    "console.log('hello')",
    'globalThis.Date',
  ])('may not use %s', (line) => {
    expect(faultsIn({ 'domain/a.ts': `${line};\n` })).toHaveLength(1);
    expect(faultsIn({ 'store/a.ts': `${line};\n` })).toEqual([]);
  });

  test.each(['new Date(0)', 'Date.UTC(2026, 0)', 'Math.max(1, 2)', "Date.parse('2026-01-01')"])(
    'may use %s',
    (line) => {
      expect(faultsIn({ 'domain/a.ts': `${line};\n` })).toEqual([]);
    },
  );

  test.each([
    `const keelPlan = 1;`,
    `const UNKEY_LIMIT = 1;`,
    `interface KeyPortLicense {}`,
    `const plan = 'keyway';`,
    'const text = `of Unkey ${1}`;',
    'const text = `${1} of Keel`;',
    `const is = /^keyport-/;`,
    `const plan = { keel: 1 };`,
  ])('may not name a product: %s', (line) => {
    expect(faultsIn({ 'domain/a.ts': `${line}\n` })).toHaveLength(1);
  });

  test('may not have a module named after a product', () => {
    expect(faultsIn({ 'domain/keyport/verdict.ts': '' })).toEqual([
      'domain/keyport/verdict.ts: is named after a product',
    ]);
  });

  test('may cite in a comment', () => {
    expect(faultsIn({ 'domain/a.ts': '/** Source: docs/spec/keyport.md §3.8. */\n// As Unkey does.\n' })).toEqual([]);
  });

  test.each(['keelhaul', 'unkeyed', 'turnkeyWay', 'keyPortal', 'the key port', 'key_port', 'monkey', 'keywayside'])(
    'may say %s',
    (text) => {
      expect(namesProduct(text)).toBe(false);
    },
  );
});
