import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Found, type Loaded, SnapshotCache } from '../../../api/snapshots/cache.ts';
import type { Tag } from '../../../store/notices.ts';

const SEED = 20_261_121;
const RUNS = process.env.PLIMSOLL_DEEP ? 50_000 : 1_500;
const KEYS = ['a', 'b', 'c'];
const GONE = -1;

class Outage extends Error {}

/** One thing that happens; `at` picks among what there is to pick from. */
type Step =
  | { does: 'change' | 'delete' | 'get'; key: string }
  | { does: 'read' | 'finish' | 'fail'; at: number }
  | { does: 'hear' | 'lose' | 'connect' }
  | { does: 'pass'; ms: number };

const key = fc.constantFrom(...KEYS);
const at = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom<'change' | 'get'>('change', 'get', 'get'), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant<'delete'>('delete'), key }) },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constantFrom<'read' | 'finish' | 'fail'>('read', 'finish', 'finish', 'fail'), at }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom<'hear' | 'lose' | 'connect'>('hear', 'hear', 'hear', 'lose', 'connect'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant<'pass'>('pass'), ms: fc.constantFrom(1, 600, 20 * 60_000) }) },
);

interface Load {
  key: string;
  /** What stood there when the source looked: at the beginning, or later. */
  version: number;
  answer: PromiseWithResolvers<Loaded<number> | undefined>;
}

/**
 * The world as it is, slowly: what stands under each key, which notices are on their way, and how old an answer may be. A value is
 * the number of the change that made it.
 */
class World {
  nowMs = 0;
  changes = 0;
  isListening = false;
  readonly truth = new Map(KEYS.map((each) => [each, 0]));
  /** What was told to have changed; an answer to whoever asks from now on is not older. */
  readonly told = new Map(KEYS.map((each) => [each, 0]));
  /** What stood there when listening began: what is served as verified from now on is not older. */
  readonly atConnect = new Map(KEYS.map((each) => [each, 0]));
  loads: Load[] = [];
  notices: { key: string; version: number }[] = [];
  readonly wrong: string[] = [];
  readonly cache = new SnapshotCache<number>({
    capacity: 2,
    absentMs: 500,
    unverifiedMs: 15 * 60_000,
    patienceMs: 60_000,
    awayMs: 500,
    source: { askAgainAtMs: null },
    isOutage: (error) => error instanceof Outage,
    now: () => this.nowMs,
  });

  async take(taken: Step): Promise<void> {
    if (taken.does === 'change') this.change(taken.key, (this.changes += 1));
    else if (taken.does === 'delete') this.change(taken.key, GONE);
    else if (taken.does === 'get') this.get(taken.key);
    else if (taken.does === 'pass') this.nowMs += taken.ms;
    else if (taken.does === 'hear') this.hear();
    else if (taken.does === 'lose') this.lose();
    else if (taken.does === 'connect') this.connect();
    else if ('at' in taken) this.load(taken);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Keys are random: what is gone doesn't come back. */
  private change(changed: string, version: number): void {
    if (this.truth.get(changed) === GONE) return;
    this.truth.set(changed, version);
    if (this.isListening) this.notices.push({ key: changed, version });
  }

  private hear(): void {
    const notice = this.notices.shift();
    if (!notice) return;
    this.told.set(notice.key, notice.version);
    this.cache.changed(`license:${notice.key}`);
  }

  private lose(): void {
    this.isListening = false;
    this.notices = [];
    this.cache.lost();
  }

  private connect(): void {
    if (this.isListening) return;
    this.isListening = true;
    for (const each of KEYS) this.atConnect.set(each, this.truth.get(each)!);
    this.cache.connected();
  }

  private load({ does, at: which }: { does: 'read' | 'finish' | 'fail'; at: number }): void {
    const load = this.loads[which % this.loads.length];
    if (!load) return;
    if (does === 'read') {
      load.version = this.truth.get(load.key)!;
      return;
    }
    this.loads = this.loads.filter((each) => each !== load);
    const tags: Tag[] = [`license:${load.key}`];
    if (does === 'fail') load.answer.reject(new Outage());
    else load.answer.resolve(load.version === GONE ? undefined : { value: load.version, tags });
  }

  get(asked: string): void {
    const told = this.told.get(asked)!;
    const atConnect = this.atConnect.get(asked)!;
    const check = ({ value, degraded }: Found<number>): void => {
      const isOlder = (than: number) => than === GONE || (value ?? GONE) < than;
      if (value === undefined) {
        if (this.truth.get(asked) !== GONE) this.wrong.push(`${asked} is there, and was called absent`);
      } else if (isOlder(told)) this.wrong.push(`${asked} is ${value}, and ${told} was told before`);
      else if (!degraded && isOlder(atConnect))
        this.wrong.push(`${asked} is ${value}, and was ${atConnect} on connecting`);
    };
    const found = this.cache.get(asked, () => {
      const answer = Promise.withResolvers<Loaded<number> | undefined>();
      this.loads.push({ key: asked, version: this.truth.get(asked)!, answer });
      return answer.promise;
    });
    if (!(found instanceof Promise)) return check(found);
    found.then(check, (error: unknown) => {
      if (!(error instanceof Outage)) this.wrong.push(`${asked} threw ${String(error)}`);
    });
  }

  /** Everything comes to rest: what is served then is what is, and needs no load. */
  async rest(): Promise<void> {
    await this.take({ does: 'lose' });
    await this.take({ does: 'connect' });
    while (this.notices.length > 0) await this.take({ does: 'hear' });
    while (this.loads.length > 0) await this.take({ does: 'finish', at: 0 });
    for (const asked of KEYS) {
      await this.take({ does: 'get', key: asked });
      while (this.loads.length > 0) await this.take({ does: 'finish', at: 0 });
      const truth = this.truth.get(asked)!;
      expect(this.cache.peek(asked)).toEqual({ value: truth === GONE ? undefined : truth, degraded: false });
    }
    expect(this.cache.remembered).toBe(0);
  }
}

test('a snapshot is never older than the last change that was told before it was asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
      const world = new World();
      for (const each of steps) await world.take(each);
      await world.rest();
      expect(world.wrong).toEqual([]);
      expect(world.cache.size).toBeLessThanOrEqual(2);
    }),
    { seed: SEED, numRuns: RUNS },
  );
}, 120_000);
