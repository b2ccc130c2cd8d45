import { type Loaded, SnapshotCache, type SnapshotCacheOptions } from '../../../api/snapshots/cache.ts';
import type { Tag } from '../../../store/notices.ts';

export const MINUTE_MS = 60_000;

export class Outage extends Error {}

/** A cache with a clock and a source that a test holds in its hand. */
export function aCache(options: Partial<SnapshotCacheOptions> = {}) {
  const clock = { nowMs: 0 };
  const cache = new SnapshotCache<string>({
    capacity: 100,
    absentMs: 1_000,
    unverifiedMs: 15 * MINUTE_MS,
    patienceMs: 10_000,
    awayMs: 0,
    source: { askAgainAtMs: null },
    isOutage: (error) => error instanceof Outage,
    now: () => clock.nowMs,
    ...options,
  });
  let loads = 0;
  const pending = (key: string) => {
    const begun: PromiseWithResolvers<Loaded<string> | undefined>[] = [];
    const load = () => {
      loads += 1;
      const answer = Promise.withResolvers<Loaded<string> | undefined>();
      begun.push(answer);
      return answer.promise;
    };
    return { begun, found: Promise.resolve(cache.get(key, load)) };
  };
  return {
    cache,
    clock,
    loads: () => loads,
    /** What the cache gives when a load would give this, or throw it. */
    get: async (key: string, source: Loaded<string> | Error | undefined) =>
      cache.get(key, async () => {
        loads += 1;
        if (source instanceof Error) throw source;
        return source;
      }),
    /** A get whose loads the test answers one by one, in the order in which they begin. */
    pending,
  };
}

/** What a load gives. */
export const gives = (value: string, ...tags: Tag[]) => ({ value, tags });

export const LICENSE: Tag = 'license:1';
export const fresh = (value: string | undefined) => ({ value, degraded: false });
export const degraded = (value: string) => ({ value, degraded: true });
/** Lets everything that is not held up by a test go on. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
