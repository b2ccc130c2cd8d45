import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { PROGRAM_SCRIPT } from '../counters/program-script.ts';
import { removeHome } from '../stack/postgres-user.ts';
import { connectDatabase } from '../store/database.ts';
import { measureDecisions } from './decisions.ts';
import { proveExactness } from './exactness.ts';
import { buildGoReference } from './go-reference.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { canPin, type Server, startGenerator, startServer, startServers, stopAll } from './processes.ts';
import { describeMachine, printReport, type Result, writeResult } from './report.ts';
import { measureRevocation } from './revocation.ts';
import { type Context, measureThroughput } from './rounds.ts';
import { measureLicenses, measureProcesses } from './scale.ts';
import { prepareDatabase, seedProduct } from './seed.ts';
import { measureSettlement } from './settlement.ts';

const USAGE = `Usage: npm run bench -- [--quick] [--deep] [--only NAMES] [--parts NAMES] [--save]

Compares our validate with floors, a naive server and a Go reference in one interleaved run, in about five minutes.

  --quick   40 seconds, to see that it works: its figures say little
  --deep    adds a million licences, in Postgres and at hand
  --only    these servers alone, separated by commas: raw-http, bare-koa, typical-koa, naive-postgres, ours, go
  --parts   these measurements alone: throughput, latency, settlement, exactness, revocation, processes, licenses, memory, decisions
  --save    writes bench/results/<date>.json, with the names of --parts where there are some
  --rounds  how many rounds (7)
  --seconds how long one server is measured in one round (2)
  --with    NAME:VARIABLE=VALUE: ours once more, under that name, with that setting; may be repeated
  --against another checkout: its validate is measured beside ours, as 'other'
  --profile writes a CPU profile of our server to this folder
`;

const CONNECTIONS = 48;
const LICENSES = 1_000;
const PARTS = [
  'throughput',
  'latency',
  'settlement',
  'exactness',
  'revocation',
  'licenses',
  'processes',
  'memory',
  'decisions',
] as const;
const QUICK_PARTS: readonly string[] = ['throughput', 'latency', 'settlement', 'exactness', 'revocation', 'decisions'];
const KNOWN = ['raw-http', 'bare-koa', 'typical-koa', 'naive-postgres', 'ours', 'go'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    deep: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    only: { type: 'string' },
    parts: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    profile: { type: 'string' },
    with: { type: 'string', multiple: true, default: [] },
    against: { type: 'string' },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (options.help) process.stdout.write(USAGE);
else await main();

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  const began = Date.now();
  say('Starting Postgres and Redis …');
  const bench = await startServers(home, say);
  const db = connectDatabase(
    { databaseUrl: bench.databaseUrl, databasePoolSize: 4, databaseTimeoutMs: 60_000 },
    'bench',
  );
  const redis = new Redis(bench.redisUrl);
  try {
    const secretKeys = [`bench:${randomBytes(32).toString('base64')}`];
    await prepareDatabase(db);
    const seed = await seedProduct(db, { slug: 'load', secretKeys, licenses: LICENSES });
    const keysFile = join(home, 'keys');
    writeFileSync(keysFile, seed.licenseKeys.join('\n'));
    const seedFile = join(home, 'seed.json');
    writeFileSync(seedFile, JSON.stringify(seed), { mode: 0o600 });

    const floor = (name: string) => ({
      name,
      command: process.execPath,
      args: [fileURLToPath(new URL(`floors/${name}.ts`, import.meta.url))],
      env: { BENCH_SEED: seedFile, DATABASE_URL: bench.databaseUrl, REDIS_URL: bench.redisUrl },
    });
    const ourEnv = {
      DATABASE_URL: bench.databaseUrl,
      REDIS_URL: bench.redisUrl,
      // Validation never speaks to Temporal: nobody listens there.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      PLIMSOLL_SECRET_KEYS: secretKeys.join(','),
      PLIMSOLL_PORT: '0',
    };
    const ours = (name: string, env: Record<string, string> = {}, flags: string[] = []) => ({
      name,
      command: process.execPath,
      args: [...flags, fileURLToPath(new URL('../api/main.ts', import.meta.url))],
      env: { ...ourEnv, ...env },
    });
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
    const candidates: Parameters<typeof startServer>[1][] = [
      floor('raw-http'),
      floor('bare-koa'),
      floor('typical-koa'),
      floor('naive-postgres'),
      ours('ours', {}, profiling),
    ];
    for (const each of options.with) {
      const [, name = '', variable = '', value = ''] = /^(\w+):(\w+)=(.*)$/.exec(each) ?? [];
      candidates.push(ours(name, { [variable]: value }));
    }
    if (options.against) candidates.push({ ...ours('other'), args: [resolve(options.against, 'api', 'main.ts')] });
    const wanted = options.only?.split(',');
    const isWanted = (name: string): boolean => wanted === undefined || wanted.includes(name) || !KNOWN.includes(name);
    const skipped: string[] = [];
    if (isWanted('go')) {
      const go = await buildGoReference(bench.setting);
      const script = join(home, 'program.lua');
      writeFileSync(script, PROGRAM_SCRIPT);
      const { env } = floor('go');
      if (go.path) candidates.push({ name: 'go', command: go.path, args: [], env: { ...env, BENCH_SCRIPT: script } });
      else skipped.push(`The Go reference was skipped: ${go.because}`);
    }
    if (!canPin) skipped.push('Nothing was tied to a core: that takes two cores and taskset.');
    for (const line of skipped) say(line);

    const servers: Server[] = [];
    for (const each of candidates) if (isWanted(each.name)) servers.push(await startServer(bench, each));
    const our = servers.find(({ name }) => name === 'ours');
    const context: Context = {
      db,
      redis,
      generator: await startGenerator(bench, { nice: false }),
      patient: await startGenerator(bench, { nice: true }),
      job: { keysFile, productKey: seed.productKey, connections: CONNECTIONS },
      say,
    };
    const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
    const parts = options.parts?.split(',') ?? (options.quick ? QUICK_PARTS : PARTS);
    const asked = (part: (typeof PARTS)[number]): boolean => parts.includes(part);
    const measured = await measureThroughput(context, servers, {
      // What is measured apart wants warm servers, too.
      rounds: asked('throughput') ? rounds : 0,
      seconds: Number(options.seconds ?? (options.quick ? 1 : 2)),
      warmUpCalls: options.quick ? 15_000 : 40_000,
    });
    const throughput = asked('throughput') ? measured : {};
    const result: Result = { machine: describeMachine(home), connections: CONNECTIONS, rounds, skipped, throughput };
    if (our) {
      if (asked('latency')) result.latency = await measureLatency(context, our, options.quick ? 1 : 3);
      if (asked('settlement')) {
        result.settlement = await measureSettlement(context, bench, our, {
          rounds: options.quick ? 2 : 5,
          seconds: options.quick ? 1 : 2,
        });
      }
      if (asked('exactness')) {
        const calls = options.quick ? 5_000 : 20_000;
        result.exactness = await proveExactness(context, our, { home, secretKeys, calls });
      }
      if (asked('revocation')) {
        const second = await startServer(bench, { ...ours('ours-second'), core: 'any' });
        const count = options.quick ? 20 : 200;
        result.revocation = await measureRevocation(context, [our, second], { secretKeys, count });
        await second.stop();
      }
      const sizes = options.deep ? [10_000, 100_000, 1_000_000] : [10_000, 100_000];
      if (asked('licenses')) result.licenses = await measureLicenses(context, our, { home, secretKeys, sizes });
      if (options.profile) await our.stop();
      if (asked('processes')) result.processes = await measureProcesses(context, bench, ours, 1);
      if (asked('memory')) result.memory = await measureMemory(context, bench, ours, { home, secretKeys, sizes });
    }
    if (asked('decisions')) result.decisions = measureDecisions(rounds);
    printReport(result);
    if (options.save) say(`Written to ${writeResult(result, options.parts?.split(','))}`);
    say(`Took ${Math.round((Date.now() - began) / 1_000)} s.`);
  } finally {
    redis.disconnect();
    await db.destroy();
    await stopAll(bench);
    removeHome(home);
  }
}
