import type { Knex } from 'knex';
import type { Config } from '../../runtime/config.ts';
import type { Logger } from '../../runtime/log.ts';
import { isDatabaseOutage, renewConnections } from '../../store/database.ts';
import { listenToChanges, type Tag, tagOf } from '../../store/notices.ts';
import {
  findLicense,
  findProductByKeyHash,
  type LicenseSnapshot,
  type ProductSnapshot,
} from '../../store/validation.ts';
import { type Found, SnapshotCache } from './cache.ts';

/** What validation reads, at hand in this process. */
export interface Snapshots {
  /** The product that a key opens, by the key's SHA-256 in base64. */
  product(keyHash: string): Found<ProductSnapshot> | Promise<Found<ProductSnapshot>>;
  /** The licence when it is at hand: no load. */
  peekLicense(at: { productId: string; licenseKey: string }): Found<LicenseSnapshot> | undefined;
  license(at: { productId: string; licenseKey: string }): Found<LicenseSnapshot> | Promise<Found<LicenseSnapshot>>;
  /** This process has changed a licence itself: it needs no notice to know. */
  forgetLicense(licenseId: string): void;
  /** Whether what is at hand may be served should Postgres be away now. */
  areUsable(): boolean;
  /** Whether changes are heard now. */
  isListening(): boolean;
  close(): Promise<void>;
}

const ABSENT_MS = 1_000;
const UNVERIFIED_MS = 15 * 60_000;
/** A Postgres that takes longer than this for one row by its key is as good as away. */
const PATIENCE_MS = 1_000;
const AWAY_MS = 500;

export function createSnapshots(deps: {
  db: Knex;
  config: Pick<Config, 'databaseUrl' | 'cachedLicenses'>;
  log: Logger;
  /** Told of each change once it is obeyed here. */
  onChange?: ((tag: Tag) => void) | undefined;
}): Snapshots {
  const { db, config, log, onChange } = deps;
  // Ages are told by a clock that nobody sets: a jump of the wall clock must not make a snapshot young.
  const shared = {
    absentMs: ABSENT_MS,
    unverifiedMs: UNVERIFIED_MS,
    patienceMs: PATIENCE_MS,
    awayMs: AWAY_MS,
    source: { askAgainAtMs: null },
    isOutage: isDatabaseOutage,
    now: () => performance.now(),
  };
  const products = new SnapshotCache<ProductSnapshot>({
    ...shared,
    capacity: Math.max(1_000, Math.ceil(config.cachedLicenses / 10)),
  });
  const licenses = new SnapshotCache<LicenseSnapshot>({ ...shared, capacity: config.cachedLicenses });
  const caches = [products, licenses];
  let isListening = false;
  let lostAtMs = -Infinity;

  const listener = listenToChanges(config, {
    changed(tag) {
      caches.forEach((cache) => cache.changed(tag));
      onChange?.(tag);
    },
    connected() {
      isListening = true;
      caches.forEach((cache) => cache.connected());
      log.info('listening to changes');
    },
    lost(reason) {
      if (isListening) lostAtMs = performance.now();
      isListening = false;
      caches.forEach((cache) => cache.lost());
      // What took this connection may have taken all of them, and everything has to be read again now.
      renewConnections(db, reason);
      log.warn({ reason }, 'changes are not heard: every snapshot is read again before it is used');
    },
  });

  return {
    product: (keyHash) =>
      products.get(keyHash, async () => {
        const value = await findProductByKeyHash(db, Buffer.from(keyHash, 'base64'));
        return (
          value && {
            value,
            tags: [tagOf.product(value.id), tagOf.organization(value.organizationId), tagOf.platform()],
          }
        );
      }),

    peekLicense: ({ productId, licenseKey }) => licenses.peek(`${productId}/${licenseKey}`),

    license: ({ productId, licenseKey }) =>
      licenses.get(`${productId}/${licenseKey}`, async () => {
        const value = await findLicense(db, { productId, licenseKey });
        return (
          value && {
            value,
            tags: [
              tagOf.license(value.facts.id),
              tagOf.licensesOf(productId),
              tagOf.customer(value.organizationId, value.lookup.customerId),
            ],
          }
        );
      }),

    forgetLicense: (licenseId) => licenses.changed(tagOf.license(licenseId)),
    areUsable: () => isListening || performance.now() - lostAtMs < UNVERIFIED_MS,
    isListening: () => isListening,
    close: () => listener.close(),
  };
}
