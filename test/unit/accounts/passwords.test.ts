import { describe, expect, test } from 'vitest';
import { COMMON_PASSWORDS, COMMON_WORDS } from '../../../domain/accounts/common-passwords.ts';
import { PASSWORD_LENGTH, passwordFault } from '../../../domain/accounts/passwords.ts';

const EMAIL = 'ann.cooper@example.com';

describe('a password is taken', () => {
  test.each([
    ['of ten characters', 'sbrq zalu '],
    ['of 256 characters', 'ab cd efg '.repeat(25) + 'sixend'],
    ['of lower case alone', 'nine ducks in a row'],
    ['of digits that are no run', '4820195736'],
    ['of characters beyond the basic plane, each counted once', '🦆🦢🐧🦉🦅🐓🦃🦜🕊🐤'],
    ['of another script', 'зелёный чайник'],
    ['that has a common word inside', 'my password is a duck'],
    ['that begins with the name in the address', 'ann.cooper likes ducks'],
  ])('%s', (_what, password) => {
    expect(passwordFault(password, EMAIL)).toBeUndefined();
  });
});

describe('a password is refused', () => {
  test.each([
    ['with nine characters', 'sbrq zalu', 'too_short'],
    ['with nine characters of two units each', '🦆🦢🐧🦉🦅🐓🦃🦜🕊', 'too_short'],
    ['with 257 characters', 'ab cd efg '.repeat(25) + 'sevenen', 'too_long'],
    ['that is common', '1q2w3e4r5t', 'too_common'],
    ['that is common in another case', '1Q2W3E4R5T', 'too_common'],
    ['that is a common word with a year', 'Password2026', 'too_common'],
    ['that is a common word between signs', '!!password!!', 'too_common'],
    ['that is a common word in digits and signs', 'P@55w0rd2026', 'too_common'],
    ['that is a common word with digits in front', '123qwertyuiop', 'too_common'],
    ['of one character', 'aaaaaaaaaaaa', 'too_simple'],
    ['of three characters', 'abcabbcaabca', 'too_simple'],
    ['that counts upwards', 'abcdefghijkl', 'too_simple'],
    ['that counts downwards', '9876543210', 'too_common'],
    ['that counts on beyond nine', '012345678901', 'too_simple'],
    ['that repeats four characters', 'wxyzwxyzwxyz', 'too_simple'],
    ['that repeats and breaks off', 'wxyzwxyzwxyzw', 'too_simple'],
    ['that is the address', EMAIL, 'like_address'],
    ['that is the address in another case', 'Ann.Cooper@Example.com', 'like_address'],
    ['that is the name in the address with a year', 'ann.cooper2026', 'like_address'],
  ])('%s', (_what, password, fault) => {
    expect(passwordFault(password, EMAIL)).toBe(fault);
  });

  test('before the lists are looked at where it is too short, so that each is told what to do', () => {
    expect(passwordFault('password', EMAIL)).toBe('too_short');
  });
});

describe('the lists of common passwords', () => {
  test('are in lower case, and each is refused', () => {
    for (const each of COMMON_PASSWORDS) {
      expect([each, each.toLowerCase() === each, passwordFault(each, null)]).toEqual([each, true, 'too_common']);
      expect(each.length).toBeGreaterThanOrEqual(PASSWORD_LENGTH.least);
    }
    for (const word of COMMON_WORDS) {
      const padded = `${word}${'2026!'.repeat(2)}`;
      expect([word, word.toLowerCase() === word, passwordFault(padded, null)]).toEqual([word, true, 'too_common']);
    }
  });
});
