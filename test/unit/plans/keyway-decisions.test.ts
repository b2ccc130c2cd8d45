import { describe, expect, test } from 'vitest';
import { decide, mayAdd, mayChange, maySend, mayUse } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { visibleSince } from '../../../domain/plans/retention.ts';
import type { ScopeState } from '../../../domain/plans/subject.ts';
import { type Resource, writable } from '../../../domain/plans/writable.ts';
import { aSubjectOn, KEYWAY, NOON } from './catalogues.ts';

// docs/spec/keyway.md §7.4, by its numbers. What needs a counter or a transaction is shown where those are.
const DAY_MS = 86_400_000;

const aVault = (id: string, createdAtMs: number, attributes: Resource['attributes'] = {}): Resource => ({
  kind: 'vault',
  id,
  createdAtMs,
  attributes: { visibility: 'private', owner_kind: 'user', ...attributes },
});
const A = aVault('a', 1);
const B = aVault('b', 2);
const C = aVault('c', 3);

const readOnly = (plan: string, vaults: Resource[], more = {}): string[] =>
  writable(KEYWAY, aSubjectOn(plan, more), vaults, NOON).flatMap((each) => (each.writable ? [] : [each.id]));

describe('§7.4.2 Pro with vaults A, B, C, then Free', () => {
  test('has nothing read-only on Pro', () => {
    expect(readOnly('pro', [A, B, C])).toEqual([]);
  });

  test('keeps the oldest writable, whatever the order in which they are told', () => {
    expect(readOnly('free', [A, B, C])).toEqual(['b', 'c']);
    expect(readOnly('free', [C, B, A])).toEqual(['c', 'b']);
  });

  test('tells the reason, the numbers and the plan that lifts it', () => {
    const [, second] = writable(KEYWAY, aSubjectOn('free'), [A, B, C], NOON);
    expect(second).toMatchObject({
      kind: 'vault',
      id: 'b',
      writable: false,
      reason: 'plan_limit_exceeded',
      by: {
        name: 'private_vaults',
        class: 'state',
        kind: 'count',
        used: 3,
        allowed: 1,
        remaining: 0,
        reason: 'plan_limit_exceeded',
        plan: 'free',
        admittingPlan: 'pro',
      },
    });
  });

  test('deleting A makes B writable, C not', () => {
    expect(readOnly('free', [B, C])).toEqual(['c']);
  });

  test('an upgrade makes all writable', () => {
    expect(readOnly('team', [A, B, C])).toEqual([]);
  });

  test('of two of one instant the lower id is the older', () => {
    expect(readOnly('free', [aVault('z', 1), aVault('y', 1)])).toEqual(['z']);
    expect(readOnly('free', [aVault('y', 1), aVault('z', 1)])).toEqual(['z']);
  });

  test('a limit of several keeps as many', () => {
    const overrides = [{ kind: 'limit', name: 'private_vaults', value: 2, startsAtMs: 0, endsAtMs: null } as const];
    expect(readOnly('enterprise', [C, A, B], { overrides })).toEqual(['c']);
  });
});

test('§7.4.3 when B turns public it is writable, C is still read-only, A writable', () => {
  expect(readOnly('free', [A, aVault('b', 2, { visibility: 'public' }), C])).toEqual(['c']);
});

describe('§4.3 without the plan that organisation vaults need', () => {
  const organization = aVault('o', 0, { owner_kind: 'organization' });

  test('they are read-only for that reason, and take no place from personal ones', () => {
    const [first, second] = writable(KEYWAY, aSubjectOn('free'), [organization, A], NOON);
    expect(first).toMatchObject({
      writable: false,
      reason: 'org_free_plan',
      by: { name: 'org_private_vaults', class: 'state', kind: 'feature', admittingPlan: 'team', used: null },
    });
    expect(second).toEqual({ kind: 'vault', id: 'a', writable: true, reason: null, by: null });
  });

  test('they are read-only on Pro too, and writable from Team up', () => {
    expect(readOnly('pro', [organization])).toEqual(['o']);
    expect(readOnly('team', [organization])).toEqual([]);
    expect(readOnly('enterprise', [organization])).toEqual([]);
  });

  test('public ones stay writable', () => {
    expect(readOnly('free', [aVault('p', 0, { owner_kind: 'organization', visibility: 'public' })])).toEqual([]);
  });

  test('other kinds of things stay as they are', () => {
    expect(readOnly('free', [{ ...organization, kind: 'environment', attributes: {} }])).toEqual([]);
  });

  test('a vault whose attributes were not told, or that are none, is a bug rather than writable', () => {
    expect(() => readOnly('free', [{ ...A, attributes: {} }])).toThrow('the owner_kind of a vault is nothing');
    expect(() => readOnly('free', [aVault('x', 1, { visibility: 'secret' })])).toThrow(
      "the visibility of a vault is 'secret'",
    );
  });
});

describe('§7.4.4 a push is one decision', () => {
  const vault: ScopeState = { scope: 'vault', id: 'v1', attributes: { visibility: 'private', owner_kind: 'user' } };
  const push = (before: number, after: number, plan = 'free', scope = vault) =>
    mayChange(KEYWAY, aSubjectOn(plan), { limit: 'private_secrets', before, after, scope }, NOON);

  test.each([
    ['12 and 7, a push of 13 to the first gives 20 and passes', 19, 20, true],
    ['a push of 14 gives 21 and is refused', 19, 21, false],
    ['an over-full vault may be shrunk', 40, 30, true],
    ['an over-full vault may be corrected', 40, 40, true],
    ['an over-full vault never grows', 40, 41, false],
    ['down to nothing', 40, 0, true],
  ])('%s', (_example, before, after, allowed) => {
    expect(push(before, after).allowed).toBe(allowed);
  });

  test('tells how much more it would have been, of which vault, and what lifts it', () => {
    expect(push(19, 21).by).toMatchObject({
      name: 'private_secrets',
      used: 19,
      allowed: 20,
      remaining: 1,
      requested: 2,
      scope: 'v1',
      admittingPlan: 'pro',
      edge: 'refuse',
    });
    expect(push(40, 30).by).toMatchObject({ used: 40, requested: 0, remaining: 0, admittingPlan: null });
  });

  test('in a public vault there is no such limit, so nothing to tell', () => {
    const scope = { ...vault, attributes: { visibility: 'public', owner_kind: 'user' } };
    expect(push(19, 2_000, 'free', scope)).toEqual({ allowed: true, by: null });
  });

  test('without a vault, or with something else, it can not be answered', () => {
    const question = { limit: 'private_secrets', before: 0, after: 1 };
    expect(() => mayChange(KEYWAY, aSubjectOn('free'), question, NOON)).toThrow('tell which one');
    expect(() => push(0, 1, 'free', { ...vault, scope: 'account' })).toThrow(
      "limit 'private_secrets' is one for each vault, not for each account",
    );
  });
});

const send = (plan: string, size: number) => maySend(KEYWAY, aSubjectOn(plan), { limit: 'value_bytes', size }, NOON);

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

describe('§7.4.6 the size of a value', () => {
  test.each([
    ['65,536 bytes pass on Free', 'free', 'x'.repeat(65_536), true],
    ['65,537 do not', 'free', 'x'.repeat(65_537), false],
    ['21,845 characters of three bytes and one of one pass', 'free', `${'€'.repeat(21_845)}x`, true],
    ['the same with one of two do not', 'free', `${'€'.repeat(21_845)}é`, false],
    ['200 KB pass on Team', 'team', 'x'.repeat(204_800), true],
    ['an empty one passes', 'free', '', true],
  ])('%s', (_example, plan, value, allowed) => {
    expect(send(plan, bytes(value)).allowed).toBe(allowed);
  });

  test('200 KB on Free are invalid, naming Team', () => {
    expect(send('free', 204_800).by).toMatchObject({
      class: 'size',
      kind: 'size',
      used: null,
      allowed: 65_536,
      remaining: null,
      requested: 204_800,
      admittingPlan: 'team',
      edge: 'invalid',
      retryAfterSeconds: null,
    });
    expect(send('free', 300_000).by?.admittingPlan).toBeNull();
  });
});

describe('§7.4.7 an audit entry of ten days', () => {
  const createdAtMs = NOON - 10 * DAY_MS;
  const sees = (plan: string, at = createdAtMs) =>
    decide(KEYWAY, aSubjectOn(plan), { ask: 'see', records: 'audit_entry', createdAtMs: at }, NOON);

  test('is hidden on Free, and Pro would show it', () => {
    expect(sees('free')).toMatchObject({
      allowed: false,
      by: {
        name: 'audit_days',
        class: 'limit',
        kind: 'retention',
        used: 10,
        allowed: 7,
        remaining: 0,
        admittingPlan: 'pro',
      },
    });
  });

  test('is shown after the upgrade', () => {
    expect(sees('pro')).toMatchObject({ allowed: true, by: { used: 10, remaining: 20 } });
  });

  test('one exactly at the cut-off is shown, one a millisecond older is not (§5)', () => {
    const { sinceMs } = visibleSince(KEYWAY, aSubjectOn('free'), 'audit_entry', NOON);
    expect(sinceMs).toBe(NOON - 7 * DAY_MS);
    expect(sees('free', sinceMs!).allowed).toBe(true);
    expect(sees('free', sinceMs! - 1).allowed).toBe(false);
  });
});

test('§7.4.8 on Free a private organisation vault needs Team; on Team it passes', () => {
  expect(mayUse(KEYWAY, aSubjectOn('free'), 'org_private_vaults', NOON, { verb: 'write' })).toMatchObject({
    allowed: false,
    by: { class: 'feature', kind: 'feature', verb: 'write', plan: 'free', admittingPlan: 'team' },
  });
  expect(mayUse(KEYWAY, aSubjectOn('team'), 'org_private_vaults', NOON, { verb: 'write' }).allowed).toBe(true);
  expect(mayUse(KEYWAY, aSubjectOn('free'), 'org_private_vaults', NOON, { verb: 'read' }).allowed).toBe(true);
});

test('§7.4.9 usage after a downgrade shows 2 of 1', () => {
  const { limits } = entitlements(KEYWAY, aSubjectOn('free'), NOON, { private_vaults: 2, public_vaults: 4 });
  expect(limits['private_vaults']).toMatchObject({ value: 1, used: 2, remaining: 0 });
  expect(limits['public_vaults']).toMatchObject({ value: 'unlimited', used: 4, remaining: 'unlimited' });
});

const add = (used: number, amount: number) =>
  mayAdd(KEYWAY, aSubjectOn('free'), 'environments', used, amount, NOON, { scope: 'vault', id: 'v1', attributes: {} })
    .allowed;

describe('§4.4 over other limits', () => {
  test('what is there goes on, one more is refused until the count is below', () => {
    expect([add(4, 0), add(4, 1), add(2, 1), add(1, 1)]).toEqual([true, false, false, true]);
  });
});

const trial = {
  kind: 'plan',
  name: 'main',
  value: 'team',
  startsAtMs: NOON,
  endsAtMs: NOON + 14 * DAY_MS,
} as const;
const withAgreed = (name: string, value: string) =>
  entitlements(KEYWAY, aSubjectOn('free', { overrides: [{ ...trial, name, value }] }), NOON);

describe('§4.7 a trial is a plan agreed until a date', () => {
  const onTrial = aSubjectOn('free', { overrides: [trial] });

  test('it gives what the plan gives, and says so, until its end', () => {
    expect(entitlements(KEYWAY, onTrial, NOON - 1).lines).toEqual({ main: { plan: 'free', source: 'plan' } });
    const during = entitlements(KEYWAY, onTrial, trial.endsAtMs - 1);
    expect(during.lines).toEqual({ main: { plan: 'team', source: 'plan_override' } });
    expect(during.limits['private_vaults']).toMatchObject({ value: 'unlimited', source: 'plan_override' });
    expect(during.features['org_private_vaults']).toMatchObject({ enabled: true, source: 'plan_override' });
    expect(entitlements(KEYWAY, onTrial, trial.endsAtMs).lines).toEqual({ main: { plan: 'free', source: 'plan' } });
  });

  test('the plans named as lifting are those above it', () => {
    expect(maySend(KEYWAY, onTrial, { limit: 'push_items', size: 1_001 }, NOON).by).toMatchObject({
      plan: 'team',
      admittingPlan: null,
    });
    expect(maySend(KEYWAY, aSubjectOn('free'), { limit: 'push_items', size: 501 }, NOON).by?.admittingPlan).toBe(
      'team',
    );
  });

  test('it gives nothing while billing is cancelled', () => {
    const { lines } = entitlements(KEYWAY, { ...onTrial, billingCancelled: true }, NOON);
    expect(lines).toEqual({ main: { plan: 'free', source: 'default' } });
  });

  test('of several the latest started decides, of those of one instant the highest plan', () => {
    const pro = { ...trial, value: 'pro', startsAtMs: NOON + 1 };
    const same = { ...trial, value: 'pro' };
    const plan = (overrides: (typeof trial | typeof pro)[], nowMs: number) =>
      entitlements(KEYWAY, aSubjectOn('free', { overrides }), nowMs).lines['main']?.plan;
    for (const order of [
      [trial, pro],
      [pro, trial],
    ])
      expect(plan(order, NOON + 1)).toBe('pro');
    for (const order of [
      [trial, same],
      [same, trial],
    ])
      expect(plan(order, NOON)).toBe('team');
  });

  test('one for a line or a plan that there is not is a bug', () => {
    expect(() => withAgreed('other', 'team')).toThrow("has no line 'other'");
    expect(() => withAgreed('main', 'gold')).toThrow("has no plan 'gold'");
  });
});
