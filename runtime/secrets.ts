import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

/** API keys and secrets: made here, shown once, kept as hash or ciphertext. */

const API_KEY_PREFIX = 'kp_live_';
/** How much of a key is shown after the first time: enough to tell one's keys apart, far too little to guess one. */
const SHOWN_CHARACTERS = API_KEY_PREFIX.length + 4;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface NewApiKey {
  /** Shown once, then forgotten. */
  key: string;
  hash: Buffer;
  prefix: string;
}

/** A new product API key: 64 hexadecimal digits behind its prefix (docs/spec/keyport.md §1.3, §13.20). */
export function newApiKey(): NewApiKey {
  const key = API_KEY_PREFIX + randomBytes(32).toString('hex');
  return { key, hash: hashApiKey(key), prefix: key.slice(0, SHOWN_CHARACTERS) };
}

/**
 * What is stored of a key. SHA-256 without salt is enough for 256 random bits, and finding a row by it compares no secret:
 * how long that takes tells only of the hash.
 */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** The same hash as a text, in base64: what a map can be asked for. */
export function apiKeyDigest(key: string): string {
  return hash('sha256', key, 'base64');
}

/** A new secret that signs responses; its UTF-8 text is the HMAC's key (docs/spec/keyport.md §3.7). */
export function newSigningSecret(): string {
  return `sgn_${randomBytes(32).toString('hex')}`;
}

/**
 * Encrypts texts for storage: AES-256-GCM with the first of the configured keys, readable with all of them, so that a key is
 * rotated by putting a new one in front. `context` (the row's id) is authenticated: a ciphertext moved to another row is
 * refused.
 */
export class SecretBox {
  readonly #keys: Map<string, Buffer>;
  readonly #writing: string;

  /** @param keys as `id:base64`, at least one, each id once. @throws when they are not. */
  constructor(keys: readonly string[]) {
    this.#keys = new Map(
      keys.map((each) => {
        const [id, key] = each.split(':');
        return [id!, Buffer.from(key!, 'base64')];
      }),
    );
    // Of two keys with one id only one could read, and nobody would notice until a secret is needed.
    if (this.#keys.size !== keys.length) throw new Error('Two keys have the same id');
    const [first] = this.#keys.keys();
    if (first === undefined) throw new Error('At least one key is needed');
    this.#writing = first;
  }

  /** The id of the key that writes; it stands in front of what is sealed, with a colon behind it. */
  get newestKeyId(): string {
    return this.#writing;
  }

  seal(text: string, context: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keys.get(this.#writing)!, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${this.#writing}:${sealed.toString('base64')}`;
  }

  /** @throws when the key is not configured any more, or the text was changed or moved. */
  open(sealed: string, context: string): string {
    const [id = '', text = '', ...rest] = sealed.split(':');
    const key = this.#keys.get(id);
    if (!key) throw new Error(`A secret was encrypted with the key '${id}', which PLIMSOLL_SECRET_KEYS does not hold`);
    const bytes = Buffer.from(text, 'base64');
    // Compared because decoding passes over what is no base64; measured because a shorter tag is easier to forge.
    if (rest.length > 0 || bytes.toString('base64') !== text || bytes.length < NONCE_BYTES + TAG_BYTES) throw changed();
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch (error) {
      throw changed({ cause: error });
    }
  }
}

function changed(options?: ErrorOptions): Error {
  return new Error('A secret was changed, moved to another row, or encrypted with another key of the same id', options);
}
