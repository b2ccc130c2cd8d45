import { describe, expect, test } from 'vitest';
import { HttpError, renderError } from '../../../api/errors.ts';
import { exhausted, presenterOf } from '../../../api/presentations/index.ts';
import { HOST_WORDING } from '../../../api/presentations/keyport.ts';
import { mayAdd, mayUse, quotaState } from '../../../domain/plans/decision.ts';
import { aSubjectOn, PLATFORM } from '../plans/catalogues.ts';
import { parsed, refused } from './examples.ts';

const keyport = presenterOf(PLATFORM);
const NOW = Date.parse('2026-11-21T23:58:59.001Z');
const telling = { requestId: 'a-request', nowMs: NOW };

describe('docs/spec/keyport.md §3.5: the quota is used up', () => {
  const by = refused(quotaState(PLATFORM, aSubjectOn('free'), 'api_calls', 10_000, 1, NOW));
  const answer = keyport.refusal(by, { ...telling, surface: 'decision' });

  test('the body has what the client reads, and the wait equals the header', () => {
    expect(answer).toMatchObject({ status: 429, contentType: 'application/json; charset=utf-8' });
    expect(answer.headers).toEqual({
      'RateLimit-Limit': '10000',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '61',
      'Retry-After': '61',
    });
    expect(parsed(answer)).toEqual({
      valid: false,
      status: 'rate_limit_exceeded',
      message:
        "All 10000 API calls that the provider's plan allows a day are used. The provider may move to the plan 'pro', or wait " +
        'until midnight UTC.',
      retry_after: 61,
    });
  });

  test('it is byte for byte what the public API answers', () => {
    const error = new HttpError('rate_limit_exceeded', exhausted(by), { members: { retry_after: 61 } });
    expect(renderError(error, { path: '/api/v1/validate', requestId: 'a-request' })).toEqual({
      status: answer.status,
      contentType: answer.contentType,
      body: answer.body,
    });
  });

  test('without a plan above, waiting is all that helps', () => {
    expect(exhausted({ allowed: 5, admittingPlan: null })).toBe(
      "All 5 API calls that the provider's plan allows a day are used. Wait until midnight UTC.",
    );
  });
});

describe('docs/spec/keyport.md §2.5: a refused create', () => {
  test('names the limit, what is used, what is allowed and the plan that lifts it', () => {
    const by = refused(mayAdd(PLATFORM, aSubjectOn('free'), 'products', 10, 1, NOW));
    const answer = keyport.refusal(by, telling);
    expect(answer).toMatchObject({ status: 403, contentType: 'application/problem+json', headers: {} });
    expect(parsed(answer)).toEqual({
      type: '/problems/plan_limit_reached',
      title: 'The plan allows no more of these',
      status: 403,
      detail: 'The Free plan holds 10 products and this organisation has 10. Pro lifts this limit.',
      code: 'plan_limit_reached',
      request_id: 'a-request',
      limit: 'products',
      used: 10,
      allowed: 10,
      remaining: 0,
      requested: 1,
      resets_at: null,
      plan: 'free',
      admitting_plan: 'pro',
    });
  });

  test('names a missing feature', () => {
    const by = refused(mayUse(PLATFORM, aSubjectOn('free'), 'webhooks', NOW));
    expect(parsed(keyport.refusal(by, telling))).toMatchObject({
      status: 403,
      code: 'feature_not_available',
      feature: 'webhooks',
      plan: 'free',
      admitting_plan: 'pro',
    });
  });
});

test('every plan of the platform has a title, and every limit that refuses', () => {
  const limits = Object.values(PLATFORM.limits).filter(({ kind }) => kind !== 'retention');
  const names = [...limits, ...Object.values(PLATFORM.plans)].map(({ name }) => name);
  expect(Object.keys(HOST_WORDING.titles)).toEqual(expect.arrayContaining(names));
});
