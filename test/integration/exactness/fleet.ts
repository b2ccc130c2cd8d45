import { afterAll, beforeAll } from 'vitest';
import { type ApiFleet, startClockedFleet } from '../../support/api-fleet.ts';
import type { ClockedApi } from '../../support/api-process.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { createBarrier } from './burst.ts';
import type { Counting } from './servers.ts';

/** What the tests of one `describe` call: API processes whose clocks can be set. */

export let fleet: ApiFleet<ClockedApi>;
/** Makes things for them to answer about. */
export let platform: TestPlatform;
/** Resolves when all of them obey every change that has committed. */
export let obeyed: () => Promise<void>;

export function onFleet(start: () => Promise<Counting>, size: number): void {
  let counting: Counting;
  beforeAll(async () => {
    counting = await start();
    [platform, fleet] = await Promise.all([startPlatform(counting.settings), startClockedFleet(size, counting.env)]);
    obeyed = await createBarrier(platform, fleet.urls);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([fleet.stop(), platform.close()]);
    await counting.stop();
  });
}

/** The addresses of so many of them. */
export const some = (processes: number): string[] => fleet.urls.slice(0, processes);

const DAY_MS = 86_400_000;

/** Midnights that are still to come, so that their counters are new; those of days that are long over would not be kept. */
export const midnightMs = (days: number): number => (Math.floor(Date.now() / DAY_MS) + 2 + days) * DAY_MS;
