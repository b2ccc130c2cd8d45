import { expect, test } from 'vitest';
import { changePlan } from '../../../store/organizations.ts';
import { rotateApiKey } from '../../../store/products.ts';
import { lookupAt } from '../../support/api-fleet.ts';
import { aMeteredProduct, burst, remainders, tally } from './burst.ts';
import { obeyed, platform, some } from './fleet.ts';

/** From the most that is left down to none. */
const downFrom = (limit: number) => Array.from({ length: limit }, (_, i) => limit - 1 - i);

/** A day's limit under a hundred parallel callers, also while it, the plan and the key change. */
export function quota(processes: number): void {
  const urls = () => some(processes);

  test.each([1, 50, 99, 100])('a limit of %i admits exactly as many of a hundred parallel callers', async (limit) => {
    const { call } = await aMeteredProduct(platform, limit);
    const answers = await burst(urls(), call, 100);
    const refused = limit === 100 ? {} : { rate_limit_exceeded: 100 - limit };
    expect(tally(answers)).toEqual({ active: limit, ...refused });
    // Each admitted call took a place of its own.
    expect(remainders(answers)).toEqual(downFrom(limit));
    expect(tally(await burst(urls(), call, 8))).toEqual({ rate_limit_exceeded: 8 });
  });

  test('a limit that a hundred callers do not reach refuses none of them', async () => {
    const { call } = await aMeteredProduct(platform, 101);
    expect(tally(await burst(urls(), call, 100))).toEqual({ active: 100 });
    expect(tally(await burst(urls(), call, 100))).toEqual({ active: 1, rate_limit_exceeded: 99 });
  });

  test('a limit of zero admits none', async () => {
    const { call } = await aMeteredProduct(platform, 0);
    expect(tally(await burst(urls(), call, 100))).toEqual({ rate_limit_exceeded: 100 });
  });

  test('validations, look-ups and licences that nobody knows take from the same limit', async () => {
    const { call } = await aMeteredProduct(platform, 60);
    const lookups = Array.from({ length: 40 }, (_, i) => lookupAt(urls()[i % processes]!, call));
    const answers = await Promise.all([
      burst(urls(), call, 40),
      burst(urls(), { ...call, licenseKey: 'AAAA-BBBB-CCCC-DDDD' }, 40),
      Promise.all(lookups),
    ]);
    expect(remainders(answers.flat())).toEqual(downFrom(60));
  });

  test('two products at their limits at once take nothing from each other', async () => {
    const [one, two] = await Promise.all([aMeteredProduct(platform, 7), aMeteredProduct(platform, 13)]);
    const [ones, twos] = await Promise.all([burst(urls(), one.call, 50), burst(urls(), two.call, 50)]);
    expect([tally(ones).active, tally(twos).active]).toEqual([7, 13]);
  });

  test('a key that is rotated in between spends the same limit, and the old one spends nothing once that is told', async () => {
    const { productId, call } = await aMeteredProduct(platform, 120);
    // From an address that is known: one that registers itself is looked at in Postgres, where the old key is gone at once.
    const early = burst(urls(), call, 100);
    const { apiKey } = await platform.write((trx) => rotateApiKey(trx, productId));
    const rotated = { ...call, apiKey };
    const midway = await Promise.all([early, burst(urls(), rotated, 50), burst(urls(), call, 50)]);
    await obeyed();
    const old = await burst(urls(), call, 50);
    expect(tally(old)).toEqual({ invalid_api_key: 50 });
    const late = await burst(urls(), rotated, 150);
    // Each place of the limit was taken exactly once, by whichever key.
    expect(remainders([...midway.flat(), ...late])).toEqual(downFrom(120));
  });

  test('a limit that is raised in the middle serves an exhausted product again, up to the new limit and not beyond', async () => {
    const { organizationId, call } = await aMeteredProduct(platform, 50);
    expect(tally(await burst(urls(), call, 60)).active).toBe(50);
    const during = burst(urls(), call, 100);
    await platform.allow(organizationId, 'api_calls', 120, 2);
    const between = await during;
    await obeyed();
    const after = await burst(urls(), call, 100);
    const admitted = [...between, ...after].filter(({ code }) => code === 200);
    expect(admitted).toHaveLength(70);
    expect(tally(await burst(urls(), call, 20))).toEqual({ rate_limit_exceeded: 20 });
  });

  test('a limit that is lowered in the middle admits nothing more once that is told', async () => {
    const { organizationId, call } = await aMeteredProduct(platform, 100);
    const during = burst(urls(), call, 60);
    await platform.allow(organizationId, 'api_calls', 30, 2);
    const admitted = tally(await during).active ?? 0;
    expect(admitted).toBeLessThanOrEqual(60);
    await obeyed();
    expect(tally(await burst(urls(), call, 50)).active ?? 0).toBe(Math.max(0, 30 - admitted));
  });

  test('a change of plan serves an exhausted product again, and the way back holds against all that was used', async () => {
    const { organizationId, call } = await aMeteredProduct(platform, 20);
    expect(tally(await burst(urls(), call, 50)).active).toBe(20);
    // The override rests on Pro, which has a limit of its own.
    await platform.write((trx) => changePlan(trx, organizationId, 'pro'));
    await obeyed();
    const onPro = await burst(urls(), call, 50);
    expect(remainders(onPro)).toEqual(Array.from({ length: 50 }, (_, i) => 100_000 - 21 - i));
    await platform.write((trx) => changePlan(trx, organizationId, 'enterprise'));
    await obeyed();
    expect(tally(await burst(urls(), call, 50))).toEqual({ rate_limit_exceeded: 50 });
  });
}
