import { Redis } from 'ioredis';
import { createUsageStream } from '../counters/usage.ts';
import { connectDatabase } from '../store/database.ts';
import { ensurePosition } from '../store/usage-positions.ts';
import { settleBatch } from '../worker/settle.ts';

/**
 * A drain as a process of its own, so that what it costs is told apart: asked by a message of its parent it settles all there is,
 * as fast as it can, and answers what that took.
 */
export interface Drained {
  calls: number;
  batches: number;
  seconds: number;
  cpuMicroseconds: number;
}

const [databaseUrl = '', redisUrl = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl);
const db = connectDatabase({ databaseUrl, databasePoolSize: 2, databaseTimeoutMs: 60_000 });
const stream = createUsageStream(redis);
const logDays = new Set<string>();

process.on('message', () => {
  settleAll().then(
    (drained) => process.send!({ drained }),
    (error: unknown) => process.send!({ failed: String((error as Error).stack ?? error) }),
  );
});
await ensurePosition(db, 0);
process.send!({ ready: true });

async function settleAll(): Promise<Drained> {
  const drained: Drained = { calls: 0, batches: 0, seconds: 0, cpuMicroseconds: 0 };
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  for (;;) {
    const batch = await settleBatch({ db, stream, partition: 0, sampling: false, logDays });
    if (batch.outcome !== 'settled') break;
    drained.calls += batch.calls;
    drained.batches += 1;
  }
  drained.seconds = (performance.now() - beganAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  drained.cpuMicroseconds = user + system;
  return drained;
}
