import { describe, expect, test } from 'vitest';
import { presenterOf } from '../../../api/presentations/index.ts';
import { explain, mayAdd, maySend, mayUse } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { judge, type Question } from '../../../domain/plans/questions.ts';
import { standingOf } from '../../../domain/plans/standing.ts';
import { type Resource, writable } from '../../../domain/plans/writable.ts';
import { aSubjectOn, KEYWAY } from '../plans/catalogues.ts';
import { consume, exampleOf, httpOf, parsed, refused } from './examples.ts';

const keyway = presenterOf(KEYWAY);
const NOW = Date.parse('2026-01-01T00:00:00Z');
const telling = (requestId: unknown = 'a-request') => ({ requestId: String(requestId), nowMs: NOW });
const PROBLEM = 'application/problem+json';

const aVault = (id: string, owner: string): Resource => ({
  kind: 'vault',
  id,
  createdAtMs: NOW,
  attributes: { visibility: 'private', owner_kind: owner },
});

describe('docs/spec/keyway.md §2.4', () => {
  test('a plan limit is the example', () => {
    const example = exampleOf('keyway', '2.4', 0);
    const by = refused(mayAdd(KEYWAY, aSubjectOn('free'), 'private_vaults', 1, 1, NOW));
    const answer = keyway.refusal(by, telling(example['requestId']));
    expect(parsed(answer)).toEqual(example);
    expect(answer).toMatchObject({ status: 403, contentType: PROBLEM, headers: {} });
  });

  test('a feature has the same shape, with its own code', () => {
    const by = refused(mayUse(KEYWAY, aSubjectOn('free'), 'org_private_vaults', NOW, { verb: 'write' }));
    expect(parsed(keyway.refusal(by, telling()))).toEqual({
      type: 'https://keyway.sh/errors/plan-limit',
      title: 'Plan Limit Exceeded',
      status: 403,
      detail: 'Private vaults of an organisation come with Team and higher plans. This account is on Free.',
      upgradeUrl: 'https://keyway.sh/upgrade',
      code: 'feature.not_in_plan',
      feature: 'org_private_vaults',
      plan: 'free',
      requiredPlan: 'team',
      requestId: 'a-request',
    });
  });

  test('what is read-only because of a limit says why', () => {
    const [, second] = writable(KEYWAY, aSubjectOn('free'), [aVault('a', 'user'), aVault('b', 'user')], NOW);
    expect(parsed(keyway.refusal(second!.by!, telling()))).toEqual({
      type: 'https://keyway.sh/errors/plan-limit',
      title: 'Plan Limit Exceeded',
      status: 403,
      detail:
        'This can only be read. The Free plan holds 1 private vault and this account has 2. The oldest stay writable. ' +
        'With Pro it can be changed again.',
      upgradeUrl: 'https://keyway.sh/upgrade',
      code: 'resource.read_only',
      limit: { id: 'private_vaults', kind: 'count', allowed: 1, used: 2, requested: null, resetsAt: null },
      readonlyReason: 'plan_limit_exceeded',
      plan: 'free',
      requiredPlan: 'pro',
      requestId: 'a-request',
    });
  });

  test('what is read-only because of a lost feature says so', () => {
    const [only] = writable(KEYWAY, aSubjectOn('pro'), [aVault('a', 'organization')], NOW);
    expect(parsed(keyway.refusal(only!.by!, telling()))).toMatchObject({
      code: 'resource.read_only',
      readonlyReason: 'org_free_plan',
      feature: 'org_private_vaults',
      requiredPlan: 'team',
    });
  });

  test('a size is the example, and names the plan that takes it', () => {
    const example = exampleOf('keyway', '2.4', 1);
    const by = refused(maySend(KEYWAY, aSubjectOn('free'), { limit: 'value_bytes', size: 70_112 }, NOW));
    const answer = keyway.refusal(by, { ...telling(example['requestId']), field: 'secrets.TLS_BUNDLE' });
    expect(parsed(answer)).toEqual(example);
    expect(answer).toMatchObject({ status: 422, contentType: PROBLEM });
  });

  test('a size that no plan takes names none, and leads nobody to buy one', () => {
    const by = refused(maySend(KEYWAY, aSubjectOn('free'), { limit: 'push_items', size: 1_001 }, NOW));
    const body = parsed(keyway.refusal(by, { ...telling(), field: 'secrets' }));
    expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'errors', 'requestId']);
    expect(body['errors']).toMatchObject([{ message: 'The push has 1,001 items; this plan takes 100.' }]);
  });

  test('a limit that no plan lifts has a required plan of null', () => {
    const agreed = { kind: 'limit', name: 'providers', value: 3, startsAtMs: 0, endsAtMs: null } as const;
    const by = refused(mayAdd(KEYWAY, aSubjectOn('enterprise', { overrides: [agreed] }), 'providers', 3, 1, NOW));
    expect(parsed(keyway.refusal(by, telling()))).toMatchObject({
      requiredPlan: null,
      detail:
        'The Enterprise plan holds 3 provider connections and this account has 3. A higher limit can be asked for.',
    });
  });

  test('an addition of several tells how many', () => {
    const vault = { scope: 'vault', id: 'v', attributes: { visibility: 'private', owner_kind: 'user' } };
    const by = refused(mayAdd(KEYWAY, aSubjectOn('free'), 'private_secrets', 19, 2, NOW, vault));
    expect(parsed(keyway.refusal(by, telling()))).toMatchObject({
      detail: 'The Free plan holds 20 secrets and this vault has 19; 2 more were asked for. Pro lifts this limit.',
    });
  });

  test('a success stands in data, beside the id of the request', () => {
    const answer = keyway.success({ id: 'v' }, { ...telling('an-id'), status: 201 });
    expect(answer).toMatchObject({ status: 201, headers: {}, contentType: 'application/json; charset=utf-8' });
    expect(parsed(answer)).toEqual({ data: { id: 'v' }, meta: { requestId: 'an-id' } });
  });
});

describe('docs/spec/keyway.md §3', () => {
  const pushes = { catalogue: KEYWAY, subject: aSubjectOn('free'), nowMs: NOW };
  const step = { take: 'rate', key: 'pushes', limit: 'rate.push_pull' } as const;

  test('a rate is the example, headers included', () => {
    const http = httpOf('keyway', '3');
    const question: Question = { ask: 'consume', limit: 'rate.push_pull', used: 30, cost: 1 };
    const standing = standingOf(KEYWAY, aSubjectOn('free'), NOW);
    const atMs = NOW + 60_000;
    const by = refused(explain(standing, question, judge(standing, question)!, { resetsAtMs: atMs, fitsAtMs: atMs }));
    const answer = keyway.refusal(by, telling());
    // The example leaves out what every refusal carries (§2.4).
    expect(parsed(answer)).toEqual({ ...exampleOf('keyway', '3'), requestId: 'a-request' });
    expect({ status: answer.status, headers: { 'Content-Type': answer.contentType, ...answer.headers } }).toEqual(http);
  });

  test('a success has the headers too, and no Retry-After', () => {
    const { decisions } = consume(pushes, [{ ...step, cost: 25 }]);
    const answer = keyway.success({}, { ...telling(), rate: decisions[0]!.by });
    expect(answer.headers).toEqual({
      'X-RateLimit-Limit': '30',
      'X-RateLimit-Remaining': '5',
      'X-RateLimit-Reset': String(NOW / 1000),
    });
  });

  test('a refusal for another cause tells the rate, and no wait', () => {
    const { decisions } = consume(pushes, [step]);
    const by = refused(mayAdd(KEYWAY, aSubjectOn('free'), 'private_vaults', 1, 1, NOW));
    const { headers } = keyway.refusal(by, { ...telling(), rate: decisions[0]!.by });
    expect(headers).toMatchObject({ 'X-RateLimit-Remaining': '29' });
    expect(headers).not.toHaveProperty('Retry-After');
  });

  test('whoever waits as told is admitted, and the wait agrees with the reset to the second', () => {
    for (const earlier of [0, 7, 29, 30]) {
      for (const offset of [0, 1, 250, 999, 12_345, 450_001, 899_999]) {
        const { state } = consume({ ...pushes, nowMs: NOW - 1 }, [{ ...step, cost: earlier }]);
        const nowMs = NOW + offset;
        const push = (atMs: number) => consume({ ...pushes, nowMs: atMs }, [step], state).refusal;
        let refusal = push(nowMs);
        while (!refusal) refusal = push(nowMs);
        const { headers } = keyway.refusal(refused(refusal), { requestId: 'r', nowMs });
        const wait = Number(headers['Retry-After']);
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(Math.floor(nowMs / 1000) + wait).toBe(Number(headers['X-RateLimit-Reset']));
        expect(push(nowMs + wait * 1000)).toBeNull();
      }
    }
  });
});

describe('docs/spec/keyway.md §6.1', () => {
  test('the usage is the example, unlimited as it is written there', () => {
    const example = exampleOf('keyway', '6.1');
    const used = { public_vaults: 4, private_vaults: 2, providers: 0 };
    const data = keyway.usage(entitlements(KEYWAY, aSubjectOn('free'), NOW, used));
    const { requestId } = example['meta'] as { requestId: string };
    expect(parsed(keyway.success(data, telling(requestId)))).toEqual(example);
  });

  test('what is used and not known is a fault of the caller, never a zero', () => {
    expect(() => keyway.usage(entitlements(KEYWAY, aSubjectOn('free'), NOW))).toThrow(RangeError);
  });
});
