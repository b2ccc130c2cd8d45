import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fakeDays, PATHS, runDailyCloseWith, WEEK } from './daily-close.paths.ts';
import { startTimeSkipping } from './support.ts';

const workflowBundle = { codePath: inject('workflowBundle') };
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await startTimeSkipping(inject('timeSkippingServer'));
});
afterAll(() => env?.teardown());

describe("the day's close", () => {
  test('closes seven days after an outage of a week in one run, oldest first, each once', async () => {
    const { activities, done } = fakeDays({ days: WEEK });
    const { result } = await runDailyCloseWith(env, workflowBundle, activities);
    expect(result).toEqual({ closedDays: 7 });
    expect(done).toEqual(WEEK.flatMap((day) => [`${day} after null`, `${day} finished`]));
  });

  test('goes through all pages of a day before it marks it, and its history can be replayed', async () => {
    const { activities, done } = fakeDays({ days: ['2026-03-07'], pages: 3 });
    const { handle } = await runDailyCloseWith(env, workflowBundle, activities);
    expect(done).toEqual(['2026-03-07 after null', '2026-03-07 after 1', '2026-03-07 after 2', '2026-03-07 finished']);
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  });

  test('leaves a day alone that is not over', async () => {
    const { activities, done } = fakeDays({ days: ['2026-03-07', '2026-03-08'] });
    await runDailyCloseWith(env, workflowBundle, activities, { before: '2026-03-08T23:59:59.999Z' });
    expect(done).toEqual(['2026-03-07 after null', '2026-03-07 finished']);
  });

  test('waits for the drain, for hours if it must, and closes nothing meanwhile', async () => {
    const { activities, done } = fakeDays({ days: ['2026-03-06', '2026-03-07'], unsettled: { '2026-03-06': 20 } });
    const startedAt = await env.currentTimeMs();
    const waits: number[] = [];
    const { handle, result } = await runDailyCloseWith(env, workflowBundle, {
      ...activities,
      async checkDaySettled(asked) {
        waits.push((await env.currentTimeMs()) - startedAt);
        if (done.length > 0 && asked.day === '2026-03-06') throw new Error('Closed before it was settled');
        return activities.checkDaySettled(asked);
      },
    });
    expect(result).toEqual({ closedDays: 2 });
    // 15 s, 30 s … then every five minutes.
    expect(waits[20]! / 3_600_000).toBeGreaterThan(1);
    // What Temporal's UI shows beside each of the pauses.
    const { events } = await handle.fetchHistory();
    const pauses = (events ?? []).filter((event) => event.timerStartedEventAttributes);
    const summaries = pauses.map(({ userMetadata }) => JSON.parse(String(userMetadata?.summary?.data)) as unknown);
    expect(summaries).toEqual(Array.from({ length: 20 }, () => '2026-03-06 is not settled yet'));
    expect(done[0]).toBe('2026-03-06 after null');
  });

  test('goes on as a new run where a day has too many pages for one, and closes each once', {
    timeout: 180_000,
  }, async () => {
    const { activities, done } = fakeDays({ days: ['2026-03-06', '2026-03-07'], pages: 1_000 });
    const { handle, result } = await runDailyCloseWith(env, workflowBundle, activities);
    expect(result).toEqual({ closedDays: 2 });
    expect(done).toHaveLength(2 * 1_001);
    expect(new Set(done).size).toBe(done.length);
    const last = await handle.fetchHistory();
    const { events } = last;
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    // The end of one run and the beginning of the next are replayed as any other.
    const first = await env.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).fetchHistory();
    for (const history of [first, last]) {
      await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId);
    }
  });

  test('takes up a page where a former run has ended', async () => {
    const { activities, done } = fakeDays({ days: ['2026-03-07'], pages: 3 });
    const resume = { day: '2026-03-07', after: '2' };
    const { result } = await runDailyCloseWith(env, workflowBundle, activities, {
      before: '2026-03-08T00:00:00Z',
      resume,
      closedDays: 4,
    });
    expect(result).toEqual({ closedDays: 5 });
    expect(done).toEqual(['2026-03-07 after 2', '2026-03-07 finished']);
  });

  test('does nothing where every day is closed', async () => {
    const { activities, done } = PATHS['nothing-open']!();
    expect((await runDailyCloseWith(env, workflowBundle, activities)).result).toEqual({ closedDays: 0 });
    expect(done).toEqual([]);
  });
});
