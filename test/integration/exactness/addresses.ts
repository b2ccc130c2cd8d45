import { expect, test } from 'vitest';
import { resetIps, revokeLicense } from '../../../store/licenses.ts';
import type { Answer } from '../../support/api-fleet.ts';
import { waitUntil } from '../../support/wait.ts';
import { aMeteredProduct, burst, tally } from './burst.ts';
import { obeyed, platform, some } from './fleet.ts';

const addressOf = (i: number) => `198.51.100.${i + 1}`;
const activeFrom = (answers: readonly Answer[]) =>
  answers.flatMap(({ status }, i) => (status === 'active' ? [addressOf(i)] : [])).sort();

const aLicense = (maxIps: number | null, ipRegistration: 'first' | 'up_to_max') =>
  aMeteredProduct(platform, 'unlimited', { maxIps, settings: { ipRegistration }, known: [] });

/** Addresses that register themselves, a hundred at once. */
export function addresses(processes: number): void {
  const urls = () => some(processes);

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
    const again = await burst(urls(), call, 100, addressOf);
    expect(activeFrom(again), JSON.stringify(tally(again))).toEqual(activeFrom(answers));
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
    const callers = burst(urls(), call, 50, addressOf);
    // Half of them are on their way when it is revoked, and half come after it.
    await waitUntil('some are registered', async () => (await platform.addressesOf(licenseId)).length > 0);
    await platform.write((trx) => revokeLicense(trx, licenseId));
    const registered = await platform.addressesOf(licenseId);
    const late = burst(urls(), call, 50, (i) => addressOf(50 + i));
    const answers = [...(await callers), ...(await late)];
    expect(registered.length).toBeGreaterThan(0);
    expect(Object.keys(tally(answers)).sort()).toEqual(['active', 'revoked']);
    expect([...(await platform.addressesOf(licenseId))].sort()).toEqual([...registered].sort());
    expect(activeFrom(answers)).toEqual([...registered].sort());
  });

  test('at a quota of ten, register no more addresses than were admitted', async () => {
    const { licenseId, call } = await aMeteredProduct(platform, 10, { known: [] });
    const answers = await burst(urls(), call, 100, addressOf);
    expect(tally(answers)).toEqual({ active: 10, rate_limit_exceeded: 90 });
    expect([...(await platform.addressesOf(licenseId))].sort()).toEqual(activeFrom(answers));
  });
}
