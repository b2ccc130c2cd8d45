import { ALL_PLANS, FROM_NONE } from './document.ts';
import type { Finding, Steps } from './faults.ts';
import { isMap, lineOf, mapAt } from './resolve.ts';
import { absent, listOf, misplaced, type Names, named, reference, wrong } from './rule-parts.ts';

/** Lines, fallbacks, ranks, aliases, and what plans extend. */
export function planFindings(root: Record<string, unknown>, names: Names): Finding[] {
  return [
    ...fallbackFindings(root, names),
    ...rankFindings(names),
    ...aliasFindings(names),
    ...priceFindings(root, names),
    ...[...names.plans].flatMap(([name, plan]) => [
      ...reservedFindings(name),
      ...lineFindings(name, plan, names),
      ...Object.keys(mapAt(plan['values'])).flatMap((entry) => entryFindings(name, entry, names)),
    ]),
  ];
}

/** Each line has a plan of its own to fall back to. */
function fallbackFindings(root: Record<string, unknown>, { plans, outline }: Names): Finding[] {
  const lines = root['lines'];
  if (lines === undefined) {
    if (root['fallback'] === undefined) {
      return [
        absent(['fallback'], 'give fallback: the plan of a subject that has none, or whose billing is cancelled'),
      ];
    }
    return reference(['fallback'], root['fallback'], 'plan', plans.keys());
  }
  const both = root['fallback'] === undefined ? [] : [misplaced(['fallback'], 'leave it out: each line has its own')];
  const ofLines = Object.entries(mapAt(lines)).flatMap(([line, entry]) => {
    const fallback = mapAt(entry)['fallback'];
    const known = (outline.byLine.get(line) ?? []).map((plan) => plan.name);
    return reference(['lines', line, 'fallback'], fallback, `plan in line ${line}`, known);
  });
  return [...both, ...ofLines];
}

/** Either every plan has a rank or none, and no two plans of a line share one. */
function rankFindings({ plans, outline }: Names): Finding[] {
  const isRanked = [...plans.values()].some((plan) => plan['rank'] !== undefined);
  const holders = new Map<string, string>();
  return [...plans].flatMap(([name, plan]): Finding[] => {
    const steps = ['plans', name, 'rank'];
    if (isRanked && plan['rank'] === undefined) {
      return [absent(steps, 'give rank: other plans have one, so their order in the file does not count')];
    }
    const rank = plan['rank'];
    if (typeof rank !== 'number') return [];
    const place = `${outline.plans.get(name)?.line} ${rank}`;
    const holder = holders.get(place);
    if (holder === undefined) holders.set(place, name);
    return holder === undefined ? [] : [wrong(steps, rank, `give a rank of its own; plan ${holder} has this one`)];
  });
}

/** A told name leads to one plan. */
function aliasFindings({ plans }: Names): Finding[] {
  const holders = new Map<string, string>();
  return [...plans].flatMap(([name, plan]) =>
    listOf(plan['aliases']).flatMap((alias, index): Finding[] => {
      const holder = plans.has(alias) ? alias : holders.get(alias);
      holders.set(alias, name);
      if (holder === undefined || (holder === name && alias !== name)) return [];
      return [
        wrong(['plans', name, 'aliases', String(index)], alias, `give another alias; plan ${holder} is called so`),
      ];
    }),
  );
}

function priceFindings(root: Record<string, unknown>, { plans }: Names): Finding[] {
  if (root['currency'] !== undefined) return [];
  const priced = [...plans].find(([, plan]) =>
    Object.values(mapAt(plan['price'])).some((amount) => Number(amount) > 0),
  );
  if (!priced) return [];
  return [absent(['currency'], `give currency: plan ${priced[0]} has a price, which says nothing without one`)];
}

function reservedFindings(name: string): Finding[] {
  if (name === ALL_PLANS)
    return [misplaced(['plans', name], 'give another name: among values, all stands for every plan')];
  if (name === FROM_NONE) return [misplaced(['plans', name], 'give another name: after from, none stands for no plan')];
  return [];
}

function lineFindings(name: string, plan: Record<string, unknown>, { plans, outline }: Names): Finding[] {
  const steps: Steps = ['plans', name];
  const own = outline.plans.get(name)!;
  const findings = [
    ...reference([...steps, 'line'], plan['line'], 'line', outline.lines),
    ...reference([...steps, 'extends'], plan['extends'], 'plan', plans.keys()),
  ];
  if (own.line === undefined) {
    findings.push(absent([...steps, 'line'], `give line: one of ${outline.lines.join(', ')}`));
  }
  const base = outline.plans.get(String(plan['extends']));
  if (base?.line !== undefined && own.line !== undefined && base.line !== own.line) {
    const message = `give a plan of line ${own.line}; ${base.name} is of line ${base.line}`;
    findings.push(wrong([...steps, 'extends'], base.name, message));
  }
  return findings;
}

/** A value at a plan is one of a limit or a feature of the plan's line. Whether it fits is looked at with that. */
function entryFindings(plan: string, entry: string, { limits, features, outline }: Names): Finding[] {
  const steps = ['plans', plan, 'values', entry];
  const definition = limits.get(entry) ?? features.get(entry);
  if (!isMap(definition)) return named(steps, 'limit or feature', [...limits.keys(), ...features.keys()]);
  const line = lineOf(definition, outline);
  const own = outline.plans.get(plan)?.line;
  // A line that is none is told where it stands.
  if (line === own || !outline.lines.includes(line ?? '') || !outline.lines.includes(own ?? '')) return [];
  const place = `${limits.has(entry) ? 'limits' : 'features'}.${entry}.without_line`;
  return [misplaced(steps, `${entry} is of line ${line}: put this plan's value into ${place}`)];
}
