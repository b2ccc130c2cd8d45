import { pino } from 'pino';
import { loadConfig } from '../../runtime/config.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { SecretBox } from '../../runtime/secrets.ts';
import { connectDatabase } from '../../store/database.ts';
import { readOutboxState } from '../../store/outbox.ts';
import { createMailHandler } from '../../worker/mails/sending.ts';
import { startRelay } from '../../worker/relay.ts';
import { waitUntil } from './wait.ts';

// Acts until nothing waits, with short leases: the process that the tests of crashes kill.
const config = loadConfig();
const db = connectDatabase({ ...config, databasePoolSize: 4 }, 'plimsoll-test');
const relay = startRelay({
  db,
  secrets: new SecretBox(config.secretKeys),
  handlers: { mail: createMailHandler(config) },
  metrics: createMetrics(),
  log: pino({ level: 'silent' }),
  times: { pollMs: 10, leaseMs: Number(process.env['TEST_LEASE_MS']) },
});
await waitUntil('nothing waits', async () => (await readOutboxState(db)).every(({ waiting }) => waiting === 0));
await relay.stop();
await db.destroy();
