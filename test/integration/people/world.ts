import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Mail } from '../../../domain/mails.ts';
import type { Permission } from '../../../domain/permissions/permissions.ts';
import type { Config } from '../../../runtime/config.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { type Actor, acting } from '../../../store/acting.ts';
import { connectDatabase } from '../../../store/database.ts';
import { acceptInvite, createInvite, type InviteTerms } from '../../../store/invites.ts';
import type { Organization } from '../../../store/organizations.ts';
import { createOwnedOrganization } from '../../../store/owners.ts';
import { createRole, type Role } from '../../../store/roles.ts';
import { TESTER } from '../../support/acting.ts';
import { testStack } from '../../support/stack.ts';
import { waitUntil } from '../../support/wait.ts';

/** People and their organisations, for tests of one file on the stack's own database. */

export interface TestPerson {
  id: string;
  name: string;
  email: string;
  actor: Actor;
}

export const DAY_MS = 24 * 3_600_000;

export interface People {
  db: Knex;
  config: Config;
  secrets: SecretBox;
  /** Terms of invites at an instant; now unless told. */
  terms(nowMs?: number): InviteTerms;
  aPerson(options?: { verified?: boolean; email?: string }): Promise<TestPerson>;
  anOrganization(options?: {
    owner?: TestPerson;
    plan?: string;
  }): Promise<{ organization: Organization; owner: TestPerson }>;
  aRole(organizationId: string, ...permissions: Permission[]): Promise<Role>;
  /** Somebody who was invited with a role and has accepted. */
  aMember(organizationId: string, roleId: string): Promise<TestPerson>;
  /** Does one thing of the store as somebody, or as whoever runs the server. */
  as<T>(who: TestPerson | Actor | 'server', work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** What limits say is in use in a scope, by the limit's name. */
  usedIn(scopeId: string): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export function people(): People {
  const { config } = testStack();
  const db = connectDatabase({ ...config, databasePoolSize: 6 }, 'plimsoll-test');
  const secrets = new SecretBox(config.secretKeys);
  const terms: People['terms'] = (nowMs = Date.now()) => ({ lifetimeMs: 7 * DAY_MS, nowMs, secrets });

  const as: People['as'] = (who, work) =>
    acting(db, who === 'server' ? TESTER : 'actor' in who ? who.actor : who, work);

  const aPerson: People['aPerson'] = async ({ verified = true, email = `${randomUUID()}@example.com` } = {}) => {
    const id = randomUUID();
    const name = `Person ${id.slice(0, 4)}`;
    await db('users').insert({ id, name, email, email_verified: verified });
    return { id, name, email, actor: { kind: 'user', id } };
  };

  return {
    db,
    config,
    secrets,
    terms,
    as,
    aPerson,

    async anOrganization({ owner, plan = 'pro' } = {}) {
      const person = owner ?? (await aPerson());
      const input = { name: 'Test', slug: `t-${randomUUID()}`, plan, ownerId: person.id };
      return { organization: await as(person, (trx) => createOwnedOrganization(trx, input)), owner: person };
    },

    aRole: (organizationId, ...permissions) =>
      as('server', (trx) => createRole(trx, { organizationId, name: `role ${randomUUID()}`, permissions })),

    async aMember(organizationId, roleId) {
      const person = await aPerson();
      const invite = await as('server', (trx) =>
        createInvite(trx, { organizationId, email: person.email, roleId }, terms()),
      );
      await as(person, (trx) => acceptInvite(trx, { userId: person.id, by: { inviteId: invite.id } }, terms()));
      return person;
    },

    async usedIn(scopeId) {
      const rows = await db('limit_usage').where({ scope_id: scopeId }).select('limit_name', 'used');
      return Object.fromEntries(rows.map((row) => [row.limit_name as string, row.used as number]));
    },

    close: () => db.destroy(),
  };
}

/** The mails that this transaction has written down to be sent to somebody, the latest last. */
export async function mailsTo(trx: Knex.Transaction, email: string, secrets: SecretBox): Promise<Mail[]> {
  const rows = await trx('outbox')
    .where({ kind: 'mail' })
    .whereRaw('xmin = pg_current_xact_id()::xid')
    .orderBy('id')
    .select<{ id: string; payload_encrypted: string }[]>('id', 'payload_encrypted');
  return rows
    .map(({ id, payload_encrypted: sealed }) => JSON.parse(secrets.open(sealed, id)) as Mail)
    .filter(({ to }) => to === email);
}

/** The token in the link of an invite's mail. */
export function tokenIn(mail: Mail | undefined): string {
  if (mail?.template !== 'invite') throw new Error(`No invite was sent, but ${mail?.template ?? 'nothing'}`);
  return new URL(mail.data.link, 'http://127.0.0.1').searchParams.get('token')!;
}

/** Until somebody waits for a lock on a row, as whoever asks for an organisation that another one holds. */
export async function waitForALock(db: Knex): Promise<void> {
  await waitUntil('somebody waits for a lock', async () => {
    const { rows } = await db.raw<{ rows: unknown[] }>(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return rows.length > 0;
  });
}
