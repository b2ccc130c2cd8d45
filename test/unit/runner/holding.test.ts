import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { COUNTED_THINGS, isCounted } from '../../../store/counted-things.ts';
import { heldLimits } from '../../../store/holding.ts';
import { holdingFaults } from '../../runner/holding.ts';
import { ROOT } from '../../runner/process.ts';
import { PLATFORM } from '../plans/catalogues.ts';

const planted: string[] = [];
afterEach(() => {
  for (const root of planted.splice(0)) rmSync(root, { recursive: true });
});

function faultsIn(text: string, file = 'store/a.ts'): string[] {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-holding-'));
  planted.push(root);
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
  return holdingFaults(root);
}

const TAKE = "await takePlaces(trx, holder, { resource: 'product' });";
const inFunction = (body: string) => `async function f(trx) {\n${body}\n}\n`;

describe('what a plan limits', () => {
  test('is inserted, deleted and changed through the helper alone, in this checkout', () => {
    expect(holdingFaults(ROOT)).toEqual([]);
  });

  test('can not lose the helper in this checkout without a fault', () => {
    for (const [file, faults] of [
      ['store/products.ts', 3],
      ['store/licenses.ts', 2],
      // A member takes a place of the person and a seat of the organisation.
      ['store/members.ts', 2],
      ['store/owners.ts', 6],
      // Made, withdrawn, lapsed, accepted, and the member who is made of it.
      ['store/invites.ts', 6],
    ] as const) {
      const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/await (take|return)Places\(/g, 'await other(');
      expect(faultsIn(text, file)).toHaveLength(faults);
    }
  });

  test.each([
    ["await trx('products').insert(row);"],
    ["const [made] = await trx('products as p').insert(row).onConflict().ignore().returning('id');"],
    ["await trx.insert(row).into('products');"],
    ["await trx.batchInsert('products', rows);"],
    ["await copyInto(trx, { table: 'products', columns }, rows);"],
    ['await trx.raw(`insert into products (id) values (?)`, [id]);'],
    ['await trx.raw(`with x as (select 1) insert  into "products" select ${y}`);'],
    // Asked for too late, for something else, only sometimes, or not waited for.
    [`await trx('products').insert(row);\n${TAKE}`],
    ["await takePlaces(trx, holder, { resource: 'license' });\nawait trx('products').insert(row);"],
    [`if (some) { ${TAKE} }\nawait trx('products').insert(row);`],
    ["void takePlaces(trx, holder, { resource: 'product' });\nawait trx('products').insert(row);"],
    [`const later = async () => { ${TAKE} };\nawait trx('products').insert(row);`],
  ])('is not inserted by: %s', (body) => {
    expect(faultsIn(inFunction(body))).toEqual([
      expect.stringMatching(/^store\/a\.ts:\d+: inserts into 'products' without takePlaces/),
    ]);
  });

  test.each([
    [`${TAKE}\nawait trx('products').insert(row);`],
    [`const { beyond } = ${TAKE}\nif (some) await trx('products').insert(row);`],
    [`${TAKE}\nfor (const row of rows) {\n  await trx('products').insert(row);\n}`],
    ["await trx('other_products').insert(row);"],
    ["await trx('products').where({ id }).update({ name });"],
    ["await trx('other').insert(await trx('products').select('id'));"],
  ])('passes: %s', (body) => {
    expect(faultsIn(inFunction(body))).toEqual([]);
  });

  test.each([
    ["await trx('licenses').where({ id }).delete();", 'deletes from'],
    ["await trx.raw('delete from licenses where true');", 'deletes from'],
    ["await trx('products').update({ deleted_at: now });", 'changes what counts of'],
    ["await trx('licenses').update({ organization_id: other });", 'changes what counts of'],
    // Counted in a view over two tables.
    ["await trx('invites').where({ id }).update({ state: 'withdrawn' });", 'changes what counts of'],
  ])('is not taken away by: %s', (body, what) => {
    expect(faultsIn(inFunction(body))).toEqual([expect.stringContaining(what)]);
  });

  test('may be taken away before its place is given back, when the number is known', () => {
    const body =
      "const n = await trx('licenses').delete();\nawait returnPlaces(trx, holder, { resource: 'license', number: n });";
    expect(faultsIn(inFunction(body))).toEqual([]);
  });

  test('is looked for in every room but those that write below the store on purpose', () => {
    const text = inFunction("await trx('products').insert(row);");
    expect(faultsIn(text, 'cli/a.ts')).toHaveLength(1);
    expect(faultsIn(text, 'test/a.ts')).toEqual([]);
  });
});

test('every limit of the platform on things that exist can be counted, but for things that nobody can make yet', () => {
  const uncounted = heldLimits(PLATFORM).filter((limit) => !isCounted(COUNTED_THINGS, limit));
  expect(uncounted.map(({ name }) => name).sort()).toEqual(['webhook_endpoints']);
});
