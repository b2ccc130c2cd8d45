import { describe, expect, test } from 'vitest';
import { isSignature, type SignedHead, signatureFault, signHead } from '../../../domain/audit/signature.ts';
import { AuditKeys } from '../../../runtime/audit-keys.ts';

// RFC 8032 §7.1, test 2: its seed, its public key, and its signature of one byte.
const SEED = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex').toString('base64');
const PUBLIC = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex').toString(
  'base64',
);
const OF_BYTE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

const HEAD: SignedHead = {
  type: 'signature',
  version: 1,
  organization_id: null,
  seq: 7,
  hash: 'ab'.repeat(32),
  signed_at: '2026-03-02T03:00:00.000Z',
  key_id: 'a1',
};

describe('keys of the audit log', () => {
  test('are those of RFC 8032: public key and signature', () => {
    const keys = new AuditKeys([`a1:${SEED}`]);
    expect(keys.publicKeys).toEqual([{ id: 'a1', publicKey: PUBLIC, signs: true }]);
    expect(keys.signing!.sign('\u0072')).toBe(Buffer.from(OF_BYTE, 'hex').toString('base64'));
  });

  test('sign with the first seed, and verify with all, those of which only the public part is given included', () => {
    const old = new AuditKeys([`a1:${SEED}`]);
    const keys = new AuditKeys([`a1:pub:${PUBLIC}`, `a2:${Buffer.alloc(32, 2).toString('base64')}`, `a3:${SEED}`]);
    expect(keys.signing!.id).toBe('a2');
    expect(keys.publicKeys.map(({ id, signs }) => [id, signs])).toEqual([
      ['a1', false],
      ['a2', true],
      ['a3', false],
    ]);
    expect(keys.verify('a1', 'text', old.signing!.sign('text'))).toBe(true);
    expect(keys.verify('a2', 'text', old.signing!.sign('text'))).toBe(false);
    expect(keys.verify('a4', 'text', old.signing!.sign('text'))).toBeUndefined();
    expect(keys.verify('a1', 'text', `${old.signing!.sign('text')}\n`)).toBe(false);
  });

  test('may be none, or public alone: nothing signs then', () => {
    expect(new AuditKeys([]).signing).toBeUndefined();
    expect(new AuditKeys([`a1:pub:${PUBLIC}`]).signing).toBeUndefined();
  });

  test('of one id, or of another length, are refused', () => {
    expect(() => new AuditKeys([`a1:${SEED}`, `a1:pub:${PUBLIC}`])).toThrow('the same id');
    expect(() => new AuditKeys(['a1:pub:AAAA'])).toThrow('32 bytes');
  });
});

describe('a signed head', () => {
  const keys = new AuditKeys([`a1:${SEED}`]);

  test('is signed over the canonical JSON of all its other fields', () => {
    let text = '';
    const signed = signHead(HEAD, (each) => {
      text = each;
      return 'made';
    });
    expect(text).toBe(
      `{"hash":"${'ab'.repeat(32)}","key_id":"a1","organization_id":null,"seq":7,"signed_at":"2026-03-02T03:00:00.000Z","type":"signature","version":1}`,
    );
    expect(signed).toEqual({ ...HEAD, signature: 'made' });
    expect([isSignature(signed), isSignature({ seq: 1 })]).toEqual([true, false]);
  });

  test.each([
    { organization_id: '00000000-0000-4000-8000-000000000001' },
    { seq: 8 },
    { hash: 'ac'.repeat(32) },
    { signed_at: '2026-03-02T03:00:00.001Z' },
    { version: 2 as 1 },
    { another: 'field' },
  ])('with %o instead is no longer what was signed', (change) => {
    const signed = signHead(HEAD, keys.signing!.sign);
    expect(signatureFault(signed, keys.verify)).toBeUndefined();
    expect(signatureFault({ ...signed, ...change }, keys.verify)).toBe('signature_changed');
  });

  test('that names a key which nobody knows says so', () => {
    const signed = signHead({ ...HEAD, key_id: 'a2' }, keys.signing!.sign);
    expect(signatureFault(signed, keys.verify)).toBe('unknown_key');
  });
});
