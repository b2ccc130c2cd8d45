import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from './processes.ts';
import type { Context } from './rounds.ts';
import { seedProduct } from './seed.ts';

export interface Exactness {
  limit: number;
  asked: number;
  admitted: number;
  refused: number;
  /** What Redis counted. */
  counter: number;
}

/** Fires a tenth more calls than the day's limit allows, over all connections at once: exactly the limit is admitted. */
export async function proveExactness(
  context: Context,
  server: Server,
  { home, secretKeys, calls: limit }: { home: string; secretKeys: string[]; calls: number },
): Promise<Exactness> {
  context.say(`Firing ${limit * 1.1} calls at a limit of ${limit} …`);
  const seed = await seedProduct(context.db, { slug: 'exact', secretKeys, licenses: 100, dailyCalls: limit });
  const keysFile = join(home, 'keys-exact');
  writeFileSync(keysFile, seed.licenseKeys.join('\n'));
  const asked = Math.round(limit * 1.1);
  const { valid, refused } = await context.generator.run({
    ...context.job,
    keysFile,
    productKey: seed.productKey,
    port: server.port,
    pid: server.pid,
    load: { kind: 'count', calls: asked },
  });
  const keys = await context.redis.keys(`*quota:${seed.productId}:*`);
  const counts = keys.length === 0 ? [] : await context.redis.mget(keys);
  return { limit, asked, admitted: valid, refused, counter: counts.reduce((sum, each) => sum + Number(each ?? 0), 0) };
}
