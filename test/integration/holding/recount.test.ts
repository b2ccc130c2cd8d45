import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRecountActivities, type RecountPart } from '../../../activities/recount.ts';
import { takePlaces } from '../../../store/holding.ts';
import { recountPage, repairCount } from '../../../store/recounts.ts';
import { write } from '../../support/acting.ts';
import { aWorld, holderOf, make, remove, THINGS, toldAs, type World } from './world.ts';

let world: World;
let account: string;
beforeAll(async () => {
  world = await aWorld();
});
beforeEach(async () => {
  await world.db('limit_usage').delete();
  await world.db('limit_recounts').delete();
  account = await world.anAccount('pro');
});
afterAll(() => world?.close());

const page = () => recountPage(world.db, { after: null, limit: 100, things: THINGS });
const drift = (limitName: string, used: number) =>
  world.db('limit_usage').where({ scope_id: account, limit_name: limitName }).update({ used });
const found = () =>
  world.db('limit_recounts').orderBy('limit_name').select('limit_name', 'used', 'counted', 'repaired_at');

/** Some of everything that is counted in a way of its own. */
async function fill(): Promise<string> {
  const vault_id = await make(world.db, { account_id: account, kind: 'vault', visibility: 'private' });
  await make(world.db, { account_id: account, kind: 'vault', visibility: 'public' });
  for (let i = 0; i < 3; i += 1) {
    await make(world.db, { account_id: account, kind: 'secret', vault_id });
    await make(world.db, { account_id: account, kind: 'deployment', cpu: 10 * i, memory: i });
  }
  return vault_id;
}

describe('a recount', () => {
  test('finds nothing where nothing is wrong: counts, conditions, sums, and scopes below', async () => {
    const vault = await fill();
    expect(await page()).toEqual({ compared: 5, passedOver: 0, differing: [], tooSlow: [], next: null });
    expect(await world.usedIn(account)).toEqual({ private_vaults: 1, deployments: 3, cpu: 30, memory: 3 });
    expect(await world.usedIn(vault)).toEqual({ private_secrets: 3 });
  });

  test('finds a count, a condition, a sum and a scope below that were changed by hand', async () => {
    const vault = await fill();
    await drift('cpu', 29);
    await drift('deployments', 4);
    await drift('private_vaults', 2);
    await world.db('limit_usage').where({ scope_id: vault }).update({ used: 0 });
    const { differing } = await page();
    expect(differing).toHaveLength(4);
    expect(differing).toEqual(
      expect.arrayContaining([
        { scopeId: account, limitName: 'cpu', used: 29, counted: 30 },
        { scopeId: account, limitName: 'deployments', used: 4, counted: 3 },
        { scopeId: account, limitName: 'private_vaults', used: 2, counted: 1 },
        { scopeId: vault, limitName: 'private_secrets', used: 0, counted: 3 },
      ]),
    );
  });

  test('does not find what is being made at that moment, and keeps nobody waiting', async () => {
    await fill();
    const made = { id: randomUUID(), account_id: account, kind: 'deployment', cpu: 5 };
    await write(world.db, async (trx) => {
      await takePlaces(trx, holderOf(account), toldAs(made));
      await trx('test_things').insert(made);
      // Another connection, while the row is locked and the thing is not committed.
      expect((await page()).differing).toEqual([]);
    });
    expect((await page()).differing).toEqual([]);
  });

  test('while things are made and deleted all the time finds nothing', async () => {
    const ending = new AbortController();
    const busy = [0, 1].map(async () => {
      const db = world.database.connect();
      while (!ending.signal.aborted) {
        const id = await make(db, { account_id: account, kind: 'deployment', cpu: 1 });
        await remove(db, id);
      }
    });
    for (let i = 0; i < 40; i += 1) expect((await page()).differing).toEqual([]);
    ending.abort();
    await Promise.all(busy);
  });

  test('passes over rows whose subject or limit is no longer known', async () => {
    await world.db('limit_usage').insert([
      { scope_id: randomUUID(), limit_name: 'cpu', used: 3 },
      { scope_id: account, limit_name: 'nothing', used: 3 },
    ]);
    expect(await page()).toMatchObject({ compared: 0, passedOver: 2, differing: [] });
  });

  test('keeps a difference once for each recount, and repairs it only when that is ordered', async () => {
    await fill();
    await drift('cpu', 29);
    const look = (options: { repair: boolean; recountedForMs: number }) =>
      write(world.db, (trx) =>
        repairCount(trx, { scopeId: account, limitName: 'cpu', patienceMs: 1_000, things: THINGS, ...options }),
      );
    const once = { limit_name: 'cpu', used: 29, counted: 30, repaired_at: null };
    for (const recountedForMs of [1, 1, 2]) await look({ repair: false, recountedForMs });
    expect(await found()).toEqual([once, once]);
    expect((await world.usedIn(account)).cpu).toBe(29);

    expect(await look({ repair: true, recountedForMs: 3 })).toMatchObject({ used: 29, counted: 30 });
    expect((await world.usedIn(account)).cpu).toBe(30);
    expect((await found())[2]).toMatchObject({ repaired_at: expect.any(Number) });
    expect(await look({ repair: true, recountedForMs: 4 })).toBeUndefined();
  });
});

/** The activity as a worker has it, with metrics of its own. */
function anActivity(rowsAtATime = 100) {
  const metrics = new Registry();
  const activities = createRecountActivities({ db: world.db, metrics, things: THINGS, rowsAtATime });
  const recountLimits: typeof activities.recountLimits = (asked) => activities.recountLimits(asked);
  return { metrics, recountLimits };
}

describe('the activity', () => {
  const asked = { recountedFor: '2026-03-02T03:00:00.000Z', after: null };

  test('raises an alarm for what differs: a row, a metric and an error; and repairs nothing', async () => {
    await fill();
    await drift('cpu', 29);
    const { metrics, recountLimits } = anActivity();
    const env = new MockActivityEnvironment();
    const part = await env.run(recountLimits, asked);
    expect(part).toEqual({ compared: 5, passedOver: 0, differing: 1, unconfirmed: 0, next: null });
    expect(await found()).toEqual([{ limit_name: 'cpu', used: 29, counted: 30, repaired_at: null }]);
    const text = await metrics.metrics();
    expect(text).toMatch(/^plimsoll_limit_differences_total\{limit="cpu"\} 1$/m);
    expect(text).toMatch(/^plimsoll_limit_recounted_total 5$/m);
    expect((await world.usedIn(account)).cpu).toBe(29);
  });

  test('goes on after its last heartbeat, and tells after each page', async () => {
    await fill();
    const { recountLimits } = anActivity(2);
    const heartbeats: RecountPart[] = [];
    const env = new MockActivityEnvironment();
    env.on('heartbeat', (part: RecountPart) => heartbeats.push(part));
    const whole = await env.run(recountLimits, asked);
    expect(whole).toMatchObject({ compared: 5, next: null });
    expect(heartbeats.map(({ compared }) => compared)).toEqual([2, 4]);

    const again = new MockActivityEnvironment({ heartbeatDetails: heartbeats[0] });
    const rest: RecountPart[] = [];
    again.on('heartbeat', (part: RecountPart) => rest.push(part));
    expect(await again.run(recountLimits, asked)).toEqual(whole);
    expect(rest.map(({ compared }) => compared)).toEqual([4]);
  });

  test('leaves a limit for the next night rather than wait for its lock, and lets creates go on', async () => {
    await fill();
    await drift('cpu', 29);
    const { recountLimits } = anActivity();
    const other = world.database.connect();
    await write(other, async (trx) => {
      await trx('limit_usage').where({ scope_id: account, limit_name: 'cpu' }).forNoKeyUpdate().first();
      const startedAt = performance.now();
      expect(await new MockActivityEnvironment().run(recountLimits, asked)).toMatchObject({
        differing: 0,
        unconfirmed: 1,
      });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });
    expect(await found()).toEqual([]);
  });
});
