import { readFileSync } from 'node:fs';
import { createAttempts } from '../counters/attempts.ts';
import type { MeterStore } from '../counters/meter.ts';
import { createQuotaCounter, type QuotaCounter, type TenantsVerdict } from '../counters/quota.ts';
import { connectRedis, openRedis } from '../counters/redis.ts';
import { createWake } from '../counters/wakes.ts';
import { loadCatalogue } from '../domain/plans/load.ts';
import { AuditKeys } from '../runtime/audit-keys.ts';
import type { Config } from '../runtime/config.ts';
import type { Logger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { checkPublished } from '../store/catalogues.ts';
import { connectDatabase, isDatabaseOutage } from '../store/database.ts';
import type { Tag } from '../store/notices.ts';
import { onEnqueued } from '../store/outbox.ts';
import { settledUse, settledUses } from '../store/settled-use.ts';
import { saveMetered, takeMetered, waitingPartitions, waitingUse } from '../store/usage-metered.ts';
import { agreeOnPartitions } from '../store/usage-partitions.ts';
import { createTemporal } from '../temporal/client.ts';
import { createAccounts } from './accounts/accounts.ts';
import { createAnswerLog } from './answer-log.ts';
import { createApp } from './app.ts';
import { createCallerAddress } from './caller-address.ts';
import { createReadiness } from './health.ts';
import { createTokenUses } from './management/token-uses.ts';
import { createApiMetrics } from './metrics.ts';
import { ROUTES } from './routes.ts';
import { createHttpServer } from './server.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createSnapshots, type Snapshots } from './snapshots/snapshots.ts';

const CATALOGUE = new URL('../plans/platform.yaml', import.meta.url);

export interface RunningApi {
  /** The shared address first, then the process's own where it has one. */
  urls: string[];
  snapshots: Snapshots;
  /** Takes no new call, answers those in flight, then lets go of Postgres, Redis and Temporal. */
  close(): Promise<void>;
}

/**
 * Starts an API in this process: checks the catalogue, connects, listens. `now` is the clock in epoch milliseconds; tests pass
 * one that stands at midnight. `onRefused` is told when it turns out later that this process must not run, because Postgres was
 * away. @throws {CatalogueError}, {CatalogueChanged}, {PartitionsDiffer}
 */
export async function startApi(
  config: Config,
  {
    log,
    now = Date.now,
    onChange,
    onRefused = (error) => log.error({ err: error }, 'this process must not run'),
  }: { log: Logger; now?: () => number; onChange?: (tag: Tag) => void; onRefused?: (error: unknown) => void },
): Promise<RunningApi> {
  const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
  const db = connectDatabase(config, 'plimsoll-api');
  const redis = connectRedis(config, (error) => log.warn({ err: error }, 'redis'));
  const temporal = createTemporal(config);
  const snapshots = createSnapshots({ db, config, log, onChange });
  const meterStore: MeterStore = {
    save: (row) => saveMetered(db, row),
    waiting: (key) => waitingUse(db, key),
    waitingPartitions: () => waitingPartitions(db),
    settled: (counters) => settledUses(db, counters),
    take: (options, handOver) => takeMetered(db, options, handOver),
  };
  let counterEnds: (() => Promise<void>) | undefined;
  const answerLog = createAnswerLog(log, config.logSuccesses);
  const tokenUses = createTokenUses({ db, log });
  const servers: ReturnType<typeof createHttpServer>[] = [];
  /** Verdicts on their way to the usage stream: the end waits for them. */
  const telling = new Set<Promise<void>>();
  let hasEnded = false;
  const ending = new AbortController();

  const close = async (): Promise<void> => {
    hasEnded = true;
    ending.abort();
    await Promise.all(servers.map((server) => server.close()));
    answerLog.close();
    await Promise.all(telling);
    await tokenUses.settled();
    try {
      await counterEnds?.();
    } finally {
      redis.disconnect();
      await snapshots.close();
      await Promise.all([db.destroy(), temporal.close()]);
    }
  };

  try {
    if (!(await isPublished()))
      log.warn({ version: catalogue.version }, "this catalogue is not published yet: run 'plimsoll migrate'");
    await agreeOnPartitions(db, config.partitions, { signal: ending.signal, onRefused });
    const counter = createQuotaCounter(redis, {
      timeoutMs: config.redisTimeoutMs,
      partitions: config.partitions,
      settledUse: (productId, periodKey) => settledUse(db, productId, periodKey),
      meter: config.redisOutage === 'open' ? meterStore : undefined,
      onError: (error) =>
        log.warn({ err: error }, 'counting went wrong in the background: what is metered waits, and is tried again'),
    });
    counterEnds = () => counter.close();
    await openRedis(redis);
    const wake = createWake(redis, (error) =>
      log.warn({ err: error }, 'relays can not be woken: mails go out at their next look'),
    );
    onEnqueued(db, wake);

    const registry = createMetrics();
    const metrics = createApiMetrics(registry);
    const secrets = new SecretBox(config.secretKeys);
    const callerAddress = createCallerAddress(config.trustedProxies);
    const attempts = createAttempts(redis, {
      now,
      onOutage: (error) => log.warn({ err: error }, 'Redis is away: attempts are counted by each process alone'),
    });
    const urls: string[] = [];
    const publicUrl = (): string => config.publicUrl || (urls[0] ?? '');
    const accounts = createAccounts({ config, db, attempts, secrets, log, callerAddress, publicUrl, now });
    const app = createApp(ROUTES, {
      config,
      db,
      auditKeys: new AuditKeys(config.auditKeys),
      secrets,
      sessions: accounts,
      accounts,
      tokenUses,
      attempts,
      counter,
      tellLater: (verdict) => void tell(counter, verdict),
      snapshots,
      signing: createSigningKeys(secrets),
      log,
      registry,
      metrics,
      answerLog,
      callerAddress,
      readiness: createReadiness({
        db,
        redis,
        partitions: config.partitions,
        temporal,
        servesWithoutRedis: config.redisOutage === 'open',
        hasUsableSnapshots: () => snapshots.areUsable(),
        hasEnded: () => hasEnded,
      }),
      now,
    });

    const listener = app.callback();
    for (const at of addresses(config)) {
      const server = createHttpServer(
        (request, response) => void listener(request, response),
        config,
        ({ failure: { status, code }, requestId }) => {
          metrics.refused(status);
          log.info({ requestId, status, code }, 'refused');
        },
      );
      urls.push(await server.listen(at));
      servers.push(server);
    }
    return { urls, snapshots, close };
  } catch (error) {
    await close();
    throw error;
  }

  /** Never rejects: a verdict that can't be told stays unknown, its call is counted all the same. */
  async function tell(counter: QuotaCounter, verdict: TenantsVerdict): Promise<void> {
    const told = counter.tell(verdict).catch((error: unknown) => {
      log.warn({ err: error, callId: verdict.callId }, 'a verdict could not be told: it stays unknown');
    });
    telling.add(told);
    await told;
    telling.delete(told);
  }

  /** Postgres being away is not the catalogue's fault: the process starts, and readiness says what is missing. */
  async function isPublished(): Promise<boolean> {
    try {
      return (await checkPublished(db, catalogue)) !== undefined;
    } catch (error) {
      if (!isDatabaseOutage(error)) throw error;
      log.warn({ err: error }, 'Postgres is away: the catalogue could not be compared with what is published');
      return true;
    }
  }
}

function addresses(config: Config): { host: string; port: number; reusePort: boolean }[] {
  const shared = { host: config.host, port: config.port, reusePort: config.apiProcesses > 1 };
  const own = { host: '127.0.0.1', port: config.nodePort, reusePort: false };
  return config.nodePort < 0 ? [shared] : [shared, own];
}
