import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { OutboxKind, OutboxPayloads } from '../domain/outbox.ts';
import { crashPoint } from '../runtime/crash-points.ts';
import type { Logger } from '../runtime/log.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import { isDatabaseOutage } from '../store/database.ts';
import { finishEntry, postponeEntry, readOutboxState, type TakenEntry, takeEntries } from '../store/outbox.ts';

/** What is done about entries of a kind: something in the world, or something in Postgres itself. */
export type Handler<Kind extends OutboxKind> = {
  close?(): void;
} & (
  | {
      /** May run twice with the same id, when a process dies before it can say that it was done: the other side tells by the id. */
      send(payload: OutboxPayloads[Kind], entry: { id: string }): Promise<void>;
    }
  | {
      /** Commits together with the entry's end, so it happens exactly once. */
      write(trx: Knex.Transaction, payload: OutboxPayloads[Kind], entry: { id: string }): Promise<void>;
    }
);

export type Handlers = { readonly [Kind in OutboxKind]: Handler<Kind> };

/** Thrown by a handler where trying again would not help, and nobody needs to know but the metrics. */
export class PointlessEntry extends Error {
  override readonly name = 'PointlessEntry';
}

export interface Relay {
  /** Looks now rather than at the next poll. */
  wake(): void;
  /** Ends after what is being acted upon. */
  stop(): Promise<void>;
}

export interface RelayTimes {
  pollMs: number;
  /** For how long an entry is one process's. Longer than any act takes, or it would happen twice without a crash. */
  leaseMs: number;
  /** After each failure, until the entry is parked. */
  pausesMs: readonly number[];
  /** Between looks at what waits. */
  lookMs: number;
}

const MINUTE = 60_000;
const TIMES: RelayTimes = {
  pollMs: 250,
  leaseMs: 2 * MINUTE,
  // Sixteen hours: a mail server that is down over night loses nothing.
  pausesMs: [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE, ...Array<number>(7).fill(120 * MINUTE)],
  lookMs: 5_000,
};
/** Entries of one kind that a process acts upon at the same time. */
const AT_ONCE = 10;

/**
 * Does what the outbox says, for as long as the process lives. Any number of workers may: an entry is one's for the time of its lease.
 * Each kind has a lane of its own, and what fails is tried again with growing pauses, then parked: nothing waits behind it. Never throws.
 */
export function startRelay(options: {
  db: Knex;
  secrets: SecretBox;
  handlers: Handlers;
  metrics: Registry;
  log: Logger;
  times?: Partial<RelayTimes>;
}): Relay {
  const { db, handlers, secrets } = options;
  const log = options.log.child({ component: 'relay' });
  const times = { ...TIMES, ...options.times };
  const stopping = new AbortController();
  const metrics = createRelayMetrics(options.metrics);
  const alarms = new Set<() => void>();
  let wakings = 0;
  const kinds = Object.keys(handlers) as OutboxKind[];
  const loops = [...kinds.map(async (kind) => lane(kind)), look()];

  return {
    wake() {
      wakings += 1;
      alarms.forEach((ring) => ring());
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      for (const kind of kinds) handlers[kind].close?.();
    },
  };

  async function lane(kind: OutboxKind): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let waitMs = times.pollMs;
      const heard = wakings;
      try {
        const { taken, parked } = await takeEntries(db, {
          kind,
          limit: AT_ONCE,
          leaseMs: times.leaseMs,
          mostAttempts: times.pausesMs.length + 1,
        });
        for (const id of parked) toldParked(kind, id, 'its process died each time');
        if (taken.length > 0) crashPoint('relay.taken');
        await Promise.all(taken.map((entry) => act(entry)));
        // What somebody was woken for meanwhile may have come too late for this look.
        if (taken.length === AT_ONCE || wakings > heard) waitMs = 0;
        if (failures > 0) log.info({ failures, kind }, 'the relay works again');
        failures = 0;
      } catch (error) {
        // What was taken is due again when its lease is over.
        waitMs = Math.min(500 * 2 ** failures, 5_000);
        failures += 1;
        const isOutage = isDatabaseOutage(error);
        if (!isOutage || failures === 1)
          log[isOutage ? 'warn' : 'error']({ err: error, kind, waitMs }, 'the relay failed; trying again');
      }
      await rest(waitMs, { wakes: failures === 0 });
    }
  }

  async function act<Kind extends OutboxKind>(entry: TakenEntry<Kind>): Promise<void> {
    const { id, kind, attempts } = entry;
    let outcome = 'done';
    try {
      const payload = entry.open(secrets);
      const handler: Handler<Kind> = handlers[kind];
      if ('write' in handler) {
        await db.transaction(async (trx) => {
          // First: whoever holds the row's lock may act, and of a lease that was over nobody does.
          if (!(await finishEntry(trx, entry))) return;
          await handler.write(trx, payload, { id });
          crashPoint('relay.written');
        });
        crashPoint('relay.committed');
      } else {
        await within(handler.send(payload, { id }), times.leaseMs / 2);
        crashPoint('relay.sent');
        await finishEntry(db, entry);
      }
    } catch (error) {
      if (isDatabaseOutage(error)) throw error;
      outcome = await failed(entry, attempts, error);
    }
    metrics.acted(kind, outcome);
  }

  async function failed(entry: TakenEntry, attempts: number, error: unknown): Promise<string> {
    const { id, kind } = entry;
    if (error instanceof PointlessEntry) {
      await finishEntry(db, entry);
      log.info({ id, kind, reason: error.message }, 'an entry of the outbox is of no use any more');
      return error.message;
    }
    const pauseMs = times.pausesMs[attempts - 1] ?? null;
    const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
    await postponeEntry(db, entry, { pauseMs, error: kept(error) });
    if (pauseMs === null) toldParked(kind, id, code);
    // No message: `kept`.
    else log.warn({ id, kind, attempts, pauseMs, code, responseCode }, 'an entry of the outbox failed; trying again');
    return pauseMs === null ? 'parked' : 'failed';
  }

  function toldParked(kind: string, id: string, reason: unknown): void {
    log.error(
      { id, kind, reason },
      "an entry of the outbox is parked: see its last_error, mend it, then 'plimsoll outbox retry'",
    );
  }

  /** Tells what waits, by one query each five seconds. */
  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        metrics.see(kinds, await readOutboxState(db));
      } catch (error) {
        if (!isDatabaseOutage(error)) log.error({ err: error }, 'what waits in the outbox could not be counted');
      }
      await rest(times.lookMs, { wakes: false });
    }
  }

  /** Waits; ends early at the stop, and where `wakes` says so also when somebody wakes the relay. */
  async function rest(ms: number, { wakes }: { wakes: boolean }): Promise<void> {
    const early = new AbortController();
    const ring = (): void => early.abort();
    if (wakes) alarms.add(ring);
    try {
      await pause(ms, undefined, { signal: AbortSignal.any([stopping.signal, early.signal]) });
    } catch (error) {
      if (!stopping.signal.aborted && !early.signal.aborted) throw error;
    } finally {
      alarms.delete(ring);
    }
  }
}

/** Waits for an act, but not for so long that the entry would be somebody else's. */
async function within(act: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No end within ${ms} ms`)), ms);
  await Promise.race([act, late.promise]).finally(() => clearTimeout(timer));
}

/**
 * What of an error stands beside its entry in plain text: of one that another program has told us its codes alone, as what a server answers
 * may name whom the mail was for; of our own what they say, since none holds anything of a payload.
 */
function kept(error: unknown): string {
  const { code, responseCode, response } = error as { code?: unknown; responseCode?: unknown; response?: unknown };
  if (code === undefined && response === undefined) return String(error);
  return [code, responseCode].filter((each) => typeof each === 'string' || typeof each === 'number').join(' ');
}

function createRelayMetrics(registry: Registry) {
  const common = { labelNames: ['kind'] as const, registers: [registry] };
  const lag = new Gauge({
    ...common,
    name: 'plimsoll_outbox_lag_seconds',
    help: 'Age of the oldest entry of the outbox that waits to be acted upon; 0 when there is none. Parked ones do not count.',
  });
  const waiting = new Gauge({
    ...common,
    name: 'plimsoll_outbox_waiting',
    help: 'Entries that wait to be acted upon.',
  });
  const parked = new Gauge({
    ...common,
    name: 'plimsoll_outbox_parked',
    help: 'Entries that failed too often and wait for a person.',
  });
  const acted = new Counter({
    labelNames: ['kind', 'outcome'] as const,
    registers: [registry],
    name: 'plimsoll_outbox_acted_total',
    help: 'Attempts of this process: done, failed (and to be tried again), parked, or of no use (expired, refused).',
  });
  return {
    acted: (kind: string, outcome: string): void => acted.inc({ kind, outcome }),
    see(kinds: readonly string[], states: Awaited<ReturnType<typeof readOutboxState>>): void {
      for (const kind of kinds) {
        const state = states.find((each) => each.kind === kind);
        lag.set({ kind }, state?.lagSeconds ?? 0);
        waiting.set({ kind }, state?.waiting ?? 0);
        parked.set({ kind }, state?.parked ?? 0);
      }
    },
  };
}
