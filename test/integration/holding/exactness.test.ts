import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changePlaces, type Things } from '../../../store/holding.ts';
import { changePlan } from '../../../store/organizations.ts';
import { write } from '../../support/acting.ts';
import { race as raceScript, tallied } from '../../support/racing.ts';
import { createRandom } from '../../support/random.ts';
import {
  aWorld,
  fulfilled,
  holderOf,
  inVault,
  make,
  refusals,
  remove,
  type Thing,
  toldAs,
  type World,
} from './world.ts';

let world: World;
/** Two pools, as two processes have. */
let pools: [Knex, Knex];
beforeAll(async () => {
  world = await aWorld();
  pools = [world.database.connect(), world.database.connect()];
});
afterAll(() => world?.close());

/** Lets two processes do the same, fifty times each, at the same moment; gives what came of each attempt. */
function race(options: { thing: Omit<Thing, 'id'>; replaceBy?: { from: Things[]; to: Things[] } }): Promise<string[]> {
  const each = { databaseUrl: world.database.url, times: 50, ...options };
  return raceScript(new URL('./creating-process.ts', import.meta.url), [each, each]);
}

const ONE_OF_A_HUNDRED = { made: 1, plan_limit_reached: 99 };

describe('a hundred parallel attempts through two processes, where one fits', { timeout: 120_000 }, () => {
  test('at 9 of 10 of a count make exactly one', async () => {
    const account_id = await world.anAccount();
    const thing = { account_id, kind: 'deployment', cpu: 1 };
    for (let i = 0; i < 9; i += 1) await make(world.db, thing);
    expect(tallied(await race({ thing }))).toEqual(ONE_OF_A_HUNDRED);
    expect(await world.thingsOf(account_id)).toHaveLength(10);
    expect(await world.usedIn(account_id)).toMatchObject({ deployments: 10, cpu: 10 });
  });

  test('at 900 of 1000 of a sum make exactly one of 100', async () => {
    const account_id = await world.anAccount();
    await make(world.db, { account_id, kind: 'deployment', cpu: 900 });
    expect(tallied(await race({ thing: { account_id, kind: 'deployment', cpu: 100 } }))).toEqual(ONE_OF_A_HUNDRED);
    expect(await world.thingsOf(account_id)).toHaveLength(2);
    expect(await world.usedIn(account_id)).toMatchObject({ cpu: 1000, deployments: 2 });
  });

  test('below the subject at 19 of 20 make exactly one, in each of two vaults', async () => {
    const account_id = await world.anAccount();
    const vaults = [randomUUID(), randomUUID()];
    for (const vault_id of vaults)
      for (let i = 0; i < 19; i += 1) await make(world.db, { account_id, kind: 'secret', vault_id });
    const outcomes = await Promise.all(
      vaults.map((vault_id) => race({ thing: { account_id, kind: 'secret', vault_id } })),
    );
    expect(outcomes.map(tallied)).toEqual([ONE_OF_A_HUNDRED, ONE_OF_A_HUNDRED]);
    for (const vault of vaults) expect(await world.usedIn(vault)).toEqual({ private_secrets: 20 });
  });

  test('at 18 of 20, replacing 12 by 14, succeed exactly once', async () => {
    const account_id = await world.anAccount();
    const vault = randomUUID();
    const secrets = (number: number): Things => ({ resource: 'secret', number, scopes: inVault(vault, 'private') });
    await write(world.db, (trx) => changePlaces(trx, holderOf(account_id), { from: [], to: [secrets(18)] }));
    const replaceBy = { from: [secrets(12)], to: [secrets(14)] };
    expect(tallied(await race({ thing: { account_id, kind: 'secret' }, replaceBy }))).toEqual(ONE_OF_A_HUNDRED);
    expect(await world.usedIn(vault)).toEqual({ private_secrets: 20 });
  });
});

describe('creates and deletes', () => {
  test('that race a downgrade end at the smaller limit, or where they were when it came', async () => {
    const account_id = await world.anAccount('pro');
    const thing = { account_id, kind: 'deployment', cpu: 100 };
    for (let i = 0; i < 5; i += 1) await make(world.db, thing);
    let usedThen = 0;
    const downgrade = () =>
      write(pools[1], async (trx) => {
        await changePlan(trx, account_id, 'free');
        const row = await trx('limit_usage').where({ scope_id: account_id, limit_name: 'cpu' }).first('used');
        usedThen = row.used as number;
      });
    const settled = await Promise.allSettled<unknown>(
      Array.from({ length: 31 }, (_, i) => (i === 8 ? downgrade() : make(pools[i % 2]!, thing))),
    );
    const there = await world.thingsOf(account_id);
    expect(there.length * 100).toBe(Math.max(usedThen, 1000));
    expect((await world.usedIn(account_id)).cpu).toBe(there.length * 100);
    expect(refusals(settled)).toEqual(Array(35 - there.length).fill('plan_limit_reached'));
  });

  test('no create below the subject is decided under a plan that is changed at that moment', async () => {
    const account_id = await world.anAccount('pro');
    const vault_id = randomUUID();
    await make(world.db, { account_id, kind: 'secret', vault_id });
    const order: string[] = [];
    const holding = Promise.withResolvers<void>();
    const create = write(pools[0], async (trx) => {
      await changePlaces(trx, holderOf(account_id), {
        from: [],
        to: [{ resource: 'secret', number: 30, scopes: inVault(vault_id, 'private') }],
      });
      holding.resolve();
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push('created');
    });
    await holding.promise;
    await write(pools[1], (trx) => changePlan(trx, account_id, 'free'));
    order.push('on free');
    await create;
    expect(order).toEqual(['created', 'on free']);
    await expect(make(world.db, { account_id, kind: 'secret', vault_id })).rejects.toMatchObject({
      details: { limit: 'private_secrets', used: 31, allowed: 20, admittingPlan: 'pro' },
    });
  });

  test('in parallel with creates give back each place once', async () => {
    const account_id = await world.anAccount();
    const thing = { account_id, kind: 'deployment', cpu: 100, memory: 10 };
    const there = await Promise.all(Array.from({ length: 10 }, () => make(world.db, thing)));
    const removals = [...there, ...there].map((id, i) => remove(pools[i % 2]!, id));
    const creates = Array.from({ length: 40 }, (_, i) => make(pools[i % 2]!, thing));
    const settled = await Promise.allSettled<unknown>([...removals, ...creates]);
    expect(new Set(refusals(settled))).toEqual(new Set(['plan_limit_reached']));
    const left = await world.thingsOf(account_id);
    expect(left.length).toBeLessThanOrEqual(10);
    expect(await world.usedIn(account_id)).toMatchObject({
      cpu: left.length * 100,
      memory: left.length * 10,
      deployments: left.length,
    });
  });
});

describe('a count that begins while things are made and deleted', () => {
  test.each([1, 2, 3, 4])('begins at what there is (round %i)', async () => {
    const account_id = await world.anAccount('pro');
    const thing = { account_id, kind: 'deployment', cpu: 10 };
    const there = await Promise.all(Array.from({ length: 10 }, () => make(world.db, thing)));
    await world.db('limit_usage').where({ scope_id: account_id }).delete();
    await Promise.all<unknown>([
      ...there.map((id, i) => remove(pools[i % 2]!, id)),
      ...Array.from({ length: 10 }, (_, i) => make(pools[i % 2]!, thing)),
    ]);
    expect(await world.usedIn(account_id)).toMatchObject({ deployments: 10, cpu: 100 });
  });
});

describe('a random walk over several limits at once', () => {
  const STEPS = process.env.PLIMSOLL_DEEP ? 1_500 : 60;

  test.each([20_261_121, 11])('never deadlocks, and what is in use is what there is (seed %i)', async (seed) => {
    const random = createRandom(seed);
    const account_id = await world.anAccount();
    const seen = new Set<unknown>();
    const some = (): Omit<Thing, 'id'> =>
      random.below(3) === 0
        ? { account_id, kind: 'vault', visibility: random.pick(['public', 'private']) }
        : {
            account_id,
            kind: 'deployment',
            cpu: random.below(400),
            memory: random.below(400),
            storage: random.below(400),
          };

    /** Several things in one request, named in any order; what is in the way is deleted in the same one. */
    const several = (db: Knex, ids: string[]) => {
      const things = Array.from({ length: 1 + random.below(3) }, some);
      return write(db, async (trx) => {
        const gone = await trx<Thing>('test_things').whereIn('id', ids).orderBy('id').forUpdate();
        await changePlaces(trx, holderOf(account_id), {
          from: gone.map((each) => toldAs(each)).toReversed(),
          to: things.map((each) => toldAs({ id: '', ...each })),
        });
        await trx('test_things').whereIn('id', ids).delete();
        await trx('test_things').insert(things.map((each) => ({ id: randomUUID(), ...each })));
      });
    };

    for (let step = 0; step < STEPS; step += 1) {
      const ids = (await world.thingsOf(account_id)).map(({ id }) => id);
      const settled = await Promise.allSettled(
        Array.from({ length: 4 }, (_, i): Promise<unknown> => {
          const db = pools[i % 2]!;
          const some = ids.filter(() => random.below(4) === 0);
          if (random.below(3) === 0 && ids.length > 0) return remove(db, random.pick(ids));
          return several(db, some);
        }),
      );
      for (const code of refusals(settled)) seen.add(code);
      expect(fulfilled(settled) + refusals(settled).length).toBe(4);
      const used = await world.usedIn(account_id);
      const where = `after step ${step} of seed ${seed}`;
      expect({ ...used }, where).toMatchObject(
        Object.fromEntries(Object.entries(await added(account_id)).filter(([name]) => name in used)),
      );
      expect(Math.max(used.cpu ?? 0, used.memory ?? 0, used.storage ?? 0), where).toBeLessThanOrEqual(1000);
      expect((used.private_vaults ?? 0) <= 2 && (used.deployments ?? 0) <= 10, where).toBe(true);
    }
    // Into the walls, and into nothing else: a deadlock would be 40P01.
    expect(seen).toEqual(new Set(['plan_limit_reached']));
  });
});

/** What there is, added up by hand. */
async function added(accountId: string) {
  const there = await world.thingsOf(accountId);
  const sum = (of: 'cpu' | 'memory' | 'storage') => there.reduce((total, each) => total + (each[of] ?? 0), 0);
  const count = (is: (thing: Thing) => boolean) => there.filter(is).length;
  return {
    cpu: sum('cpu'),
    memory: sum('memory'),
    storage: sum('storage'),
    deployments: count(({ kind }) => kind === 'deployment'),
    private_vaults: count(({ kind, visibility }) => kind === 'vault' && visibility === 'private'),
  };
}
