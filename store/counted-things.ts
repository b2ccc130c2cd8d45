import type { Knex } from 'knex';
import type { CountLimit, SumLimit } from '../domain/plans/catalogue.ts';

/** A limit on things that exist: how many, or how much of something they allocate together. */
export type HeldLimit = CountLimit | SumLimit;

/**
 * Where the things of one kind are, so that a limit's condition can be counted: when a count begins to be kept, and by the nightly
 * recount. Names of tables and columns and the two pieces of SQL come from the code, never from a caller.
 */
export interface CountedThing {
  table: string;
  /** Where that is a view: the tables that its rows come from. */
  from?: readonly string[];
  /** Which rows are there, as SQL; all of them unless told. */
  living?: string;
  /** By the name of a scope: the column with its id. */
  scopes: Readonly<Record<string, string>>;
  /** By the name of an attribute that a `where` may ask for: the column. */
  attributes?: Readonly<Record<string, string>>;
  /** By the name of a sum: what one row allocates, as SQL. */
  amounts?: Readonly<Record<string, string>>;
}

/** By the name that limits call it by in `counts`. */
export type CountedThings = Readonly<Record<string, CountedThing>>;

/**
 * Everything there is today that a plan limits. Whoever makes a table of things that a plan limits names it here, and inserts
 * only where `takePlaces` was asked before: `test/runner/holding.ts` looks at both.
 */
export const COUNTED_THINGS: CountedThings = {
  // Archived and disabled ones count (docs/spec/keyport.md §2.3); deleted ones keep a row without being there.
  product: { table: 'products', living: 'deleted_at is null', scopes: { organization: 'organization_id' } },
  // Whatever their status (§13.14).
  license: { table: 'licenses', scopes: { organization: 'organization_id' } },
  // Owned and joined ones alike (§13.13): an owner is a member, too.
  organization: { table: 'members', scopes: { user: 'user_id' } },
  // Members, and invites while they are pending (§2.3).
  member: {
    table: 'seats',
    from: ['members', 'invites'],
    living: "state in ('member', 'pending')",
    scopes: { organization: 'organization_id' },
  },
};

/** Whether the rows of what a limit counts are known, in the scope where it counts them. */
export function isCounted(things: CountedThings, { counts, scope }: HeldLimit): boolean {
  return Object.hasOwn(things, counts) && Object.hasOwn(things[counts]!.scopes, scope);
}

/**
 * A subquery that counts what a limit counts in one scope, now. `scopeId` is SQL for the scope's id.
 * @throws {RangeError} for things, scopes, attributes or amounts that nobody has named in `things`
 */
export function countOf(db: Knex, things: CountedThings, limit: HeldLimit, scopeId: Knex.Raw): Knex.Raw {
  const { name, counts, scope, where } = limit;
  const thing = named(things, counts, `how to count a ${counts}`);
  const parts = [
    db.raw('?? = ?', [`thing.${named(thing.scopes, scope, `in which ${scope} a ${counts} is`)}`, scopeId]),
    ...(thing.living === undefined ? [] : [db.raw(`(${thing.living})`)]),
    ...Object.entries(where ?? {}).map(([attribute, values]) =>
      db.raw('?? = any(?)', [
        `thing.${named(thing.attributes, attribute, `the ${attribute} of a ${counts}`)}`,
        [...values],
      ]),
    ),
  ];
  const amount =
    limit.kind === 'count'
      ? 'count(*)'
      : `coalesce(sum(${named(thing.amounts, name, `what a ${counts} takes of '${name}'`)}), 0)`;
  const conditions = parts.map(() => '?').join(' and ');
  return db.raw(`(select ${amount}::bigint from ?? as thing where ${conditions})`, [thing.table, ...parts]);
}

function named<T>(map: Readonly<Record<string, T>> | undefined, name: string, what: string): T {
  if (map && Object.hasOwn(map, name)) return map[name]!;
  throw new RangeError(`Nobody has told ${what}: name it in store/counted-things.ts`);
}
