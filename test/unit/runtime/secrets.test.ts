import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hashApiKey, newApiKey, newSigningSecret, SecretBox } from '../../../runtime/secrets.ts';

const keyed = (id: string, fill: number) => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const OLD = keyed('old', 1);
const NEW = keyed('new', 2);

describe('a product API key', () => {
  test('is kp_live_ and 64 hexadecimal digits, of which four are shown again (§1.3, §13.20)', () => {
    const { key, prefix } = newApiKey();
    expect(key).toMatch(/^kp_live_[0-9a-f]{64}$/);
    expect(prefix).toBe(key.slice(0, 12));
  });

  test('is stored as its SHA-256', () => {
    const { key, hash } = newApiKey();
    expect(hash).toEqual(createHash('sha256').update(key, 'utf8').digest());
    expect(hash).toEqual(hashApiKey(key));
  });

  test('is another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, () => newApiKey().key))).toHaveLength(100);
  });

  test('is found by the hash of whatever was sent, of any length', () => {
    expect(hashApiKey('')).toHaveLength(32);
    expect(hashApiKey('é'.repeat(10_000))).toHaveLength(32);
    expect(hashApiKey('é')).toEqual(createHash('sha256').update(Buffer.from('é', 'utf8')).digest());
  });
});

describe('a signing secret', () => {
  test('is 256 random bits as text, another one each time', () => {
    const secrets = Array.from({ length: 100 }, () => newSigningSecret());
    for (const secret of secrets) expect(secret).toMatch(/^sgn_[0-9a-f]{64}$/);
    expect(new Set(secrets)).toHaveLength(100);
  });
});

describe('a sealed secret', () => {
  const box = new SecretBox([NEW, OLD]);

  test.each(['sgn_secret', '', 'ünïcödé \u{1f511}', 'x'.repeat(100_000)])('opens to what it was: %#', (text) => {
    expect(box.open(box.seal(text, 'row-1'), 'row-1')).toBe(text);
  });

  test('names its key and shows nothing else', () => {
    expect(box.seal('sgn_secret', 'row-1')).toMatch(/^new:[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(box.seal('sgn_secret', 'row-1').split(':')[1]!, 'base64').includes('sgn_secret')).toBe(false);
  });

  test('is another text each time: no nonce is used twice', () => {
    const nonces = Array.from({ length: 1_000 }, () => {
      const sealed = Buffer.from(box.seal('sgn_secret', 'row-1').split(':')[1]!, 'base64');
      return sealed.subarray(0, 12).toString('hex');
    });
    expect(new Set(nonces)).toHaveLength(1_000);
  });

  test('is written with the first key and read with every one', () => {
    const before = new SecretBox([OLD]).seal('sgn_secret', 'row-1');
    expect(before.startsWith('old:')).toBe(true);
    expect(box.open(before, 'row-1')).toBe('sgn_secret');
    expect(new SecretBox([OLD, NEW]).open(box.seal('sgn_secret', 'row-1'), 'row-1')).toBe('sgn_secret');
  });

  test('is refused once its key is removed, and the key is named', () => {
    const before = new SecretBox([OLD]).seal('sgn_secret', 'row-1');
    expect(() => new SecretBox([NEW]).open(before, 'row-1')).toThrow(
      "A secret was encrypted with the key 'old', which PLIMSOLL_SECRET_KEYS does not hold",
    );
  });

  test('is refused with another key of the same id', () => {
    const before = new SecretBox([OLD]).seal('sgn_secret', 'row-1');
    expect(() => new SecretBox([keyed('old', 3)]).open(before, 'row-1')).toThrow('A secret was changed');
  });

  test("is refused in another row's place", () => {
    const sealed = box.seal('sgn_secret', 'row-1');
    for (const context of ['row-2', 'row-', 'row-11', '']) {
      expect(() => box.open(sealed, context)).toThrow('moved to another row');
    }
  });

  test('is refused when any character of it was changed, added or taken away', () => {
    const sealed = box.seal('sgn_secret', 'row-1');
    for (let i = 0; i < sealed.length; i += 1) {
      const other = sealed[i] === 'A' ? 'B' : 'A';
      expect(() => box.open(sealed.slice(0, i) + other + sealed.slice(i + 1), 'row-1')).toThrow(/^A secret was/);
      expect(() => box.open(sealed.slice(0, i) + sealed.slice(i + 1), 'row-1')).toThrow(/^A secret was/);
      expect(() => box.open(`${sealed.slice(0, i)}!${sealed.slice(i)}`, 'row-1')).toThrow(/^A secret was/);
    }
    for (const added of ['=', 'AAAA', ' ', '\n', ':', ':AAAA']) {
      expect(() => box.open(sealed + added, 'row-1')).toThrow(/^A secret was/);
    }
  });

  test('is refused as a piece, down to nothing: a short tag would be easy to forge', () => {
    const bytes = Buffer.from(box.seal('', 'row-1').split(':')[1]!, 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      const piece = bytes.subarray(0, length).toString('base64');
      expect(() => box.open(`new:${piece}`, 'row-1')).toThrow(/^A secret was changed/);
    }
    // A tag of four bytes that is right: whoever can try 2^32 of them finds it.
    const nonce = randomBytes(4);
    const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32, 2), nonce, { authTagLength: 4 });
    cipher.setAAD(Buffer.from('row-1')).final();
    const forged = Buffer.concat([nonce, cipher.getAuthTag()]);
    expect(() => box.open(`new:${forged.toString('base64')}`, 'row-1')).toThrow(/^A secret was changed/);
  });

  test.each(['', ':', 'new', 'new:', 'sgn_secret', '__proto__:AAAA'])('is not %j', (text) => {
    expect(() => box.open(text, 'row-1')).toThrow(/^A secret was/);
  });

  test('tells neither itself nor a key when it is refused', () => {
    const sealed = box.seal('sgn_secret', 'row-1');
    try {
      box.open(sealed, 'row-2');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(sealed.slice(4));
      expect(String(error)).not.toContain('sgn_secret');
      expect((error as Error).cause).toBeInstanceOf(Error);
    }
  });
});

describe('a box for secrets', () => {
  test('needs a key', () => {
    expect(() => new SecretBox([])).toThrow('At least one key is needed');
  });

  test('refuses two keys of one id: one of them could never be read with', () => {
    expect(() => new SecretBox([NEW, keyed('new', 3)])).toThrow('Two keys have the same id');
  });
});
