import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { audit } from './audit.ts';

/** Somebody who works in the dashboard. */
export interface Person {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  isStaff: boolean;
  createdAtMs: number;
}

interface PersonRow {
  id: string;
  name: string;
  email: string;
  email_verified: boolean;
  is_staff: boolean;
  created_at: number;
}

const COLUMNS = ['id', 'name', 'email', 'email_verified', 'is_staff', 'created_at'];

export async function findPerson(db: Knex, id: string): Promise<Person | undefined> {
  const row = await db('users').where({ id }).first<PersonRow | undefined>(COLUMNS);
  return row && toPerson(row);
}

function toPerson(row: PersonRow): Person {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    emailVerified: row.email_verified,
    isStaff: row.is_staff,
    createdAtMs: row.created_at,
  };
}

/** Finds somebody by e-mail, whatever its case. */
export async function findPersonByEmail(db: Knex, email: string): Promise<Person | undefined> {
  const row = await db('users').where({ email: email.toLowerCase() }).first<PersonRow | undefined>(COLUMNS);
  return row && toPerson(row);
}

/** Locks a person's row: the first lock of all that one may take. @throws {Refusal} `not_found` */
export async function lockPerson(trx: Knex.Transaction, id: string): Promise<Person> {
  const row = await trx('users').where({ id }).forNoKeyUpdate().first<PersonRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'person' });
  return toPerson(row);
}

/** The staff of the platform, in the order in which they signed up. */
export async function listStaff(db: Knex): Promise<Person[]> {
  const rows = await db('users').where({ is_staff: true }).orderBy('id').select<PersonRow[]>(COLUMNS);
  return rows.map(toPerson);
}

/**
 * Makes somebody staff, or takes it away. Only the command line on the server and staff do so; whoever is asked over HTTP has checked
 * that. @throws {Refusal} `not_found`, `conflict` for an address that nobody has proven to be theirs
 */
export async function changeStaff(
  trx: Knex.Transaction,
  { id, isStaff }: { id: string; isStaff: boolean },
): Promise<Person> {
  const before = await lockPerson(trx, id);
  if (isStaff && !before.emailVerified) {
    throw new Refusal('conflict', {
      message: 'The e-mail address is not verified yet: anybody could have signed up with it.',
    });
  }
  await trx('users')
    .where({ id })
    .update({ is_staff: isStaff, updated_at: trx.fn.now(3) });
  await audit(trx, {
    organizationId: null,
    action: 'user.staff_changed',
    target: { type: 'user', id },
    before: { isStaff: before.isStaff },
    after: { isStaff },
  });
  return { ...before, isStaff };
}

/** Whether somebody can sign in by a password. */
export async function hasPassword(db: Knex, userId: string): Promise<boolean> {
  const row = await db('user_accounts')
    .where({ user_id: userId, provider_id: 'credential' })
    .whereNotNull('password')
    .first<{ id: string } | undefined>('id');
  return row !== undefined;
}

/** Ends every session of somebody, and every device that needed no second factor. Gives how many sessions there were. */
export async function endSessions(trx: Knex.Transaction, userId: string): Promise<number> {
  await lockPerson(trx, userId);
  const count = await trx('user_sessions').where({ user_id: userId }).delete();
  await forgetProofs(trx, userId);
  await audit(trx, {
    organizationId: null,
    action: 'user.signed_out',
    target: { type: 'user', id: userId },
    after: { sessions: count },
  });
  return count;
}

/** Forgets what was proven for somebody and waits: links for a new password, sign-ins that wait for a code, devices that need none. */
export async function forgetProofs(trx: Knex.Transaction, userId: string): Promise<void> {
  await trx('user_verifications').where({ value: userId }).delete();
}
