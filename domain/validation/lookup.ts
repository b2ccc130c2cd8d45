import type { ProductFacts } from './facts.ts';
import { isExpired } from './verdict.ts';
import type { VersionPin } from './versions.ts';

/** The 22 fields of `GET /license/:key`, in the order of docs/spec/keyport.md §3.6. */
export interface LookupPayload {
  id: string;
  organization_id: string;
  product_id: string;
  global_customer_id: string | null;
  license_key: string;
  status: 'active' | 'revoked' | 'expired';
  expires_at: string | null;
  is_lifetime: boolean;
  ip_system_enabled: boolean;
  max_ips: number | null;
  current_unique_ip_count: number;
  notes: string | null;
  version_pin_mode: 'exact' | 'range' | null;
  version_pinned: string | null;
  version_range_min: string | null;
  version_range_max: string | null;
  revoked_at: string | null;
  created_at: string;
  updated_at: string;
  customer_email: string | null;
  customer_name: string | null;
  customer_discord_id: string | null;
}

/** What a look-up tells of a licence. Times are epoch milliseconds, UTC. */
export interface LookupFacts {
  id: string;
  customerId: string;
  licenseKey: string;
  status: 'active' | 'revoked';
  expiresAtMs: number | null;
  maxIps: number | null;
  ipCount: number;
  notes: string | null;
  pin: VersionPin | null;
  revokedAtMs: number | null;
  createdAtMs: number;
  updatedAtMs: number;
  customerEmail: string | null;
  customerName: string | null;
  customerDiscordId: string | null;
}

/**
 * A licence as a holder of the product's key sees it. No rule of validation runs; `expired` is derived from date, clock
 * and enforcement, and a past date that nobody enforces is `active` (docs/spec/keyport.md §3.6, §13.21).
 */
export function lookupPayload(product: ProductFacts, license: LookupFacts, nowMs: number): LookupPayload {
  const pin = product.versions ? license.pin : null;
  const expired = license.status === 'active' && isExpired(product, license, nowMs);
  return {
    id: license.id,
    organization_id: product.organizationId,
    product_id: product.id,
    global_customer_id: license.customerId,
    license_key: license.licenseKey,
    status: expired ? 'expired' : license.status,
    expires_at: isoTime(license.expiresAtMs),
    is_lifetime: license.expiresAtMs === null,
    ip_system_enabled: product.ipRules !== null,
    max_ips: product.ipRules ? license.maxIps : null,
    current_unique_ip_count: license.ipCount,
    notes: license.notes,
    version_pin_mode: pin?.mode ?? null,
    version_pinned: pin?.mode === 'exact' ? pin.version : null,
    version_range_min: pin?.mode === 'range' ? pin.min : null,
    version_range_max: pin?.mode === 'range' ? pin.max : null,
    revoked_at: isoTime(license.revokedAtMs),
    created_at: new Date(license.createdAtMs).toISOString(),
    updated_at: new Date(license.updatedAtMs).toISOString(),
    customer_email: license.customerEmail,
    customer_name: license.customerName,
    customer_discord_id: license.customerDiscordId,
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
