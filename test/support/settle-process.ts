import { connectRedis } from '../../counters/redis.ts';
import { createUsageStream } from '../../counters/usage.ts';
import { loadConfig } from '../../runtime/config.ts';
import { connectDatabase } from '../../store/database.ts';
import { ensurePosition } from '../../store/usage-positions.ts';
import { settleBatch } from '../../worker/settle.ts';

// Settles until there is nothing left, in small batches: the process that the tests of crashes kill.
const config = loadConfig();
const db = connectDatabase({ ...config, databasePoolSize: 2 }, 'plimsoll-test');
const redis = connectRedis(config, (error) => {
  throw error;
});
await redis.connect();
const stream = createUsageStream(redis);
await ensurePosition(db, 0);
const logDays = new Set<string>();
for (;;) {
  const { outcome } = await settleBatch({ db, stream, partition: 0, sampling: false, logDays, enoughCalls: 100 });
  if (outcome === 'nothing') break;
}
redis.disconnect();
await db.destroy();
