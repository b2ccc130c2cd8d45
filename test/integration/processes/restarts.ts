import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { signal } from '../../../stack/process.ts';
import { byOutcome, type LoadCall, startLoad } from '../../support/calls.ts';
import { plimsoll } from '../../support/cli.ts';
import { allReady, endOf, processOf, type WarmProduct } from '../../support/home.ts';
import { waitUntil } from '../../support/wait.ts';
import { home } from './on-home.ts';

const failed = (calls: LoadCall[]): LoadCall[] => calls.filter(({ outcome }) => outcome !== '200');
const served = (calls: LoadCall[]): number => calls.length - failed(calls).length;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the kernel hands what waits at a closing listener over to its siblings. */
const handsOver = (): boolean => {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8').trim() === '1';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

/** The longest time in which no call on a new connection was served, milliseconds. */
function longestGap(calls: LoadCall[], fromMs: number, untilMs: number): number {
  const ends = calls.filter(({ isFirst, outcome }) => isFirst && outcome === '200').map(({ endedAtMs }) => endedAtMs);
  const moments = [fromMs, ...ends.filter((each) => each > fromMs && each < untilMs).sort((a, b) => a - b), untilMs];
  return Math.max(...moments.slice(1).map((each, i) => each - moments[i]!));
}

/** What was measured, for the pages that state it. */
function say(what: string, calls: LoadCall[], gapMs: number): void {
  process.stdout.write(
    `${what}: ${JSON.stringify(byOutcome(calls))}, ${gapMs} ms at most without a new connection served\n`,
  );
}

/** API processes that are killed or told to end under load, and what callers see of it. */
export function restarts(): void {
  describe('an API process that is killed under load', () => {
    test('takes only its own connections with it, and is started again', { timeout: 120_000 }, async () => {
      await allReady(home, 2);
      const product = await home.aWarmProduct();
      const load = startLoad(home.running.stack.api, product, { keepAlive: 8, oneShot: 4, pauseMs: 10 });
      const beganAtMs = Date.now();
      const deaths: { killedAtMs: number; endedAtMs: number }[] = [];
      for (let round = 0; round < 3; round += 1) {
        await pause(1_000);
        const before = home.running.stack.api_nodes.map(({ pid }) => pid);
        const victim = processOf(before[round % 2]);
        const killedAtMs = Date.now();
        signal(victim, 'SIGKILL');
        deaths.push({ killedAtMs, endedAtMs: await endOf(home, victim.pid) });
        await allReady(home, 2, [victim.pid]);
      }
      await pause(1_000);
      const endedAtMs = Date.now();
      const calls = await load.stop();

      const lost = failed(calls);
      say('Killed three times', calls, longestGap(calls, beganAtMs, endedAtMs));
      // Each failed when a process died, and was begun before that: nobody is sent to a dead one.
      const isOfTheDead = (call: LoadCall): boolean =>
        deaths.some((death) => call.beganAtMs <= death.endedAtMs && call.endedAtMs >= death.killedAtMs);
      expect(lost.filter((call) => !isOfTheDead(call))).toEqual([]);
      // Twelve callers have at most twelve calls under way when one dies.
      expect(lost.length).toBeLessThanOrEqual(3 * 12);
      expect(Object.keys(byOutcome(lost)).filter((kind) => kind !== 'ECONNRESET')).toEqual([]);
      expect(longestGap(calls, beganAtMs, endedAtMs)).toBeLessThan(1_000);

      // An answer that was lost may have been counted; one that came was, once.
      const all = product.warm + served(calls);
      const counter = await home.counterOf(product.productId);
      expect(counter).toBeGreaterThanOrEqual(all);
      expect(counter).toBeLessThanOrEqual(all + lost.length);
      await waitUntil('all of it is settled', async () => (await home.settledOf(product.productId)) === counter);
    });
  });

  describe('API processes that are restarted under load, one after the other', () => {
    let product: WarmProduct;
    let calls: LoadCall[];
    let gapMs: number;
    beforeAll(async () => {
      await allReady(home, 2);
      product = await home.aWarmProduct();
      const load = startLoad(home.running.stack.api, product, { keepAlive: 8, oneShot: 4, pauseMs: 10 });
      const beganAtMs = Date.now();
      const before = home.running.stack.api_nodes.map(({ pid }) => pid);
      await pause(500);
      const { code, stdout } = await plimsoll(['restart', '--json'], { PLIMSOLL_HOME: home.running.home });
      expect(code).toBe(0);
      const { restarted } = JSON.parse(stdout) as { restarted: { ended: number; started: number }[] };
      expect(restarted.map(({ ended }) => ended)).toEqual(before);
      expect(home.running.stack.api_nodes.map(({ pid }) => pid)).toEqual(restarted.map(({ started }) => started));
      await allReady(home, 2, before);
      await pause(500);
      const endedAtMs = Date.now();
      calls = await load.stop();
      gapMs = longestGap(calls, beganAtMs, endedAtMs);
      say('Ended one after the other', calls, gapMs);
    }, 120_000);

    test('lose no answer to a call that was read, and count none that was not', async () => {
      // Where the kernel hands nothing over, what waits in a closing listener's queue is reset: before anybody has read it.
      const lost = failed(calls);
      for (const call of lost) expect(call).toMatchObject({ isFirst: true, outcome: 'ECONNRESET' });
      expect(lost.length).toBeLessThanOrEqual(calls.length / 100);
      expect(gapMs).toBeLessThan(1_000);

      // Exactly: no call was counted that was not answered.
      const all = product.warm + served(calls);
      expect(await home.counterOf(product.productId)).toBe(all);
      await waitUntil('all of it is settled', async () => (await home.settledOf(product.productId)) === all);
    });

    test('lose no call where the kernel hands over what waits', (context) => {
      if (!handsOver()) context.skip('net.ipv4.tcp_migrate_req is 0 here');
      expect(failed(calls)).toEqual([]);
    });
  });
}
