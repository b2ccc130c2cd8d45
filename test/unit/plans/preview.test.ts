import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLess } from '../../../domain/plans/compare.ts';
import { mayAdd } from '../../../domain/plans/decision.ts';
import { entitlements } from '../../../domain/plans/entitlements.ts';
import { type Existing, preview, type Situation, withPlans } from '../../../domain/plans/preview.ts';
import { previewInWords, summaryInWords } from '../../../domain/plans/words.ts';
import { writable } from '../../../domain/plans/writable.ts';
import { someCatalogue, someResources, someSubject } from './arbitrary.ts';
import { aSubjectOn, KEEL, KEYWAY, KEYWAY_LATER, loaded, NOON, replaced, UNKEY } from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

const NOTHING: Existing = { usage: [], resources: [] };
const vault = (id: string, createdAtMs: number, ownerKind = 'user') => ({
  kind: 'vault',
  id,
  createdAtMs,
  attributes: { visibility: 'private', owner_kind: ownerKind },
});

describe('a downgrade from Team to Free', () => {
  const team: Situation = { catalogue: KEYWAY, subject: aSubjectOn('team') };
  const existing: Existing = {
    usage: [
      { limit: 'private_vaults', used: 2 },
      { limit: 'providers', used: 1 },
      { limit: 'environments', used: 3, scope: { scope: 'vault', id: 'a', attributes: {} } },
      { limit: 'private_secrets', used: 90, scope: { scope: 'vault', id: 'b', attributes: { visibility: 'public' } } },
      { limit: 'audit_days', used: 400 },
      { limit: 'unheard_of', used: 3 },
    ],
    resources: [vault('a', 1), vault('b', 2), vault('o', 0, 'organization')],
  };
  const told = () => preview(team, withPlans(team, ['free']), existing, NOON);

  test('says what is over, and what becomes of it', () => {
    expect(told().over).toEqual([
      {
        limit: 'private_vaults',
        scope: null,
        used: 2,
        before: 'unlimited',
        after: 1,
        wasOver: false,
        treatment: 'read_only_newest',
      },
      {
        limit: 'environments',
        scope: 'a',
        used: 3,
        before: 'unlimited',
        after: 2,
        wasOver: false,
        treatment: 'keep_working',
      },
    ]);
  });

  test('says what becomes read-only, and why', () => {
    expect(told().becomesReadOnly).toEqual([
      { kind: 'vault', id: 'b', reason: 'plan_limit_exceeded' },
      { kind: 'vault', id: 'o', reason: 'org_free_plan' },
    ]);
  });

  test('says what loses its effect, and which limits fall', () => {
    expect(told().losesEffect).toEqual([
      { feature: 'org_private_vaults', before: true, after: false, treatment: 'read_only' },
    ]);
    expect(told().narrows.map(({ limit }) => limit)).toEqual([
      'audit_days',
      'environments',
      'private_secrets',
      'private_vaults',
      'providers',
      'push_items',
      'value_bytes',
    ]);
    expect(told().opensUp).toEqual({ limits: [], features: [], resources: [] });
  });

  test('says all of it in words, what is lost first', () => {
    const words = previewInWords(told());
    expect(words).toEqual([
      "The vault 'b' can only be read (plan_limit_exceeded).",
      "The vault 'o' can only be read (org_free_plan).",
      'Private vaults: 2 of 1 are used; the newest become read-only, more is refused.',
      "Environments in 'a': 3 of 2 are used; what there is goes on working, more is refused.",
      'Org private vaults is lost: what was made with it can only be read.',
      'Audit days: records are shown for 7 days instead of 90 days.',
      'Environments: 2 instead of unlimited.',
      'Private secrets: 20 instead of unlimited.',
      'Private vaults: 1 instead of unlimited.',
      'Providers: 1 instead of unlimited.',
      'Push items: 100 instead of 1,000.',
      'Value bytes: 65,536 instead of 262,144.',
    ]);
  });

  test('backwards it opens up all that', () => {
    const back = preview(withPlans(team, ['free']), team, existing, NOON);
    expect(back.over).toEqual([]);
    expect(back.opensUp.resources).toEqual([
      { kind: 'vault', id: 'b' },
      { kind: 'vault', id: 'o' },
    ]);
    expect(back.opensUp.features).toEqual([{ feature: 'org_private_vaults', before: false, after: true }]);
    expect(back.opensUp.limits.map(({ limit }) => limit)).toEqual(told().narrows.map(({ limit }) => limit));
    expect(previewInWords(back).slice(0, 4)).toEqual([
      "The vault 'b' can be written to again.",
      "The vault 'o' can be written to again.",
      'Org private vaults becomes available.',
      'Audit days: records are shown for 90 days instead of 7 days.',
    ]);
  });

  test('over many accounts it is summed up', () => {
    const other = preview(team, withPlans(team, ['free']), NOTHING, NOON);
    expect(summaryInWords('account', [told(), told(), other])).toEqual([
      '2 accounts would lose write access to 4 vaults.',
      '2 accounts would be over the limit of private vaults.',
      '2 accounts would be over the limit of environments.',
      '3 accounts would lose org private vaults, wholly or in part.',
    ]);
    const none = preview(team, team, existing, NOON);
    expect(summaryInWords('account', [none])).toEqual(['No account would lose anything.']);
  });
});

describe('a preview', () => {
  test('of no change says so', () => {
    const now: Situation = { catalogue: KEEL, subject: aSubjectOn('growth') };
    expect(previewInWords(preview(now, now, NOTHING, NOON))).toEqual(['Nothing changes.']);
  });

  test('tells levels that fall and rise', () => {
    const business: Situation = { catalogue: KEEL, subject: aSubjectOn('business') };
    const growth = withPlans(business, ['growth']);
    const down = preview(business, growth, NOTHING, NOON).losesEffect.find(
      ({ feature }) => feature === 'policy_authoring',
    );
    expect(down).toEqual({ feature: 'policy_authoring', before: 'full', after: 'basic', treatment: 'keep_enforcing' });
    expect(previewInWords(preview(business, growth, NOTHING, NOON))).toContain(
      'Policy authoring falls from full to basic: what protects goes on protecting, nothing is added.',
    );
    expect(previewInWords(preview(growth, business, NOTHING, NOON))).toContain(
      'Policy authoring rises from basic to full.',
    );
  });

  test('tells that a hard quota is used up, and that a soft one is only over', () => {
    const business: Situation = { catalogue: KEEL, subject: aSubjectOn('business') };
    const usage = [{ limit: 'governed_requests', used: 100_001 }];
    expect(preview(business, withPlans(business, ['growth']), { ...NOTHING, usage }, NOON).over).toMatchObject([
      { limit: 'governed_requests', treatment: 'refuse', wasOver: false },
    ]);
    const pro: Situation = { catalogue: UNKEY, subject: aSubjectOn('pro_1m') };
    const calls = [{ limit: 'requests_per_month', used: 1_000_001 }];
    expect(preview(pro, withPlans(pro, ['pro_250k']), { ...NOTHING, usage: calls }, NOON).over).toMatchObject([
      { limit: 'requests_per_month', before: 1_000_000, after: 250_000, treatment: 'keep_working', wasOver: true },
    ]);
  });

  test('what exactly fits is not over', () => {
    const growth: Situation = { catalogue: KEEL, subject: aSubjectOn('growth') };
    const over = (used: number) =>
      preview(growth, withPlans(growth, ['starter']), { ...NOTHING, usage: [{ limit: 'projects', used }] }, NOON).over
        .length;
    expect([over(0), over(1), over(2)]).toEqual([0, 0, 1]);
  });

  test('of another version tells limits that go and come: its later one keeps ten private vaults on Pro', () => {
    const before: Situation = { catalogue: KEYWAY, subject: aSubjectOn('pro') };
    const after: Situation = { catalogue: KEYWAY_LATER, subject: aSubjectOn('pro') };
    const resources = Array.from({ length: 12 }, (_, at) => vault(`v${String(at).padStart(2, '0')}`, at));
    const { becomesReadOnly } = preview(before, after, { usage: [], resources }, NOON);
    expect(becomesReadOnly.map(({ id }) => id)).toEqual(['v10', 'v11']);
  });

  test('of a plan that there is not is a bug', () => {
    const now: Situation = { catalogue: KEEL, subject: aSubjectOn('growth') };
    expect(() => preview(now, withPlans(now, ['gold']), NOTHING, NOON)).toThrow("has no plan 'gold'");
  });

  test('tells limits and features that go with a version: what is gone limits nobody, and is there for nobody', () => {
    const gone = loaded(
      EVERY_KIND_TEXT.replace(/^ {2}upload:.*\n/m, '').replace(/^ {2}closed_sites:\n(?: {4}.*\n)+/m, ''),
    );
    const before: Situation = { catalogue: EVERY_KIND, subject: aSubjectOn('paid') };
    const after: Situation = { catalogue: gone, subject: aSubjectOn('paid') };
    expect(preview(before, after, NOTHING, NOON)).toEqual({
      over: [],
      narrows: [],
      losesEffect: [{ feature: 'closed_sites', before: true, after: null, treatment: 'read_only' }],
      becomesReadOnly: [],
      opensUp: {
        limits: [{ limit: 'upload', kind: 'size', before: 65_536, after: null }],
        features: [],
        resources: [],
      },
    });
    expect(preview(after, before, NOTHING, NOON)).toEqual({
      over: [],
      narrows: [{ limit: 'upload', kind: 'size', before: null, after: 65_536 }],
      losesEffect: [],
      becomesReadOnly: [],
      opensUp: { limits: [], features: [{ feature: 'closed_sites', before: null, after: true }], resources: [] },
    });
  });

  test('tells limits in the order of their names, also those that a version brings', () => {
    const wider = loaded(
      replaced(
        EVERY_KIND_TEXT,
        '  coins:',
        '  clubs: { kind: size, line: api, scope: team, edge: invalid, values: { all: 1 } }\n  coins:',
      )
        .replace('values: { free: 10, paid: 100 }', 'values: { free: 10, paid: 99 }')
        .replace('values: { all: 50 }', 'values: { all: 49 }'),
    );
    const [before, after] = [EVERY_KIND, wider].map((catalogue) => ({ catalogue, subject: aSubjectOn('paid') }));
    expect(preview(before!, after!, NOTHING, NOON).narrows.map(({ limit }) => limit)).toEqual([
      'calls',
      'clubs',
      'coins',
    ]);
  });

  test.each([
    ['a sum, whose things go on', 'stored', 501, 'keep_working'],
    ['a hard budget, which opens with its next period', 'spend', 6, 'refuse'],
  ])('tells what is over of %s', (_what, limit, used, treatment) => {
    const now: Situation = {
      catalogue: loaded(
        EVERY_KIND_TEXT.replace('values: { all: unlimited }', 'values: { all: 5 }').replace(
          'over: { treatment: keep_working }, ',
          '',
        ),
      ),
      subject: { ...aSubjectOn('paid'), plans: ['paid', 'some_of_it'] },
    };
    expect(preview(now, now, { ...NOTHING, usage: [{ limit, used }] }, NOON).over).toEqual([
      { limit, scope: null, used, before: used - 1, after: used - 1, wasOver: true, treatment },
    ]);
    expect(preview(now, now, { ...NOTHING, usage: [{ limit, used: used - 1 }] }, NOON).over).toEqual([]);
  });

  test.each([
    [
      'was of another kind, in which nothing is used,',
      EVERY_KIND_TEXT.replace(
        /^ {2}pages:.*$/m,
        '  pages: { kind: size, line: api, scope: site, edge: invalid, values: { all: 1 } }',
      ),
    ],
    ['did not hold there', EVERY_KIND_TEXT.replace('visibility: [open] }', 'visibility: [closed] }')],
    ['was not there', EVERY_KIND_TEXT.replace(/^ {2}pages:.*\n/m, '')],
  ])('says nothing was over where the limit %s before', (_what, text) => {
    const scope = { scope: 'site', id: 's', attributes: { visibility: 'open', owner: 'firm' } };
    const before: Situation = { catalogue: loaded(text), subject: aSubjectOn('free') };
    const after: Situation = { catalogue: EVERY_KIND, subject: aSubjectOn('free') };
    const usage = [{ limit: 'pages', used: 4, scope }];
    expect(preview(before, after, { ...NOTHING, usage }, NOON).over).toEqual([
      { limit: 'pages', scope: 's', used: 4, before: null, after: 3, wasOver: false, treatment: 'keep_working' },
    ]);
  });

  test('a plan of one line leaves those of the other, and is taken as paid', () => {
    const cancelled = { ...aSubjectOn('pro_1m'), plans: ['pro_1m', 'compute_pro'], billingCancelled: true };
    expect(withPlans({ catalogue: UNKEY, subject: cancelled }, ['pro_2m']).subject).toMatchObject({
      plans: ['compute_pro', 'pro_2m'],
      billingCancelled: false,
    });
  });

  test('is the comparison of the decisions before and after, and nothing else', () => {
    const usages = fc.array(fc.record({ limit: fc.constantFrom('things', 'sums', 'borrowed'), used: fc.nat(8) }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        someCatalogue,
        someCatalogue,
        someSubject,
        someSubject,
        fc.boolean(),
        usages,
        someResources,
        (first, second, subject, other, isSame, usage, resources) => {
          const before: Situation = { catalogue: first, subject };
          const after: Situation = { catalogue: isSame ? first : second, subject: other };
          const told = preview(before, after, { usage, resources }, NOON);
          const [was, is] = [before, after].map(({ catalogue, subject: of }) => entitlements(catalogue, of, NOON));

          const isOver = ({ limit, used }: (typeof usage)[number], { catalogue, subject: of }: Situation): boolean => {
            const { by } = mayAdd(catalogue, of, limit, used, 1, NOON);
            return isLess(by!.allowed, used);
          };
          expect(told.over.map(({ limit, used, wasOver }) => ({ limit, used, wasOver }))).toEqual(
            usage.filter((each) => isOver(each, after)).map((each) => ({ ...each, wasOver: isOver(each, before) })),
          );

          const names = Object.keys(first.limits);
          const value = (name: string, of: typeof was) => of!.limits[name]!.value;
          expect(told.narrows.map(({ limit }) => limit)).toEqual(
            names.filter((name) => isLess(value(name, is), value(name, was))),
          );
          expect(told.opensUp.limits.map(({ limit }) => limit)).toEqual(
            names.filter((name) => isLess(value(name, was), value(name, is))),
          );

          const strength = (name: string, of: typeof was): number => {
            const { enabled, level } = of!.features[name]!;
            return level === null ? Number(enabled) : ['low', 'middle', 'high'].indexOf(level);
          };
          const features = Object.keys(first.features);
          expect(told.losesEffect.map(({ feature }) => feature)).toEqual(
            features.filter((name) => strength(name, is) < strength(name, was)),
          );
          expect(told.opensUp.features.map(({ feature }) => feature)).toEqual(
            features.filter((name) => strength(name, is) > strength(name, was)),
          );

          const [could, can] = [before, after].map(({ catalogue, subject: of }) =>
            writable(catalogue, of, resources, NOON).flatMap((each) => (each.writable ? [each.id] : [])),
          );
          expect(told.becomesReadOnly.map(({ id }) => id)).toEqual(
            resources.flatMap(({ id }) => (could!.includes(id) && !can!.includes(id) ? [id] : [])),
          );
          expect(told.opensUp.resources.map(({ id }) => id)).toEqual(
            resources.flatMap(({ id }) => (!could!.includes(id) && can!.includes(id) ? [id] : [])),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
