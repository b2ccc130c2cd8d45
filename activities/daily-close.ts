import { log } from '@temporalio/activity';
import type { Knex } from 'knex';
import { readUnsettled } from '../counters/unsettled.ts';
import { appendedAtMs, type UsageStream } from '../counters/usage.ts';
import { utcDay } from '../domain/plans/periods.ts';
import { ENDED_KEPT_MS } from '../domain/program/program.ts';
import { forgetReservations } from '../store/settled-programs.ts';
import { forgetPending } from '../store/usage.ts';
import { closeProducts, finishDay, unclosedDays } from '../store/usage-closings.ts';
import { oldestMeteredAtMs } from '../store/usage-metered.ts';
import { settledIds } from '../store/usage-positions.ts';

export type DailyCloseActivities = ReturnType<typeof createDailyCloseActivities>;

/** Whether all that was counted on a day is settled, and if not, what is waited for. */
export type DaySettlement = { settled: true } | { settled: false; waitingFor: string };

/** For how long after its end a call may still be counted for a day: clocks that differ, a batch that is asked for again. */
const LATE_MS = 60_000;
/** A verdict that has not come by then never will. */
const VERDICT_WITHIN_MS = 86_400_000;
const DAYS_AT_A_TIME = 100;
const PRODUCTS_AT_A_TIME = 500;

/** What the day's close does to the world. Each may run twice: rows are unique by product and day. */
export function createDailyCloseActivities({ db, stream }: { db: Knex; stream: UsageStream }) {
  return {
    /** Days that are over at `before` (RFC 3339) and not closed, oldest first; a hundred at most. */
    async listUnclosedDays({ before }: { before: string }): Promise<string[]> {
      return unclosedDays(db, Date.parse(before), DAYS_AT_A_TIME);
    },

    /**
     * Whether the drain has passed the end of a day on every partition: Redis' clock shows a minute more than the day's end, no
     * entry that was appended before that is unsettled, and no call that was served before it while Redis was away waits to be
     * counted.
     */
    async checkDaySettled({ day }: { day: string }): Promise<DaySettlement> {
      const endMs = utcDay(Date.parse(day)).endsAtMs + LATE_MS;
      const meteredAtMs = await oldestMeteredAtMs(db);
      if (meteredAtMs !== undefined && meteredAtMs < endMs) {
        const since = new Date(meteredAtMs).toISOString();
        return { settled: false, waitingFor: `calls that were served without Redis since ${since}` };
      }
      for (const partition of stream.partitions) {
        // The clock first: whatever is appended after it was read carries a later time.
        const nowMs = await stream.nowMs(partition);
        if (nowMs < endMs) return { settled: false, waitingFor: `${new Date(endMs).toISOString()}, by Redis' clock` };
        const { entries } = await readUnsettled(stream, partition, {
          enoughCalls: 1,
          settledIds: (generations) => settledIds(db, partition, generations),
        });
        const oldest = entries[0];
        if (oldest && appendedAtMs(oldest.id) < endMs) {
          const since = new Date(appendedAtMs(oldest.id)).toISOString();
          return { settled: false, waitingFor: `partition ${partition} to be settled, which waits since ${since}` };
        }
      }
      return { settled: true };
    },

    /** Closes the day for the next products, then drops their counters of that day. `next`: where to go on, or `null`. */
    async closeProductsOfDay({
      day,
      after,
    }: {
      day: string;
      after: string | null;
    }): Promise<{ closed: number; next: string | null }> {
      const closings = await db.transaction((trx) => closeProducts(trx, { day, after, limit: PRODUCTS_AT_A_TIME }));
      const productIds = closings.map(({ productId }) => productId);
      // After the commit, and again by a retry: a counter that is gone already is no fault.
      for (const partition of stream.partitions) await stream.dropCounters(partition, productIds, day);
      const isLast = productIds.length < PRODUCTS_AT_A_TIME;
      return { closed: productIds.length, next: isLast ? null : (productIds.at(-1) ?? null) };
    },

    /** Marks the day as closed, and forgets what ended before it: calls whose verdict never came, reservations. */
    async finishClosedDay({ day }: { day: string }): Promise<{ products: number; used: number }> {
      const closed = await db.transaction((trx) => finishDay(trx, day));
      const forgotten = await forgetPending(db, Date.parse(day) - VERDICT_WITHIN_MS);
      if (forgotten > 0) log.warn('calls were counted whose verdict never came', { forgotten });
      await forgetReservations(db, Date.parse(day) - ENDED_KEPT_MS);
      return closed;
    },
  };
}
