import { Ajv2020, type DefinedError, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, type Finding } from './faults.ts';
import { hint, hintOrList } from './hints.ts';
import { nearestName } from './nearest-name.ts';
import { CATALOGUE_SCHEMA } from './schema.ts';
import { NAME } from './schema-parts.ts';

const NAME_FORM = 'small letters, digits and underscores, beginning with a letter, 63 at most';

let compiled: ValidateFunction | undefined;

/** What is wrong with the shape of a catalogue's content, by the schema. */
export function shapeFindings(content: unknown): Finding[] {
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
      const rule = (error.parentSchema?.['propertyNames'] as { pattern?: string } | undefined)?.pattern;
      const message = `give a name of ${rule === NAME ? NAME_FORM : 'letters, digits and underscores, 63 at most'}`;
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
    case 'maxProperties':
    case 'maxItems': {
      const found = `${Object.keys(error.data as object).length} of them`;
      return [{ ...value, found, message: `give at most ${error.params.limit}` }];
    }
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
  if (type === 'string') {
    const pattern = schema?.['pattern'];
    return pattern === NAME ? `a name of ${NAME_FORM}` : `a text of the form ${String(pattern)}, in quotes if need be`;
  }
  if (type === 'array') return 'a list';
  return 'a map';
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

/** A description as a part of a longer sentence. */
function inSentence(description: string): string {
  return description.charAt(0).toLowerCase() + description.slice(1).replace(/\.$/, '');
}
