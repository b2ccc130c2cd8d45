import { NetworkList, NO_NETWORKS } from '../../../domain/validation/addresses.ts';
import type { IpRules, LicenseFacts, ProductFacts } from '../../../domain/validation/facts.ts';
import { decideValidation, type ValidationPayload, type Verdict } from '../../../domain/validation/verdict.ts';

/** Noon UTC of a day in autumn: what the clock says in these tests. */
export const NOON = Date.parse('2026-11-21T12:00:00.000Z');

/** Where calls come from, unless told. */
export const CALLER = '192.0.2.1';

/** All that a failing check can meet with the IP system on: addresses as in docs/spec/keyport.md §6.1. */
export function ipRules(more: Partial<IpRules> = {}): IpRules {
  return {
    track: true,
    autoRegister: true,
    registration: 'first',
    platformBlacklist: NO_NETWORKS,
    organizationBlacklist: NO_NETWORKS,
    ...more,
  };
}

/** A product with every module on, so that each `null` in an answer is a rule's doing. */
export function aProduct(more: Partial<ProductFacts> = {}): ProductFacts {
  return {
    id: 'product-1',
    organizationId: 'organization-1',
    state: 'active',
    organizationSuspended: false,
    billingState: 'active',
    expiryEnforced: true,
    ipRules: ipRules(),
    versions: [{ version: '2.1.0', state: 'latest' }],
    customTemplate: { tier: 'pro' },
    ...more,
  };
}

/** The same product with every module off. */
export function aPlainProduct(more: Partial<ProductFacts> = {}): ProductFacts {
  return aProduct({ ipRules: null, versions: null, customTemplate: null, ...more });
}

/** A licence in force until next New Year, with a cap of 3 and the caller's address as its one registered address. */
export function aLicense(more: Partial<LicenseFacts> = {}): LicenseFacts {
  return {
    id: 'license-1',
    status: 'active',
    expiresAtMs: Date.parse('2027-01-01T00:00:00.000Z'),
    maxIps: 3,
    ips: new Set([CALLER]),
    customerBlacklist: NO_NETWORKS,
    licenseBlacklist: NO_NETWORKS,
    pin: null,
    customOverride: null,
    ...more,
  };
}

/** A list that the caller is on. */
export const WITH_CALLER = new NetworkList(['192.0.2.0/24']);

/** A list that the caller is not on. */
export const WITHOUT_CALLER = new NetworkList(['198.51.100.0/24', '2001:db8::/32']);

/** What a call of `CALLER` at `NOON` without a version is told. */
export function verdictOf(product: ProductFacts, license: LicenseFacts | null, version?: string): Verdict {
  return decideValidation(product, license, { ip: CALLER, version }, NOON);
}

export function answerOf(product: ProductFacts, license: LicenseFacts | null, version?: string): ValidationPayload {
  return verdictOf(product, license, version).payload;
}
