import { readFileSync } from 'node:fs';
import { createQuotaCounter } from '../counters/quota.ts';
import { connectRedis, openRedis } from '../counters/redis.ts';
import { CatalogueError, loadCatalogue } from '../domain/plans/load.ts';
import { type Config, ConfigError, loadConfig } from '../runtime/config.ts';
import { createLogger } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { SecretBox } from '../runtime/secrets.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { CatalogueChanged, checkPublished } from '../store/catalogues.ts';
import { connectDatabase, isDatabaseOutage } from '../store/database.ts';
import { createTemporal } from '../temporal/client.ts';
import { createApp } from './app.ts';
import { createCallerAddress } from './caller-address.ts';
import { createReadiness } from './health.ts';
import { createApiMetrics } from './metrics.ts';
import { ROUTES } from './routes.ts';
import { createHttpServer } from './server.ts';

const CATALOGUE = new URL('../plans/platform.yaml', import.meta.url);
/** BSD's sysexits: a fault in the configuration. Whoever supervises knows that starting again won't help. */
const EXIT_CONFIGURATION = 78;

/** The API process: checks its configuration and catalogue, listens, and ends in order when told to. */
async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLogger(config, { name: 'api' });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });

  const db = connectDatabase(config, 'plimsoll-api');
  shutdown.add('postgres', () => db.destroy());
  await checkCatalogue(db);

  const redis = connectRedis(config, (error) => log.warn({ err: error }, 'redis'));
  shutdown.add('redis', async () => redis.disconnect());
  const count = createQuotaCounter(redis);
  await openRedis(redis);
  const temporal = createTemporal(config);
  shutdown.add('temporal', () => temporal.close());

  const registry = createMetrics();
  const metrics = createApiMetrics(registry);
  const app = createApp(ROUTES, {
    config,
    db,
    count,
    secrets: new SecretBox(config.secretKeys),
    log,
    registry,
    metrics,
    callerAddress: createCallerAddress(config.trustedProxies),
    readiness: createReadiness({ db, redis, temporal, hasEnded: () => shutdown.hasBegun }),
    now: Date.now,
  });

  const listener = app.callback();
  for (const at of addresses(config)) {
    const server = createHttpServer(
      (request, response) => void listener(request, response),
      config,
      (code) => metrics.requests.inc({ route: 'none', method: 'other', status: code }),
    );
    const url = await server.listen(at);
    shutdown.add(`http ${url}`, () => server.close());
    log.info({ url }, 'listening');
  }

  /** A changed file under a published version is refused; Postgres being away is not the catalogue's fault. */
  async function checkCatalogue(database: typeof db): Promise<void> {
    const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
    try {
      const published = await checkPublished(database, catalogue);
      if (published === undefined)
        log.warn({ version: catalogue.version }, "this catalogue is not published yet: run 'plimsoll migrate'");
    } catch (error) {
      if (!isDatabaseOutage(error)) throw error;
      log.warn({ err: error }, 'Postgres is away: the catalogue could not be compared with what is published');
    }
  }
}

function addresses(config: Config): { host: string; port: number; reusePort: boolean }[] {
  const shared = { host: config.host, port: config.port, reusePort: config.apiProcesses > 1 };
  const own = { host: '127.0.0.1', port: config.nodePort, reusePort: false };
  return config.nodePort < 0 ? [shared] : [shared, own];
}

main().catch((error: unknown) => {
  const isOurs = error instanceof ConfigError || error instanceof CatalogueError || error instanceof CatalogueChanged;
  process.stderr.write(
    `${isOurs ? error.message : `The API could not start: ${String((error as Error).stack ?? error)}`}\n`,
  );
  process.exit(isOurs ? EXIT_CONFIGURATION : 1);
});
