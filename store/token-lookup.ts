import type { Knex } from 'knex';
import { type Permissions, permissionsOf } from '../domain/permissions/permissions.ts';
import { hashAccessToken, isAccessToken } from '../runtime/access-token.ts';

/** Access tokens as calls meet them; making and ending them is in `access-tokens.ts`. */

/** A token that was presented and may be used. */
export interface FoundToken {
  id: string;
  userId: string | null;
  organizationId: string | null;
  scopes: Permissions;
  lastUsedAtMs: number | null;
}

/**
 * The token that somebody presents from an address (in its one spelling), unless it is unknown, has ended, or is not for that
 * network: which of these is nobody's business. A text that is none of ours by its checksum costs no query.
 */
export async function findToken(
  db: Knex,
  presented: string,
  { ip, nowMs }: { ip: string; nowMs: number },
): Promise<FoundToken | undefined> {
  if (!isAccessToken(presented)) return undefined;
  const row = await db('access_tokens')
    .where({ token_hash: hashAccessToken(presented) })
    .modify(living, nowMs)
    .whereRaw('(networks is null or ?::inet <<= any (networks))', [ip])
    .first<FoundRow | undefined>(FOUND_COLUMNS);
  return row && toFound(row);
}

/** A token by its id, while it may be used. */
export async function findLivingToken(db: Knex, id: string): Promise<FoundToken | undefined> {
  const row = await db('access_tokens')
    .where({ id })
    .modify(living, Date.now())
    .first<FoundRow | undefined>(FOUND_COLUMNS);
  return row && toFound(row);
}

function living(rows: Knex.QueryBuilder, nowMs: number): void {
  void rows.whereNull('revoked_at').whereRaw('(expires_at is null or expires_at > ?)', [new Date(nowMs)]);
}

/** How often at most it is written that a token was used. */
export const USE_NOTED_EVERY_MS = 60_000;

/** Notes that a token was used, unless that was written within the last minute. Never awaited by a call. */
export async function noteTokenUse(db: Knex, id: string, nowMs: number): Promise<void> {
  await db('access_tokens')
    .where({ id })
    .whereRaw('(last_used_at is null or last_used_at <= ?)', [new Date(nowMs - USE_NOTED_EVERY_MS)])
    .update({ last_used_at: new Date(nowMs) });
}

interface FoundRow {
  id: string;
  user_id: string | null;
  organization_id: string | null;
  scopes: string[];
  last_used_at: number | null;
}
const FOUND_COLUMNS = ['id', 'user_id', 'organization_id', 'scopes', 'last_used_at'];

function toFound(row: FoundRow): FoundToken {
  return {
    id: row.id,
    userId: row.user_id,
    organizationId: row.organization_id,
    scopes: permissionsOf(row.scopes),
    lastUsedAtMs: row.last_used_at,
  };
}
