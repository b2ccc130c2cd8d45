import { randomBytes, randomUUID } from 'node:crypto';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountKey } from '../../../runtime/account-keys.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { enqueueMail } from '../../../store/mails.ts';
import { rotateSecrets, SEALED_COLUMNS } from '../../../store/secret-rotation.ts';
import { write } from '../../support/acting.ts';
import { aPerson } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  // The stack's own key reads everything again.
  if (platform) await rotateSecrets(platform.db, [...platform.config.secretKeys, NEWER]);
  await platform?.close();
});

const NEWER = `newer${randomUUID().slice(0, 8)}:${randomBytes(32).toString('base64')}`;

describe('secrets at rest', () => {
  test('stand in columns that the rotation knows', async () => {
    const { rows } = await platform.db.raw<{ rows: { table_name: string; column_name: string }[] }>(
      "select table_name, column_name from information_schema.columns where table_schema = current_schema() and column_name like '%_encrypted'",
    );
    const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
    const encrypted = rows.map(({ table_name: table, column_name: column }) => `${table}.${column}`);
    expect(encrypted.filter((each) => !known.includes(each))).toEqual([]);
    expect(encrypted.length).toBeGreaterThan(0);
  });

  test('stand in no other column either, whatever its name', async () => {
    await secretsOfEachKind();
    const box = new SecretBox(platform.config.secretKeys);
    // By the form of what is sealed, so that a column that is named after what it holds is found as well.
    const form = `${box.newestKeyId}:%`;
    const found = await write(platform.db, async (trx) => {
      await enqueueMail(
        trx,
        { template: 'sign_in_code', to: 'a@example.com', data: { code: '1', expiresAtMs: 1 } },
        box,
      );
      const { rows } = await trx.raw<{ rows: { table: string; column: string }[] }>(
        `select table_name as table, column_name as column from information_schema.columns join information_schema.tables
         using (table_schema, table_name) where table_schema = current_schema() and table_type = 'BASE TABLE' and data_type = 'text'`,
      );
      const holding: string[] = [];
      for (const { table, column } of rows) {
        if (await trx(table).where(column, 'like', form).first(column)) holding.push(`${table}.${column}`);
      }
      return holding;
    });
    expect(found.toSorted()).toEqual(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).toSorted());
  });

  test('are encrypted anew under the newest key, read the same, and the second time there is nothing to do', async () => {
    const { product, signingSecret, aKey } = await secretsOfEachKind();
    const both = [NEWER, ...platform.config.secretKeys];
    const rotated = await rotateSecrets(platform.db, both);
    expect(rotated.products).toBeGreaterThanOrEqual(1);
    expect(rotated.idempotency_keys).toBeGreaterThanOrEqual(1);

    const alone = new SecretBox([NEWER]);
    const row = await platform
      .db('products')
      .where({ id: product })
      .first<{ sealed: string }>('signing_secret_encrypted as sealed');
    expect(alone.open(row.sealed, product)).toBe(signingSecret);
    const kept = await platform.db('idempotency_keys').where(aKey).first<{ answer: string }>('answer');
    expect(alone.open(kept.answer, `idempotency_keys ${aKey.caller} ${aKey.key}`)).toBe('an answer');
    for (const { table, column } of SEALED_COLUMNS) {
      const old = await platform.db(table).whereNotNull(column).whereNot(column, 'like', `${alone.newestKeyId}:%`);
      expect([table, old.length]).toEqual([table, 0]);
    }
    expect(new Set(Object.values(await rotateSecrets(platform.db, both)))).toEqual(new Set([0]));
  });

  test('second factors among them', async () => {
    const { id: userId } = await aPerson(platform.db);
    const newest = accountKey(platform.config.secretKeys[0]!, 'dashboard');
    const keyOf = ({ version, value }: typeof newest) => ({
      keys: new Map([[version, value]]),
      currentVersion: version,
    });
    const sealed = (data: string) => symmetricEncrypt({ key: keyOf(newest), data });
    const id = randomUUID();
    await platform.db('user_two_factors').insert({
      id,
      user_id: userId,
      secret: await sealed('a secret'),
      backup_codes: await sealed('codes'),
    });
    await rotateSecrets(platform.db, [NEWER, ...platform.config.secretKeys]);
    const row = await platform.db('user_two_factors').where({ id }).first<{ secret: string; backup_codes: string }>();
    const key = keyOf(accountKey(NEWER, 'dashboard'));
    expect(await symmetricDecrypt({ key, data: row.secret })).toBe('a secret');
    expect(await symmetricDecrypt({ key, data: row.backup_codes })).toBe('codes');
  });

  test('that no configured key reads are named, and stay as they are', async () => {
    const { product } = await secretsOfEachKind();
    const stranger = [`other:${randomBytes(32).toString('base64')}`];
    await expect(rotateSecrets(platform.db, stranger)).rejects.toThrow(
      /products \{"id":.*which PLIMSOLL_SECRET_KEYS does not hold/,
    );
    const row = await platform
      .db('products')
      .where({ id: product })
      .first<{ sealed: string }>('signing_secret_encrypted as sealed');
    expect(new SecretBox([...platform.config.secretKeys, NEWER]).open(row.sealed, product)).toMatch(/^sgn_/);
  });
});

async function secretsOfEachKind() {
  const { product, signingSecret } = await platform.aProduct({ plan: 'enterprise', signing: true });
  const aKey = { caller: `user ${randomUUID()}`, key: randomUUID() };
  await platform.db('idempotency_keys').insert({
    ...aKey,
    fingerprint: randomBytes(32),
    answer: new SecretBox(platform.config.secretKeys).seal('an answer', `idempotency_keys ${aKey.caller} ${aKey.key}`),
    expires_at: new Date(Date.now() + 60_000),
  });
  return { product: product.id, signingSecret, aKey };
}
