import { describe, expect, test } from 'vitest';
import { limitNamed, limitOfKind, planNamed, plansByRank } from '../../../domain/plans/catalogue.ts';
import { UNKEY } from './catalogues.ts';
import { always, describeTable, type Row, valueOf } from './plan-table.ts';

const API = ['free', 'pro_250k', 'pro_500k', 'pro_1m', 'pro_2m', 'pro_10m', 'pro_50m', 'pro_100m', 'enterprise'];
const COMPUTE = ['compute_none', 'compute_starter', 'compute_pro', 'compute_business'];
const DAYS = [90, 90, 90, 90, 90, 90, 90, 90] as const;

/** A month in US dollars, as the price list has it. */
const price = (plan: string) => {
  const told = planNamed(UNKEY, plan).price;
  return told && typeof told === 'object' && told.month !== null ? told.month / 100 : told;
};

describe('docs/spec/unkey.md §1.1', () => {
  test('a workspace may hold one plan of each of two lines, which own their limits', () => {
    expect(UNKEY.lines).toEqual({
      api: { name: 'api', fallback: 'free' },
      compute: { name: 'compute', fallback: 'compute_none' },
    });
    expect(plansByRank(UNKEY, 'api').map(({ name }) => name)).toEqual(API);
    expect(plansByRank(UNKEY, 'compute').map(({ name }) => name)).toEqual(COMPUTE);
    const ofApi = Object.values(UNKEY.limits).filter(({ line }) => line === 'api');
    expect(ofApi.map(({ name }) => name)).toEqual([
      'api_rate',
      'apis',
      'audit_log_retention',
      'keys',
      'log_retention',
      'requests_per_month',
    ]);
    expect(Object.keys(UNKEY.limits)).toHaveLength(6 + 10);
  });

  test('changing one line never touches what the other owns', () => {
    for (const compute of COMPUTE) {
      expect(valueOf(UNKEY, ['pro_1m', compute], 'log_retention')).toBe(90);
      expect(valueOf(UNKEY, ['pro_1m', compute], 'requests_per_month')).toBe(1_000_000);
      expect(valueOf(UNKEY, ['pro_1m', compute], 'team')).toBe(true);
    }
    for (const api of API) expect(valueOf(UNKEY, [api, 'compute_pro'], 'cpu')).toBe(120_000);
  });
});

describeTable('docs/spec/unkey.md §1.2', {
  catalogue: UNKEY,
  plans: API,
  rows: [
    ['price, USD a month', price, 0, 25, 50, 75, 100, 250, 500, 1_000, 2_250],
    [
      'requests per month (soft)',
      'requests_per_month',
      150_000,
      250_000,
      500_000,
      1_000_000,
      2_000_000,
      10_000_000,
      50_000_000,
      100_000_000,
      400_000_000,
    ],
    ['log retention, days', 'log_retention', 7, ...DAYS],
    ['audit log retention, days', 'audit_log_retention', 30, ...DAYS],
    ['team members', 'team', false, ...always(true, 8)],
    ['workspace API rate limit: none', 'api_rate', ...always('unlimited', 9)],
    ['APIs (keyspaces)', 'apis', ...always('unlimited', 9)],
    ['keys', 'keys', 1_000, ...always(1_000_000, 8)],
  ],
});

const COMPUTE_ROWS: readonly Row[] = [
  ['price, USD a month', price, 0, 5, 25, 50],
  ['requests per month, if no API plan', 'requests_per_month', 150_000, 150_000, 150_000, 150_000],
  ['log retention, if no API plan, days', 'log_retention', 7, 3, 7, 14],
  ['audit log retention, if no API plan, days', 'audit_log_retention', 30, 7, 14, 30],
  ['team, if no API plan', 'team', false, false, true, true],
  ['CPU, all running deployments, millicores', 'cpu', 10_000, 30_000, 120_000, 240_000],
  ['CPU, one instance, millicores', 'instance_cpu', 2_000, 2_000, 8_000, 16_000],
  ['memory, all running deployments, MiB', 'memory', 20_480, 61_440, 245_760, 491_520],
  ['memory, one instance, MiB', 'instance_memory', 4_096, 2_048, 8_192, 32_768],
  ['storage, all running deployments, MiB', 'storage', 51_200, 122_880, 491_520, 983_040],
  ['storage, one instance, MiB', 'instance_storage', 10_240, 10_240, 10_240, 10_240],
  ['concurrent builds', 'builds', 1, 1, 1, 1],
  ['custom domains', 'domains', 0, 1, 'unlimited', 'unlimited'],
  ['replicas when autoscaling: one where it is off', 'replicas', 1, 4, 8, 16],
];
describeTable('docs/spec/unkey.md §1.3', { catalogue: UNKEY, plans: COMPUTE, rows: COMPUTE_ROWS });

// Free is no API subscription: a workspace that holds it by name is served like one that holds none.
describe('docs/spec/unkey.md §1.3, with Free held by name', () => {
  test.each(COMPUTE_ROWS.filter(([, read]) => typeof read === 'string'))('%s', (_what, name, ...values) => {
    expect(COMPUTE.map((compute) => valueOf(UNKEY, ['free', compute], String(name)))).toEqual(values);
  });
});

describe('docs/spec/unkey.md §1.2, notes', () => {
  test('keys are declared, never refused (§11.1)', () => {
    expect(limitNamed(UNKEY, 'keys')).toMatchObject({ kind: 'count', edge: 'advisory' });
  });

  test('the workspace rate limit is set by staff on one workspace, of whatever plan', () => {
    expect(limitNamed(UNKEY, 'api_rate').overridable).toBe(true);
    for (const plan of [...API, ...COMPUTE]) expect(planNamed(UNKEY, plan).overridable).toBe(true);
  });

  test('the catalogue carries a version and a currency', () => {
    expect(UNKEY).toMatchObject({ name: 'unkey', version: '2026-08-21', subject: 'workspace', currency: 'USD' });
  });
});

describe('docs/spec/unkey.md §1.4', () => {
  const requests = limitOfKind(UNKEY, 'requests_per_month', 'quota');

  test('1 counts successful verifications and passed rate limit checks, one sum', () => {
    expect(requests).toMatchObject({
      counts: ['key.verified.valid', 'ratelimit.passed'],
      counted: 'success',
      costs: {},
    });
  });

  test('2 has the calendar month in UTC for its period', () => {
    expect(requests).toMatchObject({ period: 'month', zone: 'UTC' });
  });

  test('3 is soft on every plan', () => {
    expect(requests.edge).toBe('soft');
  });

  test('6 tells at 80, 100, 150 and 200 percent, and reminds every 7 days', () => {
    expect(requests).toMatchObject({ notices: [80, 100, 150, 200], remindEverySeconds: 7 * 86_400 });
  });
});

test('docs/spec/unkey.md §1.5: a spend budget of a month in micro-dollars, none unless set, told at 50, 75 and 100 percent', () => {
  expect(limitOfKind(UNKEY, 'spend_budget', 'budget')).toMatchObject({
    period: 'month',
    unit: 'usd_micros',
    notices: [50, 75, 100],
    // oxlint-disable-next-line unicorn/no-thenable -- a field of the catalogue, never awaited
    edge: { ifFeature: 'stop_at_budget', then: 'hard', otherwise: 'notify' },
  });
  expect(COMPUTE.map((plan) => valueOf(UNKEY, [plan], 'spend_budget'))).toEqual(always('unlimited', 4));
  expect(COMPUTE.map((plan) => valueOf(UNKEY, [plan], 'stop_at_budget'))).toEqual(always(false, 4));
});

test('docs/spec/unkey.md §2: the workspace rate limit has a window of 60 s, is open on failure, and an upgrade clears it', () => {
  expect(limitOfKind(UNKEY, 'api_rate', 'rate')).toMatchObject({
    windowSeconds: 60,
    scope: 'workspace',
    onError: 'open',
    clearOn: 'upgrade',
    edge: 'refuse',
  });
});

test('docs/spec/unkey.md §3.1: records are hidden at once and pruned after 7 days of grace', () => {
  const grace = { edge: 'hide_then_prune', graceDays: 7 };
  const logs = { ...grace, records: ['request_log', 'verification_log'] };
  expect(limitOfKind(UNKEY, 'log_retention', 'retention')).toMatchObject(logs);
  expect(limitOfKind(UNKEY, 'audit_log_retention', 'retention')).toMatchObject({ ...grace, records: ['audit_entry'] });
});

test('docs/spec/unkey.md §3.2: members who are there stay when the team is lost', () => {
  expect(UNKEY.features['team']).toMatchObject({
    type: 'boolean',
    gates: ['write'],
    onLoss: { treatment: 'keep_working' },
  });
});

describe('docs/spec/unkey.md §3.3', () => {
  test('CPU, memory and storage are sums, checked in this order', () => {
    const sums = Object.values(UNKEY.limits).filter(({ kind }) => kind === 'sum');
    const inOrder = sums.toSorted((a, b) => a.order - b.order);
    expect(inOrder.map(({ name, unit }) => [name, unit])).toEqual([
      ['cpu', 'millicore'],
      ['memory', 'mebibyte'],
      ['storage', 'mebibyte'],
    ]);
  });

  test.each(['instance_cpu', 'instance_memory', 'instance_storage', 'replicas'])(
    '%s is the size of a request',
    (name) => {
      expect(limitNamed(UNKEY, name)).toMatchObject({ kind: 'size', edge: 'invalid' });
    },
  );

  test('domains are counted and refused; the next build waits', () => {
    expect(limitNamed(UNKEY, 'domains')).toMatchObject({ kind: 'count', edge: 'refuse' });
    expect(limitNamed(UNKEY, 'builds')).toMatchObject({ kind: 'count', edge: 'queue' });
  });
});
