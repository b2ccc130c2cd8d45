import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { type Attempt, CHECK, FOREIGN_KEY, tryConstraints, UNIQUE } from './attempts.ts';

const { refuses, forgetsNothingOf } = tryConstraints();

/** Both audiences have the same tables; a customer's name is the same rule as a person's. */
const AUDIENCES = [
  { users: 'users', sessions: 'user_sessions', accounts: 'user_accounts', proofs: 'user_verifications' },
  { users: 'portal_users', sessions: 'portal_sessions', accounts: 'portal_accounts', proofs: 'portal_verifications' },
];

const aUser = (more: object = {}) => ({ id: randomUUID(), name: 'Ann', email: `${randomUUID()}@example.com`, ...more });

function users(table: string, ...rows: object[]): Attempt {
  return (trx) => trx(table).insert(rows.map((row) => aUser(row)));
}

async function withUser(trx: Knex.Transaction, table: string): Promise<string> {
  const user = aUser();
  await trx(table).insert(user);
  return user.id;
}

function belonging(table: string, users: string, ...rows: ((userId: string) => object)[]): Attempt {
  return async (trx) => {
    const userId = await withUser(trx, users);
    await trx(table).insert(rows.map((row) => ({ id: randomUUID(), ...row(userId) })));
  };
}

const aSession = (more: object = {}) => ({ token: randomUUID(), expires_at: new Date(), ...more });
const anAccount = (more: object = {}) => ({ provider_id: 'github', account_id: randomUUID(), ...more });

for (const { users: people, sessions, accounts, proofs } of AUDIENCES) {
  refuses(`one of ${people}`, [
    [
      'with an e-mail in upper case',
      CHECK,
      `${people}_email_is_lower_case`,
      users(people, { email: `A${randomUUID()}@x.test` }),
    ],
    [
      'with the e-mail of another',
      UNIQUE,
      `${people}_email_unique`,
      users(people, { email: 'a@x.test' }, { email: 'a@x.test' }),
    ],
    ['with a name that has no end', CHECK, `${people}_name_length`, users(people, { name: 'x'.repeat(201) })],
  ]);
  refuses(`one of ${sessions}`, [
    [
      'with the token of another',
      UNIQUE,
      `${sessions}_token_unique`,
      belonging(
        sessions,
        people,
        (user_id) => aSession({ user_id, token: 'twice' }),
        (user_id) => aSession({ user_id, token: 'twice' }),
      ),
    ],
    [
      'of nobody',
      FOREIGN_KEY,
      `${sessions}_user_id_foreign`,
      belonging(sessions, people, () => aSession({ user_id: randomUUID() })),
    ],
  ]);
  refuses(`one of ${accounts}`, [
    [
      'that is somebody else elsewhere already',
      UNIQUE,
      `${accounts}_provider_id_account_id_unique`,
      belonging(
        accounts,
        people,
        (user_id) => anAccount({ user_id, account_id: 'twice' }),
        (user_id) => anAccount({ user_id, account_id: 'twice' }),
      ),
    ],
    [
      'of nobody',
      FOREIGN_KEY,
      `${accounts}_user_id_foreign`,
      belonging(accounts, people, () => anAccount({ user_id: randomUUID() })),
    ],
  ]);
  forgetsNothingOf(people, sessions, accounts, proofs);
}

refuses('a portal user', [
  [
    'of a customer that is none',
    FOREIGN_KEY,
    'portal_users_customer_id_foreign',
    users('portal_users', { customer_id: randomUUID() }),
  ],
  [
    'whose customer goes',
    FOREIGN_KEY,
    'portal_users_customer_id_foreign',
    async (trx) => {
      const id = randomUUID();
      await trx('customers').insert({ id, email: `${id}@example.com` });
      await trx('portal_users').insert(aUser({ customer_id: id }));
      await trx('customers').where({ id }).delete();
    },
  ],
]);

refuses('a second factor', [
  [
    'of nobody',
    FOREIGN_KEY,
    'user_two_factors_user_id_foreign',
    (trx) =>
      trx('user_two_factors').insert({ id: randomUUID(), user_id: randomUUID(), secret: 's', backup_codes: 'b' }),
  ],
]);
forgetsNothingOf('user_two_factors');
