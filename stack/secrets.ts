import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { formatEnv, parseEnv, readText, writePrivate } from './home.ts';

export interface Secrets {
  PLIMSOLL_SECRET_KEYS: string;
  PLIMSOLL_AUDIT_KEYS: string;
  POSTGRES_PASSWORD: string;
  REDIS_PASSWORD: string;
}

/**
 * The home's secrets, made once and kept in `secrets` (0600). Without PLIMSOLL_SECRET_KEYS nothing that it encrypted can be
 * read again, without PLIMSOLL_AUDIT_KEYS no signature of the audit log be verified: the file belongs into every backup of the home.
 */
export function homeSecrets(home: string): Secrets {
  const path = join(home, 'secrets');
  const kept = parseEnv(readText(path) ?? '');
  const secrets: Secrets = {
    PLIMSOLL_SECRET_KEYS: kept['PLIMSOLL_SECRET_KEYS'] || `k1:${randomBytes(32).toString('base64')}`,
    PLIMSOLL_AUDIT_KEYS: kept['PLIMSOLL_AUDIT_KEYS'] || `a1:${randomBytes(32).toString('base64')}`,
    POSTGRES_PASSWORD: kept['POSTGRES_PASSWORD'] || randomBytes(24).toString('hex'),
    REDIS_PASSWORD: kept['REDIS_PASSWORD'] || randomBytes(24).toString('hex'),
  };
  writePrivate(path, formatEnv({ ...secrets }));
  return secrets;
}
