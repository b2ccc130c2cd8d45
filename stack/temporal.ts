import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { dockerProgram } from './docker.ts';
import { StackFault } from './fault.ts';
import { hasDocker } from './packages.ts';
import { answerOf, findExecutables, type Setting } from './run.ts';
import type { Program } from './service.ts';
import { cachedTemporal, ensureTemporal } from './temporal-build.ts';

/**
 * Finds or gets Temporal's dev server (its CLI, 1.5 or newer, Web UI included) and says how to run it for this home.
 * @throws {StackFault} when there is none and none can be built
 */
export async function prepareTemporal(
  setting: Setting,
  { home, port, uiPort, namespace }: { home: string; port: number; uiPort: number; namespace: string },
): Promise<Program> {
  const folder = join(home, 'temporal');
  const common = {
    kind: 'temporal',
    title: 'Temporal',
    cwd: folder,
    logFile: join(home, 'logs', 'temporal.log'),
    ready: async () => (await answersTemporal(`127.0.0.1:${port}`, namespace)) === undefined,
    readyWithinMs: 120_000,
    endsWithinMs: 15_000,
  } as const;

  const path = (await installedTemporal(setting)) ?? cachedTemporal(setting.env);
  const built = path ?? (await ensureTemporal(setting));
  if (typeof built === 'string') {
    const args = serverArguments({ namespace, ip: '127.0.0.1', port, uiPort, database: join(folder, 'temporal.db') });
    return { ...common, command: built, args, env: setting.env };
  }
  if (await hasDocker(setting)) {
    const docker = await dockerProgram(setting, {
      home,
      kind: 'temporal',
      image: 'temporalio/temporal:1.7.0',
      publish: [
        [port, 7233],
        [uiPort, 8233],
      ],
      volume: '/home/temporal',
      args: serverArguments({
        namespace,
        ip: '0.0.0.0',
        port: 7233,
        uiPort: 8233,
        database: '/home/temporal/temporal.db',
      }),
    });
    return { ...common, ...docker };
  }
  throw built;
}

function serverArguments(options: { namespace: string; ip: string; port: number; uiPort: number; database: string }) {
  const { namespace, ip, port, uiPort, database } = options;
  const listen = ['--ip', ip, '--port', String(port), '--ui-port', String(uiPort)];
  // The Web UI would otherwise ask the internet for news.
  const rest = ['--db-filename', database, '--namespace', namespace, '--log-level', 'warn', '--ui-disable-news-fetch'];
  return ['server', 'start-dev', ...listen, ...rest];
}

/** The installed `temporal`, if it is 1.5 or newer. */
async function installedTemporal(setting: Setting): Promise<string | undefined> {
  for (const path of findExecutables(setting.env, 'temporal')) {
    const [, major, minor] = /version (\d+)\.(\d+)/.exec((await answerOf(setting, path, ['--version'])) ?? '') ?? [];
    if (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 5)) return path;
  }
  return undefined;
}

/** Why a Temporal doesn't serve a namespace; nothing when it does. */
async function answersTemporal(address: string, namespace: string): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    const { workflowService } = connection;
    await connection.withDeadline(Date.now() + 2_000, () => workflowService.describeNamespace({ namespace }));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await connection?.close();
  }
}

/** Checks a Temporal that the environment names. @throws {StackFault} when it or its namespace doesn't answer */
export async function checkNamedTemporal(address: string, namespace: string): Promise<void> {
  const reason = await answersTemporal(address, namespace);
  if (reason === undefined) return;
  throw new StackFault(
    `The Temporal that TEMPORAL_ADDRESS names (${address}) does not serve the namespace ${namespace} (${reason}): start it, make the namespace, or unset TEMPORAL_ADDRESS.`,
  );
}
