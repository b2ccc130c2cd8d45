import { type Catalogue, type Limit, label, type RetentionLimit } from './catalogue.ts';
import { limitIn, standingOf } from './standing.ts';
import type { SubjectState } from './subject.ts';

const DAY_MS = 86_400_000;

/**
 * From when on records of that kind are seen: those made at `sinceMs` or later; `null` for all of them. Days are 24 hours. It is
 * worked out each time, so a downgrade hides at once and an upgrade shows again what wasn't pruned yet.
 * Source: docs/spec/keyway.md §5, docs/spec/keel.md §5.1.
 * @throws {RangeError} for a kind of record that no retention of the catalogue names
 */
export function visibleSince(
  catalogue: Catalogue,
  subject: SubjectState,
  records: string,
  nowMs: number,
): { limit: string; days: Limit; sinceMs: number | null; chain: RetentionLimit['chain'] } {
  const definition = retentionOf(catalogue, records);
  const { value: days } = limitIn(standingOf(catalogue, subject, nowMs), definition);
  return { limit: definition.name, days, sinceMs: visibleSinceMs(days, nowMs), chain: definition.chain };
}

/** What held for a subject from an instant on, until the next entry of its history. */
export type PastState = { fromMs: number; catalogue: Catalogue; subject: SubjectState };

/**
 * Before when records of that kind may be pruned: those that have been hidden without a break for the limit's days of grace, so
 * that a mistaken downgrade loses nothing (docs/spec/unkey.md §3.1). `null` when nothing may be.
 *
 * `history` says how the subject stood, oldest first, as far back as the grace reaches at least: what isn't known for so long may
 * not be pruned. The last entry is the present; overrides that began or ended in between are followed by themselves.
 * @throws {RangeError} for a kind of record that no retention names, or a history that is empty or out of order
 */
export function prunableBefore(history: readonly PastState[], records: string, nowMs: number): number | null {
  const present = history.at(-1);
  if (!present) throw new RangeError('a history has an entry at least: the present');
  const { graceDays } = retentionOf(present.catalogue, records);
  const graceFromMs = nowMs - graceDays * DAY_MS;

  let before = Number.POSITIVE_INFINITY;
  for (const [index, { fromMs, catalogue, subject }] of history.entries()) {
    const untilMs = history[index + 1]?.fromMs ?? nowMs + 1;
    if (untilMs < fromMs) throw new RangeError('a history is told from the oldest on');
    if (index === 0 && fromMs > graceFromMs) return null;
    // Between two such instants the horizon only moves on with the clock, so the first of each stretch reaches furthest back.
    for (const atMs of [Math.max(fromMs, graceFromMs), ...boundaries(subject)]) {
      if (atMs < Math.max(fromMs, graceFromMs) || atMs >= Math.min(untilMs, nowMs + 1)) continue;
      const { sinceMs } = visibleSince(catalogue, subject, records, atMs);
      if (sinceMs === null) return null;
      before = Math.min(before, sinceMs);
    }
  }
  return before;
}

/** The retention that names the kind of record. @throws {RangeError} when none does */
export function retentionOf(catalogue: Catalogue, records: string): RetentionLimit {
  for (const limit of Object.values(catalogue.limits)) {
    if (limit.kind === 'retention' && limit.records.includes(records)) return limit;
  }
  throw new RangeError(`catalogue ${label(catalogue)} has no retention of records '${records}'`);
}

/** The oldest instant of which something is seen; `null` for no bound. */
export function visibleSinceMs(days: Limit, nowMs: number): number | null {
  return days === 'unlimited' ? null : nowMs - days * DAY_MS;
}

function boundaries({ overrides }: SubjectState): number[] {
  return overrides.flatMap(({ startsAtMs, endsAtMs }) => (endsAtMs === null ? [startsAtMs] : [startsAtMs, endsAtMs]));
}
