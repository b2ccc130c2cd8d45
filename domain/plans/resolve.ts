import { ONLY_LINE } from './catalogue.ts';
import { ALL_PLANS } from './document.ts';

/**
 * What a catalogue's file means where it is written short: lines, ranks by position, `extends`, `all`, `from`. One place for
 * both who checks and who builds, so it takes content of any shape and leaves out what it can't make sense of.
 */

export interface PlanOutline {
  name: string;
  /** `undefined` where it must be named and isn't. */
  line: string | undefined;
  rank: number;
  /** The plan itself, what it extends, what that extends …; ends before a plan would come twice or isn't there. */
  chain: readonly string[];
  /** Whether that ends as it should, in one line: else what this plan has of others can't be judged. */
  isWhole: boolean;
}

export interface Outline {
  /** The name of the line whose limits and plans name none; `undefined` where there are several. */
  onlyLine: string | undefined;
  lines: readonly string[];
  plans: ReadonlyMap<string, PlanOutline>;
  /** The plans of each line in the order of the file. */
  byLine: ReadonlyMap<string, readonly PlanOutline[]>;
}

/** The lines and plans of a catalogue's content. */
export function outlineOf(content: unknown): Outline {
  const root = mapAt(content);
  const lines = isMap(root['lines']) ? Object.keys(root['lines']) : [ONLY_LINE];
  const onlyLine = lines.length === 1 ? lines[0] : undefined;
  const given = mapAt(root['plans']);

  const plans = new Map<string, PlanOutline>();
  const byLine = new Map<string, PlanOutline[]>(lines.map((line) => [line, []]));
  for (const [position, name] of Object.keys(given).entries()) {
    const { chain, isWhole } = chainOf(name, given);
    const named = chain.map((each) => mapAt(given[each])['line']).filter((each) => typeof each === 'string');
    const line = named[0] ?? onlyLine;
    const rank = mapAt(given[name])['rank'];
    const plan = {
      name,
      line,
      rank: typeof rank === 'number' ? rank : position,
      chain,
      isWhole: isWhole && named.every((each) => each === line),
    };
    plans.set(name, plan);
    byLine.get(line ?? '')?.push(plan);
  }
  return { onlyLine, lines, plans, byLine };
}

/** The line of a limit or a feature; `undefined` where it must be named and isn't. */
export function lineOf(definition: Record<string, unknown>, { onlyLine }: Outline): string | undefined {
  return typeof definition['line'] === 'string' ? definition['line'] : onlyLine;
}

/**
 * The value a definition gives each plan of its line: its own, else that of the plan it extends, else that for all. A plan that
 * is given none is left out.
 */
export function valuesByPlan(
  name: string,
  definition: Record<string, unknown>,
  content: unknown,
  outline: Outline,
): Record<string, unknown> {
  const values = mapAt(definition['values']);
  const plans = mapAt(mapAt(content)['plans']);
  const line = outline.byLine.get(lineOf(definition, outline) ?? '') ?? [];
  const from = definition['from'];
  if (typeof from === 'string') {
    const least = outline.plans.get(from)?.rank ?? Number.POSITIVE_INFINITY;
    return Object.fromEntries(line.map((plan) => [plan.name, plan.rank >= least]));
  }

  const found: [string, unknown][] = [];
  for (const plan of line) {
    const sources = plan.chain.flatMap((each) =>
      [values, mapAt(mapAt(plans[each])['values'])].map((map) => ({ map, each })),
    );
    const places = sources.map(({ map, each }) => ({ map, key: map === values ? each : name }));
    const place = [...places, { map: values, key: ALL_PLANS }].find(({ map, key }) => Object.hasOwn(map, key));
    if (place) found.push([plan.name, place.map[place.key]]);
  }
  return Object.fromEntries(found);
}

function chainOf(name: string, plans: Record<string, unknown>): { chain: string[]; isWhole: boolean } {
  const chain = [name];
  for (;;) {
    const next = mapAt(plans[chain.at(-1)!])['extends'];
    if (next === undefined) return { chain, isWhole: true };
    if (typeof next !== 'string' || !Object.hasOwn(plans, next) || chain.includes(next))
      return { chain, isWhole: false };
    chain.push(next);
  }
}

export function mapAt(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
