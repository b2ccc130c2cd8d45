import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port.ts';
import { type Bench, type Server, startServer } from './processes.ts';
import { redisCounters } from './redis-facts.ts';
import { type Context, median } from './rounds.ts';
import { seedProduct } from './seed.ts';

/** How many API processes answer on one port, and what they do together. */
export interface Processes {
  processes: number;
  perSecond: number;
  /** Of all of them. */
  cpuMicrosecondsPerCall: number;
  redisCallsPerCall: number;
}

/** How many licences there are in Postgres, and what that changes. */
export interface Licenses {
  licenses: number;
  /** How long they took to make. */
  seededSeconds: number;
  /** Validations a second of licences that were not at hand, and of the same ones once they were. */
  coldPerSecond: number;
  warmPerSecond: number;
}

type Ours = (name: string, env?: Record<string, string>) => Parameters<typeof startServer>[1];

const FLEETS = [1, 2, 4];
const ROUNDS = 7;
const WARM_UP_CALLS = 15_000;
const MOST_WARM_UP_MS = 15_000;

/** Fleets on a port each, measured in turn. They have all cores, as in production, and share them with the load and Redis. */
export async function measureProcesses(
  context: Context,
  bench: Bench,
  ours: Ours,
  seconds: number,
): Promise<Processes[]> {
  const fleets: Server[][] = [];
  for (const size of FLEETS) {
    const env = { PLIMSOLL_PORT: String(await freePort()), PLIMSOLL_API_PROCESSES: String(size) };
    const fleet: Server[] = [];
    for (let i = 0; i < size; i += 1) {
      fleet.push(await startServer(bench, { ...ours(`ours-${size}-${i}`, env), core: 'any' }));
    }
    fleets.push(fleet);
  }
  const samples = fleets.map((): Omit<Processes, 'processes'>[] => []);
  // By calls, and as many for each process: a compiler needs to see work.
  for (const [i, fleet] of fleets.entries()) {
    context.say(`Warming up ${FLEETS[i]} API processes …`);
    const until = Date.now() + MOST_WARM_UP_MS;
    for (let calls = 0; calls < WARM_UP_CALLS * fleet.length && Date.now() < until; ) {
      const { perSecond } = await closedLoop(context, fleet, 0.5);
      calls += perSecond / 2;
    }
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    context.say(`${FLEETS.join(', ')} API processes: round ${round + 1} of ${ROUNDS} …`);
    for (const [i, fleet] of fleets.entries()) samples[i]!.push(await closedLoop(context, fleet, seconds));
  }
  await Promise.all(fleets.flat().map((server) => server.stop()));
  return FLEETS.map((processes, i) => {
    const of = (name: keyof Omit<Processes, 'processes'>): number => median(samples[i]!.map((each) => each[name]));
    return {
      processes,
      perSecond: of('perSecond'),
      cpuMicrosecondsPerCall: of('cpuMicrosecondsPerCall'),
      redisCallsPerCall: of('redisCallsPerCall'),
    };
  });
}

async function closedLoop({ redis, generator, job }: Context, fleet: readonly Server[], seconds: number) {
  const before = await redisCounters(redis);
  const load = { kind: 'closed', seconds } as const;
  const measured = await generator.run({ ...job, port: fleet[0]!.port, pid: fleet.map(({ pid }) => pid), load });
  const after = await redisCounters(redis);
  await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
  return {
    perSecond: measured.valid / measured.seconds,
    cpuMicrosecondsPerCall: measured.serverCpuMicroseconds / measured.valid,
    redisCallsPerCall: (after.scriptCalls - before.scriptCalls) / measured.valid,
  };
}

const TRIED = 5_000;

/** The same server before ever more licences: of each set some are validated for the first time, then over and over. */
export async function measureLicenses(
  context: Context,
  server: Server,
  { home, secretKeys, sizes }: { home: string; secretKeys: string[]; sizes: number[] },
): Promise<Licenses[]> {
  const found: Licenses[] = [];
  for (const licenses of sizes) {
    context.say(`Making ${licenses} licences …`);
    const beganMs = performance.now();
    const seed = await seedProduct(context.db, { slug: `scale-${licenses}`, secretKeys, licenses });
    const seededSeconds = (performance.now() - beganMs) / 1_000;
    const keysFile = join(home, `keys-scale-${licenses}`);
    // From all over the table: neighbours would share its pages.
    const every = Math.floor(licenses / TRIED);
    writeFileSync(
      keysFile,
      seed.licenseKeys
        .filter((_key, i) => i % every === 0)
        .slice(0, TRIED)
        .join('\n'),
    );
    const { port, pid } = server;
    const job = { ...context.job, productKey: seed.productKey, keysFile, port, pid };
    const cold = await context.generator.run({ ...job, load: { kind: 'count', calls: TRIED } });
    const warm: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const measured = await context.generator.run({ ...job, load: { kind: 'closed', seconds: 1 } });
      warm.push(measured.valid / measured.seconds);
    }
    await context.redis.xtrim('{p0}:usage', 'MAXLEN', 0);
    found.push({ licenses, seededSeconds, coldPerSecond: TRIED / cold.seconds, warmPerSecond: median(warm) });
  }
  return found;
}
