/** The parts that the schema is put together from. Each has a description: editors show it, and faults are worded with it. */

/** A name, 63 characters at most. Dots divide it where a product's names do: `rate.general`, `key.verified`. */
export const NAME = '^(?=.{1,63}$)[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$';
/** The name of a field in a product's own answers. */
export const FIELD_NAME = '^[A-Za-z_][A-Za-z0-9_.]{0,62}$';
/** One line of words. */
export const TEXT = '^\\S(.{0,78}\\S)?$';

export const text = (pattern: string, description: string) => ({ type: 'string', pattern, description });

export const name = (description: string) => text(NAME, description);

export const flag = (description: string) => ({ type: 'boolean', default: false, description });

export const amount = (description: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER) => {
  return { type: 'integer', minimum, maximum, description };
};

export const mapOf = (description: string, entry: object, most: number, least = 1) => ({
  type: 'object',
  description,
  minProperties: least,
  maxProperties: most,
  propertyNames: { pattern: NAME },
  additionalProperties: entry,
});

export const listOf = (description: string, items: object) => ({
  type: 'array',
  description,
  items,
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
});

/** One name, or a list of them. `known`: the only ones there are. */
export const oneOrMore = (description: string, known?: readonly string[]) => {
  const each = known ? { enum: known, description } : name(description);
  const pattern = known ? `^(${known.join('|')})$` : NAME;
  return { ...listOf(description, each), type: ['string', 'array'], pattern };
};

export const exactly = (description: string, properties: Record<string, object>, required: string[]) => ({
  type: 'object',
  description,
  properties,
  required,
  additionalProperties: false,
});
