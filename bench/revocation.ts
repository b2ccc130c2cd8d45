import { setImmediate as nextTurn } from 'node:timers/promises';
import { findLicenseByKey, revokeLicense } from '../store/licenses.ts';
import { write } from '../test/support/acting.ts';
import type { Generator, Server } from './processes.ts';
import type { Context } from './rounds.ts';
import { type Seed, seedProduct } from './seed.ts';

export interface Revocation {
  revocations: number;
  processes: number;
  /** Calls a second that each process answers meanwhile. */
  perSecond: number;
  /** From the commit until the last of the processes obeys it, milliseconds. */
  p50: number;
  p99: number;
}

/** The last process must obey a revocation within this, at the 99th percentile. Source: docs/guarantees.md. */
export const PROMISED_MS = 100;

const LOAD_PER_SECOND = 1_000;

/** Revokes licences that are at hand in several loaded processes, one by one, and asks each process until it obeys. */
export async function measureRevocation(
  context: Context,
  servers: readonly [Server, Server],
  { secretKeys, count }: { secretKeys: string[]; count: number },
): Promise<Revocation> {
  const { db, say, generator, patient, job } = context;
  say(`Revoking ${count} licences at ${servers.length} processes …`);
  // Not of the product that the load asks for: there every answer must be valid.
  const seed = await seedProduct(db, { slug: 'revoked', secretKeys, licenses: count });
  const over = new AbortController();
  const loadOne = async (by: Generator, { port, pid }: Server): Promise<void> => {
    const load = { kind: 'open', seconds: 0.5, perSecond: LOAD_PER_SECOND } as const;
    while (!over.signal.aborted) await by.run({ ...job, connections: 16, port, pid, load });
  };
  const loads = Promise.all([loadOne(generator, servers[0]), loadOne(patient, servers[1])]);
  const times: number[] = [];
  try {
    for (const licenseKey of seed.licenseKeys) {
      const license = (await findLicenseByKey(db, licenseKey))!;
      await Promise.all(servers.map((server) => statusOf(server, seed, licenseKey)));
      await write(db, (trx) => revokeLicense(trx, license.id));
      const committedMs = performance.now();
      await Promise.all(servers.map((server) => untilObeyed(server, seed, licenseKey, committedMs)));
      times.push(performance.now() - committedMs);
    }
  } finally {
    over.abort();
    await loads;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { revocations: count, processes: servers.length, perSecond: LOAD_PER_SECOND, p50: at(0.5), p99: at(0.99) };
}

async function untilObeyed(server: Server, seed: Seed, licenseKey: string, committedMs: number): Promise<void> {
  while ((await statusOf(server, seed, licenseKey)) !== 'revoked') {
    if (performance.now() - committedMs > 5_000) throw new Error('A revocation was not obeyed within five seconds');
    await nextTurn();
  }
}

async function statusOf({ port }: Server, seed: Seed, licenseKey: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/validate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${seed.productKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ license_key: licenseKey }),
  });
  return ((await response.json()) as { status: unknown }).status;
}
