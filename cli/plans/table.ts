import {
  type Attributes,
  type Catalogue,
  type FeatureDefinition,
  type LimitDefinition,
  type LimitKind,
  ONLY_LINE,
  type Plan,
  plansByRank,
} from '../../domain/plans/catalogue.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { number } from './columns.ts';

/** The plans of a catalogue as people compare them: a table for each line, a column for each plan. */
export interface PlanTable {
  catalogue: string;
  version: string;
  subject: string;
  currency: string | null;
  sections: Section[];
}

export interface Section {
  line: string;
  /** Says whose table it is, where there are several. */
  title: string;
  /** The plan of a subject that has none of this line. */
  fallback: string;
  /** Of values that hold while there is no plan of this line: the line whose plans give them. */
  by: string | null;
  columns: { plan: string; title: string }[];
  groups: { title: string; rows: Row[] }[];
}

export interface Row {
  name: string;
  title: string;
  /** What is counted, where, over what time, and what happens at the limit. */
  about: string;
  cells: Cell[];
}

export type Cell = number | string | boolean | null;

const GROUPS: [title: string, kinds: LimitKind[]][] = [
  ['What exists', ['count', 'sum']],
  ['One request', ['size']],
  ['Consumed in a period', ['quota']],
  ['Consumed in a sliding window', ['rate']],
  ['Balances', ['credits']],
  ['Budgets', ['budget']],
  ['How long records are kept', ['retention']],
];

/** The whole catalogue as tables: lines in their order, plans by rank, limits by what they limit, then features. */
export function planTable(catalogue: Catalogue): PlanTable {
  const { name, version, subject, currency } = catalogue;
  const sections = Object.values(catalogue.lines).flatMap(({ name: line, fallback }): Section[] => {
    const plans = plansByRank(catalogue, line);
    const own = section(catalogue, line, fallback, plans, (definition) => {
      return definition.line === line ? plans.map((plan) => definition.values[plan.name] ?? null) : null;
    });
    const elsewhere = withoutLine(catalogue, line, fallback);
    return [{ ...own, groups: [planGroup(catalogue, plans), ...own.groups] }, ...elsewhere];
  });
  return { catalogue: name, version, subject, currency, sections };
}

type Definition = LimitDefinition | FeatureDefinition;

function section(
  catalogue: Catalogue,
  line: string,
  fallback: string,
  plans: readonly Plan[],
  cellsOf: (definition: Definition) => Cell[] | null,
): Section {
  const row = (definition: Definition): Row[] => {
    const cells = cellsOf(definition);
    if (cells === null) return [];
    const { name } = definition;
    return [{ name, title: titleOf(catalogue, name), about: aboutOf(definition), cells }];
  };
  const groups = GROUPS.map(([title, kinds]) => {
    const limits = Object.values(catalogue.limits).filter(({ kind }) => kinds.includes(kind));
    return { title, rows: limits.sort((a, b) => a.order - b.order).flatMap(row) };
  });
  const features = { title: 'Features', rows: Object.values(catalogue.features).flatMap(row) };
  return {
    line,
    title: line === ONLY_LINE && Object.keys(catalogue.lines).length === 1 ? 'Plans' : `Plans of line ${line}`,
    fallback,
    by: null,
    columns: plans.map((plan) => ({ plan: plan.name, title: titleOf(catalogue, plan.name) })),
    groups: [...groups, features].filter(({ rows }) => rows.length > 0),
  };
}

/** What plans of other lines give of this one, while a subject has none of its plans but the fallback. */
function withoutLine(catalogue: Catalogue, line: string, fallback: string): Section[] {
  const definitions = [...Object.values(catalogue.limits), ...Object.values(catalogue.features)];
  const givers = new Set(
    definitions.filter((each) => each.line === line).flatMap((each) => Object.keys(each.withoutLine)),
  );
  return Object.keys(catalogue.lines).flatMap((other): Section[] => {
    const plans = plansByRank(catalogue, other).filter(({ name }) => givers.has(name));
    if (plans.length === 0) return [];
    const found = section(catalogue, line, fallback, plans, (definition) => {
      const names = Object.keys(definition.withoutLine);
      if (definition.line !== line || !plans.some(({ name }) => names.includes(name))) return null;
      const { withoutLine: values, values: own } = definition;
      return plans.map(({ name }) => (Object.hasOwn(values, name) ? values[name]! : (own[fallback] ?? null)));
    });
    return [
      { ...found, by: other, title: `Line ${line} while no plan above ${fallback} is held: by plan of line ${other}` },
    ];
  });
}

function planGroup(catalogue: Catalogue, plans: readonly Plan[]): Section['groups'][number] {
  const { currency } = catalogue;
  const attributes = [...new Set(plans.flatMap((plan) => Object.keys(plan.attributes)))].sort();
  return {
    title: 'The plan itself',
    rows: [
      ...rowOf(
        'price a month',
        currency ?? '',
        plans.map((plan) => priceOf(plan, 'month', currency)),
      ),
      ...rowOf(
        'price a year',
        currency ?? '',
        plans.map((plan) => priceOf(plan, 'year', currency)),
      ),
      ...rowOf(
        'how one comes to it',
        '',
        plans.map(({ acquisition }) => acquisition),
      ),
      ...rowOf(
        'billing',
        '',
        plans.map(({ billing }) => billing),
      ),
      ...rowOf(
        'also called',
        '',
        plans.map(({ aliases }) => (aliases.length > 0 ? aliases.join(', ') : null)),
      ),
      ...rowOf(
        'overrides hold',
        '',
        plans.map(({ overridable }) => overridable),
      ),
      ...attributes.flatMap((each) =>
        rowOf(
          each,
          '',
          plans.map((plan) => plan.attributes[each] ?? null),
        ),
      ),
    ],
  };
}

function rowOf(name: string, about: string, cells: Cell[]): Row[] {
  return cells.every((cell) => cell === null) ? [] : [{ name, title: name, about, cells }];
}

/** In whole units of the currency: dollars of cents; yen have none. */
function priceOf({ price }: Plan, term: 'month' | 'year', currency: string | null): Cell {
  if (price === null) return null;
  if (price === 'by_agreement') return term === 'month' ? 'by agreement' : null;
  const minor = price[term];
  if (minor === null) return null;
  const digits = currency === null ? 0 : digitsOf(currency);
  const whole = BigInt(minor) / 10n ** BigInt(digits);
  const rest = String(BigInt(minor) % 10n ** BigInt(digits)).padStart(digits, '0');
  return digits === 0 ? number(minor) : `${whole.toLocaleString('en-US')}.${rest}`;
}

function digitsOf(currency: string): number {
  return new Intl.NumberFormat('en-US', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function titleOf({ presentation }: Catalogue, name: string): string {
  const titles = presentation?.titles ?? {};
  return Object.hasOwn(titles, name) ? titles[name]! : name;
}

function aboutOf(definition: Definition): string {
  const parts = 'kind' in definition ? aboutLimit(definition) : aboutFeature(definition);
  return [...parts, definition.contract ? 'contract' : '', definition.overridable ? 'overridable' : '']
    .filter((part) => part !== '')
    .join('; ');
}

function aboutLimit(limit: LimitDefinition): string[] {
  const shared = [
    limit.appliesTo === null ? '' : `where the ${limit.scope} is ${attributesIn(limit.appliesTo)}`,
    ...('over' in limit && limit.over ? [`beyond it ${plain(limit.over.treatment)}`] : []),
    limit.notices.length > 0 ? `told at ${limit.notices.map((percent) => `${percent} %`).join(', ')}` : '',
  ];
  return [...byKind(limit), ...shared];
}

function byKind(limit: LimitDefinition): string[] {
  const each = `each ${limit.scope}`;
  const unit = limit.unit ?? '';
  switch (limit.kind) {
    case 'count':
    case 'sum':
      return [
        `${limit.kind === 'sum' ? `${unit || 'sum'} of all ${limit.counts}` : limit.counts}, ${each}`,
        limit.where === null ? '' : `those with ${attributesIn(limit.where)}`,
        EDGES[limit.edge],
      ];
    case 'size':
      return [unit, each, 'invalid beyond it'];
    case 'quota': {
      const zone = limit.zone === 'UTC' ? '' : ` (${limit.zone})`;
      const counted = limit.counted === 'success' ? 'successes alone' : '';
      const counts = limit.counts.join(', ');
      return [`${counts} in a ${plain(limit.period)}${zone}, ${each}`, counted, edgeIn(limit.edge)];
    }
    case 'rate':
      return [`in ${number(limit.windowSeconds)} s, ${each}`, limit.onError === 'open' ? 'open without counters' : ''];
    case 'credits': {
      const { refill } = limit;
      const day = refill?.interval === 'month' ? ` on day ${refill.dayOfMonth}` : '';
      return [each, refill ? `filled up every ${refill.interval}${day}` : 'never filled up'];
    }
    case 'budget':
      return [
        `${unit || 'micro-units'} in ${limit.period === 'total' ? 'all time' : `a ${limit.period}`}, ${each}`,
        edgeIn(limit.edge),
      ];
    case 'retention':
      return [`days; ${limit.records.join(', ')}`, `pruned ${limit.graceDays} days later`];
    default:
      return unreachable(limit);
  }
}

const EDGES = { refuse: 'refused beyond it', advisory: 'shown, never refused', queue: 'the next one waits' };

function edgeIn(edge: string | { ifFeature: string; then: string; otherwise: string }): string {
  if (typeof edge === 'string') return edge;
  return `${edge.then} with ${edge.ifFeature}, else ${edge.otherwise}`;
}

function aboutFeature({ gates, onLoss, ...feature }: FeatureDefinition): string[] {
  return [
    feature.type === 'level' ? `levels ${feature.levels.join(' < ')}` : '',
    gates.length > 0 ? `gates ${gates.join(', ')}` : '',
    `when lost: ${plain(onLoss.treatment)}`,
  ];
}

function attributesIn(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, values]) => `${name} ${values.join(' or ')}`)
    .join(' and ');
}

function plain(name: string): string {
  return name.replaceAll('_', ' ');
}
