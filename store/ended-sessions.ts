import type { Knex } from 'knex';

/** What of accounts ends by itself: sessions, and proofs that were asked for and not given, of both audiences. */
const TABLES = ['user_sessions', 'user_verifications', 'portal_sessions', 'portal_verifications'];

/** Forgets what ended before an instant, at most `limit` rows of each kind; gives how many of the kind that had the most. */
export async function pruneEnded(db: Knex, { beforeMs, limit }: { beforeMs: number; limit: number }): Promise<number> {
  const counts: number[] = [];
  for (const table of TABLES) {
    const ended = db(table)
      .where('expires_at', '<', new Date(beforeMs))
      .orderBy('expires_at')
      .limit(limit)
      .select('id');
    counts.push(await db(table).whereIn('id', ended).delete());
  }
  return Math.max(...counts);
}
