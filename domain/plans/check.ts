import { Ajv2020, type DefinedError, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, pointerOf, type Steps } from './faults.ts';
import { nearestName } from './nearest-name.ts';
import { CATALOGUE_SCHEMA } from './schema.ts';

/** A fault before its place in the file is known. */
export interface Finding {
  steps: Steps;
  /** Whether the fault is in the name of the field or in its value. Of something absent, its surroundings are shown. */
  at: 'name' | 'value';
  found: string;
  message: string;
}

/** Everything that is wrong with a catalogue's content: its shape, and the rules that a schema can't say. One finding a place. */
export function check(content: unknown): Finding[] {
  // Rules first: where both complain of a name, they know which name was meant.
  const findings = [...ruleFindings(content), ...shapeFindings(content)];
  const byPlace = new Map<string, Finding>();
  for (const finding of findings) {
    const place = `${pointerOf(finding.steps)} ${finding.at}`;
    if (!byPlace.has(place)) byPlace.set(place, finding);
  }
  return [...byPlace.values()];
}

let compiled: ValidateFunction | undefined;

function shapeFindings(content: unknown): Finding[] {
  compiled ??= new Ajv2020({ strict: true, allErrors: true, verbose: true, allowUnionTypes: true }).compile(
    CATALOGUE_SCHEMA,
  );
  if (compiled(content)) return [];
  return ((compiled.errors ?? []) as DefinedError[]).flatMap(toFinding);
}

/** What one error of the validator means to whoever wrote the file; nothing where another error says it better. */
function toFinding(error: DefinedError): Finding[] {
  const steps = stepsOf(error.instancePath);
  const value = { steps, at: 'value', found: describe(error.data) } as const;
  const description = String(error.parentSchema?.['description'] ?? '');

  switch (error.keyword) {
    case 'if':
      return [];
    // The name's own pattern, told by `propertyNames` below with the name itself.
    case 'pattern':
      if (error.propertyName !== undefined) return [];
      return [{ ...value, message: `give ${accepted(error.parentSchema, description, error.data)}` }];
    case 'propertyNames': {
      const name = error.params.propertyName;
      const message = 'give a name of small letters, digits and underscores, beginning with a letter, 63 at most';
      return [{ steps: [...steps, name], at: 'name', found: describe(name), message }];
    }
    case 'additionalProperties': {
      const name = error.params.additionalProperty;
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object);
      const message = `no such field${hint(name, known)}`;
      return [{ steps: [...steps, name], at: 'name', found: describe(name), message }];
    }
    case 'required': {
      const missing = error.params.missingProperty;
      const properties = (error.parentSchema?.['properties'] ?? {}) as Record<string, { description?: string }>;
      const about = properties[missing]?.description;
      const message = `give ${missing}${about ? `: ${inSentence(about)}` : ''}`;
      return [{ steps: [...steps, missing], at: 'value', found: 'nothing', message }];
    }
    case 'enum': {
      const allowed = error.params.allowedValues.map(String);
      return [{ ...value, message: `give ${hintOrList(error.data, allowed)}` }];
    }
    case 'minProperties':
    case 'minItems':
      return [{ ...value, found: 'none', message: 'give at least one' }];
    case 'uniqueItems':
      return [{ ...value, message: 'name each one once' }];
    default:
      return [{ ...value, message: `give ${accepted(error.parentSchema, description, error.data)}` }];
  }
}

/** What a schema takes, in words. */
function accepted(schema: Record<string, unknown> | undefined, description: string, data: unknown): string {
  const type = schema?.['type'];
  if (Array.isArray(type)) return `${inSentence(description)}${unlimitedHint(data)}`;
  if (type === 'integer') return `a whole number from ${String(schema?.['minimum'])} to ${String(schema?.['maximum'])}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return `a text of the form ${String(schema?.['pattern'])}, in quotes if need be`;
  if (type === 'array') return 'a list';
  return 'a map';
}

/** The rules beyond the schema. They look at what is there and leave to the schema what has the wrong shape. */
function ruleFindings(content: unknown): Finding[] {
  const root = mapAt(content);
  const scopes = Object.keys(mapAt(root['scopes']));
  const plans = Object.keys(mapAt(root['plans']));

  return [
    ...reference(['subject'], root['subject'], 'scope', scopes),
    ...reference(['fallback'], root['fallback'], 'plan', plans),
    ...Object.entries(mapAt(root['scopes'])).flatMap(([name, scope]) => [
      ...reference(['scopes', name, 'parent'], mapAt(scope)['parent'], 'scope', scopes),
      ...endlessParents(name, mapAt(root['scopes'])),
    ]),
    ...sharedRanks(mapAt(root['plans'])),
    ...Object.entries(mapAt(root['limits'])).flatMap(([name, limit]) => [
      ...reference(['limits', name, 'scope'], mapAt(limit)['scope'], 'scope', scopes),
      ...valuesByPlan(['limits', name, 'values'], mapAt(limit)['values'], plans),
    ]),
    ...Object.entries(mapAt(root['features'])).flatMap(([name, feature]) =>
      valuesByPlan(['features', name, 'values'], mapAt(feature)['values'], plans),
    ),
  ];
}

/** A name that stands for something which must exist. */
function reference(steps: Steps, name: unknown, what: string, known: string[]): Finding[] {
  if (typeof name !== 'string' || known.includes(name)) return [];
  return [{ steps, at: 'value', found: describe(name), message: `no such ${what}${hint(name, known)}` }];
}

/** Every plan gives a value: an absent one is neither zero nor unlimited, it is a mistake. */
function valuesByPlan(steps: Steps, values: unknown, plans: string[]): Finding[] {
  if (!isMap(values)) return [];
  const unknown = Object.keys(values).filter((name) => !plans.includes(name));
  const absent = plans.filter((name) => !Object.hasOwn(values, name));
  return [
    ...unknown.map((name): Finding => {
      const message = `no such plan${hint(name, plans)}`;
      return { steps: [...steps, name], at: 'name', found: describe(name), message };
    }),
    ...absent.map((name): Finding => {
      const message = `give a value for plan ${name}; its absence would mean neither none nor unlimited`;
      return { steps: [...steps, name], at: 'value', found: 'nothing', message };
    }),
  ];
}

function sharedRanks(plans: Record<string, unknown>): Finding[] {
  const holders = new Map<number, string>();
  return Object.entries(plans).flatMap(([name, plan]): Finding[] => {
    const rank = mapAt(plan)['rank'];
    if (typeof rank !== 'number') return [];
    const holder = holders.get(rank);
    if (holder === undefined) holders.set(rank, name);
    if (holder === undefined) return [];
    const message = `give a rank of its own; plan ${holder} has this one`;
    return [{ steps: ['plans', name, 'rank'], at: 'value', found: describe(rank), message }];
  });
}

/** A scope that hangs below itself, at whatever distance; each scope of the ring is told. */
function endlessParents(name: string, scopes: Record<string, unknown>): Finding[] {
  const seen = new Set<unknown>();
  let parent = mapAt(scopes[name])['parent'];
  while (typeof parent === 'string' && Object.hasOwn(scopes, parent) && !seen.has(parent)) {
    if (parent === name) {
      const found = describe(mapAt(scopes[name])['parent']);
      return [
        { steps: ['scopes', name, 'parent'], at: 'value', found, message: 'give a scope that is not below this one' },
      ];
    }
    seen.add(parent);
    parent = mapAt(scopes[parent])['parent'];
  }
  return [];
}

function hint(name: string, known: string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  return known.length === 0 ? '' : `; there is ${known.join(', ')}`;
}

function hintOrList(value: unknown, allowed: string[]): string {
  const nearest = typeof value === 'string' ? nearestName(value, allowed) : undefined;
  const list = allowed.length === 1 ? String(allowed[0]) : `one of ${allowed.join(', ')}`;
  return nearest === undefined ? list : `${list}; did you mean ${nearest}?`;
}

function unlimitedHint(value: unknown): string {
  return typeof value === 'string' && nearestName(value, ['unlimited']) ? '; did you mean unlimited?' : '';
}

function stepsOf(instancePath: string): string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function mapAt(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A description as a part of a longer sentence. */
function inSentence(description: string): string {
  return description.charAt(0).toLowerCase() + description.slice(1).replace(/\.$/, '');
}
