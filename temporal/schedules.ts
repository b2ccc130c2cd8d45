import { ScheduleAlreadyRunning, type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Logger } from '../runtime/log.ts';
import { AUDIT_SIGNING } from '../workflows/audit-signing/messages.ts';
import { DAILY_CLOSE } from '../workflows/daily-close/messages.ts';
import { RECOUNT } from '../workflows/recount/messages.ts';
import { QUEUES } from '../workflows/shared/queues.ts';
import type { Temporal } from './client.ts';

/** What happens by the calendar, as data. Ids are kept for ever: a schedule under another one would be a second schedule. */
export const SCHEDULES = [
  {
    scheduleId: 'daily-close',
    spec: { calendars: [{ hour: 0, minute: 0, second: 0, comment: 'midnight UTC' }], timezone: 'UTC', jitter: 0 },
    action: {
      type: 'startWorkflow',
      workflowType: DAILY_CLOSE,
      workflowId: 'daily-close',
      taskQueue: QUEUES.maintenance,
      args: [{}],
      // A safety net: the next run does all that this one left.
      workflowRunTimeout: '6 hours',
      staticSummary: 'quota close: every UTC day that is over',
    },
    // Every policy spelled out. A run that was missed by more than an hour is no loss: each closes all open days.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour', pauseOnFailure: false },
  },
  {
    scheduleId: 'limit-recount',
    spec: {
      calendars: [{ hour: 3, minute: 0, second: 0, comment: 'each night' }],
      timezone: 'UTC',
      jitter: '10 minutes',
    },
    action: {
      type: 'startWorkflow',
      workflowType: RECOUNT,
      workflowId: 'limit-recount',
      taskQueue: QUEUES.maintenance,
      args: [{}],
      workflowRunTimeout: '6 hours',
      staticSummary: 'recount: whether limits say what there is',
    },
    // A night that was missed is no loss: each recount compares everything.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour', pauseOnFailure: false },
  },
  {
    scheduleId: 'audit-signing',
    spec: {
      calendars: [{ hour: '*', minute: 0, second: 0, comment: 'each hour' }],
      timezone: 'UTC',
      jitter: '1 minute',
    },
    action: {
      type: 'startWorkflow',
      workflowType: AUDIT_SIGNING,
      workflowId: 'audit-signing',
      taskQueue: QUEUES.maintenance,
      args: [{}],
      workflowRunTimeout: '6 hours',
      staticSummary: 'audit log: the heads that have grown are signed',
    },
    // An hour that was missed is made up for as soon as it can be: until then nothing that happened in it is signed.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour', pauseOnFailure: false },
  },
] as const satisfies readonly ScheduleOptions[];

/**
 * Makes the schedules that the namespace lacks, and brings the others up to date; a pause that somebody ordered stays. Asked at
 * every start of a worker, by any number of them. @throws {TemporalOutage}
 */
export async function ensureSchedules(temporal: Temporal, log: Logger): Promise<void> {
  const { schedule } = temporal.client;
  for (const wanted of SCHEDULES) {
    const { scheduleId, spec, action, policies } = wanted as ScheduleOptions;
    try {
      await temporal.call(() => schedule.create({ scheduleId, spec, action, ...(policies && { policies }) }));
      log.info({ scheduleId }, 'schedule made');
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await temporal.call(() =>
        schedule.getHandle(scheduleId).update((found) => ({
          spec,
          action: action as typeof found.action,
          ...(policies && { policies }),
          state: found.state,
        })),
      );
    }
  }
}
