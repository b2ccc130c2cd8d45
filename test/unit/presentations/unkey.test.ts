import { describe, expect, test } from 'vitest';
import {
  consumed,
  failed,
  presenterOf,
  standalone,
  TITLES,
  verificationCode,
} from '../../../api/presentations/index.ts';
import { mayAdd, mayAddTogether, maySend, mayUse } from '../../../domain/plans/decision.ts';
import type { ConsumeStep } from '../../../domain/program/consume.ts';
import type { ModelState } from '../../../domain/program/model.ts';
import { aSubjectOn, UNKEY } from '../plans/catalogues.ts';
import { consume, exampleOf, parsed, refused } from './examples.ts';

const unkey = presenterOf(UNKEY);
const NOW = Date.parse('2026-01-01T00:00:04Z');
const telling = { requestId: 'req_1', nowMs: NOW };
const subject = aSubjectOn('pro_250k');
const consumer = { catalogue: UNKEY, subject, nowMs: NOW };
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json; charset=utf-8';

const workspace = (cost = 1): ConsumeStep => ({
  take: 'rate',
  key: 'workspace',
  limit: 'api_rate',
  numbers: { limit: 100, windowSeconds: 10 },
  cost,
});
const limited = (state?: ModelState) => {
  const { state: full } = consume(consumer, [workspace(100)], state);
  return refused(consume(consumer, [workspace()], full).refusal);
};

describe('docs/spec/unkey.md §2.7', () => {
  test('the workspace rate limit is the example, as problem details', () => {
    const example = exampleOf('unkey', '2') as { meta: { requestId: string }; error: { detail: string } };
    const answer = unkey.refusal(limited(), { ...telling, requestId: example.meta.requestId });
    const body = parsed(answer) as typeof example;
    expect(answer).toMatchObject({ status: 429, contentType: PROBLEM });
    expect({ ...body, error: { ...body.error, detail: example.error.detail } }).toEqual(example);
    expect(body.error.detail).toBe('The workspace API rate limit is 100 requests in 10 seconds. Retry in 7 seconds.');
  });
});

describe('docs/spec/unkey.md §2.5, §2.6', () => {
  test('the reset is the boundary of the window, the wait what it takes for one call', () => {
    const by = limited();
    const { headers } = unkey.refusal(by, telling);
    expect(headers).toEqual({
      'RateLimit-Limit': '100',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '6',
      'Retry-After': '7',
    });
    // Exactly when it fits, rounded up, and not a second before.
    const { state } = consume(consumer, [workspace(100)]);
    const after = (seconds: number) => consume({ ...consumer, nowMs: NOW + seconds * 1000 }, [workspace(0)], state);
    expect(after(6).decisions[0]!.by.remaining).toBe(0);
    expect(after(7).decisions[0]!.by.remaining).toBeGreaterThan(0);
  });

  test('every answer has the three headers, none of them a wait', () => {
    const rate = consume(consumer, [workspace(40)]).decisions[0]!.by;
    const headers = { 'RateLimit-Limit': '100', 'RateLimit-Remaining': '60', 'RateLimit-Reset': '6' };
    expect(unkey.success({}, { ...telling, rate }).headers).toEqual(headers);
    const by = refused(mayUse(UNKEY, aSubjectOn('free'), 'team', NOW));
    expect(unkey.refusal(by, { ...telling, rate }).headers).toEqual(headers);
  });

  test('with no limit configured there are none', () => {
    const rate = consume(consumer, [{ take: 'rate', key: 'workspace', limit: 'api_rate' }]).decisions[0]!.by;
    expect(rate.allowed).toBe('unlimited');
    expect(unkey.success({}, { ...telling, rate }).headers).toEqual({});
  });

  test('a limit of 0 has them too, and the end of the window as its reset', () => {
    const numbers = { limit: 0, windowSeconds: 10 };
    const by = refused(consume(consumer, [{ take: 'rate', key: 'w', limit: 'api_rate', numbers }]).refusal);
    expect(unkey.refusal(by, telling).headers).toEqual({
      'RateLimit-Limit': '0',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '6',
      'Retry-After': '6',
    });
  });
});

describe('docs/spec/unkey.md §4.5', () => {
  test('a success stands in data beside meta', () => {
    const answer = unkey.success({ keyId: 'key_1' }, telling);
    expect(answer).toMatchObject({ status: 200, contentType: JSON_TYPE });
    expect(parsed(answer)).toEqual({ meta: { requestId: 'req_1' }, data: { keyId: 'key_1' } });
  });

  test('an exhausted allowance is 403', () => {
    const by = refused(mayAdd(UNKEY, aSubjectOn('compute_starter'), 'domains', 1, 1, NOW));
    const answer = unkey.refusal(by, telling);
    expect(answer.headers).toEqual({});
    expect(parsed(answer)).toEqual({
      meta: { requestId: 'req_1' },
      error: {
        title: 'Forbidden',
        status: 403,
        detail: 'The plan holds 1 custom domain and this workspace has 1.',
        type: 'https://unkey.com/docs/errors/unkey/authorization/forbidden',
      },
    });
  });

  test('of several sums the first that does not fit is told, with its numbers', () => {
    const asked = ['memory', 'cpu'].map((limit) => ({ limit, used: 10_000, amount: 100_000 }));
    const by = refused(mayAddTogether(UNKEY, aSubjectOn('compute_starter'), asked, NOW));
    expect(parsed(unkey.refusal(by, telling))).toMatchObject({
      error: {
        detail: 'The plan holds 30,000 millicores of CPU; 10,000 are in use and 100,000 more were asked for.',
      },
    });
  });

  test('a 400 has errors that say where, what and what helps', () => {
    const by = refused(maySend(UNKEY, aSubjectOn('compute_starter'), { limit: 'replicas', size: 5 }, NOW));
    const answer = unkey.refusal(by, { ...telling, field: 'body.replicas' });
    expect(answer).toMatchObject({ status: 400, contentType: JSON_TYPE });
    expect(parsed(answer)).toEqual({
      meta: { requestId: 'req_1' },
      error: {
        title: 'Bad Request',
        status: 400,
        detail: 'The app has 5 replicas; this plan takes 4.',
        type: 'https://unkey.com/docs/errors/unkey/application/invalid_input',
        errors: [
          {
            location: 'body.replicas',
            message: 'The app has 5 replicas; this plan takes 4.',
            fix: 'Ask for less, or move to Compute Pro.',
          },
        ],
      },
    });
  });

  test.each(Object.entries(TITLES))('an error with %s is called %s, and only a 400 has errors', (status, title) => {
    const failure = { status: Number(status), title, type: 'https://unkey.com/docs/errors/x', detail: 'It is so.' };
    const { error } = parsed(failed(failure, telling)) as { error: object };
    expect(error).toEqual({ ...failure, ...(failure.status === 400 ? { errors: [] } : {}) });
  });
});

const typeOf = (status: number, more = {}) =>
  failed({ status, title: '', type: '', detail: '' }, { ...telling, ...more }).contentType;

describe('docs/spec/unkey.md §4.6', () => {
  test.each([400, 401, 403, 404, 409, 410, 412, 500])('%d is plain JSON', (status) => {
    expect(typeOf(status)).toBe(JSON_TYPE);
  });

  test('429 is problem details', () => {
    expect(typeOf(429)).toBe(PROBLEM);
  });

  test('where a route wants nothing else, every error is', () => {
    expect([400, 404, 429, 500].map((status) => typeOf(status, { onlyProblems: true }))).toEqual(
      Array(4).fill(PROBLEM),
    );
  });

  test('who names them in Accept gets them', () => {
    expect(typeOf(404, { accept: 'application/problem+json, application/json' })).toBe(PROBLEM);
    expect(typeOf(404, { accept: 'application/json' })).toBe(JSON_TYPE);
  });
});

const RATES = [
  { take: 'rate', key: 'r1', limit: { name: 'requests', limit: 10, windowMs: 60_000 } },
  { take: 'rate', key: 'r2', limit: { name: 'tokens', limit: 3, windowMs: 1_500 }, cost: 2 },
] as const;
const credits = (balance: number, cost: number, unlimited = false) =>
  ({
    take: 'credits',
    key: 'c',
    limit: { name: 'credits', unlimited, balance, refill: null, zone: 'UTC' },
    op: { kind: 'spend', cost },
    bornAtMs: NOW,
  }) as const;
const verify = (steps: readonly ConsumeStep[], state?: ModelState) => {
  const { decisions, refusal, state: after } = consume(consumer, steps, state);
  const checked = steps.flatMap((step, at) =>
    step.take === 'rate' ? [{ id: at === 0 ? 'rl_1' : '', autoApply: at === 0, ...decisions[at]! }] : [],
  );
  const at = steps.findIndex(({ take }) => take === 'credits');
  return { refusal, after, ...consumed({ rates: checked, credits: decisions[at]?.by ?? null }, NOW) };
};

describe('docs/spec/unkey.md §4.3, §4.4, §6.6: what a verification tells', () => {
  test('all eight members of each rate, the reset at the end of its cell, and the balance after the call', () => {
    const { refusal, ...told } = verify([...RATES, credits(1_000, 1)]);
    expect(refusal).toBeNull();
    expect(told).toMatchObject({
      credits: 999,
      ratelimits: [
        {
          id: 'rl_1',
          name: 'requests',
          limit: 10,
          duration: 60_000,
          reset: Date.parse('2026-01-01T00:01:00Z'),
          remaining: 9,
          exceeded: false,
          autoApply: true,
        },
        {
          id: '',
          name: 'tokens',
          limit: 3,
          duration: 1_500,
          reset: Date.parse('2026-01-01T00:00:04.500Z'),
          remaining: 1,
          exceeded: false,
          autoApply: false,
        },
      ],
    });
    for (const each of told.ratelimits!) expect(Object.keys(each)).toHaveLength(8);
  });

  test('a refused rate shows each one by itself, and what was not taken', () => {
    const { after } = verify(RATES);
    const { refusal, ratelimits } = verify(RATES, after);
    expect(verificationCode(refused(refusal))).toBe('RATE_LIMITED');
    expect(ratelimits).toMatchObject([
      { name: 'requests', exceeded: false, remaining: 9 },
      { name: 'tokens', exceeded: true, remaining: 0 },
    ]);
    const answer = unkey.refusal(refused(refusal), { ...telling, surface: 'decision', details: { ratelimits } });
    expect(answer).toMatchObject({ status: 200, contentType: JSON_TYPE, headers: {} });
    expect(parsed(answer)).toEqual({
      meta: { requestId: 'req_1' },
      data: { valid: false, code: 'RATE_LIMITED', ratelimits },
    });
  });

  test('refused credits are told as they stand', () => {
    const { refusal, credits: left } = verify([credits(5, 10)]);
    expect(verificationCode(refused(refusal))).toBe('USAGE_EXCEEDED');
    expect(left).toBe(5);
  });

  test('what is unlimited, or was not checked, is left out and never null', () => {
    const { refusal: _refusal, after: _after, ...told } = verify([credits(0, 10, true)]);
    expect(told).toEqual({});
  });

  test('a standalone check answers the same whether refused or not (§6.7)', () => {
    const step = RATES[1];
    const first = consume(consumer, [step]);
    const reset = Date.parse('2026-01-01T00:00:04.500Z');
    const told = { nowMs: NOW, overrideId: 'rlor_1' };
    expect(standalone(first.decisions[0]!, told)).toEqual({
      success: true,
      limit: 3,
      remaining: 1,
      reset,
      overrideId: 'rlor_1',
    });
    const second = consume(consumer, [step], first.state).decisions[0]!;
    expect(standalone(second, { nowMs: NOW })).toEqual({ success: false, limit: 3, remaining: 0, reset });
  });
});
