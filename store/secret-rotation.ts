import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import type { Knex } from 'knex';
import { accountKey } from '../runtime/account-keys.ts';
import { SecretBox } from '../runtime/secrets.ts';

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
 * platform, whose processes read with all keys. Returns how many rows each table had. @param keys as configured, the newest first
 * @throws when a text can't be read, naming its row
 */
export async function rotateSecrets(db: Knex, keys: readonly string[]): Promise<Record<string, number>> {
  const secrets = new SecretBox(keys);
  const rotated: Record<string, number> = {};
  for (const each of SEALED_COLUMNS)
    rotated[each.table] = await inBatches(db, (trx) => rotateBatch(trx, each, secrets));
  rotated.user_two_factors = await inBatches(db, (trx) => rotateSecondFactors(trx, keys));
  return rotated;
}

async function inBatches(db: Knex, rotate: (trx: Knex.Transaction) => Promise<number>): Promise<number> {
  for (let count = 0; ; ) {
    const done = await db.transaction(rotate);
    if (done === 0) return count;
    count += done;
  }
}

/** Secrets and recovery codes of second factors, which the library of accounts encrypts in a form of its own: `$ba$<key>$…`. */
async function rotateSecondFactors(trx: Knex.Transaction, configured: readonly string[]): Promise<number> {
  const all = configured.map((each) => accountKey(each, 'dashboard'));
  const currentVersion = all[0]!.version;
  const key = { keys: new Map(all.map(({ version, value }) => [version, value])), currentVersion };
  const rows = await trx('user_two_factors')
    .whereNot('secret', 'like', `$ba$${currentVersion}$%`)
    .orWhereNot('backup_codes', 'like', `$ba$${currentVersion}$%`)
    .limit(BATCH)
    .forNoKeyUpdate()
    .select<{ id: string; secret: string; backup_codes: string }[]>('id', 'secret', 'backup_codes');
  for (const { id, ...sealed } of rows) {
    const anew = async (data: string): Promise<string> =>
      symmetricEncrypt({ key, data: await symmetricDecrypt({ key, data }) });
    try {
      const [secret, backup_codes] = [await anew(sealed.secret), await anew(sealed.backup_codes)];
      await trx('user_two_factors').where({ id }).update({ secret, backup_codes });
    } catch (error) {
      throw new Error(`user_two_factors ${id}: ${(error as Error).message}`, { cause: error });
    }
  }
  return rows.length;
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
