import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createTemporal } from '../../../temporal/client.ts';

/** Nobody listens there. */
const nowhere = { temporalAddress: '127.0.0.1:1', temporalNamespace: 'default', temporalTimeoutMs: 600 };

describe('a call to a Temporal that is away', () => {
  test('ends with an outage at its deadline, not seconds later', async () => {
    const temporal = createTemporal(nowhere);
    const startedAt = performance.now();
    await expect(temporal.call(() => temporal.connection.workflowService.getSystemInfo({}))).rejects.toMatchObject({
      name: 'TemporalOutage',
      message: 'Temporal at 127.0.0.1:1 gave no answer within 600 ms',
    });
    // Repeated until then, at most one pause of 200 ms beyond.
    expect(performance.now() - startedAt).toBeGreaterThan(400);
    expect(performance.now() - startedAt).toBeLessThan(1_200);
    await temporal.close();
  });

  test('is ended by closing the client, and nothing of it goes off later', async () => {
    const temporal = createTemporal({ ...nowhere, temporalTimeoutMs: 10_000 });
    const call = temporal.call(() => temporal.connection.workflowService.getSystemInfo({}));
    const outcome = expect(call).rejects.toMatchObject({ name: 'TemporalOutage' });
    await pause(250);
    const startedAt = performance.now();
    await temporal.close();
    await outcome;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    // A repeat that came due now would be an uncaught exception, which fails the run.
    await pause(600);
  });
});
