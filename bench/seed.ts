import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { loadCatalogue } from '../domain/plans/load.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { publishCatalogue } from '../store/catalogues.ts';
import { createLicense } from '../store/licenses.ts';
import { migrate } from '../store/migrate.ts';
import { changeOrganizationSigning, createOrganization, createOverride } from '../store/organizations.ts';
import { changeProduct, createProduct, rotateSigningSecret } from '../store/products.ts';
import { write } from '../test/support/acting.ts';

/** A product whose answers are signed (Enterprise, both switches), with licences that know the load generator's address. */
export interface Seed {
  productId: string;
  productKey: string;
  signingSecret: string;
  licenseKeys: string[];
}

const CATALOGUE = new URL('../plans/platform.yaml', import.meta.url);
const CHUNK = 100_000;

export async function prepareDatabase(db: Knex): Promise<void> {
  await migrate(db);
  await write(db, (trx) => publishCatalogue(trx, loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'platform.yaml')));
  // The naive floor's own tables.
  await db.raw('create table bench_usage (product_id uuid, day date, used bigint, primary key (product_id, day))');
  await db.raw(
    'create table bench_log (at timestamptz not null default now(), product_id uuid, license_id uuid, status text)',
  );
}

/** @param dailyCalls an override of the day's limit; without it the plan's, which is unlimited */
export async function seedProduct(
  db: Knex,
  {
    slug,
    secretKeys,
    licenses,
    dailyCalls,
  }: { slug: string; secretKeys: string[]; licenses: number; dailyCalls?: number },
): Promise<Seed> {
  const made = await write(db, async (trx) => {
    const { id: organizationId } = await createOrganization(trx, { name: 'Bench', slug, plan: 'enterprise' });
    await changeOrganizationSigning(trx, organizationId, true);
    const { product, apiKey } = await createProduct(trx, { organizationId, name: 'Bench' });
    const { signingSecret } = await rotateSigningSecret(trx, product.id, new SecretBox(secretKeys));
    await changeProduct(trx, product.id, { signingEnabled: true });
    if (dailyCalls !== undefined) {
      const override = {
        organizationId,
        kind: 'limit',
        name: 'api_calls',
        value: dailyCalls,
        reason: 'bench',
      } as const;
      await createOverride(trx, { ...override, startsAtMs: 0, endsAtMs: null });
    }
    const first = await createLicense(trx, {
      productId: product.id,
      customer: { email: `${slug}@example.com`, discordId: null, name: null },
      expiresAtMs: null,
    });
    return { organizationId, productId: product.id, productKey: apiKey, signingSecret, customerId: first.customerId };
  });
  const { organizationId, customerId, ...seed } = made;
  const licenseKeys = await addLicenses(db, { organizationId, productId: seed.productId, customerId }, licenses);
  return { ...seed, licenseKeys };
}

/** Many at once, past the store's functions, which make them one by one: a million take half a minute. */
async function addLicenses(
  db: Knex,
  owner: { organizationId: string; productId: string; customerId: string },
  count: number,
): Promise<string[]> {
  const keys: string[] = [];
  for (let left = count; left > 0; left -= CHUNK) {
    // Four groups of four hexadecimal digits in upper case: other keys than ours, and of the same form.
    const { rows } = await db.raw<{ rows: { key: string }[] }>(
      `with made as (
         insert into licenses (id, organization_id, product_id, customer_id, license_key)
         select gen_random_uuid(), ?, ?, ?,
           rtrim(regexp_replace(upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)), '(.{4})', '\\1-', 'g'), '-')
         from generate_series(1, ?) returning id, organization_id, license_key),
       registered as (
         insert into license_ips (organization_id, license_id, address, origin)
         select organization_id, id, '127.0.0.1', 'validation' from made)
       select license_key as key from made`,
      [owner.organizationId, owner.productId, owner.customerId, Math.min(CHUNK, left)],
    );
    for (const { key } of rows) keys.push(key);
  }
  await db.raw('analyze licenses, license_ips');
  return keys;
}
