import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fakeHeads, PATHS, runSigningWith } from './audit-signing.paths.ts';
import { startTimeSkipping } from './support.ts';

const workflowBundle = { codePath: inject('workflowBundle') };
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  env = await startTimeSkipping(inject('timeSkippingServer'));
});
afterAll(() => env?.teardown());

describe('the signing of heads', () => {
  test('asks until all are signed, each part behind the one before, and adds up', async () => {
    const { activities, asked } = PATHS['in-parts']!();
    const { handle, result } = await runSigningWith(env, workflowBundle, activities);
    expect(result).toEqual({ signed: 30, hasKey: true });
    expect(asked).toEqual([null, '1', '2']);
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  });

  test('goes on where a run before it ended, and counts on', async () => {
    const { activities, asked } = fakeHeads({ parts: 3 });
    const input = { resume: { after: '2', result: { signed: 20, hasKey: true } } };
    const { result } = await runSigningWith(env, workflowBundle, activities, input);
    expect(result).toEqual({ signed: 30, hasKey: true });
    expect(asked).toEqual(['2']);
  });

  test('ends, and says so, where there is no key to sign with', async () => {
    const { result } = await runSigningWith(env, workflowBundle, PATHS['no-key']!().activities);
    expect(result).toEqual({ signed: 0, hasKey: false });
  });

  test('asks again where a worker was lost', async () => {
    const { activities, asked } = fakeHeads({ parts: 2 });
    let failures = 2;
    const { result } = await runSigningWith(env, workflowBundle, {
      async signHeads(input) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('Postgres is away');
        }
        return activities.signHeads(input);
      },
    });
    expect(result.signed).toBe(20);
    expect(asked).toEqual([null, '1']);
  });
});
