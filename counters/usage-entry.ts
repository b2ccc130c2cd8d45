import type { ValidationStatus } from '../domain/validation/verdict.ts';

/** What became of a counted call. */
export type UsageStatus = ValidationStatus | 'invalid_request' | 'lookup' | 'lookup_not_found';

/** What is known of a counted call. Texts that a caller chose are cut and cleaned: they end in columns and indexes. */
export interface UsageFacts {
  licenseId: string | null;
  ip: string | null;
  version: string | null;
  deviceId: string | null;
}

/** A call as it is counted. `status` is `null` while it is unknown; then `callId` names the call, and its verdict follows. */
export interface CountedCall extends UsageFacts {
  callId: string | null;
  /** Epoch milliseconds, the clock of whoever counts. */
  atMs: number;
  productId: string;
  periodKey: string;
  cost: number;
  status: UsageStatus | null;
}

/** The verdict of a call that was counted before it was known; `atMs` as it was counted. */
export interface LateVerdict extends UsageFacts {
  callId: string;
  atMs: number;
  productId: string;
  status: UsageStatus;
}

const MOST_CHARACTERS = 100;

/** One field `c` of the usage stream. */
export function countedJson(call: CountedCall): string {
  const { callId, atMs, productId, periodKey, cost, licenseId, ip, version, deviceId, status } = call;
  return JSON.stringify([
    callId,
    atMs,
    productId,
    periodKey,
    cost,
    licenseId,
    ip,
    clean(version),
    clean(deviceId),
    status,
  ]);
}

/** One field `v` of the usage stream. */
export function verdictJson(verdict: LateVerdict): string {
  const { callId, atMs, productId, licenseId, ip, version, deviceId, status } = verdict;
  return JSON.stringify([callId, atMs, productId, licenseId, ip, clean(version), clean(deviceId), status]);
}

/** Postgres takes no NUL, and half a surrogate pair is no character. */
function clean(text: string | null): string | null {
  if (text === null) return null;
  return text.slice(0, MOST_CHARACTERS).toWellFormed().replaceAll('\0', '\ufffd');
}
