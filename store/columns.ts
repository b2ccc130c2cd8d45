import type { Knex } from 'knex';

/** One column of rows, for `unnest`: a whole batch is one statement, and its plan does not depend on how many rows it has. */
export function column<Row>(rows: readonly Row[], value: (row: Row) => string | number | Buffer | null): Knex.Value {
  // Knex' types know no array with nulls; Postgres does.
  return rows.map(value) as string[];
}
