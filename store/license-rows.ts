import type { JsonObject } from '../domain/validation/facts.ts';
import type { VersionPin } from '../domain/validation/versions.ts';

/** A licence as it is stored; times are epoch milliseconds. */
export interface LicenseRow {
  id: string;
  organization_id: string;
  product_id: string;
  customer_id: string;
  license_key: string;
  status: 'active' | 'revoked';
  expires_at: number | null;
  max_ips: number | null;
  notes: string | null;
  version_pin_mode: 'exact' | 'range' | null;
  version_pinned: string | null;
  version_range_min: string | null;
  version_range_max: string | null;
  custom_override: JsonObject | null;
}

/** The version or the range that a licence is held to (docs/spec/keyport.md §5.3). */
export function toPin(row: LicenseRow): VersionPin | null {
  if (row.version_pin_mode === 'range')
    return { mode: 'range', min: row.version_range_min, max: row.version_range_max };
  return row.version_pinned === null ? null : { mode: 'exact', version: row.version_pinned };
}
