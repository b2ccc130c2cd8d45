import { hostname } from 'node:os';
import { createActivities } from '../activities/index.ts';
import { connectRedis, openRedis } from '../counters/redis.ts';
import { createUsageStream } from '../counters/usage.ts';
import { hearWakes } from '../counters/wakes.ts';
import { AuditKeys } from '../runtime/audit-keys.ts';
import { type Config, ConfigError, loadConfig } from '../runtime/config.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import { createLogger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { connectDatabase } from '../store/database.ts';
import { agreeOnPartitions, PartitionsDiffer } from '../store/usage-partitions.ts';
import { createTemporal } from '../temporal/client.ts';
import { QUEUES } from '../workflows/shared/queues.ts';
import { workflowBundle } from './bundle.ts';
import { startDrain } from './drain.ts';
import { startInviteLapse } from './invite-lapse.ts';
import { startMailPruning } from './mails/pruning.ts';
import { createMailHandler } from './mails/sending.ts';
import { startRelay } from './relay.ts';
import { startSessionPruning } from './session-pruning.ts';
import { type SupervisedQueue, superviseWorkers } from './supervisor.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

/** EX_CONFIG of sysexits(3): who restarts processes sees that starting again doesn't help. */
const EXIT_CONFIGURATION = 78;

main().catch((error: unknown) => {
  const isOurs = error instanceof PartitionsDiffer;
  const reason = error instanceof Error && !isOurs ? error.stack : String(error);
  process.stderr.write(`The worker could not start: ${reason}\n`);
  process.exit(isOurs ? EXIT_CONFIGURATION : 1);
});

/** The process that runs workflows and activities. Its parts are made in this order and ended in the opposite one. */
async function main(): Promise<void> {
  const config = configuration();
  const log = createLogger(config, { name: 'worker' });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const metrics = createMetrics();
  const metricsText = await installTemporalRuntime({ log, metrics });

  const db = connectDatabase(config);
  shutdown.add('postgres', () => db.destroy());
  await agreeOnPartitions(db, config.partitions, {
    signal: shutdown.signal,
    onRefused: (error) => {
      log.error({ err: error }, 'this process must not run');
      void shutdown.begin('refused', EXIT_CONFIGURATION);
    },
  });
  // Each attempt that fails is worth a line: what needs Redis meanwhile fails and is retried by Temporal.
  const redis = connectRedis(config, (error) => log.warn({ err: error }, 'Redis is away; trying again'));
  shutdown.add('redis', async () => redis.disconnect());
  await openRedis(redis);

  const temporal = createTemporal(config);
  shutdown.add('temporal', () => temporal.close());

  const identity = `worker@${hostname()}:${process.pid}`;
  let workers: ReturnType<typeof superviseWorkers> | undefined;
  const health = await startHealthServer({
    port: config.workerPort,
    log,
    ready: () => workers?.readiness() ?? { ready: false, temporal: 'starting' },
    metrics: async () => ({ contentType: metrics.contentType, text: await metricsText() }),
  });
  shutdown.add('health', () => health.close());

  // Before Temporal is asked for anything: usage settles while it is away.
  const stream = createUsageStream(redis, config);
  const drain = startDrain({ db, stream, mostLagMs: config.usageLagMs, metrics, log });
  shutdown.add('drain', () => drain.stop());

  const auditKeys = new AuditKeys(config.auditKeys);
  if (!auditKeys.signing) log.warn('no key signs the audit log: PLIMSOLL_AUDIT_KEYS holds no seed');
  const secrets = new SecretBox(config.secretKeys);
  if (config.smtpUrl === '') log.warn('no SMTP server is configured: mails are kept in the database, and reach nobody');
  const relay = startRelay({ db, secrets, handlers: { mail: createMailHandler(config) }, metrics, log });
  shutdown.add('relay', () => relay.stop());
  const wakes = hearWakes(config, {
    onWake: () => relay.wake(),
    onError: (error) => log.warn({ err: error }, 'the relay hears of nothing new: it looks by itself'),
  });
  shutdown.add('wakes', () => wakes.close());
  const pruning = startMailPruning({ db, retentionMs: config.mailRetentionMs, log });
  shutdown.add('mail pruning', () => pruning.stop());
  const sessionPruning = startSessionPruning({ db, log });
  shutdown.add('session pruning', () => sessionPruning.stop());
  const inviteLapse = startInviteLapse({ db, log });
  shutdown.add('invite lapse', () => inviteLapse.stop());

  const bundle = await workflowBundle(log, { codePath: config.workflowBundle });
  if (shutdown.hasBegun) return;
  const supervisor = superviseWorkers({
    temporal,
    graceMs: config.shutdownGraceMs,
    queues: queueShares(config.databasePoolSize),
    worker: {
      workflowBundle: bundle,
      activities: createActivities({ db, redis, stream, metrics, identity, auditKeys }),
      identity,
    },
    log,
  });
  workers = supervisor;
  shutdown.add('workers', () => supervisor.stop());
  log.info({ url: health.url, identity, pid: process.pid }, 'worker started');
}

/** The configuration; a fault is no crash but something to mend, so it goes to stderr in words. */
function configuration(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(EXIT_CONFIGURATION);
  }
}

/**
 * How many activities each queue may run at once: together fewer than the pool has connections, or an activity would spend
 * its time waiting for one.
 */
function queueShares(poolSize: number): SupervisedQueue[] {
  const share = (part: number): number => Math.max(1, Math.floor(poolSize * part));
  return [
    { taskQueue: QUEUES.platform, maxConcurrentActivityTaskExecutions: share(0.6) },
    { taskQueue: QUEUES.maintenance, maxConcurrentActivityTaskExecutions: share(0.2) },
  ];
}
