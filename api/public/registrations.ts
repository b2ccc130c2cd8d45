import type { Verdict } from '../../domain/validation/verdict.ts';
import { type Registration, registerIps } from '../../store/validation.ts';
import type { Dependencies } from '../route.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';

/** The one write of a validation: it needs Postgres itself, not a snapshot of it. */

interface License {
  id: string;
  productId: string;
  licenseKey: string;
}

/** Where an address waits for its place, or has one under way. */
interface Place extends Registration {
  verdict: PromiseWithResolvers<Verdict>;
}

/** Licences that a transaction is under way for in this process. */
interface Queue {
  /** By address: those under way and those that wait. */
  places: Map<string, Promise<Verdict>>;
  waiting: Place[];
}

/** So many addresses are decided under one lock; those of a process that waits for it are hardly ever more. */
const MOST_TOGETHER = 1_000;

/** By licence; of each API by itself, where a process has several. */
const queuesOf = new WeakMap<Snapshots, Map<string, Queue>>();

/**
 * Registers a caller's address, and gives the verdict that stands then; `undefined` where another call of this process has done that for
 * the same address meanwhile. All that come while a transaction is under way for their licence share the next one: one each would wait
 * for all before it, and get 503 on a slow Postgres after they were counted. Rejects as Postgres does: those that wait share that, too.
 */
export async function register(
  deps: Pick<Dependencies, 'db' | 'snapshots'>,
  license: License,
  registration: Registration,
): Promise<Verdict | undefined> {
  const { ip } = registration.request;
  const queues = queuesOf.get(deps.snapshots) ?? new Map<string, Queue>();
  queuesOf.set(deps.snapshots, queues);
  const known = queues.get(license.id);
  const queue = known ?? { places: new Map<string, Promise<Verdict>>(), waiting: [] };
  const underWay = queue.places.get(ip);
  if (underWay) {
    await underWay;
    return undefined;
  }
  const verdict = Promise.withResolvers<Verdict>();
  queue.places.set(ip, verdict.promise);
  queue.waiting.push({ ...registration, verdict });
  if (!known) {
    queues.set(license.id, queue);
    void registerAll(deps, license, queue, () => queues.delete(license.id));
  }
  return verdict.promise;
}

/** Never rejects: whatever happens is told to those who wait. */
async function registerAll(
  { db, snapshots }: Pick<Dependencies, 'db' | 'snapshots'>,
  license: License,
  { places, waiting }: Queue,
  onEnd: () => void,
): Promise<void> {
  while (waiting.length > 0) {
    const together = waiting.splice(0, MOST_TOGETHER);
    try {
      const verdicts = await registerIps(db, license, together);
      snapshots.forgetLicense(license.id);
      for (const [i, { verdict }] of together.entries()) verdict.resolve(verdicts[i]!);
    } catch (error) {
      together.push(...waiting.splice(0));
      for (const { verdict } of together) verdict.reject(error);
    }
    for (const { request } of together) places.delete(request.ip);
  }
  // In the same step as the look that found nobody waiting: who comes later begins anew.
  onEnd();
}
