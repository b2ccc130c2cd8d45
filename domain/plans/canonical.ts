import { unreachable } from '../unreachable.ts';
import type {
  Attributes,
  Catalogue,
  EdgeByFeature,
  FeatureDefinition,
  LimitDefinition,
  LineDefinition,
  OnLoss,
  Plan,
  Presentation,
  ScopeDefinition,
  UsageField,
} from './catalogue.ts';
import { ONLY_LINE } from './catalogue.ts';
import { DEFAULTS } from './document.ts';

/**
 * The catalogue as one text: JSON in the shape of the file, names sorted, no white space. Two catalogues that mean the same have
 * the same text, however their files are written, and `parseCatalogue` reads it back; its UTF-8 bytes are what is hashed.
 *
 * A field at its default is left out: so a field that is added later changes no hash of what was published before it. What a
 * file may write short is written in full: ranks, and the values of plans that extend others.
 */
export function canonicalText(catalogue: Catalogue): string {
  return JSON.stringify(sorted(toDocument(catalogue)));
}

function toDocument(catalogue: Catalogue): object {
  const onlyLine = Object.keys(catalogue.lines).length === 1 ? catalogue.lines[ONLY_LINE] : undefined;
  const { currency, constraints, presentation } = catalogue;
  return {
    catalogue: catalogue.name,
    version: catalogue.version,
    subject: catalogue.subject,
    ...unless(null, { currency }),
    ...(onlyLine ? { fallback: onlyLine.fallback } : { lines: mapValues(catalogue.lines, toLine) }),
    scopes: mapValues(catalogue.scopes, toScope),
    plans: mapValues(catalogue.plans, (plan) => ({ ...toPlan(plan), ...inLine(plan, onlyLine) })),
    limits: mapValues(catalogue.limits, (limit) => ({ ...toLimit(limit), ...inLine(limit, onlyLine) })),
    features: mapValues(catalogue.features, (feature) => ({ ...toFeature(feature), ...inLine(feature, onlyLine) })),
    ...filled({ constraints }),
    ...(presentation === null ? {} : { presentation: toPresentation(presentation) }),
  };
}

function toLine({ fallback }: LineDefinition): object {
  return { fallback };
}

function inLine({ line }: { line: string }, onlyLine: LineDefinition | undefined): object {
  return onlyLine ? {} : { line };
}

function toScope({ parent, attributes }: ScopeDefinition): object {
  return { ...unless(null, { parent }), ...filled({ attributes }) };
}

function toPlan({ rank, overridable, aliases, acquisition, billing, price, attributes }: Plan): object {
  return {
    rank,
    ...unless(false, { overridable }),
    ...filled({ aliases, attributes }),
    ...unless(null, { acquisition, billing }),
    ...(price === null ? {} : { price: typeof price === 'object' ? unless(null, { ...price }) : price }),
  };
}

function toLimit(limit: LimitDefinition): object {
  const { kind, scope, unit, values, order, notices, overridable, contract, over } = limit;
  return {
    kind,
    scope,
    values,
    ...unless(false, { overridable, contract }),
    ...unless(null, { unit, over, remind_every_seconds: limit.remindEverySeconds }),
    ...unless(0, { order }),
    ...filled({ notices, without_line: limit.withoutLine }),
    ...toAttributes('applies_to', limit.appliesTo),
    ...toKind(limit),
  };
}

/** What a kind has beside what all have. */
function toKind(limit: LimitDefinition): object {
  switch (limit.kind) {
    case 'count':
    case 'sum':
      return { counts: limit.counts, edge: limit.edge, ...toAttributes('where', limit.where) };
    case 'size':
      return { edge: limit.edge };
    case 'quota':
      return {
        counts: oneOrMore(limit.counts),
        period: limit.period,
        edge: toEdge(limit.edge),
        ...unless(DEFAULTS.zone, { zone: limit.zone }),
        ...unless(DEFAULTS.counted, { counted: limit.counted }),
        ...filled({ costs: limit.costs }),
      };
    case 'rate':
      return {
        window_seconds: limit.windowSeconds,
        edge: limit.edge,
        ...unless(null, { fallback_scope: limit.fallbackScope, clear_on: limit.clearOn }),
        ...unless(DEFAULTS.onError, { on_error: limit.onError }),
      };
    case 'credits': {
      const { interval, dayOfMonth } = limit.refill ?? {};
      const refill = interval && { interval, ...unless(DEFAULTS.dayOfMonth, { day_of_month: dayOfMonth }) };
      return { edge: limit.edge, ...unless(undefined, { refill }), ...unless(DEFAULTS.zone, { zone: limit.zone }) };
    }
    case 'budget':
      return {
        edge: toEdge(limit.edge),
        period: limit.period,
        ...unless(DEFAULTS.zone, { zone: limit.zone }),
        ...unless(DEFAULTS.leaseSeconds, { lease_seconds: limit.leaseSeconds }),
      };
    case 'retention':
      return {
        records: limit.records,
        ...unless(DEFAULTS.retentionEdge, { edge: limit.edge }),
        ...unless(DEFAULTS.graceDays, { grace_days: limit.graceDays }),
        ...unless(null, { chain: limit.chain }),
      };
    default:
      return unreachable(limit);
  }
}

function toFeature(feature: FeatureDefinition): object {
  const { type, gates, onLoss, overridable, contract, values } = feature;
  return {
    type,
    on_loss: toOnLoss(onLoss),
    values,
    ...unless(false, { overridable, contract }),
    ...(gates.length === 0 ? {} : { gates: oneOrMore(gates) }),
    ...filled({ without_line: feature.withoutLine }),
    ...(feature.type === 'level' ? { levels: feature.levels, ...filled({ shape: feature.shape }) } : {}),
  };
}

function toOnLoss({ treatment, resource, where, reason }: OnLoss): unknown {
  if (resource === null && where === null && reason === null) return treatment;
  return { treatment, ...unless(null, { resource, reason }), ...toAttributes('where', where) };
}

function toPresentation({ style, base, codes, upgradeUrl, unlimited, usage, titles }: Presentation): object {
  return {
    style,
    codes,
    unlimited,
    ...unless(null, { base, upgrade_url: upgradeUrl }),
    ...filled({ titles, usage: mapValues(usage, toUsage) }),
  };
}

function toUsage(field: UsageField): unknown {
  if (field.of === 'fields') return mapValues(field.fields, toUsage);
  return field.of === 'plan' ? field.of : `${field.of} ${field.name}`;
}

function toEdge(edge: string | EdgeByFeature<string>): unknown {
  if (typeof edge === 'string') return edge;
  // oxlint-disable-next-line unicorn/no-thenable -- data, never awaited
  return { if_feature: edge.ifFeature, then: edge.then, otherwise: edge.otherwise };
}

function toAttributes(field: string, attributes: Attributes | null): object {
  return attributes === null ? {} : { [field]: mapValues(attributes, oneOrMore) };
}

function oneOrMore(list: readonly string[]): unknown {
  return list.length === 1 ? list[0] : list;
}

/** The fields that are not at their default. */
function unless(byDefault: unknown, fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== byDefault));
}

/** The lists and maps that hold something. */
function filled(fields: Record<string, object>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value).length > 0));
}

function mapValues<T>(map: Readonly<Record<string, T>>, change: (value: T) => unknown): object {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

/** Sorted by UTF-16 code units, at every depth. Lists keep their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
