import { type Static, Type } from 'typebox';
import { inOrder } from '../../../domain/permissions/permissions.ts';
import { changeMember, getMember, listMembers, type Member, removeMember } from '../../../store/members.ts';
import { lockOrganization } from '../../../store/organizations.ts';
import { HttpError } from '../../errors.ts';
import { EXAMPLE } from '../examples.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Body, Email, Id, Instant, instant, Nullable, View } from '../schemas.ts';
import { RoleName } from './organizations.ts';
import { PermissionCode } from './roles.ts';

export const MemberView = View('Member', {
  user_id: Id,
  name: Type.String(),
  email: Email,
  is_owner: Type.Boolean(),
  role: Nullable(RoleName),
  joined_at: Instant,
});

export function memberView(member: Member): Static<typeof MemberView> {
  return {
    user_id: member.userId,
    name: member.name,
    email: member.email,
    is_owner: member.isOwner,
    role: member.role,
    joined_at: instant(member.joinedAtMs),
  };
}

const StandingView = View('Standing', {
  user_id: Nullable(Id),
  is_owner: Type.Boolean(),
  role: Nullable(RoleName),
  permissions: Type.Array(PermissionCode),
});

export const exampleMember: Static<typeof MemberView> = {
  user_id: EXAMPLE.memberId,
  name: 'Bob Miller',
  email: 'bob@example.com',
  is_owner: false,
  role: { id: EXAMPLE.roleId, name: 'Support' },
  joined_at: EXAMPLE.createdAt,
};

const PATH = '/v1/organizations/:organization_id/members';

export const memberRoutes = [
  manage({
    method: 'get',
    path: PATH,
    operationId: 'listMembers',
    summary: 'List members',
    description: 'In the order in which they joined. Who is invited and has not accepted is among the invites.',
    tag: 'Members',
    caller: { kind: 'member', permission: 'members:view', organization: 'path' },
    query: Type.Object({ ...PAGE }, { additionalProperties: false }),
    answers: { 200: PageOf(MemberView) },
    example: { answer: { data: [exampleMember], next_cursor: null } },
    async handle({ db, organization, query }) {
      const page = pageAsked(query, ['ms', 'id']);
      const [joinedAtMs, userId] = page.after ?? [];
      const after = joinedAtMs === undefined || userId === undefined ? null : { joinedAtMs, userId };
      const rows = await listMembers(db, organization.id, { limit: page.limit + 1, after });
      return reply(200, pageOf(rows, page, { view: memberView, placeOf: (row) => [row.joinedAtMs, row.userId] }));
    },
  }),

  manage({
    method: 'get',
    path: `${PATH}/me`,
    operationId: 'getMyStanding',
    summary: 'What I may do here',
    description:
      'What the caller may do in this organisation: a person by role, a token by its scopes and no more than its person may. The owner may do everything.',
    tag: 'Members',
    caller: { kind: 'member', permission: null, organization: 'path' },
    answers: { 200: StandingView },
    example: {
      answer: {
        user_id: EXAMPLE.memberId,
        is_owner: false,
        role: { id: EXAMPLE.roleId, name: 'Support' },
        permissions: ['licenses:view', 'licenses:reset_ips'],
      },
    },
    async handle({ db, caller, organization }) {
      const { userId } = caller;
      const role = userId === null ? null : (await getMember(db, organization.id, userId)).role;
      const permissions = inOrder(organization.permissions);
      return reply(200, { user_id: userId, is_owner: organization.isOwner, role, permissions });
    },
  }),

  manage({
    method: 'delete',
    path: `${PATH}/me`,
    operationId: 'leaveOrganization',
    summary: 'Leave an organisation',
    description: 'Ends one’s own membership at once, in person. The owner has to transfer the organisation first.',
    tag: 'Members',
    caller: { kind: 'member', permission: null, organization: 'path' },
    answers: { 204: null },
    refusals: ['conflict'],
    example: {},
    handle({ caller, organization, write }) {
      if (caller.kind !== 'user') throw new HttpError('forbidden', 'No token may leave an organisation: sign in.');
      return write(async (trx) => {
        await removeMember(trx, { organizationId: organization.id, userId: caller.userId });
        return reply(204, null);
      });
    },
  }),

  manage({
    method: 'get',
    path: `${PATH}/:user_id`,
    operationId: 'getMember',
    summary: 'Get a member',
    tag: 'Members',
    caller: { kind: 'member', permission: 'members:view', organization: 'path' },
    answers: { 200: MemberView },
    example: { answer: exampleMember },
    handle: async ({ db, organization, params }) =>
      reply(200, memberView(await getMember(db, organization.id, params.user_id))),
  }),

  manage({
    method: 'patch',
    path: `${PATH}/:user_id`,
    operationId: 'changeMember',
    summary: "Change a member's role",
    description: 'To one that grants nothing beyond what the caller holds. The owner has no role.',
    tag: 'Members',
    caller: { kind: 'member', permission: 'members:edit', organization: 'path' },
    body: Body({ role_id: Id }),
    answers: { 200: MemberView },
    refusals: ['conflict'],
    example: { body: { role_id: EXAMPLE.roleId }, answer: exampleMember },
    handle: ({ body, organization, params, write, mustMatch }) =>
      write(async (trx) => {
        const key = { organizationId: organization.id, userId: params.user_id };
        await lockOrganization(trx, organization.id);
        mustMatch(memberView(await getMember(trx, key.organizationId, key.userId)));
        return reply(200, memberView(await changeMember(trx, { ...key, roleId: body.role_id })));
      }),
  }),

  manage({
    method: 'delete',
    path: `${PATH}/:user_id`,
    operationId: 'removeMember',
    summary: 'Remove a member',
    description:
      "Ends their access at once, and that of the organisation's access tokens which they made. The owner can not be removed.",
    tag: 'Members',
    caller: { kind: 'member', permission: 'members:remove', organization: 'path' },
    answers: { 204: null },
    refusals: ['conflict'],
    example: {},
    handle: ({ organization, params, write }) =>
      write(async (trx) => {
        await removeMember(trx, { organizationId: organization.id, userId: params.user_id });
        return reply(204, null);
      }),
  }),
];
