import type { NetworkList } from './addresses.ts';
import type { VersionEntry, VersionPin } from './versions.ts';

/** What a verdict is decided from. Times are epoch milliseconds, UTC. Switches are *effective*: stored ∧ the plan's. */

export type JsonObject = { [key: string]: unknown };

export type ProductState = 'active' | 'archived' | 'disabled' | 'deleted';

/** docs/spec/keyport.md §8: only `billing_suspended` stops the API; `cancelled` is served by the fallback plan. */
export type BillingState = 'active' | 'billing_grace' | 'billing_suspended' | 'cancelled';

/** Which unknown address may register itself while the cap is not reached (docs/spec/keyport.md §13.1). */
export type RegistrationMode = 'first' | 'up_to_max';

export interface ProductFacts {
  id: string;
  organizationId: string;
  state: ProductState;
  organizationSuspended: boolean;
  billingState: BillingState;
  expiryEnforced: boolean;
  /** `null`: the IP system is off, and with it every list (docs/spec/keyport.md §13.17). */
  ipRules: IpRules | null;
  /** `null`: the version module is off. */
  versions: readonly VersionEntry[] | null;
  /** `null`: custom responses are off. */
  customTemplate: JsonObject | null;
}

export interface IpRules {
  /** `track_ip_on_validate`: whether validations take part in registration at all. */
  track: boolean;
  /** `auto_register_ip_on_validate`. */
  autoRegister: boolean;
  registration: RegistrationMode;
  platformBlacklist: NetworkList;
  /** Empty when the plan has no organisation blacklist. */
  organizationBlacklist: NetworkList;
}

export interface LicenseFacts {
  id: string;
  status: 'active' | 'revoked';
  /** `null`: a lifetime licence. */
  expiresAtMs: number | null;
  /** At least 1, or `null` for no cap. */
  maxIps: number | null;
  /** The active registered addresses. */
  ips: RegisteredAddresses;
  customerBlacklist: NetworkList;
  licenseBlacklist: NetworkList;
  pin: VersionPin | null;
  customOverride: JsonObject | null;
}

/** A `Set` of addresses is one; so is a count with an answer for the one address that is asked about. */
export interface RegisteredAddresses {
  readonly size: number;
  has(address: string): boolean;
}
