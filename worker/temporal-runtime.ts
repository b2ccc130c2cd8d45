import { type AddressInfo, createServer } from 'node:net';
import { Runtime } from '@temporalio/worker';
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../runtime/log.ts';
import { PinoTemporalLogger } from './temporal-log.ts';

const SCRAPE_TIMEOUT_MS = 2_000;
/** Somebody else may take a port between our finding it free and the SDK's binding it. */
const ATTEMPTS = 5;

/**
 * Sets the native side of the Temporal SDK up: its log goes to ours, its metrics to a free port on loopback, its signal
 * handlers are off (`runtime/shutdown.ts` decides when what ends). Once per process, before the first connection.
 * Gives the text of all metrics: the registry's and the SDK's own, so that one address serves both.
 */
export async function installTemporalRuntime(options: {
  log: Logger;
  metrics: Registry;
}): Promise<() => Promise<string>> {
  const { log, metrics } = options;
  const url = await install(log);

  const reached = new Gauge({
    name: 'plimsoll_temporal_metrics_up',
    help: 'Whether the metrics of the Temporal SDK are part of this answer.',
    registers: [metrics],
  });
  return async () => {
    let ofTemporal = '';
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
      ofTemporal = await response.text();
      reached.set(response.ok ? 1 : 0);
      if (!response.ok) ofTemporal = '';
    } catch (error) {
      // Half of the metrics are better than none, and the gauge says which half.
      reached.set(0);
      log.warn({ err: error }, "the Temporal SDK's metrics could not be read");
    }
    return (await metrics.metrics()) + ofTemporal;
  };
}

async function install(log: Logger): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const bindAddress = `127.0.0.1:${await freePort()}`;
    try {
      Runtime.install({
        logger: new PinoTemporalLogger(log.child({ component: 'temporal' })),
        shutdownSignals: [],
        telemetryOptions: {
          logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
          metrics: {
            prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
          },
        },
      });
      return `http://${bindAddress}/metrics`;
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use|AddrInUse/i.test(String(error))) throw error;
      log.warn({ bindAddress }, 'the port for the metrics was taken meanwhile; trying another one');
    }
  }
}

/** A port on loopback that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
