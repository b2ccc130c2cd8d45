import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { StackFault } from './fault.ts';
import { CHECKOUT } from './home.ts';
import { takeLock } from './lock.ts';
import { getPackage } from './packages.ts';
import { gone } from './process.ts';
import { CommandFailed, findExecutable, run, type Setting, seconds, stopIfAborted } from './run.ts';

const POM = join(CHECKOUT, 'stack', 'temporal-test-server', 'pom.xml');

/**
 * The time-skipping test server as an executable, for the SDK's `existing-path`: fetched by Maven into this user's cache,
 * once for every content of the pom. @throws {StackFault} where Java or Maven is missing and can't be had
 */
export async function ensureTimeSkippingServer(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = cacheFolder(env, 'temporal-test-server');
  const setting: Setting = {
    env,
    say: (line) => process.stderr.write(`${line}\n`),
    logFile: join(folder, 'fetch.log'),
    abort: new AbortController().signal,
  };
  const hash = createHash('sha256').update(readFileSync(POM)).update(WRAPPER).digest('hex').slice(0, 16);
  const home = join(folder, hash);
  const executable = join(home, 'temporal-test-server');
  for (;;) {
    stopIfAborted(setting.abort);
    // Java is looked for each time: the cache outlives it.
    if (existsSync(executable) && hasJava(env)) return executable;
    const lock = takeLock(join(folder, 'fetch.lock'));
    if ('release' in lock) {
      try {
        await ensureJava(setting);
        if (!existsSync(executable)) await fetchServer(setting, home);
        return executable;
      } finally {
        lock.release();
      }
    }
    await gone(lock, 1_000, setting.abort);
  }
}

/** `exec`: the SDK kills the process that it started, and only that one. */
const WRAPPER = `#!/bin/sh
here=$(dirname "$0")
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m \\
  -cp "$here/lib/*" io.temporal.testserver.TestServer "$@"
`;

async function fetchServer(setting: Setting, home: string): Promise<void> {
  const maven = await ensureMaven(setting);
  const began = Date.now();
  const temporary = `${home}.${process.pid}`;
  setting.say("Fetching Temporal's time-skipping test server, once for this machine …");
  try {
    mkdirSync(join(temporary, 'lib'), { recursive: true });
    const output = `-DoutputDirectory=${join(temporary, 'lib')}`;
    await run(setting, maven, ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', output]);
    writeFileSync(join(temporary, 'temporal-test-server'), WRAPPER, { mode: 0o755 });
    renameSync(temporary, home);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new StackFault(
      `Maven can't fetch Temporal's test server: look at the network and at Maven's settings; its output is in ${setting.logFile}.`,
      { cause: error },
    );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  setting.say(`Fetched the test server in ${seconds(Date.now() - began)}.`);
}

function hasJava(env: NodeJS.ProcessEnv): boolean {
  const named = env['JAVA_HOME'];
  return findExecutable(named ? { PATH: join(named, 'bin') } : env, 'java') !== undefined;
}

async function ensureJava(setting: Setting): Promise<void> {
  if (hasJava(setting.env)) return;
  await getPackage(setting, { part: 'Java', apt: 'default-jre-headless', atLeast: 1, brew: 'openjdk' });
  if (hasJava(setting.env)) return;
  throw new StackFault(
    "Temporal's time-skipping test server needs Java 8 or newer: install a JDK and Maven (on Debian: apt-get install maven).",
  );
}

async function ensureMaven(setting: Setting): Promise<string> {
  const installed = findExecutable(setting.env, 'mvn');
  if (installed) return installed;
  await getPackage(setting, { part: 'Maven', apt: 'maven', atLeast: 3, brew: 'maven' });
  const got = findExecutable(setting.env, 'mvn');
  if (got) return got;
  throw new StackFault(
    "Temporal's time-skipping test server is fetched by Maven: install it (on Debian: apt-get install maven).",
  );
}
