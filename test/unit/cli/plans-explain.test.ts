import { describe, expect, test } from 'vitest';
import { aFile, changed, KEEL, KEYWAY, NOTES, NOW, plans, plansJson, UNKEY } from './plans-commands.ts';

/** What `explain --json` answers. */
function asked(file: string, question: string, ...more: string[]): Record<string, unknown> {
  return plansJson('explain', file, ...NOW, ...more, '--question', question);
}

describe('plans explain', () => {
  test.each<[question: string, file: string, plan: string, answer: object]>([
    ['use export', NOTES, 'free', { allowed: false, value: false, source: 'plan', required_plan: 'pro' }],
    ['use langfuse', KEEL, 'pro', { allowed: true, value: true, by: { plan: 'growth' } }],
    ['use policy_authoring level=full verb=read', KEEL, 'growth', { allowed: true }],
    [
      'use policy_authoring level=full verb=write',
      KEEL,
      'growth',
      { allowed: false, by: { level: 'basic', admitting_plan: 'business' } },
    ],
    ['add notebooks used=2', NOTES, 'free', { allowed: true, by: { used: 2, allowed: 3, remaining: 1 } }],
    ['add notebooks used=2 amount=2', NOTES, 'free', { allowed: false, by: { requested: 2, admitting_plan: 'pro' } }],
    ['add private_secrets used=20 scope=v scope.visibility=public', KEYWAY, 'free', { allowed: true, by: null }],
    [
      'add private_secrets used=20 scope=v scope.visibility=private',
      KEYWAY,
      'free',
      { allowed: false, by: { scope: 'v' } },
    ],
    ['change notebooks before=5 after=4', NOTES, 'free', { allowed: true }],
    ['change notebooks before=3 after=4', NOTES, 'free', { allowed: false }],
    ['send value_bytes size=65536', KEYWAY, 'free', { allowed: true }],
    ['send value_bytes size=65537', KEYWAY, 'free', { allowed: false, by: { class: 'size', admitting_plan: 'team' } }],
    ['see audit_entry created_at=2026-11-14T12:00:00Z', KEYWAY, 'free', { allowed: true }],
    ['see audit_entry created_at=2026-11-14T11:59:59Z', KEYWAY, 'free', { allowed: false }],
    ['visible audit_entry', KEYWAY, 'pro', { visible_since: '2026-10-22T12:00:00.000Z', days: 30 }],
    [
      'shape checkpoint_detail',
      KEEL,
      'starter',
      { fields: ['last_tick_at'], next_level: 'artifact', admitting_plan: 'business' },
    ],
    ['clamp routing_fallback level=cross_provider', KEEL, 'growth', { level: 'same_provider_chain' }],
    ['admitting use export', NOTES, 'free', { allowed: false, admitting_plan: 'pro', required_plan: 'pro' }],
    ['admitting use export', NOTES, 'business', { allowed: true, admitting_plan: null, required_plan: 'pro' }],
    ['transitions free', NOTES, 'pro', { transitions: [{ from: 'free', to: [{ to: 'pro' }, { to: 'business' }] }] }],
    [
      'entitlements',
      NOTES,
      'pro',
      { limits: { notebooks: { value: 50, source: 'plan', used: null } }, features: { export: { enabled: true } } },
    ],
    ['preview to=pro', NOTES, 'free', { preview: { opens_up: { features: [{ feature: 'export' }] } } }],
    [
      'preview billing_cancelled=true',
      NOTES,
      'pro',
      { preview: { loses_effect: [{ feature: 'export', treatment: 'stop' }] } },
    ],
    ['writable', NOTES, 'pro', { resources: [] }],
  ])('%s of %s on %s', (question, file, plan, answer) => {
    expect(asked(file, question, '--plan', plan)).toMatchObject(answer);
  });

  test('takes the same question as JSON', () => {
    const words = asked(KEYWAY, 'add private_secrets used=20 scope=v scope.visibility=private');
    const json = {
      ask: 'add',
      limit: 'private_secrets',
      used: 20,
      scope: { id: 'v', attributes: { visibility: 'private' } },
    };
    expect(asked(KEYWAY, JSON.stringify(json))).toEqual(words);
  });

  test('without a subject asks as one that has no plan', () => {
    expect(asked(NOTES, 'add notebooks used=3')).toMatchObject({ allowed: false, source: 'default' });
  });

  test("takes what is used from the subject's file", () => {
    const file = aFile('subject.json', { plans: ['free'], usage: { notebooks: 3 } });
    expect(asked(NOTES, 'add notebooks', '--subject', file)).toMatchObject({ allowed: false, by: { used: 3 } });
  });

  test("takes what is used of a thing below the subject from the subject's file, of that thing alone", () => {
    const usage = { environments: [{ scope: { id: 'infra' }, used: 2 }] };
    const file = aFile('scoped.json', { plans: ['free'], usage });
    expect(asked(KEYWAY, 'add environments scope=infra', '--subject', file)).toMatchObject({ by: { used: 2 } });
    const { code, stderr } = plans('explain', KEYWAY, '--subject', file, '--question', 'add environments scope=web');
    expect([code, stderr]).toEqual([64, expect.stringMatching(/\/used: found nothing/)]);
  });

  test('hears of a trial, and of its end', () => {
    const trial = {
      kind: 'plan',
      name: 'main',
      value: 'pro',
      starts_at: '2026-11-01',
      ends_at: '2026-11-21T12:00:00.001Z',
    };
    const file = aFile('trial.json', { plans: ['free'], overrides: [trial] });
    expect(asked(NOTES, 'use export', '--subject', file)).toMatchObject({ allowed: true, source: 'plan_override' });
    const later = plansJson('explain', NOTES, '--subject', file, '--now', '2026-11-22', '--question', 'use export');
    expect(later).toMatchObject({ allowed: false, source: 'plan' });
  });
});

describe('plans explain consume', () => {
  test('compiles all of it into one program, rates first, and runs it', () => {
    const answer = asked(
      UNKEY,
      'consume requests_per_month used=249999 + api_rate allowed=10 window_seconds=60',
      '--plan',
      'pro_250k',
    );
    expect(answer).toMatchObject({
      outcome: 'admitted',
      refused_by: null,
      program: {
        steps: [
          { kind: 'rate', window_ms: 60_000, limit: 10 },
          { kind: 'quota', limit: 250_000, edge: 'soft', period_key: '2026-11' },
        ],
      },
      answer: { steps: [{ used: 1 }, { used: 250_000, crossed: [250_000] }] },
      decisions: [
        { value: 250_000, source: 'plan' },
        { value: 10, source: 'call' },
      ],
    });
  });

  test('holds what was used in a window against a rate, for each identifier by itself', () => {
    expect(limited('rate.general used=98 cost=2')).toMatchObject({
      outcome: 'admitted',
      answer: { steps: [{ remaining: 0 }] },
    });
    expect(limited('rate.general used=99 cost=2')).toMatchObject({
      outcome: 'refused',
      answer: { steps: [{ used: 99 }] },
    });
    expect(limited('rate.general used=99 identifier=a + rate.general used=99 identifier=b')).toMatchObject({
      outcome: 'admitted',
    });
  });

  test('counts successes alone where the limit says so', () => {
    const answer = asked(UNKEY, 'consume requests_per_month success=false');
    expect(answer).toMatchObject({ outcome: 'admitted', answer: { steps: [{ taken: false, used: 0 }] } });
  });

  test('refuses at the edge, and tells the plan that would admit it', () => {
    expect(consumed(999)).toMatchObject({ outcome: 'admitted', answer: { steps: [{ used: 1000 }] } });
    expect(consumed(1000)).toMatchObject({
      outcome: 'refused',
      refused_by: 'governed_requests',
      decisions: [{ allowed: false, by: { admitting_plan: 'growth', resets_at: '2026-12-01T00:00:00.000Z' } }],
    });
  });

  test('reserves from a budget, and commits what was reserved', () => {
    const limited = aFile('budget.json', {
      plans: ['compute_pro'],
      overrides: [
        { kind: 'limit', name: 'spend_budget', value: 100 },
        { kind: 'feature', name: 'stop_at_budget', value: true },
      ],
    });
    const consume = (words: string) => asked(UNKEY, `consume spend_budget ${words}`, '--subject', limited);
    expect(consume('spent=40 reserved=30 amount=30')).toMatchObject({
      outcome: 'admitted',
      answer: { steps: [{ remaining: 0 }] },
    });
    expect(consume('spent=40 reserved=30 amount=31')).toMatchObject({
      outcome: 'refused',
      answer: { steps: [{ state: 'insufficient' }] },
    });
    expect(consume('spent=40 reserved=30 op=commit amount=70')).toMatchObject({
      outcome: 'admitted',
      answer: { steps: [{ state: 'committed', spent: 110, reserved: 0, remaining: -10 }] },
    });
    expect(consume('op=commit amount=70')).toMatchObject({
      outcome: 'refused',
      answer: { steps: [{ state: 'unknown' }] },
    });
    expect(consume('amount=1 paused=true')).toMatchObject({
      outcome: 'refused',
      answer: { steps: [{ state: 'paused' }] },
    });
  });

  test('spends credits, which begin with what a refill sets', () => {
    const credits =
      'stamps: { kind: credits, scope: account, edge: hard, refill: { interval: day }, values: { free: 3, pro: 9, business: unlimited } }';
    const file = changed(NOTES, 'limits:', `limits:\n  ${credits}`);
    const consume = (words: string, plan = 'free') => asked(file, `consume stamps ${words}`, '--plan', plan);
    expect(consume('amount=3')).toMatchObject({ outcome: 'admitted', answer: { steps: [{ balance: 0 }] } });
    expect(consume('amount=2 balance=1')).toMatchObject({ outcome: 'refused', answer: { steps: [{ balance: 1 }] } });
    expect(consume('op=add amount=5 balance=1')).toMatchObject({ answer: { steps: [{ balance: 6 }] } });
    expect(consume('op=set amount=5 balance=1')).toMatchObject({ answer: { steps: [{ balance: 5 }] } });
    expect(consume('amount=1000000', 'business')).toMatchObject({ outcome: 'admitted' });
  });
});

function consumed(used: number): Record<string, unknown> {
  return asked(KEEL, `consume governed_requests used=${used}`, '--plan', 'starter');
}

/** By a rate of 100 in 15 minutes. */
function limited(words: string): Record<string, unknown> {
  return asked(KEYWAY, `consume ${words}`);
}
