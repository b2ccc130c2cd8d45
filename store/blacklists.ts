import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { normalNetwork } from '../domain/validation/addresses.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { mustHaveFeature } from './limits.ts';
import { notifyChange, type Tag, tagOf } from './notices.ts';

/** Which of the four lists of docs/spec/keyport.md §6.1 an entry is in. A customer's list belongs to one organisation. */
export type BlacklistScope =
  | { list: 'platform' }
  | { list: 'organization'; organizationId: string }
  | { list: 'customer'; organizationId: string; customerId: string }
  | { list: 'license'; organizationId: string; licenseId: string };

/**
 * Puts a network or an address on a list; one that is there stays, with the new reason.
 * @throws {Refusal} `validation_failed`, `feature_not_available` for the organisation's list
 */
export async function blockNetwork(
  trx: Knex.Transaction,
  scope: BlacklistScope,
  network: string,
  reason: string | null,
): Promise<string> {
  const normal = mustBeNetwork(network);
  if (scope.list === 'organization') await mustHaveFeature(trx, scope.organizationId, 'organization_ip_blacklist');
  const before = await trx('ip_blacklist')
    .where({ ...keysOf(scope), network: normal })
    .first<{ reason: string | null } | undefined>('reason');
  await trx('ip_blacklist')
    .insert({ id: newId(), ...keysOf(scope), network: normal, reason })
    .onConflict(['organization_id', 'customer_id', 'license_id', 'network'])
    .merge({ reason });
  await notifyChange(trx, tagOfList(scope));
  await auditList(trx, scope, 'network.blocked', {
    before: before ? { network: normal, reason: before.reason } : null,
    after: { network: normal, reason },
  });
  return normal;
}

/** Takes a network or an address off a list. @throws {Refusal} `validation_failed`, `not_found` */
export async function unblockNetwork(trx: Knex.Transaction, scope: BlacklistScope, network: string): Promise<void> {
  const normal = mustBeNetwork(network);
  const removed = await trx('ip_blacklist').where(keysOf(scope)).where({ network: normal }).delete();
  if (removed === 0) throw new Refusal('not_found', { what: 'blacklist entry' });
  await notifyChange(trx, tagOfList(scope));
  await auditList(trx, scope, 'network.unblocked', { before: { network: normal } });
}

export async function listBlocked(
  db: Knex,
  scope: BlacklistScope,
): Promise<{ network: string; reason: string | null }[]> {
  return db('ip_blacklist').where(keysOf(scope)).orderBy('network').select('network', 'reason');
}

function auditList(
  trx: Knex.Transaction,
  scope: BlacklistScope,
  action: string,
  changes: { before: object | null; after?: object },
): Promise<void> {
  const organizationId = scope.list === 'platform' ? null : scope.organizationId;
  return audit(trx, { organizationId, action, target: { type: scope.list, id: idOfList(scope) }, ...changes });
}

function idOfList(scope: BlacklistScope): string {
  if (scope.list === 'organization') return scope.organizationId;
  if (scope.list === 'customer') return scope.customerId;
  return scope.list === 'license' ? scope.licenseId : 'blacklist';
}

function tagOfList(scope: BlacklistScope): Tag {
  if (scope.list === 'organization') return tagOf.organization(scope.organizationId);
  if (scope.list === 'customer') return tagOf.customer(scope.organizationId, scope.customerId);
  return scope.list === 'license' ? tagOf.license(scope.licenseId) : tagOf.platform();
}

function keysOf(scope: BlacklistScope): {
  organization_id: string | null;
  customer_id: string | null;
  license_id: string | null;
} {
  return {
    organization_id: scope.list === 'platform' ? null : scope.organizationId,
    customer_id: scope.list === 'customer' ? scope.customerId : null,
    license_id: scope.list === 'license' ? scope.licenseId : null,
  };
}

function mustBeNetwork(text: string): string {
  const normal = normalNetwork(text);
  if (normal !== undefined) return normal;
  throw new Refusal('validation_failed', {
    errors: [
      {
        pointer: '/network',
        code: 'not_a_network',
        message: `${JSON.stringify(text)} is neither an address nor a network.`,
        accepts: 'an IPv4 or IPv6 address, or a network such as 10.0.0.0/8 or 2001:db8::/32',
      },
    ],
  });
}
