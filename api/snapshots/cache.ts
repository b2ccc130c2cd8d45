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
  /** The most entries that are kept; one that was not used for long goes first. */
  capacity: number;
  /** How long it is remembered that there is no such thing, milliseconds. */
  absentMs: number;
  /** How long an entry may be served after it could no longer be verified, milliseconds. */
  unverifiedMs: number;
  /** How long a load may take before an entry that can't be verified is served in its place, milliseconds. */
  patienceMs: number;
  /** How long a source that was found away is not asked again where an entry can be served, milliseconds. */
  awayMs: number;
  /** What all who load from one source know of it. */
  source: Source;
  /** Whether an error of a load means that the source is away. */
  isOutage: (error: unknown) => boolean;
  now: () => number;
}

export interface Source {
  /** When a source that was found away may be asked again; `null` while it answers. */
  askAgainAtMs: number | null;
}

interface Entry<V> {
  value: V;
  tags: readonly Tag[];
  /** Of a clock that nobody sets: only compared with each other. */
  loadedAtMs: number;
  /** The last notice that was heard before its load began. */
  notice: number;
  /** The listening that it was loaded under. An entry of another one is unverified. */
  epoch: number;
  /** Whether it was used since it came, or since it was last spared. */
  wasUsed: boolean;
}

/** Absent things are kept apart, so that made-up keys can't push out what exists. */
const MOST_ABSENT = 10_000;
/** Tags whose notices are remembered for the loads under way; beyond it they are forgotten, and those loads repeated. */
const MOST_NOTICED = 1_000;
/** So many are spared for one that comes, so that no call has to wait for a walk through all of them. */
const MOST_SPARED = 32;
/** So many entries are let go in one turn of the event loop: a notice that concerns all of a product must not make calls wait. */
const MOST_AT_ONCE = 200;
/** A thing that changes all the time must not keep those waiting who asked for it. */
const MOST_REPEATS = 4;

/**
 * A bounded cache of snapshots that never serves what it was told has changed.
 *
 * Concurrent misses make one load. A notice that overlaps a load makes it be repeated: what was read may be older than the change.
 * While nobody listens every entry is unverified: the next use loads it again, and only if the source is away is it served as it
 * was, for a while, and said so.
 */
export class SnapshotCache<V> {
  readonly #options: SnapshotCacheOptions;
  /** In the order in which they came or were last spared: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry<V>>();
  /** A key by itself where a tag has but one, as that of a licence does: a set for each would take a tenth of all memory. */
  readonly #keysByTag = new Map<Tag, string | Set<string>>();
  /** When it was found that there is no such thing, in that order. */
  readonly #absent = new Map<string, number>();
  /** Loads that whoever asks now may wait for. */
  readonly #loads = new Map<string, Promise<Found<V>>>();
  /** How many loads are under way; no notice need be remembered when there is none. */
  #loading = 0;
  #notices = 0;
  /** The number of the last notice of each tag. */
  readonly #noticed = new Map<Tag, number>();
  /** Notices up to this one may be forgotten: a load that began before it can't know what it missed. */
  #forgotten = 0;
  /** Tags whose entries are still being let go, and the notice that did it: what was loaded before it is there no more. */
  readonly #stale = new Map<Tag, number>();
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

  /** What is remembered of notices: nothing while no load is under way. */
  get remembered(): number {
    return this.#noticed.size;
  }

  /** What can be said without a load: `undefined` where one is needed. */
  peek(key: string): Found<V> | undefined {
    const entry = this.#entry(key);
    if (entry && this.#isListening && entry.epoch === this.#epoch) {
      entry.wasUsed = true;
      return { value: entry.value, degraded: false };
    }
    const absentAtMs = this.#absent.get(key);
    const isAbsent = absentAtMs !== undefined && this.#options.now() - absentAtMs < this.#options.absentMs;
    return isAbsent ? ABSENT : undefined;
  }

  /** The snapshot, loaded where it must be. @throws what `load` throws, when there is nothing that may be served instead */
  get(key: string, load: () => Promise<Loaded<V> | undefined>): Found<V> | Promise<Found<V>> {
    const atHand = this.peek(key);
    if (atHand) return atHand;

    const { source, now, awayMs } = this.#options;
    const unverified = this.#unverified(key);
    const { askAgainAtMs } = source;
    if (unverified && askAgainAtMs !== null && now() < askAgainAtMs) return unverified;
    let found = this.#loads.get(key);
    if (!found) {
      found = this.#load(key, load);
      this.#loads.set(key, found);
    }
    if (!unverified) return found;
    if (askAgainAtMs === null) return this.#patiently(key, found);
    // One look at whether it is back, which nobody waits for; whoever asks next is told what is wrong with it, if something is.
    source.askAgainAtMs = now() + awayMs;
    void Promise.allSettled([found]);
    return unverified;
  }

  /** Something has changed: what was read from it is gone. */
  changed(tag: Tag): void {
    this.#notices += 1;
    if (this.#loading > 0) {
      this.#noticed.set(tag, this.#notices);
      if (this.#noticed.size > MOST_NOTICED) {
        this.#noticed.clear();
        this.#forgotten = this.#notices;
      }
    }
    const keys = this.#keysByTag.get(tag);
    if (keys === undefined) return;
    if (typeof keys === 'string') {
      this.#remove(keys);
      return;
    }
    if (keys.size <= MOST_AT_ONCE) {
      for (const key of keys) this.#remove(key);
      return;
    }
    this.#stale.set(tag, this.#notices);
    this.#keysByTag.delete(tag);
    this.#letGo(tag, this.#notices, keys.values());
  }

  /** Lets entries of a tag go that are older than a notice, some in each turn. */
  #letGo(tag: Tag, notice: number, keys: Iterator<string>): void {
    for (let i = 0; i < MOST_AT_ONCE; i += 1) {
      const { done, value: key } = keys.next();
      if (done) {
        // A later notice of the same tag has its own to let go.
        if (this.#stale.get(tag) === notice) this.#stale.delete(tag);
        return;
      }
      const entry = this.#entries.get(key);
      // It may have been loaded anew meanwhile.
      if (entry && entry.notice < notice) this.#remove(key);
    }
    setImmediate(() => this.#letGo(tag, notice, keys));
  }

  /** What is at hand, unless it was told to have changed. */
  #entry(key: string): Entry<V> | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#stale.size === 0) return entry;
    return entry.tags.some((tag) => entry.notice < (this.#stale.get(tag) ?? 0)) ? undefined : entry;
  }

  /** Every notice is heard from now on. */
  connected(): void {
    this.#epoch += 1;
    this.#isListening = true;
    // Whoever tells of changes is who is asked: it is back.
    this.#options.source.askAgainAtMs = null;
  }

  /** Notices may be missed from now on. */
  lost(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    const { now, unverifiedMs } = this.#options;
    for (const [epoch, lostAtMs] of this.#lostAtMs) {
      if (now() - lostAtMs > unverifiedMs) this.#lostAtMs.delete(epoch);
    }
    this.#lostAtMs.set(this.#epoch, now());
  }

  async #load(key: string, load: () => Promise<Loaded<V> | undefined>): Promise<Found<V>> {
    this.#loading += 1;
    let repeats = 0;
    try {
      for (; ; repeats += 1) {
        // This one is given to those who wait, whatever happens meanwhile; who comes from now on has another one made.
        if (repeats === MOST_REPEATS) this.#loads.delete(key);
        const began = { notice: this.#notices, epoch: this.#epoch, isListening: this.#isListening };
        const loadedAtMs = this.#options.now();
        let loaded: Loaded<V> | undefined;
        try {
          loaded = await load();
        } catch (error) {
          return this.#insteadOf(key, error);
        }
        this.#options.source.askAgainAtMs = null;
        if (!loaded) {
          this.#remove(key);
          this.#rememberAbsent(key);
          return ABSENT;
        }
        const { value, tags } = loaded;
        if (!this.#isOvertaken(began, tags))
          this.#store(key, { value, tags, loadedAtMs, notice: began.notice, epoch: began.epoch, wasUsed: false });
        else if (repeats < MOST_REPEATS) continue;
        return { value, degraded: false };
      }
    } finally {
      // Before anybody hears of the outcome: who asks after the next change must not find this load.
      if (repeats < MOST_REPEATS) this.#loads.delete(key);
      this.#loading -= 1;
      if (this.#loading === 0) this.#noticed.clear();
    }
  }

  /** Whether what a load has read may be older than a change that was told, or could not be told, while it ran. */
  #isOvertaken(began: { notice: number; epoch: number; isListening: boolean }, tags: readonly Tag[]): boolean {
    return (
      began.epoch !== this.#epoch ||
      began.isListening !== this.#isListening ||
      began.notice < this.#forgotten ||
      tags.some((tag) => (this.#noticed.get(tag) ?? 0) > began.notice)
    );
  }

  /** Waits for a load, but not for long: a source that doesn't answer is as good as away. */
  async #patiently(key: string, found: Promise<Found<V>>): Promise<Found<V>> {
    const late = Promise.withResolvers<Found<V>>();
    const timer = setTimeout(() => {
      this.#isAway();
      late.resolve(this.#unverified(key) ?? found);
    }, this.#options.patienceMs);
    try {
      return await Promise.race([found, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #insteadOf(key: string, error: unknown): Found<V> {
    if (!this.#options.isOutage(error)) {
      this.#options.source.askAgainAtMs = null;
      throw error;
    }
    this.#isAway();
    const unverified = this.#unverified(key);
    if (!unverified) throw error;
    return unverified;
  }

  #isAway(): void {
    const { source, now, awayMs } = this.#options;
    source.askAgainAtMs = now() + awayMs;
  }

  /** What may be served while it can't be verified. */
  #unverified(key: string): Found<V> | undefined {
    const { unverifiedMs, now } = this.#options;
    const entry = this.#entry(key);
    if (!entry) return undefined;
    // It was right until notices could be missed, or as it was loaded while they could be.
    const rightUntilMs = Math.max(entry.loadedAtMs, this.#lostAtMs.get(entry.epoch) ?? entry.loadedAtMs);
    return now() - rightUntilMs > unverifiedMs ? undefined : { value: entry.value, degraded: true };
  }

  #store(key: string, entry: Entry<V>): void {
    this.#remove(key);
    this.#absent.delete(key);
    // Before it comes: nobody has used it yet.
    if (this.#entries.size >= this.#options.capacity) this.#makeRoom();
    this.#entries.set(key, entry);
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys === undefined) this.#keysByTag.set(tag, key);
      else if (typeof keys === 'string') this.#keysByTag.set(tag, new Set([keys, key]));
      else keys.add(key);
    }
  }

  /** The oldest that was not used lately goes; those that were are spared once. A use costs a flag, not a move in the Map. */
  #makeRoom(): void {
    let spared = 0;
    for (const [key, entry] of this.#entries) {
      if (!entry.wasUsed || spared === MOST_SPARED) {
        this.#remove(key);
        return;
      }
      spared += 1;
      entry.wasUsed = false;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    for (const tag of entry.tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys === key) this.#keysByTag.delete(tag);
      else if (keys instanceof Set && keys.delete(key) && keys.size === 0) this.#keysByTag.delete(tag);
    }
  }

  #rememberAbsent(key: string): void {
    this.#absent.delete(key);
    this.#absent.set(key, this.#options.now());
    if (this.#absent.size > MOST_ABSENT) this.#absent.delete(oldest(this.#absent));
  }
}

const ABSENT: Found<never> = { value: undefined, degraded: false };

function oldest(map: Map<string, unknown>): string {
  const { value } = map.keys().next();
  return value!;
}
