import { describe, expect, test } from 'vitest';
import { NetworkList } from '../../../domain/validation/addresses.ts';
import { decideValidation } from '../../../domain/validation/verdict.ts';
import {
  aLicense,
  answerOf,
  aProduct,
  CALLER,
  ipRules,
  NOON,
  verdictOf,
  WITH_CALLER,
  WITHOUT_CALLER,
} from './facts.ts';

type Lists = Record<'platform' | 'organization' | 'customer' | 'license', NetworkList>;

const NONE: Lists = {
  platform: WITHOUT_CALLER,
  organization: WITHOUT_CALLER,
  customer: WITHOUT_CALLER,
  license: WITHOUT_CALLER,
};
const NAMES = Object.keys(NONE) as (keyof Lists)[];

function factsWith(lists: Partial<Lists>, ips: string[] = [CALLER]) {
  const { platform, organization, customer, license } = { ...NONE, ...lists };
  return [
    aProduct({ ipRules: ipRules({ platformBlacklist: platform, organizationBlacklist: organization }) }),
    aLicense({ customerBlacklist: customer, licenseBlacklist: license, ips: new Set(ips) }),
  ] as const;
}

describe('the blacklists (§6.1)', () => {
  test('let pass whom none of them names', () => {
    expect(answerOf(...factsWith({})).status).toBe('active');
  });

  test.each(NAMES)("the %s's list alone blocks", (name) => {
    expect(answerOf(...factsWith({ [name]: WITH_CALLER })).status).toBe('ip_blocked');
  });

  test('block in every combination of lists: the order means nothing for the outcome', () => {
    for (let mask = 1; mask < 16; mask += 1) {
      const lists = Object.fromEntries(NAMES.filter((_, i) => mask & (1 << i)).map((name) => [name, WITH_CALLER]));
      expect(answerOf(...factsWith(lists)).status).toBe('ip_blocked');
    }
  });

  test('beat registration: a registered address is blocked, an unknown one is blocked and not registered', () => {
    for (const name of NAMES) {
      expect(answerOf(...factsWith({ [name]: WITH_CALLER }))).toMatchObject({
        status: 'ip_blocked',
        ip_registered: true,
      });
      const first = verdictOf(...factsWith({ [name]: WITH_CALLER }, []));
      expect(first).toMatchObject({ registersIp: false, payload: { status: 'ip_blocked', ip_count: 0 } });
    }
  });

  test('hold while registration is off (§13.7)', () => {
    for (const name of NAMES) {
      const [product, license] = factsWith({ [name]: WITH_CALLER });
      const untracked = { ...product, ipRules: { ...product.ipRules!, track: false } };
      expect(answerOf(untracked, license).status).toBe('ip_blocked');
    }
  });

  test('are none at all while the IP system is off (§13.17)', () => {
    const [product, license] = factsWith({ customer: WITH_CALLER, license: WITH_CALLER });
    expect(verdictOf({ ...product, ipRules: null }, license)).toMatchObject({
      registersIp: false,
      payload: { status: 'active', ip_registered: null, ip_count: null, max_ips: null },
    });
  });

  test('take networks of either family, and an IPv4-mapped network as IPv4', () => {
    const licenseBlacklist = new NetworkList(['10.0.0.0/8', '2001:db8::/32', '::ffff:203.0.113.0/120']);
    const statusFrom = (ip: string) =>
      decideValidation(aProduct(), aLicense({ licenseBlacklist, ips: new Set([ip]) }), { ip, version: undefined }, NOON)
        .payload.status;
    expect(['10.255.255.255', '2001:db8:ffff::1', '203.0.113.7'].map(statusFrom)).toEqual(Array(3).fill('ip_blocked'));
    expect(['11.0.0.0', '2001:db9::', '203.0.114.0'].map(statusFrom)).toEqual(Array(3).fill('active'));
  });
});
