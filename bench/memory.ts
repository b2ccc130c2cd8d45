import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { residentBytes } from './cpu.ts';
import { type Bench, startServer } from './processes.ts';
import type { Context } from './rounds.ts';
import { seedProduct } from './seed.ts';

export interface Memory {
  licenses: number;
  /** Resident memory of the API process once each of them was validated. */
  residentBytes: number;
  /** How fast licences that were not at hand were validated. */
  coldPerSecond: number;
}

type Ours = (name: string, env?: Record<string, string>) => Parameters<typeof startServer>[1];

/** Validates every licence of a large product once, so that each is at hand, and looks at the process' memory. */
export async function measureMemory(
  context: Context,
  bench: Bench,
  ours: Ours,
  { home, secretKeys, sizes }: { home: string; secretKeys: string[]; sizes: number[] },
): Promise<Memory[]> {
  const most = Math.max(...sizes);
  context.say(`Making ${most} licences …`);
  const seed = await seedProduct(context.db, { slug: 'memory', secretKeys, licenses: most });
  const server = await startServer(bench, ours('ours-memory', { PLIMSOLL_CACHED_LICENSES: String(most) }));
  const found: Memory[] = [{ licenses: 0, residentBytes: residentBytes(server.pid), coldPerSecond: 0 }];
  let from = 0;
  for (const licenses of sizes) {
    context.say(`Validating until ${licenses} licences are at hand …`);
    const keysFile = join(home, `keys-${licenses}`);
    writeFileSync(keysFile, seed.licenseKeys.slice(from, licenses).join('\n'));
    const calls = licenses - from;
    const { port, pid } = server;
    const load = { kind: 'count', calls } as const;
    const measured = await context.generator.run({
      ...context.job,
      productKey: seed.productKey,
      keysFile,
      port,
      pid,
      load,
    });
    found.push({ licenses, residentBytes: residentBytes(pid), coldPerSecond: calls / measured.seconds });
    context.say(`${(found.at(-1)!.residentBytes / 2 ** 20).toFixed(0)} MiB resident`);
    from = licenses;
  }
  await server.stop();
  return found;
}
