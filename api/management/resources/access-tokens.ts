import { type Static, Type } from 'typebox';
import type { Permission } from '../../../domain/permissions/permissions.ts';
import { normalNetwork } from '../../../domain/validation/addresses.ts';
import {
  type AccessToken,
  createOrganizationToken,
  createPersonalToken,
  getToken,
  listTokens,
  type NewToken,
  revokeToken,
} from '../../../store/access-tokens.ts';
import { EXAMPLE } from '../examples.ts';
import { fault, invalid } from '../input.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Body, Id, Instant, instant, Nullable, Text, View } from '../schemas.ts';
import { PermissionCode, PermissionCodes } from './roles.ts';

const FIELDS = {
  id: Id,
  name: Type.String(),
  prefix: Type.String({ description: 'how the token begins, to tell it from others' }),
  scopes: Type.Array(PermissionCode),
  networks: Nullable(Type.Array(Type.String({ description: 'a network in CIDR form' }))),
  expires_at: Nullable(Instant),
  last_used_at: Nullable(Instant),
  created_at: Instant,
};
const AccessTokenView = View('AccessToken', FIELDS);
const NewAccessTokenView = View('NewAccessToken', {
  ...FIELDS,
  token: Type.String({ description: 'shown this once: nobody can read it again' }),
});

function viewOf(token: AccessToken): Static<typeof AccessTokenView> {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    scopes: token.scopes,
    networks: token.networks,
    expires_at: token.expiresAtMs === null ? null : instant(token.expiresAtMs),
    last_used_at: token.lastUsedAtMs === null ? null : instant(token.lastUsedAtMs),
    created_at: instant(token.createdAtMs),
  };
}

const Wanted = Body({
  name: Text(80, 'a name to know it by, of up to 80 characters'),
  scopes: PermissionCodes,
  networks: Type.Optional(
    Nullable(
      Type.Array(Type.String({ maxLength: 60, description: 'an address or a network in CIDR form' }), {
        minItems: 1,
        maxItems: 50,
        description: 'from where it may be used: 1 to 50 networks; null or absent: from everywhere',
      }),
    ),
  ),
  expires_at: Type.Optional(Nullable(Instant)),
});

/** No clock of ours is off by that much: what is stored must end after it began. */
const LEAST_LIFETIME_MS = 60_000;

/** @throws {HttpError} `validation_failed` */
function wantedToken(body: Static<typeof Wanted>, nowMs: number): NewToken {
  const faults = [];
  const networks: string[] = [];
  for (const [i, text] of (body.networks ?? []).entries()) {
    const network = normalNetwork(text);
    if (network !== undefined) networks.push(network);
    else {
      const accepts = 'an address or a network, such as 192.0.2.0/24 or 2001:db8::/32';
      faults.push(fault(`/networks/${i}`, 'bad_network', `networks/${i} is no network: it takes ${accepts}.`, accepts));
    }
  }
  const expiresAtMs = body.expires_at ? Date.parse(body.expires_at) : null;
  if (expiresAtMs !== null && expiresAtMs < nowMs + LEAST_LIFETIME_MS) {
    const accepts = 'an instant at least a minute from now, or null';
    faults.push(fault('/expires_at', 'too_early', `expires_at must be ${accepts}.`, accepts));
  }
  if (faults.length > 0) throw invalid(faults);
  return {
    name: body.name,
    scopes: body.scopes,
    networks: body.networks ? networks : null,
    expiresAtMs,
  };
}

const exampleToken: Static<typeof AccessTokenView> = {
  id: EXAMPLE.accessTokenId,
  name: 'CI',
  prefix: 'plm_7Gh2',
  scopes: ['licenses:view', 'licenses:create'],
  networks: ['192.0.2.0/24'],
  expires_at: null,
  last_used_at: null,
  created_at: EXAMPLE.createdAt,
};
const exampleWanted = {
  name: 'CI',
  scopes: ['licenses:view', 'licenses:create'] as Permission[],
  networks: ['192.0.2.0/24'],
};
const exampleNew = { ...exampleToken, token: 'plm_7Gh2…' };

const PATH = '/v1/organizations/:organization_id/access-tokens';
const OWN = '/v1/users/me/access-tokens';
const PAGE_QUERY = Type.Object({ ...PAGE }, { additionalProperties: false });

export const accessTokenRoutes = [
  manage({
    method: 'get',
    path: PATH,
    operationId: 'listOrganizationTokens',
    summary: "List the organisation's access tokens",
    description: 'Those that were not revoked, the newest first, without their secrets.',
    tag: 'Access tokens',
    caller: { kind: 'member', permission: 'tokens:manage', organization: 'path' },
    query: PAGE_QUERY,
    answers: { 200: PageOf(AccessTokenView) },
    example: { answer: { data: [exampleToken], next_cursor: null } },
    async handle({ db, organization, query }) {
      const page = pageAsked(query, ['id']);
      const holder = { organizationId: organization.id };
      const rows = await listTokens(db, holder, { limit: page.limit + 1, after: page.after?.[0] ?? null });
      return reply(200, pageOf(rows, page, { view: viewOf, placeOf: ({ id }) => [id] }));
    },
  }),

  manage({
    method: 'post',
    path: PATH,
    operationId: 'createOrganizationToken',
    summary: 'Create an access token of the organisation',
    description:
      'Its scopes are what it may do here, and no more than the caller holds. It ends when it expires, is revoked, or whoever made it is no longer a member; a smaller role of theirs leaves it as it is.',
    tag: 'Access tokens',
    caller: { kind: 'member', permission: 'tokens:manage', organization: 'path', sessionOnly: true },
    body: Wanted,
    answers: { 201: NewAccessTokenView },
    example: { body: exampleWanted, answer: exampleNew },
    handle({ body, organization, write, nowMs }) {
      const wanted = { organizationId: organization.id, ...wantedToken(body, nowMs) };
      return write(async (trx) => {
        const { accessToken, token } = await createOrganizationToken(trx, wanted);
        return reply(201, { ...viewOf(accessToken), token });
      });
    },
  }),

  manage({
    method: 'get',
    path: `${PATH}/:access_token_id`,
    operationId: 'getOrganizationToken',
    summary: 'Get an access token of the organisation',
    tag: 'Access tokens',
    caller: { kind: 'member', permission: 'tokens:manage', organization: 'path' },
    answers: { 200: AccessTokenView },
    example: { answer: exampleToken },
    handle: async ({ db, organization, params }) =>
      reply(200, viewOf(await getToken(db, { organizationId: organization.id }, params.access_token_id))),
  }),

  manage({
    method: 'delete',
    path: `${PATH}/:access_token_id`,
    operationId: 'revokeOrganizationToken',
    summary: 'Revoke an access token of the organisation',
    description: 'For the next call already.',
    tag: 'Access tokens',
    caller: { kind: 'member', permission: 'tokens:manage', organization: 'path' },
    answers: { 204: null },
    example: {},
    handle: ({ organization, params, write }) =>
      write(async (trx) => {
        await revokeToken(trx, { organizationId: organization.id }, params.access_token_id);
        return reply(204, null);
      }),
  }),

  manage({
    method: 'get',
    path: OWN,
    operationId: 'listMyTokens',
    summary: 'List my access tokens',
    description: 'Those that were not revoked, the newest first, without their secrets.',
    tag: 'Access tokens',
    caller: { kind: 'user', sessionOnly: true },
    query: PAGE_QUERY,
    answers: { 200: PageOf(AccessTokenView) },
    example: { answer: { data: [exampleToken], next_cursor: null } },
    async handle({ db, caller, query }) {
      const page = pageAsked(query, ['id']);
      const holder = { userId: caller.userId };
      const rows = await listTokens(db, holder, { limit: page.limit + 1, after: page.after?.[0] ?? null });
      return reply(200, pageOf(rows, page, { view: viewOf, placeOf: ({ id }) => [id] }));
    },
  }),

  manage({
    method: 'post',
    path: OWN,
    operationId: 'createMyToken',
    summary: 'Create an access token of my own',
    description:
      'In each of one’s organisations it may do what it was made for and what one may do there oneself at that moment. No token makes another one.',
    tag: 'Access tokens',
    caller: { kind: 'user', sessionOnly: true },
    body: Wanted,
    answers: { 201: NewAccessTokenView },
    example: { body: exampleWanted, answer: exampleNew },
    handle({ body, caller, write, nowMs }) {
      const wanted = { userId: caller.userId, ...wantedToken(body, nowMs) };
      return write(async (trx) => {
        const { accessToken, token } = await createPersonalToken(trx, wanted);
        return reply(201, { ...viewOf(accessToken), token });
      });
    },
  }),

  manage({
    method: 'get',
    path: `${OWN}/:access_token_id`,
    operationId: 'getMyToken',
    summary: 'Get one of my access tokens',
    tag: 'Access tokens',
    caller: { kind: 'user', sessionOnly: true },
    answers: { 200: AccessTokenView },
    example: { answer: exampleToken },
    handle: async ({ db, caller, params }) =>
      reply(200, viewOf(await getToken(db, { userId: caller.userId }, params.access_token_id))),
  }),

  manage({
    method: 'delete',
    path: `${OWN}/:access_token_id`,
    operationId: 'revokeMyToken',
    summary: 'Revoke one of my access tokens',
    description: 'For the next call already.',
    tag: 'Access tokens',
    caller: { kind: 'user', sessionOnly: true },
    answers: { 204: null },
    example: {},
    handle: ({ caller, params, write }) =>
      write(async (trx) => {
        await revokeToken(trx, { userId: caller.userId }, params.access_token_id);
        return reply(204, null);
      }),
  }),
];
