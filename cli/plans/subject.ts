import { isZone } from '../../domain/plans/calendar.ts';
import { type Catalogue, findPlan, plansByRank } from '../../domain/plans/catalogue.ts';
import { overrideFault } from '../../domain/plans/overrides.ts';
import type { Existing } from '../../domain/plans/preview.ts';
import type { Override, ScopeState, SubjectState } from '../../domain/plans/subject.ts';
import type { Resource } from '../../domain/plans/writable.ts';
import { Fields, faultsInWords } from './fields.ts';
import { EXIT_CONFIGURATION, EXIT_USAGE, InputFault } from './input.ts';

/** What a subject's file tells: who it is to the engine, what it uses, and what there is of it. */
export interface SubjectFile {
  subject: SubjectState;
  usage: Existing['usage'];
  resources: readonly Resource[];
}

/** A subject on these plans, paid for, with nothing agreed. @throws {InputFault} for a plan that the catalogue doesn't have */
export function subjectOn(catalogue: Catalogue, plans: readonly string[]): SubjectFile {
  return subjectOf(catalogue, { plans: [...plans] }, { source: '--plan', exitCode: EXIT_USAGE });
}

/**
 * Reads a subject's state as JSON; `docs/catalogues.md` has its fields. Plans may be told by their aliases.
 * @throws {InputFault} with every fault: the field, what stands there, what is accepted
 */
export function readSubject(catalogue: Catalogue, json: unknown, source: string): SubjectFile {
  return subjectOf(catalogue, json, { source, exitCode: EXIT_CONFIGURATION });
}

function subjectOf(
  catalogue: Catalogue,
  json: unknown,
  { source, exitCode }: { source: string; exitCode: number },
): SubjectFile {
  const fields = new Fields(json);
  const plans = plansOf(catalogue, fields);
  const billingCancelled = fields.flag('billing_cancelled') ?? false;
  const billing = billingOf(fields);
  const zone = fields.text('zone');
  if (zone !== undefined && !isZone(zone)) fields.wrong('zone', 'an IANA zone such as Europe/Berlin');
  const overrides = fields.list('overrides', 'a list of overrides').flatMap((each) => overrideOf(catalogue, each));
  const usage = usageOf(catalogue, fields.map('usage'));
  const resources = fields
    .list('resources', 'a list of things that exist')
    .flatMap((each) => resourceOf(catalogue, each));
  fields.end();
  if (fields.faults.length > 0) throw new InputFault(faultsInWords(source, fields.faults), exitCode);
  const subject: SubjectState = { plans, billingCancelled, overrides, billing, ...(zone !== undefined && { zone }) };
  return { subject, usage, resources };
}

function plansOf(catalogue: Catalogue, fields: Fields): string[] {
  const known = plansByRank(catalogue).map(({ name }) => name);
  const held = new Map<string, string>();
  for (const [index, value] of fields.values('plans', 'a list of plans, one of each line at most').entries()) {
    const plan = typeof value === 'string' ? findPlan(catalogue, value) : undefined;
    const other = plan && held.get(plan.line);
    const list = new Fields({ [index]: value }, { path: '/plans', faults: fields.faults });
    if (!plan) list.named(String(index), 'plan', known);
    else if (other !== undefined) list.wrong(String(index), `one plan of line ${plan.line}; ${other} is there already`);
    else held.set(plan.line, plan.name);
  }
  return [...held.values()];
}

function billingOf(fields: Fields): SubjectState['billing'] {
  const billing = fields.take('billing') === null ? undefined : fields.map('billing');
  if (!billing) return null;
  const anchorMs = billing.instant('anchor');
  const interval = billing.oneOf('interval', ['month', 'year'] as const);
  billing.need('anchor', 'when a billing period began, such as 2026-01-31T09:30:00Z');
  billing.need('interval', 'month or year');
  billing.end();
  return anchorMs === undefined || interval === undefined ? null : { anchorMs, interval };
}

const OVERRIDES = ['limit', 'feature', 'plan', 'rate_pattern'] as const;

function overrideOf(catalogue: Catalogue, fields: Fields): Override[] {
  const kind = fields.oneOf('kind', OVERRIDES);
  const name = fields.text('name');
  const value = overrideValue(fields, kind);
  const pattern = fields.text('pattern');
  const startsAtMs = fields.instant('starts_at') ?? 0;
  const endsAtMs = fields.take('ends_at') === null ? null : (fields.instant('ends_at') ?? null);
  for (const told of ['approved_by', 'reason']) fields.text(told);
  fields.need('kind', OVERRIDES.join(', '));
  fields.need('name', 'the limit or feature; of a plan the line');
  fields.need('value', 'what was agreed');
  fields.end();
  if (kind === undefined || name === undefined || value === undefined) return [];
  const fault = overrideFault(catalogue, { kind, name, value, ...(pattern !== undefined && { pattern }) });
  if (fault) {
    fields.wrong(fault.pointer.slice(1), `${fault.accepts} (${fault.message.replace(/\.$/, '')})`);
    return [];
  }
  // The kind, its value and its pattern were looked at together just now.
  return [{ kind, name, value, pattern, startsAtMs, endsAtMs } as unknown as Override];
}

function overrideValue(fields: Fields, kind: Override['kind'] | undefined): unknown {
  if (kind !== 'rate_pattern') return fields.take('value');
  const numbers = fields.map('value');
  const value = numbers && { limit: numbers.limit('limit'), windowSeconds: numbers.amount('window_seconds') };
  numbers?.need('limit', 'how much in the window');
  numbers?.need('window_seconds', 'how long the window is');
  numbers?.end();
  return value?.limit === undefined || value.windowSeconds === undefined ? undefined : value;
}

/** By limit: a number; or of a limit below the subject, a list with the scope of each. */
function usageOf(catalogue: Catalogue, fields: Fields | undefined): Existing['usage'] {
  if (!fields) return [];
  const limits = Object.keys(catalogue.limits);
  return fields.names().flatMap((limit): Existing['usage'] => {
    const told = fields.take(limit);
    if (!limits.includes(limit)) {
      new Fields({ [limit]: limit }, { path: '/usage', faults: fields.faults }).named(limit, 'limit', limits);
      return [];
    }
    if (!Array.isArray(told)) {
      const used = fields.amount(limit);
      return used === undefined ? [] : [{ limit, used }];
    }
    return fields.list(limit, 'a list').flatMap((each) => {
      const used = each.amount('used');
      const scope = scopeOf(catalogue, each.map('scope'), catalogue.limits[limit]!.scope);
      each.need('used', 'how much is used there');
      each.need('scope', 'an object with id and attributes');
      each.end();
      return used === undefined || scope === undefined ? [] : [{ limit, used, scope }];
    });
  });
}

const RESOURCE_FIELDS = { kind: 'what the limits count it as', id: 'its id', created_at: 'when it was made' };

function resourceOf(catalogue: Catalogue, fields: Fields): Resource[] {
  const [kind, id, createdAtMs] = [fields.text('kind'), fields.text('id'), fields.instant('created_at')];
  const attributes = attributesOf(catalogue, fields.map('attributes'), kind ?? '');
  const told = fields.map('scope');
  const scope = told && scopeOf(catalogue, told, told.named('scope', 'scope', Object.keys(catalogue.scopes)) ?? '');
  for (const [name, accepts] of Object.entries(RESOURCE_FIELDS)) fields.need(name, accepts);
  fields.end();
  if (kind === undefined || id === undefined || createdAtMs === undefined) return [];
  return [{ kind, id, createdAtMs, attributes, ...(scope && { scope }) }];
}

/** One thing below the subject: its id, and the attributes that the catalogue knows of such things. */
export function scopeOf(catalogue: Catalogue, fields: Fields | undefined, scope: string): ScopeState | undefined {
  if (!fields) return undefined;
  const id = fields.text('id') ?? scope;
  const attributes = attributesOf(catalogue, fields.map('attributes'), scope);
  fields.end();
  return { scope, id, attributes };
}

function attributesOf(catalogue: Catalogue, fields: Fields | undefined, scope: string): Record<string, string> {
  if (!fields) return {};
  const declared = Object.hasOwn(catalogue.scopes, scope) ? catalogue.scopes[scope]!.attributes : {};
  const told = Object.entries(declared).map(([name, values]) => [name, fields.oneOf(name, values)] as const);
  fields.end();
  return Object.fromEntries(told.filter((each): each is [string, string] => each[1] !== undefined));
}
