import { isZone } from './calendar.ts';
import type { Finding, Steps } from './faults.ts';
import { nearestName } from './nearest-name.ts';
import { isMap, mapAt } from './resolve.ts';
import {
  absent,
  attributeFindings,
  listOf,
  misplaced,
  type Names,
  named,
  namesOf,
  reference,
  wrong,
} from './rule-parts.ts';
import { planFindings } from './rules-of-plans.ts';
import { presentationFindings } from './rules-of-presentation.ts';
import { lineOfFindings, valueFindings } from './rules-of-values.ts';

/** The rules beyond the schema. They look at what is there and leave to the schema what has the wrong shape. */
export function ruleFindings(content: unknown): Finding[] {
  if (!isMap(content)) return [];
  const root = content;
  const names = namesOf(root);
  return [
    ...reference(['subject'], root['subject'], 'scope', names.scopes.keys()),
    ...[...names.scopes].flatMap(([name, scope]) => [
      ...reference(['scopes', name, 'parent'], scope['parent'], 'scope', names.scopes.keys()),
      ...rings(name, 'parent', names.scopes, ['scopes'], 'give a scope that is not below this one'),
    ]),
    ...[...names.plans.keys()].flatMap((name) =>
      rings(name, 'extends', names.plans, ['plans'], 'give a plan that does not extend this one'),
    ),
    ...planFindings(root, names),
    ...[...names.limits].flatMap(([name, limit]) => limitFindings(['limits', name], limit, names)),
    ...[...names.features].flatMap(([name, feature]) => featureFindings(['features', name], feature, names)),
    ...sharedNames(names),
    ...sharedRecords(names),
    ...(['limits', 'features'] as const).flatMap((kind) =>
      [...names[kind]].flatMap(([name, definition]) => [
        ...lineOfFindings([kind, name], definition, names),
        ...valueFindings([kind, name], definition, root, names),
      ]),
    ),
    ...presentationFindings(root, names),
  ];
}

function limitFindings(steps: Steps, limit: Record<string, unknown>, names: Names): Finding[] {
  const counted = listOf(limit['counts']);
  return [
    ...reference([...steps, 'scope'], limit['scope'], 'scope', names.scopes.keys()),
    ...reference([...steps, 'fallback_scope'], limit['fallback_scope'], 'scope', names.scopes.keys()),
    ...attributeFindings([...steps, 'applies_to'], limit['applies_to'], limit['scope'], names),
    ...whereFindings([...steps, 'where'], limit, names),
    ...edgeFindings([...steps, 'edge'], limit['edge'], names),
    ...Object.keys(mapAt(limit['costs'])).flatMap((event) => named([...steps, 'costs', event], 'event', counted)),
    ...noticeFindings([...steps, 'notices'], limit['notices']),
    ...zoneFindings(steps, limit),
    ...overFindings([...steps, 'over'], limit),
    ...refillFindings([...steps, 'refill'], mapAt(limit['refill'])),
  ];
}

/** Only of a scope it is known what attributes its things have. */
function whereFindings(steps: Steps, { where, counts }: Record<string, unknown>, names: Names): Finding[] {
  if (where === undefined || typeof counts !== 'string') return [];
  if (names.scopes.has(counts)) return attributeFindings(steps, where, counts, names);
  return [misplaced(steps, `declare a scope ${counts} with its attributes, or leave this out`)];
}

function featureFindings(steps: Steps, feature: Record<string, unknown>, names: Names): Finding[] {
  const loss = mapAt(feature['on_loss']);
  const treatment = typeof feature['on_loss'] === 'string' ? feature['on_loss'] : loss['treatment'];
  const at: Steps = [...steps, 'on_loss'];
  const isLevel = feature['type'] === 'level';
  const findings: Finding[] = [];

  if (treatment === 'read_only') {
    for (const [field, what] of [
      ['resource', 'the scope that can only be read'],
      ['reason', 'the reason told'],
    ] as const) {
      if (loss[field] === undefined) findings.push(absent([...at, field], `give ${field}: ${what}`));
    }
  } else {
    for (const field of ['resource', 'where', 'reason'].filter((each) => loss[each] !== undefined)) {
      findings.push(misplaced([...at, field], `leave it out: ${field} is for read_only alone`));
    }
  }
  if (treatment === 'clamp' && feature['type'] === 'boolean') {
    const place: Steps = typeof feature['on_loss'] === 'string' ? at : [...at, 'treatment'];
    findings.push(wrong(place, 'clamp', 'give another treatment: only a level can be clamped'));
  }
  return [
    ...findings,
    ...reference([...at, 'resource'], loss['resource'], 'scope', names.scopes.keys()),
    ...attributeFindings([...at, 'where'], loss['where'], loss['resource'], names),
    ...(isLevel ? levelFindings(steps, feature) : shapeGate(steps, feature)),
  ];
}

/** Whether levels and the fields they add fit together; the levels of plans are looked at with their values. */
function levelFindings(steps: Steps, feature: Record<string, unknown>): Finding[] {
  const levels = listOf(feature['levels']);
  const shape = mapAt(feature['shape']);
  const holders = new Map<string, string>();
  const findings = Object.keys(shape).flatMap((level) => named([...steps, 'shape', level], 'level', levels));
  for (const [level, fields] of Object.entries(shape)) {
    for (const [index, field] of listOf(fields).entries()) {
      const holder = holders.get(field);
      if (holder !== undefined && holder !== level) {
        findings.push(
          wrong([...steps, 'shape', level, String(index)], field, `name each field once; level ${holder} adds it`),
        );
      }
      holders.set(field, level);
    }
  }
  const isGated = listOf(feature['gates']).includes('shape');
  if (isGated && feature['shape'] === undefined) {
    findings.push(absent([...steps, 'shape'], 'give shape: the fields that each level adds to an answer'));
  }
  if (!isGated && feature['shape'] !== undefined) {
    findings.push(misplaced([...steps, 'shape'], 'name shape among the gates, or leave it out'));
  }
  return findings;
}

function shapeGate(steps: Steps, feature: Record<string, unknown>): Finding[] {
  if (!listOf(feature['gates']).includes('shape')) return [];
  return [wrong([...steps, 'gates'], feature['gates'], 'leave out shape: only levels shape an answer')];
}

function edgeFindings(steps: Steps, edge: unknown, { features }: Names): Finding[] {
  const name = mapAt(edge)['if_feature'];
  const place = [...steps, 'if_feature'];
  const booleans = [...features].filter(([, feature]) => feature['type'] === 'boolean').map(([each]) => each);
  if (typeof name === 'string' && features.get(name)?.['type'] === 'level') {
    return [wrong(place, name, `give a feature that is there or not; ${name} has levels`)];
  }
  return reference(place, name, 'feature', booleans);
}

function noticeFindings(steps: Steps, notices: unknown): Finding[] {
  if (!Array.isArray(notices)) return [];
  const at = notices.findIndex((each, index) => index > 0 && Number(each) < Number(notices[index - 1]));
  if (at < 0) return [];
  return [
    wrong([...steps, String(at)], notices[at], `give more than the ${String(notices[at - 1])} before it: they ascend`),
  ];
}

/** A zone that exists, and only where there is a day or month to begin in it. */
function zoneFindings(steps: Steps, { zone, period }: Record<string, unknown>): Finding[] {
  if (typeof zone !== 'string') return [];
  const place = [...steps, 'zone'];
  if (period === 'utc_day' || period === 'total' || period === 'billing_period') {
    return [misplaced(place, `leave it out: no zone changes what ${period} means`)];
  }
  if (zone === 'subject' || isZone(zone)) return [];
  const nearest = nearestName(zone, ['UTC', 'subject', ...Intl.supportedValuesOf('timeZone')]);
  const help = nearest ? `did you mean ${nearest}?` : 'give one such as Europe/Berlin';
  return [wrong(place, zone, `no such zone; ${help}`)];
}

function overFindings(steps: Steps, limit: Record<string, unknown>): Finding[] {
  const over = mapAt(limit['over']);
  const isSorted = over['treatment'] === 'read_only_newest';
  if (isSorted && limit['kind'] !== 'count') {
    return [
      wrong(
        [...steps, 'treatment'],
        'read_only_newest',
        'give keep_working: only things that are counted can be sorted',
      ),
    ];
  }
  const fields = ['order', 'reason'] as const;
  const told = { order: 'by what they are sorted', reason: 'the reason told for what can only be read' };
  if (isSorted) {
    return fields
      .filter((field) => over[field] === undefined)
      .map((field) => absent([...steps, field], `give ${field}: ${told[field]}`));
  }
  return fields
    .filter((field) => over[field] !== undefined)
    .map((field) => misplaced([...steps, field], `leave it out: ${field} is for read_only_newest alone`));
}

function refillFindings(steps: Steps, refill: Record<string, unknown>): Finding[] {
  if (refill['interval'] !== 'day' || refill['day_of_month'] === undefined) return [];
  return [misplaced([...steps, 'day_of_month'], 'leave it out: a refill of every day has none')];
}

/** A limit and a feature of one name could not be told apart where values stand at the plan. */
function sharedNames({ limits, features }: Names): Finding[] {
  return [...features.keys()]
    .filter((name) => limits.has(name))
    .map((name) => misplaced(['features', name], 'give a name of its own; a limit has this one'));
}

/** A kind of record has one retention: else two could say when it is hidden. */
function sharedRecords({ limits }: Names): Finding[] {
  const holders = new Map<string, string>();
  return [...limits].flatMap(([name, limit]) =>
    listOf(limit['records']).flatMap((record, index): Finding[] => {
      const holder = holders.get(record);
      if (holder === undefined) holders.set(record, name);
      if (holder === undefined || holder === name) return [];
      const place = ['limits', name, 'records', String(index)];
      return [wrong(place, record, `name each kind of record in one limit; ${holder} has it`)];
    }),
  );
}

/** Something that hangs below itself, at whatever distance; each of the ring is told. */
function rings(name: string, field: string, entries: Names['plans'], under: Steps, message: string): Finding[] {
  const seen = new Set<unknown>();
  let next = entries.get(name)?.[field];
  while (typeof next === 'string' && entries.has(next) && !seen.has(next)) {
    if (next === name) return [wrong([...under, name, field], entries.get(name)?.[field], message)];
    seen.add(next);
    next = entries.get(next)?.[field];
  }
  return [];
}
