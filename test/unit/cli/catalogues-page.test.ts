import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSubject } from '../../../cli/plans/subject.ts';
import { loadCatalogue, parseCatalogue } from '../../../domain/plans/load.ts';
import { CATALOGUE_SCHEMA } from '../../../domain/plans/schema.ts';
import { plans } from './plans-commands.ts';

/** `docs/catalogues.md`: what it shows loads, what it runs prints what it says, and no field is left out. */
const PAGE = readFileSync('docs/catalogues.md', 'utf8');

interface Block {
  line: number;
  text: string;
}

function blocks(language: string): Block[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => {
    return { line: PAGE.slice(0, match.index).split('\n').length, text: match[1]! };
  });
}

type Content = Record<string, unknown>;

/** A fragment over a catalogue: maps are joined, all else is replaced. */
function laidOver(under: unknown, over: unknown): unknown {
  if (!isMap(under) || !isMap(over)) return over;
  const joined = Object.entries(over).map(([name, value]) => [name, laidOver(under[name], value)]);
  return { ...under, ...(Object.fromEntries(joined) as Content) };
}

function isMap(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const EXAMPLES = blocks('yaml');
const [SMALLEST, ...FRAGMENTS] = EXAMPLES;

describe('an example of the page', () => {
  test('that is complete is the file that it says it is', () => {
    expect(SMALLEST!.text).toBe(readFileSync('plans/examples/notes.yaml', 'utf8'));
  });

  test.each(FRAGMENTS.map(({ line, text }) => [line, text] as const))('from line %i on loads', (_line, text) => {
    const isWhole = text.startsWith('catalogue:');
    const content = isWhole ? text : laidOver(parse(SMALLEST!.text), parse(text));
    const catalogue = typeof content === 'string' ? loadCatalogue(content, 'page') : parseCatalogue(content);
    expect(Object.keys(catalogue.plans).length).toBeGreaterThan(1);
  });

  test('has each kind of limit and each type of feature', () => {
    const told = EXAMPLES.map(({ text }) => text).join('\n');
    const { kind, featureType } = CATALOGUE_SCHEMA.$defs;
    for (const name of kind.enum) expect(told).toMatch(new RegExp(`kind: ${name}\\b`));
    for (const name of featureType.enum) expect(told).toMatch(new RegExp(`type: ${name}\\b`));
  });

  test('has each field that a catalogue can have', () => {
    const told = EXAMPLES.map(({ text }) => text).join('\n');
    const { decidingClasses, fields } = fieldsOf(CATALOGUE_SCHEMA);
    expect(fields.filter((name) => !new RegExp(`\\b${name}:`).test(told))).toEqual([]);
    for (const name of decidingClasses) expect(PAGE).toContain(`\`${name}\``);
  });

  test('of a subject is read with nothing left out', () => {
    const [{ text }] = blocks('json') as [Block];
    const catalogue = parseCatalogue(laidOver(parse(SMALLEST!.text), LIKE_THE_SUBJECT));
    const { subject, usage, resources } = readSubject(catalogue, JSON.parse(text), 'page');
    expect([subject.plans, subject.overrides.length, usage.length, resources.length]).toEqual([['free'], 1, 2, 1]);
  });
});

/** What the page's subject speaks of. */
const LIKE_THE_SUBJECT = {
  scopes: { notebook: { parent: 'account', attributes: { visibility: ['private', 'shared'] } } },
  plans: { business: { overridable: true } },
  limits: {
    notebooks: { overridable: true },
    pages: { kind: 'count', scope: 'notebook', counts: 'page', edge: 'advisory', values: { all: 1000 } },
  },
};

/** All names of fields in the schema; those of `codes` are classes of refusal. */
function fieldsOf(schema: object): { fields: string[]; decidingClasses: string[] } {
  const fields = new Set<string>();
  const decidingClasses = new Set<string>();
  const walk = (value: unknown, isCodes: boolean): void => {
    if (Array.isArray(value)) for (const each of value) walk(each, isCodes);
    if (!isMap(value)) return;
    for (const [name, part] of Object.entries(value)) {
      if (name === 'properties' && isMap(part)) {
        for (const [field, described] of Object.entries(part)) {
          (isCodes ? decidingClasses : fields).add(field);
          walk(described, field === 'codes');
        }
      } else walk(part, isCodes);
    }
  };
  walk(schema, false);
  return { fields: [...fields], decidingClasses: [...decidingClasses] };
}

const COMMANDS = blocks('console').flatMap(({ line, text }) =>
  text
    .split(/^(?=\$ )/m)
    .map((part) => /^\$ bin\/plimsoll plans (.*)\n([\s\S]*)$/.exec(part)!)
    .map((match) => ({ line, command: match[1]!, printed: match[2]! })),
);

describe('a command of the page prints what stands below it', () => {
  test.each(COMMANDS.map(({ command, printed }) => [command, printed] as const))('%s', (command, printed) => {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]!);
    const { stdout, stderr } = plans(...words);
    expect(stdout + stderr).toBe(printed);
  });

  test('and there are some for each of the four products', () => {
    for (const product of ['platform', 'examples/unkey', 'examples/keyway', 'examples/keel'])
      expect(COMMANDS.filter(({ command }) => command.includes(`plans/${product}.yaml`)).length).toBeGreaterThan(3);
  });
});
