import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../runtime/config.ts';
import { migrate, seedDemo, startProcesses } from './application.ts';
import { StackFault, sentenceFor } from './fault.ts';
import { type Demo, formatEnv, makeHome, type Stack, writePrivate } from './home.ts';
import { takeLock } from './lock.ts';
import { readOwnSettings, withoutFiles } from './own-settings.ts';
import { checkSpace } from './packages.ts';
import { openPorts } from './ports.ts';
import { type Kind, openRoster, stopLeftovers } from './roster.ts';
import { type Setting, Stopped, stopIfAborted } from './run.ts';
import { homeSecrets, type Secrets } from './secrets.ts';
import { type Servers, startServers } from './servers.ts';
import { type Program, type Service, startService, type Together } from './service.ts';

export interface StackOptions {
  /** Where data, logs and `stack.json` lie. */
  home: string;
  /** Settings of every part, and the servers to use instead of our own. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** Without the demo. Default: false. */
  empty?: boolean;
  /** Postgres, Redis and Temporal alone: nothing is migrated, and neither API nor worker runs. Default: false. */
  serversOnly?: boolean;
  /** Default: PLIMSOLL_API_PROCESSES, else 1. */
  apiProcesses?: number;
  /** Gives up durability for speed, for homes that are thrown away. Default: whether PLIMSOLL_STACK_FAST is 1. */
  fast?: boolean;
  /** Told what is done, line by line. Default: nobody is. */
  say?: (line: string) => void;
  /** Aborted to give up starting; what was started is stopped. */
  abort?: AbortSignal;
  /** Aborted when giving up must not wait for graceful ends. */
  hasten?: AbortSignal;
}

/** A running home. It is supervised by this process: what dies is started again until `stop`. */
export interface RunningStack {
  home: string;
  /** As `stack.json` has it now. */
  readonly stack: Stack;
  /** What the home's `env` holds. */
  env: Record<string, string>;
  /** Stops what this start has started, in order. @param hasten when aborted, waiting for a graceful end is over */
  stop(hasten?: AbortSignal): Promise<void>;
}

/** The lock that the supervisor of a home holds. */
export function supervisorLock(home: string): string {
  return join(home, 'up.lock');
}

/**
 * Starts everything of a home and returns when it is ready. When anything fails, what was started is stopped again.
 * @throws {StackFault} in a sentence that says what to do
 * @throws {ConfigError} listing every setting that isn't right
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { home, env: given = process.env, say = () => undefined, abort = new AbortController().signal } = options;
  const config = readOwnSettings(given);
  const env = withoutFiles(given);
  const fast = options.fast ?? env['PLIMSOLL_STACK_FAST'] === '1';
  makeHome(home);
  const lock = takeLock(supervisorLock(home));
  if (!('release' in lock)) throw new StackFault(`Process ${lock.pid} already runs ${home}: stop it by bin/down.`);

  const services: { kind: Kind; service: Service }[] = [];
  const giveUp = new AbortController();
  const starting = AbortSignal.any([abort, giveUp.signal]);
  const ports = openPorts({ home, env, say, anywhere: fast });
  let described: (() => Stack) | undefined;
  const describeAnew = () => {
    if (described) writePrivate(join(home, 'stack.json'), `${JSON.stringify(described(), null, 2)}\n`);
  };
  /** What runs goes on even where it can't be written down. */
  const changed = () => {
    try {
      describeAnew();
    } catch (error) {
      say(`${join(home, 'stack.json')} is out of date. ${sentenceFor(error)}`);
    }
  };

  async function stop(hasten = new AbortController().signal): Promise<void> {
    described = undefined;
    rmSync(join(home, 'stack.json'), { force: true });
    const failures: unknown[] = [];
    // Who uses a server ends before it.
    for (const kinds of [['api', 'worker'], ['temporal'], ['redis'], ['postgres']]) {
      const together = services.filter(({ kind }) => kinds.includes(kind));
      // One that can't be stopped must not keep the others running.
      const stopped = await Promise.allSettled(together.map(({ service }) => service.stop(hasten)));
      failures.push(...stopped.filter((each) => each.status === 'rejected').map(({ reason }) => reason as unknown));
    }
    services.length = 0;
    ports.release();
    if ('release' in lock) lock.release();
    if (failures.length > 0) throw failures[0];
  }

  try {
    rmSync(join(home, 'stack.json'), { force: true });
    const leftovers = await stopLeftovers(home);
    if (leftovers > 0) say(`Stopped ${leftovers} processes of this home that an earlier start had left.`);
    const { bavail, bsize } = statfsSync(home);
    checkSpace(bavail * bsize, home, say);

    const roster = openRoster(home);
    const secrets = homeSecrets(home);
    const setting: Setting = { env, say, abort: starting, logFile: join(home, 'logs', 'tools.log') };
    const start = async (program: Program): Promise<Service> => {
      const service = await startService(program, { roster, say, abort: starting, hasten: options.hasten, changed });
      services.push({ kind: program.kind, service });
      return service;
    };
    const together: Together = (jobs) => allOrNone(jobs, giveUp);

    const servers = await startServers({ setting, home, config, secrets, ports, fast, start, together });
    const homeEnv = environmentOf(servers, env, secrets);
    let application: Awaited<ReturnType<typeof startProcesses>> | undefined;
    let demo: Demo | undefined;
    if (!options.serversOnly) {
      const apiProcesses = options.apiProcesses ?? config.apiProcesses;
      const wanted = env['PLIMSOLL_PORT'] ? config.port : undefined;
      const port = await ports.choose('api', { wanted, host: config.host });
      homeEnv['PLIMSOLL_PORT'] = String(port);
      homeEnv['PLIMSOLL_API_PROCESSES'] = String(apiProcesses);
      // In the home too, where `plimsoll doctor` looks for the worker.
      const workerPort = await ports.choose('worker', { wanted: config.workerPort || undefined });
      homeEnv['PLIMSOLL_WORKER_PORT'] = String(workerPort);
      writePrivate(join(home, 'env'), formatEnv(homeEnv));
      const within: Setting = { ...setting, env: childEnvironment(home, env, homeEnv) };
      await migrate(within, home);
      demo = options.empty ? undefined : await seedDemo(within, home);
      const where = { port, workerPort, ports };
      application = await startProcesses({ setting: within, home, config, apiProcesses, ...where, start, together });
    } else {
      writePrivate(join(home, 'env'), formatEnv(homeEnv));
    }
    stopIfAborted(abort);
    const pidOf = (kind: Kind) => services.find((each) => each.kind === kind)?.service.pid ?? null;
    const describe = (): Stack => ({
      api: application?.url ?? '',
      api_nodes: application?.nodes() ?? [],
      temporal_ui: servers.temporalUi,
      temporal_address: servers.temporalAddress,
      database_url: servers.databaseUrl,
      redis_url: servers.redisUrl,
      pids: {
        api: application?.nodes().map(({ pid }) => pid) ?? [],
        worker: application?.workers() ?? [],
        postgres: pidOf('postgres'),
        redis: pidOf('redis'),
        temporal: pidOf('temporal'),
      },
      ...(demo ? { demo } : {}),
    });
    described = describe;
    describeAnew();
    return {
      home,
      env: homeEnv,
      stop,
      get stack() {
        return describe();
      },
    };
  } catch (error) {
    giveUp.abort();
    await stop(options.hasten);
    throw error;
  }
}

/** What API, worker and CLI need to know: ours, and each setting that the environment, without files, has an opinion on. */
function environmentOf(servers: Servers, env: NodeJS.ProcessEnv, secrets: Secrets): Record<string, string> {
  const named = Object.values(SETTINGS)
    .filter(({ variable }) => env[variable]?.trim())
    .map(({ variable }) => [variable, env[variable]?.trim() as string]);
  return {
    PLIMSOLL_SECRET_KEYS: secrets.PLIMSOLL_SECRET_KEYS,
    PLIMSOLL_AUDIT_KEYS: secrets.PLIMSOLL_AUDIT_KEYS,
    ...(Object.fromEntries(named) as Record<string, string>),
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_NAMESPACE: servers.namespace,
    TEMPORAL_UI_URL: servers.temporalUi,
  };
}

function childEnvironment(home: string, env: NodeJS.ProcessEnv, homeEnv: Record<string, string>): NodeJS.ProcessEnv {
  return { ...env, ...homeEnv, PLIMSOLL_HOME: home };
}

/** Waits for all jobs; when one fails the others are told to give up, have ended, and its reason is thrown. */
async function allOrNone<T extends readonly Promise<unknown>[]>(
  jobs: [...T],
  giveUp: AbortController,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const failures: unknown[] = [];
  const results = await Promise.all(
    jobs.map(async (job) => {
      try {
        return await job;
      } catch (error) {
        failures.push(error);
        giveUp.abort();
        return undefined;
      }
    }),
  );
  if (failures.length > 0) throw failures.find((each) => !(each instanceof Stopped)) ?? failures[0];
  return results as { [K in keyof T]: Awaited<T[K]> };
}
