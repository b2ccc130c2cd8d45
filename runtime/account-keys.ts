import { hash, hkdfSync } from 'node:crypto';

/** Who signs in: people to the dashboard, customers to the portal. */
export type AccountAudience = 'dashboard' | 'portal';

/**
 * A key of one audience's own, made from a configured one (`id:base64`). The library of accounts numbers its keys: a number made of the
 * key's id stays with it when others come and go. The first signs cookies and links, and encrypts; all open what was encrypted.
 */
export function accountKey(key: string, audience: AccountAudience): { version: number; value: string } {
  const [id = '', secret = ''] = key.split(':');
  const derived = hkdfSync('sha256', Buffer.from(secret, 'base64'), '', `plimsoll accounts ${audience}`, 32);
  return {
    version: hash('sha256', id, 'buffer').readUInt32BE() >>> 1,
    value: Buffer.from(derived).toString('base64url'),
  };
}
