import { type Static, Type } from 'typebox';
import { listOrganizationsOf } from '../../../store/members.ts';
import {
  getOrganization,
  lockOrganization,
  type Organization,
  renameOrganization,
} from '../../../store/organizations.ts';
import { createOwnedOrganization } from '../../../store/owners.ts';
import { EXAMPLE } from '../examples.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Body, Id, Instant, instant, Nullable, OneOf, Text, View } from '../schemas.ts';

const Name = Text(80, 'the name as people read it, of up to 80 characters');
const Slug = Type.String({
  maxLength: 48,
  pattern: '^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$',
  description: '1 to 48 lower-case letters, digits and hyphens, no hyphen at either end',
});

const OrganizationView = View('Organization', {
  id: Id,
  name: Type.String(),
  slug: Type.String({ description: 'set at creation, never changed' }),
  plan: Type.String(),
  billing_state: OneOf('active', 'billing_grace', 'billing_suspended', 'cancelled'),
  is_suspended: Type.Boolean({ description: 'by the platform' }),
  signing_enabled: Type.Boolean(),
  owner_id: Nullable(Id),
  created_at: Instant,
});

function viewOf(organization: Organization): Static<typeof OrganizationView> {
  return {
    id: organization.id,
    name: organization.name,
    slug: organization.slug,
    plan: organization.plan,
    billing_state: organization.billingState,
    is_suspended: organization.suspendedAtMs !== null,
    signing_enabled: organization.signingEnabled,
    owner_id: organization.ownerId,
    created_at: instant(organization.createdAtMs),
  };
}

/** A role as others name it. */
export const RoleName = View('RoleName', { id: Id, name: Type.String() });

const JoinedView = View('JoinedOrganization', {
  id: Id,
  name: Type.String(),
  slug: Type.String(),
  plan: Type.String(),
  is_owner: Type.Boolean(),
  role: Nullable(RoleName),
});

const exampleOrganization: Static<typeof OrganizationView> = {
  id: EXAMPLE.organizationId,
  name: 'Acme',
  slug: 'acme',
  plan: 'free',
  billing_state: 'active',
  is_suspended: false,
  signing_enabled: false,
  owner_id: EXAMPLE.ownerId,
  created_at: EXAMPLE.createdAt,
};

const PATH = '/v1/organizations/:organization_id';

export const organizationRoutes = [
  manage({
    method: 'get',
    path: '/v1/organizations',
    operationId: 'listOrganizations',
    summary: 'List my organisations',
    description: 'Those that one owns or has joined, the oldest first.',
    tag: 'Organizations',
    caller: { kind: 'user' },
    query: Type.Object({ ...PAGE }, { additionalProperties: false }),
    answers: { 200: PageOf(JoinedView) },
    example: {
      answer: {
        data: [{ id: EXAMPLE.organizationId, name: 'Acme', slug: 'acme', plan: 'free', is_owner: true, role: null }],
        next_cursor: null,
      },
    },
    async handle({ db, caller, query }) {
      const page = pageAsked(query, ['id']);
      const rows = await listOrganizationsOf(db, caller.userId, {
        limit: page.limit + 1,
        after: page.after?.[0] ?? null,
      });
      return reply(
        200,
        pageOf(rows, page, {
          view: ({ id, name, slug, plan, isOwner, role }) => ({ id, name, slug, plan, is_owner: isOwner, role }),
          placeOf: ({ id }) => [id],
        }),
      );
    },
  }),

  manage({
    method: 'post',
    path: '/v1/organizations',
    operationId: 'createOrganization',
    summary: 'Create an organisation',
    description:
      'Whoever creates it is its owner. It begins on the free plan. How many one may own and have joined together is limited.',
    tag: 'Organizations',
    caller: { kind: 'user', sessionOnly: true },
    body: Body({ name: Name, slug: Slug }),
    answers: { 201: OrganizationView },
    refusals: ['name_taken', 'plan_limit_reached'],
    example: { body: { name: 'Acme', slug: 'acme' }, answer: exampleOrganization },
    handle: ({ body: { name, slug }, caller, write }) =>
      write(async (trx) =>
        reply(201, viewOf(await createOwnedOrganization(trx, { name, slug, plan: 'free', ownerId: caller.userId }))),
      ),
  }),

  manage({
    method: 'get',
    path: PATH,
    operationId: 'getOrganization',
    summary: 'Get an organisation',
    tag: 'Organizations',
    caller: { kind: 'member', permission: null, organization: 'path' },
    answers: { 200: OrganizationView },
    example: { answer: exampleOrganization },
    handle: async ({ db, organization }) => reply(200, viewOf(await getOrganization(db, organization.id))),
  }),

  manage({
    method: 'patch',
    path: PATH,
    operationId: 'changeOrganization',
    summary: 'Rename an organisation',
    description: 'Its slug is part of addresses that people keep, and stays.',
    tag: 'Organizations',
    caller: { kind: 'member', permission: 'organization:edit', organization: 'path' },
    body: Body({ name: Name }),
    answers: { 200: OrganizationView },
    example: { body: { name: 'Acme Tools' }, answer: { ...exampleOrganization, name: 'Acme Tools' } },
    handle: ({ body, organization, write, mustMatch }) =>
      write(async (trx) => {
        mustMatch(viewOf(await lockOrganization(trx, organization.id)));
        return reply(200, viewOf(await renameOrganization(trx, organization.id, body.name)));
      }),
  }),
];
