import type { Knex } from 'knex';
import pg from 'pg';

/**
 * Appends rows to a table by COPY, inside the transaction: one message to Postgres, however many rows, and no plan for them. An error
 * of one row refuses all of them, and rejects as a statement does. Keeps the pool's time limits.
 * @param rows each as `copyRow` makes it
 */
export async function copyInto(
  trx: Knex.Transaction,
  { table, columns }: { table: string; columns: readonly string[] },
  rows: readonly string[],
): Promise<void> {
  const { sql } = trx
    .raw('copy ?? (??) from stdin', [table, [...columns]])
    .toSQL()
    .toNative();
  // The transaction's own connection: knex has no COPY. It is not taken from the pool by this, so there is nothing to give back.
  const connection = (await (trx.client as Knex.Client).acquireConnection()) as pg.Client;

  await new Promise<void>((resolve, reject) => {
    connection.query(new CopyIn(sql, Buffer.from(rows.join('')), (error) => (error ? reject(error) : resolve())));
  });
}

/** One row in COPY's text format, its columns in their order. */
export function copyRow(...values: readonly (string | number | null)[]): string {
  let row = '';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (i > 0) row += '\t';
    if (value === null) row += '\\N';
    else row += typeof value === 'number' ? value : SPECIAL.test(value) ? value.replaceAll(SPECIALS, escaped) : value;
  }
  return `${row}\n`;
}

const SPECIAL = /[\\\t\n\r]/;
const SPECIALS = /[\\\t\n\r]/g;
const ESCAPES: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const escaped = (character: string): string => ESCAPES[character]!;

/** What the driver's connection has for COPY; its types leave these out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** The driver keeps one buffer for all it writes, and makes the next one as large as the largest message so far. */
const CHUNK_BYTES = 65_536;

/** A statement of the driver that answers the server's "send me the rows" with them; the driver alone would refuse. */
class CopyIn extends pg.Query {
  readonly #data: Buffer;

  constructor(sql: string, data: Buffer, done: (error: Error | undefined) => void) {
    super({ text: sql }, done);
    this.#data = data;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    for (let at = 0; at < this.#data.length; at += CHUNK_BYTES) {
      connection.sendCopyFromChunk(this.#data.subarray(at, at + CHUNK_BYTES));
    }
    connection.endCopyFrom();
  }
}
