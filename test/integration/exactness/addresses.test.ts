import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resetIps, revokeLicense } from '../../../store/licenses.ts';
import { type Answer, type ApiFleet, startFleet } from '../../support/api-fleet.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aMeteredProduct, burst, createBarrier, tally } from './burst.ts';
import { COUNTING, type Counting, processesOn } from './servers.ts';

let platform: TestPlatform;
let fleet: ApiFleet;
let obeyed: () => Promise<void>;

const addressOf = (i: number) => `198.51.100.${i + 1}`;
const activeFrom = (answers: readonly Answer[]) =>
  answers.flatMap(({ status }, i) => (status === 'active' ? [addressOf(i)] : [])).sort();

const aLicense = (maxIps: number | null, ipRegistration: 'first' | 'up_to_max') =>
  aMeteredProduct(platform, 'unlimited', { maxIps, settings: { ipRegistration }, known: [] });

describe.each(COUNTING)('on %s', (name, start) => {
  let counting: Counting;
  beforeAll(async () => {
    counting = await start();
    const { settings, env } = counting;
    [platform, fleet] = await Promise.all([startPlatform(settings), startFleet(4, env)]);
    obeyed = await createBarrier(platform, fleet.urls);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([fleet.stop(), platform.close()]);
    await counting.stop();
  });

  describe.each(processesOn(name))('a hundred callers from a hundred addresses through %i processes', (processes) => {
    const urls = () => fleet.urls.slice(0, processes);

    test.each([
      ['the one that the first takes', 1, 'first', 1, 'ip_limit_reached'],
      ['the first of five, and no more by themselves', 5, 'first', 1, 'ip_not_registered'],
      ['all three', 3, 'up_to_max', 3, 'ip_limit_reached'],
      ['all ninety-nine', 99, 'up_to_max', 99, 'ip_limit_reached'],
      ['as many as there are, without a cap', null, 'first', 100, undefined],
    ] as const)('take exactly the places that there are: %s', async (_places, maxIps, mode, places, refusal) => {
      const { licenseId, call } = await aLicense(maxIps, mode);
      const answers = await burst(urls(), call, 100, addressOf);
      expect(tally(answers)).toEqual({ active: places, ...(refusal ? { [refusal]: 100 - places } : {}) });
      expect([...(await platform.addressesOf(licenseId))].sort()).toEqual(activeFrom(answers));
      // Each that was registered was told which one it was.
      const counts = answers.filter(({ status }) => status === 'active').map(({ body }) => Number(body.ip_count));
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: places }, (_, i) => i + 1));

      // Who is in stays in, and who is not stays out.
      await obeyed();
      expect(activeFrom(await burst(urls(), call, 100, addressOf))).toEqual(activeFrom(answers));
      expect(await platform.addressesOf(licenseId)).toHaveLength(places);
    });

    test('that all are one, take one place', async () => {
      const { licenseId, call } = await aLicense(3, 'up_to_max');
      const answers = await burst(urls(), call, 100);
      expect(tally(answers)).toEqual({ active: 100 });
      expect(answers.map(({ body }) => body.ip_count)).toEqual(Array(100).fill(1));
      expect(await platform.addressesOf(licenseId)).toEqual(['192.0.2.1']);
    });

    test('with a reset in between, never hold more than the cap, and in the end exactly that', async () => {
      const { licenseId, call } = await aLicense(3, 'up_to_max');
      const callers = burst(urls(), call, 100, addressOf);
      const sizes: number[] = [];
      for (let i = 0; i < 5; i += 1) {
        await platform.write((trx) => resetIps(trx, licenseId));
        sizes.push((await platform.addressesOf(licenseId)).length);
      }
      await callers;
      expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
      await obeyed();
      await burst(urls(), call, 100, addressOf);
      expect(await platform.addressesOf(licenseId)).toHaveLength(3);
    });

    test('with a revocation in between, register nothing once it has committed', async () => {
      const { licenseId, call } = await aLicense(null, 'first');
      const callers = burst(urls(), call, 100, addressOf);
      await platform.write((trx) => revokeLicense(trx, licenseId));
      const registered = await platform.addressesOf(licenseId);
      const answers = await callers;
      expect(await platform.addressesOf(licenseId)).toEqual(registered);
      expect(activeFrom(answers)).toEqual([...registered].sort());
    });

    test('at a quota of ten, register no more addresses than were admitted', async () => {
      const { licenseId, call } = await aMeteredProduct(platform, 10, { known: [] });
      const answers = await burst(urls(), call, 100, addressOf);
      expect(tally(answers)).toEqual({ active: 10, rate_limit_exceeded: 90 });
      expect([...(await platform.addressesOf(licenseId))].sort()).toEqual(activeFrom(answers));
    });
  });
});
