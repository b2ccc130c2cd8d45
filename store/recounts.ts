import type { Knex } from 'knex';
import { audit } from './audit.ts';
import { getCatalogue, newestCatalogueId } from './catalogues.ts';
import { column } from './columns.ts';
import { COUNTED_THINGS, type CountedThings, countOf, type HeldLimit, isCounted } from './counted-things.ts';
import { heldLimits } from './holding.ts';
import { PLATFORM_CATALOGUE } from './organizations.ts';

/**
 * The recount: whether what limits say is in use is what there is. What is in use changes in the transaction that changes the
 * things, so one statement, which sees one state of the database, sees both or neither: a page of counts is compared without
 * any lock, and a thing that is being made at that moment is no difference. Only what differs is looked at again under its row's lock.
 */

/** A limit's row: where the recount goes on after. */
export interface UsageKey {
  scopeId: string;
  limitName: string;
}

export interface Difference extends UsageKey {
  used: number;
  counted: number;
}

export interface RecountedPage {
  compared: number;
  /** Rows of limits that the subject's catalogue no longer has, or of things that nobody has told how to count. */
  passedOver: number;
  /** Seen without a lock, and to be confirmed under it. */
  differing: Difference[];
  /** Counting even one of these takes longer than a statement may. */
  tooSlow: UsageKey[];
  next: UsageKey | null;
}

/** Compares the next `limit` rows, in the order of their keys. Blocks nobody. */
export async function recountPage(
  db: Knex,
  { after, limit, things = COUNTED_THINGS }: { after: UsageKey | null; limit: number; things?: CountedThings },
): Promise<RecountedPage> {
  const rows = await usageRows(db, after, limit);
  const known = await withLimits(db, rows, things);
  const differing: Difference[] = [];
  const tooSlow: UsageKey[] = [];
  for (const group of byDefinition(known)) await compare(db, things, group, { differing, tooSlow });
  const last = rows.length < limit ? undefined : rows.at(-1);
  return {
    compared: known.length,
    passedOver: rows.length - known.length,
    differing,
    tooSlow,
    next: last ? { scopeId: last.scope_id, limitName: last.limit_name } : null,
  };
}

/** Compares rows that are counted alike by one statement; where that takes too long, by halves. */
async function compare(
  db: Knex,
  things: CountedThings,
  { limit, scopeIds }: Group,
  found: { differing: Difference[]; tooSlow: UsageKey[] },
): Promise<void> {
  try {
    const { rows } = await db.raw<{ rows: { scope_id: string; used: number; counted: number }[] }>(
      `select * from (
         select u.scope_id, u.used, ? as counted from limit_usage u where u.limit_name = ? and u.scope_id = any(?::uuid[])
       ) as each where used <> counted order by scope_id`,
      [countOf(db, things, limit, db.raw('u.scope_id')), limit.name, column(scopeIds, (id) => id)],
    );
    for (const { scope_id: scopeId, used, counted } of rows)
      found.differing.push({ scopeId, limitName: limit.name, used, counted });
  } catch (error) {
    if (!isPatienceOver(error)) throw error;
    const half = Math.ceil(scopeIds.length / 2);
    if (scopeIds.length === 1) found.tooSlow.push({ scopeId: scopeIds[0]!, limitName: limit.name });
    else
      for (const part of [scopeIds.slice(0, half), scopeIds.slice(half)])
        await compare(db, things, { limit, scopeIds: part }, found);
  }
}

/**
 * Looks at one row again under its lock, keeps a difference in `limit_recounts`, once for each recount, and repairs it if that was
 * ordered. `undefined`: there is none (any more). Gives up, for a later recount, where the lock isn't to be had or counting takes
 * longer than `patienceMs`, so that creates never wait longer for it: a rejection that `isPatienceOver` knows.
 */
export async function repairCount(
  trx: Knex.Transaction,
  options: UsageKey & { recountedForMs: number; repair: boolean; patienceMs: number; things?: CountedThings },
): Promise<Difference | undefined> {
  const { scopeId, limitName, recountedForMs, repair, patienceMs, things = COUNTED_THINGS } = options;
  await trx.raw(`select set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)`, [
    `${patienceMs}ms`,
    `${patienceMs}ms`,
  ]);
  const key = { scope_id: scopeId, limit_name: limitName };
  const row = await trx('limit_usage').where(key).forNoKeyUpdate().first<UsageRow | undefined>(USAGE_COLUMNS);
  const [known] = row ? await withLimits(trx, [row], things) : [];
  if (!row || !known) return undefined;

  const { rows } = await trx.raw<{ rows: [{ counted: number }] }>('select ? as counted', [
    countOf(trx, things, known.limit, trx.raw('?::uuid', [scopeId])),
  ]);
  const [{ counted }] = rows;
  if (counted === row.used) return undefined;
  const found = { ...key, recounted_for: new Date(recountedForMs), used: row.used, counted };
  await trx('limit_recounts')
    .insert({ ...found, repaired_at: repair ? trx.fn.now(3) : null })
    .onConflict(['scope_id', 'limit_name', 'recounted_for'])
    .merge(['used', 'counted', 'repaired_at']);
  if (repair) {
    await trx('limit_usage').where(key).update({ used: counted });
    // Of what a person is limited in, the platform's chain tells.
    const owner = await trx('organizations')
      .where({ id: row.subject_id ?? scopeId })
      .first<{ id: string } | undefined>('id');
    await audit(trx, {
      organizationId: owner?.id ?? null,
      action: 'limit.repaired',
      target: { type: 'limit', id: `${limitName}/${scopeId}` },
      before: { used: row.used },
      after: { used: counted },
    });
  }
  return { scopeId, limitName, used: row.used, counted };
}

/** Whether a lock was not to be had in time, or counting took too long. */
export function isPatienceOver(error: unknown): boolean {
  return error instanceof Error && ['55P03', '57014'].includes((error as NodeJS.ErrnoException).code ?? '');
}

interface UsageRow {
  scope_id: string;
  limit_name: string;
  subject_id: string | null;
  used: number;
}
const USAGE_COLUMNS = ['scope_id', 'limit_name', 'subject_id', 'used'];

async function usageRows(db: Knex, after: UsageKey | null, limit: number): Promise<UsageRow[]> {
  const rest = db('limit_usage').orderBy(['scope_id', 'limit_name']).limit(limit);
  if (after) rest.whereRaw('(scope_id, limit_name) > (?::uuid, ?)', [after.scopeId, after.limitName]);
  return rest.select<UsageRow[]>(USAGE_COLUMNS);
}

type WithLimit = UsageRow & { catalogueId: string; limit: HeldLimit };

/** The rows whose limit is known and can be counted, with what the catalogue of their subject says of it. */
async function withLimits(db: Knex, rows: readonly UsageRow[], things: CountedThings): Promise<WithLimit[]> {
  const subjectIds = [...new Set(rows.map((row) => row.subject_id ?? row.scope_id))];
  const organizations = await db('organizations')
    .whereIn('id', subjectIds)
    .select<{ id: string; catalogue_id: string }[]>('id', 'catalogue_id');
  const catalogueOf = new Map(organizations.map(({ id, catalogue_id }) => [id, catalogue_id]));
  const persons = await db('users')
    .whereIn(
      'id',
      subjectIds.filter((id) => !catalogueOf.has(id)),
    )
    .select<{ id: string }[]>('id');
  if (persons.length > 0) {
    const newest = await newestCatalogueId(db, PLATFORM_CATALOGUE);
    for (const { id } of persons) catalogueOf.set(id, newest);
  }
  const known: WithLimit[] = [];
  for (const row of rows) {
    const catalogueId = catalogueOf.get(row.subject_id ?? row.scope_id);
    if (catalogueId === undefined) continue;
    const limit = heldLimits(await getCatalogue(db, catalogueId)).find(({ name }) => name === row.limit_name);
    if (limit && isCounted(things, limit)) known.push({ ...row, catalogueId, limit });
  }
  return known;
}

interface Group {
  limit: HeldLimit;
  scopeIds: string[];
}

/** Rows that are counted alike, together. */
function byDefinition(rows: readonly WithLimit[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { catalogueId, limit, scope_id } of rows) {
    const key = `${catalogueId} ${limit.name}`;
    const group = groups.get(key) ?? { limit, scopeIds: [] };
    group.scopeIds.push(scope_id);
    groups.set(key, group);
  }
  return [...groups.values()];
}
