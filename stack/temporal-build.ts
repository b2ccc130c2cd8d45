import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { StackFault } from './fault.ts';
import { findGo, GO_NEEDED } from './go.ts';
import { CHECKOUT } from './home.ts';
import { takeLock } from './lock.ts';
import { gone, isAlive } from './process.ts';
import { CommandFailed, run, type Setting, seconds, stopIfAborted } from './run.ts';

const MODULE = join(CHECKOUT, 'stack', 'temporal');
const COMMAND = 'github.com/temporalio/cli/cmd/temporal';

/** Where this user's build of exactly these modules lies, or will: every clone and home shares it. */
function buildFolder(env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256')
    .update(readFileSync(join(MODULE, 'go.sum')))
    .digest('hex')
    .slice(0, 16);
  return cacheFolder(env, `temporal-${hash}`);
}

/** The finished build, if there is one. */
export function cachedTemporal(env: NodeJS.ProcessEnv): string | undefined {
  const path = join(buildFolder(env), 'temporal');
  return existsSync(path) ? path : undefined;
}

/**
 * Builds Temporal's dev server from `stack/temporal/go.mod`, once for this user: minutes. Two who want it at once share
 * one build. Answers with its path, or with the sentence that says why it can't be built here.
 */
export async function ensureTemporal(setting: Setting): Promise<string | StackFault> {
  const folder = buildFolder(setting.env);
  const path = join(folder, 'temporal');
  const began = Date.now();
  let saidSo = -Infinity;
  for (;;) {
    stopIfAborted(setting.abort);
    if (existsSync(path)) return path;
    const lock = takeLock(join(folder, 'build.lock'));
    if ('release' in lock) {
      try {
        return existsSync(path) ? path : await build(setting, folder, path);
      } finally {
        lock.release();
      }
    }
    if (isAlive(lock) && Date.now() - saidSo >= 15_000) {
      saidSo = Date.now();
      setting.say(
        `Waiting for process ${lock.pid}, which builds Temporal's dev server: ${seconds(Date.now() - began)} so far.`,
      );
    }
    await gone(lock, 500, setting.abort);
  }
}

async function build(setting: Setting, folder: string, path: string): Promise<string | StackFault> {
  const go = await findGo(setting);
  if (!go) {
    return new StackFault(
      `Temporal's dev server is built with Go ${GO_NEEDED} or newer, which is neither installed nor to be had from a Go module proxy: install Go, or the temporal CLI, or name a running Temporal by TEMPORAL_ADDRESS.`,
    );
  }
  const began = Date.now();
  const what = "Building Temporal's dev server, once for this machine";
  setting.say(`${what}: about 4 minutes on two cores …`);
  const temporary = join(folder, `temporal.${process.pid}.tmp`);
  try {
    await run(setting, go.path, buildArguments(temporary), {
      cwd: MODULE,
      env: { ...go.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
      progress: (passed) => setting.say(`${what}: ${passed} s so far, about 4 minutes on two cores`),
    });
    renameSync(temporary, path);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return new StackFault(
      /no space left on device/.test(error.output)
        ? `The disk is full: building Temporal's dev server needs about 4 GB; free some space and start again.`
        : `Temporal's dev server can't be built (${reasonOf(error)}): its modules come from where GOPROXY says, so look at the network, or install the temporal CLI; the whole output is in ${setting.logFile}.`,
      { cause: error },
    );
  } finally {
    rmSync(temporary, { force: true });
  }
  setting.say(`Built Temporal's dev server in ${seconds(Date.now() - began)}.`);
  return path;
}

function buildArguments(output: string): string[] {
  const version = /github\.com\/temporalio\/cli v(\S+)/.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1];
  const flags = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
  return ['build', '-trimpath', '-ldflags', flags, '-o', output, COMMAND];
}

function reasonOf({ output, message }: CommandFailed): string {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('go: downloading'));
  return (lines.at(-1) || message).replace(/https?:\/\/\S+/g, '…').slice(0, 200);
}
