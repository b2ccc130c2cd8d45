import { randomUUID } from 'node:crypto';
import { CHECK, FOREIGN_KEY, into, type Tenant, tryConstraints, UNIQUE } from './attempts.ts';

/** What Postgres refuses, no race and no forgotten check slips past: what limits have in use, who waits, what a recount found. */

const { refuses, admits, forgetsNothingOf } = tryConstraints();

const key = (t: Tenant, limitName = 'products') => ({ scope_id: t.organizationId, limit_name: limitName });
const found = (t: Tenant, used: number, counted: number) => ({
  ...key(t),
  recounted_for: new Date(0),
  used,
  counted,
});

refuses('what a limit has in use', [
  [
    'is never negative',
    CHECK,
    'limit_usage_is_never_negative',
    (trx, t) => trx('limit_usage').where(key(t)).update({ used: -1 }),
  ],
  ['is one row', UNIQUE, 'limit_usage_pkey', into('limit_usage', (t) => ({ ...key(t), used: 1 }))],
  [
    'names a subject only where that is another one',
    CHECK,
    'limit_usage_subject_is_above',
    (trx, t) => trx('limit_usage').where(key(t)).update({ subject_id: t.organizationId }),
  ],
]);
admits('what a limit has in use', [
  [
    'below its subject',
    into('limit_usage', (t) => ({ scope_id: randomUUID(), limit_name: 'x', subject_id: t.organizationId })),
  ],
]);

refuses('who waits for a place', [
  [
    'of a limit that nobody keeps',
    FOREIGN_KEY,
    'limit_queue_scope_id_limit_name_foreign',
    into('limit_queue', (t) => ({ ...key(t, 'nothing'), waiter_id: randomUUID() })),
  ],
  [
    'twice',
    UNIQUE,
    'limit_queue_waiter_id_scope_id_limit_name_unique',
    into(
      'limit_queue',
      (t) => ({ ...key(t), waiter_id: t.licenseId }),
      (t) => ({ ...key(t), waiter_id: t.licenseId }),
    ),
  ],
]);
admits('who waits for a place', [
  [
    'of two limits',
    into(
      'limit_queue',
      (t) => ({ ...key(t), waiter_id: t.licenseId }),
      (t) => ({ ...key(t, 'licenses'), waiter_id: t.licenseId }),
    ),
  ],
]);

refuses('what a recount found', [
  ['no difference', CHECK, 'limit_recounts_differ', into('limit_recounts', (t) => found(t, 3, 3))],
  [
    'is kept once for each recount',
    UNIQUE,
    'limit_recounts_pkey',
    into(
      'limit_recounts',
      (t) => found(t, 3, 4),
      (t) => found(t, 3, 5),
    ),
  ],
]);

forgetsNothingOf('limit_usage', 'limit_queue', 'limit_recounts');
