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
 * Adds up what a batch changes. `waiting` are the calls, settled before, that the verdicts of `rest` are about. Rows come in
 * the order of their keys, so that two writers never wait for each other in a circle.
 */
export function tally(
  { calls, rest }: { calls: readonly SettledCall[]; rest: readonly SettledVerdict[] },
  waiting: ReadonlyMap<string, PendingCall>,
): Tally {
  const periods = new Sums<Tally['periods'][number]>('used');
  const verdicts = new Sums<Tally['verdicts'][number]>('calls');
  const cleared = new Sums<Tally['cleared'][number]>('calls');
  const licenses = new Sums<Tally['licenses'][number]>('calls');
  const sketches = new Map<string, Tally['sketches'][number]>();
  const seen = new Map<string, Tally['seen'][number]>();
  const dayOf = createDays();
  const late = rest.filter(({ callId }) => waiting.has(callId));

  const sketchOf = (productId: string, day: string, kind: 'ips' | 'licenses'): Sketch => {
    const key = `${productId}|${day}|${kind}`;
    let row = sketches.get(key);
    if (!row) sketches.set(key, (row = { productId, day, kind, sketch: emptySketch() }));
    return row.sketch;
  };
  /** What a verdict tells beside its own sum. */
  const note = (call: SettledCall | SettledVerdict, day: string, isNewLicense: boolean): void => {
    const { productId, licenseId, ip, status, atMs } = call;
    if (ip !== null) addToSketch(sketchOf(productId, day, 'ips'), ip);
    if (licenseId === null) return;
    addToSketch(sketchOf(productId, day, 'licenses'), licenseId);
    if (isNewLicense) licenses.add(`${licenseId}|${day}`, { licenseId, day, productId, calls: 1 });
    // Only a call that succeeded was one of a registered address; a look-up is none of its machine's.
    if (ip === null || status !== 'active') return;
    const key = `${licenseId}|${ip}`;
    const before = seen.get(key);
    if (!before || before.atMs < atMs) seen.set(key, { licenseId, ip, atMs });
  };

  const pending: PendingCall[] = [];
  for (const call of calls) {
    const { productId, periodKey, cost, atMs, callId, licenseId } = call;
    const day = dayOf(atMs);
    const status = call.status ?? UNKNOWN;
    const version = call.version ?? '';
    periods.add(`${productId}|${periodKey}`, { productId, periodKey, used: cost });
    verdicts.add(`${productId}|${day}|${status}|${version}`, { productId, day, status, version, calls: 1 });
    note(call, day, true);
    if (call.status === null && callId !== null) pending.push({ callId, productId, atMs, version, licenseId });
  }
  for (const verdict of late) {
    const call = waiting.get(verdict.callId)!;
    const { productId } = call;
    const day = dayOf(call.atMs);
    const { status } = verdict;
    const version = verdict.version ?? '';
    cleared.add(`${productId}|${day}|${call.version}`, { productId, day, version: call.version, calls: 1 });
    verdicts.add(`${productId}|${day}|${status}|${version}`, { productId, day, status, version, calls: 1 });
    note(verdict, day, call.licenseId === null);
  }

  return {
    calls: calls.length,
    periods: periods.rows(),
    verdicts: verdicts.rows(),
    cleared: cleared.rows(),
    licenses: licenses.rows(),
    sketches: inOrder(sketches),
    seen: inOrder(seen),
    log: [...calls],
    pending,
    late,
    orphans: rest.length - late.length,
  };
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

/** Rows that are added up by key. */
class Sums<Row extends object> {
  readonly #rows = new Map<string, Row>();
  readonly #amount: keyof Row;
  constructor(amount: keyof Row) {
    this.#amount = amount;
  }
  add(key: string, row: Row): void {
    const before = this.#rows.get(key);
    if (before) (before[this.#amount] as number) += row[this.#amount] as number;
    else this.#rows.set(key, row);
  }
  rows(): Row[] {
    return inOrder(this.#rows);
  }
}

function inOrder<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
}
