import type { Knex } from 'knex';
import { connectRedis, type RedisClient } from '../counters/redis.ts';
import type { Config } from '../runtime/config.ts';
import { readStack, resolveHome, type Stack } from '../stack/home.ts';
import { connectDatabase } from '../store/database.ts';
import { createTemporal, type Temporal } from '../temporal/client.ts';
import { checkClocks } from './doctor/clock.ts';
import { checkDisk, checkNode } from './doctor/host.ts';
import {
  DEADLINE_MS,
  type Finding,
  fail,
  PARTS,
  type Part,
  type PartName,
  reason,
  warn,
  within,
} from './doctor/part.ts';
import { checkPostgres, checkSchema } from './doctor/postgres.ts';
import { checkProcess, checkTemporalUi } from './doctor/processes.ts';
import { checkRedis, untilReady } from './doctor/redis.ts';
import { addressOf, checkConfiguration, lacking, readAll } from './doctor/settings.ts';
import { checkTcpMigration } from './doctor/tcp.ts';
import { checkRoundTrip, checkTemporal } from './doctor/temporal.ts';
import { commandEnvironment } from './environment.ts';

/** What `doctor --json` prints. `well` is false when a part fails; warnings leave it true. */
export interface Diagnosis {
  well: boolean;
  home: string;
  parts: Part[];
}

/**
 * Looks at every part at the same time and says how each is, where it is, and what helps. A part that is down or hangs takes
 * its own five seconds and hides no other. Changes nothing, but for one `selfCheck` run in Temporal. Connections come from
 * `env`, and what is missing there from the home that it names.
 * @returns the exit code: 0 when nothing fails, warnings allowed; else 1
 */
export async function doctor(options: {
  json: boolean;
  env: NodeJS.ProcessEnv;
  out: (text: string) => void;
}): Promise<number> {
  const diagnosis = await diagnose(options.env);
  options.out(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : asText(diagnosis));
  return diagnosis.well ? 0 : 1;
}

export async function diagnose(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const home = resolveHome(env);
  const { config, faults } = readAll(commandEnvironment(env));
  const lacks = (...names: (keyof Config)[]): Finding | undefined => lacking(faults, ...names);
  const parts = connect(config);
  const { db, redis, temporal } = parts;

  const postgresAddress = addressOf(config.databaseUrl ?? '', 5432);
  const redisAddress = (config.redisUrl ?? '')
    .split(',')
    .map((url) => addressOf(url, 6379))
    .join(', ');
  const workerUrl = config.workerPort ? `http://127.0.0.1:${config.workerPort}` : undefined;
  const uiUrl = config.temporalUiUrl || undefined;

  const checks: Record<PartName, () => Finding | Promise<Finding>> = {
    configuration: () => checkConfiguration(faults, home),
    node: () => checkNode(),
    disk: () => checkDisk(home),
    postgres: () => (db ? checkPostgres(db, postgresAddress) : (lacks('databaseUrl') ?? notConfigured)),
    schema: () => (db ? checkSchema(db, postgresAddress) : notAsked('postgres')),
    redis: () =>
      redis
        ? checkRedis(redis.ready, redisAddress, { partitions: 1, usageLagMs: 60_000, ...config })
        : (lacks('redisUrl') ?? notConfigured),
    'clock skew': () => checkClocks({ db, redis: redis?.ready }),
    temporal: () =>
      temporal ? checkTemporal(temporal) : (lacks('temporalAddress', 'temporalNamespace') ?? notConfigured),
    'temporal-worker round trip': () => (temporal ? checkRoundTrip(temporal) : notAsked('temporal')),
    'temporal ui': () => (uiUrl ? checkTemporalUi(uiUrl) : noUi),
    api: () => checkProcess('API', apiUrl(config, readStack(home)), 'PLIMSOLL_PORT'),
    'tcp migration': () => checkTcpMigration(config.apiProcesses ?? 1),
    worker: () => (workerUrl ? checkProcess('worker', workerUrl, 'PLIMSOLL_WORKER_PORT') : noWorkerPort),
  };

  try {
    const found = await Promise.all(PARTS.map((part) => look(part, checks[part])));
    return { well: found.every(({ state }) => state !== 'fail'), home, parts: found };
  } finally {
    await parts.close();
  }
}

/** One part, within its deadline. */
async function look(part: PartName, check: () => Finding | Promise<Finding>): Promise<Part> {
  try {
    return { part, ...(await within(DEADLINE_MS, async () => check())) };
  } catch (error) {
    return { part, ...fail(reason(error), 'See that it runs and that nothing on the way to it swallows packets.') };
  }
}

interface Connections {
  db: Knex | undefined;
  redis: { ready: Promise<RedisClient> } | undefined;
  temporal: Temporal | undefined;
  close(): Promise<void>;
}

/** Connections of our own to what is configured; each is made with the first question. */
function connect(config: Partial<Config>): Connections {
  const { databaseUrl, redisUrl, redisCluster, temporalAddress, temporalNamespace } = config;
  const timeout = DEADLINE_MS - 500;

  const db = databaseUrl
    ? connectDatabase({ databaseUrl, databasePoolSize: 4, databaseTimeoutMs: timeout }, 'plimsoll-doctor')
    : undefined;
  const client = redisUrl
    ? connectRedis({ redisUrl, redisTimeoutMs: timeout, ...(redisCluster && { redisCluster }) }, saidByItsPart)
    : undefined;
  const temporal =
    temporalAddress && temporalNamespace
      ? createTemporal({ temporalAddress, temporalNamespace, temporalTimeoutMs: timeout })
      : undefined;
  return {
    db,
    redis: client && { ready: untilReady(client) },
    temporal,
    async close() {
      client?.disconnect();
      // What hangs must not keep the diagnosis from being printed; it ends with the process.
      await within(1_000, () => Promise.all([db?.destroy(), temporal?.close()])).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'TooSlow') throw error;
      });
    },
  };
}

/** Redis' connection reports each failed attempt; the first one is part of what `doctor` says about Redis. */
function saidByItsPart(): void {}

/** Where the API answers: as this home was started, else as configured. */
function apiUrl({ host = '127.0.0.1', port = 8080 }: Partial<Config>, stack: Stack | undefined): string {
  if (stack?.api) return stack.api;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

const notConfigured = fail('It is not configured.', 'Set what configuration names.');
const noUi = warn('TEMPORAL_UI_URL is not set.', "Set it to where Temporal's Web UI is, so that people find it.");
const noWorkerPort = warn(
  'PLIMSOLL_WORKER_PORT is not set, so the worker can not be asked; the round trip shows whether one runs.',
  'Set PLIMSOLL_WORKER_PORT to a port of its own.',
);
const notAsked = (needed: PartName): Finding =>
  warn(`It could not be looked at without ${needed}.`, `Mend ${needed} first, then look again.`);

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

function asText({ well, home, parts }: Diagnosis): string {
  const width = Math.max(...parts.map(({ part }) => part.length));
  const lines = parts.flatMap(({ part, state, version, address, latencyMs, detail, advice }) => [
    [
      MARKS[state],
      part.padEnd(width),
      version,
      address,
      latencyMs === undefined ? undefined : `${latencyMs} ms`,
      detail,
    ]
      .filter((each) => each !== undefined && each !== '')
      .join('  '),
    ...(advice ? [`${' '.repeat(MARKS[state].length + width + 4)}→ ${advice}`] : []),
  ]);
  const failed = parts.filter(({ state }) => state === 'fail').map(({ part }) => part);
  const end = well ? `All is well in ${home}.` : `Not well in ${home}: ${failed.join(', ')}.`;
  return `${lines.join('\n')}\n\n${end}\n`;
}
