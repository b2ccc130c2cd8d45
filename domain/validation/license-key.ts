/** 32 symbols that can't be mistaken for one another: no 0 or O, no 1 or I (docs/spec/keyport.md §4.1). */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** How many random bytes a licence key is made of; each gives one symbol, so that all symbols are equally likely. */
export const LICENSE_KEY_BYTES = 16;

/** No key is longer; whatever is, belongs to no licence and need not be looked for. */
export const LICENSE_KEY_LENGTH = 19;

/** A licence key of four groups of four symbols: 80 bits. `random` holds `LICENSE_KEY_BYTES` random bytes. */
export function formatLicenseKey(random: Uint8Array): string {
  if (random.length !== LICENSE_KEY_BYTES)
    throw new RangeError(`Takes ${LICENSE_KEY_BYTES} bytes, got ${random.length}`);
  const symbols = Array.from(random, (byte) => ALPHABET[byte % 32]).join('');
  return symbols.replace(/(.{4})(?=.)/g, '$1-');
}
