import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import { type Change, changesFor, diff } from '../../../domain/plans/diff.ts';
import { canonicalText, parseCatalogue } from '../../../domain/plans/load.ts';
import { preview } from '../../../domain/plans/preview.ts';
import { diffInWords } from '../../../domain/plans/words.ts';
import { someCatalogue } from './arbitrary.ts';
import {
  aSubjectOn,
  KEEL,
  KEEL_LATER,
  KEYWAY,
  KEYWAY_LATER,
  loaded,
  NOON,
  PLATFORM,
  replaced,
  SMALL,
  UNKEY,
} from './catalogues.ts';
import { EVERY_KIND, EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';

type Entry = { values: Record<string, unknown> } & Record<string, unknown>;
/** As much of a catalogue's document as is changed here. */
type Document = Record<string, unknown> & {
  scopes: Record<string, object>;
  plans: Record<string, Record<string, unknown>>;
  limits: Record<string, Entry>;
  features: Record<string, Entry>;
};

/** The small catalogue after a change to its document. */
function small(change: (document: Document) => void): Catalogue {
  const document = JSON.parse(canonicalText(SMALL)) as Document;
  change(document);
  return parseCatalogue(document);
}
const differences = (change: (document: Document) => void): Change[] => diff(SMALL, small(change));

describe('a difference', () => {
  test.each([PLATFORM, KEYWAY, KEYWAY_LATER, KEEL, KEEL_LATER, UNKEY, SMALL])(
    'of a catalogue from itself is none',
    (catalogue) => {
      expect(diff(catalogue, catalogue)).toEqual([]);
      expect(diff(catalogue, parseCatalogue(JSON.parse(canonicalText(catalogue))))).toEqual([]);
    },
  );

  test('a version alone is none', () => {
    expect(differences((d) => (d['version'] = '2'))).toEqual([]);
  });

  test('is told of names that every object knows', () => {
    const entry = JSON.parse(canonicalText(SMALL)) as Document;
    const wider = small((d) => {
      d.limits['constructor'] = entry.limits['seats']!;
      d.features['value_of'] = entry.features['export']!;
      d.plans['constructor'] = { rank: 40 };
      for (const each of [...Object.values(d.limits), ...Object.values(d.features)])
        each.values['constructor'] = each.values['gold'];
    });
    const added = diff(SMALL, wider).filter(({ field }) => field === 'exists');
    expect(added.map(({ of, name, before, after }) => [of, name, before, after])).toEqual([
      ['plan', 'constructor', false, true],
      ['limit', 'constructor', false, true],
      ['feature', 'value_of', false, true],
    ]);
    expect(diff(wider, SMALL).filter(({ name }) => name === 'constructor')).toHaveLength(5);
    const [older, later] = [wider, SMALL].map((catalogue) => ({ catalogue, subject: aSubjectOn('gold') }));
    expect(preview(older!, later!, { usage: [], resources: [] }, NOON).opensUp.limits).toEqual([]);
    expect(preview(later!, older!, { usage: [], resources: [] }, NOON).narrows).toEqual([]);
  });

  test('is there exactly where the canonical texts differ', () => {
    fc.assert(
      fc.property(someCatalogue, someCatalogue, (older, later) => {
        expect(diff(older, later).length === 0).toBe(canonicalText(older) === canonicalText(later));
        expect(diff(older, older)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('backwards tells the same values the other way round', () => {
    const turned = { gains: 'loses', loses: 'gains', changes: 'changes' } as const;
    fc.assert(
      fc.property(someCatalogue, someCatalogue, (older, later) => {
        const back = diff(later, older).map(({ before, after, effect, ...change }) => {
          return { ...change, before: after, after: before, effect: turned[effect] };
        });
        expect(back).toEqual(diff(older, later));
      }),
      { numRuns: 100 },
    );
  });
});

const graded = (levels: string[]) =>
  small((d) => {
    d.features['export'] = {
      type: 'level',
      on_loss: 'clamp',
      levels,
      values: { bronze: levels[0], silver: levels[0], gold: 'all' },
    };
  });

describe('of a value it tells whom it concerns, and whether it is more', () => {
  const value = { of: 'limit', name: 'seats', field: 'values' };
  test.each([
    [
      'more',
      'bronze',
      2,
      { ...value, plan: 'bronze', before: 1, after: 2, effect: 'gains' },
      "On 'bronze' seats goes from 1 to 2 (more).",
    ],
    [
      'less',
      'silver',
      0,
      { ...value, plan: 'silver', before: 5, after: 0, effect: 'loses' },
      "On 'silver' seats goes from 5 to 0 (less).",
    ],
    [
      'no longer unlimited',
      'gold',
      9,
      { ...value, plan: 'gold', before: 'unlimited', after: 9, effect: 'loses' },
      "On 'gold' seats goes from unlimited to 9 (less).",
    ],
    [
      'unlimited',
      'silver',
      'unlimited',
      { ...value, plan: 'silver', before: 5, after: 'unlimited', effect: 'gains' },
      "On 'silver' seats goes from 5 to unlimited (more).",
    ],
  ])('%s', (_what, plan, number, change, words) => {
    const changes = differences((d) => (d.limits['seats']!.values[plan] = number));
    expect(changes).toEqual([change]);
    expect(diffInWords(changes)).toEqual([words]);
  });

  test('a feature given or taken', () => {
    const changes = differences((d) => Object.assign(d.features['export']!.values, { gold: false, bronze: true }));
    expect(changes.map(({ plan, before, after, effect }) => [plan, before, after, effect])).toEqual([
      ['bronze', false, true, 'gains'],
      ['gold', true, false, 'loses'],
    ]);
    expect(diffInWords(changes)).toEqual([
      "On 'bronze' export goes from no to yes (more).",
      "On 'gold' export goes from yes to no (less).",
    ]);
    expect(changesFor(changes, 'gold')).toEqual([changes[1]]);
  });

  test('a feature that becomes one with levels: the lowest is as nothing', () => {
    const changes = differences((d) => {
      d.features['export'] = {
        type: 'level',
        on_loss: 'clamp',
        levels: ['none', 'some', 'all'],
        values: { bronze: 'none', silver: 'some', gold: 'all' },
      };
    });
    const values = changes.filter(({ field }) => field === 'values');
    expect(values.map(({ plan, effect }) => [plan, effect])).toEqual([
      ['bronze', 'changes'],
      ['silver', 'gains'],
      ['gold', 'changes'],
    ]);
  });

  test('a new level in between raises nobody who stays', () => {
    expect(diff(graded(['none', 'all']), graded(['none', 'some', 'all'])).map(({ field }) => field)).toEqual([
      'levels',
    ]);
  });
});

describe('of what comes and goes', () => {
  test('a new limit concerns each plan that it limits', () => {
    const changes = differences(
      (d) =>
        (d.limits['lamps'] = {
          ...d.limits['doors']!,
          counts: 'lamp',
          values: { bronze: 1, silver: 2, gold: 'unlimited' },
        }),
    );
    expect(changes).toEqual([
      { of: 'limit', name: 'lamps', field: 'exists', plan: null, before: false, after: true, effect: 'changes' },
      { of: 'limit', name: 'lamps', field: 'values', plan: 'bronze', before: undefined, after: 1, effect: 'loses' },
      { of: 'limit', name: 'lamps', field: 'values', plan: 'silver', before: undefined, after: 2, effect: 'loses' },
      {
        of: 'limit',
        name: 'lamps',
        field: 'values',
        plan: 'gold',
        before: undefined,
        after: 'unlimited',
        effect: 'changes',
      },
    ]);
    expect(diffInWords(changes).slice(0, 2)).toEqual([
      "The limit 'lamps' is new.",
      "On 'bronze' lamps goes from none to 1 (less).",
    ]);
  });

  test('a new plan, scope or line concerns nobody yet; one that goes is told the other way round', () => {
    const exists = { field: 'exists', plan: null, before: false, after: true, effect: 'changes' };
    const wider = small((d) => {
      d.plans['iron'] = { rank: 5 };
      d.scopes['room'] = {};
      for (const each of [...Object.values(d.limits), ...Object.values(d.features)]) {
        each.values['iron'] = each.values['bronze'];
      }
    });
    const added = diff(SMALL, wider);
    expect(added).toEqual([
      { of: 'scope', name: 'room', ...exists },
      ...['bronze', 'silver', 'gold'].map((name, rank) => ({
        of: 'plan',
        name,
        field: 'rank',
        plan: name,
        before: rank,
        after: rank + 1,
        effect: 'changes',
      })),
      { of: 'plan', name: 'iron', ...exists },
    ]);
    expect(diff(wider, SMALL)[0]).toEqual({ of: 'scope', name: 'room', ...exists, before: true, after: false });
    expect(diffInWords(added.slice(-1))).toEqual(["The plan 'iron' is new."]);
  });

  test('a limit that goes frees everybody', () => {
    const changes = differences((d) => delete d.limits['doors']);
    expect(changes.map(({ field, plan, effect }) => [field, plan, effect])).toEqual([
      ['exists', null, 'changes'],
      ['values', 'bronze', 'gains'],
      ['values', 'silver', 'gains'],
      ['values', 'gold', 'gains'],
    ]);
    expect(diffInWords(changes)[0]).toBe("The limit 'doors' is gone.");
  });

  test('a plan that is gone concerns whoever holds it', () => {
    const changes = differences((d) => {
      delete d.plans['silver'];
      for (const each of [...Object.values(d.limits), ...Object.values(d.features)]) {
        delete each.values['silver'];
      }
    });
    expect(changes.filter(({ plan }) => plan === 'silver')).toEqual([
      { of: 'plan', name: 'silver', field: 'exists', plan: 'silver', before: true, after: false, effect: 'loses' },
    ]);
    expect(diffInWords(changes)[0]).toBe("The plan 'silver' is gone: whoever holds it has to be moved.");
  });

  test('a plan whose name becomes an alias goes on under the new one, which is not new', () => {
    const changes = differences((d) => {
      d.plans['steel'] = { ...d.plans['silver']!, aliases: ['silver'] };
      delete d.plans['silver'];
      for (const each of [...Object.values(d.limits), ...Object.values(d.features)] as {
        values: Record<string, unknown>;
      }[]) {
        each.values['steel'] = each.values['silver'];
        delete each.values['silver'];
      }
    });
    expect(changes.map(({ of, name, field, plan }) => [of, name, field, plan])).toEqual([
      ['plan', 'silver', 'aliases', 'silver'],
      ['plan', 'silver', 'name', 'silver'],
    ]);
    expect(diffInWords(changes)[1]).toBe("The plan 'silver' goes on as 'steel'.");
  });
});

describe('of other fields', () => {
  test.each([
    [
      'a rank that changes the order',
      (d: Document) => (d.plans['silver']!['rank'] = 40),
      ['plan silver rank', 'plan gold rank'],
    ],
    ['a rank that does not', (d: Document) => (d.plans['silver']!['rank'] = 21), []],
    ['the edge of a limit', (d: Document) => (d.limits['calls']!['edge'] = 'soft'), ['limit calls edge']],
    ['a fallback', (d: Document) => (d['fallback'] = 'silver'), ['line main fallback']],
    ['a scope', (d: Document) => (d.scopes['room'] = {}), ['scope room exists']],
    ['the subject', (d: Document) => (d['subject'] = 'site'), ['catalogue small subject']],
    ['what is lost', (d: Document) => (d.features['export']!['on_loss'] = 'keep_working'), ['feature export onLoss']],
    [
      'whether a plan allows overrides',
      (d: Document) => (d.plans['bronze']!['overridable'] = true),
      ['plan bronze overridable'],
    ],
  ])('%s', (_what, change, expected) => {
    const changes = differences(change);
    expect(changes.map(({ of, name, field }) => `${of} ${name} ${field}`)).toEqual(expected);
    expect(changes.every(({ effect }) => effect === 'changes')).toBe(true);
  });

  test('the order of aliases is none', () => {
    const turned = loaded(replaced(EVERY_KIND_TEXT, '[corp, big]', '[big, corp]'));
    expect(diff(EVERY_KIND, turned)).toEqual([]);
  });

  const PARTS = { list: [1, 2], map: { a: 1 }, none: null, text: 'x', number: 5, empty: {}, nothing: [] };
  test.each(
    Object.keys(PARTS).flatMap((from) =>
      Object.keys(PARTS).map((to) => [from, to] as [keyof typeof PARTS, keyof typeof PARTS]),
    ),
  )('a constraint that is %s and becomes %s differs unless both are the same', (from, to) => {
    const [older, later] = [from, to].map((part) => small((d) => (d['constraints'] = { it: PARTS[part] })));
    const changes = diff(older!, later!).map(({ of, field, effect }) => [of, field, effect]);
    expect(changes).toEqual(from === to ? [] : [['catalogue', 'constraints', 'changes']]);
  });

  test('a presentation that comes, and one that goes', () => {
    const without = small((d) => delete d['presentation']);
    const presented = small(
      (d) =>
        (d['presentation'] = { style: 'problem', unlimited: null, codes: { limit: 'a', quota: 'b', feature: 'c' } }),
    );
    for (const [older, later] of [
      [without, presented],
      [presented, without],
    ] as const) {
      expect(diff(older, later).map(({ of, field }) => [of, field])).toEqual([['catalogue', 'presentation']]);
    }
  });

  test('is said with both values', () => {
    expect(diffInWords(differences((d) => (d.limits['calls']!['edge'] = 'soft')))).toEqual([
      "The limit 'calls' has another edge: soft instead of hard.",
    ]);
    expect(diffInWords(differences((d) => (d['subject'] = 'site')))).toEqual([
      'The catalogue has another subject: site instead of team.',
    ]);
  });
});

describe("of the products' later versions", () => {
  test('Keyway gives Free more providers and Pro fewer private vaults (docs/spec/keyway.md §8.1)', () => {
    const changes = diff(KEYWAY, KEYWAY_LATER);
    const effect = (plan: string, name: string) =>
      changesFor(changes, plan).find((change) => change.name === name && change.field === 'values')?.effect;
    expect(effect('pro', 'private_vaults')).toBe('loses');
    expect(effect('free', 'providers')).toBe('gains');
    expect(effect('free', 'org_private_vaults')).toBe('gains');
  });

  test('Keel moves Growth and Business to Production by their aliases (docs/spec/keel.md §8.1)', () => {
    const renamed = diff(KEEL, KEEL_LATER).filter(({ of, field }) => of === 'plan' && field === 'name');
    expect(renamed.map(({ before, after }) => [before, after])).toEqual(
      expect.arrayContaining([['business', 'production']]),
    );
  });
});
