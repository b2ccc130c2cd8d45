import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SelfCheckActivities } from '../../activities/self-check.ts';
import type { SelfCheck, SelfReading } from './messages.ts';

const { readSelf } = proxyActivities<SelfCheckActivities>({
  startToCloseTimeout: '10s',
  // A part of ours that is away is waited for, as every process would; but an answer that nobody awaits any more is
  // worth nothing, so the check doesn't wait as long as a process that owes somebody something.
  scheduleToCloseTimeout: '5 minutes',
});

/**
 * Shows that the whole way works: the server hands out a task, the worker takes it, its activity reaches Postgres and Redis,
 * and the answer comes back. It owns no row and changes nothing.
 */
export async function selfCheck({ askedBy }: SelfCheck): Promise<SelfReading> {
  setCurrentDetails(`Asked by ${askedBy}. Waiting for a worker to read its Postgres and its Redis.`);
  const reading = await readSelf();
  setCurrentDetails(
    `Answered by ${reading.worker}: Postgres in ${reading.databaseMs} ms, Redis in ${reading.redisMs} ms, ` +
      `schema ${reading.schemaVersion}.`,
  );
  return reading;
}
