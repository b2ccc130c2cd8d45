import { FEATURES, KINDS, VALUES } from './schema-entries.ts';
import { amount, exactly, FIELD_NAME, flag, listOf, mapOf, NAME, name, TEXT, text } from './schema-parts.ts';

/**
 * The shape of a catalogue's file, as JSON Schema 2020-12. `plans/catalogue.schema.json` is this object, for editors; a test
 * holds them equal. What a schema can't say (names that must exist, ranks that must differ) is in `rules.ts`.
 *
 * A field that is added must be optional, with a default that means what its absence meant before: published versions come back
 * through this schema. The bounds on how many there may be keep checking cheap, whatever the file holds.
 */
export const CATALOGUE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A catalogue: plans, and what each of them gives',
  ...exactly(
    'One version of a catalogue. A published version never changes.',
    {
      catalogue: name('The name that all versions of the catalogue share.'),
      version: text('^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$', "Names this version, such as '2026-11-01'."),
      subject: name('The scope whose plan decides: who is limited.'),
      currency: text('^[A-Z]{3}$', 'What all prices are in: three capitals, such as USD.'),
      fallback: name(
        'The plan of a subject that has none, or whose billing is cancelled. With several lines, each names its own.',
      ),
      lines: mapOf('Where a subject may hold several plans at once: one of each line.', { $ref: '#/$defs/line' }, 20),
      scopes: mapOf('What limits are counted for, by name.', { $ref: '#/$defs/scope' }, 100),
      plans: mapOf(
        'The plans, by name. Where no plan gives a rank, they are in their order, the least first.',
        { $ref: '#/$defs/plan' },
        100,
      ),
      limits: mapOf('How much each plan gives, by name of the limit.', { $ref: '#/$defs/limit' }, 500, 0),
      features: mapOf('What each plan has, by name of the feature.', { $ref: '#/$defs/feature' }, 500, 0),
      constraints: mapOf(
        "The product's contract beside its plans, by name: told, never held.",
        { $ref: '#/$defs/anything' },
        100,
      ),
      presentation: { $ref: '#/$defs/presentation' },
    },
    ['catalogue', 'version', 'subject', 'scopes', 'plans', 'limits', 'features'],
  ),
  $defs: {
    scope: exactly(
      'A scope.',
      {
        parent: name('The scope that it hangs below. Absent: it hangs below none.'),
        attributes: mapOf(
          'What the product tells of each, and the values there are.',
          listOf('The values there are.', name('A value.')),
          20,
        ),
      },
      [],
    ),
    line: exactly(
      'A line of plans.',
      { fallback: name('The plan of a subject that holds none of this line, or whose billing is cancelled.') },
      ['fallback'],
    ),
    plan: exactly(
      'A plan.',
      {
        rank: {
          type: 'integer',
          minimum: 0,
          maximum: 1_000_000,
          description:
            'Its place in the order of plans: the greater plan has the higher rank. Absent everywhere: as in the file.',
        },
        line: name('The line it belongs to, where there are several.'),
        extends: name('The plan whose fields and values hold where this one gives none.'),
        overridable: flag('Whether overrides hold for subjects on this plan.'),
        aliases: listOf('Other names that are taken for this one. Answers give the name.', name('Another name.')),
        acquisition: {
          enum: ['default', 'self_serve', 'sales_led'],
          description: 'How one comes to it: one starts there, buys it alone, or is sold it.',
        },
        billing: { enum: ['none', 'card', 'manual'], description: 'How it is paid.' },
        price: {
          type: ['object', 'string'],
          description: 'By month, by year or both, in minor units of the currency; or by_agreement.',
          pattern: '^by_agreement$',
          properties: {
            month: amount('For a month, in minor units such as cents.', 0),
            year: amount('For a year paid at once, in minor units.', 0),
          },
          minProperties: 1,
          additionalProperties: false,
        },
        attributes: mapOf(
          'What else is told of the plan, by name.',
          { type: ['string', 'number', 'boolean'], description: 'A text, a number, true or false.' },
          100,
        ),
        values: mapOf(
          'Values of limits and features for this plan, where they are easier to read here; each once.',
          { $ref: '#/$defs/planValue' },
          1000,
        ),
      },
      [],
    ),
    planValue: {
      type: ['integer', 'string', 'boolean'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'A limit (a whole number from 0 to 9007199254740991, or unlimited), true, false, or a level.',
    },
    ...VALUES,
    kind: { enum: Object.keys(KINDS), description: 'What decides: how many exist, what was consumed, how old it is.' },
    limit: oneOfSeveral('A limit, by its kind.', 'kind', { $ref: '#/$defs/kind' }, Object.keys(KINDS)),
    ...KINDS,
    featureType: { enum: Object.keys(FEATURES), description: 'It is there or not; or it is there to a degree.' },
    feature: oneOfSeveral('A feature, by its type.', 'type', { $ref: '#/$defs/featureType' }, Object.keys(FEATURES)),
    ...FEATURES,
    presentation: exactly(
      'How the product words what is decided.',
      {
        style: {
          enum: ['problem', 'access_block', 'envelope'],
          description: 'The form of a refusal: problem details; an access block beside an error; an envelope.',
        },
        base: text('^https?://[^\\s]{1,200}$', 'An address that the codes are appended to, where they are addresses.'),
        codes: exactly(
          "The product's code for each class of refusal.",
          Object.fromEntries(
            ['feature', 'limit', 'quota', 'rate', 'credits', 'budget', 'size', 'state'].map((each) => {
              return [each, text('^[A-Za-z0-9][A-Za-z0-9._:/-]{0,126}$', `The code of a refusal by class ${each}.`)];
            }),
          ),
          [],
        ),
        upgrade_url: text('^https?://[^\\s]{1,200}$', 'Where a greater plan is bought.'),
        unlimited: {
          type: ['string', 'integer', 'null'],
          description: 'How the product writes unlimited: a text, a number or null.',
        },
        usage: { $ref: '#/$defs/usage' },
        titles: {
          ...mapOf(
            'What people read for plans, limits, features and scopes, by name; of what is counted, one.',
            text(TEXT, 'Some words, 80 characters at most.'),
            1200,
          ),
        },
      },
      ['style', 'codes', 'unlimited'],
    ),
    usage: {
      type: 'object',
      description:
        "The product's answer to what one has, by its fields: plan, allowed LIMIT, used LIMIT, has FEATURE, or fields in the field.",
      minProperties: 1,
      maxProperties: 100,
      propertyNames: { pattern: FIELD_NAME },
      additionalProperties: { $ref: '#/$defs/usageField' },
    },
    usageField: {
      type: ['string', 'object'],
      description: 'plan, allowed LIMIT, used LIMIT or has FEATURE; or a map of such fields.',
      pattern: `^(plan|(allowed|used|has) ${NAME.slice(1, -1)})$`,
      propertyNames: { pattern: FIELD_NAME },
      additionalProperties: { $ref: '#/$defs/usageField' },
    },
    anything: {
      type: ['string', 'number', 'boolean', 'null', 'array', 'object'],
      description: 'A text, a finite number, true, false, null, or a list or map of them.',
      items: { $ref: '#/$defs/anything' },
      additionalProperties: { $ref: '#/$defs/anything' },
    },
  },
};

/** A map whose shape hangs on one of its fields, which names a definition. */
function oneOfSeveral(description: string, field: string, schema: object, names: string[]): object {
  return {
    type: 'object',
    description,
    properties: { [field]: schema },
    required: [field],
    allOf: names.map((each) => ({
      if: { type: 'object', properties: { [field]: { const: each } }, required: [field] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema, never awaited
      then: { $ref: `#/$defs/${each}` },
    })),
  };
}
