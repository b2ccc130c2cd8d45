import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, openRedis } from '../../counters/redis.ts';
import { removeHome } from '../../stack/postgres-user.ts';
import { identify, type ProcessIdentity } from '../../stack/process.ts';
import { type RunningStack, startStack } from '../../stack/up.ts';
import { bareEnvironment } from '../integration/stack/homes.ts';
import { startPlatform } from './platform.ts';
import { waitUntil } from './wait.ts';

/** A whole home of a test's own, supervised by the test's process: what is killed in it is started again. */
export interface WholeHome {
  running: RunningStack;
  /** What the supervisor has said so far, and when. */
  said: { atMs: number; line: string }[];
  redis: ReturnType<typeof connectRedis>;
  /** A product on Enterprise with a licence that every API process has at hand. */
  aWarmProduct(options?: { dailyCalls?: number }): Promise<WarmProduct>;
  /** What Redis has counted of a product, whatever the day. */
  counterOf(productId: string): Promise<number>;
  /** What is settled of it in Postgres. */
  settledOf(productId: string): Promise<number>;
  stop(): Promise<void>;
}

export interface WarmProduct {
  productId: string;
  apiKey: string;
  licenseKey: string;
  /** A licence that no process has seen. */
  coldLicenseKey: string;
  /** How many calls were counted while it was made. */
  warm: number;
}

/** Starts everything that `bin/up --empty` would, with several API processes on one port. */
export async function startHome(options: {
  apiProcesses: number;
  /** Whether what is confirmed survives a kill, as it does for people; slower. Default: false. */
  durable?: boolean;
}): Promise<WholeHome> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-home-'));
  chmodSync(home, 0o755);
  const said: WholeHome['said'] = [];
  const env = bareEnvironment({ PLIMSOLL_PORT: '0' });
  const running = await startStack({
    home,
    env,
    empty: true,
    fast: !options.durable,
    apiProcesses: options.apiProcesses,
    say: (line) => said.push({ atMs: Date.now(), line }),
  });
  const { database_url: databaseUrl, redis_url: redisUrl } = running.stack;
  const redis = connectRedis({ redisUrl, redisTimeoutMs: 2_000 }, () => undefined);
  await openRedis(redis);
  // It only makes things; the calls go to the home's own processes.
  const maker = await startPlatform({ databaseUrl, redisUrl }).catch(async (error: unknown) => {
    redis.disconnect();
    await running.stop();
    removeHome(home);
    throw error;
  });

  return {
    running,
    said,
    redis,

    async aWarmProduct({ dailyCalls } = {}) {
      const { product, apiKey } = await maker.aProduct({ plan: 'enterprise' });
      if (dailyCalls !== undefined) await maker.allow(product.organizationId, 'api_calls', dailyCalls);
      const [license, cold] = await Promise.all([maker.aLicense(product.id), maker.aLicense(product.id)]);
      await maker.register(license.id, '127.0.0.1');
      await maker.register(cold.id, '127.0.0.1');
      const warm = running.stack.api_nodes.length;
      for (const { url } of running.stack.api_nodes) {
        const answer = await fetch(`${url}/api/v1/validate`, {
          method: 'POST',
          headers: { authorization: `Bearer ${apiKey}` },
          body: JSON.stringify({ license_key: license.licenseKey }),
        });
        if (answer.status !== 200) throw new Error(`A first call got ${answer.status}: ${await answer.text()}`);
      }
      return { productId: product.id, apiKey, licenseKey: license.licenseKey, coldLicenseKey: cold.licenseKey, warm };
    },

    async counterOf(productId) {
      const keys = await redis.keys(`{p0}:quota:${productId}:*`);
      const counts = await Promise.all(keys.map((key) => redis.get(key)));
      return counts.reduce((sum, count) => sum + Number(count), 0);
    },

    async settledOf(productId) {
      const row = await maker.db('usage_periods').where({ product_id: productId }).sum({ used: 'used' }).first();
      return Number(row?.used ?? 0);
    },

    async stop() {
      redis.disconnect();
      await maker.close();
      await running.stop();
      removeHome(home);
    },
  };
}

/** The process that has this id now. */
export function processOf(pid: number | null | undefined): ProcessIdentity {
  const identity = pid ? identify(pid) : undefined;
  if (!identity) throw new Error(`Process ${pid} is not there`);
  return identity;
}

/** Waits until the supervisor has seen the end of a process, when all that it held is closed; gives the time. */
export async function endOf({ said }: WholeHome, pid: number): Promise<number> {
  const ended = () => said.find(({ line }) => line.includes(`(process ${pid}) ended`));
  return (await waitUntil('the supervisor sees it', ended)).atMs;
}

/** Waits until all of a home's API processes are there and ready, and none of them is one of `others`. */
export async function allReady({ running }: WholeHome, size: number, others: number[] = []): Promise<void> {
  await waitUntil(
    'every API process is ready',
    async () => {
      const nodes = running.stack.api_nodes;
      if (nodes.length !== size || nodes.some(({ pid }) => others.includes(pid))) return false;
      const ready = await Promise.all(nodes.map(({ url }) => isReady(url)));
      return ready.every(Boolean);
    },
    60_000,
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).status === 200;
  } catch {
    // It doesn't listen yet: the caller looks again, until a deadline.
    return false;
  }
}
