import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actIn } from '../../../store/acting.ts';
import { TESTER } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

/** How a constraint is tried to be broken: by SQL of its own, below every function of the store, and rolled back in any case. */

export interface Tenant {
  organizationId: string;
  productId: string;
  licenseId: string;
  customerId: string;
  catalogueId: string;
}

/** One attempt of a tenant against the schema; `foreign` is another tenant, whose things must be out of reach. */
export type Attempt = (trx: Knex.Transaction, tenant: Tenant, foreign: Tenant) => Promise<unknown>;
export type Refused = [what: string, code: string, constraint: string, attempt: Attempt];

export const CHECK = '23514';
export const UNIQUE = '23505';
export const FOREIGN_KEY = '23503';
export const RESTRICT = '23001';

interface PostgresError {
  code: string;
  constraint?: string;
  message: string;
}

/** Gives a test file its two tenants and the words to say what is refused and what is admitted. */
export function tryConstraints() {
  let platform: TestPlatform;
  let tenants: [Tenant, Tenant];
  const tried = new Set<string>();
  beforeAll(async () => {
    platform = await startPlatform();
    tenants = [await aTenant(platform), await aTenant(platform)];
  });
  afterAll(() => platform.close());

  /** What Postgres says to an attempt; `undefined`: it let it pass. */
  async function refusal(attempt: Attempt): Promise<PostgresError | undefined> {
    const trx = await platform.db.transaction();
    try {
      await actIn(trx, TESTER, async () => attempt(trx, ...tenants));
      return undefined;
    } catch (error) {
      return error as PostgresError;
    } finally {
      await trx.rollback();
    }
  }

  return {
    refusal,

    refuses: (subject: string, rows: Refused[]): void => {
      for (const [, , constraint] of rows) tried.add(constraint);
      describe(`${subject} is refused`, () => {
        test.each(rows)('%s', async (_what, code, constraint, attempt) => {
          const error = await refusal(attempt);
          expect(error && { code: error.code, constraint: error.constraint }).toEqual({ code, constraint });
        });
      });
    },

    /** The neighbours of what is refused: a constraint that refuses everything would pass all the other tests. */
    admits: (subject: string, rows: [what: string, attempt: Attempt][]): void => {
      describe(`${subject} is admitted`, () => {
        test.each(rows)('%s', async (_what, attempt) => {
          expect(await refusal(attempt)).toBeUndefined();
        });
      });
    },

    /**
     * Adds the test that no constraint of these tables was forgotten: primary keys apart, and what repeats them with another
     * column so that a foreign key can carry it.
     */
    forgetsNothingOf: (...tables: string[]): void => {
      test('every constraint of these tables is tried', async () => {
        const { rows } = await platform.db.raw<{ rows: { name: string }[] }>(
          `select conname as name from pg_constraint
             where conrelid = any (?::text[]::regclass[]) and contype in ('c', 'f', 'u')
           union select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indrelid = any (?::text[]::regclass[]) and i.indisunique and not i.indisprimary and not exists (
               select from pg_index p
                where p.indrelid = i.indrelid and p.indisprimary and p.indkey::int2[] <@ i.indkey::int2[])
           order by 1`,
          [tables, tables],
        );
        expect(rows.length).toBeGreaterThan(0);
        expect(
          rows
            .map(({ name }) => name)
            .filter((name) => !tried.has(name) && !name.endsWith('_id_organization_id_unique')),
        ).toEqual([]);
      });
    },
  };
}

async function aTenant(platform: TestPlatform): Promise<Tenant> {
  const { product } = await platform.aProduct();
  const license = await platform.aLicense(product.id);
  const organizationId = product.organizationId;
  const { catalogue_id } = await platform.db('organizations').where({ id: organizationId }).first('catalogue_id');
  return {
    organizationId,
    productId: product.id,
    licenseId: license.id,
    customerId: license.customerId,
    catalogueId: catalogue_id as string,
  };
}

/** Inserts rows, one after the other. */
export function into(
  table: string,
  ...rows: ((tenant: Tenant, foreign: Tenant) => Record<string, unknown>)[]
): Attempt {
  return async (trx, tenant, foreign) => {
    for (const row of rows) await trx(table).insert(row(tenant, foreign));
  };
}

/** Changes one of the tenant's own rows. */
export function change(table: 'organizations' | 'products' | 'licenses', columns: Record<string, unknown>): Attempt {
  const id = { organizations: 'organizationId', products: 'productId', licenses: 'licenseId' } as const;
  return (trx, tenant) => trx(table).where({ id: tenant[id[table]] }).update(columns);
}

/** A row that would be admitted, with columns of its own. */
export const row = {
  organization: (tenant: Tenant, columns: object = {}) => ({
    id: randomUUID(),
    name: 'x',
    slug: randomUUID(),
    catalogue_id: tenant.catalogueId,
    plan: 'free',
    ...columns,
  }),
  override: (tenant: Tenant, kind: string, value: unknown, columns: object = {}) => ({
    id: randomUUID(),
    organization_id: tenant.organizationId,
    kind,
    name: 'products',
    value: JSON.stringify(value),
    reason: 'test',
    starts_at: new Date(0),
    ...columns,
  }),
  product: (tenant: Tenant, columns: object = {}) => ({
    id: randomUUID(),
    organization_id: tenant.organizationId,
    name: randomUUID(),
    api_key_hash: randomBytes(32),
    api_key_prefix: 'kp_live_0000',
    ...columns,
  }),
  version: (tenant: Tenant, version: string, state: string, columns: object = {}) => ({
    organization_id: tenant.organizationId,
    product_id: tenant.productId,
    version,
    state,
    ...columns,
  }),
  license: (tenant: Tenant, columns: object = {}) => ({
    id: randomUUID(),
    organization_id: tenant.organizationId,
    product_id: tenant.productId,
    customer_id: tenant.customerId,
    license_key: randomUUID(),
    ...columns,
  }),
  address: (tenant: Tenant, address: string, columns: object = {}) => ({
    organization_id: tenant.organizationId,
    license_id: tenant.licenseId,
    address,
    origin: 'manual',
    ...columns,
  }),
  blocked: (columns: object) => ({ id: randomUUID(), network: '192.0.2.0/24', ...columns }),
};
