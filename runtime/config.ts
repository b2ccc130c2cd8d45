import { isIP } from 'node:net';
import { rawValue } from './raw-value.ts';
import { ACCOUNT_SETTINGS } from './settings/accounts.ts';
import { API_SETTINGS } from './settings/api.ts';
import { AUDIT_SETTINGS } from './settings/audit.ts';
import { MAIL_SETTINGS } from './settings/mail.ts';
import {
  asDuration,
  asIs,
  asList,
  asNumber,
  DURATION,
  DURATION_WORDS,
  isNetwork,
  listOf,
  matching,
  oneOf,
  type Setting,
  secretKeys,
  setting,
  textThat,
  wholeNumber,
} from './settings/setting.ts';

/**
 * The whole configuration: each setting with its variable, what it takes, its default and its meaning. Those of one matter have a table
 * of their own in `settings/`. `docs/configuration.md` is generated from these tables, and a process refuses to start with every fault listed at once.
 */

/** Every setting, by the name that code uses. Durations arrive as milliseconds, sizes as bytes. */
export const SETTINGS = {
  databaseUrl: setting({
    variable: 'DATABASE_URL',
    takes: matching(/^postgres(ql)?:\/\//),
    fallback: undefined,
    text: asIs,
    secret: true,
    accepts: 'postgres://user:password@host:port/database',
    meaning: 'Postgres 15 or newer. `bin/up` starts one of its own when this is not set.',
  }),
  redisUrl: setting({
    variable: 'REDIS_URL',
    takes: matching(/^rediss?:\/\/[^,]+(,rediss?:\/\/[^,]+)*$/),
    fallback: undefined,
    text: asIs,
    secret: true,
    accepts: 'redis://:password@host:port/0 (rediss:// for TLS), several of them separated by commas for a cluster',
    meaning:
      'Redis 7 or newer, with `maxmemory-policy noeviction`. `bin/up` starts one of its own when this is not set. ' +
      'Several addresses are nodes of one Redis Cluster; the others are found through them. They share user and password.',
  }),
  redisCluster: setting({
    variable: 'PLIMSOLL_REDIS_CLUSTER',
    takes: oneOf('auto', 'on'),
    fallback: 'auto',
    text: asIs,
    accepts: 'auto or on',
    meaning:
      'Whether `REDIS_URL` names a Redis Cluster. `auto`: where it holds several addresses. `on`: also where it holds one, ' +
      'such as the one endpoint of a hosted cluster.',
  }),
  partitions: setting({
    variable: 'PLIMSOLL_PARTITIONS',
    takes: wholeNumber(1, 1024),
    fallback: '1',
    text: asNumber,
    accepts: 'a whole number from 1 to 1024',
    meaning:
      'Into how many parts the counters and usage of organisations are divided. 1 for a single Redis, 64 for a cluster. ' +
      'The same for all processes; changing it is a rebuild (`docs/operations.md`).',
  }),
  temporalAddress: setting({
    variable: 'TEMPORAL_ADDRESS',
    takes: matching(/^[^\s:/]+:\d{1,5}$/),
    fallback: undefined,
    text: asIs,
    accepts: 'host:port',
    meaning: "Temporal's gRPC address. `bin/up` starts a development server of its own when this is not set.",
  }),
  temporalNamespace: setting({
    variable: 'TEMPORAL_NAMESPACE',
    takes: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
    fallback: 'default',
    text: asIs,
    accepts: 'letters, digits, dots, underscores and hyphens',
    meaning: 'The Temporal namespace of this installation.',
  }),
  temporalUiUrl: setting({
    variable: 'TEMPORAL_UI_URL',
    takes: matching(/^(https?:\/\/.*)?$/),
    fallback: '',
    text: asIs,
    accepts: 'an http or https address, or nothing',
    meaning: "Where people open Temporal's Web UI; `doctor` looks there, and nothing depends on it.",
  }),
  host: setting({
    variable: 'PLIMSOLL_HOST',
    takes: textThat((text) => isIP(text) !== 0),
    fallback: '127.0.0.1',
    text: asIs,
    accepts: 'an IPv4 or IPv6 address',
    meaning: 'The address that the API listens on. `0.0.0.0` or `::` is every interface.',
  }),
  port: setting({
    variable: 'PLIMSOLL_PORT',
    takes: wholeNumber(0, 65535),
    fallback: '8080',
    text: asNumber,
    accepts: 'a whole number from 0 to 65535 (0: any free port)',
    meaning: 'The port that the API listens on. `bin/up` takes a free one instead when this one is taken, and says so.',
  }),
  apiProcesses: setting({
    variable: 'PLIMSOLL_API_PROCESSES',
    takes: wholeNumber(1, 64),
    fallback: '1',
    text: asNumber,
    accepts: 'a whole number from 1 to 64',
    meaning: 'How many API processes `bin/up` runs on one port. Each also has an address of its own, in `stack.json`.',
  }),
  nodePort: setting({
    variable: 'PLIMSOLL_NODE_PORT',
    takes: wholeNumber(-1, 65535),
    fallback: '-1',
    text: asNumber,
    accepts: 'a whole number from 0 to 65535 (0: any free port), or -1 for none',
    meaning:
      'A second port of this API process alone, on loopback, so that its metrics can be read where several processes ' +
      'share a port. `bin/up` sets it.',
  }),
  workerPort: setting({
    variable: 'PLIMSOLL_WORKER_PORT',
    takes: wholeNumber(0, 65535),
    fallback: '0',
    text: asNumber,
    accepts: 'a whole number from 0 to 65535 (0: any free port)',
    meaning: "The port of the worker's `/health/live`, `/health/ready` and `/metrics`.",
  }),
  workflowBundle: setting({
    variable: 'PLIMSOLL_WORKFLOW_BUNDLE',
    takes: textThat((text) => text.length <= 4096),
    fallback: '',
    text: asIs,
    accepts: 'the path of a file, or nothing',
    meaning:
      'A bundle of the workflows that was made before, by the same release and the same version of the Temporal SDK. ' +
      'Without it each worker makes its own when it starts, which takes a second.',
  }),
  trustedProxies: setting({
    variable: 'PLIMSOLL_TRUSTED_PROXIES',
    takes: listOf(textThat(isNetwork), 0, 1000),
    fallback: '',
    text: asList,
    accepts: 'addresses and CIDR networks, separated by commas',
    meaning:
      'Proxies whose `X-Forwarded-For` is believed. Only from these is the forwarded address taken as the address ' +
      'of the caller; every other peer is the caller itself.',
  }),
  secretKeys: setting({
    variable: 'PLIMSOLL_SECRET_KEYS',
    takes: secretKeys,
    fallback: undefined,
    text: asList,
    secret: true,
    accepts:
      'id:key, separated by commas; the key is 32 random bytes in base64, the id letters and digits, no two ids alike',
    meaning:
      'Keys that encrypt signing secrets at rest (AES-256-GCM). The first one writes, all of them read: to rotate, ' +
      'put a new one in front. `bin/up` makes one and keeps it in its home.',
  }),
  databasePoolSize: setting({
    variable: 'PLIMSOLL_DATABASE_POOL_SIZE',
    takes: wholeNumber(2, 500),
    fallback: '20',
    text: asNumber,
    accepts: 'a whole number from 2 to 500',
    meaning: 'Connections to Postgres that one process may hold.',
  }),
  cachedLicenses: setting({
    variable: 'PLIMSOLL_CACHED_LICENSES',
    takes: wholeNumber(100, 10_000_000),
    fallback: '100000',
    text: asNumber,
    accepts: 'a whole number from 100 to 10000000',
    meaning: 'How many licences one API process keeps at hand; about two kilobytes each, more with many addresses.',
  }),
  databaseTimeoutMs: setting({
    variable: 'PLIMSOLL_DATABASE_TIMEOUT',
    takes: DURATION,
    fallback: 'PT5S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning:
      'How long a process waits for a connection to Postgres, and for one statement, before it goes on with what is at hand, or ' +
      'answers 503 where nothing is.',
  }),
  redisTimeoutMs: setting({
    variable: 'PLIMSOLL_REDIS_TIMEOUT',
    takes: DURATION,
    fallback: 'PT2S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning:
      'How long a command to Redis may take before Redis counts as away; `PLIMSOLL_REDIS_OUTAGE` says what happens then.',
  }),
  usageLagMs: setting({
    variable: 'PLIMSOLL_USAGE_LAG',
    takes: DURATION,
    fallback: 'PT1M',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning:
      'How far the worker may be behind with settling usage before it writes only every tenth call to the log of ' +
      'validations. What is counted and summed stays whole.',
  }),
  redisOutage: setting({
    variable: 'PLIMSOLL_REDIS_OUTAGE',
    takes: oneOf('open', 'closed'),
    fallback: 'open',
    text: asIs,
    accepts: 'open or closed',
    meaning:
      'What becomes of calls to the public API while Redis is away. `open`: they are served, metered into Postgres and counted ' +
      'when Redis is back, since customers of our customers must not stop working for our outage. `closed`: 503.',
  }),
  temporalTimeoutMs: setting({
    variable: 'PLIMSOLL_TEMPORAL_TIMEOUT',
    takes: DURATION,
    fallback: 'PT5S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: 'The deadline of one call to Temporal.',
  }),
  publicBodyLimitBytes: setting({
    variable: 'PLIMSOLL_PUBLIC_BODY_LIMIT_BYTES',
    takes: wholeNumber(1024, 1_048_576),
    fallback: '65536',
    text: asNumber,
    accepts: 'a whole number from 1024 to 1048576',
    meaning: 'The largest body that the public API reads. Beyond it: 413, and nothing is counted.',
  }),
  headerLimitBytes: setting({
    variable: 'PLIMSOLL_HEADER_LIMIT_BYTES',
    takes: wholeNumber(2048, 1_048_576),
    fallback: '16384',
    text: asNumber,
    accepts: 'a whole number from 2048 to 1048576',
    meaning: 'The largest request line and headers together. Beyond it: 431.',
  }),
  headersTimeoutMs: setting({
    variable: 'PLIMSOLL_HEADERS_TIMEOUT',
    takes: DURATION,
    fallback: 'PT10S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: "How long a caller may take to send a request's headers. Beyond it: 408.",
  }),
  requestTimeoutMs: setting({
    variable: 'PLIMSOLL_REQUEST_TIMEOUT',
    takes: DURATION,
    fallback: 'PT30S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: 'How long a caller may take to send a whole request. Beyond it: 408.',
  }),
  keepAliveTimeoutMs: setting({
    variable: 'PLIMSOLL_KEEP_ALIVE_TIMEOUT',
    takes: DURATION,
    fallback: 'PT75S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: "How long an idle connection stays open. It must be longer than a load balancer's own idle time.",
  }),
  shutdownGraceMs: setting({
    variable: 'PLIMSOLL_SHUTDOWN_GRACE',
    takes: DURATION,
    fallback: 'PT20S',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: 'How long a process that was told to end may take to answer the calls in flight.',
  }),
  logLevel: setting({
    variable: 'PLIMSOLL_LOG_LEVEL',
    takes: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    fallback: 'info',
    text: asIs,
    accepts: 'trace, debug, info, warn, error, fatal or silent',
    meaning: 'The least severe line that is logged.',
  }),
  logSuccesses: setting({
    variable: 'PLIMSOLL_LOG_SUCCESSES',
    takes: oneOf('summed', 'each'),
    fallback: 'summed',
    text: asIs,
    accepts: 'summed or each',
    meaning:
      'How requests that were answered well are logged. `summed`: one line every ten seconds for each route, method and status, ' +
      'with how many there were and how long they took. `each`: a line for each, which costs about a sixth of a validation. ' +
      'Refusals, failures and calls that take longer than 250 ms have a line each in any case.',
  }),
  ...ACCOUNT_SETTINGS,
  ...API_SETTINGS,
  ...MAIL_SETTINGS,
  ...AUDIT_SETTINGS,
} as const;

type Settings = typeof SETTINGS;
export type Config = { [Name in keyof Settings]: Settings[Name] extends Setting<infer T> ? T : never };

/** One thing wrong with the configuration, in words that say what would be right. */
export interface ConfigFault {
  variable: string;
  message: string;
}

/** Thrown with all faults at once, so that nobody mends them one start at a time. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: ConfigFault[];
  constructor(faults: ConfigFault[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((f) => `  ${f.variable}: ${f.message}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/**
 * Reads every setting from environment variables. A variable named `X_FILE` names a file that holds the value of `X`
 * (as container platforms mount secrets).
 * @throws {ConfigError} listing every fault; a secret's value is never in it.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  return readSettings(Object.keys(SETTINGS) as (keyof Settings)[], env);
}

/** Reads some of the settings alone, for commands that need no more (such as a migration, which needs no Redis). */
export function readSettings<Name extends keyof Settings>(names: Name[], env: NodeJS.ProcessEnv): Pick<Config, Name> {
  const faults: ConfigFault[] = [];
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const each: Setting<unknown> = SETTINGS[name];
    try {
      const raw = rawValue(each.variable, env) ?? each.fallback;
      if (raw === undefined) throw new Error(`is not set; it takes ${each.accepts}`);
      const value = each.text(raw);
      if (!each.takes(value)) {
        throw new Error(`${each.secret ? 'its value' : JSON.stringify(raw)} is not accepted; it takes ${each.accepts}`);
      }
      values[name] = value;
    } catch (error) {
      faults.push({ variable: each.variable, message: (error as Error).message });
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return values as Pick<Config, Name>;
}
