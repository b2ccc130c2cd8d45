import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cpuMicroseconds } from './cpu.ts';
import type { Drained } from './drain.ts';
import { type Bench, pinned, SERVER_CORE, type Server } from './processes.ts';
import { redisCounters } from './redis-facts.ts';
import type { Context } from './rounds.ts';

/** One round: calls are counted at full speed, then settled. */
export interface Settling {
  calls: number;
  countedPerSecond: number;
  settledPerSecond: number;
  /** CPU time of the drain's process, of Postgres' and of Redis' for one settled call. */
  drainMicrosecondsPerCall: number;
  postgresMicrosecondsPerCall: number;
  redisMicrosecondsPerCall: number;
  /** What a call that waits takes of Redis. */
  bytesPerWaitingCall: number;
}

/**
 * How fast what our server has counted settles, as it stands in the stream after closed loops: the drain has the core that the server
 * had, Postgres and Redis the other one. @throws when not every call that was answered was settled
 */
export async function measureSettlement(
  context: Context,
  bench: Bench,
  server: Server,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Settling[]> {
  const { redis, generator, job, say } = context;
  const drain = await startDrain(bench);
  const settled: Settling[] = [];
  // The first one makes the day's tables and compiles the code.
  for (let round = 0; round <= rounds; round += 1) {
    say(round === 0 ? 'Warming up the drain …' : `Settling, round ${round} of ${rounds} …`);
    await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
    const bytesBefore = await usedMemory(context);
    const { port, pid } = server;
    const counted = await generator.run({ ...job, port, pid, load: { kind: 'closed', seconds } });
    const bytes = (await usedMemory(context)) - bytesBefore;

    const [redisBefore, postgresBefore] = [await redisCounters(redis), postgresCpu(bench)];
    const drained = await drain();
    const [redisAfter, postgresAfter] = [await redisCounters(redis), postgresCpu(bench)];
    const { calls } = drained;
    if (calls !== counted.valid) throw new Error(`${counted.valid} calls were answered, ${calls} settled`);
    if (round === 0) continue;
    settled.push({
      calls,
      countedPerSecond: counted.valid / counted.seconds,
      settledPerSecond: calls / drained.seconds,
      drainMicrosecondsPerCall: drained.cpuMicroseconds / calls,
      postgresMicrosecondsPerCall: (postgresAfter - postgresBefore) / calls,
      redisMicrosecondsPerCall: (redisAfter.cpuMicroseconds - redisBefore.cpuMicroseconds) / calls,
      bytesPerWaitingCall: bytes / calls,
    });
  }
  return settled;
}

async function startDrain(bench: Bench): Promise<() => Promise<Drained>> {
  const file = fileURLToPath(new URL('drain.ts', import.meta.url));
  const [command, args] = pinned(SERVER_CORE, process.execPath, [file, bench.databaseUrl, bench.redisUrl]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  bench.running.push(child);
  const next = async (): Promise<{ drained?: Drained; failed?: string }> =>
    ((await once(child, 'message')) as [{ drained?: Drained; failed?: string }])[0];
  await next();
  return async () => {
    child.send('settle');
    const { drained, failed } = await next();
    if (!drained) throw new Error(`The drain gave up: ${failed}`);
    return drained;
  };
}

/** CPU time of Postgres and all its processes that live, microseconds; those that ended meanwhile are left out. */
function postgresCpu({ postgresPid: pid }: Bench): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, each) => sum + cpuMicroseconds(each), 0);
}

async function usedMemory({ redis }: Context): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
