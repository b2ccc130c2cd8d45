import { CatalogueError } from '../domain/plans/load.ts';
import { ConfigError, loadConfig } from '../runtime/config.ts';
import { createLogger } from '../runtime/log.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { CatalogueChanged } from '../store/catalogues.ts';
import { PartitionsDiffer } from '../store/usage-partitions.ts';
import { startApi } from './start.ts';

/** BSD's sysexits: a fault in the configuration. Whoever supervises knows that starting again won't help. */
const EXIT_CONFIGURATION = 78;

/** The API process: checks its configuration and catalogue, listens, and ends in order when told to. */
async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLogger(config, { name: 'api' });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const onRefused = (error: unknown): void => {
    log.error({ err: error }, 'this process must not run');
    void shutdown.begin('refused', EXIT_CONFIGURATION);
  };
  const api = await startApi(config, { log, onRefused });
  shutdown.add('api', () => api.close());
  log.info({ urls: api.urls }, 'listening');
}

main().catch((error: unknown) => {
  const ours = [ConfigError, CatalogueError, CatalogueChanged, PartitionsDiffer];
  const isOurs = error instanceof Error && ours.some((kind) => error instanceof kind);
  process.stderr.write(
    `${isOurs ? error.message : `The API could not start: ${String((error as Error).stack ?? error)}`}\n`,
  );
  process.exit(isOurs ? EXIT_CONFIGURATION : 1);
});
