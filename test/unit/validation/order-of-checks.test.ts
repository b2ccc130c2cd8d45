import { describe, expect, test } from 'vitest';
import type { LicenseFacts, ProductFacts } from '../../../domain/validation/facts.ts';
import type { ValidationStatus } from '../../../domain/validation/verdict.ts';
import { aLicense, answerOf, aProduct, ipRules, NOON, verdictOf, WITH_CALLER } from './facts.ts';

type Rules = Exclude<ProductFacts['ipRules'], null>;

/** What makes one step of docs/spec/keyport.md §3.8 fail, and nothing else. */
interface Failing {
  step: string;
  status: ValidationStatus;
  product?: Partial<ProductFacts>;
  rules?: Partial<Rules>;
  /** `null`: there is no such licence. */
  license?: Partial<LicenseFacts> | null;
}

/** Steps 4 to 15 in their order. Those before them concern the call, not the licence, and belong to the API. */
const STEPS: readonly Failing[] = [
  { step: '4', status: 'product_not_found', product: { state: 'deleted' } },
  { step: '5', status: 'product_archived', product: { state: 'archived' } },
  { step: '6', status: 'product_disabled', product: { state: 'disabled' } },
  { step: '7a', status: 'org_suspended', product: { organizationSuspended: true } },
  { step: '7b', status: 'billing_suspended', product: { billingState: 'billing_suspended' } },
  { step: '8', status: 'license_not_found', license: null },
  { step: '9', status: 'revoked', license: { status: 'revoked' } },
  { step: '10', status: 'expired', license: { expiresAtMs: NOON } },
  { step: '11', status: 'ip_blocked', rules: { platformBlacklist: WITH_CALLER } },
  { step: '12', status: 'ip_blocked', rules: { organizationBlacklist: WITH_CALLER } },
  { step: '13', status: 'ip_blocked', license: { customerBlacklist: WITH_CALLER } },
  { step: '14', status: 'ip_blocked', license: { licenseBlacklist: WITH_CALLER } },
  { step: '15, allow-list', status: 'ip_not_registered', rules: { autoRegister: false }, license: { ips: new Set() } },
  { step: '15, cap', status: 'ip_limit_reached', license: { maxIps: 1, ips: new Set(['192.0.2.99']) } },
];

const STATES = ['deleted', 'archived', 'disabled', 'active'];

/** A call at which all the given steps fail at once. Of two product states the one of the earlier step is the product's. */
function failingAt(...steps: readonly Failing[]): [ProductFacts, LicenseFacts | null] {
  const product = Object.assign({}, ...steps.map((step) => step.product)) as Partial<ProductFacts>;
  const rules = Object.assign({}, ...steps.map((step) => step.rules)) as Partial<Rules>;
  const license = Object.assign({}, ...steps.map((step) => step.license)) as Partial<LicenseFacts>;
  const states = steps.flatMap((step) => step.product?.state ?? []);
  const state = STATES.find((each) => (states as string[]).includes(each)) as ProductFacts['state'] | undefined;
  return [
    aProduct({ ...product, ...(state && { state }), ipRules: ipRules(rules) }),
    steps.some((step) => step.license === null) ? null : aLicense(license),
  ];
}

describe('the order of checks (§3.8)', () => {
  test('ends in active when no check fails', () => {
    expect(answerOf(...failingAt())).toMatchObject({ valid: true, status: 'active' });
  });

  test.each(STEPS)('step $step alone answers $status', (step) => {
    expect(answerOf(...failingAt(step))).toMatchObject({ valid: false, status: step.status });
  });

  // One state at a time is a product's: deleted, archived and disabled can't be had together.
  test.each(STEPS.slice(1).map((later, i) => ({ earlier: STEPS[i]!, later })))(
    'step $earlier.step comes before step $later.step: $earlier.status beats $later.status',
    ({ earlier, later }) => {
      expect(answerOf(...failingAt(earlier, later)).status).toBe(earlier.status);
    },
  );

  test('the first failure wins, whatever else fails', () => {
    for (const [i, step] of STEPS.entries()) {
      expect(answerOf(...failingAt(...STEPS.slice(i))).status).toBe(step.status);
    }
  });

  test('an unknown licence of a product that is archived says archived', () => {
    expect(answerOf(aProduct({ state: 'archived' }), null).status).toBe('product_archived');
  });

  test('a revoked licence says so even after its end, and from a blocked address', () => {
    const license = aLicense({ status: 'revoked', expiresAtMs: 0, licenseBlacklist: WITH_CALLER });
    expect(answerOf(aProduct(), license).status).toBe('revoked');
  });

  test('no failing verdict registers an address', () => {
    for (const step of STEPS) {
      expect(verdictOf(...failingAt(step)).registersIp).toBe(false);
      const [product, license] = failingAt(step);
      const unregistered = license && { ...license, ips: new Set<string>(step.license?.ips ? ['192.0.2.99'] : []) };
      expect(verdictOf(product, unregistered).registersIp).toBe(false);
    }
  });
});

describe('the states of product, organisation and billing (§3.8 steps 4 to 7b, §8)', () => {
  test.each([
    ['active', 'active'],
    ['archived', 'product_archived'],
    ['disabled', 'product_disabled'],
    ['deleted', 'product_not_found'],
  ] as const)('a product that is %s answers %s', (state, status) => {
    expect(answerOf(aProduct({ state }), aLicense()).status).toBe(status);
  });

  test.each([
    ['active', 'active', 'paid up'],
    ['billing_grace', 'active', 'served as usual'],
    ['billing_suspended', 'billing_suspended', 'every check answers so'],
    ['cancelled', 'active', 'served under the plan now in force (§13.10)'],
  ] as const)('billing that is %s answers %s: %s', (billingState, status, _why) => {
    expect(answerOf(aProduct({ billingState }), aLicense()).status).toBe(status);
  });

  test('a suspended organisation answers org_suspended, whatever its billing says', () => {
    for (const billingState of ['active', 'billing_grace', 'billing_suspended', 'cancelled'] as const) {
      const product = aProduct({ organizationSuspended: true, billingState });
      expect(answerOf(product, aLicense()).status).toBe('org_suspended');
    }
  });
});

describe('the statuses (§3.4)', () => {
  test('the twelve that come with 200 can all be reached, and no other', () => {
    const reached = new Set(STEPS.map((step) => answerOf(...failingAt(step)).status));
    reached.add(answerOf(...failingAt()).status);
    expect([...reached].sort()).toEqual([
      'active',
      'billing_suspended',
      'expired',
      'ip_blocked',
      'ip_limit_reached',
      'ip_not_registered',
      'license_not_found',
      'org_suspended',
      'product_archived',
      'product_disabled',
      'product_not_found',
      'revoked',
    ]);
  });

  test('active alone is valid', () => {
    for (const step of STEPS) expect(answerOf(...failingAt(step)).valid).toBe(false);
    expect(answerOf(...failingAt()).valid).toBe(true);
  });
});
