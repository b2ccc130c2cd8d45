import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * Access tokens as texts: `plm_`, 40 random characters, and 6 that are a checksum of all before, so that a scanner for leaked
 * secrets can tell one from a text that only looks like it, without asking anybody. Letters and digits alone: a double click
 * selects the whole token. Source: design §8; the form is promised in SECURITY.md.
 */

export const ACCESS_TOKEN_PREFIX = 'plm_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 238 bits. */
const RANDOM_CHARACTERS = 40;
const CHECKSUM_CHARACTERS = 6;
/** How much of a token is shown after the first time: enough to tell one's tokens apart, far too little to guess one. */
const SHOWN_CHARACTERS = ACCESS_TOKEN_PREFIX.length + 4;

const FORM = new RegExp(`^${ACCESS_TOKEN_PREFIX}[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`);

export interface NewAccessToken {
  /** Shown once, then forgotten. */
  token: string;
  hash: Buffer;
  prefix: string;
}

export function newAccessToken(): NewAccessToken {
  const body = ACCESS_TOKEN_PREFIX + randomCharacters(RANDOM_CHARACTERS);
  const token = body + checksumOf(body);
  return { token, hash: hashAccessToken(token), prefix: token.slice(0, SHOWN_CHARACTERS) };
}

/** Whether a text is a token as we make them: what isn't needs no look into the database. */
export function isAccessToken(text: string): boolean {
  return FORM.test(text) && checksumOf(text.slice(0, -CHECKSUM_CHARACTERS)) === text.slice(-CHECKSUM_CHARACTERS);
}

/** What is stored of a token. SHA-256 without salt is enough for 238 random bits, and finding a row by it compares no secret. */
export function hashAccessToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** A secret for a link in a mail, as random as a token and without its form: whoever finds one can do one thing with it. */
export function newMailToken(): { token: string; hash: Buffer } {
  const token = randomCharacters(RANDOM_CHARACTERS);
  return { token, hash: hashAccessToken(token) };
}

/** CRC32 in base62, the most significant digit first, padded with zeros. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_CHARACTERS; i += 1) {
    digits = ALPHABET[rest % ALPHABET.length]! + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** Each as likely as any other. */
function randomCharacters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
