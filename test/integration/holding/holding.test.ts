import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changePlaces, movePlaces, returnPlaces, type Things, takePlaces } from '../../../store/holding.ts';
import { leaveQueue, listWaiting, takeOrWait } from '../../../store/limit-queue.ts';
import { forgetUsage } from '../../../store/limit-usage.ts';
import { changePlan } from '../../../store/organizations.ts';
import { write } from '../../support/acting.ts';
import { aWorld, holderOf, inVault, make, remove, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world?.close());

const take = (accountId: string, ...things: Things[]) =>
  write(world.db, (trx) => takePlaces(trx, holderOf(accountId), ...things));
const change = (accountId: string, from: Things[], to: Things[]) =>
  write(world.db, (trx) => changePlaces(trx, holderOf(accountId), { from, to }));
const move = (accountId: string, from: Things[], to: Things[]) =>
  write(world.db, (trx) => movePlaces(trx, holderOf(accountId), { from, to }));
const giveBack = (accountId: string, ...things: Things[]) =>
  write(world.db, (trx) => returnPlaces(trx, holderOf(accountId), ...things));

const deployment = (cpu: number, memory: number, storage: number): Things => ({
  resource: 'deployment',
  amounts: { cpu, memory, storage },
});
const vault = (visibility: string): Things => ({ resource: 'vault', attributes: { visibility } });

describe('several limits on one thing', () => {
  test.each([
    ['memory', deployment(101, 101, 101)],
    ['cpu', deployment(101, 100, 101)],
    ['storage', deployment(100, 100, 101)],
  ])('are checked in their declared order: the first that fails is named, here %s', async (limit, things) => {
    const account = await world.anAccount();
    await take(account, deployment(900, 900, 900));
    await expect(take(account, things)).rejects.toMatchObject({
      code: 'plan_limit_reached',
      details: { limit, used: 900, allowed: 1000, remaining: 100, admittingPlan: 'pro' },
    });
    // All or nothing.
    expect(await world.usedIn(account)).toEqual({ cpu: 900, memory: 900, storage: 900, deployments: 1 });
  });

  test('a sum that comes to exactly the limit is allowed', async () => {
    const account = await world.anAccount();
    await take(account, deployment(900, 1000, 0), deployment(100, 0, 1000));
    expect(await world.usedIn(account)).toEqual({ cpu: 1000, memory: 1000, storage: 1000, deployments: 2 });
  });

  test('things in one request are judged together', async () => {
    const account = await world.anAccount();
    await expect(take(account, deployment(600, 0, 0), deployment(600, 0, 0))).rejects.toMatchObject({
      details: { limit: 'cpu', used: 0 },
    });
    expect((await world.usedIn(account)).cpu ?? 0).toBe(0);
  });

  test.each([
    ['an amount that was not told', { resource: 'deployment', amounts: { cpu: 1, memory: 1 } }],
    ['an amount below zero', deployment(-1, 0, 0)],
    ['an amount beyond 2^53', deployment(2 ** 53, 0, 0)],
    ['no amount at all', deployment(Number.NaN, 0, 0)],
    ['part of a thing', { resource: 'key', number: 0.5 }],
    ['an attribute that was not told', { resource: 'vault' }],
    ['an attribute of no known value', vault('secret')],
    ['a scope that was not told', { resource: 'secret' }],
  ] satisfies [string, Things][])('%s is an error, never "no limit"', async (_what, things) => {
    const account = await world.anAccount('pro');
    await expect(take(account, things)).rejects.toBeInstanceOf(RangeError);
    expect(await world.usedIn(account)).toEqual({});
  });
});

describe('a condition', () => {
  test('narrows what is counted: public vaults take no place', async () => {
    const account = await world.anAccount();
    await take(account, vault('private'), vault('private'), vault('public'), vault('public'));
    await expect(take(account, vault('private'))).rejects.toMatchObject({
      details: { limit: 'private_vaults', used: 2 },
    });
    await take(account, vault('public'));
    expect(await world.usedIn(account)).toEqual({ private_vaults: 2 });
  });

  test('that is met later counts without a refusal, also beyond the limit (docs/spec/keyway.md §4.4)', async () => {
    const account = await world.anAccount();
    await take(account, vault('private'), vault('private'));
    await move(account, [vault('public')], [vault('private')]);
    expect(await world.usedIn(account)).toEqual({ private_vaults: 3 });
    await move(account, [vault('private')], [vault('public')]);
    await move(account, [vault('private')], [vault('public')]);
    expect(await world.usedIn(account)).toEqual({ private_vaults: 1 });
    await take(account, vault('private'));
  });

  test('on the scope decides where the limit holds; what is there is counted anyway, and judged when it does', async () => {
    const account = await world.anAccount();
    const id = randomUUID();
    const secrets = (number: number, visibility: string): Things => {
      return { resource: 'secret', number, scopes: inVault(id, visibility) };
    };
    await take(account, secrets(30, 'public'));
    await expect(take(account, secrets(1, 'private'))).rejects.toMatchObject({
      details: { limit: 'private_secrets', used: 30, allowed: 20, remaining: 0 },
    });
    await giveBack(account, secrets(11, 'private'));
    await take(account, secrets(1, 'private'));
    expect(await world.usedIn(id)).toEqual({ private_secrets: 20 });
  });
});

describe('a replacement', () => {
  const scopes = inVault(randomUUID(), 'private');
  const secrets = (number: number): Things => ({ resource: 'secret', number, scopes });

  test('is judged by its net change: 12 of 19 by 13 passes, by 14 is refused (docs/spec/keyway.md §2.2)', async () => {
    const account = await world.anAccount();
    await take(account, secrets(19));
    await expect(change(account, [secrets(12)], [secrets(14)])).rejects.toMatchObject({
      details: { limit: 'private_secrets', used: 19, allowed: 20 },
    });
    await change(account, [secrets(12)], [secrets(13)]);
    expect(await world.usedIn(scopes[0]!.id)).toEqual({ private_secrets: 20 });
  });

  test('beyond the limit may shrink or stay, and never grow', async () => {
    const account = await world.anAccount('pro');
    await take(account, secrets(20));
    await write(world.db, (trx) => changePlan(trx, account, 'free'));
    await change(account, [secrets(12)], [secrets(12)]);
    await change(account, [secrets(12)], [secrets(10)]);
    await expect(change(account, [secrets(10)], [secrets(11)])).rejects.toMatchObject({ code: 'plan_limit_reached' });
    expect(await world.usedIn(scopes[0]!.id)).toEqual({ private_secrets: 38 });
  });

  test('that shrinks one limit and grows another is refused by the one that grows', async () => {
    const account = await world.anAccount();
    await take(account, deployment(1000, 900, 0));
    await expect(change(account, [deployment(1000, 900, 0)], [deployment(500, 1001, 0)])).rejects.toMatchObject({
      details: { limit: 'memory', used: 900, allowed: 1000 },
    });
  });
});

describe('what is in use', () => {
  test('begins at what there is, where a limit comes later than the things', async () => {
    const account = await world.anAccount();
    for (let i = 0; i < 9; i += 1) await make(world.db, { account_id: account, kind: 'deployment', cpu: 100 });
    await world.db('limit_usage').where({ scope_id: account }).delete();
    await make(world.db, { account_id: account, kind: 'deployment', cpu: 100 });
    await expect(make(world.db, { account_id: account, kind: 'deployment' })).rejects.toMatchObject({
      details: { limit: 'deployments', used: 10 },
    });
    expect(await world.usedIn(account)).toMatchObject({ deployments: 10, cpu: 1000 });
  });

  test('begins right too where the first thing that it hears of is a deletion', async () => {
    const account = await world.anAccount();
    const ids = [];
    for (let i = 0; i < 3; i += 1)
      ids.push(await make(world.db, { account_id: account, kind: 'deployment', cpu: 100 }));
    await world.db('limit_usage').where({ scope_id: account }).delete();
    await remove(world.db, ids[0]!);
    expect(await world.usedIn(account)).toEqual({ deployments: 2, cpu: 200 });
  });

  test('that is too low keeps nobody from deleting: it stops at zero', async () => {
    const account = await world.anAccount();
    const id = await make(world.db, { account_id: account, kind: 'deployment', cpu: 100 });
    await world.db('limit_usage').where({ scope_id: account }).update({ used: 0 });
    expect(await remove(world.db, id)).toBe(true);
    expect(await world.usedIn(account)).toMatchObject({ deployments: 0, cpu: 0 });
  });

  test('is forgotten with the scope that it was in', async () => {
    const account = await world.anAccount();
    const id = randomUUID();
    await take(account, { resource: 'secret', scopes: inVault(id, 'private') });
    await write(world.db, (trx) => forgetUsage(trx, id));
    expect(await world.usedIn(id)).toEqual({});
  });

  test('of an advisory limit is counted and told, and never refuses', async () => {
    const account = await world.anAccount();
    expect(await take(account, { resource: 'key', number: 3 })).toEqual({ outcome: 'taken', beyond: [] });
    const { beyond } = await take(account, { resource: 'key', number: 2 });
    expect(beyond).toMatchObject([{ name: 'keys', used: 3, allowed: 3, requested: 2 }]);
    expect(await world.usedIn(account)).toEqual({ keys: 5 });
  });
});

const wait = (position: number) => ({ outcome: 'wait', limit: 'builds', position });

describe('a limit with a queue', () => {
  const build: Things = { resource: 'build' };
  const ask = (account: string, id: string) => write(world.db, (trx) => takeOrWait(trx, holderOf(account), id, build));
  const finish = (account: string) => giveBack(account, build);
  const taken = { outcome: 'taken', beyond: [] };

  test('lets the next one wait, in the order of asking, and nobody is overtaken', async () => {
    const account = await world.anAccount();
    const [first, second, third, late] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const;
    expect(await ask(account, first)).toEqual(taken);
    expect(await ask(account, second)).toEqual(wait(1));
    expect(await ask(account, third)).toEqual(wait(2));
    // Asking again keeps the turn.
    expect(await ask(account, second)).toEqual(wait(1));
    expect(await world.usedIn(account)).toEqual({ builds: 1 });

    await finish(account);
    expect(await ask(account, late)).toEqual(wait(3));
    expect(await ask(account, third)).toEqual(wait(2));
    expect(await listWaiting(world.db, { scopeId: account, limitName: 'builds', limit: 2 })).toEqual([second, third]);
    expect(await ask(account, second)).toEqual(taken);
    expect(await ask(account, third)).toEqual(wait(1));
  });

  test('a place for two lets the second in before the first has asked again', async () => {
    const account = await world.anAccount('pro');
    const ids = Array.from({ length: 4 }, () => randomUUID());
    for (const id of ids) await ask(account, id);
    await finish(account);
    await finish(account);
    expect(await ask(account, ids[3]!)).toEqual(taken);
    expect(await ask(account, randomUUID())).toEqual(wait(2));
    expect(await ask(account, ids[2]!)).toEqual(taken);
  });

  test('who no longer wants to wait makes way', async () => {
    const account = await world.anAccount();
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()] as const;
    for (const id of [first, second, third]) await ask(account, id);
    await write(world.db, (trx) => leaveQueue(trx, second));
    await finish(account);
    expect(await ask(account, third)).toEqual(taken);
  });

  test('a hundred that ask at once get the one place there is, and ninety-nine turns', async () => {
    const account = await world.anAccount();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(account, randomUUID())));
    const positions = answers.flatMap((each) => (each.outcome === 'wait' ? [each.position] : []));
    expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 99 }, (_, i) => i + 1));
  });

  test('can not be asked by who is not prepared to wait', async () => {
    const account = await world.anAccount();
    await expect(take(account, build)).rejects.toThrow('takeOrWait');
  });
});
