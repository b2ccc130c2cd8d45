import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeLicense, revokeLicense } from '../../../store/licenses.ts';
import { changeProduct, rotateApiKey } from '../../../store/products.ts';
import { type ApiFleet, listens, startFleet, validateAt } from '../../support/api-fleet.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { type PostgresProxy, startPostgresProxy } from '../../support/postgres-proxy.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { waitUntil } from '../../support/wait.ts';

/**
 * Patience with Postgres is cut a little, so that nobody waits for it to run out. With Redis it is long: a call that a busy machine
 * keeps from Redis would be metered in Postgres.
 */
const behind = ({ url: databaseUrl }: PostgresProxy) => ({
  DATABASE_URL: databaseUrl,
  PLIMSOLL_DATABASE_TIMEOUT: 'PT3S',
  PLIMSOLL_REDIS_TIMEOUT: 'PT20S',
});

let scratch: ScratchDatabase;
let platform: TestPlatform;
let proxy: PostgresProxy;
/** One process, whose Postgres is behind the proxy. */
let fleet: ApiFleet;
let url: string;
beforeAll(async () => {
  // A database of its own: what other tests tell of the platform would make everybody read everything again.
  scratch = await aPlatformDatabase();
  proxy = await startPostgresProxy(scratch.url);
  platform = await startPlatform({ databaseUrl: scratch.url });
  fleet = await startFleet(1, behind(proxy));
  url = fleet.urls[0]!;
});
afterAll(async () => {
  await Promise.all([fleet.stop(), platform.close()]);
  await proxy.close();
  await scratch.drop();
});

/** A licence that has been validated here: it, its product and its counter are at hand. */
async function aWarmLicense(maxIps: number | null = 1) {
  const { product, apiKey } = await platform.aProduct({ settings: { ipRegistration: 'up_to_max' } });
  const { id, licenseKey } = await platform.aLicense(product.id, { maxIps });
  const call = { apiKey, licenseKey };
  expect(await validateAt(url, call)).toMatchObject({ status: 'active' });
  // The registration has told everybody, this process too: the next look fetches the licence as it is now.
  await waitUntil('nothing is fetched', async () => {
    const before = proxy.sentBy('plimsoll-api').length;
    expect(await validateAt(url, call)).toMatchObject({ status: 'active' });
    return askedSince(before).length === 0;
  });
  return { id, productId: product.id, call };
}

const isHeard = () => waitUntil('changes are heard', () => listens(fleet.processes[0]!), 10_000);

/** Asks again and again until the verdict is the wanted one; gives how long it took. */
async function until(wanted: string, call: Parameters<typeof validateAt>[1], ceilingMs: number): Promise<number> {
  const begin = performance.now();
  await waitUntil(`the answer is ${wanted}`, async () => (await validateAt(url, call)).status === wanted, ceilingMs);
  return performance.now() - begin;
}

/** What there is to see of an outage. */
const outcome = async (call: Parameters<typeof validateAt>[1]) => {
  const { code, status, headers } = await validateAt(url, call);
  return { code, status, degraded: headers.get('plimsoll-degraded'), retryAfter: headers.get('retry-after') };
};

/**
 * What was asked of Postgres for calls. Once a second, calls or none, a process looks for what was metered while Redis was away.
 */
function askedSince(before: number): string[] {
  const said = proxy.sentBy('plimsoll-api').slice(before);
  return said.filter((each) => !/usage_metered|^Q....(BEGIN|COMMIT);/s.test(each));
}

const saidOf = (text: string): number => proxy.sentBy('plimsoll-api').filter((said) => said.includes(text)).length;
/** How many licences were looked for in Postgres until now. */
const lookups = (): number => saidOf('from licenses l');
/** How many registrations were begun: each locks its licence. */
const locks = (): number => saidOf('for no key update');

describe('a warm validation', () => {
  test('sends nothing to Postgres: of a hundred, only the heartbeat of the listener is heard', async () => {
    const { call } = await aWarmLicense();
    const before = { api: proxy.sentBy('plimsoll-api').length, listener: proxy.sentBy('plimsoll-listener').length };
    const beginMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => validateAt(url, call)));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill('active'));
    expect(askedSince(before.api)).toEqual([]);
    const heartbeats = proxy.sentBy('plimsoll-listener').slice(before.listener);
    expect(heartbeats.filter((each) => !each.includes('select 1'))).toEqual([]);
    expect(heartbeats.length).toBeLessThanOrEqual(1 + (performance.now() - beginMs) / 1_000);
  });

  test('sends nothing either when it says no: revoked, unknown for a moment, beyond the cap', async () => {
    const { id, call } = await aWarmLicense();
    const unknown = { ...call, licenseKey: 'AAAA-BBBB-CCCC-DDDD' };
    await platform.write((trx) => revokeLicense(trx, id));
    await until('revoked', call, 2_000);
    const beyond = await aWarmLicense();
    await validateAt(url, unknown);
    const before = proxy.sentBy('plimsoll-api').length;
    const seen = [call, unknown, { ...beyond.call, ip: '198.51.100.1' }].map(async (each) => validateAt(url, each));
    expect((await Promise.all(seen)).map(({ status }) => status)).toEqual([
      'revoked',
      'license_not_found',
      'ip_limit_reached',
    ]);
    expect(askedSince(before)).toEqual([]);
  });
});

describe('a licence that is not at hand', () => {
  test('is asked for once its call is counted: where nothing is left, made-up keys ask Postgres nothing', async () => {
    const { id: organizationId } = await platform.anOrganization({ plan: 'enterprise' });
    const { apiKey } = await platform.aProduct({ organizationId });
    await platform.allow(organizationId, 'api_calls', 5);
    const madeUp = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => validateAt(url, { apiKey, licenseKey: `MADE-UP-${from + i}` }));
    const before = lookups();
    await Promise.all(madeUp(0, 5));
    expect(lookups() - before).toBe(5);
    const refused = await Promise.all(madeUp(5, 105));
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([429]));
    expect(lookups() - before).toBe(5);
  });
});

test('an address that is new to its licence is registered in one transaction, whoever calls from there meanwhile', async () => {
  const { call, productId, id } = await aWarmLicense(2);
  const before = locks();
  const answers = await Promise.all(Array.from({ length: 40 }, () => validateAt(url, { ...call, ip: '198.51.100.7' })));
  for (const { body } of answers) expect(body).toMatchObject({ status: 'active', ip_registered: true, ip_count: 2 });
  expect(locks() - before).toBe(1);
  expect(await platform.addressesOf(id)).toEqual(['192.0.2.1', '198.51.100.7']);

  // Without Postgres they share the outage too: none waits for the time of all before it.
  const other = await platform.aLicense(productId, { maxIps: 2 });
  await platform.register(other.id, '192.0.2.1');
  await validateAt(url, { ...call, licenseKey: other.licenseKey });
  proxy.swallow(true);
  const beganMs = performance.now();
  const cut = Array.from({ length: 40 }, () => outcome({ ...call, licenseKey: other.licenseKey, ip: '198.51.100.8' }));
  expect(new Set((await Promise.all(cut)).map(({ code }) => code))).toEqual(new Set([503]));
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  proxy.swallow(false);
  await isHeard();
});

describe('a listener', () => {
  test('whose connection died silently is found out: a revocation is obeyed within 4 s of it', async () => {
    const { id, call } = await aWarmLicense();
    await isHeard();
    expect(proxy.silence('plimsoll-listener')).toBe(1);
    await platform.write((trx) => revokeLicense(trx, id));
    const afterMs = await until('revoked', call, 4_000);
    process.stdout.write(`Obeyed ${afterMs.toFixed(0)} ms after the listener's connection died silently\n`);
    await isHeard();
  });

  test('that died silently with all connections of its process takes no longer', async () => {
    const { id, call } = await aWarmLicense();
    await isHeard();
    // Many at once, so that the pool has more dead connections than one verdict would meet.
    const unknown = Array.from({ length: 40 }, (_, i) => ({ ...call, licenseKey: `UNKNOWN-${i}` }));
    await Promise.all(unknown.map((each) => validateAt(url, each)));
    expect(proxy.silence('plimsoll-listener')).toBe(1);
    expect(proxy.silence('plimsoll-api')).toBeGreaterThan(3);
    await platform.write((trx) => revokeLicense(trx, id));
    const afterMs = await until('revoked', call, 4_000);
    process.stdout.write(`Obeyed ${afterMs.toFixed(0)} ms after all connections of the process died silently\n`);
    await isHeard();
  });

  test('that Postgres ends connects again, and what changed meanwhile is obeyed', async () => {
    const { id, call } = await aWarmLicense();
    await isHeard();
    const [port] = proxy.portsOf('plimsoll-listener');
    const ended = await platform.db.raw<{ rows: unknown[] }>(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'plimsoll-listener' and client_port = ?",
      [port!],
    );
    expect(ended.rows).toHaveLength(1);
    await platform.write((trx) => revokeLicense(trx, id));
    await until('revoked', call, 2_000);
    await isHeard();
    const other = await aWarmLicense();
    await platform.write((trx) => revokeLicense(trx, other.id));
    await until('revoked', other.call, 2_000);
  });
});

describe('with Postgres away', () => {
  const unavailable = {
    code: 503,
    status: 'unavailable',
    degraded: null,
    retryAfter: expect.stringMatching(/^[1-9]\d*$/),
  };

  test('what is at hand is served and says so, what is not gets 503, and it comes back by itself', async () => {
    const { productId, call } = await aWarmLicense(2);
    const fresh = await platform.aLicense(productId);
    const unseen = await platform.aProduct();
    await proxy.close();
    await waitUntil('the loss is noticed', () => !listens(fleet.processes[0]!), 5_000);

    const served = { code: 200, status: 'active', degraded: 'postgres', retryAfter: null };
    for (let i = 0; i < 3; i += 1) expect(await outcome(call)).toEqual(served);
    expect(await outcome({ ...call, ip: '198.51.100.1' })).toEqual(unavailable);
    expect(await outcome({ ...call, licenseKey: fresh.licenseKey })).toEqual(unavailable);
    expect(await outcome({ ...call, apiKey: unseen.apiKey })).toEqual(unavailable);
    expect(await outcome({ ...call, apiKey: `kp_live_${'0'.repeat(64)}` })).toEqual(unavailable);

    await proxy.open();
    const normal = { code: 200, status: 'active', degraded: null, retryAfter: null };
    await waitUntil('the header goes', async () => (await outcome(call)).degraded === null, 5_000);
    await isHeard();
    expect(await outcome(call)).toEqual(normal);
    expect(await outcome({ ...call, ip: '198.51.100.1' })).toEqual(normal);
    expect(await outcome({ ...call, licenseKey: fresh.licenseKey })).toEqual(normal);
    expect(await outcome({ ...call, apiKey: unseen.apiKey })).toMatchObject({ status: 'license_not_found' });
    expect(await outcome({ ...call, apiKey: `kp_live_${'0'.repeat(64)}` })).toMatchObject({ code: 401 });
  });

  test('a change that was made meanwhile is obeyed as soon as it is back', async () => {
    const [revoked, rotated, archived, capped] = await Promise.all(Array.from({ length: 4 }, () => aWarmLicense()));
    await proxy.close();
    await waitUntil('the loss is noticed', () => !listens(fleet.processes[0]!), 5_000);
    await platform.write(async (trx) => {
      await revokeLicense(trx, revoked!.id);
      await rotateApiKey(trx, rotated!.productId);
      await changeProduct(trx, archived!.productId, { state: 'archived' });
      await changeLicense(trx, capped!.id, { maxIps: 7 });
    });
    expect(await outcome(revoked!.call)).toMatchObject({ status: 'active', degraded: 'postgres' });
    await proxy.open();
    await isHeard();
    expect(await outcome(revoked!.call)).toMatchObject({ status: 'revoked', degraded: null });
    expect(await outcome(rotated!.call)).toMatchObject({ code: 401 });
    expect(await outcome(archived!.call)).toMatchObject({ status: 'product_archived' });
    expect((await validateAt(url, capped!.call)).body).toMatchObject({ max_ips: 7 });
  });

  test('and silent rather than gone, one caller waits a second, and all others are served as if it were gone', async () => {
    const warm = await Promise.all(Array.from({ length: 5 }, () => aWarmLicense()));
    proxy.swallow(true);
    await waitUntil('the loss is noticed', () => !listens(fleet.processes[0]!), 5_000);
    const begin = performance.now();
    for (const { call } of warm) expect(await outcome(call)).toMatchObject({ status: 'active', degraded: 'postgres' });
    expect(performance.now() - begin).toBeLessThan(2_000);

    // Connections that died silently stay dead; the pool must not go on with them.
    proxy.swallow(false);
    const backMs = performance.now();
    await isHeard();
    await waitUntil('the header goes', async () => (await outcome(warm[0]!.call)).degraded === null, 10_000);
    process.stdout.write(
      `Served as verified again ${(performance.now() - backMs).toFixed(0)} ms after Postgres spoke again\n`,
    );
    const fresh = await platform.aLicense(warm[0]!.productId);
    expect(await outcome({ ...warm[0]!.call, licenseKey: fresh.licenseKey })).toMatchObject({ status: 'active' });
  });
});

test('a process whose listener is silent ends when told to, at once', async () => {
  const own = await startFleet(1, behind(proxy));
  proxy.silence('plimsoll-listener');
  const begin = performance.now();
  expect(await own.processes[0]!.stop()).toBe(0);
  expect(performance.now() - begin).toBeLessThan(3_000);
});
