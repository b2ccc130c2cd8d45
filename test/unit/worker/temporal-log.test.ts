import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../runtime/log.ts';
import { PinoTemporalLogger } from '../../../worker/temporal-log.ts';

function aLogger(): { lines: () => Record<string, unknown>[]; temporal: PinoTemporalLogger } {
  const written: string[] = [];
  const log = createLogger(
    { logLevel: 'trace' },
    { name: 'worker', destination: { write: (line) => void written.push(line) } },
  );
  return {
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    temporal: new PinoTemporalLogger(log),
  };
}

describe("the log of Temporal's SDK", () => {
  test('reaches ours with its five levels and what it knows of the run', () => {
    const { lines, temporal } = aLogger();
    temporal.trace('a');
    temporal.debug('b');
    temporal.info('c', { workflowId: 'self-check:1' });
    temporal.warn('d');
    temporal.error('e');

    expect(lines().map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
      'trace a',
      'debug b',
      'info c',
      'warn d',
      'error e',
    ]);
    expect(lines()[2]).toMatchObject({ workflowId: 'self-check:1' });
  });

  test('shows an error with its stack and cause', () => {
    const { lines, temporal } = aLogger();
    temporal.error('Activity failed', { error: new Error('away', { cause: new Error('ECONNREFUSED') }) });

    expect(lines()[0]).toMatchObject({ err: { type: 'Error', message: expect.stringContaining('away') as string } });
    expect(JSON.stringify(lines()[0])).toContain('ECONNREFUSED');
    expect(lines()[0]).not.toHaveProperty('error');
  });

  test('is quiet about each attempt of each poller while the server is away', () => {
    const { lines, temporal } = aLogger();
    temporal.warn('gRPC call poll retried 5 times', { target: 'temporalio_client::retry' });
    expect(lines()[0]).toMatchObject({ level: 'debug' });
  });
});
