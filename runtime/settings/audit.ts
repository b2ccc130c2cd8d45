import { asList, listOf, matching, setting } from './setting.ts';

/** Settings of the audit log (docs/audit.md). */
export const AUDIT_SETTINGS = {
  auditKeys: setting({
    variable: 'PLIMSOLL_AUDIT_KEYS',
    takes: auditKeys,
    fallback: '',
    text: asList,
    secret: true,
    accepts:
      'id:seed or id:pub:key, separated by commas; each 32 bytes in base64 (`openssl rand -base64 32` makes a seed), the id letters and ' +
      'digits, no two ids alike',
    meaning:
      'Keys (ed25519) that sign the heads of the audit log each hour. The first seed signs; signatures of all of them verify, also by ' +
      'those of which only the public key is given: to rotate, put a new one in front. Without any, heads are not signed. `bin/up` makes ' +
      'one and keeps it in its home.',
  }),
} as const;

function auditKeys(value: unknown): value is string[] {
  const isKey = matching(/^[A-Za-z0-9]{1,32}:(?:pub:)?[A-Za-z0-9+/]{43}=$/);
  if (!listOf(isKey, 0, 16)(value)) return false;
  return new Set(value.map((key) => key.split(':')[0])).size === value.length;
}
