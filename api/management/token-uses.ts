import type { Knex } from 'knex';
import type { Logger } from '../../runtime/log.ts';
import { noteTokenUse, USE_NOTED_EVERY_MS } from '../../store/token-lookup.ts';

/** Notes when tokens are used, at most once a minute each, behind the calls: none of them waits for it or fails by it. */
export interface TokenUses {
  note(token: { id: string; lastUsedAtMs: number | null }, nowMs: number): void;
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>;
}

/** So many may be written at once; what comes beyond is noted by a later call. */
const AT_ONCE = 4;

export function createTokenUses({ db, log }: { db: Knex; log: Logger }): TokenUses {
  const writing = new Map<string, Promise<void>>();
  return {
    note({ id, lastUsedAtMs }, nowMs) {
      if (lastUsedAtMs !== null && nowMs - lastUsedAtMs < USE_NOTED_EVERY_MS) return;
      if (writing.has(id) || writing.size >= AT_ONCE) return;
      const written = noteTokenUse(db, id, nowMs)
        .catch((error: unknown) => log.warn({ err: error, access_token_id: id }, 'the use of a token was not noted'))
        .finally(() => writing.delete(id));
      writing.set(id, written);
    },
    async settled() {
      await Promise.all(writing.values());
    },
  };
}
