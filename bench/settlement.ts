import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { createUsageStream } from '../counters/usage.ts';
import { countedJson } from '../counters/usage-entry.ts';
import { newId } from '../runtime/ids.ts';
import { removeHome } from '../stack/postgres-user.ts';
import { connectDatabase } from '../store/database.ts';
import { ensurePosition } from '../store/usage-positions.ts';
import { settleBatch } from '../worker/settle.ts';
import { startServers, stopAll } from './processes.ts';
import { prepareDatabase } from './seed.ts';

const USAGE = `Usage: node bench/settlement.ts [--calls 200000] [--licenses 5000] [--batch 32]

How fast the drain settles a backlog: calls a second, CPU time of Node a call, bytes of Redis a call that waits.

  --calls     how many calls wait in the stream
  --licenses  of how many licences, each with an address of its own
  --batch     how many calls one entry of the stream holds: 1 as under no load, 128 at most
`;

const PRODUCTS = 20;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '200000' },
    licenses: { type: 'string', default: '5000' },
    batch: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (values.help) process.stdout.write(USAGE);
else await main(Number(values.calls), Number(values.licenses), Number(values.batch));

async function main(calls: number, licenses: number, perEntry: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  say('Starting Postgres and Redis …');
  const bench = await startServers(home, say);
  const redis = new Redis(bench.redisUrl);
  const db = connectDatabase({ databaseUrl: bench.databaseUrl, databasePoolSize: 4, databaseTimeoutMs: 60_000 });
  try {
    await prepareDatabase(db);
    await ensurePosition(db, 0);
    const before = await usedMemory(redis);
    say(`Appending ${calls} calls …`);
    await append(redis, { calls, licenses, perEntry });
    const bytesPerCall = ((await usedMemory(redis)) - before) / calls;

    say('Settling them …');
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    const settled = await settleAll(db, redis);
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (settled !== calls) throw new Error(`${settled} of ${calls} calls were settled`);
    process.stdout.write(
      `${Math.round(calls / seconds)} calls/s, ${((user + system) / calls).toFixed(1)} µs of Node's CPU a call, ` +
        `${Math.round(bytesPerCall)} bytes of Redis a waiting call\n`,
    );
  } finally {
    redis.disconnect();
    await db.destroy();
    await stopAll(bench);
    removeHome(home);
  }
}

async function append(
  redis: Redis,
  { calls, licenses, perEntry }: { calls: number; licenses: number; perEntry: number },
): Promise<void> {
  const generation = newId();
  await redis.hset('{p0}:generation', { id: generation, bornAtMs: Date.now() });
  const products = Array.from({ length: PRODUCTS }, newId);
  const known = Array.from({ length: licenses }, (_, i) => ({
    id: newId(),
    productId: products[i % PRODUCTS]!,
    ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
  }));
  for (let call = 0; call < calls; ) {
    const fields: string[] = [];
    for (let i = 0; i < perEntry && call < calls; i += 1, call += 1) {
      // Steps of a prime: neighbours in time are not neighbours in an index.
      const license = known[(call * 7919) % licenses]!;
      const atMs = Date.now();
      fields.push(
        'c',
        countedJson({
          callId: null,
          atMs,
          productId: license.productId,
          periodKey: new Date(atMs).toISOString().slice(0, 10),
          cost: 1,
          licenseId: license.id,
          ip: license.ip,
          version: `1.${call % 5}`,
          deviceId: null,
          status: 'active',
        }),
      );
    }
    await redis.xadd('{p0}:usage', '*', 'g', generation, ...fields);
  }
}

async function settleAll(db: ReturnType<typeof connectDatabase>, redis: Redis): Promise<number> {
  const stream = createUsageStream(redis);
  const logDays = new Set<string>();
  for (let settled = 0; ; ) {
    const batch = await settleBatch({ db, stream, partition: 0, sampling: false, logDays });
    if (batch.outcome !== 'settled') return settled;
    settled += batch.calls;
  }
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
