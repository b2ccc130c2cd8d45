import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Job } from './load.ts';
import type { Generator, Server } from './processes.ts';
import { redisCounters } from './redis-facts.ts';

/** What every measurement needs. */
export interface Context {
  db: Knex;
  redis: Redis;
  /** For closed loops. */
  generator: Generator;
  /** For open loops: it spins, so it lets everything else on its core go first. */
  patient: Generator;
  job: Pick<Job, 'keysFile' | 'productKey' | 'connections'>;
  say: (line: string) => void;
}

/** One server in one round. */
export interface Sample {
  perSecond: number;
  cpuMicrosecondsPerCall: number;
  /** The share of its core that the server had; far below 1, something else was the limit. */
  utilization: number;
  redisCpuMicrosecondsPerCall: number;
  redisCallsPerCall: number;
  postgresTransactions: number;
}

export type Throughput = Record<string, Sample[]>;

/**
 * Closed loops, interleaved: each round has every server once, in an order that turns, so that what the machine's neighbours
 * do falls on all alike. Only what stands in one round is compared.
 */
export async function measureThroughput(
  context: Context,
  servers: readonly Server[],
  { rounds, seconds, warmUpCalls }: { rounds: number; seconds: number; warmUpCalls: number },
): Promise<Throughput> {
  const throughput: Throughput = {};
  for (const server of servers) {
    context.say(`Warming up ${server.name} …`);
    await warmUp(context, server, warmUpCalls);
    throughput[server.name] = [];
  }
  for (let round = 0; round < rounds; round += 1) {
    context.say(`Round ${round + 1} of ${rounds} …`);
    for (let i = 0; i < servers.length; i += 1) {
      const server = servers[(i + round) % servers.length]!;
      throughput[server.name]!.push(await sample(context, server, seconds));
    }
  }
  return throughput;
}

/** By calls rather than by time: a compiler needs to see work, and on a busy machine little is done in a second. */
async function warmUp({ generator, job }: Context, { port, pid }: Server, calls: number): Promise<void> {
  const until = Date.now() + MOST_WARM_UP_MS;
  for (let done = 0; done < calls && Date.now() < until; ) {
    done += (await generator.run({ ...job, port, pid, load: { kind: 'closed', seconds: 0.5 } })).valid;
  }
}

const MOST_WARM_UP_MS = 15_000;

async function sample({ db, redis, generator, job }: Context, server: Server, seconds: number): Promise<Sample> {
  const redisBefore = await redisCounters(redis);
  const transactionsBefore = await transactions(db);
  const { port, pid } = server;
  const measured = await generator.run({ ...job, port, pid, load: { kind: 'closed', seconds } });
  const transactionsAfter = await transactions(db);
  const redisAfter = await redisCounters(redis);
  // No worker drains what our server appends, so that its core and ours are measured alone.
  await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
  const calls = measured.valid;
  return {
    perSecond: calls / measured.seconds,
    cpuMicrosecondsPerCall: measured.serverCpuMicroseconds / calls,
    utilization: measured.serverCpuMicroseconds / 1e6 / measured.seconds,
    redisCpuMicrosecondsPerCall: (redisAfter.cpuMicroseconds - redisBefore.cpuMicroseconds) / calls,
    redisCallsPerCall: (redisAfter.scriptCalls - redisBefore.scriptCalls) / calls,
    postgresTransactions: transactionsAfter - transactionsBefore,
  };
}

/**
 * Transactions of everybody in this database but ourselves: each of our two questions is one of them, and only the first is
 * in the difference. A backend reports at most once a second, so a heartbeat's may fall into the next window.
 */
async function transactions(db: Knex): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()`,
  );
  return rows[0]!.count;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
