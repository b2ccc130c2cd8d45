import { join } from 'node:path';
import type { Config } from '../runtime/config.ts';
import { StackFault } from './fault.ts';
import { CHECKOUT, type Demo, readText, writePrivate } from './home.ts';
import type { Ports } from './ports.ts';
import { CommandFailed, run, type Setting, seconds } from './run.ts';
import { lastWords, type Program, type Service, type Together } from './service.ts';

interface Options {
  /** With the environment of the home. */
  setting: Setting;
  home: string;
  config: Config;
  port: number;
  workerPort: number;
  apiProcesses: number;
  ports: Ports;
  start: (program: Program) => Promise<Service>;
  together: Together;
}

/** The running API and worker. Who has just died is in no list. */
export interface Application {
  url: string;
  nodes: () => { pid: number; url: string }[];
  workers: () => number[];
}

/** Brings the database's schema and the published catalogue up to this checkout. @throws {StackFault} */
export async function migrate(setting: Setting, home: string): Promise<void> {
  const began = Date.now();
  await cli(setting, home, ['migrate'], 'The database could not be migrated');
  setting.say(`Migrated the database in ${seconds(Date.now() - began)}.`);
}

/**
 * Sees to it that the demo is there and remembers its keys, since the platform shows a product's only once. The keys of an
 * earlier start are asked for again: the database may be another one by now, or may have lost them. @throws {StackFault}
 */
export async function seedDemo(setting: Setting, home: string): Promise<Demo> {
  const file = join(home, 'demo.json');
  const before = readText(file);
  const failed = 'The demo could not be made (bin/up --empty starts without it)';
  const answer = await cli(setting, home, ['demo', '--json', '--kept', file], failed);
  let demo: Demo;
  try {
    demo = JSON.parse(answer) as Demo;
  } catch (error) {
    throw new StackFault(`${failed}: 'plimsoll demo --json' did not print JSON; see ${home}/logs/cli.log.`, {
      cause: error,
    });
  }
  const text = `${JSON.stringify(demo, null, 2)}\n`;
  if (text === before) return demo;
  writePrivate(file, text);
  setting.say(
    before === undefined
      ? 'The demo organisation is there, with an owner, a product and a licence.'
      : "The demo's keys are new: this database did not take those of the start before.",
  );
  return demo;
}

async function cli(setting: Setting, home: string, args: string[], failed: string): Promise<string> {
  const logFile = join(home, 'logs', 'cli.log');
  try {
    return await run({ ...setting, logFile }, process.execPath, [join(CHECKOUT, 'cli', 'main.ts'), ...args], {
      secret: true,
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new StackFault(`${failed}; the log is ${logFile}${lastWords(logFile)}`, { cause: error });
  }
}

/** Starts the API's processes and the worker, and returns when all of them are ready. @throws {StackFault} */
export async function startProcesses(options: Options): Promise<Application> {
  const { config, port, workerPort, apiProcesses, ports, start, together } = options;
  const nodePorts: number[] = [];
  for (let index = 0; index < apiProcesses; index += 1) nodePorts.push(await ports.choose('node', { index }));

  const apis = nodePorts.map((nodePort, index) => start(apiProgram(options, nodePort, index)));
  const [worker, ...started] = await together([start(workerProgram(options, workerPort)), ...apis]);
  return {
    url: `http://${hostFor(config.host)}:${port}`,
    nodes: () =>
      started.flatMap(({ pid }, index) =>
        pid === undefined ? [] : [{ pid, url: `http://127.0.0.1:${nodePorts[index]}` }],
      ),
    workers: () => (worker.pid === undefined ? [] : [worker.pid]),
  };
}

function apiProgram({ setting, home, config, apiProcesses }: Options, nodePort: number, index: number): Program {
  return {
    kind: 'api',
    title: apiProcesses === 1 ? 'The API' : `API process ${index + 1}`,
    command: process.execPath,
    args: ['api/main.ts'],
    cwd: CHECKOUT,
    env: { ...setting.env, PLIMSOLL_NODE_PORT: String(nodePort) },
    logFile: join(home, 'logs', apiProcesses === 1 ? 'api.log' : `api-${index + 1}.log`),
    ready: () => isReady(nodePort),
    readyWithinMs: 60_000,
    endsWithinMs: config.shutdownGraceMs + 5_000,
  };
}

function workerProgram({ setting, home, config }: Options, workerPort: number): Program {
  return {
    kind: 'worker',
    title: 'The worker',
    command: process.execPath,
    args: ['worker/main.ts'],
    cwd: CHECKOUT,
    env: { ...setting.env, PLIMSOLL_WORKER_PORT: String(workerPort) },
    logFile: join(home, 'logs', 'worker.log'),
    ready: () => isReady(workerPort),
    // It bundles the workflows first, which takes a while on a busy machine.
    readyWithinMs: 120_000,
    endsWithinMs: config.shutdownGraceMs + 15_000,
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    return status === 200;
  } catch {
    // Not listening yet: whoever asks, asks again until a deadline of its own.
    return false;
  }
}

/** How a listening address is reached from this machine. */
function hostFor(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
