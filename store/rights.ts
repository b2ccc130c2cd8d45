import type { Knex } from 'knex';
import {
  EVERYTHING,
  meetOf,
  NOTHING,
  notHeld,
  type Permission,
  type Permissions,
  permissionsOf,
} from '../domain/permissions/permissions.ts';
import { Refusal } from '../domain/refusal.ts';
import { unreachable } from '../domain/unreachable.ts';
import { type Actor, actorOf } from './acting.ts';
import { findLivingToken } from './token-lookup.ts';

/** Who may what: read, never kept, so that whoever is demoted or removed is so for the next call. */

/** How somebody stands in an organisation. */
export interface Membership {
  isOwner: boolean;
  /** `null`: the owner's. */
  roleId: string | null;
  /** What they hold there: the owner everything, others what their role names (docs/spec/keyport.md §7.2). */
  permissions: Permissions;
}

/** How a person stands in an organisation now; `undefined`: they have no part in it, or it isn't there. */
export async function membershipOf(db: Knex, organizationId: string, userId: string): Promise<Membership | undefined> {
  const row = await db('members as m')
    .leftJoin('roles as r', 'r.id', 'm.role_id')
    .where({ 'm.organization_id': organizationId, 'm.user_id': userId })
    .first<{ role_id: string | null; permissions: string[] | null } | undefined>('m.role_id', 'r.permissions');
  return row && toMembership(row);
}

function toMembership(row: { role_id: string | null; permissions: string[] | null }): Membership {
  const isOwner = row.role_id === null;
  return { isOwner, roleId: row.role_id, permissions: isOwner ? EVERYTHING : permissionsOf(row.permissions ?? []) };
}

/** What a person holds anywhere: in at least one of their organisations. */
export async function heldAnywhere(db: Knex, userId: string): Promise<Permissions> {
  const rows = await db('members as m')
    .leftJoin('roles as r', 'r.id', 'm.role_id')
    .where({ 'm.user_id': userId })
    .select<{ role_id: string | null; permissions: string[] | null }[]>('m.role_id', 'r.permissions');
  return new Set(rows.flatMap((row) => [...toMembership(row).permissions]));
}

/**
 * Nobody grants what they don't hold (docs/spec/keyport.md §7.2): asked in the transaction that grants, of whoever acts in it, and with
 * the organisation locked, so that somebody who is demoted or removed at that moment either was heard before or is refused.
 */

/** What whoever acts in this transaction holds in an organisation now. The server's command line and our processes hold everything. */
export async function heldIn(trx: Knex.Transaction, organizationId: string): Promise<Permissions> {
  return heldBy(trx, actorOf(trx), organizationId);
}

async function heldBy(trx: Knex.Transaction, actor: Actor, organizationId: string): Promise<Permissions> {
  switch (actor.kind) {
    case 'server':
    case 'system':
      return EVERYTHING;
    case 'customer':
      return NOTHING;
    case 'user':
      return (await membershipOf(trx, organizationId, actor.id))?.permissions ?? NOTHING;
    case 'token': {
      const token = await findLivingToken(trx, actor.id);
      if (!token) return NOTHING;
      if (token.organizationId !== null) return token.organizationId === organizationId ? token.scopes : NOTHING;
      return meetOf(token.scopes, (await membershipOf(trx, organizationId, token.userId!))?.permissions ?? NOTHING);
    }
    default:
      return unreachable(actor);
  }
}

/** @throws {Refusal} `forbidden`, naming every code that whoever acts doesn't hold in this organisation */
export async function mustHold(
  trx: Knex.Transaction,
  organizationId: string,
  granted: Iterable<Permission>,
): Promise<void> {
  refuseMissing(notHeld(await heldIn(trx, organizationId), granted));
}

/** The same for what isn't bound to one organisation: each code must be held in one at least. @throws {Refusal} `forbidden` */
export async function mustHoldAnywhere(
  trx: Knex.Transaction,
  userId: string,
  granted: Iterable<Permission>,
): Promise<void> {
  refuseMissing(notHeld(await heldAnywhere(trx, userId), granted));
}

function refuseMissing(missing: readonly Permission[]): void {
  if (missing.length === 0) return;
  throw new Refusal('forbidden', {
    message: `Nobody grants what they don't hold, and you don't hold ${missing.join(', ')}.`,
    permissions: missing,
  });
}
