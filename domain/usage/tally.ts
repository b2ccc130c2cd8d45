import { utcDay } from '../plans/periods.ts';
import { addToSketch, emptySketch, type Sketch } from './sketch.ts';

/** The status of a call whose verdict is not known, or never will be. */
export const UNKNOWN = 'unknown';

/** A call that was counted. Times are epoch milliseconds. */
export interface SettledCall {
  /** Names the call where its verdict is not known yet. */
  callId: string | null;
  atMs: number;
  productId: string;
  periodKey: string;
  cost: number;
  licenseId: string | null;
  ip: string | null;
  version: string | null;
  deviceId: string | null;
  status: string | null;
}

/** What became of a call that was counted before. */
export interface SettledVerdict {
  callId: string;
  atMs: number;
  productId: string;
  licenseId: string | null;
  ip: string | null;
  version: string | null;
  deviceId: string | null;
  status: string;
}

/** A call that was settled without its verdict: as much of it as its sums need. */
export interface PendingCall {
  callId: string;
  productId: string;
  atMs: number;
  version: string;
  licenseId: string | null;
}

/** What one batch adds, row by row of the tables it goes to. A day is a UTC day, `2026-11-21`; version '' is none. */
export interface Tally {
  calls: number;
  periods: { productId: string; periodKey: string; used: number }[];
  verdicts: { productId: string; day: string; status: string; version: string; calls: number }[];
  /** Calls that were `unknown` until now, to be taken from there. */
  cleared: { productId: string; day: string; version: string; calls: number }[];
  licenses: { licenseId: string; day: string; productId: string; calls: number }[];
  sketches: { productId: string; day: string; kind: 'ips' | 'licenses'; sketch: Sketch }[];
  /** The last successful call of a licence from an address. */
  seen: { licenseId: string; ip: string; atMs: number }[];
  log: SettledCall[];
  pending: PendingCall[];
  /** Verdicts of calls that were settled without them. */
  late: SettledVerdict[];
  /** Verdicts of calls that nobody knows: what was counted was lost with Redis, or has waited for longer than is kept. */
  orphans: number;
}

/** Gives calls the verdicts that came with them. The rest belongs to calls of former batches. */
export function joinVerdicts(
  calls: readonly SettledCall[],
  verdicts: readonly SettledVerdict[],
): { calls: SettledCall[]; rest: SettledVerdict[] } {
  if (verdicts.length === 0) return { calls: [...calls], rest: [] };
  const byId = new Map(verdicts.map((verdict) => [verdict.callId, verdict]));
  const joined = calls.map((call) => {
    const verdict = call.status === null && call.callId !== null ? byId.get(call.callId) : undefined;
    if (!verdict) return call;
    byId.delete(verdict.callId);
    const { status, licenseId, ip, version, deviceId } = verdict;
    return { ...call, status, licenseId, ip, version, deviceId };
  });
  return { calls: joined, rest: [...byId.values()] };
}

/**
 * Adds up what a batch changes. `waiting` are the calls, settled before, that the verdicts of `rest` are about. Rows of sums come
 * in the order of their keys: two writers never wait for each other in a circle, and neighbours in an index are written together.
 */
export function tally(
  { calls, rest }: { calls: readonly SettledCall[]; rest: readonly SettledVerdict[] },
  waiting: ReadonlyMap<string, PendingCall>,
): Tally {
  // Nested by key rather than keyed by joined texts: joining would take longer than all the adding.
  const products = new Nested<ProductSums>(() => ({
    periods: new Map(),
    cleared: new Nested(emptyMap),
    days: new Nested(emptyDay),
  }));
  const seen = new Nested<Map<string, number>>(emptyMap);
  const dayOf = createDays();
  const late = rest.filter(({ callId }) => waiting.has(callId));

  /** What a verdict tells beside its own sum. */
  const note = (sums: DaySums, call: SettledCall | SettledVerdict, isNewLicense: boolean): void => {
    const { licenseId, ip, status, atMs } = call;
    if (ip !== null) addToSketch((sums.ips ??= emptySketch()), ip);
    if (licenseId === null) return;
    addToSketch((sums.licenseSketch ??= emptySketch()), licenseId);
    if (isNewLicense) add(sums.licenses, licenseId, 1);
    // Only a call that succeeded was one of a registered address; a look-up is none of its machine's.
    if (ip === null || status !== 'active') return;
    const ofLicense = seen.at(licenseId);
    if ((ofLicense.get(ip) ?? 0) < atMs) ofLicense.set(ip, atMs);
  };

  const pending: PendingCall[] = [];
  for (const call of calls) {
    const { productId, periodKey, cost, atMs, callId, licenseId, status } = call;
    const version = call.version ?? '';
    const product = products.at(productId);
    const day = product.days.at(dayOf(atMs));
    add(product.periods, periodKey, cost);
    add(day.verdicts.at(status ?? UNKNOWN), version, 1);
    note(day, call, true);
    if (status === null && callId !== null) pending.push({ callId, productId, atMs, version, licenseId });
  }
  for (const verdict of late) {
    const call = waiting.get(verdict.callId)!;
    const product = products.at(call.productId);
    const dayKey = dayOf(call.atMs);
    const day = product.days.at(dayKey);
    add(product.cleared.at(dayKey), call.version, 1);
    add(day.verdicts.at(verdict.status), verdict.version ?? '', 1);
    note(day, verdict, call.licenseId === null);
  }
  return {
    ...rowsOf(products, seen),
    calls: calls.length,
    log: [...calls],
    pending,
    late,
    orphans: rest.length - late.length,
  };
}

interface DaySums {
  /** Calls by status and version. */
  verdicts: Nested<Map<string, number>>;
  /** Calls by licence. */
  licenses: Map<string, number>;
  ips?: Sketch;
  licenseSketch?: Sketch;
}

interface ProductSums {
  periods: Map<string, number>;
  /** Calls by day and version. */
  cleared: Nested<Map<string, number>>;
  days: Nested<DaySums>;
}

/** The rows of all sums, in the order of their keys. */
function rowsOf(
  products: Nested<ProductSums>,
  seen: Nested<Map<string, number>>,
): Pick<Tally, 'periods' | 'verdicts' | 'cleared' | 'licenses' | 'sketches' | 'seen'> {
  const rows: ReturnType<typeof rowsOf> = {
    periods: [],
    verdicts: [],
    cleared: [],
    licenses: [],
    sketches: [],
    seen: [],
  };
  for (const [productId, product] of inOrder(products.map)) {
    for (const [periodKey, used] of inOrder(product.periods)) rows.periods.push({ productId, periodKey, used });
    for (const [day, versions] of inOrder(product.cleared.map)) {
      for (const [version, calls] of inOrder(versions)) rows.cleared.push({ productId, day, version, calls });
    }
    for (const [day, sums] of inOrder(product.days.map)) {
      for (const [status, versions] of inOrder(sums.verdicts.map)) {
        for (const [version, calls] of inOrder(versions))
          rows.verdicts.push({ productId, day, status, version, calls });
      }
      for (const [licenseId, calls] of inOrder(sums.licenses)) rows.licenses.push({ licenseId, day, productId, calls });
      if (sums.ips) rows.sketches.push({ productId, day, kind: 'ips', sketch: sums.ips });
      if (sums.licenseSketch) rows.sketches.push({ productId, day, kind: 'licenses', sketch: sums.licenseSketch });
    }
  }
  for (const [licenseId, addresses] of seen.map) {
    for (const [ip, atMs] of addresses) rows.seen.push({ licenseId, ip, atMs });
  }
  return rows;
}

/** A map that makes what it is asked for. */
class Nested<Value> {
  readonly map = new Map<string, Value>();
  readonly #make: () => Value;
  constructor(make: () => Value) {
    this.#make = make;
  }
  at(key: string): Value {
    let value = this.map.get(key);
    if (value === undefined) this.map.set(key, (value = this.#make()));
    return value;
  }
}

const emptyMap = (): Map<string, number> => new Map();
const emptyDay = (): DaySums => ({ verdicts: new Nested(emptyMap), licenses: new Map() });

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

function inOrder<Value>(rows: ReadonlyMap<string, Value>): [string, Value][] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The UTC days of a batch's calls, which are few. */
export function daysOf(calls: readonly SettledCall[]): Set<string> {
  const dayOf = createDays();
  return new Set(calls.map(({ atMs }) => dayOf(atMs)));
}

/** `utcDay` for many instants of few days: writing a date takes longer than all else that is done with a call. */
function createDays(): (atMs: number) => string {
  let current = utcDay(0);
  return (atMs) => {
    if (atMs < current.startsAtMs || atMs >= current.endsAtMs) current = utcDay(atMs);
    return current.key;
  };
}
