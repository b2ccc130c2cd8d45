import type { FeatureDefinition, LimitDefinition } from '../../domain/plans/catalogue.ts';
import type { Facts } from '../../domain/plans/decision.ts';
import { featureIn, limitIn, type Source, type Standing } from '../../domain/plans/standing.ts';
import { number } from './columns.ts';

/** What the subject has of a limit or feature, and what gave it. */
export interface Valued {
  value: number | string | boolean;
  source: Source | 'pattern' | 'call';
}

export function valueAndSource(standing: Standing, definition: LimitDefinition | FeatureDefinition): Valued {
  if ('kind' in definition) return limitIn(standing, definition);
  const { enabled, level, source } = featureIn(standing, definition);
  return { value: level ?? enabled, source };
}

const FROM: Record<Valued['source'], (plan: string | null) => string> = {
  plan: (plan) => `from the plan ${plan}`,
  override: () => 'agreed for this subject (override)',
  plan_override: (plan) => `from the plan ${plan}, agreed in the place of its own`,
  line: () => 'from a plan of another line, while there is none of this one',
  default: (plan) => `from the fallback ${plan}`,
  pattern: () => 'from a pattern that matches the identifier',
  call: () => 'brought along by the call',
};

/** The facts that somebody reads, one a line; what a kind doesn't know is left out. */
export function factLines(by: Facts, { value, source }: Valued): [string, string | null][] {
  const isFeature = by.class === 'feature';
  const told = typeof value === 'boolean' ? (value ? 'yes' : 'no') : number(value);
  return [
    [isFeature ? 'feature' : 'limit', `${by.name} (${by.kind}${by.edge === null ? '' : `, ${by.edge}`})`],
    ['scope', by.scope],
    [isFeature ? 'has' : 'value', `${told}, ${FROM[source](by.plan)}`],
    ['window', by.windowSeconds === null ? null : `${number(by.windowSeconds)} s`],
    ['used', amount(by.used)],
    ['requested', amount(by.requested)],
    ['remaining', amount(by.remaining)],
    ['needs level', by.requiredLevel],
    ['verb', by.verb],
    ['reason', by.reason],
    ['resets at', by.resetsAt],
    ['retry after', by.retryAfterSeconds === null ? null : `${number(by.retryAfterSeconds)} s`],
    ['admitting plan', by.admittingPlan],
    ['overrides', by.overrideable ? 'would hold' : 'would not hold on this plan'],
  ];
}

function amount(value: number | string | null): string | null {
  return value === null ? null : number(value);
}
