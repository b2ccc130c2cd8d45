import type { Limit } from '../../../domain/plans/catalogue.ts';
import { rotateApiKey } from '../../../store/products.ts';
import { type Answer, validateAt } from '../../support/api-fleet.ts';
import type { ProductOptions, TestPlatform } from '../../support/platform.ts';

export interface MeteredProduct {
  organizationId: string;
  productId: string;
  licenseId: string;
  call: { apiKey: string; licenseKey: string };
}

/** Where callers call from, when nothing else is said. */
export const ADDRESS = '192.0.2.1';

/** A product on Enterprise whose organisation may make so many calls a day, with one licence that knows these addresses. */
export async function aMeteredProduct(
  platform: TestPlatform,
  dailyCalls: Limit,
  {
    settings = {},
    maxIps = null,
    known = [ADDRESS],
  }: { settings?: ProductOptions['settings']; maxIps?: number | null; known?: string[] } = {},
): Promise<MeteredProduct> {
  const { id: organizationId } = await platform.anOrganization({ plan: 'enterprise' });
  const { product, apiKey } = await platform.aProduct({ organizationId, settings });
  if (dailyCalls !== 'unlimited') await platform.allow(organizationId, 'api_calls', dailyCalls, 1);
  const { id: licenseId, licenseKey } = await platform.aLicense(product.id, { maxIps });
  await platform.register(licenseId, ...known);
  return { organizationId, productId: product.id, licenseId, call: { apiKey, licenseKey } };
}

/** So many callers at once, each from an address of its own where wanted, spread over the processes. */
export function burst(
  urls: readonly string[],
  call: { apiKey: string; licenseKey: string },
  count: number,
  addressOf: (i: number) => string = () => ADDRESS,
): Promise<Answer[]> {
  const one = (_: unknown, i: number) => validateAt(urls[i % urls.length]!, { ...call, ip: addressOf(i) });
  return Promise.all(Array.from({ length: count }, one));
}

/** How many answers of each kind there are. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The calls that are left, as the admitted ones were told, from most to fewest: each sees its own. */
export function remainders(answers: readonly Answer[]): number[] {
  const admitted = answers.filter(({ code }) => code === 200);
  return admitted.map(({ headers }) => Number(headers.get('ratelimit-remaining'))).sort((a, b) => b - a);
}

/**
 * Gives a way to wait until every process obeys all that has committed, which costs no call of the product under test. Notices come
 * in their order: who refuses a key that was replaced last knows of everything before it.
 */
export async function createBarrier(platform: TestPlatform, urls: readonly string[]): Promise<() => Promise<void>> {
  const { product, apiKey } = await platform.aProduct({ plan: 'enterprise' });
  let beacon = { apiKey, licenseKey: 'none' };
  return async () => {
    const old = beacon;
    // At hand everywhere: what isn't would be looked up, and refused without any notice.
    for (const url of urls) await validateAt(url, old);
    const rotated = await platform.write((trx) => rotateApiKey(trx, product.id));
    beacon = { ...beacon, apiKey: rotated.apiKey };
    await Promise.all(urls.map((url) => refuses(url, old)));
  };
}

/** Asks without a pause: a barrier stands after every step of a walk. */
async function refuses(url: string, old: { apiKey: string; licenseKey: string }): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await validateAt(url, old)).code !== 401) {
    if (Date.now() > deadline) throw new Error(`${url} still takes a key that was replaced 10 s ago`);
  }
}
