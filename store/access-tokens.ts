import type { Knex } from 'knex';
import { inOrder, type Permission, permissionsOf } from '../domain/permissions/permissions.ts';
import { Refusal } from '../domain/refusal.ts';
import { newAccessToken } from '../runtime/access-token.ts';
import { newId } from '../runtime/ids.ts';
import { actorOf } from './acting.ts';
import { audit } from './audit.ts';
import { lockOrganization } from './organizations.ts';
import { lockPerson } from './people.ts';
import { mustHold, mustHoldAnywhere } from './rights.ts';

/**
 * Access tokens: how scripts act. A personal one may do what it was made for *and* its person holds at that moment, in each of their
 * organisations; an organisation's own may do there what it was made for, until it ends. The token is shown once and stored as a
 * hash; each call asks Postgres for it, so that a revocation is obeyed at once.
 */
export interface AccessToken {
  id: string;
  /** One of the two: a person's own, or an organisation's. */
  userId: string | null;
  organizationId: string | null;
  /** Who made an organisation's token; `null` when that person is gone. */
  createdBy: string | null;
  name: string;
  prefix: string;
  scopes: Permission[];
  /** From where it may be used; `null`: from everywhere. */
  networks: string[] | null;
  expiresAtMs: number | null;
  lastUsedAtMs: number | null;
  revokedAtMs: number | null;
  createdAtMs: number;
}

export interface NewToken {
  name: string;
  scopes: readonly Permission[];
  /** In CIDR form, in their one spelling; `null`: from everywhere. */
  networks: readonly string[] | null;
  /** Epoch milliseconds; `null`: until it is revoked. */
  expiresAtMs: number | null;
}

/** Whose tokens are meant. */
export type TokenHolder = { userId: string } | { organizationId: string };

/**
 * Makes a personal token. Its scopes must be held in one of the person's organisations at least; what it may do is found out anew with
 * each call. The token is in the answer and never again. @throws {Refusal} `forbidden`, `not_found` (the person)
 */
export async function createPersonalToken(
  trx: Knex.Transaction,
  { userId, ...wanted }: NewToken & { userId: string },
): Promise<{ accessToken: AccessToken; token: string }> {
  await lockPerson(trx, userId);
  await mustHoldAnywhere(trx, userId, wanted.scopes);
  return insertToken(trx, { user_id: userId, created_by: userId }, wanted);
}

/**
 * Makes a token of the organisation, with scopes that whoever acts holds there: a person, with whose membership it ends, or whoever
 * runs the server. No token does: what it made would outlive its revocation, its networks and its end.
 * @throws {Refusal} `forbidden`, `not_found`
 */
export async function createOrganizationToken(
  trx: Knex.Transaction,
  { organizationId, ...wanted }: NewToken & { organizationId: string },
): Promise<{ accessToken: AccessToken; token: string }> {
  await lockOrganization(trx, organizationId);
  await mustHold(trx, organizationId, wanted.scopes);
  return insertToken(trx, { organization_id: organizationId, created_by: madeBy(trx) }, wanted);
}

function madeBy(trx: Knex.Transaction): string | null {
  const actor = actorOf(trx);
  if (actor.kind === 'token')
    throw new Refusal('forbidden', { message: 'No token makes another one.', permissions: [] });
  return actor.kind === 'user' ? actor.id : null;
}

async function insertToken(
  trx: Knex.Transaction,
  holder: { user_id?: string; organization_id?: string; created_by: string | null },
  { name, scopes, networks, expiresAtMs }: NewToken,
): Promise<{ accessToken: AccessToken; token: string }> {
  const { token, hash, prefix } = newAccessToken();
  const [row] = await trx('access_tokens')
    .insert({
      id: newId(),
      ...holder,
      name,
      token_hash: hash,
      token_prefix: prefix,
      scopes: inOrder(scopes),
      networks: networks && [...networks],
      expires_at: expiresAtMs === null ? null : new Date(expiresAtMs),
    })
    .returning<TokenRow[]>(COLUMNS);
  const accessToken = toToken(row!);
  await auditToken(trx, 'access_token.created', accessToken);
  return { accessToken, token };
}

/** Those that were not revoked, the newest first; `after` is the last one's id. Expired ones are shown as such. */
export async function listTokens(
  db: Knex,
  holder: TokenHolder,
  { limit, after }: { limit: number; after: string | null },
): Promise<AccessToken[]> {
  const rows = db('access_tokens')
    .where(holderColumns(holder))
    .whereNull('revoked_at')
    .orderBy('id', 'desc')
    .limit(limit)
    .select<TokenRow[]>(COLUMNS);
  if (after !== null) void rows.where('id', '<', after);
  return (await rows).map(toToken);
}

/** @throws {Refusal} `not_found`, also for somebody else's and one that was revoked */
export async function getToken(db: Knex, holder: TokenHolder, id: string): Promise<AccessToken> {
  const row = await db('access_tokens')
    .where({ ...holderColumns(holder), id })
    .whereNull('revoked_at')
    .first<TokenRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'access token' });
  return toToken(row);
}

/** Ends a token, for the next call already. @throws {Refusal} `not_found` */
export async function revokeToken(trx: Knex.Transaction, holder: TokenHolder, id: string): Promise<void> {
  const [row] = await trx('access_tokens')
    .where({ ...holderColumns(holder), id })
    .whereNull('revoked_at')
    .update({ revoked_at: trx.fn.now(3), updated_at: trx.fn.now(3) })
    .returning<TokenRow[]>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'access token' });
  await auditToken(trx, 'access_token.revoked', toToken(row));
}

/** Ends all tokens of an organisation that somebody made as its member. Gives how many. */
export async function revokeTokensMadeBy(
  trx: Knex.Transaction,
  organizationId: string,
  userId: string,
): Promise<number> {
  return trx('access_tokens')
    .where({ organization_id: organizationId, created_by: userId })
    .whereNull('revoked_at')
    .update({ revoked_at: trx.fn.now(3), updated_at: trx.fn.now(3) });
}

/** A personal token is the person's own affair: it stands in the platform's chain, as do accounts. */
async function auditToken(trx: Knex.Transaction, action: string, token: AccessToken): Promise<void> {
  const { id, organizationId, name, prefix, scopes, networks, expiresAtMs } = token;
  const facts = { name, prefix, scopes, networks, expiresAtMs };
  await audit(trx, {
    organizationId,
    action,
    target: { type: 'access_token', id },
    ...(action.endsWith('created') ? { after: facts } : { before: facts }),
  });
}

function holderColumns(holder: TokenHolder): Record<string, string> {
  return 'userId' in holder ? { user_id: holder.userId } : { organization_id: holder.organizationId };
}

interface TokenRow {
  id: string;
  user_id: string | null;
  organization_id: string | null;
  scopes: string[];
  last_used_at: number | null;
  created_by: string | null;
  name: string;
  token_prefix: string;
  networks: string[] | null;
  expires_at: number | null;
  revoked_at: number | null;
  created_at: number;
}
const COLUMNS = [
  'id',
  'user_id',
  'organization_id',
  'scopes',
  'last_used_at',
  'created_by',
  'name',
  'token_prefix',
  'networks',
  'expires_at',
  'revoked_at',
  'created_at',
];

function toToken(row: TokenRow): AccessToken {
  return {
    id: row.id,
    userId: row.user_id,
    organizationId: row.organization_id,
    createdBy: row.created_by,
    name: row.name,
    prefix: row.token_prefix,
    scopes: inOrder(permissionsOf(row.scopes)),
    networks: row.networks,
    expiresAtMs: row.expires_at,
    lastUsedAtMs: row.last_used_at,
    revokedAtMs: row.revoked_at,
    createdAtMs: row.created_at,
  };
}
