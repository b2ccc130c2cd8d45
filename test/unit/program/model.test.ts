import { describe, expect, test } from 'vitest';
import { secondsUntil } from '../../../domain/plans/periods.ts';
import type { Program, Step } from '../../../domain/program/program.ts';
import {
  aQuota,
  aRate,
  aTenant,
  budget,
  commit,
  credits,
  DAY_MS,
  dailyRefill,
  MINUTE_MS,
  NOON,
  reserve,
} from './programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const EMPTY = { initial: { balance: 0, refilledAtMs: 0 } };
const times = <T>(count: number, once: () => T): T[] => Array.from({ length: count }, once);

describe('what follows from the order of checks (unkey.md §4.2)', () => {
  test('a disabled, expired, forbidden or under-privileged call touches no counter: its program has no step of the key', () => {
    const tenant = aTenant();
    expect(tenant.run([], { isSuccess: false })).toMatchObject({ outcome: 'admitted', steps: [] });
    tenant.run([aRate({ when: 'success' }), credits(1, { when: 'success' })], { isSuccess: false });
    expect(tenant.state).toMatchObject({ rates: new Map(), credits: new Map() });
  });

  test('a rate-limited call spends no credits', () => {
    const tenant = aTenant();
    const answer = tenant.steps([aRate({ limit: 0 }), credits(1)]);
    expect(answer).toMatchObject({ outcome: 'refused', refusedBy: 0 });
    expect(answer.steps[1]).toMatchObject({ passed: true, taken: false, balance: 5 });
    expect(tenant.credits(credits(0)).balance).toBe(5);
  });

  test('a call refused for credits has consumed its rate limits', () => {
    const tenant = aTenant();
    const answer = tenant.steps([aRate(), credits(1, EMPTY)]);
    expect(answer).toMatchObject({ outcome: 'refused', refusedBy: 1 });
    expect(answer.steps[0]).toMatchObject({ taken: true, used: 1, remaining: 4 });
  });

  test('a refused call is not in the quota that counts successes, wherever that stands (unkey.md §1.4)', () => {
    const tenant = aTenant();
    const monthly = aQuota({ when: 'success', edge: 'soft' });
    tenant.run([monthly, aRate(), credits(1, EMPTY)]);
    tenant.run([monthly, aRate(), credits(1)], { isSuccess: false });
    expect(tenant.quota(aQuota({ cost: 0 })).used).toBe(0);
    tenant.run([monthly, aRate(), credits(0)]);
    expect(tenant.quota(aQuota({ cost: 0 })).used).toBe(1);
  });

  test('a hard quota that is used up refuses before credits, and neither is taken', () => {
    const tenant = aTenant();
    expect(tenant.steps([aQuota({ limit: 0 }), credits(1)])).toMatchObject({ outcome: 'refused', refusedBy: 0 });
    expect(tenant.quota(aQuota({ cost: 0 })).used).toBe(0);
    expect(tenant.credits(credits(0)).balance).toBe(5);
  });

  test('a refused workspace rate changes no other limit (unkey.md §2.8)', () => {
    const tenant = aTenant();
    const workspace = aRate({ key: 'workspace', when: 'always', limit: 0 });
    const answer = tenant.steps([workspace, aRate(), aQuota(), credits(1)]);
    expect(answer.steps.map(({ taken }) => taken)).toEqual([false, false, false, false]);
  });

  test('what counts every call counts a refused one too', () => {
    const tenant = aTenant();
    const answer = tenant.steps([aRate({ limit: 0 }), aQuota({ when: 'always' })]);
    expect(answer).toMatchObject({ outcome: 'refused', refusedBy: 0 });
    expect(answer.steps[1]).toMatchObject({ taken: true, used: 1 });
  });

  test('what must not be lost with a later refusal is taken only if the whole program is admitted', () => {
    const tenant = aTenant();
    const answer = tenant.steps([credits(2, { when: 'success' }), budget(reserve('r', 11), { when: 'success' })]);
    expect(answer).toMatchObject({ outcome: 'refused', refusedBy: 1 });
    expect(tenant.credits(credits(0)).balance).toBe(5);
  });
});

describe('rates, all or nothing (unkey.md §6.4)', () => {
  test('none is counted if one fails, and each is shown by itself', () => {
    const tenant = aTenant();
    tenant.run(aRun());
    tenant.run(aRun());
    const answer = tenant.steps(aRun());
    expect(answer).toMatchObject({ outcome: 'refused', refusedBy: 1 });
    expect(answer.steps).toMatchObject([
      { passed: true, taken: false, used: 2, remaining: 3 },
      { passed: false, taken: false, used: 2, remaining: 0 },
      { passed: true, taken: false, used: 2, remaining: 3 },
    ]);
  });

  test('the same cells twice in one run are counted for both, or for neither (unkey.md §6.7)', () => {
    const tenant = aTenant();
    const twice = tenant.steps([aRate({ cost: 3 }), aRate({ cost: 2 })]);
    expect(twice).toMatchObject({ outcome: 'admitted', steps: [{ used: 5 }, { used: 5 }] });
    const other = aTenant();
    const refused = other.steps([aRate({ cost: 3 }), aRate({ cost: 3 })]);
    expect(refused).toMatchObject({
      refusedBy: 1,
      steps: [
        { passed: true, used: 0 },
        { passed: false, used: 0 },
      ],
    });
  });

  test('a repeat of one key in a refused run is told when both fit', () => {
    const tenant = aTenant();
    tenant.run([aRate({ cost: 1 })]);
    const both = [aRate({ cost: 3 }), aRate({ cost: 2 })];
    const { fitsAtMs } = tenant.steps(both).steps[1] as { fitsAtMs: number };
    expect(tenant.run(both, { nowMs: fitsAtMs - 1 }).outcome).toBe('refused');
    expect(tenant.run(both, { nowMs: fitsAtMs }).outcome).toBe('admitted');
  });

  test('a run that counts always is another than one that counts if all before passed', () => {
    const tenant = aTenant();
    const answer = tenant.steps([aRate({ key: 'workspace', when: 'always' }), aRate({ limit: 0 })]);
    expect(answer.steps.map(({ taken }) => taken)).toEqual([true, false]);
  });
});

describe('a rate (unkey.md §6.5, keyway.md §3)', () => {
  test('a refused request is not counted: hammering does not prolong the wait', () => {
    const tenant = aTenant();
    times(5, () => tenant.rate(aRate()));
    const first = tenant.rate(aRate());
    const later = times(50, () => tenant.rate(aRate(), NOON + 1000)).at(-1)!;
    expect(first).toMatchObject({ passed: false, used: 5 });
    expect(later.fitsAtMs).toBe(first.fitsAtMs);
  });

  test('the 31st push or pull within 15 minutes is refused, and one request after Retry-After passes (keyway.md §7.4.5)', () => {
    const tenant = aTenant();
    const pushPull = aRate({ key: 'push_pull', limit: 30, windowMs: 15 * MINUTE_MS });
    expect(times(30, () => tenant.rate(pushPull).passed)).not.toContain(false);
    const { passed, fitsAtMs, resetsAtMs } = tenant.rate(pushPull);
    expect(passed).toBe(false);
    expect(resetsAtMs).toBe(fitsAtMs);
    const afterMs = NOON + secondsUntil(fitsAtMs!, NOON) * 1000;
    expect(tenant.rate(pushPull, afterMs - 1000).passed).toBe(false);
    expect(tenant.rate(pushPull, afterMs).passed).toBe(true);
    expect(tenant.rate(aRate({ key: 'general', limit: 100, cost: 0 }), afterMs).used).toBe(0);
  });

  test('remaining and cell are those after the call', () => {
    expect(aTenant().rate(aRate({ cost: 2 }))).toMatchObject({
      used: 2,
      remaining: 3,
      cellEndsAtMs: NOON + MINUTE_MS,
      resetsAtMs: NOON,
    });
  });

  test('a cost of 0 is the way to peek: it takes nothing and says when a cost of 1 fits', () => {
    const tenant = aTenant();
    tenant.rate(aRate({ cost: 5 }));
    const peek = tenant.rate(aRate({ cost: 0 }));
    expect(peek).toMatchObject({ passed: true, remaining: 0, fitsAtMs: NOON, resetsAtMs: NOON + MINUTE_MS + 1 });
    expect(tenant.rate(aRate(), NOON + MINUTE_MS).passed).toBe(false);
    expect(tenant.rate(aRate(), NOON + MINUTE_MS + 1).passed).toBe(true);
  });

  test('a cost of 0 counts in no cell: a clock that goes back finds what it counted before', () => {
    const tenant = aTenant();
    tenant.rate(aRate({ cost: 3 }));
    expect(tenant.rate(aRate({ cost: 0 }), NOON + 2 * MINUTE_MS).used).toBe(0);
    expect(tenant.rate(aRate({ cost: 0 })).used).toBe(3);
  });

  test('changing the limit keeps the counts, changing the window starts new cells', () => {
    const tenant = aTenant();
    tenant.rate(aRate({ cost: 5 }));
    expect(tenant.rate(aRate({ limit: 6 }))).toMatchObject({ passed: true, used: 6 });
    expect(tenant.rate(aRate({ windowMs: 2 * MINUTE_MS }))).toMatchObject({ passed: true, used: 1 });
  });

  test('a limit of 0 blocks (unkey.md §6.8)', () => {
    const blocked = aTenant().rate(aRate({ limit: 0 }));
    expect(blocked).toMatchObject({ passed: false, remaining: 0, fitsAtMs: null, resetsAtMs: null });
  });

  test('a clock that goes back finds no room that was used up later', () => {
    const tenant = aTenant();
    tenant.rate(aRate({ cost: 5 }), NOON + MINUTE_MS);
    expect(tenant.rate(aRate(), NOON)).toMatchObject({ passed: false, used: 5, fitsAtMs: NOON + 2 * MINUTE_MS + 1 });
  });
});

describe('a quota (keel.md §2.4, keyport.md §2.4)', () => {
  test('a hundred at 999 of 1000 admit exactly one (keel.md §7.4.3)', () => {
    const tenant = aTenant();
    const governed = aQuota({ limit: 1000 });
    tenant.quota({ ...governed, cost: 999 });
    const answers = times(100, () => tenant.quota(governed));
    expect(answers.filter(({ passed }) => passed)).toHaveLength(1);
    expect(answers.at(-1)).toMatchObject({ used: 1000, remaining: 0, taken: false });
  });

  test('denied decisions are not counted, and are not refused for the quota', () => {
    const tenant = aTenant();
    const governed = aQuota({ limit: 0, when: 'success' });
    expect(tenant.run([governed], { isSuccess: false }).outcome).toBe('admitted');
    expect(tenant.run([governed], { isSuccess: true }).outcome).toBe('refused');
  });

  test.each(['soft', 'overage'] as const)('with the edge %s it takes all and counts on', (edge) => {
    const tenant = aTenant();
    expect(times(8, () => tenant.quota(aQuota({ edge }))).at(-1)).toMatchObject({
      passed: true,
      used: 8,
      remaining: 0,
    });
  });

  test('tells each threshold once, also where one call crosses several', () => {
    const tenant = aTenant();
    const notices = aQuota({ limit: 10, thresholds: [4, 5, 8, 10] });
    const crossed = [3, 2, 0, 1, 4, 1].map((cost) => tenant.quota({ ...notices, cost }).crossed);
    expect(crossed).toEqual([[], [4, 5], [], [], [8, 10], []]);
  });

  test('is told when it begins again; never, for a cost that is more than it', () => {
    const tenant = aTenant();
    tenant.quota(aQuota({ cost: 5 }));
    expect(tenant.quota(aQuota())).toMatchObject({ passed: false, fitsAtMs: Date.UTC(2026, 10, 22) });
    expect(tenant.quota(aQuota({ cost: 6 }))).toMatchObject({ passed: false, fitsAtMs: null });
  });

  test('takes a cost of 0 at its end and beyond', () => {
    const tenant = aTenant();
    tenant.quota(aQuota({ cost: 5 }));
    expect(tenant.quota(aQuota({ limit: 3, cost: 0 }))).toMatchObject({ passed: true, used: 5, remaining: 0 });
  });

  test('counts in the period that the clock names, also when it goes back', () => {
    const tenant = aTenant();
    const startsAtMs = Date.UTC(2026, 10, 22);
    const next = { periodKey: '2026-11-22', startsAtMs, endsAtMs: startsAtMs + DAY_MS };
    tenant.quota(aQuota({ cost: 4 }));
    expect(tenant.quota(aQuota({ ...next, cost: 5 }), startsAtMs)).toMatchObject({ passed: true, used: 5 });
    expect(tenant.quota(aQuota({ cost: 2 }))).toMatchObject({ passed: false, used: 4 });
    expect(tenant.quota(aQuota({ cost: 1 }))).toMatchObject({ passed: true, used: 5 });
  });

  test('is refused where doubles would count no further, hard or not', () => {
    const tenant = aTenant();
    const soft = aQuota({ edge: 'soft', limit: 'unlimited' });
    expect(tenant.quota({ ...soft, cost: MOST })).toMatchObject({ passed: true, used: MOST });
    expect(tenant.quota(soft)).toMatchObject({ passed: false, used: MOST });
  });
});

describe('an idempotency key (keel.md §6.6)', () => {
  const idempotency = { key: 'k', fingerprint: 'f', keptSeconds: 600 };
  const spend = [aRate(), credits(3)];

  test('gives a repeat its first answer, and the repeat takes nothing', () => {
    const tenant = aTenant();
    const first = tenant.steps(spend, { idempotency });
    expect(first.replayed).toBe(false);
    expect(tenant.run(spend, { idempotency, nowMs: NOON + 1 })).toEqual({ ...first, replayed: true });
    expect(tenant.credits(credits(0)).balance).toBe(2);
  });

  test('a replay at the edge is not refused (keel.md §7.4.3)', () => {
    const tenant = aTenant();
    tenant.run([aQuota({ limit: 1 })], { idempotency });
    expect(tenant.run([aQuota({ limit: 1 })], { idempotency })).toMatchObject({ outcome: 'admitted', replayed: true });
    expect(tenant.run([aQuota({ limit: 1 })])).toMatchObject({ outcome: 'refused' });
  });

  test('gives a repeat its refusal, too: what a refused call consumed is not consumed twice', () => {
    const tenant = aTenant();
    const refused = [aRate(), credits(9)];
    tenant.run(refused, { idempotency });
    expect(tenant.run(refused, { idempotency })).toMatchObject({ outcome: 'refused', replayed: true });
    expect(tenant.rate(aRate({ cost: 0 })).used).toBe(1);
  });

  test('with another meaning is a conflict, and nothing is taken', () => {
    const tenant = aTenant();
    tenant.run([aRate()], { idempotency });
    const other = { ...idempotency, fingerprint: 'g' };
    expect(tenant.run([aRate()], { idempotency: other })).toEqual({ outcome: 'conflict' });
    expect(tenant.rate(aRate({ cost: 0 })).used).toBe(1);
  });

  test('is forgotten when its time is over, by the clock of whoever repeats', () => {
    const tenant = aTenant();
    tenant.run([aRate()], { idempotency });
    expect(tenant.run([aRate()], { idempotency, nowMs: NOON + 599_999 })).toMatchObject({ replayed: true });
    expect(tenant.run([aRate()], { idempotency, nowMs: NOON + 600_000 })).toMatchObject({ replayed: false });
  });

  test("is the tenant's own", () => {
    const tenant = aTenant();
    tenant.run([aRate()], { idempotency });
    expect(tenant.run([aRate()], { idempotency, tenant: 'b' })).toMatchObject({ replayed: false });
  });
});

describe('a program that cannot be run exactly is refused', () => {
  test.each<[string, readonly Step[], Partial<Program>, RegExp]>([
    ['a negative cost', [aRate({ cost: -1 })], {}, /^steps\[0\]\.cost is -1/],
    ['a cost beyond 2^53', [aRate(), aQuota({ cost: MOST + 1 })], {}, /^steps\[1\]\.cost/],
    ['a cost that is no integer', [credits(0.5)], {}, /^steps\[0\]\.op/],
    ['NaN', [credits({ kind: 'add', amount: Number.NaN })], {}, /^steps\[0\]\.op is NaN/],
    ['an infinite limit', [aRate({ limit: Infinity })], {}, /^steps\[0\]\.limit/],
    ['an infinite amount', [budget(commit('r', Infinity))], {}, /^steps\[0\]\.op\.amount/],
    ['a window of nothing', [aRate({ windowMs: 0 })], {}, /windowMs/],
    ['a window of 367 days', [aRate({ windowMs: 367 * DAY_MS })], {}, /windowMs/],
    ['a lease of nothing', [budget(reserve('r', 1, 0))], {}, /leaseMs/],
    ['a reservation without an id', [budget(reserve('', 1))], {}, /reservationId/],
    ['a balance below 0', [credits(1, { initial: { balance: -1, refilledAtMs: 0 } })], {}, /initial/],
    [
      'a refill that is not due yet',
      [credits(1, { refill: { amount: 1, dueAtMs: NOON + 1, nextAtMs: NOON + 2 } })],
      {},
      /refill/,
    ],
    ['a period that has ended', [aQuota({ endsAtMs: NOON })], {}, /period/],
    ['thresholds in disorder', [aQuota({ thresholds: [5, 4] })], {}, /thresholds/],
    ['a threshold of 0', [aQuota({ thresholds: [0] })], {}, /thresholds/],
    ['one key in two steps', [credits(1), credits(1)], {}, /^steps\[1\]\.key/],
    ['one key in two runs of rates', [aRate(), aQuota(), aRate()], {}, /^steps\[2\]\.key/],
    ['a clock that is none', [], { nowMs: Number.NaN }, /^nowMs/],
    ['a clock before 1970', [], { nowMs: -1 }, /^nowMs/],
    ['nobody', [], { tenant: '' }, /^tenant/],
    [
      'memory for longer than a day',
      [],
      { idempotency: { key: 'k', fingerprint: '', keptSeconds: 86_401 } },
      /keptSeconds/,
    ],
  ])('%s', (_fault, steps, more, message) => {
    const tenant = aTenant();
    expect(() => tenant.run(steps, more)).toThrow(RangeError);
    expect(() => tenant.run(steps, more)).toThrow(message);
    expect(tenant.state.rates.size + tenant.state.quotas.size + tenant.state.credits.size).toBe(0);
  });

  test('one key in two periods, windows or kinds is no fault', () => {
    const month = { periodKey: '2026-11', startsAtMs: Date.UTC(2026, 10), endsAtMs: Date.UTC(2026, 11) };
    const steps = [
      aRate({ key: 'k' }),
      aRate({ key: 'k', windowMs: 1000 }),
      aQuota({ key: 'k' }),
      aQuota({ key: 'k', ...month }),
      credits(1, { key: 'k' }),
    ];
    expect(aTenant().run(steps).outcome).toBe('admitted');
  });
});

function aRun(): Step[] {
  return [aRate({ key: 'a' }), aRate({ key: 'b', limit: 2 }), aRate({ key: 'c' })];
}

const dayOf = (nowMs: number) => {
  const startsAtMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return { startsAtMs, endsAtMs: startsAtMs + DAY_MS, periodKey: new Date(startsAtMs).toISOString().slice(0, 10) };
};

describe('one call by a clock that is a week ahead pins what it touches until the others are there:', () => {
  const AHEAD = NOON + 7 * DAY_MS;
  const DAYS = Array.from({ length: 7 }, (_, day) => NOON + day * DAY_MS);

  test('a rate admits one window in all that time', () => {
    const tenant = aTenant();
    expect(tenant.rate(aRate({ cost: 2 }), AHEAD).passed).toBe(true);
    const admitted = DAYS.map(
      (nowMs) => times(5, () => tenant.rate(aRate(), nowMs)).filter(({ passed }) => passed).length,
    );
    expect(admitted).toEqual([3, 0, 0, 0, 0, 0, 0]);
    expect(tenant.rate(aRate(), AHEAD + 2 * MINUTE_MS).passed).toBe(true);
  });

  test('a balance gets no refill, and then the next one that is due', () => {
    const tenant = aTenant();
    const spend = (nowMs: number) => tenant.credits(credits(1, { refill: dailyRefill(2, nowMs) }), nowMs).balance;
    expect(times(5, () => spend(AHEAD))).toEqual([4, 3, 2, 1, 0]);
    for (const nowMs of DAYS) {
      expect(tenant.credits(credits(1, { refill: dailyRefill(2, nowMs) }), nowMs).passed).toBe(false);
    }
    expect(spend(AHEAD + DAY_MS)).toBe(1);
  });

  test('a budget stays in that period, and has one total for all of them', () => {
    const tenant = aTenant();
    const spend = (nowMs: number, amount: number) =>
      tenant.budget(budget({ kind: 'spend', amount }, dayOf(nowMs)), nowMs);
    spend(AHEAD, 4);
    expect(DAYS.map((nowMs) => spend(nowMs, 1).spent)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(spend(AHEAD + DAY_MS, 1).spent).toBe(1);
  });

  test('a quota is not pinned', () => {
    const tenant = aTenant();
    const ahead = { periodKey: '2026-11-28', startsAtMs: NOON + 6.5 * DAY_MS, endsAtMs: NOON + 7.5 * DAY_MS };
    expect(tenant.quota(aQuota({ ...ahead, cost: 5 }), AHEAD).passed).toBe(true);
    expect(tenant.quota(aQuota()).used).toBe(1);
  });
});
