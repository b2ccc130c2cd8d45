import { expect, test } from 'vitest';
import { resetIps, revokeLicense } from '../../../store/licenses.ts';
import { rotateApiKey } from '../../../store/products.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { aMeteredProduct, burst, tally } from './burst.ts';
import { fleet, midnightMs, obeyed, platform, some } from './fleet.ts';

const SEEDS = process.env.PLIMSOLL_DEEP ? Array.from({ length: 20 }, (_, i) => 1_000 + i) : [4_711, 4_712, 4_713];
const STEPS = process.env.PLIMSOLL_DEEP ? 200 : 25;
const CAP = 4;
const PROCESSES = 2;
/** So often the clock of one of them passes midnight. */
const STEPS_OF_A_DAY = 8;

/** What must be true of one product and its licence: all that the processes may know, on ten lines. */
class Model {
  limit = 40;
  /** By the day of the process that is called. */
  used: number[] = [];
  isRevoked = false;
  addresses = new Set<string>();

  /** Of so many calls at once, how many are admitted. */
  admits(day: number, calls: number): number {
    const used = this.used[day] ?? 0;
    const admitted = Math.min(calls, Math.max(0, this.limit - used));
    this.used[day] = used + admitted;
    return admitted;
  }

  /** How many addresses are registered once these have been admitted. */
  registers(addresses: readonly string[]): number {
    const known = this.isRevoked ? this.addresses : new Set([...this.addresses, ...addresses]);
    return Math.min(Math.max(CAP, this.addresses.size), known.size);
  }
}

type Product = Awaited<ReturnType<typeof aMeteredProduct>>;

async function call(random: Random, product: Product, model: Model, days: readonly number[]): Promise<string> {
  const calls = 1 + random.below(30);
  const addresses = Array.from({ length: calls }, () => `198.51.100.${1 + random.below(8)}`);
  const answers = await burst(some(PROCESSES), product.call, calls, (i) => addresses[i]!);
  const told: string[] = [];
  for (const day of new Set(days)) {
    const ofDay = answers.filter((_answer, i) => days[i % PROCESSES] === day);
    const admitted = model.admits(day, ofDay.length);
    expect(ofDay.length - (tally(ofDay).rate_limit_exceeded ?? 0), `admitted calls of day ${day}`).toBe(admitted);
    told.push(`${admitted} of ${ofDay.length} calls admitted on day ${day}`);
  }

  const from = answers.flatMap(({ code, status }, i) => (code === 200 ? [{ status, ip: addresses[i]! }] : []));
  const registered = new Set(await platform.addressesOf(product.licenseId));
  expect(registered.size, 'registered addresses').toBe(model.registers(from.map(({ ip }) => ip)));
  for (const ip of model.addresses) expect(registered, 'who is in stays in').toContain(ip);
  for (const { ip, status } of from) {
    const wanted = registered.has(ip) ? 'active' : 'ip_limit_reached';
    expect(status, `the verdict for ${ip}`).toBe(model.isRevoked ? 'revoked' : wanted);
  }
  model.addresses = registered;
  return `${told.join(', ')}, ${registered.size} addresses`;
}

/** Lets the clock of the process that is behind pass midnight, of several any: to the first moment of the day, or to its last. */
async function passMidnight(random: Random, days: number[]): Promise<string> {
  const behind = days.flatMap((day, i) => (day === Math.min(...days) ? [i] : []));
  const process = random.pick(behind);
  const day = (days[process]! += 1);
  await fleet.processes[process]!.setClock(random.below(2) ? midnightMs(day) : midnightMs(day + 1) - 1);
  return `process ${process} is in day ${day}`;
}

async function rotate(product: Product): Promise<string> {
  const old = product.call;
  const { apiKey } = await platform.write((trx) => rotateApiKey(trx, product.productId));
  product.call = { ...old, apiKey };
  await obeyed();
  expect(tally(await burst(some(PROCESSES), old, 6)), 'calls with the old key').toEqual({ invalid_api_key: 6 });
  return 'rotated';
}

async function changeLimit(random: Random, product: Product, model: Model, step: number): Promise<string> {
  model.limit = Math.max(0, (model.used.at(-1) ?? 0) - 10 + random.below(60));
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

/** Anything that may happen to a product, in any order, through processes whose clocks pass midnight at different moments. */
export function walk(): void {
  test.each(SEEDS)(
    'two processes do as the model does: seed %i',
    async (seed) => {
      const random = createRandom(seed);
      const model = new Model();
      const days: number[] = Array(PROCESSES).fill(0);
      await Promise.all(fleet.processes.slice(0, PROCESSES).map((each) => each.setClock(midnightMs(0))));
      const product = await aMeteredProduct(platform, model.limit, {
        maxIps: CAP,
        settings: { ipRegistration: 'up_to_max' },
      });
      const steps: string[] = [];
      try {
        for (let step = 0; step < STEPS; step += 1) {
          if (step % STEPS_OF_A_DAY === STEPS_OF_A_DAY / 2) steps.push(await passMidnight(random, days));
          const which = random.below(10);
          if (which < 5) steps.push(await call(random, product, model, days));
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
}
