import { describe, expect, test } from 'vitest';
import { planTold, presenterOf } from '../../../api/presentations/index.ts';
import { requiredPlan } from '../../../domain/plans/admitting.ts';
import { decide, mayAdd, mayUse } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { shapeOf } from '../../../domain/plans/levels.ts';
import { aSubjectOn, KEEL } from '../plans/catalogues.ts';
import { consume, exampleOf, httpOf, parsed, refused } from './examples.ts';

const keel = presenterOf(KEEL);
const NOW = Date.parse('2026-01-22T00:00:00Z');
const telling = { requestId: 'a-request', nowMs: NOW };
const JSON_TYPE = 'application/json; charset=utf-8';

describe('docs/spec/keel.md §2.2', () => {
  test('a gate is the example', () => {
    const by = refused(mayUse(KEEL, aSubjectOn('starter'), 'cost_forecast', NOW, { verb: 'read' }));
    const answer = keel.refusal(by, telling);
    expect(parsed(answer)).toEqual(exampleOf('keel', '2.2'));
    expect(answer).toMatchObject({ status: 403, contentType: JSON_TYPE, headers: {} });
  });

  test('the same block stands in the success', () => {
    const example = exampleOf('keel', '6.3');
    const { access: _access, ...data } = example;
    const question = { ask: 'use', feature: 'cost_forecast' } as const;
    const gate = { requiredPlan: requiredPlan(KEEL, aSubjectOn('business'), question, NOW) };
    expect(parsed(keel.success(data, { ...telling, gate }))).toEqual(example);
  });

  test('a feature that no plan has names none', () => {
    const by = refused(mayUse(KEEL, aSubjectOn('growth'), 'overage_billing', NOW));
    expect(parsed(keel.refusal(by, telling))).toMatchObject({
      access: { allowed: false, required_plan: null },
      error: { message: 'Overage billing is in no higher plan. This account is on Growth.' },
    });
  });

  test('the highest plan has no higher ones', () => {
    const by = refused(mayUse(KEEL, aSubjectOn('starter'), 'teams', NOW, { verb: 'write' }));
    expect(parsed(keel.refusal(by, telling))).toMatchObject({
      error: { message: 'Teams come with Enterprise. This account is on Starter.' },
    });
  });
});

describe('docs/spec/keel.md §2.3', () => {
  test('a count is the example', () => {
    const by = refused(mayAdd(KEEL, aSubjectOn('starter'), 'projects', 1, 1, NOW));
    const answer = keel.refusal(by, telling);
    expect(parsed(answer)).toEqual(exampleOf('keel', '2.3'));
    expect(answer.status).toBe(403);
  });

  test('a policy beyond the level names level and action', () => {
    const asked = { verb: 'write', level: 'full' } as const;
    const by = refused(mayUse(KEEL, aSubjectOn('growth'), 'policy_authoring', NOW, asked));
    const details = { authoring_level: by.level, action: 'constrain_model', rule: 3 };
    expect(parsed(keel.refusal(by, { ...telling, details }))).toEqual({
      access: { allowed: false, required_plan: 'business' },
      error: {
        code: 'plan.upgrade_required',
        message: 'Policy authoring at the level full comes with Business and higher plans. This account is on Growth.',
        details: {
          feature: 'policy_authoring',
          level: 'basic',
          required_level: 'full',
          current_plan: 'growth',
          required_plan: 'business',
          ...details,
        },
      },
    });
  });

  test('a record beyond the retention is a missing one', () => {
    const createdAtMs = NOW - 8 * 86_400_000;
    const by = refused(decide(KEEL, aSubjectOn('starter'), { ask: 'see', records: 'permit', createdAtMs }, NOW));
    const answer = keel.refusal(by, telling);
    expect(answer.status).toBe(404);
    expect(parsed(answer)).toEqual({ error: { code: 'not_found', message: 'There is nothing here.' } });
  });
});

describe('docs/spec/keel.md §2.4', () => {
  const consumer = { catalogue: KEEL, subject: aSubjectOn('starter'), nowMs: NOW };
  const step = { take: 'quota', key: 'requests', limit: 'governed_requests', event: 'permit_granted' } as const;
  const exhausted = () => {
    const { state, refusal } = consume(consumer, [{ ...step, cost: 1_000 }]);
    expect(refusal).toBeNull();
    return refused(consume(consumer, [step], state).refusal);
  };

  test('the permit route answers 200 with the deny of the example, and no Retry-After', () => {
    const example = exampleOf('keel', '2.4');
    const decisionId = String(example['id']);
    const answer = keel.refusal(exhausted(), { ...telling, surface: 'decision', decisionId });
    expect(parsed(answer)).toEqual(example);
    expect(answer).toMatchObject({ status: 200, contentType: JSON_TYPE });
    expect(answer.headers).toEqual({ 'x-keel-permit-id': decisionId });
  });

  test('execution routes answer 403 with the denied envelope', () => {
    const answer = keel.refusal(exhausted(), { ...telling, surface: 'execution', decisionId: 'a-permit' });
    const detail = {
      limit: 'governed_requests',
      allowed: 1_000,
      used: 1_000,
      resets_at: '2026-02-01T00:00:00Z',
      required_plan: 'growth',
    };
    const code = 'plan.governed_requests_exhausted';
    expect(answer.status).toBe(403);
    expect(answer.headers).toEqual({ 'x-keel-permit-id': 'a-permit' });
    expect(parsed(answer)).toEqual({
      status: 'denied',
      error: {
        code,
        message: 'All 1,000 governed requests of this period are used. It begins anew at 2026-02-01T00:00:00Z.',
        details: detail,
      },
      permit: { permit_id: 'a-permit', decision: 'deny', reason_code: code, reason_detail: detail },
    });
  });

  test('a gate of the plan stays an error on those routes', () => {
    const by = refused(mayUse(KEEL, aSubjectOn('starter'), 'langfuse', NOW, { verb: 'run' }));
    for (const surface of ['decision', 'execution'] as const) {
      const answer = keel.refusal(by, { ...telling, surface });
      expect(answer.status).toBe(403);
      expect(parsed(answer)).toMatchObject({ access: { allowed: false }, error: { code: 'plan.upgrade_required' } });
    }
  });
});

const guard = (limit: number) => ({ name: 'a guard', limit, windowMs: 24_000 });

describe('docs/spec/keel.md §3', () => {
  const subject = aSubjectOn('growth');
  const step = { take: 'rate', key: 'guard' } as const;

  // Windows of 24 seconds, filled in the cell before: at its end half of it still counts for 12 seconds.
  const throttled = () => {
    const cellMs = Math.ceil(NOW / 24_000) * 24_000;
    const { state } = consume({ catalogue: KEEL, subject, nowMs: cellMs - 1 }, [{ ...step, limit: guard(2), cost: 2 }]);
    const nowMs = cellMs + 1;
    const by = refused(
      consume({ catalogue: KEEL, subject, nowMs }, [{ ...step, limit: guard(2), cost: 2 }], state).refusal,
    );
    return { by, nowMs };
  };

  test("a customer's own rate guard is a throttle, which is the example, on execution routes too", () => {
    const http = httpOf('keel', '3');
    const decisionId = http.headers['x-keel-permit-id']!;
    const { by, nowMs } = throttled();
    const answer = keel.refusal(by, { ...telling, nowMs, surface: 'decision', decisionId });
    expect({ status: answer.status, headers: answer.headers }).toEqual(http);
    expect(parsed(answer)).toEqual(exampleOf('keel', '3'));
    const executed = keel.refusal(by, { ...telling, nowMs, surface: 'execution', decisionId });
    expect({ status: executed.status, headers: executed.headers }).toEqual(http);
    expect(parsed(executed)).toMatchObject({ status: 'denied', ...exampleOf('keel', '3') });
  });

  test('a guard that never has room is a plain deny', () => {
    const consumer = { catalogue: KEEL, subject, nowMs: NOW };
    const by = refused(consume(consumer, [{ ...step, limit: guard(1), cost: 2 }]).refusal);
    const answer = keel.refusal(by, { ...telling, surface: 'execution', code: 'budget.rate_limit_exceeded' });
    expect(answer.status).toBe(403);
    expect(answer.headers).toEqual({});
    expect(parsed(answer)).toMatchObject({
      error: { code: 'budget.rate_limit_exceeded' },
      permit: { decision: 'deny' },
    });
  });

  test('a budget that a customer authored denies by the code of its guard', () => {
    const consumer = { catalogue: KEEL, subject, nowMs: NOW };
    const limit = {
      name: 'an envelope',
      total: 10,
      edge: 'hard',
      period: 'total',
      zone: 'UTC',
      leaseSeconds: 900,
      notices: [],
    } as const;
    const op = { kind: 'reserve', reservationId: 'r', amount: 11 } as const;
    const by = refused(consume(consumer, [{ take: 'budget', key: 'b', limit, op, bornAtMs: NOW }]).refusal);
    const answer = keel.refusal(by, { ...telling, surface: 'decision', code: 'budget.daily_cap_exceeded' });
    expect(answer.status).toBe(200);
    expect(parsed(answer)).toEqual({
      decision: 'deny',
      reason_code: 'budget.daily_cap_exceeded',
      reason_detail: { limit: 'an envelope', allowed: 10, used: 0, resets_at: null, required_plan: null },
    });
  });
});

describe('docs/spec/keel.md §5.3', () => {
  const body = (() => {
    const { access: _access, ...checkpoint } = exampleOf('keel', '5.3', 1);
    return checkpoint;
  })();
  const checkpoint = (plan: string, data: Record<string, unknown> = body) => {
    const shape = shapeOf(KEEL, aSubjectOn(plan), 'checkpoint_detail', NOW);
    return keel.success(data, { ...telling, shape });
  };

  test('the body of Starter and Growth is the first example', () => {
    for (const plan of ['starter', 'growth']) expect(parsed(checkpoint(plan))).toEqual(exampleOf('keel', '5.3', 0));
  });

  test("Enterprise's is the second", () => {
    expect(parsed(checkpoint('enterprise'))).toEqual(exampleOf('keel', '5.3', 1));
  });

  test("Business's is the same without tsa: absent, not null", () => {
    const { tsa: _tsa, ...rest } = body;
    expect(parsed(checkpoint('business'))).toEqual({
      access: { level: 'artifact', next_level: 'witness', required_plan: 'enterprise' },
      ...rest,
    });
  });

  test('a tick that there was none of yet is null', () => {
    expect(parsed(checkpoint('starter', { last_tick_at: null }))).toMatchObject({ last_tick_at: null });
  });

  test('a field that no level names is told to nobody', () => {
    expect(parsed(checkpoint('enterprise', { ...body, internal: 'x' }))).not.toHaveProperty('internal');
  });
});

describe('docs/spec/keel.md §6.1', () => {
  test('what Business has is the example: unlimited is null', () => {
    const data = keel.usage(entitlements(KEEL, aSubjectOn('business'), NOW));
    expect(parsed(keel.success(data, telling))).toEqual(exampleOf('keel', '6.1'));
  });

  test('on Growth it is 5 and 30', () => {
    const usage = keel.usage(entitlements(KEEL, aSubjectOn('growth'), NOW));
    expect(usage).toEqual({ plan: 'growth', project_limit: 5, log_retention_days: 30 });
  });
});

describe('docs/spec/keel.md §1.2, §7.4.9', () => {
  test.each([
    ['free', 'starter'],
    ['pro', 'growth'],
    ['builder', 'growth'],
    ['team', 'business'],
    ['scale', 'business'],
    ['growth', 'growth'],
  ])('%s on input is %s', (told, name) => {
    expect(planTold(KEEL, told)).toBe(name);
  });

  test('another name is none', () => {
    for (const name of ['constructor', 'Pro', '']) expect(planTold(KEEL, name)).toBeUndefined();
  });
});
