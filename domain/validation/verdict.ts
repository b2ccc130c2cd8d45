import type { IpRules, JsonObject, LicenseFacts, ProductFacts } from './facts.ts';
import { evaluateVersion } from './versions.ts';

/** The statuses that a validation can answer with 200 (docs/spec/keyport.md §3.4), in the order in which they are tried. */
export type ValidationStatus =
  | 'product_not_found'
  | 'product_archived'
  | 'product_disabled'
  | 'org_suspended'
  | 'billing_suspended'
  | 'license_not_found'
  | 'revoked'
  | 'expired'
  | 'ip_blocked'
  | 'ip_not_registered'
  | 'ip_limit_reached'
  | 'active';

/** Fields 1 to 9 of docs/spec/keyport.md §3.3. The order of the keys is part of the contract: it is what is signed. */
export interface ValidationPayload {
  valid: boolean;
  status: ValidationStatus;
  expires: string | null;
  ip_registered: boolean | null;
  ip_count: number | null;
  max_ips: number | null;
  version: string | null;
  version_valid: boolean | null;
  custom: JsonObject | null;
}

export interface ValidationRequest {
  /** The caller's address, in its one spelling. */
  ip: string;
  version: string | undefined;
}

export interface Verdict {
  payload: ValidationPayload;
  /**
   * Whether the verdict holds only once the caller's address is registered. The payload tells the state after that; who
   * registers decides again under the licence's lock, so that two first calls can't both register.
   */
  registersIp: boolean;
}

/**
 * Decides a validation: steps 4 to 17 of docs/spec/keyport.md §3.8, the first failure wins. `license` is `null` when the
 * product has none with that key. Never throws: everything was checked where it came in.
 */
export function decideValidation(
  product: ProductFacts,
  license: LicenseFacts | null,
  request: ValidationRequest,
  nowMs: number,
): Verdict {
  if (product.state === 'deleted') return refused('product_not_found');
  if (product.state === 'archived') return refused('product_archived');
  if (product.state === 'disabled') return refused('product_disabled');
  if (product.organizationSuspended) return refused('org_suspended');
  if (product.billingState === 'billing_suspended') return refused('billing_suspended');
  if (license === null) return refused('license_not_found');

  const { ipRules } = product;
  const facts = {
    expires: license.expiresAtMs === null ? null : new Date(license.expiresAtMs).toISOString(),
    ip_count: ipRules ? license.ips.size : null,
    max_ips: ipRules ? license.maxIps : null,
  };
  if (license.status === 'revoked') return refused('revoked', facts);
  if (isExpired(product, license, nowMs)) return refused('expired', facts);

  const address = ipRules ? decideAddress(ipRules, license, request.ip) : null;
  if (address?.refusal) return refused(address.refusal, { ...facts, ip_registered: license.ips.has(request.ip) });

  const { version, valid: versionValid } = product.versions
    ? evaluateVersion(request.version, product.versions, license.pin)
    : { version: null, valid: null };
  return {
    registersIp: address?.registers ?? false,
    payload: {
      valid: true,
      status: 'active',
      expires: facts.expires,
      ip_registered: address && (address.registers || license.ips.has(request.ip)),
      ip_count: address && license.ips.size + (address.registers ? 1 : 0),
      max_ips: facts.max_ips,
      version,
      version_valid: versionValid,
      custom: mergeCustom(product.customTemplate, license.customOverride),
    },
  };
}

/** The end is exclusive: at `expiresAtMs` the licence has expired, if its product enforces expiry at all (§4.4). */
export function isExpired(
  product: Pick<ProductFacts, 'expiryEnforced'>,
  license: Pick<LicenseFacts, 'expiresAtMs'>,
  nowMs: number,
): boolean {
  return product.expiryEnforced && license.expiresAtMs !== null && license.expiresAtMs <= nowMs;
}

type AddressDecision =
  | { refusal: 'ip_blocked' | 'ip_not_registered' | 'ip_limit_reached'; registers?: never }
  | { refusal?: never; registers: boolean };

/** Steps 11 to 15 of §3.8: the four blacklists, then the table of §6.3 row by row. */
function decideAddress(rules: IpRules, license: LicenseFacts, ip: string): AddressDecision {
  if (rules.platformBlacklist.has(ip)) return { refusal: 'ip_blocked' };
  if (rules.organizationBlacklist.has(ip)) return { refusal: 'ip_blocked' };
  if (license.customerBlacklist.has(ip)) return { refusal: 'ip_blocked' };
  if (license.licenseBlacklist.has(ip)) return { refusal: 'ip_blocked' };

  const { ips, maxIps } = license;
  if (!rules.track) return { registers: false };
  if (ips.has(ip)) return { registers: false };
  if (!rules.autoRegister) return { refusal: 'ip_not_registered' };
  // The cap before "not registered", otherwise the cap could never be told (§13.1).
  if (maxIps !== null && ips.size >= maxIps) return { refusal: 'ip_limit_reached' };
  if (ips.size === 0) return { registers: true };
  // Without a cap every address registers, else "no limit" would mean one (§13.1).
  if (maxIps === null || rules.registration === 'up_to_max') return { registers: true };
  return { refusal: 'ip_not_registered' };
}

/**
 * The product's template with the licence's override on top: shallow, the override wins, an explicit `null` in it stays
 * (§4.7, §13.11). `null` when custom responses are off or nothing is left to say.
 */
export function mergeCustom(template: JsonObject | null, override: JsonObject | null): JsonObject | null {
  if (template === null) return null;
  const merged = { ...template, ...override };
  return Object.keys(merged).length === 0 ? null : merged;
}

function refused(
  status: Exclude<ValidationStatus, 'active'>,
  told: Partial<Pick<ValidationPayload, 'expires' | 'ip_registered' | 'ip_count' | 'max_ips'>> = {},
): Verdict {
  return {
    registersIp: false,
    payload: {
      valid: false,
      status,
      expires: told.expires ?? null,
      ip_registered: told.ip_registered ?? null,
      ip_count: told.ip_count ?? null,
      max_ips: told.max_ips ?? null,
      version: null,
      version_valid: null,
      custom: null,
    },
  };
}
