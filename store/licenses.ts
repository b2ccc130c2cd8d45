import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { normalAddress } from '../domain/validation/addresses.ts';
import type { JsonObject } from '../domain/validation/facts.ts';
import { formatLicenseKey, LICENSE_KEY_BYTES } from '../domain/validation/license-key.ts';
import { isComparable, type VersionPin } from '../domain/validation/versions.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { type CustomerReference, resolveCustomer } from './customers.ts';
import { returnPlaces, takePlaces } from './holding.ts';
import { type LicenseRow, toPin } from './license-rows.ts';
import { notifyChange, tagOf } from './notices.ts';
import { organizationHolder } from './organizations.ts';
import { holdProduct } from './products.ts';

/** What a licence is made of (docs/spec/keyport.md §4.3). Times are epoch milliseconds, UTC. */
export interface NewLicense {
  productId: string;
  customer: CustomerReference;
  /** `null`: a lifetime licence. */
  expiresAtMs: number | null;
  /** Not given: the product's default; `null` or 0: no cap (§13.6). */
  maxIps?: number | null | undefined;
  notes?: string | null | undefined;
  pin?: VersionPin | null | undefined;
  customOverride?: JsonObject | null | undefined;
}

export interface License {
  id: string;
  organizationId: string;
  productId: string;
  customerId: string;
  licenseKey: string;
  status: 'active' | 'revoked';
  expiresAtMs: number | null;
  maxIps: number | null;
  notes: string | null;
  pin: VersionPin | null;
  customOverride: JsonObject | null;
}

/** An address that a licence has been used from, or that was registered by hand. */
export interface RegisteredIp {
  address: string;
  origin: 'validation' | 'manual';
  firstSeenAtMs: number;
  lastSeenAtMs: number;
}

/** Settings of a licence that can be changed at any time (docs/spec/keyport.md §4.5). */
export interface LicenseChange {
  expiresAtMs?: number | null;
  maxIps?: number | null;
  notes?: string | null;
  pin?: VersionPin | null;
  customOverride?: JsonObject | null;
}

const COLUMNS = [
  'id',
  'organization_id',
  'product_id',
  'customer_id',
  'license_key',
  'status',
  'expires_at',
  'max_ips',
  'notes',
  'version_pin_mode',
  'version_pinned',
  'version_range_min',
  'version_range_max',
  'custom_override',
];

/** Creates a licence if the organisation may have one more. @throws {Refusal} `plan_limit_reached`, `validation_failed`, `not_found` */
export async function createLicense(trx: Knex.Transaction, input: NewLicense): Promise<License> {
  // Shared: licences are made side by side, but none while their product is being deleted.
  const { organizationId, defaultMaxIps } = await holdProduct(trx, input.productId);
  const customerId = await resolveCustomer(trx, organizationId, input.customer);
  await takePlaces(trx, organizationHolder(organizationId), { resource: 'license' });
  const [row] = await trx('licenses')
    .insert({
      id: newId(),
      organization_id: organizationId,
      product_id: input.productId,
      customer_id: customerId,
      license_key: formatLicenseKey(randomBytes(LICENSE_KEY_BYTES)),
      ...columnsOf({
        expiresAtMs: input.expiresAtMs,
        maxIps: input.maxIps === undefined ? defaultMaxIps : input.maxIps,
        notes: input.notes ?? null,
        pin: input.pin ?? null,
        customOverride: input.customOverride ?? null,
      }),
    })
    .returning(COLUMNS);
  const license = toLicense(row as LicenseRow);
  await auditLicense(trx, license, 'license.created', { after: told(license) });
  return license;
}

/** @throws {Refusal} `not_found` */
export async function getLicense(db: Knex, id: string): Promise<License> {
  const row = await db('licenses').where({ id }).first<LicenseRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'license' });
  return toLicense(row);
}

export async function findLicenseByKey(db: Knex, licenseKey: string): Promise<License | undefined> {
  const row = await db('licenses').where({ license_key: licenseKey }).first<LicenseRow | undefined>(COLUMNS);
  return row && toLicense(row);
}

/** A product's licences in the order in which they were made, at most `limit` of them. */
export async function listLicenses(
  db: Knex,
  productId: string,
  { order, limit }: { order: 'oldest' | 'newest'; limit: number },
): Promise<License[]> {
  const direction = order === 'oldest' ? 'asc' : 'desc';
  const rows = await db('licenses')
    .where({ product_id: productId })
    .orderBy([
      { column: 'created_at', order: direction },
      { column: 'id', order: direction },
    ])
    .limit(limit)
    .select<LicenseRow[]>(COLUMNS);
  return rows.map(toLicense);
}

/** @throws {Refusal} `not_found`, `validation_failed` */
export async function changeLicense(trx: Knex.Transaction, id: string, change: LicenseChange): Promise<License> {
  const before = await lockLicense(trx, id);
  const [row] = await trx('licenses')
    .where({ id })
    .update({ ...columnsOf(change), updated_at: trx.fn.now(3) })
    .returning(COLUMNS);
  await notifyChange(trx, tagOf.license(id));
  const after = toLicense(row as LicenseRow);
  await auditLicense(trx, after, 'license.changed', { before: told(before), after: told(after) });
  return after;
}

/** Revokes a licence; again changes nothing, and nothing brings it back (docs/spec/keyport.md §4.6). @throws {Refusal} `not_found` */
export async function revokeLicense(trx: Knex.Transaction, id: string): Promise<License> {
  const revoked = await trx('licenses')
    .where({ id, status: 'active' })
    .update({ status: 'revoked', revoked_at: trx.fn.now(3), updated_at: trx.fn.now(3) });
  await notifyChange(trx, tagOf.license(id));
  const license = await getLicense(trx, id);
  if (revoked > 0) await auditLicense(trx, license, 'license.revoked', {});
  return license;
}

/** Deletes a licence and gives its place back (docs/spec/keyport.md §13.14). @throws {Refusal} `not_found` */
export async function deleteLicense(trx: Knex.Transaction, id: string): Promise<void> {
  const license = await getLicense(trx, id);
  const deleted = await trx('licenses').where({ id }).delete();
  if (deleted === 0) throw new Refusal('not_found', { what: 'license' });
  await returnPlaces(trx, organizationHolder(license.organizationId), { resource: 'license' });
  await notifyChange(trx, tagOf.license(id));
  await auditLicense(trx, license, 'license.deleted', { before: told(license) });
}

/**
 * Registers an address by hand, within the licence's cap (docs/spec/keyport.md §6.3). One that is registered stays as it is.
 * @throws {Refusal} `conflict` at the cap, `validation_failed`, `not_found`
 */
export async function addIp(trx: Knex.Transaction, licenseId: string, address: string): Promise<void> {
  const normal = mustBeAddress(address);
  const license = await lockLicense(trx, licenseId);
  const existing = await trx('license_ips')
    .where({ license_id: licenseId })
    .select<{ address: string }[]>(trx.raw('host(address) as address'));
  if (existing.some((row) => normalAddress(row.address) === normal)) return;
  if (license.maxIps !== null && existing.length >= license.maxIps) {
    throw new Refusal('conflict', {
      message: `${existing.length} of ${license.maxIps} addresses are registered. Raise the cap or remove one.`,
    });
  }
  await trx('license_ips').insert({
    organization_id: license.organizationId,
    license_id: licenseId,
    address: normal,
    origin: 'manual',
  });
  await notifyChange(trx, tagOf.license(licenseId));
  await auditLicense(trx, license, 'license.ip_added', { after: { address: normal } });
}

/** A licence's registered addresses, those that were used last first, at most `limit` of them. */
export async function listIps(db: Knex, licenseId: string, limit: number): Promise<RegisteredIp[]> {
  const rows = await db('license_ips')
    .where({ license_id: licenseId })
    .orderBy([{ column: 'last_seen_at', order: 'desc' }, { column: 'address' }])
    .limit(limit)
    .select<{ address: string; origin: RegisteredIp['origin']; first_seen_at: number; last_seen_at: number }[]>(
      db.raw('host(address) as address'),
      'origin',
      'first_seen_at',
      'last_seen_at',
    );
  return rows.map((row) => ({
    address: normalAddress(row.address) ?? row.address,
    origin: row.origin,
    firstSeenAtMs: row.first_seen_at,
    lastSeenAtMs: row.last_seen_at,
  }));
}

/** Removes one registered address. @throws {Refusal} `not_found` */
export async function removeIp(trx: Knex.Transaction, licenseId: string, address: string): Promise<void> {
  const normal = mustBeAddress(address);
  const license = await lockLicense(trx, licenseId);
  const removed = await trx('license_ips').where({ license_id: licenseId, address: normal }).delete();
  if (removed === 0) throw new Refusal('not_found', { what: 'ip' });
  await notifyChange(trx, tagOf.license(licenseId));
  await auditLicense(trx, license, 'license.ip_removed', { before: { address: normal } });
}

/** Clears all registered addresses, so that the customer may activate from new ones (docs/spec/keyport.md §6.4). */
export async function resetIps(trx: Knex.Transaction, licenseId: string): Promise<{ removed: number }> {
  const license = await lockLicense(trx, licenseId);
  const removed = await trx('license_ips').where({ license_id: licenseId }).delete();
  await notifyChange(trx, tagOf.license(licenseId));
  await auditLicense(trx, license, 'license.ips_reset', { before: { addresses: removed } });
  return { removed };
}

/** Locks a licence against other changes of it and of its addresses. @throws {Refusal} `not_found` */
export async function lockLicense(trx: Knex.Transaction, id: string): Promise<License> {
  const row = await trx('licenses').where({ id }).forNoKeyUpdate().first<LicenseRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'license' });
  return toLicense(row);
}

function auditLicense(
  trx: Knex.Transaction,
  { id, organizationId }: Pick<License, 'id' | 'organizationId'>,
  action: string,
  changes: { before?: object; after?: object },
): Promise<void> {
  return audit(trx, { organizationId, action, target: { type: 'license', id }, ...changes });
}

/** What the audit log says of a licence: not its key, which opens what it is for. */
function told({ productId, customerId, status, expiresAtMs, maxIps, notes, pin, customOverride }: License): object {
  return { productId, customerId, status, expiresAtMs, maxIps, notes, pin, customOverride };
}

function mustBeAddress(text: string): string {
  const normal = normalAddress(text);
  if (normal !== undefined) return normal;
  throw new Refusal('validation_failed', {
    errors: [
      {
        pointer: '/address',
        code: 'not_an_address',
        message: `${JSON.stringify(text)} is no IP address.`,
        accepts: 'an IPv4 or IPv6 address',
      },
    ],
  });
}

function columnsOf(change: LicenseChange): Record<string, unknown> {
  const { expiresAtMs, maxIps, notes, pin, customOverride } = change;
  const columns: Record<string, unknown> = {};
  if (expiresAtMs !== undefined) columns.expires_at = expiresAtMs === null ? null : new Date(expiresAtMs);
  if (maxIps !== undefined) columns.max_ips = maxIps === 0 ? null : maxIps;
  if (notes !== undefined) columns.notes = notes;
  if (customOverride !== undefined)
    columns.custom_override = customOverride === null ? null : JSON.stringify(customOverride);
  if (pin !== undefined) {
    if (pin?.mode === 'range') mustBeRange(pin.min, pin.max);
    columns.version_pin_mode = pin?.mode ?? null;
    columns.version_pinned = pin?.mode === 'exact' ? pin.version : null;
    columns.version_range_min = pin?.mode === 'range' ? pin.min : null;
    columns.version_range_max = pin?.mode === 'range' ? pin.max : null;
  }
  return columns;
}

function mustBeRange(min: string | null, max: string | null): void {
  const accepts = 'numbers with dots, such as 2.1 or 2.1.0-beta.1; at least one of the two bounds';
  const errors = [
    { pointer: '/version_range_min', bound: min },
    { pointer: '/version_range_max', bound: max },
  ]
    .filter(({ bound }) => (bound === null ? min === null && max === null : !isComparable(bound)))
    .map(({ pointer, bound }) => ({
      pointer,
      code: 'not_a_version',
      message: `${JSON.stringify(bound)} can't bound a range.`,
      accepts,
    }));
  if (errors.length > 0) throw new Refusal('validation_failed', { errors });
}

function toLicense(row: LicenseRow): License {
  return {
    id: row.id,
    organizationId: row.organization_id,
    productId: row.product_id,
    customerId: row.customer_id,
    licenseKey: row.license_key,
    status: row.status,
    expiresAtMs: row.expires_at,
    maxIps: row.max_ips,
    notes: row.notes,
    pin: toPin(row),
    customOverride: row.custom_override,
  };
}
