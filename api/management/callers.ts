import type { IncomingMessage } from 'node:http';
import type { Knex } from 'knex';
import { meetOf, type Permission, type Permissions } from '../../domain/permissions/permissions.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { membershipOf } from '../../store/rights.ts';
import { findToken } from '../../store/token-lookup.ts';
import { HttpError } from '../errors.ts';
import { countHeader } from '../request-head.ts';
import type { TokenUses } from './token-uses.ts';

/**
 * Who may call a route. `scope` is the permission that a token needs; a person needs none for what is their own.
 * Whoever may not know of an organisation gets the 404 of a missing one; a member without the permission gets 403.
 */
export type CallerRule =
  | { kind: 'anyone' }
  /** Any signed-in person, or a personal token; with `sessionOnly` no token at all, as for what could outlive a token's end. */
  | { kind: 'user'; scope?: Permission; sessionOnly?: true }
  /**
   * The owner, a member whose role has the permission, or a token with it; `null`: any member. The organisation is the path's
   * `organization_id`, or that of the thing which the path names; `undefined` from the function means that there is none.
   * `sessionOnly` as above.
   */
  | {
      kind: 'member';
      permission: Permission | null;
      sessionOnly?: true;
      organization: 'path' | ((db: Knex, params: Readonly<Record<string, string>>) => Promise<string | undefined>);
    }
  /** The owner in person, of the organisation in the path. */
  | { kind: 'owner' }
  | { kind: 'staff' }
  /** A customer who is signed in to the portal. */
  | { kind: 'customer' };

export interface UserCaller {
  kind: 'user';
  userId: string;
  sessionId: string;
  isStaff: boolean;
}

export interface TokenCaller {
  kind: 'token';
  tokenId: string;
  /** Whose it is; `null` for an organisation's own. */
  userId: string | null;
  /** The one organisation that it opens; `null` for a personal token, which opens its owner's. */
  organizationId: string | null;
  scopes: Permissions;
}

export interface CustomerCaller {
  kind: 'customer';
  customerId: string;
  sessionId: string;
}

export type Caller = { kind: 'anyone' } | UserCaller | TokenCaller | CustomerCaller;

/** Whom a rule lets in, once it was asked. */
export type CallerOf<Rule extends CallerRule> = {
  anyone: { kind: 'anyone' };
  user: UserCaller | (TokenCaller & { userId: string });
  member: UserCaller | TokenCaller;
  owner: UserCaller;
  staff: UserCaller;
  customer: CustomerCaller;
}[Rule['kind']];

/** How the caller stands in the organisation that the call is about. */
export interface Standing {
  id: string;
  isOwner: boolean;
  /** What the caller may do there: of a person by role, of a token no more than its scopes. */
  permissions: Permissions;
}

export type StandingOf<Rule extends CallerRule> = Rule['kind'] extends 'member' | 'owner' ? Standing : undefined;

/** Who is signed in, by the cookies of a request. Each audience has cookies of its own: one never opens the other's doors. */
export interface Sessions {
  sessionOf(request: IncomingMessage): Promise<{ userId: string; sessionId: string; isStaff: boolean } | undefined>;
  customerOf(request: IncomingMessage): Promise<{ customerId: string; sessionId: string } | undefined>;
}

/** What is needed to find out who calls. */
export interface CallerParts {
  db: Knex;
  sessions: Sessions;
  callerAddress: (request: IncomingMessage) => string;
  tokenUses: TokenUses;
  now: () => number;
}

/**
 * Finds out who calls, as far as the rule cares. An `Authorization` header counts alone: a cookie beside it is not looked at.
 * @throws {HttpError} `unauthenticated`
 */
export async function callerOf(rule: CallerRule, request: IncomingMessage, parts: CallerParts): Promise<Caller> {
  if (rule.kind === 'anyone') return { kind: 'anyone' };
  if (rule.kind === 'customer') {
    const customer = await parts.sessions.customerOf(request);
    if (!customer) throw unauthenticated('Sign in to the portal first.');
    return { kind: 'customer', ...customer };
  }
  if (request.headers.authorization !== undefined) return tokenCaller(request, parts);
  const session = await parts.sessions.sessionOf(request);
  if (!session) throw unauthenticated('Sign in, or send an access token: Authorization: Bearer plm_…');
  const { userId, sessionId, isStaff } = session;
  return { kind: 'user', userId, sessionId, isStaff };
}

async function tokenCaller(request: IncomingMessage, parts: CallerParts): Promise<TokenCaller> {
  // Of two, Node shows the first, and a proxy may have looked at the other.
  if (countHeader(request, 'authorization') > 1) throw unauthenticated('The Authorization header stands there twice.');
  const presented = /^bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (presented === undefined) throw unauthenticated('Send an access token in the header: Authorization: Bearer plm_…');
  if (!presented.startsWith('plm_')) {
    throw unauthenticated(
      'This is no access token: those begin with plm_. A product API key opens the public API alone.',
    );
  }
  const nowMs = parts.now();
  const token = await findToken(parts.db, presented, { ip: parts.callerAddress(request), nowMs });
  if (!token)
    throw unauthenticated('This access token is unknown, has expired, was revoked, or is not for this network.');
  parts.tokenUses.note(token, nowMs);
  return {
    kind: 'token',
    tokenId: token.id,
    userId: token.userId,
    organizationId: token.organizationId,
    scopes: token.scopes,
  };
}

/**
 * Says how the caller stands in the organisation that the call is about, where it is about one.
 * @throws {HttpError} `not_found` for what the caller may not know of, `forbidden` naming the permission that is missing
 */
export async function admit(
  rule: CallerRule,
  caller: Caller,
  params: Readonly<Record<string, string>>,
  db: Knex,
): Promise<Standing | undefined> {
  switch (rule.kind) {
    case 'anyone':
    case 'customer':
      return undefined;
    case 'user':
      if (caller.kind === 'token') admitToken(rule, caller);
      return undefined;
    case 'staff':
      if (caller.kind !== 'user' || !caller.isStaff) throw new HttpError('forbidden', 'This is for staff, in person.');
      return undefined;
    case 'owner': {
      const standing = await standingOf(caller, params.organization_id, db);
      if (caller.kind === 'user' && standing.isOwner) return standing;
      throw new HttpError('forbidden', 'This is for the owner of the organisation, in person.');
    }
    case 'member': {
      const { organization, permission, sessionOnly } = rule;
      const id = organization === 'path' ? params.organization_id : await organization(db, params);
      const standing = await standingOf(caller, id, db);
      if (permission !== null && !standing.permissions.has(permission)) throw lacks(permission);
      if (sessionOnly && caller.kind === 'token') throw inPersonOnly();
      return standing;
    }
    default:
      return unreachable(rule);
  }
}

function admitToken({ scope, sessionOnly }: Extract<CallerRule, { kind: 'user' }>, caller: TokenCaller): void {
  if (sessionOnly) throw inPersonOnly();
  if (caller.userId === null) {
    throw new HttpError('forbidden', "This is about a person, and the token is an organisation's.");
  }
  if (scope !== undefined && !caller.scopes.has(scope)) throw lacks(scope);
}

/** @throws {HttpError} `not_found` where there is no such organisation, or the caller has no part in it */
async function standingOf(caller: Caller, organizationId: string | undefined, db: Knex): Promise<Standing> {
  if (organizationId !== undefined) {
    if (caller.kind === 'token' && caller.organizationId !== null) {
      if (caller.organizationId === organizationId) {
        return { id: organizationId, isOwner: false, permissions: caller.scopes };
      }
    } else if (caller.kind === 'user' || (caller.kind === 'token' && caller.userId !== null)) {
      const membership = await membershipOf(db, organizationId, caller.userId!);
      if (membership) {
        const { isOwner, permissions } = membership;
        return {
          id: organizationId,
          isOwner,
          permissions: caller.kind === 'token' ? meetOf(permissions, caller.scopes) : permissions,
        };
      }
    }
  }
  throw new HttpError('not_found', 'There is no such thing, or none that you may see.');
}

function inPersonOnly(): HttpError {
  return new HttpError('forbidden', 'No token may do this: sign in.');
}

function lacks(permission: Permission): HttpError {
  return new HttpError('forbidden', `This takes the permission '${permission}', which you do not have here.`, {
    members: { permissions: [permission] },
  });
}

function unauthenticated(detail: string): HttpError {
  return new HttpError('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
