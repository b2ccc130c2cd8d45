/**
 * The shape of a catalogue's file, as JSON Schema 2020-12. `plans/catalogue.schema.json` is this object, for editors; a test
 * holds them equal. What a schema can't say (names that must exist, ranks that must differ) is in `check.ts`.
 *
 * A new kind of limit is a row in `KINDS` and a definition beside the others. A field that is added must be optional, with a
 * default that means what its absence meant before: published versions come back through this schema.
 */

const NAME = '^[a-z][a-z0-9_]{0,62}$';
const text = (pattern: string, description: string) => ({ type: 'string', pattern, description });
const name = (description: string) => text(NAME, description);
const mapOf = (description: string, entry: object) => ({
  type: 'object',
  description,
  minProperties: 1,
  propertyNames: { pattern: NAME },
  additionalProperties: entry,
});
const exactly = (description: string, properties: Record<string, object>, required: string[]) => ({
  type: 'object',
  description,
  properties,
  required,
  additionalProperties: false,
});

const flag = (description: string) => ({ type: 'boolean', default: false, description });

const limitFields = {
  kind: { $ref: '#/$defs/kind' },
  scope: name('The scope that the number is counted for.'),
  overridable: flag('Whether an override of this limit holds, on a plan that allows overrides.'),
  values: mapOf('A value for every plan, by its name.', { $ref: '#/$defs/limitValue' }),
};
const counts = name('The kind of thing that is counted.');

const KINDS = {
  count: exactly(
    'How many exist now.',
    { ...limitFields, counts, edge: { enum: ['refuse'], description: 'At the limit, one more is refused.' } },
    ['kind', 'scope', 'counts', 'edge', 'values'],
  ),
  quota: exactly(
    'How much was consumed in the period.',
    {
      ...limitFields,
      counts,
      period: { enum: ['utc_day'], description: 'What it is counted in: from midnight to midnight UTC.' },
      edge: { enum: ['hard'], description: 'At the limit, calls are refused and not counted.' },
    },
    ['kind', 'scope', 'counts', 'period', 'edge', 'values'],
  ),
  retention: exactly(
    'How old records may become.',
    {
      ...limitFields,
      unit: { enum: ['days'], description: 'What the values are given in.' },
      records: {
        type: 'array',
        items: name('A kind of record.'),
        minItems: 1,
        uniqueItems: true,
        description: 'The kinds of record that it holds for.',
      },
    },
    ['kind', 'scope', 'unit', 'records', 'values'],
  ),
};

export const CATALOGUE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A catalogue: plans, and what each of them gives',
  ...exactly(
    'One version of a catalogue. A published version never changes.',
    {
      catalogue: name('The name that all versions of the catalogue share.'),
      version: text('^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$', "Names this version, such as '2026-11-01'."),
      subject: name('The scope whose plan decides: who is limited.'),
      fallback: name('The plan that a subject with cancelled billing is served under.'),
      scopes: mapOf('What limits are counted for, by name.', { $ref: '#/$defs/scope' }),
      plans: mapOf('The plans, by name.', { $ref: '#/$defs/plan' }),
      limits: mapOf('How much each plan gives, by name of the limit.', { $ref: '#/$defs/limit' }),
      features: mapOf('What each plan has, by name of the feature.', { $ref: '#/$defs/feature' }),
    },
    ['catalogue', 'version', 'subject', 'fallback', 'scopes', 'plans', 'limits', 'features'],
  ),
  $defs: {
    scope: exactly('A scope.', { parent: name('The scope that it hangs below. Absent: it hangs below none.') }, []),
    plan: exactly(
      'A plan.',
      {
        rank: {
          type: 'integer',
          minimum: 0,
          maximum: 1_000_000,
          description: 'Its place in the order of plans: the greater plan has the higher rank.',
        },
        overridable: flag('Whether overrides hold for subjects on this plan.'),
      },
      ['rank'],
    ),
    kind: { enum: Object.keys(KINDS), description: 'What decides: how many exist, what was consumed, how old it is.' },
    limitValue: {
      type: ['integer', 'string'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      pattern: '^unlimited$',
      description: 'A whole number from 0 to 9007199254740991, or unlimited.',
    },
    limit: {
      type: 'object',
      description: 'A limit, by its kind.',
      properties: { kind: { $ref: '#/$defs/kind' } },
      required: ['kind'],
      allOf: Object.keys(KINDS).map((kind) => ({
        if: { type: 'object', properties: { kind: { const: kind } }, required: ['kind'] },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema, never awaited
        then: { $ref: `#/$defs/${kind}` },
      })),
    },
    ...KINDS,
    feature: exactly(
      'A feature that a plan has or lacks.',
      {
        type: { enum: ['boolean'], description: 'It is there or it is not.' },
        on_loss: {
          enum: ['stop', 'keep_working'],
          description: 'What becomes of things made with it when it is lost: they lose their effect, or go on.',
        },
        overridable: flag('Whether an override of this feature holds, on a plan that allows overrides.'),
        values: mapOf('Whether each plan has it, by name of the plan.', { $ref: '#/$defs/featureValue' }),
      },
      ['type', 'on_loss', 'values'],
    ),
    featureValue: { type: 'boolean', description: 'true or false.' },
  },
};
