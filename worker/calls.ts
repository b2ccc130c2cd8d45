import { daysOf, joinVerdicts, type PendingCall, type SettledCall, type Tally, tally } from '../domain/usage/tally.ts';
import { settledUses } from '../store/settled-use.ts';
import {
  addPending,
  addToLicenses,
  addToPeriods,
  addToVerdicts,
  clearUnknown,
  mergeSketches,
  moveLastSeen,
  takePending,
} from '../store/usage.ts';
import { appendLog, completeLog } from '../store/usage-log.ts';
import { entryKind, writer } from './entry-kind.ts';

interface CallsTally extends Tally {
  /** The calls that get a row in the log. */
  logged: SettledCall[];
}

/** One call in so many is logged while sampling. */
const SAMPLE = 10;
const COARSE_MS = 60_000;

/** Calls that were counted, and the verdicts of those that were counted before theirs was known. */
export const calls = entryKind<CallsTally>({
  logDays: (entries) => daysOf(entries.flatMap((entry) => entry.calls)),
  reads: 'pending-taken',
  async tally(trx, entries, { sampling }) {
    const joined = joinVerdicts(
      entries.flatMap((entry) => entry.calls),
      entries.flatMap(({ verdicts }) => verdicts),
    );
    const owed = joined.rest.map(({ callId }) => callId);
    const waiting = owed.length === 0 ? new Map<string, PendingCall>() : await takePending(trx, owed);
    const sums = tally(joined, waiting);
    return { ...sums, logged: sampling ? sums.log.filter((_call, i) => i % SAMPLE === 0) : sums.log };
  },
  writers: [
    writer('periods', ({ periods }) => periods, addToPeriods),
    writer('verdicts', ({ verdicts }) => verdicts, addToVerdicts),
    writer('cleared', ({ cleared }) => cleared, clearUnknown),
    writer('licenses', ({ licenses }) => licenses, addToLicenses),
    writer('sketches', ({ sketches }) => sketches, mergeSketches),
    writer('pending-added', ({ pending }) => pending, addPending),
    writer(
      'log',
      ({ logged }) => logged,
      (trx, rows, { sampling }) => appendLog(trx, rows, sampling ? SAMPLE : 1),
    ),
    writer('log-completed', ({ late }) => late, completeLog),
    writer(
      'last-seen',
      ({ seen }) => seen,
      (trx, rows, { sampling }) => moveLastSeen(trx, rows, { coarseMs: sampling ? COARSE_MS : 0 }),
    ),
  ],
  async held(trx, { periods }) {
    const used = await settledUses(
      trx,
      periods.map(({ productId, periodKey }) => [productId, periodKey]),
    );
    const counters = periods.map(({ productId, periodKey }, i) => ({ productId, periodKey, used: used[i]! }));
    return { counters, balances: [], budgets: [] };
  },
  told: ({ calls: settled, log, logged, orphans }) => ({
    calls: settled,
    leftOut: log.length - logged.length,
    orphans,
  }),
});
