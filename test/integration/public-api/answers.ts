import { expect } from 'vitest';

/** The ten fields of a validation's answer, in their order (docs/spec/keyport.md §3.3). */
export const VALIDATE_FIELDS = [
  'valid',
  'status',
  'expires',
  'ip_registered',
  'ip_count',
  'max_ips',
  'version',
  'version_valid',
  'custom',
  'signature',
];

/** The 22 fields of a look-up's answer, in their order (docs/spec/keyport.md §3.6). */
export const LOOKUP_FIELDS = [
  'id',
  'organization_id',
  'product_id',
  'global_customer_id',
  'license_key',
  'status',
  'expires_at',
  'is_lifetime',
  'ip_system_enabled',
  'max_ips',
  'current_unique_ip_count',
  'notes',
  'version_pin_mode',
  'version_pinned',
  'version_range_min',
  'version_range_max',
  'revoked_at',
  'created_at',
  'updated_at',
  'customer_email',
  'customer_name',
  'customer_discord_id',
];

/** The members of an answer in the order in which they were sent; the text must be compact JSON that names none twice. */
export function fieldsOf(text: string): string[] {
  const body: unknown = JSON.parse(text);
  expect(JSON.stringify(body)).toBe(text);
  return Object.keys(body as object);
}
