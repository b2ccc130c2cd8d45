import type { DecisionClass } from './catalogue.ts';
import type { Finding, Steps } from './faults.ts';
import { isMap, mapAt } from './resolve.ts';
import { absent, type Names, named, reference } from './rule-parts.ts';

/** A presentation has a code for every class of refusal that the catalogue can meet, and speaks only of what there is. */
export function presentationFindings(root: Record<string, unknown>, names: Names): Finding[] {
  const presentation = root['presentation'];
  if (!isMap(presentation)) return [];
  const codes = mapAt(presentation['codes']);
  const missing = [...classesOf(names)].filter(([each]) => !Object.hasOwn(codes, each));
  const all = [names.plans, names.limits, names.features, names.scopes].flatMap((each) => [...each.keys()]);
  return [
    ...missing.map(([each, cause]) => {
      return absent(['presentation', 'codes', each], `give ${each}: the code of a refusal by ${cause}`);
    }),
    ...Object.keys(mapAt(presentation['titles'])).flatMap((name) =>
      named(['presentation', 'titles', name], 'plan, limit, feature or scope', all),
    ),
    ...usageFindings(['presentation', 'usage'], presentation['usage'], names),
  ];
}

/** The classes of refusal that can happen, each with something that causes it. */
function classesOf({ limits, features }: Names): Map<DecisionClass, string> {
  const found = new Map<DecisionClass, string>();
  const add = (each: DecisionClass, cause: string) => found.has(each) || found.set(each, cause);
  for (const [name, feature] of features) {
    add('feature', `feature ${name}`);
    const loss = feature['on_loss'];
    if (loss === 'read_only' || mapAt(loss)['treatment'] === 'read_only')
      add('state', `feature ${name}, when it is lost`);
  }
  for (const [name, limit] of limits) {
    const each = classOf(limit);
    if (each) add(each, `limit ${name}`);
    if (mapAt(limit['over'])['treatment'] === 'read_only_newest') add('state', `limit ${name}, when it is exceeded`);
  }
  return found;
}

function classOf({ kind, edge }: Record<string, unknown>): DecisionClass | undefined {
  const isHard = edge === 'hard' || Object.values(mapAt(edge)).includes('hard');
  switch (kind) {
    case 'count':
    case 'sum':
      return edge === 'refuse' ? 'limit' : undefined;
    case 'quota':
    case 'budget':
      return isHard ? kind : undefined;
    case 'size':
    case 'rate':
    case 'credits':
      return kind;
    default:
      return undefined;
  }
}

function usageFindings(steps: Steps, usage: unknown, names: Names): Finding[] {
  if (typeof usage === 'string') {
    const [of, name] = usage.split(' ');
    if (name === undefined) return [];
    const known = of === 'has' ? names.features : names.limits;
    return reference(steps, name, of === 'has' ? 'feature' : 'limit', known.keys());
  }
  return Object.entries(mapAt(usage)).flatMap(([field, each]) => usageFindings([...steps, field], each, names));
}
