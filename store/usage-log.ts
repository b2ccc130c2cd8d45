import type { Knex } from 'knex';
import { utcDay } from '../domain/plans/periods.ts';
import { type SettledCall, type SettledVerdict, UNKNOWN } from '../domain/usage/tally.ts';
import { column } from './columns.ts';
import { copyInto, copyRow } from './copy.ts';

/** Any number will do, as long as no other program takes it in the same database. */
const PARTITIONS_LOCK = 7_046_002;

/**
 * Makes the day's tables of the log where they are missing, each attached without a lock that readers of the others would notice. A
 * step by itself, before the transaction that needs them; of two at once the second waits.
 * @param days UTC days, `2026-11-21`
 */
export async function ensureLogDays(db: Knex, days: readonly string[]): Promise<void> {
  if (days.length === 0) return;
  await db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?)', [PARTITIONS_LOCK]);
    for (const day of days) {
      const { endsAtMs } = utcDay(Date.parse(day));
      const table = tableOf(day);
      const { rows } = await trx.raw<{ rows: { made: boolean }[] }>('select to_regclass(?) is not null as made', [
        table,
      ]);
      if (rows[0]?.made) continue;
      await trx.raw('create table ?? (like validations including all)', [table]);
      // Bounds must be literals; both were made from a number just now.
      await trx.raw(
        `alter table validations attach partition ?? for values from ('${day} 00:00:00+00') to ('${utcDay(endsAtMs).key} 00:00:00+00')`,
        [table],
      );
    }
  });
}

function tableOf(day: string): string {
  return `validations_${day.replaceAll('-', '')}`;
}

const LOG = {
  table: 'validations',
  columns: ['at', 'product_id', 'license_id', 'ip', 'version', 'device_id', 'status', 'call_id', 'weight'],
};

/** Appends calls to the log of their days. `weight`: for how many calls each stands. */
export async function appendLog(trx: Knex.Transaction, calls: readonly SettledCall[], weight: number): Promise<void> {
  // Calls that are settled together were counted together, so most share their millisecond with the one before.
  let lastMs = Number.NaN;
  let at = '';
  const rows = calls.map(({ atMs, productId, licenseId, ip, version, deviceId, status, callId }) => {
    if (atMs !== lastMs) at = new Date((lastMs = atMs)).toISOString();
    const waitsFor = status === null ? callId : null;
    return copyRow(at, productId, licenseId, ip, version, deviceId, status ?? UNKNOWN, waitsFor, weight);
  });
  await copyInto(trx, LOG, rows);
}

/** Writes verdicts into the log where their calls stand as unknown; a call that was not sampled has no row. */
export async function completeLog(trx: Knex.Transaction, verdicts: readonly SettledVerdict[]): Promise<void> {
  await trx.raw(
    `update validations v
        set status = each.status, license_id = each.license_id, ip = each.ip::inet, version = each.version, device_id = each.device_id
       from unnest(?::uuid[], ?::bigint[], ?::text[], ?::uuid[], ?::text[], ?::text[], ?::text[])
         as each (call_id, ms, status, license_id, ip, version, device_id)
      where v.call_id = each.call_id and v.status = ? and v.at = to_timestamp(each.ms / 1000.0)::timestamptz(3)
        and v.at between to_timestamp(? / 1000.0)::timestamptz(3) and to_timestamp(? / 1000.0)::timestamptz(3)`,
    [
      column(verdicts, ({ callId }) => callId),
      column(verdicts, ({ atMs }) => atMs),
      column(verdicts, ({ status }) => status),
      column(verdicts, ({ licenseId }) => licenseId),
      column(verdicts, ({ ip }) => ip),
      column(verdicts, ({ version }) => version),
      column(verdicts, ({ deviceId }) => deviceId),
      UNKNOWN,
      // Told apart, so that only the tables of these days are looked at.
      Math.min(...verdicts.map(({ atMs }) => atMs)),
      Math.max(...verdicts.map(({ atMs }) => atMs)),
    ],
  );
}
