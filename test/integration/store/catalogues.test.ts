import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { actIn } from '../../../store/acting.ts';
import { CatalogueChanged, checkPublished, newestCatalogueId, publishCatalogue } from '../../../store/catalogues.ts';
import { createOrganization } from '../../../store/organizations.ts';
import { createProduct } from '../../../store/products.ts';
import { TESTER } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

const FILE = readFileSync(new URL('../../../plans/platform.yaml', import.meta.url), 'utf8');

/** The platform's catalogue with something else in it, as somebody would edit the file. */
function edited(...replacements: [string, string][]): Catalogue {
  let text = FILE;
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`plans/platform.yaml does not hold ${from}`);
    text = text.replace(from, to);
  }
  return loadCatalogue(text, 'plans/platform.yaml');
}
const VERSION = /^version: (.*)$/m.exec(FILE)![0];
const FREE_PRODUCTS: [string, string] = ['values: { free: 10, pro: 200', 'values: { free: 1, pro: 200'];

/** Publishing is for good, and everybody's: what is published here is rolled back. */
async function rolledBack(work: (trx: Knex.Transaction) => Promise<void>): Promise<void> {
  const trx = await platform.db.transaction();
  try {
    await actIn(trx, TESTER, () => work(trx));
  } finally {
    await trx.rollback();
  }
}

describe('a catalogue', () => {
  test('is published once: the same again is no second version', () =>
    rolledBack(async (trx) => {
      const catalogue = edited([VERSION, `version: '${randomUUID()}'`]);
      expect(await checkPublished(trx, catalogue)).toBeUndefined();
      const first = await publishCatalogue(trx, catalogue);
      expect(first.isNew).toBe(true);
      expect(await publishCatalogue(trx, catalogue)).toEqual({ id: first.id, isNew: false });
      expect(await checkPublished(trx, catalogue)).toBe(first.id);
      expect(await newestCatalogueId(trx, 'platform')).toBe(first.id);
    }));

  test('that only looks different is the same', () =>
    rolledBack(async (trx) => {
      const alike = edited([' # overrides hold here alone (§2.5)', ' # another remark'], ['{ rank: 0 }', '{rank:  0}']);
      expect(await publishCatalogue(trx, alike)).toMatchObject({ isNew: false });
    }));

  test('that changed under its version is refused, by publishing and by a start', () =>
    rolledBack(async (trx) => {
      const changed = edited(FREE_PRODUCTS);
      await expect(checkPublished(trx, changed)).rejects.toThrow(CatalogueChanged);
      await expect(publishCatalogue(trx, changed)).rejects.toThrow(/give the file a new version/);
    }));

  test('that is new governs new organisations alone: the others stay pinned to theirs', () =>
    rolledBack(async (trx) => {
      const { id: pinned } = await platform.anOrganization();
      await publishCatalogue(trx, edited([VERSION, `version: '${randomUUID()}'`], FREE_PRODUCTS));
      const { id: fresh } = await createOrganization(trx, { name: 'New', slug: randomUUID(), plan: 'free' });

      const make = (organizationId: string) => createProduct(trx, { organizationId, name: randomUUID() });
      await make(pinned);
      await make(pinned);
      await make(fresh);
      await expect(make(fresh)).rejects.toMatchObject({ code: 'plan_limit_reached', details: { allowed: 1 } });
    }));

  test('is published once by two who start at once', async () => {
    const catalogue = edited(['catalogue: platform', `catalogue: t${Date.now()}`]);
    const published: boolean[] = [];
    const first = await platform.db.transaction();
    try {
      published.push((await actIn(first, TESTER, () => publishCatalogue(first, catalogue))).isNew);
      // The second one waits for the first, and publishes what that one took back.
      const second = rolledBack(async (trx) => {
        published.push((await publishCatalogue(trx, catalogue)).isNew);
      });
      await first.rollback();
      await second;
    } finally {
      if (!first.isCompleted()) await first.rollback();
    }
    expect(published).toEqual([true, true]);
    expect(await checkPublished(platform.db, catalogue)).toBeUndefined();
  });
});
