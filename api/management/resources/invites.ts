import type { Knex } from 'knex';
import { type Static, Type } from 'typebox';
import { acting } from '../../../store/acting.ts';
import {
  acceptInvite,
  createInvite,
  getInvite,
  type Invite,
  lapseInvites,
  listInvites,
  listInvitesOf,
  resendInvite,
  withdrawInvite,
} from '../../../store/invites.ts';
import { EXAMPLE } from '../examples.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Body, Email, Id, Instant, instant, Nullable, OneOf, View } from '../schemas.ts';
import { exampleMember, MemberView, memberView } from './members.ts';
import { RoleName } from './organizations.ts';

const State = OneOf('pending', 'accepted', 'withdrawn', 'lapsed');

const InviteView = View('Invite', {
  id: Id,
  email: Email,
  role: Nullable(RoleName),
  state: State,
  sent_at: Instant,
  expires_at: Instant,
  created_at: Instant,
});

function viewOf(invite: Invite): Static<typeof InviteView> {
  return {
    id: invite.id,
    email: invite.email,
    role: invite.role,
    state: invite.state,
    sent_at: instant(invite.sentAtMs),
    expires_at: instant(invite.expiresAtMs),
    created_at: instant(invite.createdAtMs),
  };
}

const OwnInviteView = View('OwnInvite', {
  id: Id,
  organization: View('OrganizationName', { id: Id, name: Type.String() }),
  role: Nullable(RoleName),
  expires_at: Instant,
});

const AcceptedView = View('AcceptedInvite', { organization_id: Id, member: MemberView });

const role = { id: EXAMPLE.roleId, name: 'Support' };
const exampleInvite: Static<typeof InviteView> = {
  id: EXAMPLE.inviteId,
  email: 'bob@example.com',
  role,
  state: 'pending',
  sent_at: EXAMPLE.createdAt,
  expires_at: EXAMPLE.expiresAt,
  created_at: EXAMPLE.createdAt,
};
const exampleAccepted = { organization_id: EXAMPLE.organizationId, member: exampleMember };

const PATH = '/v1/organizations/:organization_id/invites';

/** Gives back the seats of invites whose time is over, before they are shown: nobody who looks does that by themselves. */
function lapse(db: Knex, organizationId: string, nowMs: number): Promise<number> {
  return acting(db, { kind: 'system', process: 'invites' }, (trx) => lapseInvites(trx, organizationId, nowMs));
}

function isOver({ state, expiresAtMs }: Invite, nowMs: number): boolean {
  return state === 'pending' && expiresAtMs <= nowMs;
}

export const inviteRoutes = [
  manage({
    method: 'get',
    path: PATH,
    operationId: 'listInvites',
    summary: 'List invites',
    description: 'The newest first. A pending invite takes a seat until it is withdrawn or its time is over.',
    tag: 'Invites',
    caller: { kind: 'member', permission: 'members:view', organization: 'path' },
    query: Type.Object({ ...PAGE, state: Type.Optional(State) }, { additionalProperties: false }),
    answers: { 200: PageOf(InviteView) },
    example: { query: { state: 'pending' }, answer: { data: [exampleInvite], next_cursor: null } },
    async handle({ db, organization, query, nowMs }) {
      const page = pageAsked(query, ['id']);
      const ask = () =>
        listInvites(db, organization.id, {
          state: query.state ?? null,
          limit: page.limit + 1,
          after: page.after?.[0] ?? null,
        });
      let rows = await ask();
      if (rows.some((row) => isOver(row, nowMs))) {
        await lapse(db, organization.id, nowMs);
        rows = await ask();
      }
      return reply(200, pageOf(rows, page, { view: viewOf, placeOf: ({ id }) => [id] }));
    },
  }),

  manage({
    method: 'post',
    path: PATH,
    operationId: 'createInvite',
    summary: 'Invite somebody',
    description:
      'Sends a mail with a link that is good for seven days, unless configured otherwise. The role may grant what the caller holds, and no more.',
    tag: 'Invites',
    caller: { kind: 'member', permission: 'members:invite', organization: 'path' },
    body: Body({ email: Email, role_id: Id }),
    answers: { 201: InviteView },
    refusals: ['conflict', 'feature_not_available', 'plan_limit_reached'],
    example: { body: { email: 'bob@example.com', role_id: EXAMPLE.roleId }, answer: exampleInvite },
    handle: ({ body, organization, write, nowMs }, { config: { inviteLifetimeMs: lifetimeMs }, secrets }) =>
      write(async (trx) => {
        const wanted = { organizationId: organization.id, email: body.email, roleId: body.role_id };
        return reply(201, viewOf(await createInvite(trx, wanted, { lifetimeMs, nowMs, secrets })));
      }),
  }),

  manage({
    method: 'get',
    path: `${PATH}/:invite_id`,
    operationId: 'getInvite',
    summary: 'Get an invite',
    tag: 'Invites',
    caller: { kind: 'member', permission: 'members:view', organization: 'path' },
    answers: { 200: InviteView },
    example: { answer: exampleInvite },
    async handle({ db, organization, params, nowMs }) {
      let invite = await getInvite(db, organization.id, params.invite_id);
      if (isOver(invite, nowMs)) {
        await lapse(db, organization.id, nowMs);
        invite = await getInvite(db, organization.id, params.invite_id);
      }
      return reply(200, viewOf(invite));
    },
  }),

  manage({
    method: 'post',
    path: `${PATH}/:invite_id/resend`,
    operationId: 'resendInvite',
    summary: 'Send an invite again',
    description: 'With a new link and a new term; the old link is dead. At most once a minute.',
    tag: 'Invites',
    caller: { kind: 'member', permission: 'members:invite', organization: 'path' },
    answers: { 200: InviteView },
    refusals: ['conflict', 'feature_not_available'],
    example: { answer: exampleInvite },
    handle: ({ organization, params, write, nowMs }, { config: { inviteLifetimeMs: lifetimeMs }, secrets }) =>
      write(async (trx) => {
        const key = { organizationId: organization.id, inviteId: params.invite_id };
        return reply(200, viewOf(await resendInvite(trx, key, { lifetimeMs, nowMs, secrets })));
      }),
  }),

  manage({
    method: 'delete',
    path: `${PATH}/:invite_id`,
    operationId: 'withdrawInvite',
    summary: 'Withdraw an invite',
    description: 'Its link is dead and its seat free at once.',
    tag: 'Invites',
    caller: { kind: 'member', permission: 'members:invite', organization: 'path' },
    answers: { 204: null },
    refusals: ['conflict'],
    example: {},
    handle: ({ organization, params, write, nowMs }) =>
      write(async (trx) => {
        await withdrawInvite(trx, { organizationId: organization.id, inviteId: params.invite_id, nowMs });
        return reply(204, null);
      }),
  }),

  manage({
    method: 'get',
    path: '/v1/users/me/invites',
    operationId: 'listMyInvites',
    summary: 'List what I am invited to',
    description: 'What can be accepted now by the verified e-mail address of whoever is signed in, the newest first.',
    tag: 'Me',
    caller: { kind: 'user', sessionOnly: true },
    query: Type.Object({ ...PAGE }, { additionalProperties: false }),
    answers: { 200: PageOf(OwnInviteView) },
    example: {
      answer: {
        data: [
          {
            id: EXAMPLE.inviteId,
            organization: { id: EXAMPLE.organizationId, name: 'Acme' },
            role,
            expires_at: EXAMPLE.expiresAt,
          },
        ],
        next_cursor: null,
      },
    },
    async handle({ db, caller, query, nowMs }) {
      const page = pageAsked(query, ['id']);
      const rows = await listInvitesOf(db, caller.userId, {
        nowMs,
        limit: page.limit + 1,
        after: page.after?.[0] ?? null,
      });
      return reply(
        200,
        pageOf(rows, page, {
          view: ({ invite, organization }) => ({
            id: invite.id,
            organization,
            role: invite.role,
            expires_at: instant(invite.expiresAtMs),
          }),
          placeOf: ({ invite }) => [invite.id],
        }),
      );
    },
  }),

  manage({
    method: 'post',
    path: '/v1/users/me/invites/:invite_id/accept',
    operationId: 'acceptMyInvite',
    summary: 'Accept one of my invites',
    description:
      'By its id, out of one’s own list. The verified address is the proof, so the token of the mail is not needed.',
    tag: 'Me',
    caller: { kind: 'user', sessionOnly: true },
    answers: { 200: AcceptedView },
    refusals: ['conflict', 'plan_limit_reached'],
    example: { answer: exampleAccepted },
    handle: ({ caller, params, write, nowMs }, { secrets }) =>
      write(async (trx) => {
        const wanted = { userId: caller.userId, by: { inviteId: params.invite_id } };
        const { organizationId, member } = await acceptInvite(trx, wanted, { nowMs, secrets });
        return reply(200, { organization_id: organizationId, member: memberView(member) });
      }),
  }),

  manage({
    method: 'post',
    path: '/v1/invites/accept',
    operationId: 'acceptInvite',
    summary: 'Accept an invite',
    description:
      'By the token in the link of its mail. The verified e-mail address of whoever is signed in must be the invited one. Accepting again gives the same answer.',
    tag: 'Invites',
    caller: { kind: 'user', sessionOnly: true },
    body: Body({
      token: Type.String({ minLength: 1, maxLength: 200, description: 'the token in the link of the mail' }),
    }),
    answers: { 200: AcceptedView },
    refusals: ['not_found', 'conflict', 'plan_limit_reached'],
    example: { body: { token: 'k3Jd9fQ2mX7cVb1nLz8pRt5wYh4sGa6eUo0iKj2M' }, answer: exampleAccepted },
    handle: ({ body, caller, write, nowMs }, { secrets }) =>
      write(async (trx) => {
        const wanted = { userId: caller.userId, by: { token: body.token } };
        const { organizationId, member } = await acceptInvite(trx, wanted, { nowMs, secrets });
        return reply(200, { organization_id: organizationId, member: memberView(member) });
      }),
  }),
];
