import { describe, expect, test } from 'vitest';
import { canonicalText, loadCatalogue, parseCatalogue } from '../../../domain/plans/load.ts';
import {
  absentFor,
  faultsOf,
  LIMIT_VALUE,
  PLATFORM,
  PLATFORM_TEXT,
  SMALL,
  SMALL_TEXT,
  smallWith,
} from './catalogues.ts';

describe('a good catalogue', () => {
  test('can be changed nowhere', () => {
    const parts: unknown[] = [PLATFORM];
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue;
      expect(Object.isFrozen(part)).toBe(true);
      parts.push(...Object.values(part));
    }
    expect(parts.length).toBeGreaterThan(200);
  });

  test('means the same in JSON, with Windows line ends, and in YAML that calls itself 1.1', () => {
    const text = canonicalText(SMALL);
    expect(loadCatalogue(text, 'small.json')).toEqual(SMALL);
    expect(loadCatalogue(SMALL_TEXT.replaceAll('\n', '\r\n'), 'small.yaml')).toEqual(SMALL);
    expect(loadCatalogue(`%YAML 1.1\n---\n${SMALL_TEXT}`, 'small.yaml')).toEqual(SMALL);
  });

  test('is not read by the rules of YAML 1.1, where on and 1_000 mean something else', () => {
    for (const [piece, replacement] of [
      ['silver: true', 'silver: on'],
      ['silver: 5', 'silver: 1_000'],
    ] as const) {
      const text = `%YAML 1.1\n---\n${smallWith(piece, replacement)}`;
      expect(faultsOf(() => loadCatalogue(text, 'small.yaml'))).toHaveLength(1);
    }
  });

  test('knows no minus zero', () => {
    const catalogue = loadCatalogue(smallWith('silver: 5', 'silver: -0'), 'small.yaml');
    expect(catalogue.limits['seats']?.values['silver']).toBe(0);
  });

  test('may use names that objects have by nature', () => {
    const catalogue = loadCatalogue(SMALL_TEXT.replaceAll('silver', 'constructor'), 'small.yaml');
    expect(parseCatalogue(JSON.parse(canonicalText(catalogue))).plans['constructor']).toMatchObject({ rank: 20 });
  });
});

describe('the canonical text', () => {
  test.each([
    ['the small one', SMALL],
    ["the platform's", PLATFORM],
  ])('comes back as the same catalogue: %s', (_name, catalogue) => {
    const text = canonicalText(catalogue);
    expect(parseCatalogue(JSON.parse(text))).toEqual(catalogue);
    expect(canonicalText(parseCatalogue(JSON.parse(text)))).toBe(text);
  });

  test('is known to the letter, since its hash is what was published', () => {
    expect(canonicalText(SMALL)).toBe(
      '{"catalogue":"small","fallback":"bronze",' +
        '"features":{"export":{"on_loss":"stop","overridable":true,"type":"boolean","values":{"bronze":false,"gold":true,"silver":false}},' +
        '"themes":{"on_loss":"keep_working","type":"boolean","values":{"bronze":false,"gold":false,"silver":true}}},' +
        '"limits":{"calls":{"counts":"call","edge":"hard","kind":"quota","overridable":true,"period":"utc_day","scope":"site","values":{"bronze":0,"gold":100,"silver":10}},' +
        '"doors":{"counts":"door","edge":"refuse","kind":"count","scope":"site","values":{"bronze":3,"gold":4,"silver":2}},' +
        '"log_days":{"kind":"retention","records":["entry"],"scope":"team","unit":"days","values":{"bronze":7,"gold":"unlimited","silver":30}},' +
        '"seats":{"counts":"seat","edge":"refuse","kind":"count","overridable":true,"scope":"team","values":{"bronze":1,"gold":"unlimited","silver":5}}},' +
        '"plans":{"bronze":{"rank":10},"gold":{"overridable":true,"rank":30},"silver":{"overridable":true,"rank":20}},' +
        '"scopes":{"site":{"parent":"team"},"team":{}},"subject":"team","version":"1"}',
    );
  });

  test('is the same whatever the order of the file, its comments, and defaults written out', () => {
    const lines = PLATFORM_TEXT.split('\n').filter((line) => !line.trim().startsWith('#'));
    const start = lines.indexOf('features:');
    const features = lines.slice(start + 1).filter((line) => line.trim() !== '');
    const reversed = [...lines.slice(0, start), 'features:', ...features.reverse()].join('\n');
    const spelledOut = reversed.replace('free: { rank: 0 }', 'free: { overridable: false, rank: 0x0 }');
    expect(spelledOut).not.toBe(reversed);
    expect(canonicalText(loadCatalogue(spelledOut, 'x.yaml'))).toBe(canonicalText(PLATFORM));
  });

  test('differs as soon as one value does', () => {
    const other = loadCatalogue(smallWith('silver: 5', 'silver: 6'), 'small.yaml');
    expect(canonicalText(other)).not.toBe(canonicalText(SMALL));
  });
});

describe('a published catalogue', () => {
  test('is checked as strictly, only without lines', () => {
    const json = JSON.parse(canonicalText(SMALL)) as { fallback: string; limits: { seats: { values: object } } };
    json.fallback = 'brass';
    json.limits.seats.values = { gold: Number.NaN, silver: 5 };
    expect(faultsOf(() => parseCatalogue(json))).toEqual([
      {
        path: '/fallback',
        line: null,
        column: null,
        found: '"brass"',
        message: 'no such plan; there is bronze, gold, silver',
      },
      {
        path: '/limits/seats/values/bronze',
        line: null,
        column: null,
        found: 'nothing',
        message: absentFor('bronze'),
      },
      { path: '/limits/seats/values/gold', line: null, column: null, found: 'NaN', message: LIMIT_VALUE },
    ]);
  });

  test.each([[undefined], [null], ['{}'], [7], [[]]])('is refused when it is %j', (json) => {
    expect(faultsOf(() => parseCatalogue(json))).toMatchObject([{ path: '', message: 'give a map' }]);
  });

  test('is not tied to the value that it was read from', () => {
    const json = JSON.parse(canonicalText(SMALL)) as { limits: { seats: { values: Record<string, unknown> } } };
    const catalogue = parseCatalogue(json);
    json.limits.seats.values['silver'] = 6;
    expect(catalogue.limits['seats']?.values['silver']).toBe(5);
  });
});
