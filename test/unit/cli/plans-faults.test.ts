import { describe, expect, test } from 'vitest';
import { aFile, KEEL, KEYWAY, NOTES, NOW, plans } from './plans-commands.ts';

describe('a question that is wrong ends with 64 and says what is accepted', () => {
  test.each<[question: string, says: RegExp]>([
    ['', /\/ask: found ""; it takes one of entitlements, use, add/],
    ['usee langfuse', /\/ask: found "usee"; .*did you mean use\?/],
    ['use langfus', /\/feature: found "langfus"; .*did you mean langfuse\?/],
    ['use langfuse level=high', /\/level: .*none: langfuse has no levels/],
    ['use policy_authoring level=ful', /\/level: found "ful"; .*did you mean full\?/],
    ['use langfuse verb=reed', /\/verb: found "reed"; .*did you mean read\?/],
    ['use langfuse langfuse', /'langfuse' is no NAME=VALUE/],
    ['add projects', /\/used: found nothing; .*usage\.projects in the subject's file/],
    ['add projects used=1 amount=-1', /\/amount: found "-1"; it takes a whole number/],
    ['add projects used=1 amount=1e3', /\/amount: found "1e3"/],
    ['add projects used=1 amount=9007199254740992', /\/amount: found "9007199254740992"/],
    ['add projects used=1 ammount=1', /\/ammount: found an unknown field; .*did you mean amount\?/],
    ['add projects used=1 __proto__=1', /\/__proto__: found an unknown field/],
    ['add log_days used=1', /\/limit: .*of kind count or sum; log_days is a retention/],
    [
      'add budget_envelopes used=0 scope=p scope.color=red',
      /\/scope\/attributes\/color: found an unknown field; it takes no fields/,
    ],
    ['consume', /\/steps\/0\/limit: found nothing/],
    ['consume projects', /\/steps\/0\/limit: .*projects is a count/],
    ['consume governed_requests + governed_requests', /\/steps\/1\/limit: .*each limit but a rate once/],
    ['consume governed_requests event=permit', /\/steps\/0\/event: found "permit"; .*there is permit_granted/],
    ['consume governed_requests used=9007199254740991 cost=9007199254740992', /\/steps\/0\/cost/],
    ['see permit created_at=yesterday', /\/created_at: found "yesterday"; it takes an ISO 8601 instant/],
    ['see permits created_at=2026-01-01', /\/records: found "permits"; .*did you mean permit\?/],
    ['shape langfuse', /\/feature: found "langfuse"; it takes the name of a feature with levels/],
    ['admitting', /\/question\/ask/],
    ['admitting admitting use langfuse', /\/question: .*one of use, add, change, send and see/],
    ['add projects used=1 used=2', /\/used: found twice/],
    ['add budget_envelopes used=0 scope.__proto__=x', /\/scope\/attributes\/__proto__: found an unknown field/],
    ['admitting entitlements', /\/question: .*one of use, add, change, send and see/],
    ['preview', /\/to: found nothing/],
    ['preview to=gold', /\/to: found "gold"; it takes the name of a plan; there is business/],
    ['preview catalogue=plans/platform.yaml', /\/to: .*takes the place of starter/],
    ['transitions gold', /\/plan: found "gold"/],
    ['{"ask":"add","limit":"projects","used":"1"}', /\/used: found "1"/],
    ['{"ask":"add","limit":"projects","used":1.5}', /\/used: found 1\.5/],
    ['{"ask":"consume","steps":[1]}', /\/steps\/0: found 1; it takes an object/],
    ['{"ask":', /--question: is no JSON/],
  ])('%s', (question, says) => {
    const { code, stdout, stderr } = plans('explain', KEEL, '--plan', 'starter', ...NOW, '--question', question);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^--question/);
  });

  test('attributes that the limit hangs on and nobody told', () => {
    const { code, stderr } = plans('explain', KEYWAY, '--question', 'add private_secrets used=1');
    expect([code, stderr]).toEqual([
      64,
      "--question: limit 'private_secrets' depends on the attributes of the vault: tell which one.\n",
    ]);
  });

  test.each([
    ['no question', ['explain', NOTES], /required option '--question/],
    ['a clock that is none', ['explain', NOTES, '--question', 'writable', '--now', 'noon'], /ISO 8601/],
    [
      'a plan that is none',
      ['explain', NOTES, '--question', 'writable', '--plan', 'gold'],
      /--plan \/plans\/0: found "gold"/,
    ],
    [
      'two plans of a line',
      ['explain', NOTES, '--question', 'writable', '--plan', 'free,pro'],
      /one plan of line main; free is there/,
    ],
    [
      'a plan and a file',
      ['explain', NOTES, '--question', 'writable', '--plan', 'pro', '--subject', 'x'],
      /--subject or --plan/,
    ],
  ])('%s', (_what, args, says) => {
    const { code, stderr } = plans(...args);
    expect(code).toBe(64);
    expect(stderr).toMatch(says);
  });
});

describe("a subject's file that is wrong ends with 78 and says what is accepted", () => {
  test('every fault at once', () => {
    const file = aFile('wrong.json', {
      plans: ['gold', 3],
      billing_cancelled: 'yes',
      billing: { anchor: '31st', interval: 'week' },
      zone: 'Moon/Crater',
      overrides: [
        { kind: 'limit', name: 'projects', value: -1 },
        { kind: 'feature', name: 'langfuse', value: true },
        3,
      ],
      usage: { project: 1, projects: -1, budget_envelopes: [{ scope: { id: 'p' } }] },
      resources: [{ kind: 'project' }],
      extra: 1,
    });
    const { code, stderr } = plans('explain', KEEL, '--subject', file, '--question', 'writable');
    expect(code).toBe(78);
    const places = [...stderr.matchAll(/ (\/\S*): found /g)].map((match) => match[1]);
    expect(places).toEqual([
      '/plans/0',
      '/plans/1',
      '/billing_cancelled',
      '/billing/anchor',
      '/billing/interval',
      '/zone',
      '/overrides/2',
      '/overrides/0/value',
      '/overrides/1/name',
      '/overrides/2/kind',
      '/overrides/2/name',
      '/overrides/2/value',
      '/usage/project',
      '/usage/projects',
      '/usage/budget_envelopes/0/used',
      '/resources/0/id',
      '/resources/0/created_at',
      '/extra',
    ]);
  });

  test.each([
    ['no JSON', '{', /is no JSON/],
    ['a list', '[]', /\/: found a list; it takes an object/],
  ])('%s', (_what, text, says) => {
    const { code, stderr } = plans('explain', KEEL, '--subject', aFile('wrong.json', text), '--question', 'writable');
    expect(code).toBe(78);
    expect(stderr).toMatch(says);
  });
});
