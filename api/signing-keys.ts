import { createSecretKey, type KeyObject } from 'node:crypto';
import type { SecretBox } from '../runtime/secrets.ts';

/** Signing secrets as keys ready for use: a Buffer as HMAC key costs seven times as much a signature. */
export interface SigningKeys {
  /** @param sealed the secret as it is stored @throws when it can't be decrypted */
  keyOf(productId: string, sealed: string): KeyObject;
}

/** So many are kept; a rotated secret is another text, so an old key is never used for it. */
const CAPACITY = 10_000;

export function createSigningKeys(secrets: SecretBox): SigningKeys {
  const keys = new Map<string, KeyObject>();
  return {
    keyOf(productId, sealed) {
      const known = keys.get(sealed);
      if (known) return known;
      const key = createSecretKey(secrets.open(sealed, productId), 'utf8');
      if (keys.size >= CAPACITY) keys.clear();
      keys.set(sealed, key);
      return key;
    },
  };
}
