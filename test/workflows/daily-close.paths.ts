import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { DailyCloseActivities } from '../../activities/daily-close.ts';
import {
  DAILY_CLOSE,
  type DailyClose,
  type DailyCloseResult,
  type DailyCloseWorkflow,
} from '../../workflows/daily-close/messages.ts';
import { withWorker } from './support.ts';

/** A world of days and products, kept in memory, that notes what was done to it. */
export interface FakeDays {
  activities: DailyCloseActivities;
  /** What was closed, in order: `day page-after`, then `day finished`. */
  done: string[];
  /** What the run is begun with, where it isn't the eighth of March. */
  input?: DailyClose;
}

export function fakeDays(options: {
  days: string[];
  /** Pages of products a day has. */
  pages?: number;
  /** How many times a day is found unsettled before it is settled. */
  unsettled?: Record<string, number>;
}): FakeDays {
  const { pages = 1, unsettled = {} } = options;
  const open = [...options.days];
  const done: string[] = [];
  return {
    done,
    activities: {
      listUnclosedDays: async ({ before }) => open.filter((day) => Date.parse(day) + 86_400_000 <= Date.parse(before)),
      async checkDaySettled({ day }) {
        if ((unsettled[day] ?? 0) === 0) return { settled: true };
        unsettled[day]! -= 1;
        return { settled: false, waitingFor: 'partition 0 to be settled' };
      },
      async closeProductsOfDay({ day, after }) {
        done.push(`${day} after ${after}`);
        const page = after === null ? 1 : Number(after) + 1;
        return { closed: 500, next: page < pages ? String(page) : null };
      },
      async finishClosedDay({ day }) {
        done.push(`${day} finished`);
        open.splice(open.indexOf(day), 1);
        return { products: 500 * pages, used: 1_000 };
      },
    },
  };
}

/** The ways a close can go, recorded in test/histories/daily-close. */
export const PATHS: Record<string, () => FakeDays> = {
  'nothing-open': () => fakeDays({ days: [] }),
  'a-week': () => fakeDays({ days: WEEK, pages: 2 }),
  // As a run that was continued as new begins.
  resumed: () => ({
    ...fakeDays({ days: ['2026-03-06', '2026-03-07'], pages: 3 }),
    input: { before: '2026-03-08T00:00:00.000Z', resume: { day: '2026-03-06', after: '1' }, closedDays: 5 },
  }),
  waiting: () => fakeDays({ days: ['2026-03-07'], unsettled: { '2026-03-07': 3 } }),
};

export const WEEK = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06', '2026-03-07'];

/** Runs a close to its end, and gives its handle to look at. */
export async function runDailyCloseWith(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleOption,
  activities: DailyCloseActivities,
  input: DailyClose = { before: '2026-03-08T00:00:00.000Z' },
): Promise<{ handle: WorkflowHandleWithFirstExecutionRunId<DailyCloseWorkflow>; result: DailyCloseResult }> {
  return withWorker(env, { workflowBundle, activities }, async (taskQueue) => {
    const handle = await env.client.workflow.start<DailyCloseWorkflow>(DAILY_CLOSE, {
      workflowId: `daily-close-${randomUUID()}`,
      taskQueue,
      args: [input],
    });
    return { handle, result: await handle.result() };
  });
}
