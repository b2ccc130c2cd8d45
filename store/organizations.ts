import type { Knex } from 'knex';
import { type Limit, plansByRank } from '../domain/plans/catalogue.ts';
import { overrideFault } from '../domain/plans/overrides.ts';
import type { Override, SubjectState } from '../domain/plans/subject.ts';
import { Refusal } from '../domain/refusal.ts';
import type { BillingState } from '../domain/validation/facts.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { getCatalogue, newestCatalogueId } from './catalogues.ts';
import { COUNTED_THINGS, isCounted } from './counted-things.ts';
import { type Holder, heldLimits } from './holding.ts';
import { lockUsageOf } from './limit-usage.ts';
import { notifyChange, tagOf } from './notices.ts';

/** The catalogue that governs organisations. */
export const PLATFORM_CATALOGUE = 'platform';

export interface Organization {
  id: string;
  name: string;
  slug: string;
  catalogueId: string;
  plan: string;
  billingState: BillingState;
  suspendedAtMs: number | null;
  signingEnabled: boolean;
  /** `null`: it was made on the server's command line, and nobody was given it yet. */
  ownerId: string | null;
  createdAtMs: number;
}

export interface OrganizationRow {
  id: string;
  name: string;
  slug: string;
  catalogue_id: string;
  plan: string;
  billing_state: BillingState;
  suspended_at: number | null;
  signing_enabled: boolean;
  owner_id: string | null;
  created_at: number;
}

const COLUMNS = [
  'id',
  'name',
  'slug',
  'catalogue_id',
  'plan',
  'billing_state',
  'suspended_at',
  'signing_enabled',
  'owner_id',
  'created_at',
];

/** Creates an organisation on a plan of the newest platform catalogue. @throws {Refusal} `name_taken` (the slug), `validation_failed` */
export async function createOrganization(
  trx: Knex.Transaction,
  input: { name: string; slug: string; plan: string },
): Promise<Organization> {
  const catalogueId = await newestCatalogueId(trx, PLATFORM_CATALOGUE);
  await mustHavePlan(trx, catalogueId, input.plan);
  const [row] = await trx('organizations')
    .insert({ id: newId(), name: input.name, slug: input.slug, catalogue_id: catalogueId, plan: input.plan })
    .onConflict('slug')
    .ignore()
    .returning(COLUMNS);
  if (!row) throw new Refusal('name_taken', { pointer: '/slug', value: input.slug });
  const organization = toOrganization(row as OrganizationRow);
  const { name, slug, plan } = organization;
  await auditOrganization(trx, organization.id, 'organization.created', { after: { name, slug, plan } });
  return organization;
}

export async function findOrganizationBySlug(db: Knex, slug: string): Promise<Organization | undefined> {
  const row = await db('organizations').where({ slug }).first<OrganizationRow | undefined>(COLUMNS);
  return row && toOrganization(row);
}

/** The newest organisations first, at most `limit` of them. */
export async function listOrganizations(db: Knex, limit: number): Promise<Organization[]> {
  const rows = await db('organizations')
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit)
    .select<OrganizationRow[]>(COLUMNS);
  return rows.map(toOrganization);
}

/** @throws {Refusal} `not_found` */
export async function getOrganization(db: Knex, id: string): Promise<Organization> {
  const row = await db('organizations').where({ id }).first<OrganizationRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'organization' });
  return toOrganization(row);
}

/** An organisation as the holder of its plan's limits on things that exist. */
export function organizationHolder(organizationId: string): Holder {
  return {
    subjectId: organizationId,
    things: COUNTED_THINGS,
    async read(trx) {
      const { catalogueId, subject } = await readSubject(trx, organizationId);
      return { catalogue: await getCatalogue(trx, catalogueId), subject };
    },
  };
}

/** Gives an organisation another name; its slug stays (docs/spec/keyport.md §7.1). @throws {Refusal} `not_found` */
export async function renameOrganization(
  trx: Knex.Transaction,
  organizationId: string,
  name: string,
): Promise<Organization> {
  const { name: before } = await lockOrganization(trx, organizationId);
  const [row] = await trx('organizations')
    .where({ id: organizationId })
    .update({ name, updated_at: trx.fn.now(3) })
    .returning<OrganizationRow[]>(COLUMNS);
  await auditOrganization(trx, organizationId, 'organization.renamed', { before: { name: before }, after: { name } });
  return toOrganization(row!);
}

/** Puts an organisation on another plan. @throws {Refusal} `not_found`, `validation_failed` */
export async function changePlan(trx: Knex.Transaction, organizationId: string, plan: string): Promise<Organization> {
  const organization = await lockAgreement(trx, organizationId);
  await mustHavePlan(trx, organization.catalogueId, plan);
  await auditOrganization(trx, organizationId, 'organization.plan_changed', {
    before: { plan: organization.plan },
    after: { plan },
  });
  return update(trx, organizationId, { plan });
}

/** Sets the state of billing; `cancelled` is served by the catalogue's fallback plan (docs/spec/keyport.md §13.10). */
export async function changeBillingState(
  trx: Knex.Transaction,
  organizationId: string,
  state: BillingState,
): Promise<Organization> {
  const { billingState } = await lockAgreement(trx, organizationId);
  await auditOrganization(trx, organizationId, 'organization.billing_changed', {
    before: { billingState },
    after: { billingState: state },
  });
  return update(trx, organizationId, { billing_state: state });
}

/** Suspends an organisation with a reason, or lifts the suspension with `null`. */
export async function changeSuspension(
  trx: Knex.Transaction,
  organizationId: string,
  reason: string | null,
): Promise<Organization> {
  await lockOrganization(trx, organizationId);
  await auditOrganization(
    trx,
    organizationId,
    reason === null ? 'organization.unsuspended' : 'organization.suspended',
    reason === null ? {} : { after: { reason } },
  );
  return update(trx, organizationId, {
    suspended_at: reason === null ? null : trx.fn.now(3),
    suspended_reason: reason,
  });
}

/** The organisation's half of the signing switch (docs/spec/keyport.md §3.7). */
export async function changeOrganizationSigning(
  trx: Knex.Transaction,
  organizationId: string,
  enabled: boolean,
): Promise<Organization> {
  const { signingEnabled } = await lockOrganization(trx, organizationId);
  await auditOrganization(trx, organizationId, 'organization.signing_changed', {
    before: { signingEnabled },
    after: { signingEnabled: enabled },
  });
  return update(trx, organizationId, { signing_enabled: enabled });
}

export interface NewOverride {
  organizationId: string;
  kind: 'limit' | 'feature';
  name: string;
  value: Limit | boolean;
  reason: string;
  startsAtMs: number;
  endsAtMs: number | null;
}

/**
 * Grants an override. It has an effect only where the effective plan lets itself be overridden: the engine decides that, each
 * time, so that an override that outlives its plan rests instead of being lost. What no plan could ever let hold is refused.
 * @throws {Refusal} `validation_failed`
 */
export async function createOverride(trx: Knex.Transaction, input: NewOverride): Promise<{ id: string }> {
  const organization = await lockAgreement(trx, input.organizationId);
  const catalogue = await getCatalogue(trx, organization.catalogueId);
  const fault = overrideFault(catalogue, input);
  if (fault) throw new Refusal('validation_failed', { errors: [fault] });
  const id = newId();
  await notifyChange(trx, tagOf.organization(input.organizationId));
  await trx('plan_overrides').insert({
    id,
    organization_id: input.organizationId,
    kind: input.kind,
    name: input.name,
    value: JSON.stringify(input.value),
    reason: input.reason,
    starts_at: new Date(input.startsAtMs),
    ends_at: input.endsAtMs === null ? null : new Date(input.endsAtMs),
  });
  const { organizationId, ...granted } = input;
  await audit(trx, {
    organizationId,
    action: 'override.granted',
    target: { type: 'override', id },
    after: granted,
  });
  return { id };
}

/** What the engine needs to know of an organisation, read in the caller's transaction and under its locks. @throws {Refusal} `not_found` */
export async function readSubject(
  db: Knex,
  organizationId: string,
): Promise<{ catalogueId: string; subject: SubjectState }> {
  // One statement: creates ask this while others wait for their locks.
  const rows = await db('organizations as o')
    .leftJoin('plan_overrides as p', 'p.organization_id', 'o.id')
    .where('o.id', organizationId)
    .select<(Pick<OrganizationRow, 'catalogue_id' | 'plan' | 'billing_state'> & (OverrideRow | { kind: null }))[]>(
      'o.catalogue_id',
      'o.plan',
      'o.billing_state',
      'p.kind',
      'p.name',
      'p.value',
      'p.starts_at',
      'p.ends_at',
    );
  const [organization] = rows;
  if (!organization) throw new Refusal('not_found', { what: 'organization' });
  const overrides = rows.flatMap(({ catalogue_id: _catalogue, plan: _plan, billing_state: _state, ...row }) =>
    row.kind === null ? [] : [row],
  );
  return {
    catalogueId: organization.catalogue_id,
    subject: toSubject(organization.plan, organization.billing_state, overrides),
  };
}

export type OverrideRow = { name: string; starts_at: number; ends_at: number | null } & (
  | { kind: 'limit'; value: Limit }
  | { kind: 'feature'; value: boolean }
);

export function toSubject(plan: string, billingState: BillingState, rows: readonly OverrideRow[]): SubjectState {
  const overrides = rows.map(({ starts_at: startsAtMs, ends_at: endsAtMs, ...agreed }): Override => {
    return { ...agreed, startsAtMs, endsAtMs };
  });
  return { plans: [plan], billingCancelled: billingState === 'cancelled', overrides, billing: null };
}

/** Locks the row against other changes while leaving foreign keys to it alone. @throws {Refusal} `not_found` */
export async function lockOrganization(trx: Knex.Transaction, id: string): Promise<Organization> {
  const row = await trx('organizations').where({ id }).forNoKeyUpdate().first<OrganizationRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'organization' });
  return toOrganization(row);
}

/**
 * Locks an organisation before what is agreed with it changes, and then the rows of its limits: a create that was decided under
 * what was agreed before is finished first, and the next one sees what is agreed now. @throws {Refusal} `not_found`
 */
async function lockAgreement(trx: Knex.Transaction, id: string): Promise<Organization> {
  const organization = await lockOrganization(trx, id);
  const { subject: scope, ...catalogue } = await getCatalogue(trx, organization.catalogueId);
  const { subjectId, things } = organizationHolder(id);
  const limits = heldLimits(catalogue).filter((limit) => limit.scope === scope && isCounted(things, limit));
  await lockUsageOf(trx, { subjectId, things, limits });
  return organization;
}

function auditOrganization(
  trx: Knex.Transaction,
  organizationId: string,
  action: string,
  changes: { before?: object; after?: object },
): Promise<void> {
  return audit(trx, { organizationId, action, target: { type: 'organization', id: organizationId }, ...changes });
}

async function update(trx: Knex.Transaction, id: string, change: Record<string, unknown>): Promise<Organization> {
  const [row] = await trx('organizations')
    .where({ id })
    .update({ ...change, updated_at: trx.fn.now(3) })
    .returning(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'organization' });
  await notifyChange(trx, tagOf.organization(id));
  return toOrganization(row as OrganizationRow);
}

async function mustHavePlan(db: Knex, catalogueId: string, plan: string): Promise<void> {
  const plans = plansByRank(await getCatalogue(db, catalogueId)).map((each) => each.name);
  if (plans.includes(plan)) return;
  throw new Refusal('validation_failed', {
    errors: [
      { pointer: '/plan', code: 'unknown_plan', message: `There is no plan '${plan}'.`, accepts: plans.join(', ') },
    ],
  });
}

function toOrganization(row: OrganizationRow): Organization {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    catalogueId: row.catalogue_id,
    plan: row.plan,
    billingState: row.billing_state,
    suspendedAtMs: row.suspended_at,
    signingEnabled: row.signing_enabled,
    ownerId: row.owner_id,
    createdAtMs: row.created_at,
  };
}
