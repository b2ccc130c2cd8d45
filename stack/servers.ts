import { type Config, readSettings } from '../runtime/config.ts';
import type { Ports } from './ports.ts';
import { checkNamedPostgres, preparePostgres } from './postgres.ts';
import { checkNamedRedis, prepareRedis } from './redis.ts';
import type { Setting } from './run.ts';
import type { Secrets } from './secrets.ts';
import type { Program, Service, Together } from './service.ts';
import { checkNamedTemporal, prepareTemporal } from './temporal.ts';

/** Where the three servers are. */
export interface Servers {
  databaseUrl: string;
  redisUrl: string;
  temporalAddress: string;
  /** Empty where the environment names a Temporal and not its Web UI. */
  temporalUi: string;
  namespace: string;
}

interface Options {
  setting: Setting;
  home: string;
  config: Config;
  secrets: Secrets;
  ports: Ports;
  fast: boolean;
  start: (program: Program) => Promise<Service>;
  together: Together;
}

/**
 * Postgres, Redis and Temporal, all at once: each the one that the environment names, else one of this home's own.
 * @throws {StackFault} for the first that can't be had
 */
export async function startServers(options: Options): Promise<Servers> {
  const { together } = options;
  const [databaseUrl, redisUrl, temporal] = await together([
    postgres(options),
    redis(options),
    temporalServer(options),
  ]);
  return { databaseUrl, redisUrl, ...temporal };
}

async function postgres({ setting, home, secrets, ports, fast, start }: Options): Promise<string> {
  const named = namedBy(setting.env, 'databaseUrl', 'DATABASE_URL');
  if (named) {
    await checkNamedPostgres(named);
    return named;
  }
  const port = await ports.choose('postgres');
  const { program, url } = await preparePostgres(setting, { home, port, password: secrets.POSTGRES_PASSWORD, fast });
  await start(program);
  return url;
}

async function redis({ setting, home, secrets, ports, start }: Options): Promise<string> {
  const named = namedBy(setting.env, 'redisUrl', 'REDIS_URL');
  if (named) {
    await checkNamedRedis(named);
    return named;
  }
  const port = await ports.choose('redis');
  const { program, url } = await prepareRedis(setting, { home, port, password: secrets.REDIS_PASSWORD });
  await start(program);
  return url;
}

async function temporalServer(
  options: Options,
): Promise<Pick<Servers, 'temporalAddress' | 'temporalUi' | 'namespace'>> {
  const { setting, home, config, ports, start } = options;
  const namespace = config.temporalNamespace;
  const named = namedBy(setting.env, 'temporalAddress', 'TEMPORAL_ADDRESS');
  if (named) {
    await checkNamedTemporal(named, namespace);
    return { temporalAddress: named, temporalUi: config.temporalUiUrl, namespace };
  }
  const port = await ports.choose('temporal');
  const uiPort = await ports.choose('temporal_ui');
  await start(await prepareTemporal(setting, { home, port, uiPort, namespace }));
  return { temporalAddress: `127.0.0.1:${port}`, temporalUi: `http://127.0.0.1:${uiPort}`, namespace };
}

/** A server's address as the environment has it, in the variable or in the file that `…_FILE` names. */
function namedBy(
  env: NodeJS.ProcessEnv,
  name: 'databaseUrl' | 'redisUrl' | 'temporalAddress',
  variable: string,
): string | undefined {
  if (!env[variable]?.trim() && !env[`${variable}_FILE`]?.trim()) return undefined;
  return readSettings([name], env)[name];
}
