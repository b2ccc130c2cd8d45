import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NetworkList, NO_NETWORKS, normalNetwork } from '../../../domain/validation/addresses.ts';

const SEED = 20261121;

describe('a list of networks (§6.1)', () => {
  test.each([
    ['one address', ['192.0.2.1'], ['192.0.2.1'], ['192.0.2.0', '192.0.2.2', '::192.0.2.1']],
    ['one address with its length', ['192.0.2.1/32'], ['192.0.2.1'], ['192.0.2.0', '192.0.2.2']],
    ['a network to both of its ends', ['10.0.0.0/8'], ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
    ['a network of two', ['192.0.2.2/31'], ['192.0.2.2', '192.0.2.3'], ['192.0.2.1', '192.0.2.4']],
    ['host bits as if they were none', ['10.9.9.9/8'], ['10.0.0.0', '10.255.255.255'], ['11.0.0.0']],
    ['all of IPv4, and no IPv6', ['0.0.0.0/0'], ['0.0.0.0', '255.255.255.255'], ['::', '2001:db8::1']],
    [
      'all of IPv6, and no IPv4',
      ['::/0'],
      ['::', '2001:db8::1', '::192.0.2.1'],
      ['0.0.0.0', '192.0.2.1', '::ffff:192.0.2.1'],
    ],
    ['one IPv6 address', ['2001:db8::1/128'], ['2001:db8::1', '2001:DB8:0::0:1'], ['2001:db8::', '2001:db8::2']],
    [
      'an IPv6 network',
      ['2001:db8::/32'],
      ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['2001:db7:ffff::', '2001:db9::'],
    ],
    ['a mapped address as IPv4', ['::ffff:192.0.2.1'], ['192.0.2.1', '::ffff:c000:201'], ['192.0.2.2', '::c000:201']],
    [
      'a mapped network as IPv4',
      ['::ffff:10.0.0.0/104'],
      ['10.0.0.0', '10.255.255.255', '::ffff:10.1.1.1'],
      ['11.0.0.0'],
    ],
    [
      'mapped addresses in IPv4 networks',
      ['10.0.0.0/8'],
      ['::ffff:10.0.0.1', '::ffff:a00:1'],
      ['::ffff:11.0.0.1', '::10.0.0.1'],
    ],
    ['an address whatever its zone', ['fe80::/10'], ['fe80::1%eth0'], ['fec0::1%eth0']],
    [
      'all of its entries',
      ['192.0.2.1', '10.0.0.0/8', '2001:db8::/32'],
      ['192.0.2.1', '10.0.0.1', '2001:db8::1'],
      ['192.0.2.2'],
    ],
    [
      'overlapping entries',
      ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.1'],
      ['10.1.1.1', '10.1.2.1', '10.2.1.1'],
      ['11.1.1.1'],
    ],
    ['nothing', [], [], ['0.0.0.0', '::', '192.0.2.1']],
    ['no garbage', ['0.0.0.0/0', '::/0'], [], ['', '127.1', '010.0.0.1', 'garbage', '1.2.3.4/32', ' 1.2.3.4']],
  ])('holds %s', (_what, entries, inside, outside) => {
    const list = new NetworkList(entries);
    expect(inside.filter((address) => !list.has(address))).toEqual([]);
    expect(outside.filter((address) => list.has(address))).toEqual([]);
  });

  test.each(['', 'garbage', '10.0.0.0/33', '127.1', ' 10.0.0.0/8', 'fe80::1%eth0'])('is not made from %j', (entry) => {
    expect(() => new NetworkList(['10.0.0.0/8', entry])).toThrow(new TypeError(`Not a network: ${entry}`));
  });

  test('counts its entries', () => {
    expect(NO_NETWORKS.size).toBe(0);
    expect(new NetworkList(new Set(['10.0.0.0/8', '192.0.2.1'])).size).toBe(2);
  });

  test(`holds what a slow model in big numbers holds (seed ${SEED})`, () => {
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(NETWORK, { maxLength: 8 }),
        fc.array(ADDRESS, { minLength: 1, maxLength: 8 }),
        (networks, addresses) => {
          const list = new NetworkList(networks.map(textOf));
          const normal = new NetworkList(networks.map((each) => normalNetwork(textOf(each))!));
          // Beside the drawn addresses the first and the last of each network and their neighbours outside.
          const edges = networks.flatMap((each) => edgesOf(each));
          for (const address of [...addresses, ...edges]) {
            const expected = networks.some((network) => modelHolds(network, address));
            held += Number(expected);
            const said = `${textOf(address)} in ${networks.map(textOf).join(', ')}`;
            expect(list.has(textOf(address)), said).toBe(expected);
            expect(normal.has(textOf(address)), said).toBe(expected);
          }
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
    expect(held).toBeGreaterThan(500);
  });
});

/** An address as a number, or the network of the `length` highest bits of it. */
interface Bits {
  width: 32 | 128;
  value: bigint;
  length?: number;
}

// Few values a byte, so that addresses meet networks.
const BYTE = fc.constantFrom(0n, 1n, 127n, 128n, 255n);
const numberOf = (bytes: bigint[]) => bytes.reduce((sum, byte) => (sum << 8n) | byte, 0n);
const V4 = fc.array(BYTE, { minLength: 4, maxLength: 4 }).map((bytes): Bits => ({ width: 32, value: numberOf(bytes) }));
const V6 = fc
  .tuple(fc.array(BYTE, { minLength: 2, maxLength: 2 }), fc.array(BYTE, { minLength: 2, maxLength: 2 }))
  // Never all zeros in front, which would be the place of mapped addresses: those are IPv4 in this model.
  .map(([high, low]): Bits => ({ width: 128, value: (0x2001n << 112n) | (numberOf(high) << 96n) | numberOf(low) }));
const ADDRESS = fc.oneof(V4, V6);
const NETWORK = fc
  .tuple(ADDRESS, fc.nat(128))
  .map(([address, length]): Bits => ({ ...address, length: Math.min(length % (address.width + 1), address.width) }));

function modelHolds(network: Bits, address: Bits): boolean {
  if (network.width !== address.width) return false;
  const size = 1n << BigInt(network.width - network.length!);
  return address.value / size === network.value / size;
}

function edgesOf(network: Bits): Bits[] {
  const { width } = network;
  const size = 1n << BigInt(width - network.length!);
  const first = (network.value / size) * size;
  const last = 1n << BigInt(width);
  return [first - 1n, first, first + size - 1n, first + size]
    .filter((value) => value >= 0n && value < last && (width === 32 || value >> 32n !== 0xffffn))
    .map((value) => ({ width, value }));
}

function textOf({ width, value, length }: Bits): string {
  const part = width === 32 ? 8 : 16;
  const parts: string[] = [];
  for (let shift = width - part; shift >= 0; shift -= part) {
    const number = (value >> BigInt(shift)) & ((1n << BigInt(part)) - 1n);
    parts.push(number.toString(width === 32 ? 10 : 16));
  }
  return parts.join(width === 32 ? '.' : ':') + (length === undefined ? '' : `/${length}`);
}
