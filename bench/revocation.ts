import { setImmediate as nextTurn } from 'node:timers/promises';
import { findLicenseByKey, revokeLicense } from '../store/licenses.ts';
import type { Server } from './processes.ts';
import type { Context } from './rounds.ts';
import type { Seed } from './seed.ts';

export interface Revocation {
  revocations: number;
  /** From the commit to the first answer that obeys it, milliseconds. */
  p50: number;
  p99: number;
}

/** Revokes licences that are at hand in the server, one by one, and asks until it is obeyed. */
export async function measureRevocation(
  { db, say }: Context,
  server: Server,
  seed: Seed,
  count: number,
): Promise<Revocation> {
  say(`Revoking ${count} licences …`);
  const times: number[] = [];
  // The last ones: those that are asked for first in an open loop are not among them.
  for (const licenseKey of seed.licenseKeys.slice(-count)) {
    const license = (await findLicenseByKey(db, licenseKey))!;
    await statusOf(server, seed, licenseKey);
    await db.transaction((trx) => revokeLicense(trx, license.id));
    const committed = performance.now();
    while ((await statusOf(server, seed, licenseKey)) !== 'revoked') {
      if (performance.now() - committed > 5_000) throw new Error('A revocation was not obeyed within five seconds');
      await nextTurn();
    }
    times.push(performance.now() - committed);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { revocations: count, p50: at(0.5), p99: at(0.99) };
}

async function statusOf({ port }: Server, seed: Seed, licenseKey: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/validate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${seed.productKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ license_key: licenseKey }),
  });
  return ((await response.json()) as { status: unknown }).status;
}
