import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { publishCatalogue } from '../../../store/catalogues.ts';
import type { CountedThings } from '../../../store/counted-things.ts';
import { type Holder, returnPlaces, type Things, takePlaces } from '../../../store/holding.ts';
import { organizationHolder } from '../../../store/organizations.ts';
import { write } from '../../support/acting.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';

/**
 * A product of a test's own, with every form that a limit on things that exist can take: counts with a condition, in a scope below
 * the subject, with every edge, and three sums that are checked together.
 */
export const CATALOGUE: Catalogue = loadCatalogue(
  `catalogue: holding_test
version: '1'
subject: account
fallback: free
scopes:
  account: {}
  vault: { parent: account, attributes: { visibility: [public, private] } }
  secret: { parent: vault }
  deployment: { parent: account }
  key: { parent: account }
  build: { parent: account }
plans:
  free: { rank: 0 }
  pro: { rank: 1 }
limits:
  private_vaults: { kind: count, scope: account, counts: vault, where: { visibility: [private] }, edge: refuse, values: { free: 2, pro: 20 } }
  private_secrets: { kind: count, scope: vault, counts: secret, applies_to: { visibility: [private] }, edge: refuse, values: { free: 20, pro: unlimited } }
  storage: { kind: sum, unit: mebibyte, scope: account, counts: deployment, order: 3, edge: refuse, values: { free: 1000, pro: unlimited } }
  memory: { kind: sum, unit: mebibyte, scope: account, counts: deployment, order: 1, edge: refuse, values: { free: 1000, pro: 8000 } }
  cpu: { kind: sum, unit: millicore, scope: account, counts: deployment, order: 2, edge: refuse, values: { free: 1000, pro: 4000 } }
  deployments: { kind: count, scope: account, counts: deployment, order: 9, edge: refuse, values: { free: 10, pro: 100 } }
  keys: { kind: count, scope: account, counts: key, edge: advisory, values: { free: 3, pro: unlimited } }
  builds: { kind: count, scope: account, counts: build, edge: queue, values: { free: 1, pro: 2 } }
features: {}
`,
  'holding-test.yaml',
);

const ofKind = (kind: string) => ({ table: 'test_things', living: `kind = '${kind}'` });
export const THINGS: CountedThings = {
  vault: { ...ofKind('vault'), scopes: { account: 'account_id' }, attributes: { visibility: 'visibility' } },
  secret: { ...ofKind('secret'), scopes: { vault: 'vault_id' } },
  deployment: {
    ...ofKind('deployment'),
    scopes: { account: 'account_id' },
    amounts: { cpu: 'cpu', memory: 'memory', storage: 'storage' },
  },
  key: { ...ofKind('key'), scopes: { account: 'account_id' } },
  build: { table: 'test_things', living: "kind = 'build' and is_running", scopes: { account: 'account_id' } },
};

export interface Thing {
  id: string;
  account_id: string;
  kind: string;
  vault_id?: string;
  visibility?: string;
  cpu?: number;
  memory?: number;
  storage?: number;
  is_running?: boolean;
}

export interface World {
  db: Knex;
  database: ScratchDatabase;
  anAccount(plan?: string): Promise<string>;
  /** What the rows of an account's limits say, and of the scopes named, by the limit's name. */
  usedIn(scopeId: string): Promise<Record<string, number>>;
  /** The things of an account that are there. */
  thingsOf(accountId: string): Promise<Thing[]>;
  close(): Promise<void>;
}

/** A database of a test's own, with the catalogue published and a table for all its things. */
export async function aWorld(): Promise<World> {
  const database = await aPlatformDatabase();
  const db = database.connect();
  await db.schema.createTable('test_things', (t) => {
    t.uuid('id').primary();
    t.uuid('account_id').notNullable();
    t.text('kind').notNullable();
    t.uuid('vault_id');
    t.text('visibility');
    for (const amount of ['cpu', 'memory', 'storage']) t.bigInteger(amount).notNullable().defaultTo(0);
    t.boolean('is_running').notNullable().defaultTo(false);
  });
  const { id: catalogueId } = await write(db, (trx) => publishCatalogue(trx, CATALOGUE));

  return {
    db,
    database,
    async anAccount(plan = 'free') {
      const id = randomUUID();
      await db('organizations').insert({ id, name: 'Test', slug: `t-${id}`, catalogue_id: catalogueId, plan });
      return id;
    },
    async usedIn(scopeId) {
      const rows = await db('limit_usage').where({ scope_id: scopeId }).select('limit_name', 'used');
      return Object.fromEntries(rows.map((row) => [row.limit_name as string, row.used as number]));
    },
    thingsOf: (accountId) => db<Thing>('test_things').where({ account_id: accountId }),
    close: () => database.drop(),
  };
}

export function holderOf(accountId: string): Holder {
  return { ...organizationHolder(accountId), things: THINGS };
}

/** A vault as the scope of what is in it. */
export function inVault(id: string, visibility: string) {
  return [{ scope: 'vault', id, attributes: { visibility } }];
}

/** How what there is would be told to the helper. */
export function toldAs(thing: Thing, vaultVisibility = 'private'): Things {
  const { kind: resource, visibility, vault_id, cpu = 0, memory = 0, storage = 0 } = thing;
  return {
    resource,
    amounts: { cpu, memory, storage },
    ...(visibility === undefined || visibility === null ? {} : { attributes: { visibility } }),
    ...(vault_id ? { scopes: inVault(vault_id, vaultVisibility) } : {}),
  };
}

/** Makes one thing through the helper, in a transaction of its own. */
export function make(db: Knex, thing: Omit<Thing, 'id'>): Promise<string> {
  const id = randomUUID();
  return write(db, async (trx) => {
    await takePlaces(trx, holderOf(thing.account_id), toldAs({ id, ...thing }));
    await trx('test_things').insert({ id, ...thing });
    return id;
  });
}

/** Deletes one thing and gives its places back; whether it was there. */
export function remove(db: Knex, id: string): Promise<boolean> {
  return write(db, async (trx) => {
    const [gone] = await trx<Thing>('test_things').where({ id }).delete().returning('*');
    if (gone) await returnPlaces(trx, holderOf(gone.account_id), toldAs(gone));
    return gone !== undefined;
  });
}

type Settled = PromiseSettledResult<unknown>[];
export const fulfilled = (settled: Settled): number => settled.filter((each) => each.status === 'fulfilled').length;
/** The codes of refusals; an error that is none as it is, so that no test takes it for one. */
export const refusals = (settled: Settled): unknown[] =>
  settled.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as { code?: string }).code ?? each.reason] : [],
  );
