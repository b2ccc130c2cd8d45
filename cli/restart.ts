import { readStack, resolveHome } from '../stack/home.ts';
import { lockHolder } from '../stack/lock.ts';
import { gone, identify, pause, signal } from '../stack/process.ts';
import { supervisorLock } from '../stack/up.ts';

/** A process has its grace to end, and then a minute to be ready again. */
const ENDS_WITHIN_MS = 60_000;
const READY_WITHIN_MS = 60_000;

/**
 * Restarts the API processes of a home that `bin/up` runs, one after the other, each when the one before it is ready again:
 * the supervisor starts what has ended, with the code that is there then. Says each step. Not for Docker or other supervisors.
 * @returns whom it restarted, by process id; fewer than all when nobody supervises or one didn't come back, which is said
 */
export async function restart(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<{ isDone: boolean; restarted: { ended: number; started: number }[] }> {
  const home = resolveHome(env);
  const nodes = readStack(home)?.api_nodes ?? [];
  const restarted: { ended: number; started: number }[] = [];
  if (nodes.length === 0 || !lockHolder(supervisorLock(home))) {
    say(`No API is supervised in ${home}: start it by bin/up.`);
    return { isDone: false, restarted };
  }
  if (nodes.length === 1) say('There is one API process: nobody answers until it is ready again.');
  for (const { pid, url } of nodes) {
    const process = identify(pid);
    // One that has died meanwhile is being started anew by itself.
    if (process && signal(process, 'SIGTERM') && !(await gone(process, ENDS_WITHIN_MS))) {
      say(`Process ${pid} has not ended after ${ENDS_WITHIN_MS / 1000} s; its grace is PLIMSOLL_SHUTDOWN_GRACE.`);
      return { isDone: false, restarted };
    }
    const next = await successor(home, { pid, url });
    if (next === undefined) {
      say(`After process ${pid} none was ready at ${url}: see ${home}/logs. The others were left alone.`);
      return { isDone: false, restarted };
    }
    restarted.push({ ended: pid, started: next });
    say(`Process ${next} has taken the place of ${pid}.`);
  }
  return { isDone: true, restarted };
}

/** The process that has an ended one's address, once it is ready; nothing when there is none in time. */
async function successor(home: string, ended: { pid: number; url: string }): Promise<number | undefined> {
  const until = Date.now() + READY_WITHIN_MS;
  for (; Date.now() < until; await pause(100)) {
    const next = readStack(home)?.api_nodes.find(({ url }) => url === ended.url);
    if (next && next.pid !== ended.pid && (await isReady(next.url))) return next.pid;
  }
  return undefined;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).status === 200;
  } catch {
    // It doesn't listen yet: whoever asks, asks again until a deadline.
    return false;
  }
}
