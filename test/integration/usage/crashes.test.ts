import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { utcDay } from '../../../domain/plans/periods.ts';
import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import type { Program } from '../../../domain/program/program.ts';
import type { SettledCall, SettledVerdict } from '../../../domain/usage/tally.ts';
import { publishCatalogue } from '../../../store/catalogues.ts';
import { addIp, createLicense } from '../../../store/licenses.ts';
import { createOrganization } from '../../../store/organizations.ts';
import { createProduct } from '../../../store/products.ts';
import { CRASH_POINTS } from '../../../worker/settle.ts';
import { write } from '../../support/acting.ts';
import { histories } from '../../support/programs.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { aRunner } from '../../support/run-programs.ts';
import { settledOfPrograms, standingOfModel } from '../../support/settled-programs.ts';
import { quickStart, testStack } from '../../support/stack.ts';
import { aCall, aUsageBench, type UsageBench, verdictOf } from '../../support/usage.ts';
import { forgetSettled, settledTables } from '../../support/usage-tables.ts';

const PROCESS = fileURLToPath(new URL('../../support/settle-process.ts', import.meta.url));
const CATALOGUE = new URL('../../../plans/platform.yaml', import.meta.url);
const STREAM = '{p0}:usage';
/** Calls that were served without Redis, and how many partitions there are: others write these. */
const NOT_SETTLED = ['usage_metered', 'usage_partitions'];
const STATUSES = ['active', 'expired', 'revoked', 'lookup'];

let bench: UsageBench;
/** Nine licences of three products that track addresses; each has registered half of those that are called from, and one more. */
const licenses: { id: string; productId: string }[] = [];
beforeAll(async () => {
  bench = await aUsageBench();
  const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
  await write(bench.db, (trx) => publishCatalogue(trx, catalogue));
  for (let i = 0; i < 3; i += 1) {
    await write(bench.db, async (trx) => {
      const { id: organizationId } = await createOrganization(trx, {
        name: 'Test',
        slug: `t-${i}`,
        plan: 'enterprise',
      });
      const { product } = await createProduct(trx, { organizationId, name: 'p' });
      const customer = { email: 'someone@example.com', discordId: null, name: null };
      for (let j = 0; j < 3; j += 1) {
        const { id } = await createLicense(trx, { productId: product.id, customer, expiresAtMs: null, maxIps: null });
        for (const last of [...Array(25).keys(), 250]) await addIp(trx, id, `10.0.0.${last}`);
        licenses.push({ id, productId: product.id });
      }
    });
  }
});
afterAll(() => bench?.close());

/** A process that settles all there is, or dies at the place of that name. */
function spawnSettler(crashAt?: string): ChildProcess {
  const { env } = testStack();
  return spawn(process.execPath, [PROCESS], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...quickStart(),
      ...env,
      DATABASE_URL: bench.database.url,
      REDIS_URL: bench.server.url,
      ...(crashAt !== undefined && { PLIMSOLL_CRASH_AT: crashAt }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function end(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/** What each call should become. */
const toldOf = new WeakMap<SettledCall, SettledCall>();
const DAY_MS = 86_400_000;

/** The entries of a test as they stand in the stream, to be settled again. */
interface Work {
  calls: SettledCall[];
  /** Programs of all kinds, and how they stand when each has run once. */
  programs: Program[];
  model: ModelState;
  entries: [id: string, fields: string[]][];
}

/**
 * Four batches: calls with and without their verdicts, verdicts that come batches later, calls of a day that is closed, addresses that
 * are registered and others, an entry that nobody can read; and programs of every kind in between.
 */
async function appendWork(random: Random): Promise<Work> {
  await forgetSettled(bench.db);
  await closeYesterday();
  const calls: SettledCall[] = [];
  const owed: SettledVerdict[] = [];
  // Sent one behind the other, in their order; nobody waits for each answer.
  const sent: Promise<unknown>[] = [];
  const programs = somePrograms(random);
  const model = emptyState();
  const runner = await aRunner(bench.server.url);
  for (let entry = 0; entry < 500; entry += 1) {
    const isLate = random.next() < 0.3;
    const license = random.pick(licenses);
    const known = { licenseId: license.id, ip: `10.0.0.${random.below(50)}`, status: random.pick(STATUSES) };
    const call = aCall({
      productId: license.productId,
      atMs: Date.now() - (random.next() < 0.1 ? DAY_MS : 0),
      cost: 1 + random.below(3),
      version: random.pick(['1.0', '1.1', null]),
      ...(isLate ? { callId: randomUUID(), status: null } : known),
    });
    sent.push(bench.append({ calls: [call], verdicts: random.next() < 0.4 ? owed.splice(0, 2) : [] }));
    // One in ten is owed for ever: its process has died.
    const isTold = isLate && random.next() > 0.1;
    if (isTold) owed.push(verdictOf(call, known));
    calls.push(call);
    toldOf.set(call, isTold ? { ...call, ...known } : call);
    if (entry % 4 === 0) {
      const turn = programs.slice(entry / 2, entry / 2 + 2);
      for (const program of turn) run(model, program);
      await Promise.all(turn.map((program) => runner.run(program)));
    }
    if (entry === 250) sent.push(bench.redis.xadd(STREAM, '*', 'g', bench.generation(), 'c', '{"not":"a call"}'));
  }
  sent.push(bench.append({ verdicts: owed }));
  await Promise.all(sent);
  runner.end();
  return { calls, programs, model, entries: await bench.redis.xrange(STREAM, '-', '+') };
}

/** 250 of one history. */
function somePrograms(random: Random): Program[] {
  const prefix = randomUUID();
  const longest = fc.sample(histories({ mostPrograms: 260 }), { seed: random.below(2 ** 31), numRuns: 20 });
  return longest
    .toSorted((a, b) => b.length - a.length)[0]!
    .slice(0, 250)
    .map((program) => ({ ...program, tenant: prefix + program.tenant }));
}

const closeYesterday = () =>
  bench.db('usage_closed_days').insert({ day: utcDay(Date.now() - DAY_MS).key, products: 0, used: 0 });

/** Settles the same entries again from nothing, by one that nobody kills, and compares every table. */
async function expectAsIfNobodyHadDied({ entries }: Work): Promise<void> {
  const left = await settledTables(bench.db);
  await forgetSettled(bench.db);
  await closeYesterday();
  await bench.redis.del(STREAM);
  await Promise.all(entries.map(([id, fields]) => bench.redis.xadd(STREAM, id, ...fields)));
  await bench.settleAll({ enoughCalls: 100 });
  const whole = await settledTables(bench.db);
  expect(left).toEqual(whole);

  // A table that stayed empty would prove nothing.
  const empty = Object.keys(whole).filter((table) => whole[table]!.length === 0);
  expect(empty, 'tables that nothing settled into').toEqual(NOT_SETTLED);
  expect(new Set(whole['license_ips']!.map((row) => row.endsWith(' 1970-01-01 00:00:00+00'))).size).toBe(2);
}

const groupSums = (rows: readonly [key: string, amount: number][]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [key, amount] of rows) sums[key] = (sums[key] ?? 0) + amount;
  return sums;
};

const verdictKey = (...parts: (string | null)[]): string => parts.map((part) => part ?? '').join('|');

/** Compares sums and log with the calls themselves. */
async function expectSettledOnce({ calls, programs, model }: Work): Promise<void> {
  expect(await settledOfPrograms(bench.db, programs)).toEqual(standingOfModel(model, programs));
  const products = [...new Set(calls.map(({ productId }) => productId))];
  const told = calls.map((call) => toldOf.get(call)!);
  const { db } = bench;
  const rowsOf = (table: string) => db(table).whereIn('product_id', products);

  const periods = await rowsOf('usage_periods').select<{ product_id: string; used: number }[]>('product_id', 'used');
  expect(groupSums(periods.map((row) => [row.product_id, row.used]))).toEqual(
    groupSums(calls.map(({ productId, cost }) => [productId, cost])),
  );

  const verdicts = await rowsOf('usage_by_verdict')
    .where('calls', '>', 0)
    .select<{ product_id: string; status: string; version: string; calls: number }[]>('*');
  expect(groupSums(verdicts.map((row) => [verdictKey(row.product_id, row.status, row.version), row.calls]))).toEqual(
    groupSums(told.map(({ productId, status, version }) => [verdictKey(productId, status ?? 'unknown', version), 1])),
  );

  const licenses = await rowsOf('usage_by_license').select<{ license_id: string; calls: number }[]>('*');
  expect(groupSums(licenses.map((row) => [row.license_id, row.calls]))).toEqual(
    groupSums(told.flatMap(({ licenseId }) => (licenseId === null ? [] : [[licenseId, 1] as [string, number]]))),
  );

  const log = await rowsOf('validations').select<{ product_id: string; status: string; ip: string | null }[]>(
    'product_id',
    'status',
    db.raw('host(ip) as ip'),
  );
  expect(groupSums(log.map((row) => [verdictKey(row.product_id, row.status, row.ip), 1]))).toEqual(
    groupSums(told.map(({ productId, status, ip }) => [verdictKey(productId, status ?? 'unknown', ip), 1])),
  );

  const waiting = await rowsOf('usage_pending').select<{ call_id: string }[]>('call_id');
  expect(waiting.map((row) => row.call_id).sort()).toEqual(
    told.flatMap(({ status, callId }) => (status === null && callId !== null ? [callId] : [])).sort(),
  );
  expect(await db('usage_unreadable').where({ generation: bench.generation() })).toHaveLength(1);
  expect(await bench.redis.xlen(STREAM)).toBe(0);
}

/** After each statement once, in the first, second or third batch; `bin/test deep` has each of them in each. */
/** Each process takes seconds: without time for all, every second statement, in one of its passings. */
const QUICK = CRASH_POINTS.filter((_point, i) => i % 2 === 0).map((point, i) => `settle.${point}:${1 + (i % 3)}`);
const ALL = CRASH_POINTS.flatMap((point) => [1, 2, 3].map((passing) => `settle.${point}:${passing}`));

describe('a drain that is killed', { timeout: 60_000 }, () => {
  test.each((process.env.PLIMSOLL_DEEP ? ALL : QUICK).map((place, seed) => ({ place, seed })))(
    'at $place leaves to the next one exactly what it had not settled',
    async ({ place, seed }) => {
      await bench.beginGeneration();
      const work = await appendWork(createRandom(seed));
      expect(await end(spawnSettler(place))).toEqual({ code: null, signal: 'SIGKILL' });
      expect(await end(spawnSettler())).toEqual({ code: 0, signal: null });
      await expectSettledOnce(work);
      await expectAsIfNobodyHadDied(work);
    },
  );

  test('again and again at any moment, beside others that go on, settles every call once', async (context) => {
    const seed = process.env.PLIMSOLL_DEEP ? Date.now() : 1;
    context.onTestFailed(() => void process.stderr.write(`seed: ${seed}\n`));
    const random = createRandom(seed);
    await bench.beginGeneration();
    const work = await appendWork(random);
    const kills = process.env.PLIMSOLL_DEEP ? 40 : 4;
    for (let kill = 0; kill < kills; kill += 1) {
      const pair = [spawnSettler(), spawnSettler()];
      await pause(300 + Math.floor(random.next() * 400));
      for (const child of pair) child.kill('SIGKILL');
      await Promise.all(pair.map(end));
    }
    expect(await Promise.all([spawnSettler(), spawnSettler()].map(end))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    await expectSettledOnce(work);
    await expectAsIfNobodyHadDied(work);
  });
});
