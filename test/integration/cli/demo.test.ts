import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { hashApiKey } from '../../../runtime/secrets.ts';
import type { Demo } from '../../../stack/home.ts';
import { plimsoll } from '../../support/cli.ts';
import { aScratchDatabase, type ScratchDatabase } from '../../support/scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-demo-'));
const scratches: ScratchDatabase[] = [];
afterAll(async () => {
  await Promise.all(scratches.map((each) => each.drop()));
  rmSync(folder, { recursive: true });
});

async function aDatabase(): Promise<ScratchDatabase> {
  const made = await aScratchDatabase();
  scratches.push(made);
  await succeed(made, 'migrate');
  return made;
}

async function succeed({ url }: ScratchDatabase, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await plimsoll([...args, '--json'], { DATABASE_URL: url });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** As bin/up asks for it; a text is what the file has then. */
async function demoOf(database: ScratchDatabase, kept?: Demo | string): Promise<Demo> {
  const file = join(folder, 'demo.json');
  rmSync(file, { force: true });
  if (kept !== undefined) writeFileSync(file, typeof kept === 'string' ? kept : JSON.stringify(kept));
  return (await succeed(database, 'demo', '--kept', file)) as Demo;
}

/** Which product and licence the keys open, as a call with them would look for them. */
async function opened(database: ScratchDatabase, { product_key, license_key }: Demo) {
  const row = await database
    .connect()('products as p')
    .join('licenses as l', 'l.product_id', 'p.id')
    .where({ 'p.api_key_hash': hashApiKey(product_key), 'l.license_key': license_key, 'l.status': 'active' })
    .whereNull('p.deleted_at')
    .first('p.id as product', 'p.organization_id as organization');
  return row as { product: string; organization: string } | undefined;
}

describe('the demo', () => {
  let database: ScratchDatabase;
  let first: Demo;
  beforeEach(async () => {
    database = await aDatabase();
    first = await demoOf(database);
  });

  test('that was kept is given back unchanged while its keys hold', async () => {
    expect(await opened(database, first)).toEqual({ product: first.product_id, organization: first.organization_id });
    expect(await demoOf(database, first)).toEqual(first);
  });

  test('whose keys nobody kept gets a new product key, and stays the same otherwise', async () => {
    const again = await demoOf(database);
    expect(again).toEqual({ ...first, product_key: expect.stringMatching(/^kp_live_/) });
    expect(again.product_key).not.toBe(first.product_key);
    expect(await opened(database, again)).toBeDefined();
    expect(await opened(database, first)).toBeUndefined();
  });

  test('is made where the kept keys are those of another database', async () => {
    const other = await aDatabase();
    const made = await demoOf(other, first);
    expect(made.product_id).not.toBe(first.product_id);
    expect(await opened(other, made)).toEqual({ product: made.product_id, organization: made.organization_id });
  });

  test('gets again what was deleted or revoked', async () => {
    await succeed(database, 'license', 'delete', first.license_key);
    const licensed = await demoOf(database, first);
    expect(licensed).toMatchObject({ product_id: first.product_id });
    expect(await opened(database, licensed)).toBeDefined();

    await succeed(database, 'license', 'revoke', licensed.license_key);
    expect(await opened(database, await demoOf(database))).toBeDefined();

    await succeed(database, 'product', 'delete', first.product_id);
    const rebuilt = await demoOf(database, licensed);
    expect(rebuilt.organization_id).toBe(first.organization_id);
    expect(await opened(database, rebuilt)).toMatchObject({ product: rebuilt.product_id });
  });

  test.each(['{"product', '{}', '{"organization_id":"x","product_id":"y","product_key":"z","license_key":"z"}'])(
    'is not stopped by a kept file that holds %s',
    async (kept) => {
      expect(await opened(database, await demoOf(database, kept))).toBeDefined();
    },
  );
});
