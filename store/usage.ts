import type { Knex } from 'knex';
import { isUtcDay } from '../domain/plans/periods.ts';
import { emptySketch, mergeSketch, type Sketch } from '../domain/usage/sketch.ts';
import { type PendingCall, type Tally, UNKNOWN } from '../domain/usage/tally.ts';
import { column } from './columns.ts';

/**
 * The sums that calls settle into. Every function takes rows in the order of their keys and writes them in one statement; all of
 * a batch is one transaction, with the position (`usage-positions.ts`).
 */

/**
 * Adds what was counted to its periods. What comes for a day that is closed already is told apart there as `late`, so that
 * `used + late` of a closing is what its period used.
 */
export async function addToPeriods(trx: Knex.Transaction, rows: Tally['periods']): Promise<void> {
  const productIds = column(rows, ({ productId }) => productId);
  const used = column(rows, (row) => row.used);
  await trx.raw(
    `insert into usage_periods (product_id, period_key, used)
     select * from unnest(?::uuid[], ?::text[], ?::bigint[])
     on conflict (product_id, period_key) do update set used = usage_periods.used + excluded.used`,
    [productIds, column(rows, ({ periodKey }) => periodKey), used],
  );
  await trx.raw(
    `insert into usage_closings (product_id, day, organization_id, used, late)
     select each.product_id, each.day, p.organization_id, 0, each.used
       from unnest(?::uuid[], ?::date[], ?::bigint[]) as each (product_id, day, used)
       left join products p on p.id = each.product_id
      where each.day <= (select max(day) from usage_closed_days)
         or exists (select from usage_closings c where c.product_id = each.product_id and c.day = each.day)
     on conflict (product_id, day) do update set late = usage_closings.late + excluded.late`,
    [productIds, column(rows, ({ periodKey }) => (isUtcDay(periodKey) ? periodKey : null)), used],
  );
}

/** Adds calls to the sums by day, product, status and version. */
export async function addToVerdicts(trx: Knex.Transaction, rows: Tally['verdicts']): Promise<void> {
  await trx.raw(
    `insert into usage_by_verdict (product_id, day, status, version, calls)
     select * from unnest(?::uuid[], ?::date[], ?::text[], ?::text[], ?::bigint[])
     on conflict (product_id, day, status, version) do update set calls = usage_by_verdict.calls + excluded.calls`,
    [
      column(rows, ({ productId }) => productId),
      column(rows, ({ day }) => day),
      column(rows, ({ status }) => status),
      column(rows, ({ version }) => version),
      column(rows, ({ calls }) => calls),
    ],
  );
}

/** Takes calls, whose verdict is known now, from those that are unknown. */
export async function clearUnknown(trx: Knex.Transaction, rows: Tally['cleared']): Promise<void> {
  await trx.raw(
    `update usage_by_verdict u set calls = u.calls - each.calls
       from unnest(?::uuid[], ?::date[], ?::text[], ?::bigint[]) as each (product_id, day, version, calls)
      where u.product_id = each.product_id and u.day = each.day and u.version = each.version and u.status = ?`,
    [
      column(rows, ({ productId }) => productId),
      column(rows, ({ day }) => day),
      column(rows, ({ version }) => version),
      column(rows, ({ calls }) => calls),
      UNKNOWN,
    ],
  );
}

/** Adds calls to the sums by licence and day. */
export async function addToLicenses(trx: Knex.Transaction, rows: Tally['licenses']): Promise<void> {
  await trx.raw(
    `insert into usage_by_license (license_id, day, product_id, calls)
     select * from unnest(?::uuid[], ?::date[], ?::uuid[], ?::bigint[])
     on conflict (license_id, day) do update set calls = usage_by_license.calls + excluded.calls`,
    [
      column(rows, ({ licenseId }) => licenseId),
      column(rows, ({ day }) => day),
      column(rows, ({ productId }) => productId),
      column(rows, ({ calls }) => calls),
    ],
  );
}

/** Merges sketches into those that are stored. Only whoever holds the product's partition may: two at once would lose one. */
export async function mergeSketches(trx: Knex.Transaction, rows: Tally['sketches']): Promise<void> {
  const keys = [
    column(rows, ({ productId }) => productId),
    column(rows, ({ day }) => day),
    column(rows, ({ kind }) => kind),
  ] as const;
  const stored = await trx.raw<{ rows: { n: number; registers: Buffer }[] }>(
    `select each.n::int as n, s.registers
       from unnest(?::uuid[], ?::date[], ?::text[]) with ordinality as each (product_id, day, kind, n)
       join usage_sketches s using (product_id, day, kind)`,
    [...keys],
  );
  const known = new Map<number, Buffer>(stored.rows.map(({ n, registers }) => [n - 1, registers]));
  const changed = rows.flatMap(({ sketch, ...key }, n) => {
    const before = known.get(n);
    const merged: Sketch = before ? new Uint8Array(before) : emptySketch();
    return mergeSketch(merged, sketch) ? [{ ...key, registers: Buffer.from(merged) }] : [];
  });
  if (changed.length === 0) return;
  await trx.raw(
    `insert into usage_sketches (product_id, day, kind, registers)
     select * from unnest(?::uuid[], ?::date[], ?::text[], ?::bytea[])
     on conflict (product_id, day, kind) do update set registers = excluded.registers`,
    [
      column(changed, ({ productId }) => productId),
      column(changed, ({ day }) => day),
      column(changed, ({ kind }) => kind),
      column(changed, ({ registers }) => registers),
    ],
  );
}

/** Remembers calls whose verdict follows. */
export async function addPending(trx: Knex.Transaction, rows: readonly PendingCall[]): Promise<void> {
  await trx.raw(
    `insert into usage_pending (call_id, product_id, at, version, license_id)
     select id, product, to_timestamp(ms / 1000.0), version, license
       from unnest(?::uuid[], ?::uuid[], ?::bigint[], ?::text[], ?::uuid[]) as each (id, product, ms, version, license)
     on conflict (call_id) do nothing`,
    [
      column(rows, ({ callId }) => callId),
      column(rows, ({ productId }) => productId),
      column(rows, ({ atMs }) => atMs),
      column(rows, ({ version }) => version),
      column(rows, ({ licenseId }) => licenseId),
    ],
  );
}

/** Takes the calls that these verdicts are about; one whose verdict came already, or that was never counted, is not among them. */
export async function takePending(
  trx: Knex.Transaction,
  callIds: readonly string[],
): Promise<Map<string, PendingCall>> {
  const taken = await trx.raw<{
    rows: { call_id: string; product_id: string; at: number; version: string; license_id: string | null }[];
  }>(
    'delete from usage_pending where call_id = any(?::uuid[]) returning call_id, product_id, at, version, license_id',
    [[...callIds]],
  );
  return new Map(
    taken.rows.map((row) => [
      row.call_id,
      {
        callId: row.call_id,
        productId: row.product_id,
        atMs: row.at,
        version: row.version,
        licenseId: row.license_id,
      },
    ]),
  );
}

/** Forgets calls that have waited for their verdict since before that instant: the process that owed it is dead. */
export async function forgetPending(db: Knex, beforeMs: number): Promise<number> {
  return db('usage_pending').where('at', '<', new Date(beforeMs)).delete();
}

/**
 * Moves when registered addresses were last seen, forward only, and where the product tracks addresses at all
 * (docs/spec/keyport.md §6.3, rows 1 and 2). A row that somebody else is changing is left alone: its next call moves it, and
 * nobody waits for anybody in a circle. `coarseMs`: moves smaller than this are left out.
 */
export async function moveLastSeen(
  trx: Knex.Transaction,
  rows: Tally['seen'],
  { coarseMs }: { coarseMs: number },
): Promise<void> {
  await trx.raw(
    `with each as (
       select license_id, ip::inet as address, to_timestamp(ms / 1000.0) as at
         from unnest(?::uuid[], ?::text[], ?::bigint[]) as given (license_id, ip, ms)
     ), free as (
       select i.license_id, i.address, each.at from each
         join license_ips i using (license_id, address)
         join licenses l on l.id = i.license_id
         join products p on p.id = l.product_id and p.ip_system_enabled and p.track_ip_on_validate
        where i.last_seen_at + ? * interval '1 millisecond' < each.at
        order by i.license_id, i.address
          for no key update of i skip locked
     )
     update license_ips i set last_seen_at = free.at from free
      where i.license_id = free.license_id and i.address = free.address`,
    [rows.map(({ licenseId }) => licenseId), rows.map(({ ip }) => ip), rows.map(({ atMs }) => atMs), coarseMs],
  );
}
