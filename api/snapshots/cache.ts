import type { Tag } from '../../store/notices.ts';

/** What a load gives: the value with the tags of all that it was read from; `undefined` where there is no such thing. */
export interface Loaded<V> {
  value: V;
  tags: readonly Tag[];
}

export interface Found<V> {
  value: V | undefined;
  /** Whether it was served although it could not be verified, because its source is away. */
  degraded: boolean;
}

export interface SnapshotCacheOptions {
  /** The most entries that are kept; the one that was used longest ago goes first. */
  capacity: number;
  /** How long it is remembered that there is no such thing, milliseconds. */
  absentMs: number;
  /** How long an entry may be served after it could no longer be verified, milliseconds. */
  unverifiedMs: number;
  /** Whether an error of a load means that the source is away. */
  isOutage: (error: unknown) => boolean;
  now: () => number;
}

interface Entry<V> {
  value: V;
  tags: readonly Tag[];
  /** Of a clock that nobody sets: only compared with each other. */
  loadedAtMs: number;
  /** The listening that it was loaded under. An entry of another one is unverified. */
  epoch: number;
}

/** Absent things are kept apart, so that made-up keys can't push out what exists. */
const MOST_ABSENT = 10_000;
/** Notices kept for loads on their way, before those that no load can need are dropped. */
const MOST_NOTICED = 1_000;

/**
 * A bounded cache of snapshots that never serves what it was told has changed.
 *
 * Concurrent misses make one load. A notice that overlaps a load makes it be repeated: what was read may be older than the change.
 * While nobody listens every entry is unverified: the next use loads it again, and only if the source is away is it served as it
 * was, for a while, and said so.
 */
export class SnapshotCache<V> {
  readonly #options: SnapshotCacheOptions;
  /** In the order of their last use: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry<V>>();
  readonly #keysByTag = new Map<Tag, Set<string>>();
  /** When it was found that there is no such thing, in that order. */
  readonly #absent = new Map<string, number>();
  readonly #loads = new Map<string, { found: Promise<Found<V>>; startedAt: number }>();
  #noticed: { tag: Tag; at: number }[] = [];
  #notices = 0;
  #epoch = 0;
  #isListening = false;
  /** When each listening was lost. */
  readonly #lostAtMs = new Map<number, number>();

  constructor(options: SnapshotCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The snapshot, loaded where it must be. @throws what `load` throws, when there is nothing that may be served instead */
  get(key: string, load: () => Promise<Loaded<V> | undefined>): Found<V> | Promise<Found<V>> {
    const entry = this.#entries.get(key);
    if (entry && this.#isListening && entry.epoch === this.#epoch) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      return { value: entry.value, degraded: false };
    }
    const absentAtMs = this.#absent.get(key);
    if (absentAtMs !== undefined && this.#options.now() - absentAtMs < this.#options.absentMs) return ABSENT;

    const underWay = this.#loads.get(key);
    if (underWay) return underWay.found;
    const found = this.#load(key, load).finally(() => this.#loads.delete(key));
    this.#loads.set(key, { found, startedAt: this.#notices });
    return found;
  }

  /** Something has changed: what was read from it is gone. */
  changed(tag: Tag): void {
    this.#notices += 1;
    if (this.#loads.size > 0) this.#noticed.push({ tag, at: this.#notices });
    if (this.#loads.size === 0 || this.#noticed.length > MOST_NOTICED) this.#dropOldNotices();
    for (const key of this.#keysByTag.get(tag) ?? []) this.#remove(key);
  }

  /** Every notice is heard from now on. */
  connected(): void {
    this.#epoch += 1;
    this.#isListening = true;
  }

  /** Notices may be missed from now on. */
  lost(): void {
    if (this.#isListening) this.#lostAtMs.set(this.#epoch, this.#options.now());
    this.#isListening = false;
  }

  async #load(key: string, load: () => Promise<Loaded<V> | undefined>): Promise<Found<V>> {
    for (;;) {
      const startedAt = this.#notices;
      const epoch = this.#epoch;
      const loadedAtMs = this.#options.now();
      let loaded: Loaded<V> | undefined;
      try {
        loaded = await load();
      } catch (error) {
        return this.#insteadOf(key, error);
      }
      if (!loaded) {
        this.#remove(key);
        this.#rememberAbsent(key);
        return ABSENT;
      }
      const { value, tags } = loaded;
      if (this.#noticed.some((notice) => notice.at > startedAt && tags.includes(notice.tag))) continue;
      this.#store(key, { value, tags, loadedAtMs, epoch });
      return { value, degraded: false };
    }
  }

  #insteadOf(key: string, error: unknown): Found<V> {
    const { isOutage, unverifiedMs, now } = this.#options;
    const entry = this.#entries.get(key);
    if (!isOutage(error) || !entry) throw error;
    // It was right until notices could be missed, or as it was loaded while they could be.
    const rightUntilMs = Math.max(entry.loadedAtMs, this.#lostAtMs.get(entry.epoch) ?? entry.loadedAtMs);
    if (now() - rightUntilMs > unverifiedMs) throw error;
    return { value: entry.value, degraded: true };
  }

  #store(key: string, entry: Entry<V>): void {
    this.#remove(key);
    this.#absent.delete(key);
    this.#entries.set(key, entry);
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys) keys.add(key);
      else this.#keysByTag.set(tag, new Set([key]));
    }
    if (this.#entries.size > this.#options.capacity) this.#remove(oldest(this.#entries));
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByTag.delete(tag);
    }
  }

  #rememberAbsent(key: string): void {
    this.#absent.delete(key);
    this.#absent.set(key, this.#options.now());
    if (this.#absent.size > MOST_ABSENT) this.#absent.delete(oldest(this.#absent));
  }

  /** A notice is needed by loads that began before it. */
  #dropOldNotices(): void {
    const first = Math.min(...[...this.#loads.values()].map(({ startedAt }) => startedAt));
    this.#noticed = this.#noticed.filter(({ at }) => at > first);
  }
}

const ABSENT: Found<never> = { value: undefined, degraded: false };

function oldest(map: Map<string, unknown>): string {
  const { value } = map.keys().next();
  return value!;
}
