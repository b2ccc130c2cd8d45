import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { removeHome } from '../stack/postgres-user.ts';
import { connectDatabase } from '../store/database.ts';
import { type Server, startGenerator, startServer, startServers, stopAll } from './processes.ts';
import { describeMachine } from './report.ts';
import { prepareDatabase, seedProduct } from './seed.ts';

const USAGE = `Usage: node bench/soak.ts [--seconds 600] [--stop-at 180] [--stop-for 90] [--save]

Validates at full speed with the worker's drain on the same two cores, and looks each second at what Redis holds and how far the
drain is behind. In between the worker stands still for longer than it may be behind, so that details must give. At the end
every sum is compared with the answers that were given: the exit code is 1 when one is not exact.

  --seconds   how long calls are made
  --stop-at   when the worker is stopped, seconds from the start; 0: never
  --stop-for  for how long
  --save      writes bench/results/soak-<date>.json
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    'stop-at': { type: 'string', default: '180' },
    'stop-for': { type: 'string', default: '90' },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const CONNECTIONS = 48;
const LICENSES = 1_000;
/** Of the seconds that are looked at, one in so many is kept in the result. */
const KEPT = 5;
const STREAM = '{p0}:usage';

/** What there was to see in one second. */
interface Second {
  second: number;
  /** Calls that are settled so far. */
  settled: number;
  redisBytes: number;
  entries: number;
  lagSeconds: number;
  isSampled: boolean;
  isStopped: boolean;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (values.help) process.stdout.write(USAGE);
else await main(Number(values.seconds), { at: Number(values['stop-at']), for: Number(values['stop-for']) });

async function main(seconds: number, stop: { at: number; for: number }): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-soak-'));
  say('Starting Postgres and Redis …');
  const bench = await startServers(home, say);
  const db = connectDatabase({ databaseUrl: bench.databaseUrl, databasePoolSize: 4, databaseTimeoutMs: 60_000 });
  const redis = new Redis(bench.redisUrl);
  try {
    const secretKeys = [`bench:${randomBytes(32).toString('base64')}`];
    await prepareDatabase(db);
    const seed = await seedProduct(db, { slug: 'soak', secretKeys, licenses: LICENSES });
    const keysFile = join(home, 'keys');
    writeFileSync(keysFile, seed.licenseKeys.join('\n'));
    const env = {
      DATABASE_URL: bench.databaseUrl,
      REDIS_URL: bench.redisUrl,
      // Neither validating nor settling speaks to Temporal: nobody listens there.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      PLIMSOLL_SECRET_KEYS: secretKeys.join(','),
      PLIMSOLL_PORT: '0',
    };
    const process_ = (name: 'api' | 'worker') => ({
      name,
      command: process.execPath,
      args: [fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url))],
      env,
    });
    const api = await startServer(bench, process_('api'));
    const worker = await startServer(bench, { ...process_('worker'), core: 'any' });
    const generator = await startGenerator(bench, { nice: false });

    const machine = describeMachine(home);
    say(`Validating at full speed for ${seconds} s …`);
    const over = new AbortController();
    const watching = watch({ redis, worker, stop, signal: over.signal });
    const load = { kind: 'closed', seconds } as const;
    const { port, pid } = api;
    const job = { keysFile, productKey: seed.productKey, connections: CONNECTIONS, port, pid, load };
    const measured = await generator.run(job);
    const lastCallAt = performance.now();
    say('Waiting for the drain …');
    // A batch that is being written is in the stream until it is committed.
    while ((await redis.xlen(STREAM)) > 0) await pause(100);
    const settledAfterSeconds = (performance.now() - lastCallAt) / 1_000;
    over.abort();
    const watched = await watching;

    const sums = { answered: measured.valid, ...(await sumsOf(db, redis, seed.productId)) };
    const { logged, logRows, ...exact } = sums;
    const isExact = new Set(Object.values(exact)).size === 1;
    const result = {
      machine,
      load: { seconds, connections: CONNECTIONS, perSecond: measured.valid / measured.seconds, stopped: stop },
      sums: { ...exact, isExact, logged, logRows },
      settledAfterSeconds,
      ...summary(watched, stop),
      seconds: watched.filter(({ second }) => second % KEPT === 0),
    };
    process.stdout.write(`${JSON.stringify({ ...result, seconds: undefined }, short, 2)}\n`);
    if (!isExact) process.exitCode = 1;
    if (values.save) {
      const folder = fileURLToPath(new URL('results/', import.meta.url));
      mkdirSync(folder, { recursive: true });
      const file = `${folder}soak-${new Date().toISOString().slice(0, 10)}.json`;
      writeFileSync(file, `${JSON.stringify(result, short, 1)}\n`);
      say(`Written to ${file}`);
    }
  } finally {
    redis.disconnect();
    await db.destroy();
    await stopAll(bench);
    removeHome(home);
  }
}

/** Looks once a second until it is over, and lets the worker stand still meanwhile. */
async function watch({
  redis,
  worker,
  stop,
  signal,
}: {
  redis: Redis;
  worker: Server;
  stop: { at: number; for: number };
  signal: AbortSignal;
}): Promise<Second[]> {
  const watched: Second[] = [];
  const beganAt = performance.now();
  let known = { settled: 0, lagSeconds: 0, isSampled: false };
  let isStopped = false;
  for (let second = 0; !signal.aborted; second += 1) {
    const isDue = stop.at > 0 && second >= stop.at && second < stop.at + stop.for;
    if (isDue !== isStopped) {
      process.kill(worker.pid, isDue ? 'SIGSTOP' : 'SIGCONT');
      isStopped = isDue;
    }
    // One that stands still tells nothing.
    if (!isStopped) known = await metricsOf(worker);
    const [entries, first] = [await redis.xlen(STREAM), await redis.xrange(STREAM, '-', '+', 'COUNT', 1)];
    const oldestMs = Number(first[0]?.[0].split('-')[0] ?? Date.now());
    const redisBytes = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    const lagSeconds = (Date.now() - oldestMs) / 1_000;
    watched.push({ second, ...known, redisBytes, entries, lagSeconds, isStopped });
    await pause(Math.max(0, beganAt + (second + 1) * 1_000 - performance.now()));
  }
  return watched;
}

async function metricsOf({ port }: Server): Promise<Pick<Second, 'settled' | 'lagSeconds' | 'isSampled'>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const of = (name: string): number =>
    Number(new RegExp(`^plimsoll_usage_${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { settled: of('settled_calls_total'), lagSeconds: of('lag_seconds'), isSampled: of('log_is_sampled') === 1 };
}

/** What was counted, everywhere it stands. */
async function sumsOf(db: Knex, redis: Redis, productId: string) {
  const keys = await redis.keys(`{p0}:quota:${productId}:*`);
  const counters = keys.length === 0 ? [] : await redis.mget(keys);
  const sum = async (table: string, column: string): Promise<number> =>
    Number((await db(table).where({ product_id: productId }).sum({ sum: column }))[0]!['sum']);
  return {
    counted: counters.reduce((total, each) => total + Number(each), 0),
    periods: await sum('usage_periods', 'used'),
    verdicts: await sum('usage_by_verdict', 'calls'),
    licenses: await sum('usage_by_license', 'calls'),
    // Calls that rows of the log stand for: while it is sampled each batch is rounded up to a whole sample.
    logged: await sum('validations', 'weight'),
    logRows: Number((await db('validations').where({ product_id: productId }).count({ rows: '*' }))[0]!['rows']),
  };
}

/** The bounds: with a drain that runs, and with one that stands still. */
function summary(watched: readonly Second[], stop: { at: number; for: number }) {
  const most = (rows: readonly Second[], figure: 'redisBytes' | 'entries' | 'lagSeconds'): number =>
    rows.reduce((top, row) => Math.max(top, row[figure]), 0);
  const bounds = (rows: readonly Second[]) => ({
    mostRedisBytes: most(rows, 'redisBytes'),
    mostEntries: most(rows, 'entries'),
    mostLagSeconds: most(rows, 'lagSeconds'),
    sampledSeconds: rows.filter(({ isSampled }) => isSampled).length,
  });
  const resumedAt = stop.at + stop.for;
  const caughtUp = watched.find(({ second, lagSeconds }) => second > resumedAt && lagSeconds < 2);
  if (stop.at === 0 || !caughtUp) return { running: bounds(watched) };
  return {
    running: bounds(watched.filter(({ second }) => second < stop.at || second > caughtUp.second)),
    stopped: {
      ...bounds(watched.filter(({ isStopped }) => isStopped)),
      caughtUpAfterSeconds: caughtUp.second - resumedAt,
    },
    catchingUp: bounds(watched.filter(({ second }) => second >= resumedAt && second <= caughtUp.second)),
  };
}

function short(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
