import { type Command, InvalidArgumentError } from 'commander';
import type { Knex } from 'knex';
import type { Limit } from '../domain/plans/catalogue.ts';
import { effectivePlan, entitlements } from '../domain/plans/entitlements.ts';
import { getCatalogue } from '../store/catalogues.ts';
import {
  changeBillingState,
  changeOrganizationSigning,
  changePlan,
  changeSuspension,
  createOrganization,
  createOverride,
  listOrganizations,
  readSubject,
} from '../store/organizations.ts';
import { createOwnedOrganization, setOwner } from '../store/owners.ts';
import { onServer, withDatabase } from './environment.ts';
import { withLimit } from './lists.ts';
import { parseInstant, parseLimit, parseOneOf, parseSwitch, parseText, print } from './output.ts';
import { organizationOf, personOf } from './references.ts';

export function addOrganizationCommands(program: Command): void {
  const group = program.command('org').alias('organizations').description('organisations; ORG is an id or a slug');

  group
    .command('create')
    .description('create an organisation')
    .requiredOption('--name <name>', 'up to 80 characters', parseText(1, 80))
    .requiredOption('--slug <slug>', 'lower-case letters, digits and hyphens; never changed afterwards', parseSlug)
    .option('--plan <plan>', 'free, pro or enterprise', 'free')
    .option('--owner <email>', 'who owns it; without, nobody does until `set-owner`')
    .action((options) =>
      withDatabase(async (db) => {
        const input = { name: options.name, slug: options.slug, plan: options.plan };
        const ownerId = options.owner === undefined ? null : (await personOf(db, options.owner)).id;
        const made = await onServer(db, (trx) =>
          ownerId === null ? createOrganization(trx, input) : createOwnedOrganization(trx, { ...input, ownerId }),
        );
        print({
          organization_id: made.id,
          slug: made.slug,
          plan: made.plan,
          ...(ownerId !== null && { owner_id: ownerId }),
        });
      }),
    );

  group
    .command('set-owner <org> <email>')
    .description('give an organisation to somebody; a former owner leaves it, and tokens of it that they made end')
    .action((org: string, email: string) =>
      withDatabase(async (db) => {
        const { id: organizationId } = await organizationOf(db, org);
        const { id: ownerId } = await personOf(db, email);
        await onServer(db, (trx) => setOwner(trx, { organizationId, ownerId }));
        print({ organization_id: organizationId, owner_id: ownerId });
      }),
    );

  withLimit(group.command('list'))
    .description('the newest organisations')
    .action((options) =>
      withDatabase(async (db) => {
        const found = await listOrganizations(db, options.limit);
        print({
          organizations: found.map(({ id, slug, name, plan, billingState, suspendedAtMs, ownerId }) => ({
            organization_id: id,
            slug,
            name,
            plan,
            billing_state: billingState,
            suspended: suspendedAtMs !== null,
            owner_id: ownerId,
          })),
        });
      }),
    );

  group
    .command('show <org>')
    .description('plan, state, and every limit and feature in force with where it comes from')
    .action((org: string) =>
      withDatabase(async (db) => {
        const found = await organizationOf(db, org);
        const { catalogueId, subject } = await readSubject(db, found.id);
        const catalogue = await getCatalogue(db, catalogueId);
        const nowMs = Date.now();
        const { limits, features } = entitlements(catalogue, subject, nowMs);
        print({
          organization_id: found.id,
          name: found.name,
          slug: found.slug,
          plan: found.plan,
          effective_plan: effectivePlan(catalogue, subject, nowMs).name,
          billing_state: found.billingState,
          suspended: found.suspendedAtMs !== null,
          signing_enabled: found.signingEnabled,
          owner_id: found.ownerId,
          limits: mapByName(limits, ({ value, source }) => ({ value, source })),
          features: mapByName(features, ({ enabled, source }) => ({ enabled, source })),
        });
      }),
    );

  group
    .command('plan <org> <plan>')
    .description('put an organisation on another plan, at once')
    .action((org: string, plan: string) =>
      withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        const changed = await onServer(db, (trx) => changePlan(trx, id, plan));
        print({ organization_id: id, plan: changed.plan });
      }),
    );

  group
    .command('billing <org> <state>')
    .description('set the state of billing: active, billing_grace, billing_suspended or cancelled')
    .action((org: string, state: string) => {
      const billingState = parseOneOf('active', 'billing_grace', 'billing_suspended', 'cancelled')(state);
      return withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        await onServer(db, (trx) => changeBillingState(trx, id, billingState));
        print({ organization_id: id, billing_state: billingState });
      });
    });

  group
    .command('suspend <org>')
    .description('suspend an organisation: calls with its keys are refused until it is lifted')
    .requiredOption('--reason <reason>')
    .action((org: string, options) =>
      withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        await onServer(db, (trx) => changeSuspension(trx, id, options.reason));
        print({ organization_id: id, suspended: true });
      }),
    );

  group
    .command('unsuspend <org>')
    .description('lift a suspension')
    .action((org: string) =>
      withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        await onServer(db, (trx) => changeSuspension(trx, id, null));
        print({ organization_id: id, suspended: false });
      }),
    );

  group
    .command('signing <org> <on|off>')
    .description("the organisation's half of the signing switch")
    .action((org: string, text: string) => {
      const enabled = parseSwitch(text);
      return withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        await onServer(db, (trx) => changeOrganizationSigning(trx, id, enabled));
        print({ organization_id: id, signing_enabled: enabled });
      });
    });

  group
    .command('override <org> <name> <value>')
    .description(
      'grant an override (a number or unlimited) of products, licenses, members or api_calls; it rests while the plan allows none',
    )
    .requiredOption('--reason <reason>')
    .option('--starts <instant>', 'when it begins', parseInstant)
    .option('--ends <instant>', 'when it ends', parseInstant)
    .action((org: string, name: string, text: string, options) => {
      const value = parseOverride(text);
      const startsAtMs: number = options.starts ?? Date.now();
      if (options.ends !== undefined && options.ends <= startsAtMs)
        throw new InvalidArgumentError('It must end after it begins.');
      return withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        const kind = typeof value === 'boolean' ? 'feature' : 'limit';
        const { made, rests } = await onServer(db, async (trx) => {
          const wanted = { organizationId: id, kind, name, value, reason: options.reason } as const;
          const granted = await createOverride(trx, { ...wanted, startsAtMs, endsAtMs: options.ends ?? null });
          return { made: granted, rests: !(await hasOverrides(trx, id)) };
        });
        print({
          override_id: made.id,
          organization_id: id,
          [kind]: name,
          value,
          ...(rests && { note: 'It rests until the organisation is on a plan with overrides.' }),
        });
      });
    });
}

/** Whether the plan that the organisation is served under now lets overrides hold. */
async function hasOverrides(db: Knex, organizationId: string): Promise<boolean> {
  const { catalogueId, subject } = await readSubject(db, organizationId);
  const catalogue = await getCatalogue(db, catalogueId);
  return effectivePlan(catalogue, subject, Date.now()).overridable;
}

function mapByName<T>(map: Record<string, T>, change: (value: T) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

function parseSlug(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It takes 1 to 48 lower-case letters, digits and hyphens, no hyphen at either end.');
}

function parseOverride(text: string): Limit | boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  return parseLimit(text, 'a whole number or unlimited for a limit, on or off for a feature');
}
