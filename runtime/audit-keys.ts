import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** A key as everybody may see it. */
export interface AuditPublicKey {
  id: string;
  /** The 32 bytes of an ed25519 public key (RFC 8032), in base64. */
  publicKey: string;
  /** Whether new heads are signed with it. */
  signs: boolean;
}

// What DER (RFC 8410) has in front of the 32 bytes of a seed and of a public key.
const SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The keys that sign heads of the audit log (docs/audit.md): the first seed signs, all of them verify. */
export class AuditKeys {
  readonly #keys = new Map<string, KeyObject>();
  readonly #signing: { id: string; key: KeyObject } | undefined;

  /** @param keys as `id:seed` or `id:pub:key`, each 32 bytes in base64, each id once; there may be none. @throws when they are not */
  constructor(keys: readonly string[]) {
    for (const each of keys) {
      const [id = '', ...rest] = each.split(':');
      const isPublic = rest[0] === 'pub';
      const bytes = Buffer.from(rest.at(-1) ?? '', 'base64');
      if (bytes.length !== 32) throw new Error(`The key '${id}' is not 32 bytes in base64`);
      if (this.#keys.has(id)) throw new Error('Two keys have the same id');
      if (isPublic) {
        this.#keys.set(
          id,
          createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes]), format: 'der', type: 'spki' }),
        );
        continue;
      }
      const key = createPrivateKey({ key: Buffer.concat([SEED_PREFIX, bytes]), format: 'der', type: 'pkcs8' });
      this.#keys.set(id, createPublicKey(key));
      this.#signing ??= { id, key };
    }
  }

  /** What signs; `undefined` where there is no seed. `sign` takes a text, and gives base64. */
  get signing(): { id: string; sign: (text: string) => string } | undefined {
    const signing = this.#signing;
    return signing && { id: signing.id, sign: (text) => sign(null, Buffer.from(text), signing.key).toString('base64') };
  }

  /** Whether the key of this id has signed the text; `undefined` where none has that id. */
  readonly verify = (keyId: string, text: string, signature: string): boolean | undefined => {
    const key = this.#keys.get(keyId);
    const bytes = Buffer.from(signature, 'base64');
    // Decoding passes over what is no base64: a signature is one text, not many.
    return key && bytes.toString('base64') === signature && verify(null, Buffer.from(text), key, bytes);
  };

  /** In the order of the configuration. */
  get publicKeys(): AuditPublicKey[] {
    return [...this.#keys].map(([id, key]) => ({
      id,
      publicKey: key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length).toString('base64'),
      signs: id === this.#signing?.id,
    }));
  }
}
