import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Limit } from '../../../domain/plans/catalogue.ts';
import { connectDatabase } from '../../../store/database.ts';
import { createLicense, deleteLicense, revokeLicense } from '../../../store/licenses.ts';
import { changePlan } from '../../../store/organizations.ts';
import { changeProduct, createProduct, deleteProduct } from '../../../store/products.ts';
import { write } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { createRandom } from '../../support/random.ts';

let platform: TestPlatform;
/** Two pools, as two processes have. */
let pools: [Knex, Knex];
beforeAll(async () => {
  platform = await startPlatform();
  const pool = () => connectDatabase({ ...platform.config, databasePoolSize: 8 }, 'plimsoll-test');
  pools = [pool(), pool()];
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await platform.close();
});

async function anOrganizationWith(allowed: { products?: Limit; licenses?: Limit }) {
  const { id } = await platform.anOrganization({ plan: 'enterprise' });
  for (const [limit, value] of Object.entries(allowed)) await platform.allow(id, limit, value);
  return id;
}

const make = {
  product: (organizationId: string, db: Knex = platform.db) =>
    write(db, (trx) => createProduct(trx, { organizationId, name: randomUUID() })),
  license: (productId: string, db: Knex = platform.db) =>
    write(db, (trx) =>
      createLicense(trx, {
        productId,
        customer: { email: `${randomUUID()}@example.com`, discordId: null, name: null },
        expiresAtMs: null,
      }),
    ),
};

/** What the limits say is in use, and what there is. */
async function usageOf(organizationId: string) {
  const rows = await platform.db('limit_usage').where({ scope_id: organizationId }).select('limit_name', 'used');
  const used = Object.fromEntries(rows.map((row) => [row.limit_name as string, row.used as number]));
  const living = { organization_id: organizationId };
  const [products] = await platform.db('products').where(living).whereNull('deleted_at').count({ n: '*' });
  const [licenses] = await platform.db('licenses').where(living).count({ n: '*' });
  return {
    used: { products: used.products ?? 0, licenses: used.licenses ?? 0 },
    there: { products: Number(products!.n), licenses: Number(licenses!.n) },
  };
}

type Settled = PromiseSettledResult<unknown>[];
const fulfilled = (settled: Settled) => settled.filter((each) => each.status === 'fulfilled').length;
const refusals = (settled: Settled) =>
  settled.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as { code?: string }).code ?? each.reason] : [],
  );

describe('a limit on things that exist', () => {
  test('lets the tenth of ten be made, and refuses the eleventh with what is, what may be and what helps', async () => {
    const { id } = await platform.anOrganization({ plan: 'free' });
    for (let i = 0; i < 10; i += 1) await make.product(id);
    await expect(make.product(id)).rejects.toMatchObject({
      code: 'plan_limit_reached',
      details: { limit: 'products', used: 10, allowed: 10, remaining: 0, resetsAt: null, admittingPlan: 'pro' },
    });
    expect(await usageOf(id)).toEqual({
      used: { products: 10, licenses: 0 },
      there: { products: 10, licenses: 0 },
    });
  });

  test('a hundred parallel creates at 9 of 10 products make exactly one', async () => {
    const { id } = await platform.anOrganization({ plan: 'free' });
    for (let i = 0; i < 9; i += 1) await make.product(id);
    const attempts = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => make.product(id, pools[i % 2])));
    expect(fulfilled(attempts)).toBe(1);
    expect(new Set(refusals(attempts))).toEqual(new Set(['plan_limit_reached']));
    expect((await usageOf(id)).there.products).toBe(10);
    expect((await usageOf(id)).used.products).toBe(10);
  });

  test('a hundred parallel creates at 9 of 10 licences, under two products, make exactly one', async () => {
    const id = await anOrganizationWith({ licenses: 10 });
    const products = [await make.product(id), await make.product(id)].map(({ product }) => product.id);
    for (let i = 0; i < 9; i += 1) await make.license(products[i % 2]!);
    const attempts = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => make.license(products[i % 2]!, pools[i % 2])),
    );
    expect(fulfilled(attempts)).toBe(1);
    expect(new Set(refusals(attempts))).toEqual(new Set(['plan_limit_reached']));
    expect(await usageOf(id)).toEqual({ used: { products: 2, licenses: 10 }, there: { products: 2, licenses: 10 } });
  });

  test('an organisation’s first creates of all, in parallel, are counted each', async () => {
    const id = await anOrganizationWith({ products: 3 });
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => make.product(id, pools[i % 2])));
    expect(fulfilled(attempts)).toBe(3);
    expect((await usageOf(id)).used.products).toBe(3);
  });

  test('counts what is archived, disabled and revoked; what is deleted gives its place back', async () => {
    const id = await anOrganizationWith({ products: 1, licenses: 1 });
    const { product } = await make.product(id);
    const license = await make.license(product.id);
    await platform.write((trx) => changeProduct(trx, product.id, { state: 'archived' }));
    await platform.write((trx) => revokeLicense(trx, license.id));
    await expect(make.product(id)).rejects.toMatchObject({ code: 'plan_limit_reached' });
    await expect(make.license(product.id)).rejects.toMatchObject({ code: 'plan_limit_reached' });

    await platform.write((trx) => deleteLicense(trx, license.id));
    await make.license(product.id);
    expect(await platform.write((trx) => deleteProduct(trx, product.id))).toEqual({ licenses: 1 });
    const { product: next } = await make.product(id);
    await make.license(next.id);
    expect(await usageOf(id)).toEqual({ used: { products: 1, licenses: 1 }, there: { products: 1, licenses: 1 } });
  });

  test('a create that fails takes no place', async () => {
    const { id } = await platform.anOrganization({ plan: 'free' });
    const { product } = await make.product(id);
    const twin = platform.write((trx) => createProduct(trx, { organizationId: id, name: product.name.toUpperCase() }));
    await expect(twin).rejects.toMatchObject({ code: 'name_taken' });
    await expect(
      platform.write(async (trx) => {
        await createProduct(trx, { organizationId: id, name: randomUUID() });
        throw new Error('later in the transaction');
      }),
    ).rejects.toThrow('later');
    expect((await usageOf(id)).used.products).toBe(1);
  });

  test('a thing deleted twice at once gives its place back once', async () => {
    const id = await anOrganizationWith({});
    const { product } = await make.product(id);
    const license = await make.license(product.id);
    await make.license(product.id);
    const twice = await Promise.allSettled(pools.map((pool) => write(pool, (trx) => deleteLicense(trx, license.id))));
    expect([fulfilled(twice), refusals(twice)]).toEqual([1, ['not_found']]);
    expect((await usageOf(id)).used.licenses).toBe(1);

    const products = await Promise.allSettled(
      pools.map((pool) => write(pool, (trx) => deleteProduct(trx, product.id))),
    );
    expect([fulfilled(products), refusals(products)]).toEqual([1, ['not_found']]);
    expect((await usageOf(id)).used).toEqual({ products: 0, licenses: 0 });
  });
});

describe('races', () => {
  test('a licence that is made while its product is deleted is deleted with it, or was refused', async () => {
    const id = await anOrganizationWith({});
    for (let round = 0; round < 5; round += 1) {
      const { product } = await make.product(id);
      const attempts = Array.from({ length: 11 }, (_, i) =>
        i === 5 ? write(pools[0], (trx) => deleteProduct(trx, product.id)) : make.license(product.id, pools[i % 2]),
      );
      const settled = await Promise.allSettled<unknown>(attempts);
      expect(refusals(settled).filter((code) => code !== 'not_found')).toEqual([]);
      expect(await platform.db('licenses').where({ product_id: product.id })).toEqual([]);
      expect(await usageOf(id)).toEqual({ used: { products: 0, licenses: 0 }, there: { products: 0, licenses: 0 } });
    }
  });

  test('creates that race a downgrade end at the smaller limit, or where they were when it came', async () => {
    const { id } = await platform.anOrganization({ plan: 'pro' });
    for (let i = 0; i < 5; i += 1) await make.product(id);
    let usedThen = 0;
    const downgrade = () =>
      write(pools[1], async (trx) => {
        await changePlan(trx, id, 'free');
        const row = await trx('limit_usage').where({ scope_id: id, limit_name: 'products' }).first('used');
        usedThen = row.used as number;
      });
    const attempts = Array.from({ length: 31 }, (_, i) => (i === 8 ? downgrade() : make.product(id, pools[i % 2])));
    const settled = await Promise.allSettled<unknown>(attempts);
    const { used, there } = await usageOf(id);
    expect(used).toEqual(there);
    expect(used.products).toBe(Math.max(usedThen, 10));
    expect(refusals(settled)).toEqual(Array(35 - used.products).fill('plan_limit_reached'));
  });

  test('the very first create of all is finished before the next plan holds', async () => {
    const { id } = await platform.anOrganization({ plan: 'pro' });
    const order: string[] = [];
    const made = Promise.withResolvers<void>();
    const create = write(pools[0], async (trx) => {
      await createProduct(trx, { organizationId: id, name: randomUUID() });
      made.resolve();
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push('created');
    });
    await made.promise;
    await write(pools[1], (trx) => changePlan(trx, id, 'free'));
    order.push('on free');
    await create;
    expect(order).toEqual(['created', 'on free']);
  });

  test('licences made for one e-mail in two organisations at once make one customer', async () => {
    const email = `${randomUUID()}@example.com`;
    const products = [await platform.aProduct(), await platform.aProduct()].map(({ product }) => product.id);
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        write(pools[i % 2]!, (trx) =>
          createLicense(trx, {
            productId: products[i % 2]!,
            // Discord ids that differ: what is typed about somebody who exists is never added to them.
            customer: { email, discordId: i % 3 === 0 ? randomUUID() : null, name: `${i}` },
            expiresAtMs: null,
          }),
        ),
      ),
    );
    const rows = await platform.db('customers').where({ email }).select('id');
    expect(rows).toHaveLength(1);
    expect(new Set(made.map((license) => license.customerId))).toEqual(new Set([rows[0].id]));
    expect(await platform.db('customer_profiles').where({ customer_id: rows[0].id })).toHaveLength(2);
  });
});

describe('a random walk', () => {
  const STEPS = process.env.PLIMSOLL_DEEP ? 2_000 : 60;

  test.each([20_261_121, 7])('of four at once keeps usage equal to what there is (seed %i)', async (seed) => {
    const id = await anOrganizationWith({ products: 4, licenses: 9 });
    const random = createRandom(seed);
    const products: string[] = [];
    const licenses: string[] = [];
    const steps: (() => Promise<unknown>)[] = [
      async () => products.push((await make.product(id, random.pick(pools))).product.id),
      async () => licenses.push((await make.license(random.pick(products), random.pick(pools))).id),
      async () => licenses.push((await make.license(random.pick(products), random.pick(pools))).id),
      () => platform.write((trx) => deleteLicense(trx, random.pick(licenses))),
      () => platform.write((trx) => deleteProduct(trx, random.pick(products))),
    ];
    const codes = new Set<unknown>();
    await make.product(id).then(({ product }) => products.push(product.id));
    await make.license(products[0]!).then((license) => licenses.push(license.id));

    for (let step = 0; step < STEPS; step += 1) {
      const settled = await Promise.allSettled(Array.from({ length: 4 }, () => random.pick(steps)()));
      for (const code of refusals(settled)) codes.add(code);
      const { used, there } = await usageOf(id);
      expect(used, `after step ${step} of seed ${seed}`).toEqual(there);
      expect(used.products <= 4 && used.licenses <= 9, `after step ${step} of seed ${seed}`).toBe(true);
    }
    // It went into both walls, and into nothing else.
    expect(codes).toEqual(new Set(['plan_limit_reached', 'not_found']));
  });
});
