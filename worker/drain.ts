import type { Knex } from 'knex';
import { Counter, Gauge, type Registry } from 'prom-client';
import { isRedisOutage } from '../counters/redis.ts';
import type { UsageStream } from '../counters/usage.ts';
import { utcDay } from '../domain/plans/periods.ts';
import type { Logger } from '../runtime/log.ts';
import { rest } from '../runtime/rest.ts';
import { isDatabaseOutage } from '../store/database.ts';
import { ensureLogDays } from '../store/usage-log.ts';
import { ensurePosition } from '../store/usage-positions.ts';
import { type Settlement, settleBatch } from './settle.ts';

export interface Drain {
  /** Ends after the batch that is being settled. */
  stop(): Promise<void>;
}

/** Between batches that were not full: entries gather meanwhile, and share a commit. */
const IDLE_MS = 250;
/** Between looks at a partition that another worker has, and full looks at a stream that is empty. */
const AWAY_MS = 1_000;
/** How many partitions may be settled at the same time: each takes a connection of the pool, which activities share. */
const AT_ONCE = 2;
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000];

/**
 * Settles the usage streams into Postgres for as long as the process lives. Any number of workers may: a partition is one's for the time of
 * a batch, and another one goes on where it ended. An outage is waited for, with growing pauses, and told once. Never throws.
 */
export function startDrain(options: {
  db: Knex;
  stream: UsageStream;
  /** Behind by more than this, the log gets samples only. Milliseconds. */
  mostLagMs: number;
  metrics: Registry;
  log: Logger;
}): Drain {
  const stopping = new AbortController();
  const metrics = createDrainMetrics(options.metrics);
  const inTurn = createTurns(AT_ONCE);
  const loops = options.stream.partitions.map((partition) =>
    drainPartition({ ...options, partition, metrics, inTurn, signal: stopping.signal }),
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function drainPartition(options: {
  db: Knex;
  stream: UsageStream;
  partition: number;
  mostLagMs: number;
  metrics: DrainMetrics;
  inTurn: Turns;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const { db, stream, partition, mostLagMs, metrics, inTurn, signal } = options;
  const log = options.log.child({ component: 'drain', partition });
  const logDays = new Set<string>();
  let failures = 0;
  let sampling = false;
  let lookedAtMs = 0;

  while (!signal.aborted) {
    let waitMs = IDLE_MS;
    try {
      await inTurn(async () => {
        if (logDays.size === 0) await ensurePosition(db, partition);
        await prepareDays(db, logDays);
      });
      const lag = await stream.lag(partition);
      metrics.see(partition, lag);
      if (lag.seconds * 1000 > mostLagMs !== sampling) {
        sampling = !sampling;
        log[sampling ? 'warn' : 'info'](lag, sampling ? TOLD_SAMPLING : TOLD_WHOLE);
        metrics.sampling(partition, sampling);
      }
      const isIdle = lag.entries === 0 && performance.now() - lookedAtMs < AWAY_MS;
      if (!isIdle) {
        lookedAtMs = performance.now();
        const settlement = await inTurn(() => settleBatch({ db, stream, partition, sampling, logDays }));
        waitMs = told(settlement);
      }
      if (failures > 0) log.info({ failures }, 'settling usage again');
      failures = 0;
    } catch (error) {
      metrics.failed(partition);
      // A day's table that we know of may have been dropped; the next attempt looks.
      logDays.clear();
      waitMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)]!;
      failures += 1;
      const isOutage = isDatabaseOutage(error) || isRedisOutage(error);
      // An outage is told when it begins; a fault each time, for nobody else will.
      if (!isOutage || failures === 1) {
        log[isOutage ? 'warn' : 'error']({ err: error, waitMs }, 'usage could not be settled; trying again');
      }
    }
    await rest(waitMs, signal);
  }

  /** Tells of a batch, and gives how long to wait for the next one. */
  function told(settlement: Settlement): number {
    if (settlement.outcome === 'taken') return AWAY_MS;
    if (settlement.outcome === 'nothing') return IDLE_MS;
    metrics.settled(partition, settlement);
    for (const { generation, id } of settlement.unreadable) {
      log.error({ generation, id }, 'an entry of the usage stream can not be read; it is kept in usage_unreadable');
    }
    if (settlement.orphans > 0)
      log.warn({ orphans: settlement.orphans }, 'verdicts came for calls that nobody counted');
    return settlement.isFull ? 0 : IDLE_MS;
  }
}

const TOLD_SAMPLING =
  'usage is settled too slowly: the log of validations gets every tenth call only; counts stay whole';
const TOLD_WHOLE = 'usage is settled in time again: the log of validations is whole';

/** Today's and tomorrow's tables of the log, made before the first call needs them. */
async function prepareDays(db: Knex, logDays: Set<string>): Promise<void> {
  const { key: today, endsAtMs } = utcDay(Date.now());
  const missing = [today, utcDay(endsAtMs).key].filter((day) => !logDays.has(day));
  if (missing.length === 0) return;
  await ensureLogDays(db, missing);
  // Days that are over are forgotten, and asked for again by a call that comes late.
  logDays.clear();
  for (const day of [today, utcDay(endsAtMs).key]) logDays.add(day);
}

type DrainMetrics = ReturnType<typeof createDrainMetrics>;

function createDrainMetrics(registry: Registry) {
  const common = { labelNames: ['partition'] as const, registers: [registry] };
  const lagEntries = new Gauge({
    ...common,
    name: 'plimsoll_usage_lag_entries',
    help: 'Entries of the usage stream that are not settled in Postgres.',
  });
  const lagSeconds = new Gauge({
    ...common,
    name: 'plimsoll_usage_lag_seconds',
    help: 'Age of the oldest of them; 0 when there is none.',
  });
  const isSampling = new Gauge({
    ...common,
    name: 'plimsoll_usage_log_is_sampled',
    help: 'Whether the log of validations gets samples only, because settling is too far behind.',
  });
  const calls = new Counter({
    ...common,
    name: 'plimsoll_usage_settled_calls_total',
    help: 'Counted calls that this process has settled.',
  });
  const batches = new Counter({
    ...common,
    name: 'plimsoll_usage_batches_total',
    help: 'Transactions that settled something.',
  });
  const leftOut = new Counter({
    ...common,
    name: 'plimsoll_usage_log_left_out_total',
    help: 'Calls that were counted but not written to the log of validations.',
  });
  const failures = new Counter({
    ...common,
    name: 'plimsoll_usage_failures_total',
    help: 'Attempts to settle that failed.',
  });
  const unreadable = new Counter({
    ...common,
    name: 'plimsoll_usage_unreadable_total',
    help: 'Entries of the stream that could not be read.',
  });
  const orphans = new Counter({
    ...common,
    name: 'plimsoll_usage_orphans_total',
    help: 'Verdicts of calls that nobody counted.',
  });
  return {
    see(partition: number, lag: { entries: number; seconds: number }): void {
      lagEntries.set({ partition }, lag.entries);
      lagSeconds.set({ partition }, lag.seconds);
    },
    sampling: (partition: number, on: boolean): void => isSampling.set({ partition }, on ? 1 : 0),
    failed: (partition: number): void => failures.inc({ partition }),
    settled(partition: number, settlement: Extract<Settlement, { outcome: 'settled' }>): void {
      batches.inc({ partition });
      calls.inc({ partition }, settlement.calls);
      leftOut.inc({ partition }, settlement.leftOut);
      unreadable.inc({ partition }, settlement.unreadable.length);
      orphans.inc({ partition }, settlement.orphans);
    },
  };
}

type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many works run at the same time, and the others wait in the order in which they came. */
function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes straight to the next one, so that nobody who comes now can take it first.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
