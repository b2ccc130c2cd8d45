import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { ProgramForm } from '../counters/program-form.ts';
import { PROGRAM_SCRIPT } from '../counters/program-script.ts';
import { createPrograms } from '../counters/programs.ts';
import type { BudgetOp, Program, Step } from '../domain/program/program.ts';
import { openPorts } from '../stack/ports.ts';
import { prepareRedis } from '../stack/redis.ts';
import { canPin } from './processes.ts';
import { redisCounters } from './redis-facts.ts';
import { median } from './rounds.ts';

const USAGE = `Usage: node bench/programs.ts [--deep] [--rounds N] [--seconds N] [--keys N]

What programs cost in Redis, in one interleaved run: INCR alone, the script that was made by hand for one quota, and programs of 1, 3 and
10 steps; and what each kind of key takes of Redis' memory, at 100,000 keys, or a million with --deep.
`;

const CALLERS = 48;
const TENANTS = 1_000;
const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const MIDNIGHT = Math.floor(NOW_MS / DAY_MS) * DAY_MS;
/** As public validation appends it. */
const ENTRY = JSON.stringify([
  null,
  NOW_MS,
  randomUUID(),
  '2026-11-21',
  1,
  randomUUID(),
  '192.0.2.1',
  '1.0.0',
  null,
  'active',
]);

declare module 'ioredis' {
  interface RedisCommander<Context> {
    handMade(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Promise<string[]>;
  }
}

const { values: options } = parseArgs({
  options: {
    deep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    keys: { type: 'string' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (options.help) say(USAGE);
else await main();

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-programs-'));
  const server = await startRedis(home);
  const redis = new Redis(server.url, { lazyConnect: false });
  try {
    const candidates = candidatesOn(redis);
    const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
    const samples = new Map(candidates.map(({ name }) => [name, [] as Sample[]]));
    for (const { call } of candidates) await closedLoop(redis, call, 0.5);
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < candidates.length; i += 1) {
        const { name, call } = candidates[(i + round) % candidates.length]!;
        samples.get(name)!.push(await closedLoop(redis, call, seconds));
      }
    }
    tellSpeed(samples);
    await tellMemory(redis, Number(options.keys ?? (options.deep ? 1_000_000 : 100_000)));
  } finally {
    redis.disconnect();
    await server.stop();
    rmSync(home, { recursive: true });
  }
}

interface Sample {
  perSecond: number;
  redisMicroseconds: number;
  ownMicroseconds: number;
}

interface Candidate {
  name: string;
  call: (number: number) => Promise<unknown>;
}

function candidatesOn(redis: Redis): Candidate[] {
  const programs = createPrograms(redis, { timeoutMs: 10_000, settledOf: async () => null });
  const run = (steps: (tenant: string, number: number) => Step[]) => (number: number) => {
    const tenant = `tenant-${number % TENANTS}`;
    return programs.run({
      nowMs: Date.now(),
      tenant,
      steps: steps(tenant, number),
      isSuccess: true,
      idempotency: null,
    });
  };
  const one = quotaItem(0);
  return [
    { name: 'INCR alone', call: (number) => redis.incr(`{p0}:incr:${number % TENANTS}`) },
    { name: 'by hand, one quota', call: inTurns(handMade(redis, () => one)) },
    { name: 'program, one quota', call: inTurns(shortForm(redis, () => one)) },
    { name: 'by hand, 1000 quotas', call: inTurns(handMade(redis, quotaItem)) },
    { name: 'program, 1000 quotas', call: inTurns(shortForm(redis, quotaItem)) },
    { name: 'programs of 1 step', call: run(() => [quota('a')]) },
    { name: 'programs of 3 steps', call: run(() => [rate('a'), rate('b'), quota('a')]) },
    {
      name: 'programs of 10 steps',
      call: run((_tenant, number) => [
        ...['a', 'b', 'c', 'd', 'e'].map(rate),
        ...['a', 'b'].map(quota),
        ...['a', 'b'].map(credits),
        number % 2 === 0
          ? budget({ kind: 'reserve', reservationId: String(number), amount: 5, leaseMs: 60_000 })
          : budget({ kind: 'spend', amount: 5 }),
      ]),
    },
  ];
}

function quotaItem(number: number): string {
  return `{p0}:quota:01a1fdfe-f4e2-706b-a5de-7adc70e6${number % TENANTS}:2026-11-21`;
}

/** Both scripts are sent by the same few lines: what differs is what they do, and how they are told. */
function inTurns(send: (numbers: number[]) => Promise<unknown>): (number: number) => Promise<unknown> {
  let waiting: { number: number; resolve: (answer: unknown) => void }[] = [];
  return (number) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ number, resolve }) > 1) return;
      setImmediate(() => {
        const all = waiting;
        waiting = [];
        send(all.map((one) => one.number)).then((answer) => all.forEach((one) => one.resolve(answer)), reject);
      });
    });
}

function fixedKeys(memory: string): string[] {
  return [`{p0}:batches:${memory}`, '{p0}:generation', '{p0}:usage', '{p0}:checked'];
}
function settings(number: number): (string | number)[] {
  return [number, number - 1, 3600, 'first', 'first', number - 1, 0];
}

function handMade(redis: Redis, keyOf: (number: number) => string): (numbers: number[]) => Promise<unknown> {
  const parts = ['../counters/batch.lua', 'floors/hand-made.lua'];
  const lua = parts.map((part) => readFileSync(new URL(part, import.meta.url), 'utf8')).join('\n');
  redis.defineCommand('handMade', { lua });
  const memory = randomUUID();
  let last = 0;
  return async (numbers) => {
    last += 1;
    const keys = fixedKeys(memory);
    const told: (string | number)[] = [];
    for (const number of numbers) {
      keys.push(keyOf(number));
      told.push(1, 1_000_000_000, 345_600, MIDNIGHT, '0', ENTRY);
    }
    const [answer] = await redis.handMade(keys.length, ...keys, ...settings(last), ...told);
    if (answer?.split(' ').length !== numbers.length * 2) throw new Error(`Answered ${answer}`);
  };
}

function shortForm(redis: Redis, keyOf: (number: number) => string): (numbers: number[]) => Promise<unknown> {
  redis.defineCommand('runBatch', { lua: PROGRAM_SCRIPT });
  const memory = randomUUID();
  let last = 0;
  return async (numbers) => {
    last += 1;
    const form = new ProgramForm();
    for (const number of numbers) form.run(`q${form.text(keyOf(number), `345600 ${MIDNIGHT} 0`)} 1 1000000000`, ENTRY);
    const keys = [...fixedKeys(memory), ...form.keys()];
    const [answer] = await redis.runBatch(keys.length, ...keys, ...settings(last), ...form.arguments());
    if (answer?.split(' ').length !== numbers.length * 2) throw new Error(`Answered ${answer}`);
  };
}

async function closedLoop(redis: Redis, call: Candidate['call'], seconds: number): Promise<Sample> {
  const before = await redisCounters(redis);
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  let number = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) await call((number += 1));
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const took = (performance.now() - began) / 1000;
  const own = process.cpuUsage(ownBefore);
  const after = await redisCounters(redis);
  // No worker forgets what was appended.
  await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
  return {
    perSecond: number / took,
    redisMicroseconds: (after.cpuMicroseconds - before.cpuMicroseconds) / number,
    ownMicroseconds: (own.user + own.system) / number,
  };
}

function tellSpeed(samples: ReadonlyMap<string, readonly Sample[]>): void {
  const floor = samples.get('INCR alone')!;
  say(
    `${''.padEnd(24)}${'a second'.padStart(10)}${'× INCR'.padStart(10)}${'Redis µs'.padStart(10)}${'own µs'.padStart(10)}`,
  );
  for (const [name, all] of samples) {
    const ratio = median(all.map(({ perSecond }, round) => perSecond / floor[round]!.perSecond));
    const figures = [
      median(all.map((one) => one.perSecond)).toFixed(0),
      ratio.toFixed(2),
      median(all.map((one) => one.redisMicroseconds)).toFixed(1),
      median(all.map((one) => one.ownMicroseconds)).toFixed(1),
    ];
    say(name.padEnd(24) + figures.map((figure) => figure.padStart(10)).join(''));
  }
  for (const keys of ['one quota', '1000 quotas']) {
    const [ours, theirs] = [samples.get(`program, ${keys}`)!, samples.get(`by hand, ${keys}`)!];
    const ratio = (of: (sample: Sample) => number): string =>
      median(ours.map((sample, round) => of(sample) / of(theirs[round]!))).toFixed(3);
    say(
      `program against by hand, ${keys}: ${ratio((one) => one.perSecond)} × a second, ${ratio((one) => one.redisMicroseconds)} × Redis' CPU, ${ratio((one) => one.ownMicroseconds)} × our own`,
    );
  }
}

/** What one key of each kind takes, its name and its place among the others included. */
async function tellMemory(redis: Redis, keys: number): Promise<void> {
  const programs = createPrograms(redis, { timeoutMs: 60_000, settledOf: async () => null });
  const kinds: [name: string, steps: Step[], idempotency: Program['idempotency']][] = [
    ['rate', [rate('api')], null],
    ['quota', [quota('calls')], null],
    ['credits', [credits('key')], null],
    ['budget', [budget({ kind: 'spend', amount: 5 })], null],
    [
      'budget, 1 reservation',
      [budget({ kind: 'reserve', reservationId: randomUUID(), amount: 5, leaseMs: 60_000 })],
      null,
    ],
    ['idempotency key, no step', [], { key: randomUUID(), fingerprint: randomUUID(), keptSeconds: 600 }],
    ['idempotency key, 1 quota', [quota('calls')], { key: randomUUID(), fingerprint: randomUUID(), keptSeconds: 600 }],
  ];
  say(`\nbytes of Redis' memory for one key, of ${keys}`);
  for (const [name, steps, idempotency] of kinds) {
    await redis.flushall();
    await programs.run({ nowMs: NOW_MS, tenant: 'first', steps, isSuccess: true, idempotency });
    const before = await usedMemory(redis);
    for (let made = 0; made < keys; made += 100) {
      const batch = Array.from({ length: 100 }, () =>
        programs.run({ nowMs: NOW_MS, tenant: randomUUID(), steps, isSuccess: true, idempotency }),
      );
      await Promise.all(batch);
      if (made % 10_000 === 0) await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
    }
    await redis.xtrim('{p0}:usage', 'MAXLEN', 0);
    say(`${name.padEnd(28)}${Math.round(((await usedMemory(redis)) - before) / keys)}`);
  }
  await redis.flushall();
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

function rate(key: string): Step {
  return { kind: 'rate', key, name: key, when: 'passed', limit: 1_000_000_000, windowMs: 60_000, cost: 1 };
}

function quota(key: string): Step {
  const period = { periodKey: '2026-11-21', startsAtMs: MIDNIGHT, endsAtMs: MIDNIGHT + 30 * DAY_MS };
  const limit = 1_000_000_000;
  return {
    kind: 'quota',
    key,
    name: key,
    when: 'passed',
    limit,
    edge: 'hard',
    ...period,
    cost: 1,
    thresholds: [8, 10],
    settled: null,
  };
}

function credits(key: string): Step {
  const initial = { balance: 1_000_000_000, refilledAtMs: MIDNIGHT };
  const op = { kind: 'spend', cost: 1 } as const;
  const refill = { amount: 100, dueAtMs: MIDNIGHT, nextAtMs: MIDNIGHT + 30 * DAY_MS };
  return {
    kind: 'credits',
    key,
    name: key,
    when: 'passed',
    op,
    unlimited: false,
    refill,
    initial,
    bornAtMs: 0,
    settled: null,
  };
}

function budget(op: BudgetOp): Step {
  const period = { periodKey: 'total', startsAtMs: 0, endsAtMs: null };
  const limits = { total: 1_000_000_000, edge: 'hard', paused: false, thresholds: [8] } as const;
  return {
    kind: 'budget',
    key: 'envelope',
    name: 'spend',
    when: 'passed',
    op,
    ...limits,
    ...period,
    bornAtMs: 0,
    settled: null,
  };
}

/** The Redis that the stack would start, on the other core. */
async function startRedis(home: string): Promise<{ url: string; stop(): Promise<void> }> {
  for (const folder of ['redis', 'logs']) mkdirSync(join(home, folder));
  const setting = {
    env: process.env,
    say,
    logFile: join(home, 'logs', 'tools.log'),
    abort: new AbortController().signal,
  };
  const ports = openPorts({ home, env: process.env, say, anywhere: true });
  const { url, program } = await prepareRedis(setting, { home, port: await ports.choose('redis'), password: 'bench' });
  const [command, args] = canPin
    ? ['taskset', ['-c', '1', program.command, ...program.args]]
    : [program.command, program.args];
  if (canPin) execFileSync('taskset', ['-acp', '0', String(process.pid)], { stdio: 'ignore' });
  const child = spawn(command, args, { cwd: program.cwd, env: program.env, stdio: 'ignore' });
  await once(child, 'spawn');
  while (!(await program.ready())) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
