import type { Knex } from 'knex';
import { inOrder, type Permission, permissionsOf } from '../domain/permissions/permissions.ts';
import { Refusal } from '../domain/refusal.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { mustHaveFeature } from './limits.ts';
import { lockOrganization } from './organizations.ts';
import { mustHold } from './rights.ts';

/** A named set of permissions (docs/spec/keyport.md §7.2). The owner's rights are no role. */
export interface Role {
  id: string;
  organizationId: string;
  name: string;
  /** Those that this release knows, in the order of all codes. */
  permissions: Permission[];
  createdAtMs: number;
  updatedAtMs: number;
}

/** What a plan must have for roles to be made and changed. Those that are there keep working without it (§2.5). */
export const ROLES_FEATURE = 'custom_roles';

interface RoleRow {
  id: string;
  organization_id: string;
  name: string;
  permissions: string[];
  created_at: number;
  updated_at: number;
}
const COLUMNS = ['id', 'organization_id', 'name', 'permissions', 'created_at', 'updated_at'];

/** @throws {Refusal} `forbidden` for codes that whoever acts doesn't hold, `feature_not_available`, `name_taken`, `not_found` */
export async function createRole(
  trx: Knex.Transaction,
  { organizationId, name, permissions }: { organizationId: string; name: string; permissions: readonly Permission[] },
): Promise<Role> {
  await lockOrganization(trx, organizationId);
  await mustHold(trx, organizationId, permissions);
  await mustHaveFeature(trx, organizationId, ROLES_FEATURE);
  const [row] = await trx('roles')
    .insert({ id: newId(), organization_id: organizationId, name, permissions: inOrder(permissions) })
    .onConflict(trx.raw('(organization_id, lower(name))'))
    .ignore()
    .returning<RoleRow[]>(COLUMNS);
  if (!row) throw new Refusal('name_taken', { pointer: '/name', value: name });
  const role = toRole(row);
  await audit(trx, {
    organizationId,
    action: 'role.created',
    target: { type: 'role', id: role.id },
    after: told(role),
  });
  return role;
}

/**
 * Renames a role, or changes what it grants to all who have it. What is added must be held by whoever acts; taking away grants nothing.
 * @throws {Refusal} as {@link createRole}
 */
export async function changeRole(
  trx: Knex.Transaction,
  {
    organizationId,
    roleId,
    ...change
  }: { organizationId: string; roleId: string; name?: string; permissions?: readonly Permission[] },
): Promise<Role> {
  await lockOrganization(trx, organizationId);
  const before = await getRole(trx, organizationId, roleId);
  const { name = before.name, permissions = before.permissions } = change;
  const had = new Set(before.permissions);
  await mustHold(
    trx,
    organizationId,
    permissions.filter((code) => !had.has(code)),
  );
  await mustHaveFeature(trx, organizationId, ROLES_FEATURE);
  const taken = await trx('roles')
    .where({ organization_id: organizationId })
    .whereRaw('lower(name) = lower(?)', [name])
    .whereNot({ id: roleId })
    .first('id');
  if (taken) throw new Refusal('name_taken', { pointer: '/name', value: name });
  const [row] = await trx('roles')
    .where({ id: roleId, organization_id: organizationId })
    // Only what was asked for: a role may hold codes of a newer release, which a renaming must leave.
    .update({
      name,
      ...(change.permissions && { permissions: inOrder(change.permissions) }),
      updated_at: trx.fn.now(3),
    })
    .returning<RoleRow[]>(COLUMNS);
  const after = toRole(row!);
  await audit(trx, {
    organizationId,
    action: 'role.changed',
    target: { type: 'role', id: roleId },
    before: told(before),
    after: told(after),
  });
  return after;
}

/** How many of those who have a role are named when it can't be deleted. */
const NAMED = 5;

/** @throws {Refusal} `not_found`, `conflict` while members or pending invites have it, saying whose */
export async function deleteRole(
  trx: Knex.Transaction,
  { organizationId, roleId }: { organizationId: string; roleId: string },
): Promise<void> {
  await lockOrganization(trx, organizationId);
  const role = await getRole(trx, organizationId, roleId);
  const members = await trx('members as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where({ 'm.role_id': roleId })
    .orderBy('u.email')
    .select<{ email: string }[]>('u.email');
  const invited = await trx('invites')
    .where({ role_id: roleId, state: 'pending' })
    .orderBy('email')
    .select<{ email: string }[]>('email');
  if (members.length + invited.length > 0) {
    const has = [
      ...(members.length > 0 ? [`${counted(members.length, 'member')} (${namesOf(members)})`] : []),
      ...(invited.length > 0 ? [`${counted(invited.length, 'pending invite')} (${namesOf(invited)})`] : []),
    ];
    const message = `The role '${role.name}' is in use by ${has.join(' and ')}: give them another role, or end that, first.`;
    throw new Refusal('conflict', { message });
  }
  await trx('roles').where({ id: roleId, organization_id: organizationId }).delete();
  await audit(trx, {
    organizationId,
    action: 'role.deleted',
    target: { type: 'role', id: roleId },
    before: told(role),
  });
}

/** @throws {Refusal} `not_found`, also for one of another organisation */
export async function getRole(db: Knex, organizationId: string, roleId: string): Promise<Role> {
  const row = await db('roles')
    .where({ id: roleId, organization_id: organizationId })
    .first<RoleRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'role' });
  return toRole(row);
}

/** The oldest first; `after` is the last one's id. */
export async function listRoles(
  db: Knex,
  organizationId: string,
  { limit, after }: { limit: number; after: string | null },
): Promise<Role[]> {
  const rows = db('roles')
    .where({ organization_id: organizationId })
    .orderBy('id')
    .limit(limit)
    .select<RoleRow[]>(COLUMNS);
  if (after !== null) void rows.where('id', '>', after);
  return (await rows).map(toRole);
}

function toRole(row: RoleRow): Role {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    permissions: inOrder(permissionsOf(row.permissions)),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}

function told({ name, permissions }: Role): object {
  return { name, permissions };
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function namesOf(people: readonly { email: string }[]): string {
  const named = people.slice(0, NAMED).map(({ email }) => email);
  return [...named, ...(people.length > NAMED ? ['…'] : [])].join(', ');
}
