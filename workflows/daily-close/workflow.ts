import { continueAsNew, proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { DailyCloseActivities } from '../../activities/daily-close.ts';
import { nominalTime } from '../shared/nominal-time.ts';
import type { DailyClose, DailyCloseResult } from './messages.ts';

const { listUnclosedDays, checkDaySettled, closeProductsOfDay, finishClosedDay } =
  proxyActivities<DailyCloseActivities>({ startToCloseTimeout: '30s' });

const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 300_000;

/**
 * Closes every UTC day that is over and not closed, oldest first, each once the drain has passed its end. Enforcement needs none
 * of this (the day is part of the counter's name); what is closed is told and kept. Whatever is missed is done by the next
 * run: it asks for the days that are open, not for yesterday.
 */
export async function dailyClose(input: DailyClose): Promise<DailyCloseResult> {
  const before = input.before ?? nominalTime();
  let { resume, closedDays = 0 } = input;
  const startAfresh = (at?: DailyClose['resume']): Promise<never> =>
    continueAsNew<typeof dailyClose>({ before, closedDays, ...(at && { resume: at }) });

  for (;;) {
    const days = await listUnclosedDays({ before });
    if (days.length === 0) break;
    for (const day of days) {
      await untilSettled(day, startAfresh);

      let after = resume?.day === day ? resume.after : null;
      resume = undefined;
      for (let closed = 0; ; ) {
        setCurrentDetails(`Closing ${day}: ${closed} products so far, ${closedDays} days before it in this run.`);
        const page = await closeProductsOfDay({ day, after });
        closed += page.closed;
        after = page.next;
        if (after === null) break;
        if (workflowInfo().continueAsNewSuggested) await startAfresh({ day, after });
      }
      await finishClosedDay({ day });
      closedDays += 1;
      if (workflowInfo().continueAsNewSuggested) await startAfresh();
    }
  }
  setCurrentDetails(`Closed ${closedDays} days; all that were over at ${before} are closed.`);
  return { closedDays };
}

/** Waits until the drain has passed the end of the day, with growing pauses; for a drain that stands still, for ever. */
async function untilSettled(day: string, startAfresh: () => Promise<never>): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const found = await checkDaySettled({ day });
    if (found.settled) return;
    setCurrentDetails(`Before ${day} can be closed, this waits for ${found.waitingFor}.`);
    await sleep(waitMs, { summary: `${day} is not settled yet` });
    if (workflowInfo().continueAsNewSuggested) await startAfresh();
  }
}
