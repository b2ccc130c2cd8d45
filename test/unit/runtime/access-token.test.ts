import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hashAccessToken, isAccessToken, newAccessToken, newMailToken } from '../../../runtime/access-token.ts';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('an access token', () => {
  test('is prefix, 40 random characters, and 6 of checksum, as SECURITY.md promises to scanners', () => {
    const { token, prefix } = newAccessToken();
    expect(token).toMatch(/^plm_[0-9A-Za-z]{46}$/);
    expect(prefix).toBe(token.slice(0, 8));
    let value = 0;
    for (const digit of token.slice(-6)) value = value * 62 + LETTERS.indexOf(digit);
    expect(value).toBe(crc32(token.slice(0, -6)));
  });

  test('is known by its checksum, and any one slip is not', () => {
    for (let i = 0; i < 50; i += 1) {
      const { token } = newAccessToken();
      expect(isAccessToken(token)).toBe(true);
      const at = 4 + Math.floor(Math.random() * 46);
      const other = LETTERS[(LETTERS.indexOf(token[at]!) + 1) % 62]!;
      expect(isAccessToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
    }
  });

  test.each(['', 'plm_', 'plm_abc', `plm_${'0'.repeat(46)}`, `kp_live_${'0'.repeat(46)}`])('is not %j', (text) => {
    expect(isAccessToken(text)).toBe(false);
  });

  test('with anything around it is none', () => {
    const { token } = newAccessToken();
    for (const text of [` ${token}`, `${token}\n`, `x${token}`, `${token}0`]) expect(isAccessToken(text)).toBe(false);
  });

  test('keeps its checksum for ever: scanners know it', () => {
    expect(isAccessToken('plm_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd@@@@@@')).toBe(false);
    expect(isAccessToken('plm_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd2U7AAV')).toBe(true);
  });

  test('is never twice the same, uses every character, and is found by its hash', () => {
    const tokens = Array.from({ length: 200 }, newAccessToken);
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(200);
    expect(new Set(tokens.flatMap(({ token }) => token.slice(4, 44).split(''))).size).toBe(62);
    for (const { token, hash } of tokens) expect(hashAccessToken(token).equals(hash)).toBe(true);
  });
});

test('what stands in the link of a mail is no access token', () => {
  const { token, hash } = newMailToken();
  expect(token).toMatch(/^[0-9A-Za-z]{40}$/);
  expect(hashAccessToken(token).equals(hash)).toBe(true);
  expect(isAccessToken(token)).toBe(false);
});
