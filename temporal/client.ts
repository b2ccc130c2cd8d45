import { setTimeout as pause } from 'node:timers/promises';
import {
  Client,
  Connection,
  type GrpcRetryOptions,
  isRetryableError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
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
  const repeats = createRepeats();
  const connection = Connection.lazy({ address, interceptors: [makeGrpcRetryInterceptor(repeats.options)] });
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
    async close() {
      await repeats.end();
      await connection.close();
    },
  };
}

/** A call that failed for a moment's reason is made again after this long. */
const REPEAT_AFTER_MS = 200;
/** But later where the server says that it is full, which is gRPC's status 8. */
const REPEAT_LATER_MS = new Map<number, number>([[8, 1_000]]);

/**
 * When the connection makes a call again. The SDK's own rule waits up to five seconds in between, whatever the call's
 * deadline; and a repeat that comes due when the connection is closed is thrown where nobody can catch it, which ends the
 * process. So pauses are short here, the deadline alone ends the repeating, and closing waits for the last repeat.
 */
function createRepeats(): { options: GrpcRetryOptions; end: () => Promise<void> } {
  let hasEnded = false;
  let lastDueAtMs = 0;
  return {
    options: {
      retryableDecider: (_attempt, status) => !hasEnded && isRetryableError(status),
      delayFunction(_attempt, { code }) {
        const ms = REPEAT_LATER_MS.get(code) ?? REPEAT_AFTER_MS;
        lastDueAtMs = Math.max(lastDueAtMs, performance.now() + ms);
        return ms;
      },
    },
    async end() {
      hasEnded = true;
      const leftMs = lastDueAtMs - performance.now();
      // A little more than the rest: timers are kept to a millisecond or two.
      if (leftMs > -50) await pause(Math.max(0, leftMs) + 50);
    },
  };
}
