import { type Static, Type } from 'typebox';
import { ALL_PERMISSIONS, PERMISSIONS, type Permission } from '../../../domain/permissions/permissions.ts';
import { lockOrganization } from '../../../store/organizations.ts';
import { changeRole, createRole, deleteRole, getRole, listRoles, type Role } from '../../../store/roles.ts';
import { EXAMPLE } from '../examples.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Body, Id, Instant, instant, OneOf, Text, View } from '../schemas.ts';

/** A permission, by its code. */
export const PermissionCode = OneOf<Permission>(...ALL_PERMISSIONS);
/** Codes that somebody asks for; the same one twice is once. */
export const PermissionCodes = Type.Array(PermissionCode, {
  maxItems: 100,
  description: 'a list of permission codes',
});

const PermissionView = View('Permission', { code: PermissionCode, meaning: Type.String() });

const RoleView = View('Role', {
  id: Id,
  name: Type.String(),
  permissions: Type.Array(PermissionCode),
  created_at: Instant,
  updated_at: Instant,
});

function viewOf(role: Role): Static<typeof RoleView> {
  return {
    id: role.id,
    name: role.name,
    permissions: role.permissions,
    created_at: instant(role.createdAtMs),
    updated_at: instant(role.updatedAtMs),
  };
}

const Name = Text(80, 'the name of the role, of up to 80 characters');

const exampleRole: Static<typeof RoleView> = {
  id: EXAMPLE.roleId,
  name: 'Support',
  permissions: ['licenses:view', 'licenses:reset_ips'],
  created_at: EXAMPLE.createdAt,
  updated_at: EXAMPLE.createdAt,
};

const PATH = '/v1/organizations/:organization_id/roles';

export const roleRoutes = [
  manage({
    method: 'get',
    path: '/v1/permissions',
    operationId: 'listPermissions',
    summary: 'What can be permitted',
    description: 'Every permission code with its meaning, in the order in which one would list them.',
    tag: 'Roles',
    caller: { kind: 'anyone' },
    answers: { 200: View('PermissionList', { data: Type.Array(PermissionView) }) },
    example: { answer: { data: [{ code: 'products:view', meaning: PERMISSIONS['products:view'] }] } },
    handle: async () => reply(200, { data: ALL_PERMISSIONS.map((code) => ({ code, meaning: PERMISSIONS[code] })) }),
  }),

  manage({
    method: 'get',
    path: PATH,
    operationId: 'listRoles',
    summary: 'List roles',
    description: 'The oldest first. The owner’s rights are no role.',
    tag: 'Roles',
    caller: { kind: 'member', permission: 'roles:view', organization: 'path' },
    query: Type.Object({ ...PAGE }, { additionalProperties: false }),
    answers: { 200: PageOf(RoleView) },
    example: { answer: { data: [exampleRole], next_cursor: null } },
    async handle({ db, organization, query }) {
      const page = pageAsked(query, ['id']);
      const rows = await listRoles(db, organization.id, { limit: page.limit + 1, after: page.after?.[0] ?? null });
      return reply(200, pageOf(rows, page, { view: viewOf, placeOf: ({ id }) => [id] }));
    },
  }),

  manage({
    method: 'post',
    path: PATH,
    operationId: 'createRole',
    summary: 'Create a role',
    description: 'Nobody grants what they do not hold: a role can name the permissions of whoever creates it.',
    tag: 'Roles',
    caller: { kind: 'member', permission: 'roles:edit', organization: 'path' },
    body: Body({ name: Name, permissions: PermissionCodes }),
    answers: { 201: RoleView },
    refusals: ['name_taken', 'feature_not_available'],
    example: { body: { name: 'Support', permissions: ['licenses:view', 'licenses:reset_ips'] }, answer: exampleRole },
    handle: ({ body, organization, write }) =>
      write(async (trx) => reply(201, viewOf(await createRole(trx, { organizationId: organization.id, ...body })))),
  }),

  manage({
    method: 'get',
    path: `${PATH}/:role_id`,
    operationId: 'getRole',
    summary: 'Get a role',
    tag: 'Roles',
    caller: { kind: 'member', permission: 'roles:view', organization: 'path' },
    answers: { 200: RoleView },
    example: { answer: exampleRole },
    handle: async ({ db, organization, params }) =>
      reply(200, viewOf(await getRole(db, organization.id, params.role_id))),
  }),

  manage({
    method: 'patch',
    path: `${PATH}/:role_id`,
    operationId: 'changeRole',
    summary: 'Change a role',
    description:
      'For everybody who has it, at once. What is added must be held by whoever changes it; taking away needs no more than the permission to.',
    tag: 'Roles',
    caller: { kind: 'member', permission: 'roles:edit', organization: 'path' },
    body: Body({ name: Type.Optional(Name), permissions: Type.Optional(PermissionCodes) }, { minProperties: 1 }),
    answers: { 200: RoleView },
    refusals: ['name_taken', 'feature_not_available'],
    example: {
      body: { permissions: ['licenses:view'] },
      answer: { ...exampleRole, permissions: ['licenses:view'] },
    },
    handle: ({ body, organization, params, write, mustMatch }) =>
      write(async (trx) => {
        await lockOrganization(trx, organization.id);
        mustMatch(viewOf(await getRole(trx, organization.id, params.role_id)));
        const change = { organizationId: organization.id, roleId: params.role_id, ...body };
        return reply(200, viewOf(await changeRole(trx, change)));
      }),
  }),

  manage({
    method: 'delete',
    path: `${PATH}/:role_id`,
    operationId: 'deleteRole',
    summary: 'Delete a role',
    description: 'One that no member and no pending invite has.',
    tag: 'Roles',
    caller: { kind: 'member', permission: 'roles:edit', organization: 'path' },
    answers: { 204: null },
    refusals: ['conflict'],
    example: {},
    handle: ({ organization, params, write }) =>
      write(async (trx) => {
        await deleteRole(trx, { organizationId: organization.id, roleId: params.role_id });
        return reply(204, null);
      }),
  }),
];
