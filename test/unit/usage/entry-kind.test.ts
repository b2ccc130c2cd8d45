import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { entryKind, writer } from '../../../worker/entry-kind.ts';

interface Sums {
  some: string[];
  none: string[];
  last: string[];
}

test('a kind of entries tallies, then writes table by table, and passes a place to die after each of its statements', async () => {
  const done: string[] = [];
  const notes =
    (table: string) =>
    async (_trx: Knex.Transaction, rows: string[]): Promise<void> => {
      done.push(`${table}: ${rows.join()}`);
    };
  const kind = entryKind<Sums>({
    logDays: () => [],
    reads: 'read',
    async tally() {
      done.push('tallied');
      return { some: ['a', 'b'], none: [], last: ['c'] };
    },
    writers: [
      writer('some', ({ some }) => some, notes('some')),
      writer('none', ({ none }) => none, notes('none')),
      writer('last', ({ last }) => last, notes('last')),
    ],
    async held() {
      done.push('looked at what is held');
      return { counters: [], balances: [], budgets: [] };
    },
    told: ({ some }) => ({ calls: some.length, leftOut: 0, orphans: 0 }),
  });

  // Nothing here is sent to a database: the transaction is only handed on.
  const { told } = await kind.settle(
    {} as Knex.Transaction,
    [],
    { sampling: false },
    (point) => void done.push(`passed ${point}`),
  );

  expect(told).toEqual({ calls: 2, leftOut: 0, orphans: 0 });
  expect(kind.points).toEqual(['read', 'some', 'none', 'last']);
  expect(done).toEqual([
    'tallied',
    'passed read',
    'some: a,b',
    'passed some',
    // A table without rows gets no statement, and its place is passed all the same.
    'passed none',
    'last: c',
    'passed last',
    'looked at what is held',
  ]);
});
