import { randomUUID } from 'node:crypto';
import { type Attempt, CHECK, FOREIGN_KEY, into, tryConstraints, UNIQUE } from './attempts.ts';

/** What Postgres refuses, no race and no forgotten check slips past: usage that has settled. */

const { refuses, admits, forgetsNothingOf } = tryConstraints();

const DAY = '1999-01-01';
const period =
  (columns: object = {}) =>
  () => ({ product_id: PRODUCT, period_key: DAY, used: 0, ...columns });
const verdict =
  (columns: object = {}) =>
  () => ({
    product_id: PRODUCT,
    day: DAY,
    status: 'active',
    version: '',
    calls: 0,
    ...columns,
  });
const license =
  (columns: object = {}) =>
  () => ({ license_id: PRODUCT, product_id: PRODUCT, day: DAY, calls: 0, ...columns });
const sketch =
  (columns: object = {}) =>
  () => ({
    product_id: PRODUCT,
    day: DAY,
    kind: 'ips',
    registers: Buffer.alloc(4096),
    ...columns,
  });
const closing =
  (columns: object = {}) =>
  () => ({ product_id: PRODUCT, day: DAY, used: 0, late: 0, ...columns });
const PRODUCT = randomUUID();

/** Writes a call into a table of the log that was made for it. */
const logged =
  (columns: object = {}): Attempt =>
  async (trx) => {
    await trx.raw(
      `create table validations_of_test partition of validations for values from ('1999-01-01') to ('1999-01-02')`,
    );
    await trx('validations').insert({ at: '1999-01-01T12:00:00Z', product_id: PRODUCT, status: 'active', ...columns });
  };

refuses('settled usage', [
  ['below nothing', CHECK, 'usage_periods_is_never_negative', into('usage_periods', period({ used: -1 }))],
  ['twice for one period', UNIQUE, 'usage_periods_pkey', into('usage_periods', period(), period())],
  [
    'of a verdict below nothing',
    CHECK,
    'usage_by_verdict_is_never_negative',
    into('usage_by_verdict', verdict({ calls: -1 })),
  ],
  ['twice for one verdict', UNIQUE, 'usage_by_verdict_pkey', into('usage_by_verdict', verdict(), verdict())],
  [
    'of a licence below nothing',
    CHECK,
    'usage_by_license_is_never_negative',
    into('usage_by_license', license({ calls: -1 })),
  ],
  ['twice for one licence', UNIQUE, 'usage_by_license_pkey', into('usage_by_license', license(), license())],
  ['as a sketch of something else', CHECK, 'usage_sketches_kind', into('usage_sketches', sketch({ kind: 'devices' }))],
  ['as a row of the log that stands for nothing', CHECK, 'validations_weight', logged({ weight: 0 })],
]);
refuses('a closing', [
  ['a second one of a day', UNIQUE, 'usage_closings_pkey', into('usage_closings', closing(), closing({ used: 1 }))],
  [
    'that used less than nothing',
    CHECK,
    'usage_closings_are_never_negative',
    into('usage_closings', closing({ used: -1 })),
  ],
  [
    'to which less than nothing came late',
    CHECK,
    'usage_closings_are_never_negative',
    into('usage_closings', closing({ late: -1 })),
  ],
]);
refuses('a generation', [
  [
    'of a partition that has no position',
    FOREIGN_KEY,
    'usage_generations_partition_foreign',
    into('usage_generations', () => ({ partition: 9_999, generation: 'g', stream_id: '1-0' })),
  ],
]);

admits('settled usage', [
  ['of nothing', into('usage_periods', period())],
  [
    'of several versions',
    into('usage_by_verdict', verdict(), verdict({ version: '1' }), verdict({ status: 'unknown' })),
  ],
  ['of several days', into('usage_by_license', license(), license({ day: '1999-01-02' }))],
  ['as both sketches', into('usage_sketches', sketch(), sketch({ kind: 'licenses' }))],
  ['as a row of the log that stands for ten', logged({ weight: 10 })],
  ['as closings of two days', into('usage_closings', closing(), closing({ day: '1999-01-02', late: 3 }))],
]);

forgetsNothingOf(
  'usage_positions',
  'usage_generations',
  'usage_periods',
  'usage_unreadable',
  'usage_by_verdict',
  'usage_by_license',
  'usage_sketches',
  'usage_pending',
  'validations',
  'usage_closings',
  'usage_closed_days',
);
