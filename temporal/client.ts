import { Client, Connection } from '@temporalio/client';
import type { Config } from '../runtime/config.ts';
import { dataConverter } from './data-converter.ts';
import { hasStatus } from './grpc.ts';

export interface Temporal {
  client: Client;
  connection: Connection;
  namespace: string;
  /** `host:port` */
  address: string;
  /**
   * Makes one call to the server with the deadline of the configuration, or one of its own in milliseconds. No call is made
   * without: an absent server would otherwise be waited for about twenty seconds.
   * @throws {TemporalOutage} when no answer came; what the call did is unknown then, not undone
   */
  call<T>(ask: () => Promise<T>, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

/** No answer from Temporal in time. A start or an update may have happened all the same. */
export class TemporalOutage extends Error {
  override readonly name = 'TemporalOutage';
}

/** A client that connects with its first call, so that a process starts and serves what it can while Temporal is away. */
export function createTemporal(
  config: Pick<Config, 'temporalAddress' | 'temporalNamespace' | 'temporalTimeoutMs'>,
): Temporal {
  const { temporalAddress: address, temporalNamespace: namespace } = config;
  const connection = Connection.lazy({ address });
  const client = new Client({ connection, namespace, dataConverter });
  return {
    client,
    connection,
    namespace,
    address,
    async call(ask, timeoutMs = config.temporalTimeoutMs) {
      try {
        return await client.withDeadline(Date.now() + timeoutMs, ask);
      } catch (error) {
        if (!hasStatus(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED')) throw error;
        throw new TemporalOutage(`Temporal at ${address} gave no answer within ${timeoutMs} ms`, { cause: error });
      }
    },
    close: () => connection.close(),
  };
}
