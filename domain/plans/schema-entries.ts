import { amount, exactly, FIELD_NAME, flag, listOf, mapOf, name, oneOrMore, text } from './schema-parts.ts';
import { MAX_RETENTION_DAYS, MAX_WINDOW_SECONDS } from './values.ts';

/** The kinds of limits and the types of features, each with exactly its fields. A new kind is a row in `KINDS`. */

const YEAR_SECONDS = 31_536_000;

const attributes = (description: string) =>
  mapOf(description, oneOrMore('A value of the attribute, or a list of those that match.'), 20);

const limitFields = {
  kind: { $ref: '#/$defs/kind' },
  scope: name('The scope that the number is counted for.'),
  line: name('The line whose plans give the values, where there are several.'),
  unit: name('What the values are given in.'),
  overridable: flag('Whether an override of this limit holds, on a plan that allows overrides.'),
  contract: flag('Whether customers may rely on it; else it is only declared.'),
  order: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 0,
    description: 'Where several are checked together: lower first.',
  },
  applies_to: attributes('Narrows it to scopes with these values of attributes. Absent: it holds in all.'),
  values: mapOf(
    'A value for every plan, by its name; all stands for those not named.',
    { $ref: '#/$defs/limitValue' },
    101,
  ),
  without_line: mapOf(
    "Values of plans of another line, for subjects without a plan of this limit's line.",
    { $ref: '#/$defs/limitValue' },
    100,
  ),
};
const notices = {
  notices: {
    ...listOf('At how many percent of the limit somebody is told; ascending.', amount('A percentage.', 1, 10_000)),
    maxItems: 20,
  },
  remind_every_seconds: amount('How often somebody is reminded while it is exceeded.', 60, YEAR_SECONDS),
};
const counts = name('The kind of thing that is counted.');
const where = attributes('Counts only things with these values of attributes, which the scope of that name has.');
const over = exactly(
  'What becomes of what is beyond the limit.',
  {
    treatment: {
      enum: ['keep_working', 'read_only_newest'],
      description: 'It goes on as it is, or the newest of it can only be read.',
    },
    order: listOf(
      'By what they are sorted: the first that fit stay writable. Of the same age the lower id comes first.',
      {
        enum: ['created_at', 'id'],
        description: 'The moment they were made, or their id.',
      },
    ),
    reason: name('The reason told for what can only be read.'),
  },
  ['treatment'],
);
const zone = text(
  '^[A-Za-z][A-Za-z0-9_+/-]{0,62}$',
  "An IANA zone such as Europe/Berlin, UTC, or subject for the subject's own.",
);
const edgeOf = (description: string, edges: string[]) => ({
  type: ['string', 'object'],
  description: `${description}; or if_feature, then and otherwise, where it hangs on a feature.`,
  pattern: `^(${edges.join('|')})$`,
  properties: {
    if_feature: name('A feature that is there or not.'),
    // oxlint-disable-next-line unicorn/no-thenable -- a field of the catalogue, never awaited
    then: { enum: edges, description: 'The edge with the feature.' },
    otherwise: { enum: edges, description: 'The edge without it.' },
  },
  required: ['if_feature', 'then', 'otherwise'],
  additionalProperties: false,
});

export const KINDS = {
  count: exactly(
    'How many exist now.',
    {
      ...limitFields,
      ...notices,
      counts,
      where,
      over,
      edge: {
        enum: ['refuse', 'advisory', 'queue'],
        description: 'At the limit, one more is refused; is only told; or waits for a place.',
      },
    },
    ['kind', 'scope', 'counts', 'edge'],
  ),
  sum: exactly(
    'How much is allocated now, over all that exist.',
    {
      ...limitFields,
      ...notices,
      counts,
      where,
      over,
      edge: { enum: ['refuse'], description: 'Beyond the limit, more is refused.' },
    },
    ['kind', 'scope', 'counts', 'edge'],
  ),
  size: exactly(
    'How large one request may be.',
    { ...limitFields, edge: { enum: ['invalid'], description: 'Beyond the limit, the request is invalid.' } },
    ['kind', 'scope', 'edge'],
  ),
  quota: exactly(
    'How much was consumed in the period.',
    {
      ...limitFields,
      ...notices,
      counts: oneOrMore('The kind of event that is counted, or a list of them.'),
      period: {
        enum: ['utc_day', 'day', 'month', 'billing_period'],
        description:
          'What it is counted in: from midnight to midnight UTC, days or months of the zone, or billing periods.',
      },
      zone,
      edge: edgeOf(
        'Hard (at the limit, calls are refused and not counted), soft (served and told) or overage (served and metered)',
        ['hard', 'soft', 'overage'],
      ),
      counted: {
        enum: ['always', 'success'],
        default: 'always',
        description: 'Whether a call counts whatever became of it, or only a success.',
      },
      costs: mapOf('What an event costs, where it is not 1.', amount('A whole number.', 0), 100),
    },
    ['kind', 'scope', 'counts', 'period', 'edge'],
  ),
  rate: exactly(
    'How much was consumed in the sliding window.',
    {
      ...limitFields,
      window_seconds: amount('How long the window is.', 1, MAX_WINDOW_SECONDS),
      edge: { enum: ['refuse'], description: 'Beyond the limit, calls are refused and not counted.' },
      fallback_scope: name('The scope it is counted for where its own is not known.'),
      on_error: {
        enum: ['open', 'closed'],
        default: 'closed',
        description: 'Whether calls are served or refused while the counter is away.',
      },
      clear_on: { enum: ['upgrade'], description: "What clears a subject's own value." },
    },
    ['kind', 'scope', 'window_seconds', 'edge'],
  ),
  credits: exactly(
    'A balance that is spent.',
    {
      ...limitFields,
      ...notices,
      edge: { enum: ['hard'], description: 'What the balance does not cover is refused.' },
      refill: exactly(
        'Sets the balance to the value, when it is below.',
        {
          interval: { enum: ['day', 'month'], description: 'How often.' },
          day_of_month: { ...amount('Of a month: on which day; on its last where it has fewer.', 1, 31), default: 1 },
        },
        ['interval'],
      ),
      zone,
    },
    ['kind', 'scope', 'edge'],
  ),
  budget: exactly(
    'What is reserved before it is spent, in micro-units.',
    {
      ...limitFields,
      ...notices,
      edge: edgeOf('Hard (what the budget does not cover is refused) or notify (it is only told)', ['hard', 'notify']),
      period: {
        enum: ['day', 'month', 'total'],
        description: 'What it is for: a day or a month of the zone, or all time.',
      },
      zone,
      lease_seconds: {
        ...amount('How long a reservation holds unless it is extended.', 1, YEAR_SECONDS),
        default: 900,
      },
    },
    ['kind', 'scope', 'edge', 'period'],
  ),
  retention: exactly(
    'How old records may become.',
    {
      ...limitFields,
      values: mapOf(
        'A value for every plan, by its name; all stands for those not named.',
        { $ref: '#/$defs/daysValue' },
        101,
      ),
      without_line: mapOf(
        "Values of plans of another line, for subjects without a plan of this limit's line.",
        { $ref: '#/$defs/daysValue' },
        100,
      ),
      unit: { enum: ['days'], description: 'What the values are given in.' },
      records: listOf('The kinds of record that it holds for.', name('A kind of record.')),
      edge: {
        enum: ['hide_then_prune'],
        default: 'hide_then_prune',
        description: 'Older records are hidden at once and pruned later.',
      },
      grace_days: {
        ...amount('For how many days a record is hidden before it is pruned.', 0, MAX_RETENTION_DAYS),
        default: 7,
      },
      chain: {
        enum: ['boundary'],
        description: 'Records are links of a chain: pruning leaves what keeps the rest verifiable.',
      },
    },
    ['kind', 'scope', 'unit', 'records'],
  ),
};

const GATES = ['write', 'read', 'capture', 'run', 'shape'];
const TREATMENTS = ['stop', 'keep_working', 'keep_enforcing', 'clamp', 'read_only'];
const TREATMENTS_TOLD =
  'They lose their effect (stop), go on (keep_working, keep_enforcing), have that of the level left (clamp), or can only be read (read_only).';

const featureFields = {
  type: { $ref: '#/$defs/featureType' },
  line: name('The line whose plans give the values, where there are several.'),
  on_loss: {
    type: ['string', 'object'],
    description: `What becomes of things made with it when it is lost: ${TREATMENTS.join(', ')}; or that as treatment, with what it is for.`,
    pattern: `^(${TREATMENTS.join('|')})$`,
    properties: {
      treatment: { enum: TREATMENTS, description: TREATMENTS_TOLD },
      resource: name('Of read_only: the scope that can only be read.'),
      where: attributes('Of read_only: only those with these values of attributes.'),
      reason: name('Of read_only: the reason told.'),
    },
    required: ['treatment'],
    additionalProperties: false,
  },
  overridable: flag('Whether an override of this feature holds, on a plan that allows overrides.'),
  contract: flag('Whether customers may rely on it; else it is only declared.'),
  gates: oneOrMore(
    'Where it bites: write, read, capture, run or shape, or a list of them. Absent: wherever it is asked for.',
    GATES,
  ),
};
const featureEntry = { $ref: '#/$defs/featureValue' };
const levelEntry = { $ref: '#/$defs/levelValue' };

export const FEATURES = {
  boolean: exactly(
    'A feature that a plan has or lacks.',
    {
      ...featureFields,
      values: mapOf(
        'Whether each plan has it, by name of the plan; all stands for those not named.',
        featureEntry,
        101,
      ),
      from: name('Short for false below this plan and true from there up; none for false everywhere.'),
      without_line: mapOf(
        "Values of plans of another line, for subjects without a plan of this feature's line.",
        featureEntry,
        100,
      ),
    },
    ['type', 'on_loss'],
  ),
  level: exactly(
    'A feature that a plan has to a degree.',
    {
      ...featureFields,
      levels: listOf('The levels, the least first: each has what those before it have.', name('A level.')),
      values: mapOf('The level of each plan, by name of the plan; all stands for those not named.', levelEntry, 101),
      without_line: mapOf(
        "Levels of plans of another line, for subjects without a plan of this feature's line.",
        levelEntry,
        100,
      ),
      shape: mapOf(
        'The fields that a level adds to an answer.',
        listOf('Fields.', text(FIELD_NAME, 'The name of a field.')),
        100,
      ),
    },
    ['type', 'levels', 'on_loss'],
  ),
};

export const VALUES = {
  limitValue: {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: '^unlimited$',
    description: 'A whole number from 0 to 9007199254740991, or unlimited.',
  },
  daysValue: {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: MAX_RETENTION_DAYS,
    pattern: '^unlimited$',
    description: `A whole number of days from 0 to ${MAX_RETENTION_DAYS}, or unlimited.`,
  },
  featureValue: { type: 'boolean', description: 'true or false.' },
  levelValue: name('A level of the feature.'),
};
