import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fakeLimits, PATHS, runRecountWith } from './recount.paths.ts';
import { startTimeSkipping } from './support.ts';

const workflowBundle = { codePath: inject('workflowBundle') };
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await startTimeSkipping(inject('timeSkippingServer'));
});
afterAll(() => env?.teardown());

describe('the recount', () => {
  test('asks until everything is compared, each part after the one before, and adds up what was found', async () => {
    const { activities, asked } = PATHS['in-parts']!();
    const { handle, result } = await runRecountWith(env, workflowBundle, activities);
    expect(result).toEqual({ compared: 30, passedOver: 3, differing: 1, unconfirmed: 0 });
    const recountedFor = '2026-03-02T03:00:00.000Z';
    expect(asked).toEqual([null, '1', '2'].map((after) => ({ recountedFor, after })));
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  });

  test('is kept under the time that it began where no other was told, the same in each part', async () => {
    const { activities, asked } = fakeLimits({ parts: 2 });
    await runRecountWith(env, workflowBundle, activities, {});
    expect(new Set(asked.map(({ recountedFor }) => recountedFor)).size).toBe(1);
    expect(Date.parse(asked[0]!.recountedFor)).not.toBeNaN();
  });

  test('goes on as a new run where there are too many parts for one, and counts on', { timeout: 180_000 }, async () => {
    const { activities, asked } = fakeLimits({ parts: 800, differing: [1, 800] });
    const { handle, result } = await runRecountWith(env, workflowBundle, activities);
    expect(result).toEqual({ compared: 8_000, passedOver: 800, differing: 2, unconfirmed: 0 });
    expect(asked).toHaveLength(800);
    const { events } = await handle.fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
  });

  test('asks again where a worker was lost, and counts no part twice', async () => {
    const { activities, asked } = fakeLimits({ parts: 2 });
    let failures = 2;
    const { result } = await runRecountWith(env, workflowBundle, {
      async recountLimits(input) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('Postgres is away');
        }
        return activities.recountLimits(input);
      },
    });
    expect(result.compared).toBe(20);
    expect(asked).toHaveLength(2);
  });
});
