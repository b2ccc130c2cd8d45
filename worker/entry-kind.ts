import type { Knex } from 'knex';
import type { SettledCounter, SettledStates, UsageEntry } from '../counters/usage.ts';

/**
 * One kind of what entries of the stream carry, as `settle.ts` sees it: that one knows batches and positions, and nothing of any
 * kind. What a kind decodes is in `counters/`, beside what appends it; what it adds up in `domain/`, pure; what it writes in
 * `store/`. Here the three are joined.
 */
export interface EntryKind {
  /** Every place, in order, at which a test may let the process die: one after each statement. */
  readonly points: readonly string[];
  /** UTC days whose tables of the log must be there before the batch; none for a kind that logs nothing. */
  logDays(entries: readonly UsageEntry[]): Iterable<string>;
  /** Writes all that the entries hold of this kind, in the batch's transaction, and says what came of it. */
  settle(
    trx: Knex.Transaction,
    entries: readonly UsageEntry[],
    how: How,
    passed: (point: string) => void,
  ): Promise<{ told: Told; held: Held }>;
}

/** What is settled now of what Redis holds: it must not be behind that. Only what this batch has changed. */
export interface Held extends SettledStates {
  counters: readonly SettledCounter[];
}

/** How a batch is written. */
export interface How {
  /** Whether details are left out, because the drain is too far behind. Sums never are. */
  sampling: boolean;
}

/** What came of one kind in a batch. */
export interface Told {
  calls: number;
  /** Rows that the log was spared. */
  leftOut: number;
  /** Verdicts of calls that nobody counted. */
  orphans: number;
}

/** The parts of a kind, in the order in which they run. */
export interface KindParts<Tally> {
  logDays: EntryKind['logDays'];
  /** Asks Postgres for what the tally needs beside the entries, and adds up; its statement is `reads`. */
  tally(trx: Knex.Transaction, entries: readonly UsageEntry[], how: How): Promise<Tally>;
  reads: string;
  writers: readonly Writer<Tally>[];
  /** Read when all is written. */
  held(trx: Knex.Transaction, tally: Tally): Promise<Held>;
  told(tally: Tally): Told;
}

/** A table, and the statement that brings its rows of the tally there. */
export interface Writer<Tally> {
  point: string;
  write(trx: Knex.Transaction, tally: Tally, how: How): Promise<void>;
}

export function entryKind<Tally>(kind: KindParts<Tally>): EntryKind {
  return {
    points: [kind.reads, ...kind.writers.map(({ point }) => point)],
    logDays: (entries) => kind.logDays(entries),
    async settle(trx, entries, how, passed) {
      const tally = await kind.tally(trx, entries, how);
      passed(kind.reads);
      for (const each of kind.writers) {
        await each.write(trx, tally, how);
        passed(each.point);
      }
      return { told: kind.told(tally), held: await kind.held(trx, tally) };
    },
  };
}

/** A writer of those rows of the tally; where there are none, it sends no statement. */
export function writer<Tally, Row>(
  point: string,
  rowsOf: (tally: Tally) => Row[],
  run: (trx: Knex.Transaction, rows: Row[], how: How) => Promise<unknown>,
): Writer<Tally> {
  return {
    point,
    async write(trx, tally, how) {
      const rows = rowsOf(tally);
      if (rows.length > 0) await run(trx, rows, how);
    },
  };
}
