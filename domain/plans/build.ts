import { unreachable } from '../unreachable.ts';
import {
  type Attributes,
  type Catalogue,
  type EdgeByFeature,
  type FeatureDefinition,
  type GateVerb,
  type LimitDefinition,
  ONLY_LINE,
  type OnLoss,
  type Plan,
  type Presentation,
  type UsageField,
} from './catalogue.ts';
import {
  type AttributesDocument,
  type CatalogueDocument,
  DEFAULTS,
  type EdgeDocument,
  type FeatureDocument,
  type LimitDocument,
  type OneOrMore,
  type OnLossDocument,
  type PresentationDocument,
  type UsageDocument,
} from './document.ts';
import { lineOf, type Outline, outlineOf, valuesByPlan } from './resolve.ts';

/** The catalogue that a checked document means: everything resolved, every default filled in, deeply frozen. */
export function build(document: CatalogueDocument): Catalogue {
  const outline = outlineOf(document);
  const resolve = (name: string, definition: LimitDocument | FeatureDocument) => ({
    line: lineOf({ ...definition }, outline)!,
    values: valuesByPlan(name, { ...definition }, document, outline),
  });
  return frozen({
    name: document.catalogue,
    version: document.version,
    subject: document.subject,
    currency: document.currency ?? null,
    scopes: mapByName(document.scopes, (name, { parent = null, attributes = {} }) => ({ name, parent, attributes })),
    lines: mapByName(document.lines ?? { [ONLY_LINE]: { fallback: document.fallback! } }, (name, { fallback }) => {
      return { name, fallback };
    }),
    plans: mapByName(document.plans, (name) => buildPlan(name, document, outline)),
    limits: mapByName(document.limits, (name, limit) => {
      const { line, values } = resolve(name, limit);
      return buildLimit(name, limit, { line, values: values as LimitDefinition['values'] });
    }),
    features: mapByName(document.features, (name, feature) => buildFeature(name, feature, resolve(name, feature))),
    constraints: document.constraints ?? {},
    presentation: document.presentation ? buildPresentation(document.presentation) : null,
  });
}

function buildPlan(name: string, document: CatalogueDocument, outline: Outline): Plan {
  const { line, rank, chain } = outline.plans.get(name)!;
  // The plan's own fields first, then those of what it extends: the first that says something counts.
  const said = chain.map((each) => document.plans[each]!);
  const first = <K extends 'overridable' | 'acquisition' | 'billing' | 'price'>(field: K) =>
    said.find((plan) => plan[field] !== undefined)?.[field];
  const price = first('price');
  return {
    name,
    rank,
    line: line!,
    overridable: first('overridable') ?? false,
    aliases: document.plans[name]!.aliases ?? [],
    acquisition: first('acquisition') ?? null,
    billing: first('billing') ?? null,
    price: typeof price === 'object' ? { month: null, year: null, ...price } : (price ?? null),
    attributes: Object.assign({}, ...said.map(({ attributes }) => attributes).toReversed()) as Plan['attributes'],
  };
}

function buildLimit(
  name: string,
  document: LimitDocument,
  { line, values }: { line: string; values: LimitDefinition['values'] },
): LimitDefinition {
  const base = {
    name,
    line,
    values,
    scope: document.scope,
    overridable: document.overridable ?? false,
    contract: document.contract ?? false,
    unit: document.unit ?? null,
    order: document.order ?? 0,
    appliesTo: attributesOf(document.applies_to),
    withoutLine: document.without_line ?? {},
    notices: document.notices ?? [],
    remindEverySeconds: document.remind_every_seconds ?? null,
    over: document.over ?? null,
  };
  switch (document.kind) {
    case 'count':
      return {
        ...base,
        kind: 'count',
        counts: document.counts,
        where: attributesOf(document.where),
        edge: document.edge,
      };
    case 'sum':
      return {
        ...base,
        kind: 'sum',
        counts: document.counts,
        where: attributesOf(document.where),
        edge: document.edge,
      };
    case 'size':
      return { ...base, kind: 'size', edge: document.edge };
    case 'quota':
      return {
        ...base,
        kind: 'quota',
        counts: listOf(document.counts),
        period: document.period,
        zone: document.zone ?? DEFAULTS.zone,
        edge: edgeOf(document.edge),
        counted: document.counted ?? DEFAULTS.counted,
        costs: document.costs ?? {},
      };
    case 'rate':
      return {
        ...base,
        kind: 'rate',
        windowSeconds: document.window_seconds,
        edge: document.edge,
        fallbackScope: document.fallback_scope ?? null,
        onError: document.on_error ?? DEFAULTS.onError,
        clearOn: document.clear_on ?? null,
      };
    case 'credits': {
      const { interval, day_of_month: dayOfMonth = DEFAULTS.dayOfMonth } = document.refill ?? {};
      const refill = interval ? { interval, dayOfMonth } : null;
      return { ...base, kind: 'credits', edge: document.edge, refill, zone: document.zone ?? DEFAULTS.zone };
    }
    case 'budget':
      return {
        ...base,
        kind: 'budget',
        edge: edgeOf(document.edge),
        period: document.period,
        zone: document.zone ?? DEFAULTS.zone,
        leaseSeconds: document.lease_seconds ?? DEFAULTS.leaseSeconds,
      };
    case 'retention':
      return {
        ...base,
        kind: 'retention',
        unit: document.unit,
        records: document.records,
        edge: document.edge ?? DEFAULTS.retentionEdge,
        graceDays: document.grace_days ?? DEFAULTS.graceDays,
        chain: document.chain ?? null,
      };
    default:
      return unreachable(document);
  }
}

function buildFeature(
  name: string,
  document: FeatureDocument,
  { line, values }: { line: string; values: Record<string, unknown> },
): FeatureDefinition {
  const base = {
    name,
    line,
    overridable: document.overridable ?? false,
    contract: document.contract ?? false,
    gates: (document.gates === undefined ? [] : listOf(document.gates)) as GateVerb[],
    onLoss: onLossOf(document.on_loss),
  };
  if (document.type === 'boolean') {
    const { without_line: withoutLine = {} } = document;
    return { ...base, type: 'boolean', values: values as Record<string, boolean>, withoutLine };
  }
  const { levels, shape = {}, without_line: withoutLine = {} } = document;
  return { ...base, type: 'level', levels, shape, values: values as Record<string, string>, withoutLine };
}

function buildPresentation(document: PresentationDocument): Presentation {
  const { style, base = null, codes, upgrade_url: upgradeUrl = null, unlimited, usage = {}, titles = {} } = document;
  return {
    style,
    base,
    codes,
    upgradeUrl,
    unlimited,
    usage: mapByName(usage, (_field, each) => usageOf(each)),
    titles,
  };
}

function usageOf(document: UsageDocument): UsageField {
  if (typeof document === 'object')
    return { of: 'fields', fields: mapByName(document, (_field, each) => usageOf(each)) };
  if (document === 'plan') return { of: 'plan' };
  const [of, name] = document.split(' ') as ['allowed' | 'used' | 'has', string];
  return { of, name };
}

function onLossOf(document: OnLossDocument): OnLoss {
  if (typeof document === 'string') return { treatment: document, resource: null, where: null, reason: null };
  const { treatment, resource = null, where, reason = null } = document;
  return { treatment, resource, where: attributesOf(where), reason };
}

function edgeOf<E extends string>(document: EdgeDocument<E>): E | EdgeByFeature<E> {
  if (typeof document === 'string') return document;
  // oxlint-disable-next-line unicorn/no-thenable -- data, never awaited
  return { ifFeature: document.if_feature, then: document.then, otherwise: document.otherwise };
}

function attributesOf(document: AttributesDocument | undefined): Attributes | null {
  if (document === undefined) return null;
  return mapByName(document, (_attribute, values) => listOf(values));
}

function listOf(oneOrMore: OneOrMore): string[] {
  return typeof oneOrMore === 'string' ? [oneOrMore] : oneOrMore;
}

function mapByName<T, R>(map: Record<string, T>, change: (name: string, value: T) => R): Record<string, R> {
  const names = Object.keys(map).sort();
  return Object.fromEntries(names.map((name) => [name, change(name, map[name] as T)]));
}

/** A copy that nobody can change, also not through what it was made from. Minus zero, which YAML knows, becomes zero. */
function frozen<T>(value: T): T {
  if (value === 0) return 0 as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen)) as T;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozen(part)]))) as T;
}
