import type { Knex } from 'knex';
import type { SecretBox } from '../runtime/secrets.ts';

/** A column that holds what is encrypted. */
interface SealedColumn {
  table: string;
  column: string;
  /** What names a row. */
  keys: readonly string[];
  /** What a row's text is bound to, as whoever seals it says. */
  context: (row: Record<string, string>) => string;
}

/**
 * Every column that holds what a `SecretBox` has sealed. One that is missing here would be unreadable once an old key is gone: a test
 * looks for them in the database.
 */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'products', column: 'signing_secret_encrypted', keys: ['id'], context: ({ id }) => id! },
  { table: 'outbox', column: 'payload_encrypted', keys: ['id'], context: ({ id }) => id! },
  {
    table: 'idempotency_keys',
    column: 'answer',
    keys: ['caller', 'key'],
    context: ({ caller, key }) => idempotencyContext({ caller: caller!, key: key! }),
  },
];

/** What the kept answer of a request is bound to. */
export function idempotencyContext({ caller, key }: { caller: string; key: string }): string {
  return `idempotency_keys ${caller} ${key}`;
}

/** So many rows are held by one transaction. */
const BATCH = 200;

/**
 * Encrypts everything anew that isn't encrypted under the newest key, in batches: it may be stopped and begun again, and runs beside the
 * platform, whose processes read with all keys. Returns how many texts each table had. @throws when a text can't be read, naming its row
 */
export async function rotateSecrets(db: Knex, secrets: SecretBox): Promise<Record<string, number>> {
  const rotated: Record<string, number> = {};
  for (const each of SEALED_COLUMNS) {
    let count = 0;
    let done: number;
    do {
      done = await db.transaction((trx) => rotateBatch(trx, each, secrets));
      count += done;
    } while (done > 0);
    rotated[each.table] = count;
  }
  return rotated;
}

async function rotateBatch(
  trx: Knex.Transaction,
  { table, column, keys, context }: SealedColumn,
  secrets: SecretBox,
): Promise<number> {
  const rows = await trx(table)
    .whereNotNull(column)
    .whereNot(column, 'like', `${secrets.newestKeyId}:%`)
    .limit(BATCH)
    .forNoKeyUpdate()
    .select<Record<string, string>[]>(...keys, column);
  for (const row of rows) {
    const name = Object.fromEntries(keys.map((key) => [key, row[key]]));
    let text: string;
    try {
      text = secrets.open(row[column]!, context(row));
    } catch (error) {
      throw new Error(`${table} ${JSON.stringify(name)}: ${(error as Error).message}`, { cause: error });
    }
    await trx(table)
      .where(name)
      .update({ [column]: secrets.seal(text, context(row)) });
  }
  return rows.length;
}
