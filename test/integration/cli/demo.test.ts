import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyPassword } from 'better-auth/crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ALL_PERMISSIONS } from '../../../domain/permissions/permissions.ts';
import { hashApiKey } from '../../../runtime/secrets.ts';
import type { Demo } from '../../../stack/home.ts';
import { listOrganizationsOf } from '../../../store/members.ts';
import { findPasswordHash } from '../../../store/passwords.ts';
import { findPersonByEmail } from '../../../store/people.ts';
import { findToken } from '../../../store/token-lookup.ts';
import { quickPlimsoll } from '../../support/cli.ts';
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
  const { code, stdout, stderr } = await quickPlimsoll([...args, '--json'], { DATABASE_URL: url });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** As bin/up asks for it; a text is what the file has then. */
async function demoOf(database: ScratchDatabase, kept?: Partial<Demo> | string): Promise<Demo> {
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

/** Whether the owner's password is theirs, and where their token holds everything. */
async function ownerOf(database: ScratchDatabase, { owner_email, owner_password, access_token }: Demo) {
  const db = database.connect();
  const { id: userId } = (await findPersonByEmail(db, owner_email))!;
  const hash = (await findPasswordHash(db, userId))!;
  const token = await findToken(db, access_token, { ip: '127.0.0.1', nowMs: Date.now() });
  const organizations = await listOrganizationsOf(db, userId, { limit: 10, after: null });
  return {
    passes: await verifyPassword({ hash, password: owner_password }),
    holds: organizations
      .filter(({ isOwner }) => isOwner && token?.scopes.size === ALL_PERMISSIONS.length)
      .map(({ id }) => id),
  };
}

describe('the demo', () => {
  let database: ScratchDatabase;
  let first: Demo;
  beforeEach(async () => {
    database = await aDatabase();
    first = await demoOf(database);
  });

  test('that was kept before it had an owner keeps its keys, and gets one', async () => {
    const { organization_id, product_id, product_key, license_key } = first;
    const again = await demoOf(database, { organization_id, product_id, product_key, license_key });
    expect(again).toMatchObject({
      organization_id,
      product_id,
      product_key,
      license_key,
      owner_email: first.owner_email,
    });
    expect(await ownerOf(database, again)).toEqual({ passes: true, holds: [organization_id] });
  });

  test('whose token was revoked gets another, and keeps the rest', async () => {
    await database.connect()('access_tokens').update({ revoked_at: new Date() });
    const again = await demoOf(database, first);
    expect(again).toEqual({ ...first, access_token: expect.any(String) });
    expect(await ownerOf(database, again)).toEqual({ passes: true, holds: [first.organization_id] });
  });

  test('that was kept is given back unchanged while its keys hold', async () => {
    expect(await opened(database, first)).toEqual({ product: first.product_id, organization: first.organization_id });
    expect(await demoOf(database, first)).toEqual(first);
  });

  test('whose keys nobody kept gets a new product key, and stays the same otherwise', async () => {
    const again = await demoOf(database);
    expect(again).toEqual({
      ...first,
      product_key: expect.stringMatching(/^kp_live_/),
      owner_password: expect.stringMatching(/^[0-9A-Za-z]{40}$/),
      access_token: expect.stringMatching(/^plm_/),
    });
    for (const name of ['product_key', 'owner_password', 'access_token'] as const)
      expect(again[name]).not.toBe(first[name]);
    expect(await ownerOf(database, again)).toEqual({ passes: true, holds: [again.organization_id] });
    expect(await ownerOf(database, first)).toEqual({ passes: false, holds: [] });
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
