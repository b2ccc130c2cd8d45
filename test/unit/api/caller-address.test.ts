import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ConnectionLost } from '../../../api/body.ts';
import { createCallerAddress, siteOf } from '../../../api/caller-address.ts';

const TRUSTED = ['10.0.0.0/8', '192.0.2.10', '2001:db8:a::/48'];

/** The address of whoever calls from `peer` with `X-Forwarded-For` as it arrives. */
function addressOf(peer: string | undefined, forwarded?: string | string[], trusted: readonly string[] = TRUSTED) {
  // Node joins a repeated header with a comma and a blank.
  const header = Array.isArray(forwarded) ? forwarded.join(', ') : forwarded;
  const headers = header === undefined ? {} : { 'x-forwarded-for': header };
  return createCallerAddress(trusted)({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);
}

describe('the address of a caller', () => {
  test.each<[behaviour: string, peer: string, forwarded: string | string[] | undefined, address: string]>([
    ['is the peer', '198.51.100.7', undefined, '198.51.100.7'],
    ['is a peer that is no proxy, whatever it says of itself', '198.51.100.7', '203.0.113.5', '198.51.100.7'],
    ['is a peer that only claims to come through a proxy', '198.51.100.7', '203.0.113.5, 10.0.0.1', '198.51.100.7'],
    ['is a trusted proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['is a trusted proxy whose header is empty', '10.0.0.1', '', '10.0.0.1'],
    ['is what a trusted proxy says', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['is what a single trusted address says', '192.0.2.10', '203.0.113.5', '203.0.113.5'],
    ['is the peer beside a single trusted address', '192.0.2.11', '203.0.113.5', '192.0.2.11'],
    ['is found through a chain of trusted proxies', '10.0.0.1', '203.0.113.5, 10.0.0.3, 10.0.0.2', '203.0.113.5'],
    ['is the first from the right that is not trusted', '10.0.0.1', '1.1.1.1, 203.0.113.5, 10.0.0.2', '203.0.113.5'],
    ['is not what the caller wrote to the left', '10.0.0.1', '127.0.0.1, 203.0.113.5', '203.0.113.5'],
    ['is not a trusted address that the caller wrote to the left', '10.0.0.1', '10.9.9.9, 203.0.113.5', '203.0.113.5'],
    ['is the leftmost where all are trusted', '10.0.0.1', '10.0.0.4, 10.0.0.3', '10.0.0.4'],
    ['is found in repeated headers, in their order', '10.0.0.1', ['1.1.1.1', '203.0.113.5', '10.0.0.2'], '203.0.113.5'],
    ['is found without blanks', '10.0.0.1', '1.1.1.1,203.0.113.5,10.0.0.2', '203.0.113.5'],
    ['is found with many blanks and tabs', '10.0.0.1', ' \t203.0.113.5\t ', '203.0.113.5'],
    ['has no port', '10.0.0.1', '203.0.113.5:4711', '203.0.113.5'],
    ['has no brackets', '10.0.0.1', '[2001:db8::7]', '2001:db8::7'],
    ['has neither brackets nor port', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['is IPv6 in its one spelling', '10.0.0.1', '2001:0DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['is IPv4 where it is mapped', '10.0.0.1', '::ffff:203.0.113.5', '203.0.113.5'],
    ['is IPv4 where the peer is mapped', '::ffff:198.51.100.7', undefined, '198.51.100.7'],
    ['is found behind a trusted peer that is mapped', '::ffff:10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['is found behind a trusted hop that is mapped', '10.0.0.1', '203.0.113.5, ::ffff:10.0.0.2', '203.0.113.5'],
    ['is found behind trusted IPv6 proxies', '2001:db8:a::1', '2001:db8::7, [2001:db8:a::2]:80', '2001:db8::7'],
    ['is a peer of IPv6 that is not trusted', '2001:db8:b::1', '203.0.113.5', '2001:db8:b::1'],
    ['is that of the loopback', '::1', undefined, '::1'],
  ])('%s', (_behaviour, peer, forwarded, address) => {
    expect(addressOf(peer, forwarded)).toBe(address);
  });

  // A proxy that hands on what it can't read says nothing about the caller: the proxy itself is the last that is known.
  test.each([
    'unknown',
    '_hidden',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '0x7f.0.0.1',
    '2130706433',
    '127.1',
    '203.0.113.5/32',
    '203.0.113.5:port',
    '203.0.113.5:123456',
    '[203.0.113.5',
    '2001:db8::7]:80',
    '[]',
    ':80',
    '2001:db8::7::1',
    'for=203.0.113.5',
    '"203.0.113.5"',
    '203.0.113.5 evil',
    '\u0000',
    '<script>',
    ',',
    '203.0.113.5,',
    'a'.repeat(10_000),
  ])('is the proxy that passed on %j', (garbage) => {
    expect(addressOf('10.0.0.1', garbage)).toBe('10.0.0.1');
    expect(addressOf('10.0.0.1', `1.1.1.1, ${garbage}, 10.0.0.2`)).toBe('10.0.0.2');
  });

  test('is the peer where no proxy is trusted, even from this machine', () => {
    for (const peer of ['127.0.0.1', '10.0.0.1', '::1']) expect(addressOf(peer, '203.0.113.5', [])).toBe(peer);
  });

  test('is what the leftmost says where every IPv4 address is trusted', () => {
    expect(addressOf('198.51.100.7', '203.0.113.5, 1.1.1.1', ['0.0.0.0/0'])).toBe('203.0.113.5');
  });

  test('is found in a chain of a thousand', () => {
    const chain = ['203.0.113.5', ...Array.from({ length: 1_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)];
    expect(addressOf('10.0.0.1', chain)).toBe('203.0.113.5');
  });

  test('is never made up: a connection whose peer is not known any more is lost', () => {
    expect(() => addressOf(undefined, '203.0.113.5')).toThrow(ConnectionLost);
    expect(() => addressOf('')).toThrow(ConnectionLost);
  });
});

describe('the site of a caller', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
  ])('of %s is %s: what one customer of a provider has', (address, site) => {
    expect(siteOf(address)).toBe(site);
  });
});
