import { describe, expect, test } from 'vitest';
import { signal } from '../../../stack/process.ts';
import { byOutcome, type Load, type LoadCall, startLoad } from '../../support/calls.ts';
import { allReady, endOf, processOf, type WarmProduct } from '../../support/home.ts';
import { waitUntil } from '../../support/wait.ts';
import { home } from './on-home.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const served = (calls: LoadCall[]): number => byOutcome(calls)['200'] ?? 0;

/** Kills a server of the home as a crash would, and gives the time. */
async function kill(server: 'postgres' | 'redis' | 'temporal'): Promise<number> {
  const victim = processOf(await waitUntil(`${server} is there`, () => home.running.stack.pids[server] ?? undefined));
  signal(victim, 'SIGKILL');
  return endOf(home, victim.pid);
}

/** What every API process says of itself. */
async function readiness(): Promise<{ http: number; degraded: string[] }[]> {
  return Promise.all(
    home.running.stack.api_nodes.map(async ({ url }) => {
      const response = await fetch(`${url}/health/ready`);
      const { degraded } = (await response.json()) as { degraded: string[] };
      return { http: response.status, degraded };
    }),
  );
}

const isWhole = async (): Promise<boolean> =>
  (await readiness()).every(({ http, degraded }) => http === 200 && degraded.length === 0);

function validate({ apiKey }: WarmProduct, licenseKey: string): Promise<Response> {
  return fetch(`${home.running.stack.api}/api/v1/validate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ license_key: licenseKey }),
  });
}

const startLoadOn = (product: WarmProduct): Load =>
  startLoad(home.running.stack.api, product, { keepAlive: 4, oneShot: 2, pauseMs: 10 });

/** Load on two products, one of which has few calls. */
async function underLoad() {
  await allReady(home, 2);
  const [product, scarce] = [await home.aWarmProduct(), await home.aWarmProduct({ dailyCalls: 300 })];
  const [load, scarceLoad] = [startLoadOn(product), startLoadOn(scarce)];
  await pause(500);
  return { product, scarce, load, scarceLoad };
}

/** Again each time that it has come back, so that the supervisor waits longer before the next start. Gives the time of the first. */
async function killForLong(server: 'postgres' | 'redis'): Promise<number> {
  const killedAtMs = await kill(server);
  await kill(server);
  await kill(server);
  return killedAtMs;
}

const saysDegraded = ({ calls }: Load, part: string): boolean => calls.some(({ degraded }) => degraded === part);

/** Redis, Postgres and Temporal killed for real in mid-load: the supervisor brings them back by itself, and what callers see meanwhile. */
export function outages(): void {
  describe('Postgres killed in mid-load', () => {
    test('what is at hand is served and said to be degraded, each call is counted once, and it mends by itself', {
      timeout: 120_000,
    }, async () => {
      const { product, scarce, load, scarceLoad } = await underLoad();
      const killedAtMs = await killForLong('postgres');
      await waitUntil('the answers say so', () => saysDegraded(load, 'postgres'));
      // Not 401: a client takes that as final.
      const cold = await validate(product, product.coldLicenseKey);
      const unknown = await validate({ ...product, apiKey: 'kp_live_never_seen' }, product.licenseKey);

      await waitUntil('all is well again', isWhole, 60_000);
      const backAfterMs = Date.now() - killedAtMs;
      await pause(1_000);
      const [calls, scarceCalls] = await Promise.all([load.stop(), scarceLoad.stop()]);
      process.stdout.write(`Postgres was killed three times; all was well ${backAfterMs} ms after the first kill\n`);

      expect(byOutcome(calls)).toEqual({ 200: calls.length });
      expect(calls.at(-1)?.degraded).toBeUndefined();
      expect([cold.status, unknown.status]).toEqual([503, 503]);
      expect((await validate(product, product.coldLicenseKey)).status).toBe(200);

      // The cold licence's two calls were counted too: counting comes first.
      const all = product.warm + served(calls) + 2;
      expect(await home.counterOf(product.productId)).toBe(all);
      await waitUntil('all of it is settled', async () => (await home.settledOf(product.productId)) === all);

      expect(Object.keys(byOutcome(scarceCalls)).sort()).toEqual(['200', '429']);
      expect(scarce.warm + served(scarceCalls)).toBe(300);
      expect(await home.counterOf(scarce.productId)).toBe(300);
      await waitUntil('that too', async () => (await home.settledOf(scarce.productId)) === 300);
    });
  });

  describe('Redis killed in mid-load', () => {
    test('every call is served and counted once, the last ones of a limit too, and it mends by itself', {
      timeout: 120_000,
    }, async () => {
      const { product, scarce, load, scarceLoad } = await underLoad();
      const scarceBefore = scarce.warm + served(scarceLoad.calls);
      const settledBefore = await home.settledOf(scarce.productId);
      const killedAtMs = await killForLong('redis');
      await waitUntil('the answers say so', () => saysDegraded(load, 'redis'));
      await waitUntil('all is well again', isWhole, 60_000);
      const backAfterMs = Date.now() - killedAtMs;
      await pause(1_500);
      const [calls, scarceCalls] = await Promise.all([load.stop(), scarceLoad.stop()]);
      process.stdout.write(`Redis was killed three times; all was well ${backAfterMs} ms after the first kill\n`);

      expect(byOutcome(calls)).toEqual({ 200: calls.length });
      expect(calls.at(-1)?.degraded).toBeUndefined();
      const all = product.warm + calls.length;
      await waitUntil('all is counted', async () => (await home.counterOf(product.productId)) >= all);
      expect(await home.counterOf(product.productId)).toBe(all);
      await waitUntil('all of it is settled', async () => (await home.settledOf(product.productId)) === all);

      // Each process hands out what was left by what was settled, and again what it has put back and nobody has settled yet.
      const scarceServed = scarce.warm + served(scarceCalls);
      const unsettled = scarceBefore - settledBefore;
      process.stdout.write(
        `${scarceServed - 300} admitted beyond 300 by two processes; ${unsettled} were not settled\n`,
      );
      expect(scarceServed).toBeGreaterThanOrEqual(300);
      expect(scarceServed - 300).toBeLessThanOrEqual(300 - settledBefore + unsettled);
      await waitUntil('that too', async () => (await home.settledOf(scarce.productId)) === scarceServed);
      expect(byOutcome(scarceCalls.slice(-20))).toEqual({ 429: 20 });
    });
  });

  describe('Temporal killed in mid-load', () => {
    test('changes no answer, and mends by itself', { timeout: 120_000 }, async () => {
      await allReady(home, 2);
      const product = await home.aWarmProduct();
      const load = startLoadOn(product);
      await pause(500);
      const killedAtMs = await kill('temporal');
      const outage = { isOver: false };
      const keptDown = (async () => {
        for (; !outage.isOver; await pause(20)) if (home.running.stack.pids.temporal) await kill('temporal');
      })();
      await waitUntil('readiness names it', async () =>
        (await readiness()).every(({ http, degraded }) => http === 200 && degraded.join() === 'temporal'),
      );
      // Usage settles without it.
      const sofar = served(load.calls);
      await waitUntil('it is settled', async () => (await home.settledOf(product.productId)) >= product.warm + sofar);
      outage.isOver = true;
      await keptDown;

      await waitUntil('all is well again', isWhole, 60_000);
      const backAfterMs = Date.now() - killedAtMs;
      await pause(500);
      const calls = await load.stop();
      process.stdout.write(
        `Temporal was kept down a while and everything well ${backAfterMs} ms after the first kill\n`,
      );
      expect(byOutcome(calls)).toEqual({ 200: calls.length });
      expect(calls.filter(({ degraded }) => degraded !== undefined)).toEqual([]);
      const all = product.warm + calls.length;
      expect(await home.counterOf(product.productId)).toBe(all);
      await waitUntil('all of it is settled', async () => (await home.settledOf(product.productId)) === all);
    });
  });
}
