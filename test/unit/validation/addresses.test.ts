import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalAddress, normalNetwork } from '../../../domain/validation/addresses.ts';

const SEED = 20261121;

describe('an address (§6.1)', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', 'stays'],
    ['0.0.0.0', '0.0.0.0', 'stays'],
    ['255.255.255.255', '255.255.255.255', 'stays'],
    ['2001:DB8::A', '2001:db8::a', 'is written small'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1', 'is written short'],
    ['2001:0db8::0001', '2001:db8::1', 'has no leading zeros'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1', 'is shortened where most zeros are'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'is shortened at the first of two equals'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8', 'is not shortened for a single zero'],
    ['0:0:0:0:0:0:0:0', '::', 'may be nothing but zeros'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'is IPv4 when it is mapped'],
    ['::FFFF:c000:201', '192.0.2.1', 'is IPv4 when it is mapped, in hexadecimal too'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1', 'is IPv4 when it is mapped, in full too'],
    ['::192.0.2.1', '::c000:201', 'is no IPv4 when it is merely compatible'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201', 'is no IPv4 when it is translated'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201', 'is no IPv4 behind a gateway'],
    ['fe80::1%eth0', 'fe80::1', 'loses its zone'],
    ['fe80::1%3', 'fe80::1', 'loses its zone'],
  ])('%s is %s: it %s', (text, normal) => {
    expect(normalAddress(text)).toBe(normal);
    expect(normalAddress(normal)).toBe(normal);
  });

  test.each([
    ['127.1', 'shorthand'],
    ['127.0.1', 'shorthand'],
    ['2130706433', 'one number'],
    ['0x7f.0.0.1', 'hexadecimal'],
    ['010.0.0.1', 'a leading zero'],
    ['10.0.0.01', 'a leading zero'],
    ['::ffff:010.0.0.1', 'a leading zero behind colons'],
    ['::ffff:0x7f.0.0.1', 'hexadecimal behind colons'],
    ['::ffff:127.1', 'shorthand behind colons'],
    ['::ffff:256.0.0.1', 'a number above 255 behind colons'],
    ['256.0.0.1', 'a number above 255'],
    ['1.2.3', 'three numbers'],
    ['1.2.3.4.5', 'five numbers'],
    ['1.2.3.', 'a missing number'],
    ['1.2.3.-4', 'a sign'],
    ['1.2.3.4%eth0', 'a zone on IPv4'],
    [' 1.2.3.4', 'a space before'],
    ['1.2.3.4 ', 'a space after'],
    ['1.2.3.4\n', 'a line feed'],
    ['1.2.3.4\0', 'a NUL byte'],
    ['::1 ', 'a space after'],
    [' ::1', 'a space before'],
    ['fe80::1%', 'an empty zone'],
    ['fe80::1%a%b', 'two zones'],
    ['fe80::1%a b', 'a space in the zone'],
    ['%eth0', 'nothing but a zone'],
    ['%1.2.3.4', 'a zone that is an address'],
    ['[::1]', 'brackets'],
    ['1.2.3.4:80', 'a port'],
    ['1.2.3.4/32', 'a length'],
    ['1::2::3', 'two gaps'],
    ['1:2:3:4:5:6:7', 'seven groups'],
    ['1:2:3:4:5:6:7:8:9', 'nine groups'],
    ['1:2:3:4:5:6:7:1.2.3.4', 'seven groups and four numbers'],
    ['12345::', 'a group of five digits'],
    ['::00001', 'a group of five digits'],
    ['::g', 'a letter that is no digit'],
    [':::', 'three colons'],
    [':', 'one colon'],
    ['١.٢.٣.٤', 'digits of another script'],
    ['localhost', 'a name'],
    ['', 'nothing'],
    ['0'.repeat(100_000), 'a hundred thousand zeros'],
    [`::${'f:'.repeat(50_000)}`, 'fifty thousand groups'],
  ])('%j is none: %s', (text) => {
    expect(normalAddress(text)).toBeUndefined();
    expect(normalNetwork(text === '1.2.3.4/32' ? '1.2.3.4/32/32' : text)).toBeUndefined();
  });

  test(`is one if and only if the platform says so (seed ${SEED})`, () => {
    // Pieces that go together often enough, and often almost.
    const piece = fc.constantFrom(
      '0',
      '1',
      '9',
      'f',
      'ffff',
      '255',
      '256',
      '01',
      '12345',
      ':',
      '::',
      ':',
      '::',
      '.',
      '.',
    );
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
      fc.tuple(fc.array(piece, { maxLength: 6 }), fc.ipV4()).map(([pieces, ip]) => pieces.join('') + ip),
      fc
        .tuple(fc.constantFrom('::', '::ffff:', '1:2:3:4:5:6:', '::1:', '0:'), fc.ipV4())
        .map((parts) => parts.join('')),
    );
    let addresses = 0;
    fc.assert(
      fc.property(text, (each) => {
        addresses += Number(isIP(each) !== 0);
        expect(normalAddress(each) !== undefined).toBe(isIP(each) !== 0);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
    expect(addresses).toBeGreaterThan(500);
  });
});

describe('a network (§6.1)', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', 'stays'],
    ['10.1.2.3/8', '10.0.0.0/8', 'loses its host bits'],
    ['192.0.2.255/25', '192.0.2.128/25', 'loses its host bits within a byte'],
    ['192.0.2.255/31', '192.0.2.254/31', 'loses its last bit'],
    ['255.255.255.255/1', '128.0.0.0/1', 'may have one bit'],
    ['1.2.3.4/0', '0.0.0.0/0', 'may be everything'],
    ['192.0.2.1/32', '192.0.2.1', 'is an address when it has all bits'],
    ['192.0.2.1', '192.0.2.1', 'may be an address'],
    ['2001:DB8::1/32', '2001:db8::/32', 'may be IPv6'],
    ['2001:db8:ffff:ffff::/33', '2001:db8:8000::/33', 'loses its host bits within a group'],
    ['ffff::/0', '::/0', 'may be everything'],
    ['2001:db8::1/128', '2001:db8::1', 'is an address when it has all bits'],
    ['2001:db8::1', '2001:db8::1', 'may be an address'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8', 'is IPv4 when it is mapped'],
    ['::ffff:10.1.2.3/96', '0.0.0.0/0', 'is all of IPv4 when it is all of what is mapped'],
    ['::ffff:10.1.2.3/128', '10.1.2.3', 'is an address when it has all bits'],
    ['::ffff:10.1.2.3', '10.1.2.3', 'is an address when it is mapped'],
    ['::ffff:a01:203/104', '10.0.0.0/8', 'is IPv4 when it is mapped, in hexadecimal too'],
    ['::10.1.2.3/104', '::a00:0/104', 'is no IPv4 when it is merely compatible'],
  ])('%s is %s: it %s', (text, normal) => {
    expect(normalNetwork(text)).toBe(normal);
    expect(normalNetwork(normal)).toBe(normal);
  });

  test.each([
    ['10.0.0.0/33', 'too long for IPv4'],
    ['2001:db8::/129', 'too long for IPv6'],
    ['2001:db8::/1000', 'too long for anything'],
    ['::ffff:10.0.0.0/95', 'mapped, and reaching beyond what is'],
    ['::ffff:10.0.0.0/8', 'mapped, with the length of IPv4'],
    ['::ffff:10.0.0.0/129', 'mapped and too long'],
    ['10.0.0.0/-1', 'a sign'],
    ['10.0.0.0/+8', 'a sign'],
    ['10.0.0.0/08', 'a leading zero'],
    ['10.0.0.0/8.0', 'a fraction'],
    ['10.0.0.0/1e1', 'an exponent'],
    ['10.0.0.0/0x8', 'hexadecimal'],
    ['10.0.0.0/', 'no length'],
    ['10.0.0.0/8/8', 'two lengths'],
    ['10.0.0.0/255.0.0.0', 'a mask'],
    ['10.0.0.0/ 8', 'a space'],
    ['10.0.0.0 /8', 'a space'],
    [' 10.0.0.0/8', 'a space before'],
    ['10.0.0.0/8 ', 'a space after'],
    ['10.0.0.0/8\n', 'a line feed'],
    ['10/8', 'shorthand'],
    ['10.0/16', 'shorthand'],
    ['010.0.0.0/8', 'a leading zero in the address'],
    ['/8', 'no address'],
    ['/', 'neither'],
    ['fe80::%eth0/64', 'a zone'],
    ['fe80::1%eth0', 'a zone'],
    ['10.0.0.0-10.0.0.9', 'a range'],
    ['10.*', 'a pattern'],
  ])('%j is none: %s', (text) => {
    expect(normalNetwork(text)).toBeUndefined();
  });
});
