import { describe, expect, test } from 'vitest';
import { formatLicenseKey, LICENSE_KEY_BYTES, LICENSE_KEY_LENGTH } from '../../../domain/validation/license-key.ts';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'.split('');

describe('a licence key (§4.1)', () => {
  test('is four groups of four symbols joined by hyphens, in the order of its bytes', () => {
    const key = formatLicenseKey(Uint8Array.from({ length: 16 }, (_, i) => i));
    expect(key).toBe('ABCD-EFGH-JKLM-NPQR');
    expect(key).toHaveLength(LICENSE_KEY_LENGTH);
    expect(formatLicenseKey(Uint8Array.from({ length: 16 }, (_, i) => i + 16))).toBe('STUV-WXYZ-2345-6789');
  });

  test('has the form for all bytes alike', () => {
    for (const byte of [0, 31, 32, 127, 128, 255]) {
      expect(formatLicenseKey(new Uint8Array(16).fill(byte))).toMatch(/^([A-Z2-9])\1{3}(-\1{4}){3}$/);
    }
  });

  test('favours no symbol: of the 256 values of a byte each of the 32 symbols has 8, in every place', () => {
    for (let place = 0; place < LICENSE_KEY_BYTES; place += 1) {
      const counts = new Map<string, number>();
      for (let value = 0; value < 256; value += 1) {
        const random = new Uint8Array(LICENSE_KEY_BYTES);
        random[place] = value;
        const symbol = formatLicenseKey(random).replaceAll('-', '')[place]!;
        counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
      }
      expect(counts).toEqual(new Map(ALPHABET.map((symbol) => [symbol, 8])));
    }
  });

  test('keeps its bits: different bytes in any one place are a different key', () => {
    const zero = formatLicenseKey(new Uint8Array(16));
    for (let place = 0; place < 16; place += 1) {
      const random = new Uint8Array(16);
      random[place] = 1;
      expect(formatLicenseKey(random)).not.toBe(zero);
    }
  });

  test('has no two symbols that are mistaken for one another, and nothing in small letters', () => {
    const written = [0, 16]
      .map((first) => formatLicenseKey(Uint8Array.from({ length: 16 }, (_, i) => first + i)))
      .join();
    expect(written).not.toMatch(/[0O1Ia-z]/);
  });

  test.each([0, 15, 17, 32])('is refused from %i bytes', (length) => {
    expect(() => formatLicenseKey(new Uint8Array(length))).toThrow(`Takes 16 bytes, got ${length}`);
  });
});
