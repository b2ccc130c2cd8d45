import { getMigrations } from 'better-auth/db/migration';
import { afterAll, describe, expect, test } from 'vitest';
import { createCustomerEvents } from '../../../api/accounts/customer-events.ts';
import { dashboardOptions } from '../../../api/accounts/dashboard.ts';
import type { AccountParts } from '../../../api/accounts/options.ts';
import { createPeopleEvents } from '../../../api/accounts/people-events.ts';
import { portalOptions } from '../../../api/accounts/portal.ts';
import { createLogger } from '../../../runtime/log.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { createCarrying } from '../../../store/carried.ts';
import { connectDatabase } from '../../../store/database.ts';
import { testStack } from '../../support/stack.ts';

const { config } = testStack();
const db = connectDatabase(config, 'plimsoll-test');
afterAll(() => db.destroy());

const carrying = createCarrying(db, () => false);
const secrets = new SecretBox(config.secretKeys);
const parts: AccountParts = {
  config,
  pool: carrying.pool,
  attempts: async () => ({ counted: true, remaining: 1, resetsInMs: 1, isExact: true }),
  log: createLogger({ logLevel: 'silent' }, { name: 'test' }),
  publicUrl: 'https://plimsoll.example',
  isConfigured: true,
};
const audiences = {
  dashboard: dashboardOptions(parts, createPeopleEvents({ carrying, secrets, attempts: parts.attempts })),
  portal: portalOptions(parts, createCustomerEvents({ carrying, secrets })),
};

describe("the library's schema", () => {
  test.each(['dashboard', 'portal'] as const)('is what our migration made, for the %s', async (audience) => {
    const { toBeCreated, toBeAdded, compileMigrations } = await getMigrations(audiences[audience]);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
    expect((await compileMigrations()).replaceAll(/[\s;]/g, '')).toBe('');
  });

  test('would be found missing something, so the test above looks', async () => {
    const { dashboard } = audiences;
    const more = { nickname: { type: 'string', required: false, fieldName: 'nickname' } } as const;
    const user = { ...dashboard.user, additionalFields: { ...dashboard.user.additionalFields, ...more } };
    const { toBeAdded } = await getMigrations({ ...dashboard, user });
    expect(toBeAdded).toMatchObject([{ table: 'users', fields: { nickname: {} } }]);
  });
});
