import type { Knex } from 'knex';
import type { Catalogue, Limit } from '../domain/plans/catalogue.ts';
import { type Explained, quotaState } from '../domain/plans/decision.ts';
import { type Entitlements, entitlements } from '../domain/plans/entitlements.ts';
import type { SubjectState } from '../domain/plans/subject.ts';
import { NetworkList, NO_NETWORKS, normalAddress } from '../domain/validation/addresses.ts';
import type {
  BillingState,
  JsonObject,
  LicenseFacts,
  ProductFacts,
  RegistrationMode,
} from '../domain/validation/facts.ts';
import type { LookupFacts } from '../domain/validation/lookup.ts';
import { decideValidation, type ValidationRequest, type Verdict } from '../domain/validation/verdict.ts';
import type { VersionEntry } from '../domain/validation/versions.ts';
import { getCatalogue } from './catalogues.ts';
import { type LicenseRow, toPin } from './license-rows.ts';
import { notifyChange, tagOf } from './notices.ts';
import { type OverrideRow, toSubject } from './organizations.ts';

/** What validation reads, and the one thing that it writes: a registered address. */

/** A product as its API key opens it. */
export interface ProductSnapshot {
  id: string;
  organizationId: string;
  /** What is in force at `nowMs`: it depends on the clock, since overrides begin and end. */
  at(nowMs: number): EffectiveProduct;
}

export interface EffectiveProduct {
  /** Facts with switches in effect (stored ∧ the plan's). */
  facts: ProductFacts;
  /** How many calls the product may make in a UTC day. */
  dailyCalls: Limit;
  /** What the engine says of one more call at `nowMs`, when so many were counted on that day. */
  oneMoreCall(used: number, nowMs: number): Explained;
  /** The encrypted signing secret while answers are signed, else `null`. */
  signingSecret: string | null;
  /** Whether signed answers carry the header with a time, too. */
  signatureHeader: boolean;
}

/** The product that a key opens, by the key's hash; `undefined` for an unknown key. One query. */
export async function findProductByKeyHash(db: Knex, keyHash: Buffer): Promise<ProductSnapshot | undefined> {
  return findProduct(db, 'p.api_key_hash = ?', keyHash);
}

async function findProduct(db: Knex, condition: string, value: Buffer | string): Promise<ProductSnapshot | undefined> {
  const { rows } = await db.raw<{ rows: ProductRow[] }>(
    `select p.id, p.organization_id, p.state, p.deleted_at, p.ip_system_enabled, p.auto_register_ip_on_validate,
       p.track_ip_on_validate, p.ip_registration, p.expiry_enforced, p.versions_enabled, p.custom_response_enabled,
       p.custom_response_template, p.signing_enabled, p.signing_secret_encrypted, p.signature_header_enabled,
       o.catalogue_id, o.plan, o.billing_state, o.suspended_at, o.signing_enabled as organization_signing_enabled,
       (select coalesce(json_agg(json_build_object('kind', v.kind, 'name', v.name, 'value', v.value,
            'starts_at', (extract(epoch from v.starts_at) * 1000)::bigint,
            'ends_at', (extract(epoch from v.ends_at) * 1000)::bigint)), '[]')
          from plan_overrides v where v.organization_id = o.id) as overrides,
       (select coalesce(json_agg(json_build_object('version', v.version, 'state', v.state) order by v.version), '[]')
          from product_versions v where v.product_id = p.id) as versions,
       (select coalesce(array_agg(b.network::text), '{}') from ip_blacklist b where b.organization_id is null) as platform_blacklist,
       (select coalesce(array_agg(b.network::text), '{}') from ip_blacklist b
          where b.organization_id = o.id and b.customer_id is null and b.license_id is null) as organization_blacklist
     from products p join organizations o on o.id = p.organization_id
     where ${condition}`,
    [value],
  );
  const row = rows[0];
  return row && toSnapshot(row, await getCatalogue(db, row.catalogue_id));
}

/** A licence with all that verdict and look-up need. */
export interface LicenseSnapshot {
  organizationId: string;
  /** Its addresses are all of them, or none where they are too many to be kept at hand: see `hasManyIps`. */
  facts: LicenseFacts;
  lookup: LookupFacts;
  /** Whether an address has to be asked for with `withIp`. */
  hasManyIps: boolean;
}

/** So many addresses of a licence are kept at hand; with more, membership is asked for. */
const MOST_IPS_AT_HAND = 1_000;

/** The licence with this key under this product; `undefined` when there is none, or it is another product's. One query. */
export async function findLicense(
  db: Knex,
  { productId, licenseKey }: { productId: string; licenseKey: string },
): Promise<LicenseSnapshot | undefined> {
  const { rows } = await db.raw<{ rows: LicenseSnapshotRow[] }>(
    `select l.*, c.email as customer_email, c.discord_id as customer_discord_id, c.name as customer_name,
       (select count(*) from license_ips i where i.license_id = l.id) as ip_count,
       (select coalesce(array_agg(host(i.address)), '{}')
          from (select address from license_ips where license_id = l.id limit ${MOST_IPS_AT_HAND + 1}) i) as ips,
       (select coalesce(array_agg(b.network::text), '{}') from ip_blacklist b
          where b.organization_id = l.organization_id and b.customer_id = l.customer_id) as customer_blacklist,
       (select coalesce(array_agg(b.network::text), '{}') from ip_blacklist b where b.license_id = l.id) as license_blacklist
     from licenses l
     join customer_profiles c on c.organization_id = l.organization_id and c.customer_id = l.customer_id
     where l.product_id = ? and l.license_key = ?`,
    [productId, licenseKey],
  );
  return rows[0] && toLicenseSnapshot(rows[0]);
}

/** The facts of a licence with many addresses, for a question about this one address. */
export async function withIp(db: Knex, license: LicenseSnapshot, address: string): Promise<LicenseFacts> {
  if (!license.hasManyIps) return license.facts;
  const row = await db('license_ips').where({ license_id: license.facts.id, address }).first('license_id');
  const ips = { size: license.lookup.ipCount, has: (asked: string) => row !== undefined && asked === address };
  return { ...license.facts, ips };
}

/** A call whose verdict holds only once its caller's address is registered. */
export interface Registration {
  request: ValidationRequest;
  /** When it was asked, epoch milliseconds. */
  nowMs: number;
}

/**
 * Registers callers' addresses with one licence, each if it still may: locks the licence once, decides each again in its order on what
 * stands then, and writes those whose verdict is still that they register. Two first calls at once make one registration
 * (docs/spec/keyport.md §6.3). Gives a verdict for each.
 */
export async function registerIps(
  db: Knex,
  { licenseKey, productId }: { licenseKey: string; productId: string },
  registrations: readonly Registration[],
): Promise<Verdict[]> {
  return db.transaction(async (trx) => {
    await trx('licenses').where({ license_key: licenseKey }).forNoKeyUpdate().select('id');
    // By its id: the call was admitted and counted under the key of that moment, which may have been replaced since.
    const product = await findProduct(trx, 'p.id = ?', productId);
    if (!product) throw new Error(`The product ${productId} is gone, rather than marked as deleted`);
    const license = await findLicense(trx, { productId: product.id, licenseKey });
    const added = new Set<string>();
    const verdicts: Verdict[] = [];
    for (const { request, nowMs } of registrations) {
      const facts = license ? withAdded(await withIp(trx, license, request.ip), added) : null;
      const verdict = decideValidation(product.at(nowMs).facts, facts, request, nowMs);
      if (verdict.registersIp) added.add(request.ip);
      verdicts.push(verdict);
    }
    if (added.size > 0) {
      const licenseId = license!.facts.id;
      const row = { organization_id: product.organizationId, license_id: licenseId, origin: 'validation' };
      await trx('license_ips').insert([...added].map((address) => ({ ...row, address })));
      await notifyChange(trx, tagOf.license(licenseId));
    }
    return verdicts;
  });
}

/** The facts of a licence with addresses that are about to be written. */
function withAdded(facts: LicenseFacts, added: ReadonlySet<string>): LicenseFacts {
  const { ips } = facts;
  return { ...facts, ips: { size: ips.size + added.size, has: (asked) => added.has(asked) || ips.has(asked) } };
}

interface ProductRow {
  id: string;
  organization_id: string;
  state: 'active' | 'archived' | 'disabled';
  deleted_at: number | null;
  ip_system_enabled: boolean;
  auto_register_ip_on_validate: boolean;
  track_ip_on_validate: boolean;
  ip_registration: RegistrationMode;
  expiry_enforced: boolean;
  versions_enabled: boolean;
  custom_response_enabled: boolean;
  custom_response_template: JsonObject;
  signing_enabled: boolean;
  signing_secret_encrypted: string | null;
  signature_header_enabled: boolean;
  catalogue_id: string;
  plan: string;
  billing_state: BillingState;
  suspended_at: number | null;
  organization_signing_enabled: boolean;
  overrides: OverrideRow[];
  versions: VersionEntry[];
  platform_blacklist: string[];
  organization_blacklist: string[];
}

function toSnapshot(row: ProductRow, catalogue: Catalogue): ProductSnapshot {
  const subject: SubjectState = toSubject(row.plan, row.billing_state, row.overrides);
  const platformBlacklist = new NetworkList(row.platform_blacklist);
  const organizationBlacklist = new NetworkList(row.organization_blacklist);
  const boundaries = subject.overrides
    .flatMap(({ startsAtMs, endsAtMs }) => (endsAtMs === null ? [startsAtMs] : [startsAtMs, endsAtMs]))
    .sort((a, b) => a - b);
  const signs = row.signing_enabled && row.organization_signing_enabled;
  let kept: { value: EffectiveProduct; fromMs: number; untilMs: number } | undefined;

  return {
    id: row.id,
    organizationId: row.organization_id,
    at(nowMs) {
      // Between two boundaries nothing changes, so what was worked out holds until the next.
      if (kept && kept.fromMs <= nowMs && nowMs < kept.untilMs) return kept.value;
      const plan = entitlements(catalogue, subject, nowMs);
      const value: EffectiveProduct = {
        facts: effectiveFacts(row, plan, { platformBlacklist, organizationBlacklist }),
        dailyCalls: plan.limits.api_calls!.value,
        oneMoreCall: (used, atMs) => quotaState(catalogue, subject, 'api_calls', used, 1, atMs),
        signingSecret: signs && has(plan, 'signed_validation') ? row.signing_secret_encrypted : null,
        signatureHeader: row.signature_header_enabled,
      };
      kept = {
        value,
        fromMs: boundaries.findLast((boundary) => boundary <= nowMs) ?? -Infinity,
        untilMs: boundaries.find((boundary) => boundary > nowMs) ?? Infinity,
      };
      return value;
    },
  };
}

/** Stored settings stay through a downgrade, their effect does not: effective = switch ∧ plan (docs/spec/keyport.md §2.5). */
function effectiveFacts(
  row: ProductRow,
  plan: Entitlements,
  lists: { platformBlacklist: NetworkList; organizationBlacklist: NetworkList },
): ProductFacts {
  return {
    id: row.id,
    organizationId: row.organization_id,
    state: row.deleted_at === null ? row.state : 'deleted',
    organizationSuspended: row.suspended_at !== null,
    billingState: row.billing_state,
    expiryEnforced: row.expiry_enforced && has(plan, 'expiry_enforcement'),
    ipRules:
      row.ip_system_enabled && has(plan, 'ip_system')
        ? {
            track: row.track_ip_on_validate && has(plan, 'track_ip_on_validate'),
            autoRegister: row.auto_register_ip_on_validate && has(plan, 'auto_register_ip_on_validate'),
            registration: row.ip_registration,
            // For every plan: it protects the platform (§13.12).
            platformBlacklist: lists.platformBlacklist,
            organizationBlacklist: has(plan, 'organization_ip_blacklist') ? lists.organizationBlacklist : NO_NETWORKS,
          }
        : null,
    versions: row.versions_enabled && has(plan, 'version_control') ? row.versions : null,
    customTemplate: row.custom_response_enabled && has(plan, 'custom_response') ? row.custom_response_template : null,
  };
}

function has(plan: Entitlements, feature: string): boolean {
  const found = plan.features[feature];
  if (!found) throw new RangeError(`The catalogue has no feature '${feature}'`);
  return found.enabled;
}

interface LicenseSnapshotRow extends LicenseRow {
  revoked_at: number | null;
  created_at: number;
  updated_at: number;
  customer_email: string | null;
  customer_discord_id: string | null;
  customer_name: string | null;
  ip_count: number;
  ips: string[];
  customer_blacklist: string[];
  license_blacklist: string[];
}

function toLicenseSnapshot(row: LicenseSnapshotRow): LicenseSnapshot {
  const pin = toPin(row);
  const hasManyIps = row.ip_count > MOST_IPS_AT_HAND;
  return {
    organizationId: row.organization_id,
    hasManyIps,
    facts: {
      id: row.id,
      status: row.status,
      expiresAtMs: row.expires_at,
      maxIps: row.max_ips,
      // In our spelling: the database writes ::102:304 as ::1.2.3.4.
      ips: new Set(hasManyIps ? [] : row.ips.map((address) => normalAddress(address)!)),
      customerBlacklist: networksOf(row.customer_blacklist),
      licenseBlacklist: networksOf(row.license_blacklist),
      pin,
      customOverride: row.custom_override,
    },
    lookup: {
      id: row.id,
      customerId: row.customer_id,
      licenseKey: row.license_key,
      status: row.status,
      expiresAtMs: row.expires_at,
      maxIps: row.max_ips,
      ipCount: row.ip_count,
      notes: row.notes,
      pin,
      revokedAtMs: row.revoked_at,
      createdAtMs: row.created_at,
      updatedAtMs: row.updated_at,
      customerEmail: row.customer_email,
      customerName: row.customer_name,
      customerDiscordId: row.customer_discord_id,
    },
  };
}

/** Most licences have no list of their own: they share one that is empty, as a list for each takes a fifth of its memory. */
function networksOf(networks: string[]): NetworkList {
  return networks.length === 0 ? NO_NETWORKS : new NetworkList(networks);
}
