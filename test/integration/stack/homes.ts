import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT, readStack, type Stack } from '../../../stack/home.ts';
import { removeHome } from '../../../stack/postgres-user.ts';
import { identify, type ProcessIdentity, pause } from '../../../stack/process.ts';
import { stopHome } from '../../../stack/stop.ts';
import { type RunningStack, type StackOptions, startStack } from '../../../stack/up.ts';
import { quickStart, testStack } from '../../support/stack.ts';

/** Our environment without what names a stack: these tests start their own. */
export function bareEnvironment(added: Record<string, string> = {}): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^(PLIMSOLL_|TEMPORAL_|DATABASE_URL|REDIS_URL|VITEST|NODE_ENV)/.test(name),
  );
  return { ...Object.fromEntries(ours), PLIMSOLL_STACK_FAST: '1', ...quickStart(), ...added };
}

const SERVERS: readonly Server[] = ['postgres', 'redis', 'temporal'];
type Server = 'postgres' | 'redis' | 'temporal';

type ServerOptions = Omit<Partial<StackOptions>, 'env'> & {
  /** Which servers the home has itself; the test run's own stand for the others, which is faster. */
  own?: readonly Server[];
  env?: Record<string, string>;
};

function namedInstead(own: readonly Server[]): Record<string, string> {
  if (own.length === SERVERS.length) return {};
  const { stack } = testStack();
  return {
    ...(own.includes('postgres') ? {} : { DATABASE_URL: stack.database_url }),
    ...(own.includes('redis') ? {} : { REDIS_URL: stack.redis_url }),
    ...(own.includes('temporal') ? {} : { TEMPORAL_ADDRESS: stack.temporal_address }),
  };
}

/** Throwaway homes and whatever runs in them; `clear` ends and removes all of it. */
export function throwawayHomes() {
  const homes: string[] = [];
  const running: RunningStack[] = [];
  const children: ChildProcess[] = [];
  return {
    aHome(below = tmpdir()): string {
      const home = mkdtempSync(join(below, 'plimsoll-stack-'));
      chmodSync(home, 0o755);
      homes.push(home);
      return home;
    },
    /** A home's servers, supervised by this process. */
    async servers(home: string, { own = SERVERS, env = {}, ...options }: ServerOptions = {}): Promise<RunningStack> {
      const named = { ...namedInstead(own), ...env };
      const stack = await startStack({ ...options, home, env: bareEnvironment(named), serversOnly: true });
      running.push(stack);
      return stack;
    },
    /** A process that has nothing to do with us. */
    aBystander(user?: { uid: number; gid: number }): { child: ChildProcess; identity: ProcessIdentity } {
      const child = spawn('sleep', ['600'], { stdio: 'ignore', ...user });
      children.push(child);
      return { child, identity: identified(child.pid) };
    },
    async clear(): Promise<void> {
      for (const stack of running.splice(0)) await stack.stop();
      for (const child of children.splice(0)) child.kill('SIGKILL');
      for (const home of homes.splice(0)) {
        if (!existsSync(home)) continue;
        await stopHome(home);
        removeHome(home);
      }
    },
  };
}

/** Runs one of the scripts to its end. */
export async function command(
  script: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(join(CHECKOUT, script), args, { env: bareEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

/** Every process that a stack names, as it is now: later its id alone would not tell. */
export function processesOf({ pids }: Stack): ProcessIdentity[] {
  const all = [...pids.api, ...pids.worker, pids.postgres, pids.redis, pids.temporal];
  return all.filter((pid) => pid !== null).map(identified);
}

export function identified(pid: number | undefined): ProcessIdentity {
  const identity = pid === undefined ? undefined : identify(pid);
  if (!identity) throw new Error(`process ${pid} is not there`);
  return identity;
}

/** Waits for a condition, with a deadline. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const seen = look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`never seen: ${what}`);
    await pause(25);
  }
}

export function stackOf(home: string): Stack {
  const stack = readStack(home);
  if (!stack) throw new Error(`${home} has no stack.json`);
  return stack;
}
