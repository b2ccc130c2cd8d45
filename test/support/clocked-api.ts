import { startApi } from '../../api/start.ts';
import { loadConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/log.ts';
import { createShutdown } from '../../runtime/shutdown.ts';

// An API as `api/main.ts` starts one, but its clock stands where whoever started it says: a message with epoch milliseconds, answered
// by the same when it is so. Before the first one the machine's clock counts.
let nowMs: number | undefined;
process.on('message', (message: number) => {
  nowMs = message;
  process.send!(message);
});

const config = loadConfig();
const log = createLogger(config, { name: 'api' });
const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
process.once('disconnect', () => void shutdown.begin('its test is gone'));
const api = await startApi(config, { log, now: () => nowMs ?? Date.now() });
shutdown.add('api', () => api.close());
log.info({ urls: api.urls }, 'listening');
