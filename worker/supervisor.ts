import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from '../runtime/log.ts';
import { rest } from '../runtime/rest.ts';
import type { Temporal } from '../temporal/client.ts';
import { dataConverter } from '../temporal/data-converter.ts';
import { ensureSchedules } from '../temporal/schedules.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';

/** Between attempts to reach Temporal; the first number again after each success. */
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000];
/** How often the server is asked for a sign of life while the workers poll, and how long it has for it. */
const HEARTBEAT_MS = 2_000;

export interface SupervisedQueue {
  taskQueue: string;
  maxConcurrentActivityTaskExecutions: number;
}

export interface Supervisor {
  /** Whether every worker is connected and polls, and in words what is missing where not. */
  readiness(): { ready: boolean; temporal: string; queues: Record<string, string> };
  /** Lets running activities end within the grace time, then cancels them. Resolves when all workers have stopped. */
  stop(): Promise<void>;
}

/**
 * Keeps one worker for each queue polling, for as long as the process lives. Temporal away at the start is waited for, with
 * growing pauses; Temporal gone later is waited for by the SDK itself; a worker that dies for another reason is made
 * anew. Each change is logged once, and `readiness` says no meanwhile. Never throws.
 */
export function superviseWorkers(options: {
  /**
   * Asks for signs of life. Not the workers' own connection: that repeats a call for ten seconds and more, whatever its
   * deadline (seen with SDK 1.24), and says nothing meanwhile.
   */
  temporal: Temporal;
  graceMs: number;
  queues: SupervisedQueue[];
  /** What all workers share: bundle, activities, identity. */
  worker: Pick<WorkerOptions, 'workflowBundle' | 'activities' | 'identity'>;
  log: Logger;
}): Supervisor {
  const { temporal, queues, log } = options;
  const { address, namespace } = temporal;
  const stopping = new AbortController();
  let workers: Worker[] = [];
  let connected = false;

  const supervise = async (): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      try {
        await runUntilStopped(() => (attempt = 0));
      } catch (error) {
        const retryInMs = BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] ?? 0;
        log.warn(
          { err: error, address, namespace, retryInMs },
          `the workers don't run: ${sentence(error)}; trying again`,
        );
        await rest(retryInMs, stopping.signal);
      }
    }
  };

  const runUntilStopped = async (succeeded: () => void): Promise<void> => {
    const connection = await NativeConnection.connect({ address });
    const ended = new AbortController();
    try {
      await prepare();
      workers = await Promise.all(queues.map((queue) => createWorker(connection, queue)));
      const runs = workers.map((worker) => worker.run());
      connected = true;
      succeeded();
      log.info({ address, namespace, queues: queues.map(({ taskQueue }) => taskQueue) }, 'the workers poll');
      const beat = heartbeat(ended.signal);
      const stop = (): void => workers.filter((worker) => worker.getState() === 'RUNNING').forEach((w) => w.shutdown());
      stopping.signal.addEventListener('abort', stop, { once: true });
      if (stopping.signal.aborted) stop();
      try {
        await Promise.all(runs);
      } finally {
        // One that died takes the others with it: they share the connection, and all are made anew.
        ended.abort();
        stop();
        await Promise.allSettled([...runs, beat]);
        stopping.signal.removeEventListener('abort', stop);
      }
    } finally {
      connected = false;
      workers = [];
      await connection.close();
    }
  };

  /** What the server must know before runs begin. */
  const prepare = async (): Promise<void> => {
    await ensureSearchAttributes(temporal, log);
    await ensureSchedules(temporal, log);
  };

  const createWorker = (connection: NativeConnection, queue: SupervisedQueue): Promise<Worker> =>
    Worker.create({
      ...options.worker,
      ...queue,
      connection,
      namespace,
      dataConverter,
      // The grace time is the activities'; what is left of the process' own is for the steps after this one.
      shutdownGraceTime: Math.round(options.graceMs * 0.75),
      shutdownForceTime: Math.round(options.graceMs * 0.9),
    });

  /** Lets readiness know what the polling workers keep to themselves: they wait for a server that went away. */
  const heartbeat = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await rest(HEARTBEAT_MS, signal);
      if (signal.aborted) return;
      try {
        await temporal.call(() => temporal.connection.workflowService.getSystemInfo({}), HEARTBEAT_MS);
        if (!connected) {
          log.info({ address }, 'Temporal is back; the workers poll');
          // It may be another server, or the same one with nothing in its memory.
          await prepare();
        }
        connected = true;
      } catch (error) {
        if (connected) log.warn({ err: error, address }, 'Temporal is away; the workers go on when it is back');
        connected = false;
      }
    }
  };

  const finished = supervise();
  return {
    readiness() {
      const states = queues.map(({ taskQueue }): [string, string] => {
        const status = workers.find((worker) => worker.options.taskQueue === taskQueue)?.getStatus();
        const polls = status?.workflowPollerState === 'POLLING' && status.activityPollerState === 'POLLING';
        return [taskQueue, polls ? 'polling' : (status?.runState ?? 'not started').toLowerCase()];
      });
      const ready = connected && !stopping.signal.aborted && states.every(([, state]) => state === 'polling');
      return { ready, temporal: connected ? 'connected' : 'away', queues: Object.fromEntries(states) };
    },
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

/** The first line of what went wrong; the whole of it stands in the log beside it. */
function sentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
