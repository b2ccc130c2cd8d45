import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resetIps, revokeLicense } from '../../../store/licenses.ts';
import { rotateApiKey } from '../../../store/products.ts';
import { type ApiFleet, startFleet } from '../../support/api-fleet.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { aMeteredProduct, burst, createBarrier, tally } from './burst.ts';
import { COUNTING, type Counting } from './servers.ts';

let platform: TestPlatform;
let fleet: ApiFleet;
let obeyed: () => Promise<void>;

const SEEDS = process.env.PLIMSOLL_DEEP ? Array.from({ length: 20 }, (_, i) => 1_000 + i) : [4_711, 4_712, 4_713];
const STEPS = process.env.PLIMSOLL_DEEP ? 200 : 25;
const CAP = 4;

/** What must be true of one product and its licence: all that the processes may know, on ten lines. */
class Model {
  limit = 40;
  used = 0;
  isRevoked = false;
  addresses = new Set<string>();

  /** Of so many calls at once, how many are admitted. */
  admits(calls: number): number {
    const admitted = Math.min(calls, Math.max(0, this.limit - this.used));
    this.used += admitted;
    return admitted;
  }

  /** How many addresses are registered once these have been admitted. */
  registers(addresses: readonly string[]): number {
    const known = this.isRevoked ? this.addresses : new Set([...this.addresses, ...addresses]);
    return Math.min(Math.max(CAP, this.addresses.size), known.size);
  }
}

type Product = Awaited<ReturnType<typeof aMeteredProduct>>;

async function call(random: Random, product: Product, model: Model): Promise<string> {
  const calls = 1 + random.below(30);
  const addresses = Array.from({ length: calls }, () => `198.51.100.${1 + random.below(8)}`);
  const answers = await burst(fleet.urls, product.call, calls, (i) => addresses[i]!);
  const counts = tally(answers);
  const admitted = model.admits(calls);
  expect(calls - (counts.rate_limit_exceeded ?? 0), 'admitted calls').toBe(admitted);

  const from = answers.flatMap(({ code, status }, i) => (code === 200 ? [{ status, ip: addresses[i]! }] : []));
  const registered = new Set(await platform.addressesOf(product.licenseId));
  expect(registered.size, 'registered addresses').toBe(model.registers(from.map(({ ip }) => ip)));
  for (const ip of model.addresses) expect(registered, 'who is in stays in').toContain(ip);
  for (const { ip, status } of from) {
    const wanted = registered.has(ip) ? 'active' : 'ip_limit_reached';
    expect(status, `the verdict for ${ip}`).toBe(model.isRevoked ? 'revoked' : wanted);
  }
  model.addresses = registered;
  return `${calls} calls, ${admitted} admitted, ${registered.size} addresses`;
}

async function rotate(product: Product): Promise<string> {
  const old = product.call;
  const { apiKey } = await platform.write((trx) => rotateApiKey(trx, product.productId));
  product.call = { ...old, apiKey };
  await obeyed();
  expect(tally(await burst(fleet.urls, old, 6)), 'calls with the old key').toEqual({ invalid_api_key: 6 });
  return 'rotated';
}

async function changeLimit(random: Random, product: Product, model: Model, step: number): Promise<string> {
  model.limit = Math.max(0, model.used - 10 + random.below(60));
  await platform.allow(product.organizationId, 'api_calls', model.limit, 10 + step);
  await obeyed();
  return `limit ${model.limit}`;
}

async function reset(product: Product, model: Model): Promise<string> {
  await platform.write((trx) => resetIps(trx, product.licenseId));
  model.addresses = new Set();
  await obeyed();
  return 'reset';
}

/** Nothing brings a licence back, so most often the next thing is another licence of the same product. */
async function revokeOrReplace(random: Random, product: Product, model: Model): Promise<string> {
  if (model.isRevoked || random.below(3) > 0) {
    const license = await platform.aLicense(product.productId, { maxIps: CAP });
    product.licenseId = license.id;
    product.call = { ...product.call, licenseKey: license.licenseKey };
    Object.assign(model, { isRevoked: false, addresses: new Set() });
    return 'another licence';
  }
  await platform.write((trx) => revokeLicense(trx, product.licenseId));
  model.isRevoked = true;
  await obeyed();
  return 'revoked';
}

describe.each(COUNTING)('on %s', (_name, start) => {
  let counting: Counting;
  beforeAll(async () => {
    counting = await start();
    const { settings, env } = counting;
    [platform, fleet] = await Promise.all([startPlatform(settings), startFleet(2, env)]);
    obeyed = await createBarrier(platform, fleet.urls);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([fleet.stop(), platform.close()]);
    await counting.stop();
  });

  test.each(SEEDS)(
    'two processes do as the model does: seed %i',
    async (seed) => {
      const random = createRandom(seed);
      const model = new Model();
      const product = await aMeteredProduct(platform, model.limit, {
        maxIps: CAP,
        settings: { ipRegistration: 'up_to_max' },
      });
      const steps: string[] = [];
      try {
        for (let step = 0; step < STEPS; step += 1) {
          const which = random.below(10);
          if (which < 5) steps.push(await call(random, product, model));
          else if (which < 6) steps.push(await rotate(product));
          else if (which < 8) steps.push(await changeLimit(random, product, model, step));
          else if (which < 9) steps.push(await reset(product, model));
          else steps.push(await revokeOrReplace(random, product, model));
          // A registration is told as everything else is; the next step begins when all know of it.
          await obeyed();
        }
      } catch (error) {
        throw new Error(`Seed ${seed}, after:\n  ${steps.join('\n  ')}\n${(error as Error).message}`, { cause: error });
      }
    },
    300_000,
  );
});
