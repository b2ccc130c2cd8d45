import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { SnapshotCache } from '../api/snapshots/cache.ts';
import { tagOf } from '../store/notices.ts';
import { findLicense, type LicenseSnapshot } from '../store/validation.ts';

/**
 * What licences at hand cost one process: `node --expose-gc bench/cache-memory.ts 100000 1000000`. Snapshots as the store makes them
 * from rows, in the cache as the API fills it, without servers, so that it takes seconds and no neighbour changes the outcome.
 */
const [productId, organizationId, customerId] = [randomUUID(), randomUUID(), randomUUID()];

/** A row as Postgres would give it, of a licence with one address. */
function rowOf(id: string, licenseKey: string) {
  return {
    id,
    organization_id: organizationId,
    customer_id: customerId,
    license_key: licenseKey,
    status: 'active',
    expires_at: null,
    max_ips: 1,
    notes: null,
    version_pin_mode: null,
    custom_override: null,
    revoked_at: null,
    created_at: Date.now(),
    updated_at: Date.now(),
    customer_email: `${id}@example.com`,
    customer_name: null,
    customer_discord_id: null,
    ip_count: 1,
    ips: ['192.0.2.1'],
    customer_blacklist: [],
    license_blacklist: [],
  };
}

async function fill(cache: SnapshotCache<LicenseSnapshot>, from: number, upTo: number): Promise<void> {
  for (let i = from; i < upTo; i += 1) {
    const licenseKey = randomUUID().slice(0, 19).toUpperCase();
    const rows = [rowOf(randomUUID(), licenseKey)];
    const db = { raw: async () => ({ rows }) } as unknown as Knex;
    await cache.get(`${productId}/${licenseKey}`, async () => {
      const value = (await findLicense(db, { productId, licenseKey }))!;
      const tags = [
        tagOf.license(value.facts.id),
        tagOf.licensesOf(productId),
        tagOf.customer(organizationId, customerId),
      ];
      return { value, tags };
    });
  }
}

function collect(): { ms: number; heapBytes: number } {
  if (!globalThis.gc) throw new Error('Run it with --expose-gc');
  globalThis.gc();
  const beganMs = performance.now();
  globalThis.gc();
  return { ms: performance.now() - beganMs, heapBytes: process.memoryUsage().heapUsed };
}

const sizes = process.argv.slice(2).map(Number);
const cache = new SnapshotCache<LicenseSnapshot>({
  capacity: Math.max(...sizes),
  absentMs: 1_000,
  unverifiedMs: 900_000,
  patienceMs: 1_000,
  awayMs: 500,
  source: { askAgainAtMs: null },
  isOutage: () => false,
  now: () => performance.now(),
});
cache.connected();
const empty = collect();
let filled = 0;
for (const size of sizes) {
  await fill(cache, filled, size);
  filled = size;
  const { ms, heapBytes } = collect();
  const used = heapBytes - empty.heapBytes;
  process.stdout.write(
    `${cache.size} licences at hand: ${(used / 2 ** 20).toFixed(0)} MiB of heap, ${(used / size).toFixed(0)} bytes each, ` +
      `a full collection takes ${ms.toFixed(0)} ms\n`,
  );
  if (size === sizes.at(-1)) {
    const beganMs = performance.now();
    cache.changed(tagOf.licensesOf(productId));
    const noticeMs = performance.now() - beganMs;
    while (cache.size > 0) await new Promise((resolve) => setImmediate(resolve));
    process.stdout.write(
      `a notice for all of them takes ${noticeMs.toFixed(2)} ms of its turn; all are let go after ${(performance.now() - beganMs).toFixed(0)} ms\n`,
    );
  }
}
