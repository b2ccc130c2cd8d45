import type { LimitKind } from './catalogue.ts';
import { ALL_PLANS, FROM_NONE } from './document.ts';
import type { Finding, Steps } from './faults.ts';
import { isMap, lineOf, mapAt, type PlanOutline, valuesByPlan } from './resolve.ts';
import { absent, listOf, misplaced, type Names, named, reference, wrong } from './rule-parts.ts';
import { isLimit, mostOf } from './values.ts';

type Definition = Record<string, unknown>;

/** A limit or feature is of a line that exists, which must be named where there are several. */
export function lineOfFindings(steps: Steps, definition: Definition, { outline }: Names): Finding[] {
  const place = [...steps, 'line'];
  if (definition['line'] === undefined && outline.onlyLine === undefined) {
    return [absent(place, `give line: one of ${outline.lines.join(', ')}`)];
  }
  return reference(place, definition['line'], 'line', outline.lines);
}

/**
 * The values of a limit or a feature: for plans that exist, of its own line, each given once; and one for every plan, after
 * `extends`. An absent value is neither zero nor unlimited, it is a mistake.
 */
export function valueFindings(steps: Steps, definition: Definition, root: Definition, names: Names): Finding[] {
  const { outline } = names;
  const values = definition['values'];
  const line = lineOf(definition, outline);
  const plans = outline.byLine.get(line ?? '');
  // What has no line can't be judged, and what isn't a map is told by the schema.
  if (plans === undefined || (values !== undefined && !isMap(values))) return [];

  const found: Finding[] = [
    ...keyFindings(steps, definition, plans, names),
    ...elsewhereFindings(steps, definition, line ?? '', names),
    ...fromFindings(steps, definition, plans),
    ...placeFindings(steps, definition, plans, names),
    ...levelFindings(steps, definition),
  ];
  const given = valuesByPlan(String(steps.at(-1)), definition, root, outline);
  for (const { name, isWhole } of plans) {
    if (Object.hasOwn(given, name) || !isWhole) continue;
    const message = `give a value for plan ${name}; its absence would mean neither none nor unlimited`;
    found.push(absent([...steps, 'values', name], message));
  }
  return found;
}

/** Each name among the values is a plan of the line, or all. */
function keyFindings(steps: Steps, definition: Definition, plans: readonly PlanOutline[], names: Names): Finding[] {
  const known = plans.map((plan) => plan.name);
  return Object.keys(mapAt(definition['values'])).flatMap((name) => {
    const place = [...steps, 'values', name];
    const other = names.outline.plans.get(name);
    if (name === ALL_PLANS || known.includes(name)) return [];
    if (other === undefined) return named(place, 'plan', known);
    if (!names.outline.lines.includes(other.line ?? '')) return [];
    return [misplaced(place, `plan ${name} is of line ${other.line}: put its value into without_line`)];
  });
}

/** Values for subjects without a plan of this line come from the plans of one other line: else two could contradict. */
function elsewhereFindings(steps: Steps, definition: Definition, line: string, { outline }: Names): Finding[] {
  let only: PlanOutline | undefined;
  const others = [...outline.plans.values()].filter((plan) => plan.line !== line);
  return Object.keys(mapAt(definition['without_line'])).flatMap((name) => {
    const place = [...steps, 'without_line', name];
    const plan = outline.plans.get(name);
    if (plan === undefined)
      return named(
        place,
        'plan',
        others.map((each) => each.name),
      );
    if (plan.line === line) return [misplaced(place, `plan ${name} is of this line: put its value into values`)];
    only ??= plan;
    if (plan.line === only.line) return [];
    return [misplaced(place, `give plans of one line: ${only.name} is of line ${only.line}, this one of ${plan.line}`)];
  });
}

function fromFindings(steps: Steps, definition: Definition, plans: readonly PlanOutline[]): Finding[] {
  const from = definition['from'];
  if (from === undefined) return [];
  const both = definition['values'] === undefined ? [] : [misplaced([...steps, 'values'], SAID_BY_FROM)];
  return [...both, ...reference([...steps, 'from'], from, 'plan', [...plans.map((plan) => plan.name), FROM_NONE])];
}

const SAID_BY_FROM = 'leave it out: from says which plans have it';

/** Values that stand at the plans: given once, and of the right sort, which the schema can't know there. */
function placeFindings(steps: Steps, definition: Definition, plans: readonly PlanOutline[], names: Names): Finding[] {
  const [under, name] = [String(steps[0]), String(steps.at(-1))];
  return plans.flatMap(({ name: plan }): Finding[] => {
    const values = mapAt(names.plans.get(plan)?.['values']);
    const place = ['plans', plan, 'values', name];
    if (!Object.hasOwn(values, name)) return [];
    if (definition['from'] !== undefined) return [misplaced(place, SAID_BY_FROM)];
    if (Object.hasOwn(mapAt(definition['values']), plan)) {
      return [misplaced(place, `give each value once: ${under}.${name}.values has one for this plan`)];
    }
    return sortFindings(place, values[name], under, definition);
  });
}

function sortFindings(place: Steps, value: unknown, under: string, definition: Definition): Finding[] {
  if (under === 'limits') {
    const kind = definition['kind'] as LimitKind;
    if (isLimit(value, kind)) return [];
    return [wrong(place, value, `give a whole number from 0 to ${mostOf(kind)}, or unlimited`)];
  }
  if (definition['type'] === 'boolean') {
    return typeof value === 'boolean' ? [] : [wrong(place, value, 'give true or false')];
  }
  const levels = listOf(definition['levels']);
  if (typeof value !== 'string') return [wrong(place, value, `give a level: ${levels.join(', ')}`)];
  return reference(place, value, 'level', levels);
}

/** The levels that plans are given exist. */
function levelFindings(steps: Steps, definition: Definition): Finding[] {
  if (definition['type'] !== 'level') return [];
  const levels = listOf(definition['levels']);
  return ['values', 'without_line'].flatMap((field) =>
    Object.entries(mapAt(definition[field])).flatMap(([plan, level]) =>
      reference([...steps, field, plan], level, 'level', levels),
    ),
  );
}
